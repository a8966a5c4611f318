"""A host without room for temporary files, or without an engine: one line that says what to do, and exit status 2.

For real: small file systems in a mount namespace, and a DOCKER_HOST where nobody listens.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT

PROGRAMS = Path(sys.executable).parent
# Each of the places that Python tries: filled to the last byte.
FILL = "for p in {}; do mount -t tmpfs -o size=64k tmpfs $p; head -c 1000000 /dev/zero > $p/f 2>/dev/null || :; done; "
VERBS = ["up", "drill -k full_flow -q"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")


def said(script: str, tmp_path: Path, *, apart: bool = True, **variables: str) -> tuple[int, list[str]]:
    """Exit status, and the lines that say what is wrong, of a script in which `swarmdrill` is this one."""
    environment = {
        k: v for k, v in os.environ.items() if k != "TMPDIR" and not k.startswith(("SWARMDRILL_", "PYTEST_"))
    }
    environment |= {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "SWARMDRILL_STATE_DIR": str(tmp_path / "s")}
    done = subprocess.run(
        [*(("unshare", "--mount") if apart else ()), "sh", "-c", script],
        cwd=ROOT,
        env={**environment, "SWARMDRILL_REPORTS_DIR": str(tmp_path / "r"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("swarmdrill: ", "ERROR: "))]
    assert "Traceback" not in done.stdout, done.stdout
    assert "refuted" not in done.stdout
    return done.returncode, [line.split(": ", 1)[1] for line in wrong]


@as_root
@pytest.mark.parametrize("verb", VERBS)
def test_a_small_directory_for_temporary_files(tmp_path: Path, verb: str) -> None:
    small = tmp_path / "small 'ü'"
    small.mkdir()
    script = f'mount -t tmpfs -o size=10M tmpfs "$TMPDIR" && swarmdrill {verb}'
    assert said(script, tmp_path, TMPDIR=str(small)) == (
        2,
        [
            f"{small} has 10 MB free for temporary files, 50 are needed: "
            "free some space, or set TMPDIR to another directory"
        ],
    )


@as_root
@pytest.mark.parametrize("verb", VERBS)
def test_a_directory_for_temporary_files_that_is_full(tmp_path: Path, verb: str) -> None:
    full = tmp_path / "full"
    full.mkdir()
    assert said(FILL.format("$TMPDIR") + f"swarmdrill {verb}", tmp_path, TMPDIR=str(full)) == (
        2,
        [f"TMPDIR={full} cannot be written: free some space in it, or set TMPDIR to another directory"],
    )


@as_root
def test_no_place_for_temporary_files_can_be_written(tmp_path: Path) -> None:
    """Python would take the working directory, and leave sockets in a repository."""
    before = sorted(ROOT.iterdir())
    # Read-only rather than full, so that a checkout below /tmp can still be seen.
    elsewhere = {"SWARMDRILL_STATE_DIR": "/dev/shm/swarmdrill-none", "SWARMDRILL_REPORTS_DIR": "/dev/shm"}
    places = "/tmp /var/tmp $(test -d /usr/tmp && echo /usr/tmp)"
    script = f"for p in {places}; do mount --bind $p $p; mount -o remount,bind,ro $p; done; swarmdrill up"
    assert said(script, tmp_path, **elsewhere) == (
        2,
        ["no directory for temporary files can be written: free some space in /tmp, or set TMPDIR"],
    )
    assert sorted(ROOT.iterdir()) == before


@pytest.mark.parametrize("verb", VERBS)
def test_no_engine_answers(tmp_path: Path, verb: str) -> None:
    nobody = f"unix://{tmp_path}/nobody.sock"
    status, lines = said(f"swarmdrill {verb}", tmp_path, apart=False, DOCKER_HOST=nobody)
    assert status == 2
    assert len(lines) == 1
    asked = f"this host's Docker Engine at {nobody} does not answer (Cannot connect to the Docker daemon at"
    assert lines[0].startswith(asked)
    assert lines[0].endswith("): start it")
