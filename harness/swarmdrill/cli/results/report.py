"""`swarmdrill report`: make the HTML report of the last run again."""

import argparse

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import of_error
from swarmdrill.base.settings import Settings
from swarmdrill.report.allure import page as allure_page
from swarmdrill.report.allure.session import results_dir


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Build the HTML report again from the results of the last run, and say where it is."""
    try:
        page = allure_page.generate(results_dir(settings), settings.reports_dir / "html", None)
    except allure_page.ReportError as problem:
        raise UsageProblem(of_error(problem)) from None
    print(page)
