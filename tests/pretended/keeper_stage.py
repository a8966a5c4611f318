"""A keeper whose labs, resets and teardowns only write down that they were asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from swarmdrill.base import places
from swarmdrill.base.settings import Settings
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab
from swarmdrill.observe import diagnostics
from swarmdrill.pytestplugin import lab_keeper, lease as lease_module
from swarmdrill.pytestplugin.lab_keeper import LabKeeper
from swarmdrill.swarm import boot as swarm_boot
from swarmdrill.swarm.cluster import Cluster


@dataclass
class Stage:
    """What happened, in order; and what goes wrong, by the word for it."""

    happened: list[str] = field(default_factory=list)
    wrong: dict[str, BaseException] = field(default_factory=dict)
    labs: list[Lab] = field(default_factory=list)

    def act(self, verb: str, who: str) -> None:
        self.happened.append(f"{verb} {who}")
        if verb in self.wrong:
            raise self.wrong[verb]


class PretendedCluster:
    machines = ("manager1",)

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self.name = name

    def on_each(self, action: Callable[[object], None], machines: tuple[str, ...]) -> None:
        assert machines == self.machines
        self._stage.act("check", self.name)

    def close(self) -> None:
        self._stage.act("close", self.name)


def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Let everything that a keeper has others do be only written down."""
    made = Stage()
    counter = iter(range(1, 99))

    def cluster() -> PretendedCluster:
        return PretendedCluster(made, f"cluster{next(counter)}")

    def boot(lab: Lab, settings: Settings, clock: object) -> PretendedCluster:
        assert lab.in_use(), "a lab that boots must be locked, or it is reaped by others"
        made.labs.append(lab)
        lab.directory.mkdir()
        made.act("boot", lab.directory.name)
        return cluster()

    def of(lab: Lab, clock: object) -> PretendedCluster:
        assert lab.in_use()
        made.labs.append(lab)
        made.act("use", lab.directory.name)
        return cluster()

    monkeypatch.setattr(swarm_boot, "boot", boot)
    monkeypatch.setattr(removal, "take_down", lambda lab, clock: made.act("take down", lab.directory.name))
    monkeypatch.setattr(lease_module, "reset", lambda cluster: made.act("reset", cluster.name))
    monkeypatch.setattr(diagnostics, "collect", lambda cluster, since: made.act("question", cluster.name))
    monkeypatch.setattr(diagnostics, "show_boot", lambda lab: made.act("show boot of", lab.directory.name))
    monkeypatch.setattr(Cluster, "of", staticmethod(of))
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr("os.getpid", lambda: 42)
    monkeypatch.setattr(lab_keeper, "token_hex", lambda _: "c0ffee")
    return made


def keeper(worker: str = "", *, keep: str = "never", reuse: bool = False) -> LabKeeper:
    return LabKeeper(
        Settings(
            provider="docker",
            docker_host="auto",
            engine="26.1.5",
            managers=3,
            workers=0,
            even_managers=False,
            subnet="auto",
            registry=False,
            keep=keep,
            reuse=reuse,
            repeat=1,
            examples=3,
            timeout_scale=1,
            reports_dir=Path("reports"),
            state_dir=Path(".swarmdrill"),
            procedure="document",
            claims=None,
        ),
        worker,
    )
