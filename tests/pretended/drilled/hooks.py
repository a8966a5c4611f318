"""The conftest.py of the drills that test_drill_session.py runs: the whole plugin, on a host that is never asked."""

import os

from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.pytestplugin import drill
from swarmdrill.report.allure import page

pytest_plugins = ("swarmdrill.pytestplugin.hooks",)


def nothing(*arguments, **named):
    """In place of what looks at this host's engine and labs."""


def no_report(*arguments):
    raise page.ReportError(said("not made in this test"))


def look_at_host(*arguments, **named):
    """What a host does that cannot have the run (REFUSE), or whose engine breaks (BREAK)."""
    with phase("look at this host"):
        if os.environ.get("REFUSE"):
            raise UsageProblem(said("no such engine"))
        if os.environ.get("BREAK"):
            raise LabBroken(said("the engine does not answer"))


drill.removal.reap = nothing
drill.check_host = look_at_host
page.generate = no_report
