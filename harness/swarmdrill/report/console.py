"""What a person sees while a drill runs: one line for each phase, and what it is waiting for right now."""

import os
import shutil
from collections.abc import Mapping
from typing import TextIO

from swarmdrill.base.events import (
    Event,
    Outcome,
    StepFinished,
    StepStarted,
    StepStatus,
    TrialObserved,
    VerdictGiven,
    Waiting,
)
from swarmdrill.base.messages import as_message, said
from swarmdrill.base.settings import variables

# Where nothing can be redrawn, a long wait says every so many seconds that it goes on.
PLAIN_WAIT_INTERVAL = 10.0

_CLEAR_LINE = "\r\x1b[K"
_GREEN, _RED, _YELLOW = "32", "31", "33"
_SYMBOLS = {StepStatus.OK: "✓", StepStatus.REFUSED: "✓", StepStatus.FAILED: "✗", StepStatus.BROKEN: "!"}
_ASCII_SYMBOLS = {StepStatus.OK: "+", StepStatus.REFUSED: "+", StepStatus.FAILED: "x", StepStatus.BROKEN: "!"}
_STATUS_COLOURS = {
    StepStatus.OK: _GREEN,
    StepStatus.REFUSED: _GREEN,
    StepStatus.FAILED: _RED,
    StepStatus.BROKEN: _YELLOW,
}
_OUTCOME_COLOURS = {
    Outcome.HELD: _GREEN,
    Outcome.REFUTED: _RED,
    Outcome.VARIED: _YELLOW,
    Outcome.UNKNOWN: _YELLOW,
}

_WORDS = {
    StepStatus.OK: "",
    StepStatus.REFUSED: " refused, as expected",
    StepStatus.FAILED: "",
    StepStatus.BROKEN: " broken",
}


class Console:
    """Subscriber that writes phases, verdicts, trials and waits to `stream`.

    On a terminal the running phase has a line that is redrawn with each event and cleared when the phase
    ends. Elsewhere, and with a `prefix` (put before every line: the name of a pytest-xdist worker, whose
    lines mix with those of others), there are whole lines only. Colours need a terminal and no NO_COLOR
    in `environ` (no-color.org).
    """

    def __init__(self, stream: TextIO, *, prefix: str = "", environ: Mapping[str, str] | None = None) -> None:
        environ = variables() if environ is None else environ
        terminal = stream.isatty()
        self._stream = stream
        self._prefix = prefix
        self._live = terminal and not prefix and environ.get("TERM") != "dumb"
        self._colours = terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self._unicode = _can_write(stream, "✓✗…")
        self._open: dict[int, StepStarted] = {}
        self._wait: Waiting | None = None
        self._wait_printed_at = 0.0
        self._last_error = ""
        self._drawn = False

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._open[event.id] = event
                self._wait = None
            case StepFinished():
                self._open.pop(event.id, None)
                self._wait = None
                if event.phase:
                    self._phase_ended(event)
            case Waiting():
                self._wait = event
                self._wait_goes_on(event)
            case VerdictGiven():
                self._verdict(event)
            case TrialObserved():
                factors = [said("{name}: {value}", name=name, value=value) for name, value in event.factors.items()]
                text = said("trial: {outcome}", outcome=event.outcome)
                if factors:
                    text = said("{trial} ({factors:;})", trial=text, factors=factors)
                self._line(f"{'  ' * max(1, self._depth(event.step))}{_one_line(text)}")
            case _:
                return
        self._redraw()

    def _phase_ended(self, event: StepFinished) -> None:
        symbol = self._paint(self._symbols[event.status], _STATUS_COLOURS[event.status])
        # The phases around a failed one end with the same error: saying it once is enough.
        error = f": {_one_line(event.error)}" if event.error and event.error != self._last_error else ""
        self._last_error = event.error
        indent = "  " * self._depth(event.step)
        self._line(f"{indent}{symbol} {_one_line(event.title)}  {event.duration:.1f} s{_WORDS[event.status]}{error}")

    def _verdict(self, event: VerdictGiven) -> None:
        text = event.observed
        if event.outcome in (Outcome.REFUTED, Outcome.VARIED):
            text = said("expected {expected}; observed {observed}", expected=event.expected, observed=event.observed)
        outcome = self._paint(as_message(event.outcome), _OUTCOME_COLOURS[event.outcome])
        claims = ", ".join(event.claims) or said("check")
        self._line(f"{'  ' * max(1, self._depth(event.step))}{claims} {outcome}: {_one_line(text)}")

    def _wait_goes_on(self, event: Waiting) -> None:
        if self._live or event.elapsed < PLAIN_WAIT_INTERVAL:
            return
        if event.at - self._wait_printed_at >= PLAIN_WAIT_INTERVAL:
            self._wait_printed_at = event.at
            self._line(f"{'  ' * max(1, self._depth(event.step))}{self._dots} {_waiting_text(event)}")

    def _redraw(self) -> None:
        """Show the phase that began last, and what goes on in it, on the line that will be overwritten."""
        if not self._live:
            return
        phases = [step for step in self._open.values() if step.phase]
        if not phases:
            self._erase()
            self._stream.flush()
            return
        phase = phases[-1]
        # Dicts keep the order of insertion, so what comes after the phase began inside it.
        inner = [step for step in self._open.values() if step.id > phase.id and not step.phase]
        doing = _waiting_text(self._wait) if self._wait else (_one_line(inner[-1].title) if inner else "")
        text = f"{'  ' * self._depth(phase.step)}  {_one_line(phase.title)} {self._dots} {doing}".rstrip()
        width = _width(self._stream)
        # The last column stays free: writing there wraps on some terminals, and cannot be cleared then.
        if len(text) >= width:
            text = text[: max(0, width - 1 - len(self._dots))] + self._dots
        self._stream.write(_CLEAR_LINE + text)
        self._stream.flush()
        self._drawn = True

    def _line(self, text: str) -> None:
        self._erase()
        self._stream.write(f"{self._prefix}{text}\n")
        self._stream.flush()

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write(_CLEAR_LINE)
            self._drawn = False

    def _depth(self, step: int) -> int:
        """How many phases are open around what belongs to `step`."""
        depth = 0
        while (around := self._open.get(step)) is not None:
            depth += around.phase
            step = around.step
        return depth

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    @property
    def _symbols(self) -> Mapping[StepStatus, str]:
        return _SYMBOLS if self._unicode else _ASCII_SYMBOLS

    @property
    def _dots(self) -> str:
        return "…" if self._unicode else "..."


def _waiting_text(event: Waiting) -> str:
    return _one_line(event.message)


def _one_line(text: str) -> str:
    """`text` on one line and without control characters, which could move the cursor of the terminal."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width(stream: TextIO) -> int:
    """Columns of the terminal behind `stream`; asked each time, because windows change their size."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns
