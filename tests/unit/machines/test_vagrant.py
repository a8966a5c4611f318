"""What is said when Vagrant fails: the end of its log, and of what a machine said that ended by itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pretended.hosts import ENGINE, host
from pretended.programs import only_shims
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import vagrant
from swarmdrill.machines.containers.provider import Containers


@pytest.fixture
def lab(tmp_path: Path) -> Any:
    return SimpleNamespace(
        id="run-7-c0ffee",
        directory=tmp_path,
        log=tmp_path / "vagrant.log",
        dotfile=tmp_path / "vagrant",
        mark="m4rk",
        ssh_config=tmp_path / "ssh-config",
        plan=lambda: SimpleNamespace(provider="docker", subnet="10.213.7.0/24", docker_host=ENGINE),
    )


def test_a_machine_that_ended_by_itself_is_named_with_its_last_words(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = only_shims(tmp_path / "bin", monkeypatch)
    shim("vagrant", "exit 1")
    shim(
        "docker",
        'case "$*" in *status=exited*) echo swarmdrill-run-7-c0ffee-manager2 ;;\n'
        '*" logs --tail=10 swarmdrill-run-7-c0ffee-manager2") echo mount: bad superblock >&2 ;; esac',
    )
    assert Containers(host()).last_words(lab.id) == {"swarmdrill-run-7-c0ffee-manager2": "mount: bad superblock"}
    monkeypatch.setattr(vagrant, "environment", lambda _: {})

    def fails(_: object) -> None:
        lab.log.write_text("The container started either never left the state\n")
        raise vagrant.ProgramFailed(1, "vagrant up")

    with pytest.raises(LabBroken) as broken:
        vagrant._call(lab, Clock(), 5, "up", fails)
    assert str(broken.value).splitlines()[1:] == [
        "The container started either never left the state",
        "swarmdrill-run-7-c0ffee-manager2 ended; it said last:",
        "mount: bad superblock",
    ]
