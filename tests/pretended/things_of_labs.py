"""A provider that has the things of labs that a test plants, and the labs themselves as runs leave them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from swarmdrill.base import places
from swarmdrill.base.messages import Message
from swarmdrill.base.trace import TRACE
from swarmdrill.cli.host import clean
from swarmdrill.machines import removal
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.provider import Label


@dataclass
class PretendedProvider:
    """Has the things that a test plants, and forgets those that it is told to remove."""

    things: list[Label] = field(default_factory=list)
    built: bool = True

    def plant(self, lab: str, directory: object, what: str = "volume v") -> None:
        self.things.append(Label(lab, str(directory), what))

    def labels(self) -> list[Label]:
        return list(self.things)

    def remove_lab(self, lab: str, directory: str | None) -> None:
        self.things = [thing for thing in self.things if thing.lab != lab or directory not in (None, thing.directory)]

    def remove_built(self) -> list[Message]:
        self.built = False
        return []


def provide(state: Path, monkeypatch: pytest.MonkeyPatch) -> PretendedProvider:
    """The only provider that there is, of a state directory; set-up has started nothing."""
    made = PretendedProvider()
    for module in (removal, clean):
        monkeypatch.setattr(module, "present", lambda _: [made])
    monkeypatch.setenv(places.STATE_VARIABLE, str(state))
    monkeypatch.setattr(sandbox, "tidy", lambda: None)
    monkeypatch.setattr(TRACE, "_subscribers", [])
    monkeypatch.setattr(clean.host_engine, "started_by_us", lambda: False)
    monkeypatch.setattr(clean.libvirt, "started_by_us", lambda: False)
    return made


def made(provider: PretendedProvider, labs: Path, name: str, *, kept: bool = False) -> Lab:
    """A lab as a run leaves it, that nobody uses."""
    lab = Lab(labs / name)
    with lab.lock():
        lab.directory.mkdir()
        lab.plan_file.write_text(json.dumps({"id": lab.id}), encoding="utf-8")
        if kept:
            lab.keep()
    provider.plant(lab.id, lab.directory, f"network swarmdrill-{lab.id}")
    return lab
