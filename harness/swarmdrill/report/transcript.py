"""The whole event stream on disk, for programs (`events.jsonl`) and for people (`transcript.txt`).

`events.jsonl` has one JSON object per line, in the order of emission. Every object has

    event   name of the type in swarmdrill.base.events: StepStarted, StepFinished, CommandFinished, Observation,
            Waiting, VerdictGiven or TrialObserved
    at      seconds since the epoch
    step    id of the step it belongs to, 0 for none; ids are unique within one process, that is one file
    key     all that it says, as an English template with named placeholders, to translate (swarmdrill.base.messages)
    args    what the placeholders stand for, by name: text, a number, a list, or an object with `key` and `args` again

and the fields of its type, under their own names:

    StepStarted      id, title, phase (true or false)
    StepFinished     id, title, phase, status (ok, failed, broken), duration (s), error (one line or "")
    CommandFinished  machine, command, exit_status (null: timed out or connection lost), stdout, stderr,
                     duration (s), why
    Observation      machine (or ""), title, text
    Waiting          what, why, elapsed (s), pause (s until the next question)
    VerdictGiven     claims (list), expected, observed, outcome (held, refuted, varied, unknown)
    TrialObserved    outcome (free text), factors (object: text by name)

A sentence among these (title, error, why, what, expected, observed, outcome) is there in English. Key and args are
those of the title; of a step that ended with an error, of a wait and of a verdict they hold both sentences; of a
command they are its why, or who runs what.

Fields may be added; readers ignore those they do not know. Secrets were redacted where the events were made.
"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from swarmdrill.base.events import (
    CommandFinished,
    Event,
    Observation,
    StepFinished,
    StepStarted,
    StepStatus,
    TrialObserved,
    VerdictGiven,
    Waiting,
)
from swarmdrill.base.messages import as_message, said

_SYMBOLS = {
    StepStatus.OK: "✓",
    StepStatus.REFUSED: "✓ refused, as expected,",
    StepStatus.FAILED: "✗ failed",
    StepStatus.BROKEN: "! broken",
}


class Transcript:
    """Subscriber that writes both files into `directory`, each event at once, so that a kill loses nothing.

    `worker` is the pytest-xdist worker's id (`gw1`) or empty: each process has its own pair of files,
    `events-gw1.jsonl` and `transcript-gw1.txt`. Files that exist are overwritten.
    """

    def __init__(self, directory: Path, *, worker: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        suffix = f"-{worker}" if worker else ""
        self.events_path = directory / f"events{suffix}.jsonl"
        self.text_path = directory / f"transcript{suffix}.txt"
        self._events = _open(self.events_path)
        self._text = _open(self.text_path)
        self._open_steps: dict[int, int] = {}
        self._last_wait: tuple[int, str, str] | None = None
        # The machines' own logs are in UTC, and a transcript is read beside them.
        self._write_line(f"Times are UTC. Began {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())}.")

    def __call__(self, event: Event) -> None:
        record = {"event": type(event).__name__, **asdict(event), **event.message.record()}
        json.dump(record, self._events, ensure_ascii=False)
        self._events.write("\n")
        self._events.flush()
        self._tell(event)
        self._text.flush()

    def close(self) -> None:
        """Close both files; no event may follow."""
        self._events.close()
        self._text.close()

    def _tell(self, event: Event) -> None:
        indent = "  " * self._depth(event.step)
        match event:
            case StepStarted():
                self._open_steps[event.id] = event.step
                self._write_line(f"{_clock(event.at)} {indent}▸ {event.title}")
            case StepFinished():
                self._open_steps.pop(event.id, None)
                error = f": {event.error}" if event.error else ""
                symbol = _SYMBOLS[event.status]
                ended = f"{_clock(event.at)} {indent}{symbol} {event.title}"
                self._write_line(f"{ended}   ({event.duration:.2f} s){error}")
            case CommandFinished():
                self._command(event, indent)
            case Observation():
                machine = f"{event.machine}: " if event.machine else ""
                self._write_line(f"{_clock(event.at)} {indent}{machine}{event.title}")
                self._write_block(event.text, f"{indent}    ")
            case Waiting():
                self._waiting(event, indent)
            case VerdictGiven():
                claims = ", ".join(event.claims) or said("check")
                self._write_line(f"{_clock(event.at)} {indent}{claims} {as_message(event.outcome)}")
                text = said(
                    "expected: {expected}\nobserved: {observed}", expected=event.expected, observed=event.observed
                )
                self._write_block(text, f"{indent}    ")
            case TrialObserved():
                self._write_line(f"{_clock(event.at)} {indent}{said('trial: {outcome}', outcome=event.outcome)}")
                factors = "\n".join(f"{name}: {value}" for name, value in event.factors.items())
                self._write_block(factors, f"{indent}    ")

    def _command(self, event: CommandFinished, indent: str) -> None:
        """The time is that of the beginning, as at a shell's prompt; the lines come in order of ending."""
        status = said("no exit status")
        if event.exit_status is not None:
            status = said("exit {status}", status=event.exit_status)
        first, *more = event.command.splitlines() or [""]
        why = f", {event.why}" if event.why else ""
        began = _clock(event.at - event.duration)
        self._write_line(f"{began} {indent}{event.machine} $ {first}   ({event.duration:.2f} s, {status}{why})")
        self._write_block("\n".join(more), f"{indent}  > ")
        self._write_block(event.stdout, f"{indent}    ")
        self._write_block(event.stderr, f"{indent}    stderr: ")

    def _waiting(self, event: Waiting, indent: str) -> None:
        """A wait asks twice a second; the text keeps the answers that differ from the one before."""
        wait = (event.step, event.what, event.why)
        if wait != self._last_wait:
            self._last_wait = wait
            text = said(
                "waiting for {what}: {why}, {seconds:.1f} s", what=event.what, why=event.why, seconds=event.elapsed
            )
            self._write_line(f"{_clock(event.at)} {indent}… {text}")

    def _depth(self, step: int) -> int:
        depth = 0
        while step in self._open_steps:
            depth += 1
            step = self._open_steps[step]
        return depth

    def _write_block(self, text: str, indent: str) -> None:
        for line in text.splitlines():
            self._write_line(f"         {indent}{line}")

    def _write_line(self, line: str) -> None:
        self._text.write(line.rstrip() + "\n")


def _open(path: Path) -> TextIO:
    # A command's output need not be UTF-8: what cannot be written becomes an escape, valid in JSON too.
    path.write_bytes(b"")
    # Appended, since the file may be redacted while it is open, and be shorter then.
    return path.open("a", encoding="utf-8", errors="backslashreplace")


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at))
