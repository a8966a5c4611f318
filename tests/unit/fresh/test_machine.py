"""A fresh machine as a container: what it is started with, and what its commands have of this process."""

import pytest

from fresh import machine
from fresh.machine import ROOT, USER, Account, Machine
from swarmdrill.host.address import USUAL
from swarmdrill.machines.containers.provider import Containers

RIGHTS = ("--cap-add", "ALL", "--cgroupns=private")


@pytest.fixture(autouse=True)
def _rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Containers, "engine_rights", lambda _, image: RIGHTS)


def test_nothing_of_this_host_is_in_it() -> None:
    """The whole command: whoever shares a directory, a device, a socket or a network says it here."""
    assert machine.start_command("image:1") == [
        *("docker", "--host", USUAL, "run", "--detach", "--init", "--label", machine.LABEL),
        *("--mount", f"type=volume,destination=/var/lib/docker,volume-label={machine.LABEL}"),
        *RIGHTS,
        *("image:1", "sh", "-c", machine.BOOT),
    ]


@pytest.mark.parametrize("account", [ROOT, USER])
def test_a_command_has_a_plain_locale_and_the_clients_variables(account: Account) -> None:
    command = Machine("1a2b", {"https_proxy": "http://me:sesame@proxy.example"}).command(account, "make setup", "/here")
    assert command == [
        *("docker", "--host", USUAL, "exec", "--interactive", "--user", account.name, "--workdir", "/here"),
        *("--env", "LANG=C", "--env", f"HOME={account.home}", "--env", f"USER={account.name}"),
        *("--env", f"LOGNAME={account.name}", "--env", "https_proxy"),
        *("1a2b", "sh", "-c", "make setup"),
    ]


@pytest.mark.parametrize("account", [ROOT, USER])
def test_the_clone_is_in_a_path_that_is_easily_broken(account: Account) -> None:
    assert " " in account.directory
    assert not account.directory.isascii()
