"""Records of calls of the docker client that a library makes: in memory alone, since what it prints may be a token."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

RECORDER = Path(__file__).with_name("recorded-docker")


@dataclass(frozen=True)
class RecordedCall:
    """One call: `argv` without the client's name, seconds since 1970, and `status` None where it did not end.

    `stdout` and `stderr` are text, bytes that are no UTF-8 replaced.
    """

    argv: tuple[str, ...]
    started: float
    ended: float
    stdout: str
    stderr: str
    status: int | None


@dataclass(frozen=True)
class CallLedger:
    """Files in this process's memory that `recorded-docker` writes to, for calls one after another.

    They have no name in any file system: they are gone with the last process that has one open, however that ends.
    """

    calls: int
    stdout: int
    stderr: int
    mark: str = field(default_factory=lambda: secrets.token_hex(16))

    def command(self, seconds: float, client: str) -> list[str]:
        """The words that stand for the docker client; a call of it has `seconds`, whole ones."""
        here = f"/proc/{os.getpid()}/fd"
        files = [f"{here}/{each}" for each in (self.calls, self.stdout, self.stderr)]
        return [str(RECORDER), *files, self.mark, f"{seconds:.0f}", client]

    def read(self) -> list[RecordedCall]:
        """The calls so far, in their order; the last may not have ended."""
        begun = _content(self.calls).split(self.mark.encode() + b"\n")[1:]
        return [self._call(each.split(self.mark.encode() + b" ")) for each in begun]

    def _call(self, parts: list[bytes]) -> RecordedCall:
        argv = tuple(_text(word) for word in parts[0].split(b"\0")[:-1])
        started = _seconds(parts[1]) if len(parts) > 1 and parts[1].strip() else os.fstat(self.calls).st_mtime
        if len(parts) < 5 or not parts[4].strip():  # it was ended in the middle, so no other call came after it
            stdout, stderr = _text(_content(self.stdout)), _text(_content(self.stderr))
            return RecordedCall(argv, started, max(started, os.fstat(self.stdout).st_mtime), stdout, stderr, None)
        ended, status = parts[4].split()
        return RecordedCall(argv, started, _seconds(ended), _text(parts[2]), _text(parts[3]), int(status))


@contextmanager
def ledger() -> Iterator[CallLedger]:
    """A ledger for calls one after another; what is in it is gone at the end of the block."""
    with _in_memory("calls") as calls, _in_memory("stdout") as stdout, _in_memory("stderr") as stderr:
        made = CallLedger(calls, stdout, stderr)
        os.write(calls, f"{made.mark}.\n".encode())
        yield made


@contextmanager
def _in_memory(name: str) -> Iterator[int]:
    """The descriptor of a file that has no name in any file system."""
    opened = os.memfd_create(f"swarmdrill-{name}", os.MFD_CLOEXEC)
    try:
        yield opened
    finally:
        os.close(opened)


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _seconds(nanoseconds: bytes) -> float:
    return int(nanoseconds) / 1e9


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")
