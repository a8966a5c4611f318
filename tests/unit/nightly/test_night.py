"""A night: every step is done, what it came to is compared with what is expected, and what cannot be done is said."""

import json
from pathlib import Path
from typing import Literal

import pytest
from jsonschema import Draft202012Validator

from nightly import night, page, profile, record, schemas
from nightly.profile import Step
from nightly.record import Counts, Night
from pretended import ROOT
from swarmdrill.base.errors import UsageProblem
from swarmdrill.results.records import HostRecord
from swarmdrill.results.schema import as_text

REPORT = "reports/junit/step.xml"
CASE = {"passed": '<testcase name="a"/>', "failed": '<testcase name="b"><failure message="m"/></testcase>',
        "broken": '<testcase name="c"><error message="m"/></testcase>',
        "skipped": '<testcase name="d"><skipped message="m"/></testcase>'}  # fmt: skip
SAID = """missing: libvirtd, which is this host's libvirt (not found)
libvirtd cannot be had here: no root
make: *** [Makefile:39: setup] Error 2
"""
HOST = HostRecord(system="Debian 12", cores=2, memory_gib=24.0, kernel="6.1", engine="20.10.24")
BEGUN = Night("20261125T090000Z-abcdef0", "abcdef0" * 5 + "abcde", HOST, "emulated (no vmx or svm)")


def step(needs: Literal["docker", "libvirt"] = "docker", name: str = "step") -> Step:
    return Step("a step", [name], REPORT, needs, minutes=1, passed=2, skipped=1)


