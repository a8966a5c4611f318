"""The fence around unit tests sees what it has to see: each fault is planted in a suite of its own, and found."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOUCHED = {
    "a file": "open('/etc/hostname').close()",
    "a file, and the error is swallowed": "try:\n        open('/etc/hostname')\n    except Exception:\n        pass",
    "a directory": "import os; os.listdir('/etc')",
    "the devices": "open('/dev/zero', 'rb').close()",
    "the processes": "open('/proc/1/environ', 'rb').close()",
    "a program": "import subprocess; subprocess.run(['/bin/sh', '-c', ''])",
    "a program by its name": "import subprocess; subprocess.run(['env'], env={'PATH': '/usr/bin'})",
    "a shell": "import os; os.system('')",
    "the network": "import socket; socket.create_connection(('192.0.2.1', 1), timeout=0.1)",
    "a name of the network": "import socket; socket.getaddrinfo('example.org', 1)",
    "the engine's socket": "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
}
FREE = {
    "its own directory": "(tmp_path / 'x').write_text('x')",
    "a temporary file": "import tempfile; tempfile.TemporaryFile().close()",
    "the checkout": f"open({str(CHECKOUT / 'README.md')!r}).close()",
    "this Python": "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
    "no environment": "import os; assert not {'USER', 'LANG', 'DOCKER_HOST'} & os.environ.keys()",
    "no home": "import os; assert os.listdir(os.path.expanduser('~')) == []",
    "no programs": "import shutil; assert shutil.which('sh') is None",
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
    paths = f"{CHECKOUT / 'tests'}:{CHECKOUT / 'harness'}"
    options = (
        "-q",
        "-rA",
        "-c",
        "/dev/null",
        "-p",
        "no:cacheprovider",
        f"--rootdir={suite}",
        f"--basetemp={suite}/tmp",
    )
    somebodys = {"LANG": "C", "USER": "somebody", "DOCKER_HOST": "tcp://somewhere", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--basetemp={suite}/tmp", suite],
        env={"PYTHONPATH": paths, **somebodys},
        cwd=suite,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("number", range(len(TOUCHED)), ids=[*TOUCHED])
def test_what_touches_the_host_fails(outcome: str, number: int) -> None:
    assert f"FAILED test_planted.py::test_{number}" in outcome
    assert "a unit test may not see this host" in outcome


@pytest.mark.parametrize("number", range(len(TOUCHED), len(TOUCHED) + len(FREE)), ids=[*FREE])
def test_what_is_its_own_passes(outcome: str, number: int) -> None:
    assert f"PASSED test_planted.py::test_{number}" in outcome
