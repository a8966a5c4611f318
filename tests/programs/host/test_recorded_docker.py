"""The script between python-on-whales and the docker client: what it records, passes on, and cuts short."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from swarmdrill.host import recorded_calls
from swarmdrill.host.recorded_calls import RECORDER, CallLedger, RecordedCall

TOKEN = "SWMTKN-1-" + "a" * 50 + "-" + "b" * 25


@dataclass(frozen=True)
class Bench:
    """A ledger, and a docker client that is a shell script of the test."""

    ledger: CallLedger
    programs: Path

    def docker(self, body: str) -> None:
        program = self.programs / "docker"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def call(self, *arguments: str, limit: float = 20, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self.ledger.command(limit, "docker"), *arguments],
            env={"PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"},
            input=stdin,
            capture_output=True,
            timeout=30,
        )

    def only_record(self) -> RecordedCall:
        (record,) = self.ledger.read()
        return record


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "bin").mkdir()
    with recorded_calls.ledger() as ledger:
        yield Bench(ledger, tmp_path / "bin")


def test_a_call_is_passed_on_and_recorded(bench: Bench) -> None:
    bench.docker('echo "out $1"; echo "err $2" >&2; exit 3')
    done = bench.call("node", "ls")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out node\n", b"err ls\n")
    record = bench.only_record()
    assert (record.argv, record.status) == (("node", "ls"), 3)
    assert (record.stdout, record.stderr) == ("out node\n", "err ls\n")


@pytest.mark.parametrize("status", [0, 1, 125, 126, 137])
def test_the_exit_status_is_the_clients(bench: Bench, status: int) -> None:
    bench.docker(f"exit {status}")
    assert bench.call("x").returncode == status
    assert bench.only_record().status == status


def test_arguments_arrive_as_they_were_given(bench: Bench) -> None:
    arguments = ["with blank", "", "new\nline", "tab\t", "*", "$HOME `id` \\n %s", "'\"", "-e", "ü"]
    bench.docker("printf '%s\\0' \"$@\"")
    expected = b"".join(argument.encode() + b"\0" for argument in arguments)
    assert bench.call(*arguments).stdout == expected
    assert bench.only_record().argv == tuple(arguments)


def test_the_client_reads_our_stdin(bench: Bench) -> None:
    bench.docker("cat")
    content = b"secret\n\0binary\xff without newline"
    assert bench.call("secret", "create", "x", "-", stdin=content).stdout == content


def test_much_output_is_not_cut(bench: Bench) -> None:
    bench.docker("head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2")
    done = bench.call("logs")
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 1_000_000)
    record = bench.only_record()
    assert (len(record.stdout), len(record.stderr)) == (3_000_000, 1_000_000)


def test_no_answer_within_the_limit_is_124(bench: Bench, tmp_path: Path) -> None:
    bench.docker(f"echo half; echo $$ > {shlex.quote(str(tmp_path / 'pid'))}; exec sleep 60")
    started = time.monotonic()
    done = bench.call("node", "ls", limit=1)
    assert 1 <= time.monotonic() - started < 15
    assert (done.returncode, done.stdout) == (124, b"half\n")
    assert (bench.only_record().status, bench.only_record().stdout) == (124, "half\n")
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists(), "the client goes on"


def test_the_limit_is_not_waited_for(bench: Bench) -> None:
    bench.docker("exit 0")
    started = time.monotonic()
    assert bench.call("version", limit=20).returncode == 0
    assert time.monotonic() - started < 15


def test_start_and_end_can_be_read_from_the_record(bench: Bench) -> None:
    bench.docker("sleep 0.2")
    bench.call("x")
    record = bench.only_record()
    assert 0.2 < record.ended - record.started < 15
    assert abs(time.time() - record.ended) < 15


def test_each_call_has_a_record_of_its_own(bench: Bench) -> None:
    bench.docker('echo "$1"')
    for word in ("one", "two"):
        bench.call(word)
    assert [(record.argv, record.stdout) for record in bench.ledger.read()] == [
        (("one",), "one\n"),
        (("two",), "two\n"),
    ]


def test_without_a_ledger_the_client_is_not_started(bench: Bench, tmp_path: Path) -> None:
    bench.docker(f"touch {shlex.quote(str(tmp_path / 'started'))}")
    with recorded_calls.ledger() as closed:
        pass
    done = Bench(closed, bench.programs).call("x")
    assert done.returncode == 125
    assert b"is closed" in done.stderr
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("kind", ["a file", "a pipe", "another ledger"])
def test_what_has_the_numbers_of_a_closed_ledger_is_not_touched(bench: Bench, tmp_path: Path, kind: str) -> None:
    bench.docker("echo written")
    (tmp_path / "file").write_text("somebody else's\n", encoding="utf-8")
    with ExitStack() as opened, recorded_calls.ledger() as other:
        if kind == "a pipe":
            descriptor, end = os.pipe()
            opened.callback(os.close, end)
            opened.callback(os.close, descriptor)
        else:
            descriptor = other.calls if kind == "another ledger" else os.open(tmp_path / "file", os.O_RDWR)
        done = Bench(CallLedger(descriptor, descriptor, descriptor), bench.programs).call("x")
        assert (done.returncode, done.stdout) == (125, b"")
        assert other.read() == []
    assert (tmp_path / "file").read_text(encoding="utf-8") == "somebody else's\n"


def test_a_call_that_was_ended_in_the_middle_has_what_it_said_by_then(bench: Bench) -> None:
    bench.docker("echo half; kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat); sleep 0.1")
    assert bench.call("node", "ls").returncode == -signal.SIGKILL
    record = bench.only_record()
    assert (record.argv, record.stdout, record.status) == (("node", "ls"), "half\n", None)
    assert record.started <= record.ended < record.started + 15


def test_a_call_without_arguments_has_none(bench: Bench) -> None:
    bench.docker("exit 0")
    bench.call()
    assert bench.only_record().argv == ()


def test_the_client_has_none_of_the_ledgers_files(bench: Bench) -> None:
    bench.docker("readlink /proc/$$/fd/*")
    assert b"memfd:swarmdrill-calls" not in bench.call("x").stdout
    assert b"memfd:swarmdrill-stdout" in bench.call("x").stdout, "it cannot be seen where it is"


ASKER = """
import sys, subprocess
from swarmdrill.host import recorded_calls
with recorded_calls.ledger() as ledger:
    subprocess.run([*ledger.command(60, sys.argv[1]), "swarm", "join-token"], stdout=subprocess.PIPE)
