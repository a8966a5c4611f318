"""The event stream in Allure: steps, commands, observations and verdicts inside allure-pytest's results.

allure-pytest keeps its own idea of the current step per thread, one level deep. Events carry the id of
their step instead, so the tree is built from them and hung on the test or fixture that is running.
"""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from allure_commons import plugin_manager
from allure_commons.model2 import (
    ATTACHMENT_PATTERN,
    Attachment,
    ExecutableItem,
    Label,
    Status as AllureStatus,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType, LabelType

from swarmdrill.base.events import (
    CommandFinished,
    Event,
    Observation,
    Outcome,
    StepFinished,
    StepStarted,
    StepStatus,
    TrialObserved,
    VerdictGiven,
)
from swarmdrill.base.messages import said
from swarmdrill.report.allure.fixtures import tidy_fixtures
from swarmdrill.report.allure.interrupted import mark_interrupted

LONGEST_NAME = 120

_STEP_STATUS = {
    StepStatus.OK: AllureStatus.PASSED,
    StepStatus.REFUSED: AllureStatus.PASSED,
    StepStatus.FAILED: AllureStatus.FAILED,
    StepStatus.BROKEN: AllureStatus.BROKEN,
}
# Allure has no status for "differs from run to run": it contradicts a claim that says one thing.
_VERDICT_STATUS = {
    Outcome.HELD: AllureStatus.PASSED,
    Outcome.REFUTED: AllureStatus.FAILED,
    Outcome.VARIED: AllureStatus.FAILED,
    Outcome.UNKNOWN: AllureStatus.BROKEN,
}


@dataclass
class _Open:
    """A step of the trace that can still get children; `root` is the outermost step around it."""

    result: Any
    root: int
    commands: list[Any] = field(default_factory=list)
    last_command: dict[str, "_Repeated"] = field(default_factory=dict)


@dataclass
class _Repeated:
    """The last command of one machine within a step, and how often it gave the same answer in a row."""

    answer: tuple[str, int | None, str, str]
    result: Any
    times: int = 1


class AllureReport:
    """Subscriber that writes into the test or fixture that allure-pytest has open in this pytest process.

    What happens while neither is open (between tests, after the last fixture) is left out: the transcript
    has it. A command that gives the same answer again and again, as in a wait, becomes one step with
    "(n times)". Waits are not reported. Without `--alluredir` nothing is.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        tidy_fixtures(config)
        mark_interrupted(config)
        self._open: dict[int, _Open] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._start(event)
            case StepFinished():
                self._finish(event)
            case CommandFinished():
                self._command(event)
            case Observation():
                name = f"{event.machine}: {event.title}" if event.machine else event.title
                if (parent := self._parent(event.step)) is not None:
                    _attach(parent, name, event.text)
            case VerdictGiven():
                self._verdict(event)
            case TrialObserved():
                self._trial(event)

    def _start(self, event: StepStarted) -> None:
        result = self._add(event.step, event.title, event.at)
        if result is not None:
            around = self._open.get(event.step)
            self._open[event.id] = _Open(result, around.root if around else event.id)

    def _finish(self, event: StepFinished) -> None:
        open_ = self._open.get(event.id)
        if open_ is None:
            return
        open_.result.stop = _milliseconds(event.at)
        open_.result.status = _STEP_STATUS[event.status]
        if event.status is StepStatus.OK:
            # Who ran the command accepted its answer: "no leader yet" is no failure while waiting for one.
            for command in open_.commands:
                command.status = AllureStatus.PASSED
        if event.error:
            open_.result.statusDetails = StatusDetails(message=_printable(event.error))
        # Commands of parallel threads arrive in the order of their ends.
        open_.result.steps.sort(key=lambda child: child.start)
        # A thread that outlives its step still reports there, until the outermost step around it ends.
        self._open = {id_: step for id_, step in self._open.items() if step.root != event.id}

    def _command(self, event: CommandFinished) -> None:
        around = self._open.get(event.step)
        answer = (event.command, event.exit_status, event.stdout, event.stderr)
        before = around.last_command.get(event.machine) if around else None
        if before is not None and before.answer == answer:
            before.times += 1
            before.result.name = _command_name(event, before.times)
            before.result.stop = _milliseconds(event.at)
            return
        result = self._add(event.step, _command_name(event, 1), event.at - event.duration)
        if result is None:
            return
        result.stop = _milliseconds(event.at)
        result.status = _command_status(event.exit_status)
        _attach(result, "command and output", _command_text(event))
        if around:
            around.commands.append(result)
            around.last_command[event.machine] = _Repeated(answer, result)

    def _verdict(self, event: VerdictGiven) -> None:
        verdict = said(
            "{claims:,} {outcome} — expected: {expected}; observed: {observed}",
            claims=event.claims or said("check"),
            outcome=event.outcome,
            expected=event.expected,
            observed=event.observed,
        )
        result = self._add(event.step, verdict, event.at)
        if result is not None:
            result.stop = result.start
            result.status = _VERDICT_STATUS[event.outcome]

    def _trial(self, event: TrialObserved) -> None:
        """A step, and a tag of the test to filter by: no parameter, which would make each outcome another test."""
        result = self._add(event.step, said("trial: {outcome}", outcome=event.outcome), event.at)
        if result is None:
            return
        if event.factors:
            _attach(result, "factors", "".join(f"{name}: {value}\n" for name, value in event.factors.items()))
        if (test := self._opened(TestResult)) is not None:
            test.labels.append(Label(name=LabelType.TAG, value=_printable(event.outcome)))

    def _add(self, step: int, name: str, at: float) -> Any:
        """Add a step result under `step` and return it, or None where nothing is open."""
        parent = self._parent(step)
        if parent is None:
            return None
        # Passed until it is known better: a step that never ends was cut off by what its test reports.
        result: Any = TestStepResult(
            name=_printable(name),
            start=_milliseconds(at),
            stop=_milliseconds(at),
            status=AllureStatus.PASSED,
        )
        parent.steps.append(result)
        return result

    def _parent(self, step: int) -> Any:
        open_ = self._open.get(step)
        return open_.result if open_ is not None else self._opened(ExecutableItem)

    def _opened(self, kind: type) -> Any:
        # Looked up each time: allure-pytest registers it in its own `pytest_configure`, perhaps after ours.
        listener = self._config.pluginmanager.getplugin("allure_listener")
        return _running(listener.allure_logger, kind) if listener is not None else None


def _running(reporter: Any, kind: type) -> Any:
    """The innermost item of that kind that is open in the thread that runs the tests, or None.

    Kinds are ExecutableItem (a fixture, a test or an `allure.step`) and TestResult.

    `AllureReporter.get_last_item` answers for the calling thread, from a copy made at that thread's first
    question; commands run in threads that live longer than a test. So this reads what it reads, for the
    thread it began in (allure-python-commons 2.16.2, reporter.py, ThreadContextItems).
    """
    items = reporter._items
    opened = list(items._thread_context[items._init_thread].values())
    return next((item for item in reversed(opened) if isinstance(item, kind)), None)


def _attach(result: Any, name: str, text: str) -> None:
    kind = AttachmentType.TEXT
    file_name = ATTACHMENT_PATTERN.format(prefix=uuid4(), ext=kind.extension)
    result.attachments.append(Attachment(name=_printable(name), source=file_name, type=kind.mime_type))
    plugin_manager.hook.report_attached_data(body=_printable(text), file_name=file_name)


def _command_text(event: CommandFinished) -> str:
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event.at - event.duration))
    status = said("none: timed out or connection lost") if event.exit_status is None else str(event.exit_status)
    head = {
        said("machine"): event.machine,
        said("command"): event.command,
        said("why"): event.why,
        said("exit status"): status,
        said("began"): said("{time} UTC", time=began),
        said("duration"): said("{seconds:.2f} s", seconds=event.duration),
    }
    lines = [f"{name + ':':13}{value}" for name, value in head.items() if value]
    for stream, text in (("stdout", event.stdout), ("stderr", event.stderr)):
        empty = said("{stream}: empty", stream=stream)
        lines += ["", f"{stream}:", text.rstrip("\n")] if text.strip() else ["", empty]
    return "\n".join(lines) + "\n"


def _command_status(exit_status: int | None) -> str:
    if exit_status is None:
        return AllureStatus.BROKEN
    return AllureStatus.PASSED if exit_status == 0 else AllureStatus.FAILED


def _command_name(event: CommandFinished, times: int) -> str:
    """`manager1 $ docker node ls (exit 1, 6 times)`: shortened, but never by what tells how it ended."""
    name = _printable(f"{event.machine} $ {' ⏎ '.join(event.command.strip().splitlines())}")
    name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    notes = []
    if event.exit_status != 0:
        ended = said("no exit status")
        if event.exit_status is not None:
            ended = said("exit {status}", status=event.exit_status)
        notes.append(ended)
    if times > 1:
        notes.append(said("{number} times", number=times))
    return f"{name} ({', '.join(notes)})" if notes else name


def _printable(text: str) -> str:
    """`text` as allure-pytest can write it: undecodable bytes, kept as surrogates, become escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
