"""The fence around unit tests sees what it has to see: each fault is planted in a suite of its own, and found."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# Where code is not in the test itself: it is put between these two and a test that does nothing.
SETS_UP = "import pytest\n@pytest.fixture\ndef made():\n    {}\n"
TEARS_DOWN = "import pytest\n@pytest.fixture\ndef made():\n    yield\n    {}\n"
SWALLOWED = "try:\n        {}\n    except Exception:\n        pass"
OPENS = "open('/etc/hostname').close()"
TOUCHED = {
    "a file": OPENS,
    "a file, and the error is swallowed": SWALLOWED.format(OPENS),
    "a file below a descriptor": "import os; at = os.open('/', os.O_PATH); os.open('etc/hostname', 0, dir_fd=at)",
    "a file by way of this process": "open('/proc/self/root/etc/hostname').close()",
    "a file by way of its directory": "open('/proc/self/cwd/../../../../../../../../../../etc/hostname').close()",
    "a file by way of a link": "(tmp_path / 'x').symlink_to('/etc'); (tmp_path / 'x/hostname').exists()",
    "a file is renamed": "import os; os.rename('/etc/no-such-file', tmp_path / 'x')",
    "a directory": "import os; os.listdir('/etc')",
    "a directory is gone to": "import os; os.chdir('/etc')",
    "whether a file exists": "from pathlib import Path; Path('/etc/hostname').exists()",
    "whether a file exists, of the old kind": "import os; os.path.exists('/etc/hostname')",
    "whether a file exists, without following": "import os; os.path.lexists('/etc/hostname')",
    "whether a file exists, by a descriptor": "import os; os.stat('etc', dir_fd=os.open('/', os.O_PATH))",
    "whether a file may be read": "import os; os.access('/etc/hostname', os.R_OK)",
    "where a link leads": "import os; os.readlink('/etc/mtab')",
    "whether a program exists": "import shutil; shutil.which('sh', path='/bin:/usr/bin')",
    "the devices": "open('/dev/zero', 'rb').close()",
    "a device whose name begins like one that is free": "open('/dev/null/../zero', 'rb').close()",
    "the processes": "open('/proc/1/environ', 'rb').close()",
    "the memory": "open('/proc/meminfo').close()",
    "the memory by way of this process": "open('/proc/self/../meminfo').close()",
    "the mounts": "open('/proc/self/mounts').close()",
    "the network's interfaces": "import socket; socket.if_nameindex()",
    "the host's name": "import socket; socket.gethostname()",
    "the kernel": "import os; os.uname()",
    "the processors": "import os; os.cpu_count()",
    "the processors that it may use": "import os; os.sched_getaffinity(0)",
    "the load": "import os; os.getloadavg()",
    "the disk": "import shutil; shutil.disk_usage('/')",
    "the disk below its own directory": "import os; os.statvfs(tmp_path)",
    "the users": "import pwd; pwd.getpwnam('root')",
    "the groups": "import grp; grp.getgrgid(0)",
    "the owner of a file": "tmp_path.owner()",
    "a program": "import subprocess; subprocess.run(['/bin/sh', '-c', ''])",
    "a program by its name": "import subprocess; subprocess.run(['env'], env={'PATH': '/usr/bin'})",
    "a program, spawned": "import os; os.spawnv(os.P_WAIT, '/bin/true', ['true'])",
    "a program in a terminal": "import pty; pty.spawn('/bin/true')",
    "a shell": "import os; os.system('')",
    "another process": "import os; os.kill(1, 0)",
    "a library": "import ctypes; ctypes.CDLL('libc.so.6')",
    "the network": "import socket; socket.create_connection(('192.0.2.1', 1), timeout=0.1)",
    "a name of the network": "import socket; socket.getaddrinfo('example.org', 1)",
    "a service of this host": "import socket; socket.create_connection(('127.0.0.1', 2375), timeout=0.1)",
    "a port that may be taken": "import socket; socket.socket().bind(('127.0.0.1', 2375))",
    "the engine's socket": "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
}
# Each is a module of its own, in which `test_it` does nothing.
ASIDE = {
    "a fixture": f"{SETS_UP.format(OPENS)}\ndef test_it(made):\n    pass",
    "a fixture that swallows the error": f"{SETS_UP.format(SWALLOWED.format(OPENS))}\ndef test_it(made):\n    pass",
    "a fixture's end": f"{TEARS_DOWN.format(OPENS)}\ndef test_it(made):\n    pass",
    "an import": f"{OPENS}\ndef test_it():\n    pass",
    "an import of what exists": "import os\nHAS = os.path.exists('/dev/kvm')\ndef test_it():\n    pass",
    "parameters": "import os, pytest\ndef names():\n    yield from os.listdir('/etc')\n"
    "@pytest.mark.parametrize('name', names())\ndef test_it(name):\n    pass",
}
FREE = {
    "its own directory": "(tmp_path / 'x').write_text('x')",
    "a temporary file": "import tempfile; tempfile.TemporaryFile().close()",
    "the checkout": f"open({str(CHECKOUT / 'README.md')!r}).close()",
    "this Python": "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
    "no environment": "import os; assert not {'USER', 'LANG', 'DOCKER_HOST'} & os.environ.keys()",
    "no home": "import os; assert os.listdir(os.path.expanduser('~')) == []",
    "no programs": "import shutil; assert shutil.which('sh') is None",
    "an odd time zone": "import time; assert time.localtime(0)[3:5] == (5, 45)",
    "its own files": "import os; at = os.open(tmp_path, os.O_PATH); assert not os.listdir(f'/proc/self/fd/{at}')",
    "its own tree": "import shutil; (tmp_path / 'a/b').mkdir(parents=True); shutil.rmtree(tmp_path / 'a')",
    "where it is": "assert tmp_path.resolve(strict=True).is_dir()",
    # In tests/isolated.py, even the loopback interface is down.
    "a service of its own": "import socket; own = socket.create_server(('127.0.0.1', 0)); "
    "assert socket.socket().connect_ex(own.getsockname()) in (0, 101)",
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of a suite with the faults and the harmless."""
    suite = tmp_path_factory.mktemp("planted")
    (suite / "conftest.py").write_bytes(Path(__file__).with_name("conftest.py").read_bytes())
    tests = [
        f"def test_{number}(tmp_path):\n    {body}\n" for number, body in enumerate([*TOUCHED.values(), *FREE.values()])
    ]
    (suite / "test_planted.py").write_text("\n".join(tests), encoding="utf-8")
    for number, source in enumerate(ASIDE.values()):
        (suite / f"test_aside_{number}.py").write_text(source, encoding="utf-8")
    paths = f"{CHECKOUT / 'tests'}:{CHECKOUT / 'harness'}"
    options = ("-q", "-rA", "-c", "/dev/null", "-p", "no:cacheprovider", "--continue-on-collection-errors")
    somebodys = {"LANG": "C", "USER": "somebody", "DOCKER_HOST": "tcp://somewhere", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={suite}", f"--basetemp={suite}/tmp", suite],
        env={"PYTHONPATH": paths, **somebodys},
        cwd=suite,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("number", range(len(TOUCHED)), ids=[*TOUCHED])
def test_what_touches_the_host_fails(outcome: str, number: int) -> None:
    assert f"FAILED test_planted.py::test_{number} " in outcome
    # Not of another error: what is not there on this host is refused all the same.
    assert outcome.partition(f" test_{number} ")[2].partition("\n____")[0].count("a unit test may not see this host")


@pytest.mark.parametrize("number", range(len(ASIDE)), ids=[*ASIDE])
def test_what_touches_it_beside_a_test_fails(outcome: str, number: int) -> None:
    assert f"ERROR test_aside_{number}.py" in outcome


@pytest.mark.parametrize("number", range(len(TOUCHED), len(TOUCHED) + len(FREE)), ids=[*FREE])
def test_what_is_its_own_passes(outcome: str, number: int) -> None:
    assert f"PASSED test_planted.py::test_{number}\n" in outcome
