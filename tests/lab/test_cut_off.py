"""A process that was killed while it made its lab, before there was a plan: the next command removes what there is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from product.checkout import LABS, PROVIDER, ROOT
from product.leftovers import leftovers
from product.running import Product
from swarmdrill.machines.lab import Lab

pytestmark = pytest.mark.skipif(PROVIDER != "docker", reason="the network that is made is one of Docker's")

# As far as a run comes before it stores its plan, with a process beside it as Vagrant is one.
MAKES = """
import os, subprocess, sys
from pathlib import Path
from swarmdrill.host import leftovers
from swarmdrill.host.host import this_host
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.lab import Lab
lab = Lab(Path(sys.argv[1]))
with lab.lock():
    lab.directory.mkdir()
    Containers(this_host()).claim_network(lab.id, lab.directory, "auto")
    marked = {**os.environ, "SWARMDRILL_LAB": str(lab.directory), leftovers.MARK: lab.mark()}
    print(subprocess.Popen(["sleep", "600"], env=marked).pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lab() -> Lab:
    return Lab(LABS / f"cut-{os.getpid()}")


@pytest.fixture
def innocent(lab: Lab) -> Iterator["subprocess.Popen[bytes]"]:
    """A shell of the user's, who exported the variable that the Vagrantfile documents."""
    with subprocess.Popen(["sleep", "600"], env={**os.environ, "SWARMDRILL_LAB": str(lab.directory)}) as shell:
        yield shell
        shell.kill()


def test_all_of_it_goes_and_an_innocent_process_stays(
    product: Product, lab: Lab, innocent: "subprocess.Popen[bytes]"
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAKES, str(lab.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as maker:
        assert maker.stdout is not None
        started = int(maker.stdout.readline())
        product.swarmdrill("status")
        found = leftovers(lab.directory.name)
        assert {"networks", "directories", "processes"} <= set(found), "a lab in use stays"
        assert set(found["processes"]) == {str(started), str(innocent.pid)}
        maker.send_signal(signal.SIGKILL)
    done = product.swarmdrill("status")
    assert leftovers(lab.directory.name) == {"processes": [str(innocent.pid)]}, done.stdout + done.stderr
    assert innocent.poll() is None
