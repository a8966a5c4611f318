"""Everything a pytest session says: subscribers, the line per scenario, the summary, the report."""

import os
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from harness import redact
from harness.config import ROOT, STATE_DIR, Settings
from harness.report import html, session, summary
from harness.report.allure import AllureReport
from harness.report.console import Console
from harness.report.transcript import Transcript
from harness.trace import TRACE, Event, Outcome, VerdictGiven, status_of

OWN_TESTS = (ROOT / "tests" / "unit", ROOT / "tests" / "lab")
VERDICTS = "swarmdrill_verdicts"
TITLE = "swarmdrill_title"
STATUS = "swarmdrill_status"


def worker_id(config: pytest.Config) -> str:
    """The xdist worker this process is, empty for a serial run and for the controller."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def worker_count(config: pytest.Config) -> int:
    """How many xdist workers there are, 0 in a serial run and in the controller."""
    return int(getattr(config, "workerinput", {}).get("workercount", 0))


def is_drill(config: pytest.Config) -> bool:
    """Whether the session was pointed at scenarios, the project's or a user's own, rather than at its own tests."""
    paths = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return not all(any(path.is_relative_to(own) for own in OWN_TESTS) for path in paths)


def results_dir(settings: Settings) -> Path:
    """Where Allure's result files are."""
    return settings.reports_dir / "allure-results"


def title_of(item: pytest.Item) -> str:
    """What a person reads for the scenario: the marker's title and the parameters."""
    marker = item.get_closest_marker("scenario")
    title = str(marker.kwargs["title"]) if marker else item.name
    callspec: Any = getattr(item, "callspec", None)
    return f"{title}: {callspec.id}" if callspec else title


class Reporting:
    """The part of the plugin that reports; registered only for sessions that drill."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._worker = worker_id(config)
        self._controls_workers = not self._worker and bool(getattr(config.option, "numprocesses", None))
        self._verdicts: list[tuple[str, str, str]] = []
        self._phases: dict[str, dict[str, Any]] = defaultdict(dict)
        self.results: list[summary.ScenarioResult] = []
        if not config.option.allure_report_dir:
            config.option.allure_report_dir = str(results_dir(settings))
            config.option.clean_alluredir = True

    def subscribe(self) -> None:
        """Let console, transcript and Allure listen; in a controller of workers there is nothing to hear."""
        TRACE.subscribe(self._remember_verdict)
        if not self._worker and not self._config.option.collectonly:
            remove_transcripts(self._settings.reports_dir)
        if self._controls_workers or self._config.option.collectonly:
            return
        # pytest captures both streams; execnet points a worker's stdout nowhere.
        stream = os.fdopen(os.dup(2 if self._worker else 1), "w", encoding="utf-8", buffering=1)
        TRACE.subscribe(Console(stream, prefix=f"{self._worker} " if self._worker else ""))
        TRACE.subscribe(AllureReport(self._config))
        TRACE.subscribe(Transcript(self._settings.reports_dir, worker=self._worker))

    def _remember_verdict(self, event: Event) -> None:
        if isinstance(event, VerdictGiven):
            self._verdicts += [(claim, event.outcome.value, event.observed) for claim in event.claims]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Put on the report what the controller needs: title, verdicts, and whether it failed or broke."""
        report = yield
        _redact(report)
        setattr(report, TITLE, title_of(item))
        if call.excinfo is not None and report.failed:
            setattr(report, STATUS, status_of(call.excinfo.value).value)
        if report.when == "teardown":
            setattr(report, VERDICTS, list(self._verdicts))
            self._verdicts.clear()
        return report

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """A lab that broke is a category of its own, in letters and in the count."""
        if report.failed and getattr(report, STATUS, "") == "broken":
            return "broken", "", "BROKEN"
        return (report.outcome if report.failed or report.when == "call" or report.skipped else "", "", "")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Collect the three phases of a scenario into one result, and say it in one line."""
        phases = self._phases[report.nodeid]
        phases[report.when] = report
        if report.when != "teardown":
            return
        result = _result(report.nodeid, phases)
        self.results.append(result)
        if not self._worker:
            reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
            reporter.ensure_newline()
            reporter.write_line(summary.line(result))

    def pytest_collection_finish(self) -> None:
        """Pytest's own file names would break into the progress lines."""
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A headline per scenario."""
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None and not self._worker and not self._controls_workers:
            reporter.write_line(f"\n{nodeid}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what broke, build the report, and print the summary."""
        if self._worker or self._config.option.collectonly:
            return
        for report in terminalreporter.stats.get("broken", []):
            terminalreporter.write_sep("_", f"broken in {report.when}: {report.nodeid}", red=True)
            terminalreporter.write_line(redact.redact(report.longreprtext))
        if not self.results:
            return
        report = self._build_report()
        terminalreporter.write_line("")
        terminalreporter.write(summary.as_text(self.results, report))
        if page := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(summary.as_markdown(self.results, report))

    def _build_report(self) -> Path | str:
        results = Path(self._config.option.allure_report_dir)
        session.write_session(results, environment_of(self._settings))
        redact.sweep(results)  # what this session wrote: another one's JUnit file may show keys as test names
        try:
            return html.generate(results, self._settings.reports_dir / "html", STATE_DIR / "history.jsonl")
        except html.ReportError as problem:
            return str(problem)


def _redact(report: Any) -> None:
    """Keep secrets out of what pytest prints itself: the traceback and the captured output."""
    if report.failed and (text := redact.redact(report.longreprtext)) != report.longreprtext:
        report.longrepr = text
    report.sections = [(title, redact.redact(text)) for title, text in report.sections]


def remove_transcripts(directory: Path) -> None:
    """Remove the event streams and transcripts of earlier runs, which may have had other workers."""
    for pattern in ("events*.jsonl", "transcript*.txt"):
        for path in directory.glob(pattern):
            path.unlink()


def environment_of(settings: Settings) -> dict[str, str]:
    """What Allure shows as the environment of the run."""
    return {
        "provider": settings.provider,
        "engine": settings.engine,
        "managers": str(settings.managers),
        "workers": str(settings.workers),
        "python": sys.version.split()[0],
    }


def _result(nodeid: str, phases: dict[str, Any]) -> summary.ScenarioResult:
    reports = list(phases.values())
    failed = [report for report in reports if report.failed]
    status: summary.ScenarioStatus = "passed"
    if failed:
        broken = any(getattr(report, STATUS, "") == "broken" for report in failed)
        status = "broken" if broken else "failed"
    elif any(report.skipped for report in reports):
        status = "skipped"
    verdicts = tuple(
        summary.ClaimVerdict(claim, Outcome(outcome), observed)
        for claim, outcome, observed in getattr(phases.get("teardown"), VERDICTS, [])
    )
    return summary.ScenarioResult(
        name=nodeid,
        title=getattr(reports[0], TITLE, nodeid),
        status=status,
        duration=sum(report.duration for report in reports),
        verdicts=verdicts,
    )
