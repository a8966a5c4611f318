"""A lab on a second engine of this host: it is made, asked, used again and taken down there, and the first has nothing.

Which engine it is on is said once, when it is made.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from product.checkout import BIN, DRILLS, PROVIDER, ROOT, SECONDS
from product.second_engine import SecondEngine, second_engine, things
from swarmdrill.base import places
from swarmdrill.host.host import Host, this_host
from swarmdrill.machines.build.releases import release
from swarmdrill.machines.containers.provider import Containers

pytestmark = [
    pytest.mark.skipif(PROVIDER != "docker", reason="only containers are made on an engine"),
    pytest.mark.skipif(os.geteuid() != 0, reason="an engine of its own needs root"),
]
ENGINE = "26.1.5"
NOWHERE = "unix:///nowhere/docker.sock"


@dataclass
class Stage:
    """A second engine, and a state directory for labs on it."""

    engine: SecondEngine
    state: Path

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the product where the machines of the second engine are reached; no engine is said."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SWARMDRILL_", "DOCKER_", "PYTEST_"))}
        return subprocess.run(
            self.engine.inside(str(BIN / command[0]), *command[1:], f"--state-dir={self.state}"),
            cwd=ROOT,
            env={**clean, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )

    def swarmdrill(self, *words: str, **environment: str) -> str:
        """What a command of `swarmdrill` says that ends well."""
        done = self.run("swarmdrill", *words, **environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def ssh(self, machine: str, line: str) -> str:
        """What a shell line on a machine of the lab prints."""
        config = self.state / "labs" / "default" / "ssh-config"
        return subprocess.check_output(self.engine.inside("ssh", "-F", str(config), machine, line), text=True)

    def there(self) -> dict[str, list[str]]:
        """What the second engine has of labs."""
        return things("swarmdrill.directory", self.host.client, "--host", self.engine.address)

    def on_the_first(self) -> dict[str, list[str]]:
        """What this host's own engine has of this lab."""
        return things(f"swarmdrill.directory={self.state / 'labs' / 'default'}", self.host.client)

    @property
    def host(self) -> Host:
        return this_host(self.engine.address)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondEngine]:
    with second_engine(tmp_path_factory.mktemp("second") / "engine") as made:
        yield made


@pytest.fixture
def stage(engine: SecondEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """With the node image: it is built here, since the second engine's network has no way out."""
    made = Stage(engine, tmp_path / "state")
    (made.state / "bin").mkdir(parents=True)
    (made.state / "bin" / "docker").symlink_to(this_host().client)
    monkeypatch.setenv(places.STATE_VARIABLE, str(made.state))
    Containers(made.host).prepare(release(ENGINE))
    try:
        yield made
    finally:
        made.run("swarmdrill", "down")


def test_a_lab_on_a_second_engine(stage: Stage, tmp_path: Path) -> None:
    stage.swarmdrill("up", f"--docker-host={stage.engine.address}")
    assert {kind: len(names) for kind, names in stage.there().items()} == {"ps": 3, "network": 1, "volume": 3}
    assert stage.on_the_first() == {}

    # Nobody says the engine from here on, or says another one.
    for environment in ({}, {"DOCKER_HOST": NOWHERE}):
        said = stage.swarmdrill("status", **environment)
        assert f"lab default: docker on {stage.engine.address}, Docker {ENGINE}, " in said
        assert all(f"manager{number} says leader manager" in said for number in (1, 2, 3)), said

    stage.ssh("manager1", "echo of the second engine | docker config create noted -")
    read = stage.ssh("manager2", "docker config inspect --format '{{json .Spec.Data}}' noted")
    assert subprocess.check_output(["base64", "-d"], input=json.loads(read), text=True) == "of the second engine\n"

    refused = stage.run("swarmdrill", "up", "--docker-host=unix:///var/run/docker.sock")
    assert refused.returncode == 2
    assert f"lab 'default' is on {stage.engine.address}, asked for is unix:///var/run/docker.sock" in refused.stdout

    reports = tmp_path / "reports"
    drilled = stage.run("pytest", str(DRILLS / "test_quick.py"), "--reuse", f"--reports-dir={reports}", "-q")
    assert drilled.returncode == 0, drilled.stdout
    (result,) = (reports / "results").glob("*.json")
    assert json.loads(result.read_text(encoding="utf-8"))["run"]["docker_host"] == stage.engine.address
    assert "noted" not in stage.ssh("manager1", "docker config ls"), "the lab was reset"

    stage.swarmdrill("down", DOCKER_HOST=NOWHERE)
    assert stage.there() == {}
    assert stage.on_the_first() == {}


def test_docker_host_says_the_engine_and_what_a_dead_run_left_there_is_found(stage: Stage) -> None:
    """The run dies before the lab has a plan: only its network is there, and the directory names no engine."""
    environment = {"DOCKER_HOST": stage.engine.address}
    stage.swarmdrill("plan", **environment)
    (stage.state / "labs" / "default" / "lab.json").unlink()
    (stage.state / "labs" / "default" / "keep").unlink()
    assert {kind: len(names) for kind, names in stage.there().items()} == {"network": 1}
    stage.swarmdrill("status")
    assert stage.there() == {}
    assert not (stage.state / "labs" / "default").exists()

    doctor = stage.run("swarmdrill", "doctor", **environment).stdout
    assert f"at {stage.engine.address}" in doctor
    stage.swarmdrill("clean", **environment)
    client = (stage.host.client, "--host", stage.engine.address)
    assert subprocess.check_output([*client, "images", "--quiet"], text=True) == ""
    assert not (stage.state / "docker-hosts").exists()
