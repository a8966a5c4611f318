"""Proof that the trial sees: faults planted in a clone, each of which has to make it red, and for that reason."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fresh import trial
from fresh.clients import Configuration
from fresh.machine import ROOT
from fresh.steps import ROOT_CHECKS, ROOT_DRILL, ROOT_SETUP
from fresh.trial import Phases, Result
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

_ASKED_AGAIN = "test_it_is_found_out_once_and_again_when_there_is_a_kernel_to_try"


@dataclass(frozen=True)
class Planted:
    """A fault: in `path`, `good` becomes `bad`; then a step of `phases` fails and says `words`."""

    name: str
    path: str
    good: str
    bad: str
    phases: Phases
    words: str

    def plant(self, clone: Path) -> None:
        """Change the clone's work tree. Raises UsageProblem where what is to be changed is not there once."""
        file = clone / self.path
        text = file.read_text(encoding="utf-8")
        if text.count(self.good) != 1:
            raise UsageProblem(
                said(
                    "{path} has {good} {times} times: plant {fault} anew",
                    path=self.path,
                    good=repr(self.good),
                    times=text.count(self.good),
                    fault=self.name,
                )
            )
        file.write_text(text.replace(self.good, self.bad), encoding="utf-8")

    def seen_in(self, results: Sequence[Result]) -> bool:
        """Whether the trial was red, and for this reason and no other."""
        failed = [each for each in results if each.tried and each.problem]
        return len(failed) == 1 and self.words in failed[0].problem


FAULTS = (
    Planted(
        "a package taken out of set-up's list",
        "harness/swarmdrill/setup/requirements.py",
        '("mmdebstrap", "debian-archive-keyring", *(("uidmap",) if os.geteuid() != 0 else ())),',
        "(),",
        ({ROOT: (ROOT_SETUP, ROOT_DRILL)},),
        "mmdebstrap is missing",
    ),
    Planted(
        "a unit test that needs a QEMU",
        "tests/unit/host/test_acceleration.py",
        '    only_shims(tmp_path / "bin", monkeypatch)(acceleration.QEMU, "exit 1")\n',
        "",
        ({ROOT: (ROOT_SETUP, ROOT_CHECKS)},),
        f"FAILED tests/unit/host/test_acceleration.py::{_ASKED_AGAIN}",
    ),
)


def prove(image: str, configuration: Configuration, logs: Path) -> list[Planted]:
    """Plant each fault, all at the same time, and return those that the trial did not see."""

    def tried(number: int, fault: Planted) -> list[Result]:
        archive = trial.repository(fault.plant)
        return trial.carry_out(fault.phases, image, configuration, archive, logs, name=f"planted-{number}-")

    with ThreadPoolExecutor(len(FAULTS)) as pool:
        found = list(pool.map(tried, range(1, len(FAULTS) + 1), FAULTS))
    unseen = []
    for fault, results in zip(FAULTS, found, strict=True):
        seen = fault.seen_in(results)
        print(f"  {'✓' if seen else '✗'} {'seen' if seen else 'NOT SEEN'}: {fault.name} ({fault.words})", flush=True)
        if not seen:
            unseen.append(fault)
    return unseen
