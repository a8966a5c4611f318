"""An engine that knows what it is told and keeps what it is asked; for tests of what asks it."""

import json
from collections.abc import Mapping
from typing import TypeVar

from swarmdrill.base.clock import Clock
from swarmdrill.base.waiting import Condition, wait_until
from swarmdrill.swarm.engine import EngineError

T = TypeVar("T")


class PretendedEngine:
    """Answers a command of the docker client with what it `knows` of the first words of it, else with nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[tuple[str, ...]] = []
        self._answers: dict[str, str] = {}
        self._stderr = ""
        self._failures = 0

    def knows(self, words: str, answer: str) -> None:
        """From now on this is what a command that begins with `words` prints."""
        self._answers[words] = answer

    def lists(self, words: str, *rows: Mapping[str, object]) -> None:
        """From now on these are the rows of a list."""
        self.knows(words, "".join(f"{json.dumps(row)}\n" for row in rows))

    def fails(self, stderr: str, *, times: int = 1_000_000) -> None:
        """From now on, so many commands fail with this."""
        self._stderr, self._failures = stderr, times

    def wait(self, what: str, condition: Condition[T], *, seconds: float) -> T:
        """As the real one's, in a hundredth of the time."""
        return wait_until(what, condition, timeout=seconds, clock=Clock(0.01))

    def docker(self, *words: str, why: str = "", timeout: float = 0) -> str:
        """As the real one's."""
        self.asked.append(words)
        if self._failures:
            self._failures -= 1
            raise EngineError(self.name, " ".join(words), self._stderr)
        return next((text for known, text in self._answers.items() if " ".join(words).startswith(known)), "")
