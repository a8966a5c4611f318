"""Steps compose: each mistake changes its own step, on its own machine, whatever is around it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from swarmdrill.backup.backup import Backup
from swarmdrill.procedures import unlocking
from swarmdrill.procedures.faulty import ForgottenMachine, InterruptedCopy, SkippedDeletion
from swarmdrill.procedures.steps import DocumentSteps, Steps
from swarmdrill.procedures.unlocking import Unlocking

BACKUP = Backup("/var/lib/docker/swarm-bk", {})
DELETE, COPY = "rm -r /var/lib/docker/swarm", "cp -r /var/lib/docker/swarm-bk /var/lib/docker/swarm"


@dataclass
class Typed:
    """A machine that writes down what it was told."""

    name: str
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, **_: Any) -> None:
        self.commands.append(command)


def restored(steps: Steps, *machines: Typed) -> None:
    for machine in machines:
        steps.delete(machine)  # type: ignore[arg-type]
        steps.copy_back(machine, BACKUP)  # type: ignore[arg-type]


def test_the_documents_steps_are_its_commands() -> None:
    one = Typed("manager1")
    DocumentSteps().copy_away(one)  # type: ignore[arg-type]
    restored(DocumentSteps(), one)
    assert one.commands == ["cp -r /var/lib/docker/swarm /var/lib/docker/swarm-bk", DELETE, COPY]


def test_two_mistakes_on_two_machines() -> None:
    one, two, three = Typed("manager1"), Typed("manager2"), Typed("manager3")
    restored(ForgottenMachine(InterruptedCopy(DocumentSteps(), two), three), one, two, three)  # type: ignore[arg-type]
    assert one.commands == [DELETE, COPY]
    assert two.commands[0] == DELETE
    assert "ulimit -f" in two.commands[1]
    assert three.commands == []


def test_the_deletion_is_skipped_on_every_machine() -> None:
    one = Typed("manager1")
    restored(SkippedDeletion(DocumentSteps()), one)
    assert one.commands == [COPY]


def test_locked_and_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    one, done = Typed("manager1"), []
    monkeypatch.setattr(unlocking, "wait_locked", lambda cluster, machines: done.append("asked"))
    unlocked = SimpleNamespace(or_raise=lambda: done.append("unlocked"))
    monkeypatch.setattr(unlocking, "unlock", lambda machine, key: unlocked if key == "KEY" else None)
    cluster = SimpleNamespace(
        managers=[one],
        start_docker=lambda: done.append("started"),
        on_each=lambda action, machines: [action(machine) for machine in machines],
    )
    steps = Unlocking(InterruptedCopy(DocumentSteps(), one), "KEY")  # type: ignore[arg-type]
    restored(steps, one)
    steps.start(cluster)  # type: ignore[arg-type]
    assert "ulimit -f" in one.commands[1]
    assert done == ["started", "asked", "unlocked"]
