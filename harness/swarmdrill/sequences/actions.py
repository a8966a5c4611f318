"""What operators do to a cluster, as data: draw any list of it, and it becomes steps that can be carried out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.base.messages import UNSAID, Message, as_message, in_turn, said


class ActionKind(StrEnum):
    """What is done; the simplest first, which is what shrinking goes for."""

    CHANGE = said("change")
    BACK_UP = said("back up")
    RESTORE = said("restore")
    START = said("start all")
    STOP = said("stop all")
    RESTART_LEADER = said("restart the leader")
    DEPLOY = said("deploy")


@dataclass(frozen=True)
class Action:
    """Something that is done.

    Args:
        managers: whom it concerns, where that is not all: who is backed up or restored.
        mark: by what the state shows that it was changed; given by `steps_of`.
    """

    kind: ActionKind
    managers: tuple[str, ...] = ()
    mark: str = ""

    def tell(self) -> Message:
        """In plain words."""
        kind = as_message(self.kind)
        if self.managers:
            return said("{action} {managers}", action=kind, managers=self.managers)
        return said("{action} ({mark})", action=kind, mark=self.mark) if self.mark else kind


def steps_of(drawn: Iterable[Action], names: Sequence[str]) -> tuple[Action, ...]:
    """What is really done for actions that were drawn without regard to each other.

    All managers are stopped before a restore and started before what needs a leader, and at the end: no sequence leaves
    fewer than a majority running. Left out is what has no sense: to restore what was not backed up, to start what runs,
    to restart the leader where no two others can elect another. Each change gets a mark of its own.

    Args:
        names: all managers.
    """
    steps: list[Action] = []
    running, backed_up = True, set[str]()

    def run(wanted: bool) -> None:
        nonlocal running
        if running is not wanted:
            steps.append(Action(ActionKind.START if wanted else ActionKind.STOP))
        running = wanted

    for action in drawn:
        match action.kind:
            case ActionKind.START | ActionKind.STOP:
                run(action.kind is ActionKind.START)
            case ActionKind.BACK_UP:
                backed_up |= set(action.managers)
                steps.append(action)
            case ActionKind.RESTORE:
                if chosen := tuple(name for name in action.managers if name in backed_up):
                    run(False)
                    steps.append(Action(ActionKind.RESTORE, chosen))
            case ActionKind.RESTART_LEADER if len(names) >= 3:
                run(True)
                steps.append(action)
            case ActionKind.CHANGE | ActionKind.DEPLOY:
                run(True)
                number = sum(step.kind is action.kind for step in steps) + 1
                steps.append(Action(action.kind, mark=f"{action.kind}-{number}"))
    run(True)
    return tuple(steps)


def restores_something_else(steps: Sequence[Action]) -> bool:
    """Whether a manager is restored that had seen changes since its backup: else every outcome looks the same."""
    changes, at_backup = 0, dict[str, int]()
    for step in steps:
        if step.mark:
            changes += 1
        elif step.kind is ActionKind.BACK_UP:
            at_backup.update(dict.fromkeys(step.managers, changes))
        elif step.kind is ActionKind.RESTORE and any(at_backup[name] != changes for name in step.managers):
            return True
    return False


def tell(steps: Iterable[Action]) -> Message:
    """A sequence in plain words, on one line."""
    return in_turn((step.tell() for step in steps), none=UNSAID)
