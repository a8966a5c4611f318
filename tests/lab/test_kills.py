"""Ctrl-C, SIGTERM and `kill -9` at boot, in mid-scenario and in teardown: the next command leaves nothing behind."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from product.checkout import DRILLS, PROVIDER
from product.leftovers import leftovers, read
from product.running import Product, Run
from swarmdrill.host.host import this_host
from swarmdrill.machines.build import releases, sandbox
from swarmdrill.machines.containers import image

QUICK = str(DRILLS / "test_quick.py")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def at_boot(run: Run) -> None:
    run.wait_for_machine()


def in_scenario(run: Run) -> None:
    run.wait_for("CommandFinished", command="systemctl start docker")


def in_teardown(run: Run) -> None:
    run.wait_for("StepStarted", title="take the lab down")


@pytest.mark.parametrize("moment", [at_boot, in_scenario, in_teardown])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_nothing_is_left(product: Product, number: signal.Signals, moment: Callable[[Run], None]) -> None:
    run = product.drill(QUICK)
    moment(run)
    run.signal(number)
    assert run.wait() != 0
    status = product.swarmdrill("status")
    assert leftovers(run.lab) == {}, f"{run.text()}\n{status.stdout}{status.stderr}"


@pytest.mark.skipif(PROVIDER != "docker", reason="virtual machines are not exchanged")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_nothing_is_left_of_a_machine_that_is_exchanged(product: Product, number: signal.Signals) -> None:
    """Its container may be gone or new; its volume, which outlives containers, goes as well."""
    run = product.drill(str(DRILLS / "test_exchange.py"), "-k", "exchange")
    run.wait_for("CommandFinished", command="systemctl stop docker")
    run.signal(number)
    assert run.wait() != 0
    status = product.swarmdrill("status")
    assert leftovers(run.lab) == {}, f"{run.text()}\n{status.stdout}{status.stderr}"


def test_the_detector_sees_a_lab(product: Product) -> None:
    """The check above would notice: a running lab shows in every kind of leftover that it has."""
    run = product.drill(QUICK)
    in_scenario(run)
    assert {"machines", "networks", "volumes", "directories", "sockets"} <= set(leftovers(run.lab))
    run.signal(signal.SIGINT)
    run.wait()


def test_a_killed_worker_leaves_nothing(product: Product) -> None:
    """With -n, the controller removes the lab of a worker that was killed, before it ends itself."""
    run = product.drill(QUICK, "-n", "1", "--max-worker-restart=0")
    run.wait_for("CommandFinished", worker="gw0", command="systemctl start docker")
    worker = run.children()[0]
    lab = f"run-{worker}"
    assert "machines" in leftovers(lab)
    os.kill(worker, signal.SIGKILL)
    assert run.wait() != 0
    assert leftovers(lab) == {}, run.text()


@pytest.mark.usefixtures("whole_checkout")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_up_that_was_killed_leaves_nothing(product: Product, number: signal.Signals) -> None:
    """A lab is kept once it is there, not before."""
    run = product.up()
    run.wait_for_machine()
    run.signal(number)
    assert run.wait() != 0
    status = product.swarmdrill("status")
    assert leftovers("default") == {}, f"{run.text()}\n{status.stdout}{status.stderr}"


@pytest.fixture
def unbuilt_engine() -> str:
    """An engine whose image this host does not have."""
    for version, release in releases.releases().items():
        if not image.is_built(image.tag(release), this_host()):
            return version
    pytest.skip("this host has the image of every engine, so that nothing is built that could be killed")


@pytest.fixture
def shared_memory() -> Iterator[Path]:
    """A file in /dev/shm, which a build mounts into what it builds: whoever removes that must not reach it."""
    file = Path("/dev/shm") / f"not-a-build's-{os.getpid()}"
    file.touch()
    yield file
    file.unlink()


@pytest.mark.usefixtures("whole_checkout")
@pytest.mark.skipif(PROVIDER != "docker", reason="what is killed here is the build of a container image")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_build_that_was_killed_leaves_nothing(
    product: Product, unbuilt_engine: str, shared_memory: Path, number: signal.Signals
) -> None:
    """No scratch directory, no mount, no process that builds on; and nothing is removed that is not the build's."""
    run = product.drill(QUICK, f"--engine={unbuilt_engine}")
    run.wait_until(lambda: any(_mounts_shared_memory(pid) for pid in _builders()), "a build that mounts /dev/shm")
    run.signal(number)
    assert run.wait() != 0
    status = product.swarmdrill("status")
    assert _builders() == []
    assert leftovers(run.lab) == {}
    assert list(sandbox.building().iterdir()) == [], status.stderr
    assert not sandbox.work().exists()
    assert str(sandbox.work()) not in Path("/proc/mounts").read_text()
    assert shared_memory.exists()


def _builders() -> list[int]:
    """Processes that build into the scratch directory of this checkout."""
    marker = str(sandbox.building()).encode()
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if marker in read(path)]


def _mounts_shared_memory(pid: int) -> bool:
    mounts = read(Path("/proc", str(pid), "mounts")).decode()
    return any(f" {sandbox.work()}/" in line and "/dev/shm " in line for line in mounts.splitlines())
