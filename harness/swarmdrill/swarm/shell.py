"""Run commands on one machine as root: each is bounded, recorded, and in a message can be pasted."""

import shlex
import time
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.ssh import CommandTimeout, Completed, Remote

COMMAND_SECONDS = 60


class CommandFailed(LabBroken):
    """A command that had to succeed did not."""


@dataclass(frozen=True)
class Shell:
    """A shell on the machine of that name. `clock` scales the time-outs of what runs in it."""

    name: str
    remote: Remote
    clock: Clock

    def run(
        self,
        command: str,
        *,
        why: Message = UNSAID,
        check: bool = True,
        timeout: float = COMMAND_SECONDS,
        stdin: str = "",
    ) -> Completed:
        """Run a command line and record it, all but its `stdin`, which is the place for keys.

        `timeout` in seconds, before scaling. With `check`, a non-zero exit status raises CommandFailed,
        whose message can be pasted into a shell. Raises LabBroken when the machine cannot be reached.
        """
        started = time.monotonic()
        try:
            done = self.remote.run(command, timeout=self.clock.seconds(timeout), stdin=stdin)
        except LabBroken as problem:
            trace.command_finished(
                self.name,
                command,
                exit_status=None,
                stdout="",
                stderr=str(problem) if not isinstance(problem, CommandTimeout) else "timed out",
                duration=time.monotonic() - started,
                why=why,
            )
            raise
        trace.command_finished(
            self.name,
            command,
            exit_status=done.exit_status,
            stdout=done.stdout,
            stderr=done.stderr,
            duration=done.duration,
            why=why,
        )
        if check and done.exit_status != 0:
            raise CommandFailed(
                said(
                    "{name}: exit status {exit_status} from: {pasteable}\n{stderr}",
                    name=self,
                    exit_status=done.exit_status,
                    pasteable=self.pasteable(command),
                    stderr=(done.stderr or done.stdout).strip(),
                )
            )
        return done

    def quietly(self, command: str, stdin: str = "") -> str:
        """Run a command line whose output must not pass through the trace, and return it.

        Raises CommandFailed where it fails, LabBroken where the machine cannot be reached.
        """
        done = self.remote.run(command, timeout=self.clock.seconds(COMMAND_SECONDS), stdin=stdin)
        if done.exit_status != 0:
            raise CommandFailed(
                said(
                    "{name}: exit status {exit_status} from: {pasteable}",
                    name=self,
                    exit_status=done.exit_status,
                    pasteable=self.pasteable(command),
                )
            )
        return done.stdout

    def pasteable(self, command: str) -> str:
        """The command line that repeats `command` from the checkout's directory."""
        return f"ssh -F {shlex.quote(str(self.remote.ssh_config))} {self.name} {shlex.quote(command)}"