"""


@pytest.mark.parametrize("when", ["while it is asked", "once it has answered"])
def test_whoever_is_killed_no_token_stays_in_a_file(bench: Bench, tmp_path: Path, when: str) -> None:
    here, files = tmp_path / "said", tmp_path / "files"
    files.mkdir()
    bench.docker(f"echo {TOKEN}; touch {here}; {'exec sleep 60' if when == 'while it is asked' else ''}")
    asker = ASKER + ("" if when == "while it is asked" else "    input()\n")
    environment = {**os.environ, "TMPDIR": str(files), "HOME": str(files), "PYTHONPATH": os.pathsep.join(sys.path)}
    started = subprocess.Popen(
        [sys.executable, "-c", asker, str(bench.programs / "docker")],
        env=environment,
        cwd=files,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until(here.exists)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
    assert with_token(files) == []


def test_a_token_in_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "call").mkdir()
    (tmp_path / "call" / "stdout").write_text(f"token: {TOKEN}\n", encoding="utf-8")
    assert with_token(tmp_path) == [tmp_path / "call" / "stdout"]


def with_token(directory: Path) -> list[Path]:
    """The files below it that have the token."""
    return [path for path in directory.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, 20 s at most."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_client_that_is_missing_is_said(bench: Bench) -> None:
    done = subprocess.run(
        ["/bin/sh", RECORDER, *bench.ledger.command(5, "docker")[1:], "version"],
        env={"PATH": f"{bench.programs}:{only(bench, 'date', 'tee', 'timeout')}"},
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
