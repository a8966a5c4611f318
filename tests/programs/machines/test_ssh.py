"""The ssh connection, against a server of this process on loopback that runs the commands with this host's bash."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import pytest

from swarmdrill.base.messages import quoted, said
from swarmdrill.base.waiting import Answer, Done, NotYet, wait_until
from swarmdrill.machines import ssh
from swarmdrill.machines.ssh import CommandTimeout, MachineUnreachable, Remote


class Server:
    """An ssh server that anybody may enter, in the event loop of the connections under test."""

    def __init__(self, directory: Path) -> None:
        self.connections: list[asyncssh.SSHServerConnection] = []
        self._listener = ssh._wait(self._listen())
        self.ssh_config = directory / "ssh-config"
        self.ssh_config.write_text(
            f"Host manager1\n  HostName 127.0.0.1\n  Port {self._listener.get_port()}\n  User me\n"
        )

    async def _listen(self) -> asyncssh.SSHAcceptor:
        server = self

        class Doors(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                server.connections.append(conn)

            def begin_auth(self, username: str) -> bool:
                return False

            def unix_connection_requested(self, dest_path: str) -> bool:
                return True

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Doors,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            process_factory=_run_here,
            encoding=None,
        )

    def drop_connections(self) -> None:
        """End every connection, as a machine does that dies."""
        ssh._wait(self._drop())

    def close(self) -> None:
        ssh._wait(self._close())

    async def _drop(self) -> None:
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    async def _close(self) -> None:
        await self._drop()
        self._listener.close()
        await self._listener.wait_closed()


async def _run_here(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """Hand no signal on, as sshd does in a session of root."""
    local = subprocess.Popen(
        ["bash", "-c", process.command or ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    await process.redirect(stdin=local.stdin, stdout=local.stdout, stderr=local.stderr)
    status = await asyncio.get_running_loop().run_in_executor(None, local.wait)
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
    else:
        process.exit(status)
    await process.wait_closed()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.fixture
def machine(server: Server) -> Iterator[Remote]:
    machine = Remote("manager1", server.ssh_config)
    yield machine
    machine.close()


def running(marker: str) -> list[str]:
    """Processes of this host with `marker` in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def lose(server: Server, machine: Remote) -> None:
    """Drop the machine's connection, and return when its side knows."""
    assert machine._connection is not None
    server.drop_connections()
    ssh._wait(machine._connection.wait_closed())


def test_output_status_and_input(machine: Remote) -> None:
    done = machine.run('read -r line; echo "got $line"; echo no >&2; exit 3', timeout=10, stdin="it's\n")
    assert (done.exit_status, done.stdout, done.stderr) == (3, "got it's\n", "no\n")


def test_a_status_like_that_of_a_time_out_is_none(machine: Remote) -> None:
    assert machine.run("exit 124", timeout=10).exit_status == 124


@pytest.mark.parametrize("command", ["sleep 60", "sleep 60; true", "sh -c 'sleep 60; true' | cat"])
def test_a_command_that_is_out_of_time_is_ended(machine: Remote, command: str) -> None:
    """With all that it started."""
    marker = f"OUT_OF_TIME={uuid.uuid4()}"
    with pytest.raises(CommandTimeout, match="no end after 0 s"):
        machine.run(f"export {marker}; {command}", timeout=0.3)
    assert running(marker) == []


def test_a_command_that_ignores_its_end_is_killed(machine: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "GRACE_SECONDS", 0.3)
    marker = f"OUT_OF_TIME={uuid.uuid4()}"
    with pytest.raises(CommandTimeout):
        machine.run(f"export {marker}; trap '' TERM; while true; do sleep 1; done", timeout=0.3)

    def ended() -> Answer[None]:
        left = running(marker)
        return NotYet(quoted(f"still there: {left}")) if left else Done(None)

    # The kernel ends a group one after another, and timeout(1) is of it.
    wait_until(said("all of it has ended"), ended, timeout=5)


def test_the_next_command_after_a_lost_connection(server: Server, machine: Remote) -> None:
    assert machine.run("true", timeout=10).exit_status == 0
    lose(server, machine)
    assert machine.run("echo again", timeout=10).stdout == "again\n"


def test_a_connection_lost_during_a_command(server: Server, machine: Remote, tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    with ThreadPoolExecutor() as pool:
        ran = pool.submit(machine.run, f"echo > {started}; sleep 1", timeout=10)
        started.read_bytes()
        server.drop_connections()
        with pytest.raises(MachineUnreachable, match="connection lost"):
            ran.result()


def test_whether_it_is_connected(server: Server, machine: Remote) -> None:
    assert not machine.is_connected
    machine.run("true", timeout=10)
    assert machine.is_connected
    lose(server, machine)
    assert not machine.is_connected


def test_who_hears_the_end_of_a_tunnel_can_know_that_the_machine_has_gone(
    server: Server, machine: Remote, tmp_path: Path
) -> None:
    """A client at the tunnel's end hears the same as of a daemon that ended: nothing more."""
    local, far = tmp_path / "local.sock", tmp_path / "far.sock"
    ssh._wait(_keep_silent(far))
    machine.forward_socket(local, str(far))
    program = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(local)!r}); print(1, flush=True); s.recv(1)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        server.drop_connections()
        assert client.wait(10) == 0
    assert not machine.is_connected


def test_a_tunnel_is_opened_once_and_again_after_a_lost_connection(
    server: Server, machine: Remote, tmp_path: Path
) -> None:
    local, far = tmp_path / "local.sock", tmp_path / "far.sock"
    ssh._wait(_serve(far, b"here"))
    machine.forward_socket(local, str(far))
    inode = local.stat().st_ino
    machine.forward_socket(local, str(far))
    assert local.stat().st_ino == inode
    assert ssh._wait(_ask(local)) == b"here"
    lose(server, machine)
    machine.forward_socket(local, str(far))
    assert ssh._wait(_ask(local)) == b"here"


async def _serve(path: Path, answer: bytes) -> None:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    await asyncio.start_unix_server(say, path)


async def _keep_silent(path: Path) -> None:
    async def hear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    await asyncio.start_unix_server(hear, path)


async def _ask(path: Path) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
