"""The few small programs that pretended ones use, in Python: nothing of this host stands behind a test's PATH.

Run as `python -IS small_tools.py NAME ARGUMENT...`. They know what the tests need of them and no more; anything else
ends with status 2.
"""

import itertools
import os
import shutil
import sys
import time
from pathlib import Path


def cat(*names: str) -> int:
    """Copy files, or standard input, to standard output. A missing file is status 1."""
    for name in names or ("/dev/stdin",):
        if not Path(name).exists():
            print(f"cat: {name}: No such file or directory", file=sys.stderr)
            return 1
        sys.stdout.buffer.write(Path(name).read_bytes())
    return 0


def chmod(mode: str, *names: str) -> int:
    for name in names:
        bits = 0o755 if mode == "+x" else int(mode, 8)
        Path(name).chmod(bits)
    return 0


def cp(source: str, target: str) -> int:
    shutil.copy(source, target)
    return 0


def env(*words: str) -> int:
    """`env NAME=VALUE... COMMAND...`."""
    assignments = list(itertools.takewhile(lambda word: "=" in word, words))
    command = words[len(assignments) :]
    environment = {**os.environ, **dict(word.split("=", 1) for word in assignments)}
    os.execvpe(command[0], command, environment)


def ls(*names: str) -> int:
    for name in names or (".",):
        print(*sorted(path.name for path in Path(name).iterdir()), sep="\n")
    return 0


def mkdir(*names: str) -> int:
    for name in names:
        if name != "-p":
            Path(name).mkdir(parents="-p" in names, exist_ok="-p" in names)
    return 0


def rm(*names: str) -> int:
    forced = any(name in {"-f", "-rf"} for name in names)
    for name in (each for each in names if not each.startswith("-")):
        path = Path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=forced)
    return 0


def sleep(seconds: str) -> int:
    time.sleep(float(seconds))
    return 0


def touch(*names: str) -> int:
    for name in names:
        Path(name).touch()
    return 0


TOOLS = {each.__name__: each for each in (cat, chmod, cp, env, ls, mkdir, rm, sleep, touch)}

if __name__ == "__main__":
    sys.exit(TOOLS[sys.argv[1]](*sys.argv[2:]))
