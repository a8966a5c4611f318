"""Keep a unit test away from this host: what opens, runs or reaches anything of it fails, also if the code swallows it.

Python raises an audit event before it opens a file, starts a program or connects (PEP 578; the standard library's
documentation has the table of events). An event of the families that reach a host is refused unless it is judged here
or is known to be harmless, so that a new one of Python's is red before anybody has thought of it. What has no event
(`os.stat`, `os.cpu_count`, `pwd`) is wrapped: `isolation.unheard`.

This is one process only, and what C code or a function that was taken out of `os` before does is not seen. What a unit
test starts is this Python, or a program that the test wrote: where they cannot see the host either is
`python tests/isolated.py`, which `make unit` runs.
"""

import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

# Devices without state, and what a process may know of itself: its open files, and those that are no file at all.
_FREE = ("/dev/null", "/dev/urandom")
_OF_ITSELF = (["fd"], ["stat"], ["status"])
_NO_FILES = ("pipe:", "socket:", "anon_inode:", "/memfd:")
# What reaches a host begins so; other events are Python's own affairs.
_FAMILIES = ("os.", "socket.", "subprocess.", "pty.", "sqlite3.connect", "syslog.", "webbrowser.", "ctypes.dlopen")
# Each shows nothing of the host, or is followed by an event that is judged.
_HARMLESS = frozenset(
    {"os.fwalk", "os.lockf", "os.putenv", "os.unsetenv", "os.walk", "socket.__new__", "sqlite3.connect/handle"}
)
# Where the paths are among the arguments, each with the place of the descriptor that it is relative to, if any.
_PATHS: dict[str, tuple[tuple[int, int | None], ...]] = {
    "open": ((0, None),),
    "sqlite3.connect": ((0, None),),
    "os.link": ((0, 2), (1, 3)),
    "os.rename": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.mkdir": ((0, 2),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
} | {
    f"os.{name}": ((0, None),)
    for name in ("chdir", "getxattr", "listdir", "listxattr", "removexattr", "scandir", "setxattr", "truncate")
}
# What these do is done to a name itself, whatever it leads to.
_NAMES = frozenset({"os.link", "os.rename", "os.symlink", "os.remove", "os.rmdir"})
# Where the program is among the arguments; their last is the environment.
_RUNS = {"subprocess.Popen": 0, "os.exec": 0, "os.posix_spawn": 0, "os.spawn": 1}
_KILLS = frozenset({"os.kill", "os.killpg"})
# Where the address is among the arguments.
_REACHES = {"socket.connect": 1, "socket.sendto": 1, "socket.bind": 1, "socket.getaddrinfo": 0}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_STANDARD = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
_HERE = str(Path(__file__).parent)
# Before anything is wrapped.
_open, _close, _readlink = os.open, os.close, os.readlink


class HostTouched(AssertionError):
    """A unit test, or what it tests, wanted something of this host."""


