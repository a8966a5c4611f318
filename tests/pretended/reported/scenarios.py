"""The tests of the session that test_allure_subscriber.py runs; each leaves something to look for."""

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import on_each, run
from swarmdrill.base import events, trace
from swarmdrill.base.errors import ClaimRefuted, LabBroken
from swarmdrill.base.messages import quoted, said

POOL = ThreadPoolExecutor(1)
pytestmark = pytest.mark.usefixtures("lab", "tmp_path")


def test_tree():
    with trace.phase("restore"):
        with trace.step("stop docker"):
            on_each(lambda name: run(name, "service docker stop", out=f"stopped {name}\n", why=said("rest")))
        trace.observe(said("docker service ls"), "web 3/3", machine="manager1")
        trace.waiting(said("a leader"), said("none"), 3)


def test_verdicts():
    for outcome in events.Outcome:
        trace.verdict(("D6", "D7"), expected=said("x"), observed=said("y"), outcome=outcome)


def test_trial():
    with trace.phase("look"):
        trace.trial(said("old state"), {said("first candidate"): "manager2", said("terms"): "2,2,4"})
        trace.trial(said("nothing more to say"))


def test_refuted():
    with trace.phase("look"):
        run("manager1", "docker node ls", status=1)
        raise ClaimRefuted(said("the stack is back"))


def test_broken():
    with trace.phase("stop"):
        run("manager1", "service docker stop", status=None)
        raise LabBroken(said("manager1: connection lost"))


def test_accepted_exit_status():
    with trace.phase("is the stack gone?"):
        run("manager1", "docker service inspect web", status=1)


def test_wait():
    with trace.phase("wait"):
        run("manager1", "docker info")
        for _ in range(5):
            on_each(lambda machine: run(machine, "docker node ls", status=1, err="no leader"))
        run("manager1", "docker node ls", out="manager1 Leader")
        run("manager1", "docker info")


def test_odd_text():
    run("manager1", "first\nsecond", out="caf\udce9")
    run("manager1", "x" * 500, status=3)


def test_outside_of_steps():
    POOL.submit(run, "manager1", "journalctl").result()


def test_outside_of_steps_in_the_same_thread():
    POOL.submit(run, "manager1", "dmesg").result()


def test_thread_that_outlives_its_step():
    go = threading.Event()

    def late():
        go.wait(5)
        run("manager1", "late")

    with trace.phase("around"):
        with trace.step("inner"):
            thread = threading.Thread(target=contextvars.copy_context().run, args=(late,))
            thread.start()
        go.set()
        thread.join()


def test_secrets():
    secrets = Path(__file__).with_name("secrets").read_text().split("|")
    for secret in secrets:
        with trace.step("join {secret}", secret=secret):
            run("manager1", f"join {secret}", out=secret, err=secret)
            trace.observe(quoted(secret), secret)
        trace.verdict(("D1",), expected=quoted(secret), observed=quoted(secret), outcome=events.Outcome.HELD)


def test_not_redacted():
    for secret in Path(__file__).with_name("secrets").read_text().split("|"):
        trace.TRACE.emit(events.Observation(at=1, step=0, machine="", title=said("raw"), text=secret))
