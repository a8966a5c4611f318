"""Run pytest where nothing of this host can be seen: `python tests/isolated.py tests/unit -n 2`.

bubblewrap makes a root that has this Python with its libraries, the checkout and /bin/sh, all read-only, and an empty
/tmp. There are no programs, no devices but /dev/null and its like, no home, no user names, no environment, no locale,
an odd time zone, another host name, and one network interface, which is down. The user is nobody, without capabilities.
Memory, processors, load and the time since the start are those of a computer that nobody has. That holds for what a
test starts as well.

What cannot be hidden, because it is a system call: the kernel's release and architecture, the size of the root's file
system, the load (`getloadavg`) and the processors of `sched_getaffinity`. A test that asks for them in its own process
is failed by the fence (tests/pretended/isolation). Nothing sees a Python that a test starts ask for them; what else it
could start has no `uname`, `df` or `nproc` to ask with.

What pytest is told to write outside of the root (`--junitxml`) goes to its directory.

Exit status: pytest's, or 2 where this host cannot do that, with the reason.
"""

import compileall
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOBODY = "65534"
# What pretended programs are written in.
SHELL = Path("/bin/sh")
# UTC+5:45, which no test expects; there are no names of zones here.
ZONE = "ODD-5:45"
# What the kernel would say of this computer.
TOLD = {
    "/proc/meminfo": "MemTotal: 3000000 kB\nMemFree: 2000000 kB\nMemAvailable: 2500000 kB\nSwapTotal: 0 kB\n",
    "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: odd\nmodel name\t: odd\nflags\t\t: odd\n",
    "/proc/stat": "cpu  1 1 1 1 1 1 1 0 0 0\nbtime 1000000000\n",
    "/proc/loadavg": "7.00 7.00 7.00 1/3 1\n",
    "/proc/uptime": "77.77 77.77\n",
    "/proc/version": "odd\n",
    "/proc/filesystems": "nodev\todd\n",
    "/proc/modules": "",
    # glibc counts processors here.
    "/sys/devices/system/cpu/online": "0-6\n",
}


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; return its exit status."""
    missing = [program for program in ("unshare", "bwrap") if shutil.which(program) is None]
    if missing:
        return _refuse(f"{' and '.join(missing)} not found; `make setup` installs bubblewrap")
    with tempfile.TemporaryDirectory(prefix="swarmdrill-unit-") as scratch:
        fence = list(fenced(arguments, Path(scratch)))
        tried = subprocess.run([*fence, sys.executable, "-c", "pass"], capture_output=True, text=True)
        if tried.returncode:
            return _refuse((tried.stderr.strip() or "bwrap failed").splitlines()[-1])
        # The checkout is read-only there, and each session that a test starts would compile all of it anew.
        compileall.compile_dir(ROOT / "harness", quiet=2)
        options = ("-p", "no:cacheprovider", "--basetemp=/tmp/unit")
        return subprocess.run([*fence, sys.executable, "-m", "pytest", *options, *arguments]).returncode


def _refuse(reason: str) -> int:
    print(
        f"unit tests cannot be kept away from this host: {reason}\n"
        "`pytest tests/unit` runs them here; what they touch in their own process is still found",
        file=sys.stderr,
    )
    return 2


def fenced(arguments: Sequence[str], scratch: Path) -> Iterator[str]:
    """The command that what follows it is run with: pytest with these arguments, which writes below `scratch`."""
    temporary, told = scratch / "tmp", scratch / "told"
    for directory in (temporary, told):
        directory.mkdir()
        directory.chmod(0o755)
    # A network namespace of its own, in which even the loopback interface is down: bubblewrap would start that one.
    yield from ("unshare", "--map-root-user", "--net", "--")
    yield from ("bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--uid", NOBODY, "--gid", NOBODY, "--hostname", "unit", "--die-with-parent", "--new-session")
    yield from ("--dev", "/dev", "--proc", "/proc", "--bind", str(temporary), "/tmp")
    # A kernel without modules has no list of them.
    for path, text in ((path, text) for path, text in TOLD.items() if Path(path).exists()):
        file = told / path.replace(os.sep, "-")
        file.write_text(text, encoding="utf-8")
        yield from ("--ro-bind", str(file), path)
    for path in _libraries():
        yield from ("--ro-bind-try", path, path)
    for name in ("lib", "lib64"):
        if Path(f"/{name}").is_symlink():
            yield from ("--symlink", f"usr/{name}", f"/{name}")
    yield from ("--ro-bind", str(SHELL.resolve()), str(SHELL))
    yield from ("--ro-bind", str(ROOT), str(ROOT))
    for path in _written(arguments):
        path.mkdir(parents=True, exist_ok=True)
        yield from ("--bind", str(path), str(path))
    yield from ("--clearenv", "--setenv", "PATH", "/nonexistent", "--setenv", "TZ", ZONE)
    yield from ("--setenv", "PYTHONDONTWRITEBYTECODE", "1", "--chdir", str(ROOT))


def _libraries() -> list[str]:
    """Where this Python and what it is linked with lie, the outer directories first; its program is one of them."""
    programs = set(_programs())
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {sys.prefix, "/usr/lib", "/usr/lib64", "/lib", "/lib64"}
    if sys.base_prefix != "/usr":
        paths.add(sys.base_prefix)
    return sorted({path for path in paths if not Path(path).is_symlink()} | programs)


def _programs() -> Iterator[str]:
    """The program of this Python, and where a virtual environment's links lead on the way: Debian's python3 is one."""
    path = Path(sys.executable)
    while path.is_symlink():
        path = Path(os.path.normpath(path.parent / path.readlink()))
        if not path.is_relative_to(sys.prefix):
            yield str(path)
    yield os.path.realpath(path)


def _written(arguments: Sequence[str]) -> Iterator[Path]:
    """The directories of the files that pytest is told to write."""
    for argument in arguments:
        if argument.startswith("--junitxml="):
            yield (ROOT / argument.partition("=")[2]).parent.resolve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