class Fence:
    """What the tests of one process may touch: `roots` are directories, with all that is below them."""

    def __init__(self, roots: Iterable[Path]) -> None:
        libraries = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()} - {"/usr"}
        # Python looks for its library in an archive too, which hardly anybody has.
        libraries |= {path for path in sys.path if path.endswith(".zip")}
        self._roots: tuple[str, ...] = ()
        self._above: frozenset[str] = frozenset()
        self.admit(*roots, *map(Path, libraries))
        self._program = os.path.realpath(sys.executable)
        self._closed = False
        self._touched: list[str] = []
        self._ports: set[int] = set()
        self._thread = threading.local()

    def admit(self, *roots: Path) -> None:
        """Directories that tests may touch from now on."""
        self._roots = tuple({*self._roots, *map(os.path.realpath, roots)})
        self._above = frozenset(str(above) for root in self._roots for above in Path(root).parents)

    def close(self) -> None:
        """Begin to watch; what was touched before is forgotten."""
        self._touched, self._closed = [], True

    def open(self) -> list[str]:
        """Stop watching; return what was touched, as `EVENT TARGET`."""
        self._closed = False
        return self._touched

    @property
    def watches(self) -> bool:
        """Whether it is closed, and this thread is not within the fence's own work."""
        return self._closed and not getattr(self._thread, "busy", False)

    def bound(self, port: int) -> None:
        """A port of the loopback interface is one that a test has opened."""
        self._ports.add(port)

    @contextmanager
    def relative_to(self, descriptor: int | None) -> Iterator[None]:
        """What this thread opens is relative to a descriptor, which the event does not tell."""
        self._thread.descriptor = descriptor
        try:
            yield
        finally:
            self._thread.descriptor = None

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`. Raises HostTouched."""
        if self._closed and (event == "open" or event.startswith(_FAMILIES)) and event not in _HARMLESS:
            self.judge(
                f"{event} {arguments[0] if len(arguments) == 1 else arguments!r}", self._allowed, event, arguments
            )

    def judge(self, what: str, allowed: Callable[..., bool], *arguments: Any) -> None:
        """Raise HostTouched and remember it, unless `allowed(*arguments)`, which may look at this host itself."""
        if not self.watches:
            return
        self._thread.busy = True
        try:
            good = allowed(*arguments)
        finally:
            self._thread.busy = False
        if not good:
            self._touched.append(what)
            raise HostTouched(f"a unit test may not see this host: {what}")

    def _allowed(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            descriptor = getattr(self._thread, "descriptor", None)
            # What is opened with O_PATH is a place to begin at, and shows nothing of itself.
            judge = self.may_see if arguments[2] & os.O_PATH else self._may_open
            return judge(arguments[0], descriptor, follow=not arguments[2] & os.O_NOFOLLOW) or is_an_import()
        if event in _PATHS:
            follow = event not in _NAMES
            places = ((arguments[path], None if at is None else arguments[at]) for path, at in _PATHS[event])
            return all(self._may_open(path, at, follow=follow) for path, at in places) or is_an_import()
        if event in _RUNS:
            return self._may_run(os.fsdecode(arguments[_RUNS[event]]), arguments[-1])
        if event in _KILLS:
            return self._is_child(str(abs(arguments[0])))
        if event == "ctypes.dlopen":
            return is_an_import()
        return event in _REACHES and self._may_reach(arguments[_REACHES[event]], binds=event == "socket.bind")

    def may_see(self, path: Any, descriptor: int | None = None, *, follow: bool = True) -> bool:
        """Whether a path is the tests' own, or above it: a path that is resolved is asked for piece by piece."""
        return self._may_open(path, descriptor, follow=follow) or _real(path, descriptor, follow) in self._above

    def _may_open(self, path: Any, descriptor: int | None = None, *, follow: bool = True) -> bool:
        if isinstance(path, int) or path is None:
            return True
        real = _real(path, descriptor, follow)
        if real.startswith("/proc/"):
            _, _, entry, *rest = real.split("/")
            return rest[:1] in _OF_ITSELF if entry == str(os.getpid()) else self._is_child(entry)
        if real in _FREE or real.startswith(_NO_FILES):
            return True
        return any(real == root or real.startswith(root + os.sep) for root in self._roots)

    def _is_child(self, entry: str) -> bool:
        """Whether `/proc/ENTRY` is of a process that this one started, at any remove, or of none that is there."""
        if not entry.isdigit():
            return False
        try:
            pid = int(entry)
            while pid > 1 and pid != os.getpid():
                pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            return pid == os.getpid()
        except (OSError, ValueError):
            return True

    def _may_run(self, program: str, environment: Any) -> bool:
        if os.sep in program:
            return os.path.realpath(program) == self._program or self._may_open(program)
        table = os.environ if environment is None else environment
        for path in (Path(each, program) for each in os.get_exec_path(table)):
            # Whether the host has it is not asked.
            if not self._may_open(path):
                return False
            if os.access(path, os.X_OK):
                return True
        return True

    def _may_reach(self, address: Any, *, binds: bool) -> bool:
        """A Unix socket of a test's own, or a port of the loopback interface that a test has opened."""
        if isinstance(address, tuple):
            return address[0] in _LOOPBACK and (address[1] == 0 if binds else address[1] in self._ports)
        if isinstance(address, (str, bytes)) and os.sep in os.fsdecode(address):
            return self._may_open(os.fsdecode(address))
        return address in _LOOPBACK


def _real(path: Any, descriptor: int | None, follow: bool) -> str:
    """Where the kernel finds a path: `..`, links and those of /proc (`/proc/self/root`) are followed as it does."""
    text = os.fsdecode(path)
    if descriptor is not None and descriptor >= 0 and not text.startswith(os.sep):
        text = f"/proc/self/fd/{descriptor}/{text}"
    above, name = os.path.split(text)
    if follow or name in {"", os.curdir, os.pardir}:
        try:
            opened = _open(text, os.O_PATH | os.O_CLOEXEC)
        except (OSError, ValueError):
            return os.path.realpath(text)
        try:
            return _readlink(f"/proc/self/fd/{opened}")
        finally:
            _close(opened)
    return f"{_real(above or os.curdir, None, True).rstrip(os.sep)}/{name}"


def is_an_import() -> bool:
    """Whether this is asked because a library's module is being imported, with nothing of the project in between.

    It asks once in a process, whatever is tested; what modules of the project ask at their import is judged.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_of_the_project(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>" and "site-packages" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _is_of_the_project(source: str) -> bool:
    return "site-packages" not in source and not source.startswith((*_STANDARD, "<", _HERE))
