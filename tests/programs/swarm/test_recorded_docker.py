"""The script between python-on-whales and the docker client: what it records, passes on, and cuts short."""

import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from swarmdrill.swarm.engine import RECORDER


@dataclass(frozen=True)
class Bench:
    """A spool, and a docker client that is a shell script of the test."""

    spool: Path
    programs: Path

    def docker(self, body: str) -> None:
        program = self.programs / "docker"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def call(self, *arguments: str, limit: str = "20", stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [RECORDER, self.spool, limit, "docker", *arguments],
            env={"PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"},
            input=stdin,
            capture_output=True,
            timeout=30,
        )

    def records(self) -> list[Path]:
        return sorted(self.spool.glob("call.*"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "a spool", tmp_path / "bin")
    made.spool.mkdir()
    made.programs.mkdir()
    return made


def test_a_call_is_passed_on_and_recorded(bench: Bench) -> None:
    bench.docker('echo "out $1"; echo "err $2" >&2; exit 3')
    done = bench.call("node", "ls")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out node\n", b"err ls\n")
    (record,) = bench.records()
    assert {path.name: path.read_bytes() for path in record.iterdir()} == {
        "argv": b"node\0ls\0",
        "stdout": b"out node\n",
        "stderr": b"err ls\n",
        "status": b"3\n",
    }


@pytest.mark.parametrize("status", [0, 1, 125, 126, 137])
def test_the_exit_status_is_the_clients(bench: Bench, status: int) -> None:
    bench.docker(f"exit {status}")
    assert bench.call("x").returncode == status
    assert int((bench.records()[0] / "status").read_text()) == status


def test_arguments_arrive_as_they_were_given(bench: Bench) -> None:
    arguments = ["with blank", "", "new\nline", "tab\t", "*", "$HOME `id` \\n %s", "'\"", "-e", "ü"]
    bench.docker("printf '%s\\0' \"$@\"")
    expected = b"".join(argument.encode() + b"\0" for argument in arguments)
    assert bench.call(*arguments).stdout == expected
    assert (bench.records()[0] / "argv").read_bytes() == expected


def test_the_client_reads_our_stdin(bench: Bench) -> None:
    bench.docker("cat")
    content = b"secret\n\0binary\xff without newline"
    assert bench.call("secret", "create", "x", "-", stdin=content).stdout == content


def test_much_output_is_not_cut(bench: Bench) -> None:
    bench.docker("head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2")
    done = bench.call("logs")
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 1_000_000)


def test_no_answer_within_the_limit_is_124(bench: Bench, tmp_path: Path) -> None:
    bench.docker(f"echo half; echo $$ > {shlex.quote(str(tmp_path / 'pid'))}; exec sleep 60")
    started = time.monotonic()
    done = bench.call("node", "ls", limit="0.3")
    assert 0.3 <= time.monotonic() - started < 15
    assert (done.returncode, done.stdout) == (124, b"half\n")
    assert (bench.records()[0] / "status").read_text() == "124\n"
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists(), "the client goes on"


def test_the_limit_is_not_waited_for(bench: Bench) -> None:
    bench.docker("exit 0")
    started = time.monotonic()
    assert bench.call("version", limit="20").returncode == 0
    assert time.monotonic() - started < 15


def test_start_and_end_can_be_read_from_the_record(bench: Bench) -> None:
    bench.docker("sleep 0.2")
    bench.call("x")
    (record,) = bench.records()
    duration = (record / "status").stat().st_mtime - (record / "argv").stat().st_mtime
    assert 0.19 < duration < 15


def test_each_call_has_a_record_of_its_own(bench: Bench) -> None:
    bench.docker('echo "$1"')
    for word in ("one", "two"):
        bench.call(word)
    assert {(record / "stdout").read_text() for record in bench.records()} == {"one\n", "two\n"}


def test_without_a_spool_the_client_is_not_started(bench: Bench, tmp_path: Path) -> None:
    bench.docker(f"touch {shlex.quote(str(tmp_path / 'started'))}")
    bench.spool.rmdir()
    done = bench.call("x")
    assert done.returncode == 125
    assert b"a spool" in done.stderr
    assert not (tmp_path / "started").exists()


def test_a_client_that_is_missing_is_said(bench: Bench) -> None:
    done = subprocess.run(
        ["/bin/sh", RECORDER, bench.spool, "5", "docker", "version"],
        env={"PATH": f"{bench.programs}:{only(bench, 'mktemp', 'timeout', 'cat')}"},
        capture_output=True,
    )
    assert done.returncode == 127
    assert b"docker" in done.stderr


def only(bench: Bench, *names: str) -> Path:
    """A directory with these programs of this machine and no others."""
    directory = bench.programs.with_name("few")
    directory.mkdir()
    for name in names:
        found = subprocess.run(["sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=True)
        (directory / name).symlink_to(found.stdout.strip())
    return directory