class Computer:
    """Stands for the programs: `cases` are in the report that a step leaves, `status` is how it ends."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked = root, []  # type: ignore[var-annotated]
        self.cases: list[str] | None = ["passed", "passed", "skipped"]
        self.status: int | None = 0
        self.without: tuple[str, ...] = ()

    def run(self, command: list[str], root: Path, log: Path, seconds: float) -> int | None:
        self.asked.append(command)
        log.parent.mkdir(parents=True, exist_ok=True)
        if command[:2] == ["make", "setup"]:
            provider = command[2].partition("=")[2]
            log.write_text(SAID, encoding="utf-8")
            return 2 if provider in self.without else 0
        if self.cases is not None:
            (root / REPORT).parent.mkdir(parents=True, exist_ok=True)
            text = "".join(CASE[case] for case in self.cases)
            (root / REPORT).write_text(f"<testsuites><testsuite>{text}</testsuite></testsuites>")
        return self.status


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer(tmp_path)
    monkeypatch.setattr(night, "run", made.run)
    return made


def carried_out(host: Computer, **steps: Step) -> Night:
    return night.carry_out(BEGUN, steps or {"step": step()}, lambda so_far: None, host.root)


def test_the_expected_counts_are_green(host: Computer) -> None:
    found = carried_out(host)
    assert [(each.status, each.reason, each.found) for each in found.steps] == [("as expected", "", Counts(2, 0, 1))]
    assert (found.is_red, found.is_whole) == (False, True)


@pytest.mark.parametrize(
    ("cases", "status", "reason"),
    [
        (["passed", "skipped"], 0, "1 passed, 0 failed, 1 skipped; expected 2 passed, 0 failed, 1 skipped"),
        (["passed"] * 3 + ["skipped"], 0, "3 passed, 0 failed, 1 skipped; expected"),
        (["passed", "passed"], 0, "2 passed, 0 failed, 0 skipped; expected"),
        (["passed", "skipped", "skipped"], 0, "1 passed, 0 failed, 2 skipped; expected"),
        (["passed", "failed", "skipped"], 1, "exit status 1; 1 passed, 1 failed, 1 skipped; expected"),
        (["passed", "broken", "skipped"], 0, "1 passed, 1 failed, 1 skipped; expected"),
        (["passed", "passed", "skipped"], 1, "exit status 1"),
        (["passed", "passed", "skipped"], None, "not done after 1 minutes"),
        ([], 0, "0 passed, 0 failed, 0 skipped; expected"),
        (None, 0, f"no report in {REPORT}"),
    ],
)
def test_other_counts_are_red_whatever_the_exit_status(
    host: Computer, cases: list[str] | None, status: int | None, reason: str
) -> None:
    host.cases, host.status = cases, status
    found = carried_out(host)
    assert found.steps[0].status == "red"
    assert found.steps[0].reason.startswith(reason)
    assert found.is_red


def test_the_report_of_an_earlier_run_is_not_counted(host: Computer) -> None:
    carried_out(host)
    host.cases = None
    assert carried_out(host).steps[0].reason == f"no report in {REPORT}"


def test_what_this_computer_cannot_do_is_said_with_set_ups_words_and_the_rest_is_done(host: Computer) -> None:
    host.without = ("libvirt",)
    found = carried_out(host, vm=step("libvirt", name="vm"), other=step("libvirt", name="other"), containers=step())
    assert [each.status for each in found.steps] == ["not possible", "not possible", "as expected"]
    assert found.steps[0].reason == "`make setup PROVIDER=libvirt`: libvirtd cannot be had here: no root"
    assert (found.is_red, found.is_whole) == (False, False)
    assert [command[-1] for command in host.asked] == ["PROVIDER=libvirt", "PROVIDER=docker", "step"]


def test_a_red_step_does_not_stop_the_night(host: Computer) -> None:
    host.status = 1
    found = carried_out(host, one=step(name="one"), two=step(name="two"))
    assert [each.status for each in found.steps] == ["red", "red"]


def test_a_night_that_is_cut_off_has_a_record_that_says_so(host: Computer, tmp_path: Path) -> None:
    def cut_off(so_far: Night) -> None:
        record.write(so_far, tmp_path / "kept")
        if so_far.steps[0].status != "not run":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        night.carry_out(BEGUN, {"one": step(), "two": step()}, cut_off, host.root)
    (kept,) = record.read_all(tmp_path / "kept")
    assert [each.status for each in kept.steps] == ["as expected", "not run"]
    assert kept.steps[1].reason == "the night ended before it"
    assert kept.is_red


def test_what_is_kept_is_what_the_schema_says(host: Computer, tmp_path: Path) -> None:
    host.without = ("libvirt",)
    path = record.write(carried_out(host, vm=step("libvirt"), containers=step()), tmp_path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(record.SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(stored)
    assert stored["commit"] == BEGUN.commit
    stored["steps"][0]["status"] = "passed"
    assert not Draft202012Validator(schema).is_valid(stored)


def test_every_stored_night_is_what_the_schema_says() -> None:
    schema = Draft202012Validator(json.loads(record.SCHEMA_FILE.read_text(encoding="utf-8")))
    for path in record.KEPT.glob("*.json"):
        stored = json.loads(path.read_text(encoding="utf-8"))
        schema.validate(stored)
        assert path.stem == stored["id"]


def test_the_schema_is_generated() -> None:
    for path, schema in schemas.schemas().items():
        assert path.read_text(encoding="utf-8") == as_text(schema)


class TestProfile:
    """The steps of this project."""

    def test_it_can_be_read(self) -> None:
        assert list(profile.steps()) == ["catalogue", "fresh-proof", "drill-vm", "vm-scenarios"]

    def test_the_catalogue_is_whole(self) -> None:
        """A scenario that is added has to be expected: the counts are those of the catalogue."""
        catalogue = (ROOT / "tests/unit/scenarios/catalogue.txt").read_text(encoding="utf-8").splitlines()
        expected = profile.steps()["catalogue"]
        assert expected.passed + expected.skipped == len(catalogue)

    def test_what_containers_skip_virtual_machines_do(self) -> None:
        """Each item that is skipped on containers is one of the step of virtual machines."""
        found = profile.steps()
        named = {word.rpartition("=")[2] for word in found["vm-scenarios"].command[-1].split()} - {""}
        catalogue = (ROOT / "tests/unit/scenarios/catalogue.txt").read_text(encoding="utf-8").splitlines()
        assert found["vm-scenarios"].passed == len([item for item in catalogue if item.split("[")[0] in named])

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (("passed = 80", "passed = 0"), "catalogue.passed"),
            (("minutes = 45", "hours = 1"), "catalogue"),
            (('needs = "docker"', 'needs = "podman"'), "catalogue.needs"),
            (('title = "the whole', "title = the whole"), "profile.toml"),
        ],
    )
    def test_a_profile_that_is_wrong_is_said(self, tmp_path: Path, change: tuple[str, str], words: str) -> None:
        text = profile.PROFILE.read_text(encoding="utf-8").replace(*change)
        (tmp_path / "profile.toml").write_text(text, encoding="utf-8")
        with pytest.raises(UsageProblem, match=words):
            profile.steps(tmp_path / "profile.toml")


class TestPage:
    """docs/nightly.md."""

    def test_it_has_what_is_stored(self) -> None:
        assert page.check()

    def test_a_night_that_is_not_on_it_is_seen(self, monkeypatch: pytest.MonkeyPatch, host: Computer) -> None:
        found = carried_out(host)
        monkeypatch.setattr(page, "read_all", lambda: [found])
        assert not page.check()

    def test_red_and_not_possible_are_on_it_with_the_reason(self, host: Computer) -> None:
        host.without, host.status = ("libvirt",), 1
        text = page.with_nights(f"# A\n{page.BEGIN}\n{page.END}\n", [carried_out(host, vm=step("libvirt"), one=step())])
        assert "## 2026-11-25, abcdef0" in text
        assert "| a step | not possible | 2 passed, 0 failed, 1 skipped | no report | 0 s | `make setup" in text
        assert (
            "| a step | red | 2 passed, 0 failed, 1 skipped | 2 passed, 0 failed, 1 skipped | 0 s | exit status 1 |"
            in text
        )
