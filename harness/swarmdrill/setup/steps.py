"""A step of the set-up: one line with ✓ or ✗ and its seconds, and on failure the command to paste."""

import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from swarmdrill.base import programs
from swarmdrill.base.errors import Told
from swarmdrill.base.messages import Argument, said

TAIL_LINES = 15


class StepFailed(Told):
    """A step could not be done; the message holds the command, and what to do; `details` what it printed last."""


class UserMustAct(Told):
    """Only the user can go on from here; the message says what to run."""


@contextmanager
def step(key: str, /, **args: Argument) -> Iterator[None]:
    """Print the sentence with ✓ or ✗ and the seconds the block took; a terminal shows it from the start.

    `key` and `args` are those of `messages.said`.
    """
    title = said(key, **args)
    started = time.monotonic()
    live = sys.stdout.isatty()
    if live:
        print(f"  … {title}", end="\r", flush=True)
    mark = "✗"
    try:
        yield
        mark = "✓"
    finally:
        print(f"  {mark} {title} ({time.monotonic() - started:.1f} s)", flush=True)


def run(command: Sequence[str], *, timeout: float, env: Mapping[str, str] | None = None) -> str:
    """Run `command` and return what it printed, both streams together.

    `timeout` is in seconds; `env` is added to this process's environment. Raises StepFailed with the
    command and the last lines when it exits with another status than 0, cannot start, or takes too long.
    """
    extra = dict(env or {})
    shown = " ".join([*(f"{key}={shlex.quote(value)}" for key, value in extra.items()), shlex.join(command)])
    try:
        done = programs.run(command, timeout=timeout, more=extra, merged=True)
    except OSError as problem:
        raise StepFailed(said("{command}\n  cannot start: {problem}", command=shown, problem=problem)) from problem
    if done.status is None:
        late = said("{command}\n  was not done after {seconds:.0f} s", command=shown, seconds=timeout)
        raise StepFailed(late, last_lines(done.stdout))
    if not done.ok:
        ended = said("{command}\n  ended with status {status}", command=shown, status=done.status)
        raise StepFailed(ended, last_lines(done.stdout))
    return done.stdout


def last_lines(text: str, count: int = TAIL_LINES) -> str:
    """The last `count` lines of `text`, indented."""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-count:])
