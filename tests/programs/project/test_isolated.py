"""The root of the unit tests shows nothing of this host, also to what a test starts: each is looked for in it."""

import subprocess
import sys
from pathlib import Path

import isolated
import pytest

# Each prints what it sees; the first words are those of a computer that nobody has.
SEEN = {
    "memory": ("print(open('/proc/meminfo').read())", "MemTotal: 3000000 kB"),
    "processors": ("import os; print(os.cpu_count())", "7"),
    "load": ("print(open('/proc/loadavg').read())", "7.00 7.00 7.00"),
    "time since the start": ("print(open('/proc/uptime').read())", "77.77"),
    "name": ("import os; print(os.uname().nodename)", "unit"),
    "users": ("import pwd; print(len(pwd.getpwall()))", "0"),
    "environment": (
        "import os; print(sorted(os.environ))",
        "['LC_CTYPE', 'PATH', 'PWD', 'PYTHONDONTWRITEBYTECODE', 'TZ']",
    ),
    "time zone": ("import time; print(time.tzname)", "('ODD', 'ODD')"),
    "files": (
        "import os; print(os.path.exists('/etc'), os.path.exists('/home'), os.path.exists('/run'))",
        "False False",
    ),
    "programs": ("import os; print(os.listdir('/bin'), os.path.exists('/usr/bin/env'))", "['sh'] False"),
    "processes": ("import os; print([each for each in os.listdir('/proc') if each.isdigit()])", "['1', '2']"),
    "what a program that it starts sees": (
        "import subprocess; subprocess.run(['/bin/sh', '-c', 'read all < /proc/meminfo; echo $all; ! test -e /etc'])",
        "MemTotal: 3000000 kB",
    ),
}


@pytest.fixture
def fence(tmp_path: Path) -> list[str]:
    """The command that puts what follows it there."""
    return list(isolated.fenced((), tmp_path))


@pytest.mark.parametrize("seen", [*SEEN])
def test_it_shows_a_computer_that_nobody_has(fence: list[str], seen: str) -> None:
    code, expected = SEEN[seen]
    done = subprocess.run([*fence, sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(expected)
