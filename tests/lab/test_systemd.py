"""systemctl and service say on a container what they say on a virtual machine, word for word."""

import os

import pytest

from product import systemd_answers as answers
from product.checkout import PROVIDER
from product.systemd_answers import Answer

ENGINE = os.environ.get("SWARMDRILL_ENGINE") or "26.1.5"


def test_a_node_answers_as_a_virtual_machine_does() -> None:
    """Exit statuses and texts of all commands, in order."""
    if not answers.file(ENGINE).exists():
        pytest.skip(f"no virtual machine with {ENGINE} was asked yet: product/systemd_answers.py says how to")
    measure = answers.recorded(ENGINE)
    found = answers.of_a_node(PROVIDER, ENGINE)
    different = answers.differences(measure.answers, found.answers)
    assert not different, "\n\n".join(
        (f"{measure.provider} with systemd {measure.systemd}, {measure.recorded}, said", *different)
    )


@pytest.mark.parametrize(
    "other",
    [
        Answer("systemctl is-active docker", 0, ("inactive",)),
        Answer("systemctl is-active docker", 3, ("failed",)),
        Answer("systemctl is-active docker.socket", 3, ("inactive",)),
    ],
    ids=["status", "text", "command"],
)
def test_what_is_answered_otherwise_is_seen(other: Answer) -> None:
    measure = (Answer("systemctl is-active docker", 3, ("inactive",)),)
    assert answers.differences(measure, measure) == []
    (said,) = answers.differences(measure, (other,))
    assert f"(exit {other.status})" in said
    assert answers.differences(measure, (*measure, other))


@pytest.mark.parametrize("engine", [path.stem for path in sorted(answers.ANSWERS.glob("*.json"))])
def test_the_answers_that_are_kept_are_those_of_todays_commands(engine: str) -> None:
    assert tuple(each.command for each in answers.recorded(engine).answers) == answers.COMMANDS


def test_only_what_is_of_the_moment_is_left_out() -> None:
    text = """\
● docker.service - Docker Application Container Engine
     Loaded: loaded (/usr/lib/systemd/system/docker.service; enabled; preset: enabled)
    Drop-In: /etc/systemd/system/docker.service.d
             └─lab.conf, no-restart.conf
     Active: active (running) since Wed 2026-11-25 03:19:35 UTC; 18s ago
 Invocation: dcac777e754748e7b5467604bf69821e
   Main PID: 80 (dockerd)
        CPU: 821ms
     CGroup: /system.slice/docker.service
             ├─ 80 /usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock
             └─104 docker-proxy

Nov 25 03:19:35 manager1 systemd[1]: Started docker.service - Docker Application Container Engine.
"""
    assert answers.normal(text) == (
        "● docker.service - Docker Application Container Engine",
        "     Loaded: loaded (/usr/lib/systemd/system/docker.service; enabled; preset: enabled)",
        "    Drop-In: /etc/systemd/system/docker.service.d",
        "             └─lab.conf, no-restart.conf",
        "     Active: active (running)",
        "   Main PID: N (dockerd)",
    )
