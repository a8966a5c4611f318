"""The scenarios of the drills that test_drill_session.py runs; none of them asks for a cluster."""

import os
import time

import pytest

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import quoted, said
from swarmdrill.observe.verdicts import expect
from swarmdrill.pytestplugin.markers import case, scenario

SECRET = f"SWMTKN-1-{'a1' * 25}-{'b2c3d' * 5}"


def work(seconds):
    started = time.time()
    time.sleep(seconds)
    trace.command_finished("m", "work", exit_status=0, stdout="", stderr="", duration=time.time() - started)


@pytest.fixture(autouse=True)
def slow_set_up():
    work(0.05)


@scenario(id="some", title="Restore some", claims=("D5", "D6"), restarts=1)
@pytest.mark.parametrize("restored", ["leader", case("follower", claims=("D6",))])
def test_some(restored, trial):
    with trace.phase("look"):
        work(0.2)
    time.sleep(0.1)
    outcome = "newest state" if trial != 2 else "old state"
    trace.trial(quoted(outcome), {said("restored"): restored, said("secret"): SECRET})
    expect(("D6",), said("the newest state wins"), holds=True, observed=quoted(f"{outcome} {SECRET}"))


@scenario(id="left-out", title="Left out", restarts=9)
def test_left_out():
    pytest.skip("no snapshots here\nsecond line")


@scenario(id="broken", title="The lab breaks")
def test_broken():
    raise LabBroken(quoted(f"no route to manager2 {SECRET}\nsecond line"))


@scenario(id="dies", title="The worker dies", claims=("D5",))
def test_dies():
    if os.environ.get("DIE"):
        os._exit(3)
