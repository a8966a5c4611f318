"""What looks at this host without an audit event, wrapped while unit tests run, so that the fence judges it too.

A function that another module took with `from os import stat` before is not seen; the standard library and this
project say `os.stat`. What a library asks while it is imported is let through.
"""

import functools
import grp
import os
import pwd
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pretended.isolation.fence import Fence, is_an_import

# Each takes a path first; these two do not follow a link at its end.
_LOOKS_AT = ("stat", "lstat", "access", "readlink", "mkfifo", "mknod", "pathconf")
_NOT_FOLLOWED = ("lstat", "readlink")
# Each tells something of the host, whatever it is asked: its processors, its disks, its name, its users.
_TELLS: dict[ModuleType, tuple[str, ...]] = {
    os: ("statvfs", "fstatvfs", "cpu_count", "sched_getaffinity", "uname", "getloadavg", "getlogin", "sysconf"),
    pwd: ("getpwall", "getpwnam", "getpwuid"),
    grp: ("getgrall", "getgrgid", "getgrnam"),
    socket: ("if_nameindex",),
}
# Where Python says which of its functions take a descriptor or leave links alone, a wrapped one does as well.
_CAN = (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks)


def wrap(fence: Fence) -> None:
    """Let this fence judge them, for as long as the process lives; while it is open they are what they were."""
    for name in _LOOKS_AT:
        _replace(os, name, _looking(fence, name, getattr(os, name)))
    _replace(os, "open", _opening(fence, os.open))
    for module, names in _TELLS.items():
        for name in names:
            _replace(module, name, _telling(fence, f"{module.__name__}.{name}", getattr(module, name)))
    _replace(socket.socket, "bind", _binding(fence, socket.socket.bind))


def _replace(owner: Any, name: str, wrapped: Callable[..., Any]) -> None:
    original = getattr(owner, name)
    setattr(owner, name, wrapped)
    for able in _CAN:
        if original in able:
            able.add(wrapped)


def _looking(fence: Fence, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    followed = name not in _NOT_FOLLOWED

    @functools.wraps(original)
    def look(path: Any, *arguments: Any, dir_fd: int | None = None, **options: Any) -> Any:
        if fence.watches:
            follow = followed and options.get("follow_symlinks", True)
            fence.judge(f"os.{name} {path!r}", lambda: fence.may_see(path, dir_fd, follow=follow) or is_an_import())
        return original(path, *arguments, **options, **({} if dir_fd is None else {"dir_fd": dir_fd}))

    return look


def _opening(fence: Fence, original: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(original)
    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is None:
            return original(path, flags, mode)
        with fence.relative_to(dir_fd):
            return original(path, flags, mode, dir_fd=dir_fd)

    return opened


def _telling(fence: Fence, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def tell(*arguments: Any, **options: Any) -> Any:
        fence.judge(f"{name} {arguments!r}", is_an_import)
        return original(*arguments, **options)

    return tell


def _binding(fence: Fence, original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def bind(self: socket.socket, address: Any) -> None:
        original(self, address)
        if self.family in (socket.AF_INET, socket.AF_INET6):
            fence.bound(self.getsockname()[1])

    return bind
