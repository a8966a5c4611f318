"""Keep a unit test away from this host: what opens, runs or reaches anything of it fails, also if the code swallows it.

Python raises an audit event before it opens a file, starts a program or connects (PEP 578; the standard library's
documentation has the table of events). The hook sees this process only. What a unit test starts is this Python, or a
program that the test wrote; `python tests/isolated.py` runs the whole suite where the host cannot be seen at all.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Devices without state, and what a process may know of itself.
_FREE = ("/dev/null", "/dev/urandom", "/proc/self")
# The path is the first argument; of those that make a name for another path it is the second.
_READS_OR_WRITES = {"open": 0, "sqlite3.connect": 0, "os.link": 1, "os.symlink": 1} | {
    f"os.{name}": 0
    for name in ("chmod", "chown", "listdir", "listxattr", "mkdir", "remove", "rename", "rmdir", "scandir", "truncate")
}
_RUNS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"})
# Where the address is among the arguments.
_REACHES = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


class HostTouched(AssertionError):
    """A unit test, or what it tests, wanted something of this host."""


class Fence:
    """What the tests of one process may touch: `roots` are directories, with all that is below them."""

    def __init__(self, roots: Iterable[Path]) -> None:
        libraries = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()} - {"/usr"}
        # Python looks for its library in an archive too, which hardly anybody has.
        libraries |= {path for path in sys.path if path.endswith(".zip")}
        self._roots = tuple({os.path.realpath(root) for root in (*roots, *libraries)})
        self._program = os.path.realpath(sys.executable)
        self._closed = False
        self._touched: list[str] = []

    def close(self) -> None:
        """Begin to watch; what was touched before is forgotten."""
        self._touched, self._closed = [], True

    def open(self) -> list[str]:
        """Stop watching; return what was touched, as `EVENT TARGET`."""
        self._closed = False
        return self._touched

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`. Raises HostTouched."""
        if not self._closed:
            return
        if event in _READS_OR_WRITES:
            target = arguments[_READS_OR_WRITES[event]]
            # What is opened with O_PATH is a place to begin at, and shows nothing of itself.
            begins = event == "open" and bool(arguments[2] & os.O_PATH)
            allowed = begins or isinstance(target, int) or target is None or self._may_open(os.fsdecode(target))
        elif event in _RUNS:
            target = arguments[0]
            allowed = event != "os.system" and self._may_run(os.fsdecode(target), arguments[-1])
        elif event in _REACHES:
            target = arguments[_REACHES[event]]
            allowed = self._may_reach(target)
        else:
            return
        if not allowed:
            self._touched.append(f"{event} {target!r}")
            raise HostTouched(f"a unit test may not see this host: {self._touched[-1]}")

    def _may_open(self, path: str) -> bool:
        if path.startswith(_FREE):
            return True
        real = os.path.realpath(path)
        if real.startswith("/proc/"):
            return self._is_child(real.split("/")[2])
        return any(real == root or real.startswith(root + os.sep) for root in self._roots)

    def _is_child(self, entry: str) -> bool:
        """Whether `/proc/ENTRY` is of a process that this one started, at any remove, or of none that is there."""
        if not entry.isdigit():
            return False
        self._closed = False
        try:
            pid = int(entry)
            while pid > 1:
                if pid == os.getpid():
                    return True
                pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            return False
        except (OSError, ValueError):
            return True
        finally:
            self._closed = True

    def _may_run(self, program: str, environment: Any) -> bool:
        if os.sep in program:
            return os.path.realpath(program) == self._program or self._may_open(program)
        table = os.environ if environment is None else environment
        found = (Path(each, program) for each in os.get_exec_path(table))
        return all(self._may_open(str(path)) for path in found if os.access(path, os.X_OK))

    def _may_reach(self, address: Any) -> bool:
        """A Unix socket of a test's own, or the loopback interface."""
        if isinstance(address, tuple):
            return address[0] in {"127.0.0.1", "::1"}
        return (
            isinstance(address, (str, bytes))
            and os.sep in os.fsdecode(address)
            and self._may_open(os.fsdecode(address))
        )
