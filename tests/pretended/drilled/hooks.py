"""The conftest.py of the drills that test_drill_session.py runs: the whole plugin, on a host that is never asked."""

from swarmdrill.base.messages import said
from swarmdrill.pytestplugin import drill
from swarmdrill.report.allure import page

pytest_plugins = ("swarmdrill.pytestplugin.hooks",)


def nothing(*arguments, **named):
    """In place of what looks at this host's engine and labs."""


def no_report(*arguments):
    raise page.ReportError(said("not made in this test"))


drill.check_host = drill.removal.reap = nothing
page.generate = no_report
