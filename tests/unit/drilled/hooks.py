"""The conftest.py of the drills that test_drill_session.py runs: the whole plugin, on a host that is never asked."""

import harness.plugin as plugin
from harness.report import html

pytest_plugins = ("harness.plugin",)


def nothing(*arguments, **named):
    """In place of what looks at this host's engine and labs."""


def no_report(*arguments):
    raise html.ReportError("not made in this test")


plugin.check_host = plugin.lifecycle.reap = nothing
html.generate = no_report
