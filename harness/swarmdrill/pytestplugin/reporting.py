"""Everything a pytest session says: subscribers, the line per scenario, the summary, the report."""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import swarmdrill
from swarmdrill.base import places, redaction
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.events import Event
from swarmdrill.base.settings import Settings, variables
from swarmdrill.base.trace import TRACE
from swarmdrill.host import facts
from swarmdrill.host.address import shown
from swarmdrill.machines import registry
from swarmdrill.machines.lab import default_lab
from swarmdrill.machines.provider import Provider
from swarmdrill.pytestplugin.report_notes import Notes, broke, record_of
from swarmdrill.pytestplugin.session import controls_workers, parallel_workers, worker_id
from swarmdrill.pytestplugin.xdist.hooks import collected_name
from swarmdrill.report import last_run, summary
from swarmdrill.report.allure import page as allure_page, session
from swarmdrill.report.allure.listening import listen
from swarmdrill.report.allure.session import results_dir
from swarmdrill.report.allure.subscriber import AllureReport
from swarmdrill.report.console import Console
from swarmdrill.report.transcript import Transcript
from swarmdrill.results.records import ClientRecord, HostRecord, RunRecord, ScenarioRecord, StoredRun, new_id, write
from swarmdrill.results.store import stored_runs


class Reporting:
    """The part of the plugin that reports; registered only for sessions that drill."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._worker = worker_id(config)
        self._controls_workers = controls_workers(config)
        self._began = datetime.now(UTC)
        self._notes = Notes()
        self._phases: dict[str, dict[str, Any]] = defaultdict(dict)
        self.records: list[ScenarioRecord] = []
        self._held: list[Event] = []
        self._let_go: Callable[[], None] = lambda: None
        # A worker has the answer of its controller. What the user chose is emptied only where the user says so.
        self._results = None if config.option.allure_report_dir else results_dir(settings)
        if not self._worker:
            last_run.require_own(settings.reports_dir, self._results)
        if self._results is not None:
            config.option.allure_report_dir = str(self._results)
            # allure-pytest would empty it before the host was looked at, and a worker that joins later once more.
            config.option.clean_alluredir = False

    def subscribe(self) -> None:
        """Show on the terminal what happens, and hold it for the files that `open_files` opens."""
        TRACE.subscribe(self._notes)
        if not self._controls_workers:
            self._let_go = TRACE.subscribe(self._held.append)
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # pytest's own file names would break into the progress lines
        # pytest captures both streams; execnet points a worker's stdout nowhere.
        stream = os.fdopen(os.dup(2 if self._worker else 1), "w", encoding="utf-8", buffering=1)
        TRACE.subscribe(Console(stream, prefix=f"{self._worker} " if self._worker else ""))

    def open_files(self) -> None:
        """Replace what the last run left: the host can do what was asked for, so this run begins.

        A controller of workers only has phases of its own to show. Its workers start after this.
        """
        if not self._worker:
            last_run.remove(self._settings.reports_dir, self._results)
            if self._results is not None:
                session.mark(self._results)
        if self._controls_workers:
            return
        listen(self._config)
        self._let_go()
        transcript = Transcript(self._settings.reports_dir, worker=self._worker)
        for event in self._held:
            transcript(event)
        TRACE.subscribe(AllureReport(self._config))
        TRACE.subscribe(transcript)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Put on the report what the controller needs: title, verdicts, and whether it failed or broke."""
        report = yield
        _redact(report)
        self._notes.put_on(report, item, call)
        return report

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """A lab that broke is a category of its own, in letters and in the count."""
        if broke(report):
            return "broken", "", "BROKEN"
        return (report.outcome if report.failed or report.when == "call" or report.skipped else "", "", "")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Collect the three phases of a scenario into one record, and say it in one line."""
        self._phases[report.nodeid][report.when] = report
        # The report of a worker that died is of no phase, and no other follows.
        if report.when in ("setup", "call"):
            return
        record = record_of(self._phases.pop(report.nodeid), partial(collected_name, self._config))
        self.records.append(record)
        if not self._worker:
            reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
            reporter.ensure_newline()
            reporter.write_line(summary.line(record))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A headline per scenario."""
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None and not self._worker and not self._controls_workers:
            reporter.write_line(f"\n{nodeid}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what broke, build the report, and print the summary."""
        if self._worker:
            return
        for report in terminalreporter.stats.get("broken", []):
            terminalreporter.write_sep("_", f"broken in {report.when}: {report.nodeid}", red=True)
            terminalreporter.write_line(redaction.redact(report.longreprtext))
        if not self.records:
            return
        kept = self._keep()
        report = self._build_report()
        terminalreporter.write_line("")
        terminalreporter.write(summary.as_text(self.records, report))
        terminalreporter.write_line(f"  {kept}")
        if page := variables().get("GITHUB_STEP_SUMMARY"):
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(summary.as_markdown(self.records, report))

    def _keep(self) -> str:
        """Keep what the session found, and say where."""
        settings = self._settings
        provider = self._provider()
        run = RunRecord(
            id=new_id(self._began, settings.provider, settings.engine),
            started=f"{self._began:%Y-%m-%dT%H:%M:%SZ}",
            seconds=round((datetime.now(UTC) - self._began).total_seconds(), 1),
            provider=settings.provider,
            engine=settings.engine,
            managers=settings.managers,
            workers=settings.workers,
            parallel=parallel_workers(self._config),
            repeat=settings.repeat,
            host=HostRecord(**facts.describe(provider.host)),
            swarmdrill=swarmdrill.__version__,
            **facts.source(places.PACKAGE),
            client=ClientRecord(**asdict(facts.docker_client(provider.host))),
            docker_host=shown(provider.host.engine),
            versions={**facts.versions(), **provider.versions()},
            nodes=_nodes(provider),
        )
        try:
            stored = write(StoredRun(run, tuple(self.records)), stored_runs(settings))
            redaction.sweep_file(stored)
            return f"results: {stored}"
        except OSError as problem:
            return f"no results are kept: {problem}"

    def _provider(self) -> Provider:
        """That of the machines, on the host that they are on."""
        settings = self._settings
        return registry.for_lab(default_lab(), settings) if settings.reuse else registry.asked_for(settings)

    def _build_report(self) -> Path | str:
        results = Path(self._config.option.allure_report_dir)
        session.write_session(results, environment_of(self._settings, self.records))
        settings = self._settings
        sweep(results, settings.reports_dir, self._config.option.xmlpath)
        try:
            return allure_page.generate(results, settings.reports_dir / "html", settings.state_dir / "history.jsonl")
        except allure_page.ReportError as problem:
            return str(problem)


def _nodes(provider: Provider) -> Mapping[str, str]:
    """The digests of what machines are made from; none where nobody answers any more, since results are kept anyway."""
    try:
        return provider.digests()
    except LabBroken:
        return {}


def sweep(results: Path, reports: Path, junit: str | None) -> None:
    """Redact once more what this session wrote: Allure's results, transcripts, and the JUnit file that was asked for.

    Other files in `reports` are another session's: its JUnit file may show keys as the names of tests.
    """
    redaction.sweep(results)
    for path in (*last_run.streams(reports), *([Path(junit)] if junit else [])):
        if path.is_file():
            redaction.sweep_file(path)


def _redact(report: Any) -> None:
    """Keep secrets out of what pytest prints itself: the traceback and the captured output."""
    if report.failed and (text := redaction.redact(report.longreprtext)) != report.longreprtext:
        report.longrepr = text
    report.sections = [(title, redaction.redact(text)) for title, text in report.sections]


def environment_of(settings: Settings, records: Iterable[ScenarioRecord]) -> dict[str, str]:
    """What Allure shows as the environment of the run; the procedure where a scenario was given one."""
    procedures = sorted({record.procedure for record in records if record.procedure})
    return {
        **({"procedure": ", ".join(procedures)} if procedures else {}),
        "provider": settings.provider,
        "engine": settings.engine,
        "managers": str(settings.managers),
        "workers": str(settings.workers),
        "python": sys.version.split()[0],
    }
