"""Run a program of this host and wait for its end."""

import shlex
import subprocess

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to

CALL_SECONDS = 60


class ClientFailed(LabBroken):
    """A call failed or was not answered in time; `words` is what the client printed on stderr."""

    def __init__(self, command: str, words: str) -> None:
        self.words = words
        super().__init__(said("{command}: {words}", command=command, words=words))


def call(*command: str, timeout: float = CALL_SECONDS) -> str:
    """Run `command` and return what it prints; `timeout` in seconds. Raises ClientFailed."""
    shown = shlex.join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise ClientFailed(shown, f"no answer within {timeout:.0f} s") from None
    except FileNotFoundError:
        raise ClientFailed(shown, f"{command[0]} is missing: run `{how_to('setup')}`") from None
    if done.returncode != 0:
        raise ClientFailed(shown, done.stderr.strip())
    return done.stdout.strip()
