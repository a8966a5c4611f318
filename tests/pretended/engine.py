"""An engine that knows what it is told and keeps what it is asked; for tests of what asks it."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from swarmdrill.base.waiting import Clock, Condition, wait_until
from swarmdrill.swarm.replies import Reply, reply

T = TypeVar("T")
Answer = str | tuple[int, str] | Callable[[str], str | tuple[int, str]]


class PretendedEngine:
    """Answers a command of the docker client with what it `knows` of the first words of it, else with nothing.

    `asked` are the commands by the client of this host, `lines` those that were typed on the machine.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[tuple[str, ...]] = []
        self.lines: list[str] = []
        self._answers: dict[str, Answer] = {}
        self._stderr = ""
        self._failures = 0

    def knows(self, words: str, answer: Answer) -> None:
        """From now on this is what a command that begins with `words` prints; or its exit status, and its error.

        An answer can also be made of the command line when it is asked.
        """
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

    def docker(self, *words: str, why: str = "", timeout: float = 0) -> Reply:
        """As the real one's."""
        self.asked.append(words)
        return self._reply(" ".join(words))

    def typed(self, line: str, *, why: str = "", timeout: float = 0, stdin: str = "") -> Reply:
        """As the real one's."""
        self.lines.append(line)
        return self._reply(line)

    def _reply(self, command: str) -> Reply:
        if self._failures:
            self._failures -= 1
            return reply(self.name, command, 1, "", self._stderr, 0.0, limit=60)
        known = next((known for known in self._answers if command.startswith(known)), "")
        answer = self._answers.get(known, "")
        said = answer(command) if callable(answer) else answer
        if isinstance(said, tuple):
            return reply(self.name, command, said[0], "", said[1], 0.0, limit=60)
        return reply(self.name, command, 0, said, "", 0.0, limit=60)
