"""`python -m bench`: whose turn it is, what it is asked, and what its exit status says."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

import bench.__main__ as program
from bench import page
from bench.sides import Checkout
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import quoted

SECONDS = {"up": 9.0, "reset": 4.0, "command": 0.004, "flow": 55.0, "shell": 55.0, "setup": 1.0}


class Measured:
    """A side that takes so many times what it should, and notes what it was asked."""

    def __init__(self, name: str, asked: list[tuple[str, str]], times: float = 1.0, broken: str = "") -> None:
        self.name, self._asked, self._times, self._broken = name, asked, times, broken

    def ask(self, what: str) -> Mapping[str, float]:
        self._asked.append((self.name, what))
        if what == self._broken:
            raise LabBroken(quoted(f"{self.name}: {what} failed"))
        return {what: self._times * SECONDS[what]} if what in SECONDS else {}


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str]]) -> Any:
    """Runs the program with pretended sides; `times` for HEAD."""

    def run(*arguments: str, times: float = 1.0, broken: str = "") -> int:
        @contextmanager
        def sides(checkouts: Sequence[Checkout]) -> Any:
            yield [Measured(each.name, asked, times if each.name == "HEAD" else 1.0, broken) for each in checkouts]

        monkeypatch.setattr(program, "sides", sides)
        monkeypatch.setattr(program, "before", lambda base: Checkout(base, page.ROOT, base, "flat"))
        monkeypatch.setattr(program, "here", lambda: Checkout("HEAD", page.ROOT, "abcdef0", "today"))
        return program.main(arguments)

    return run


def test_each_round_begins_with_the_other_side(run: Any, asked: list[tuple[str, str]]) -> None:
    assert run("--base=decbe5f", "--rounds=3") == 0
    boots = [name for name, what in asked if what == "up"]
    assert boots == ["decbe5f", "HEAD", "HEAD", "decbe5f", "decbe5f", "HEAD"]


def test_a_lab_is_down_before_the_other_is_up(run: Any, asked: list[tuple[str, str]]) -> None:
    run("--base=decbe5f", "--rounds=3")
    turns = [what for _, what in asked if what in ("up", "down")]
    assert turns == ["up", "down"] * 6


def test_the_shell_script_is_heads_alone(run: Any, asked: list[tuple[str, str]]) -> None:
    run("--base=decbe5f", "--rounds=1")
    assert [name for name, what in asked if what == "shell"] == ["HEAD"]


@pytest.mark.parametrize(("times", "status"), [(1.04, 0), (1.06, 1)])
def test_slower_than_before_is_red(run: Any, times: float, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--base=decbe5f", "--rounds=1", times=times) == status
    assert ("above its limit: " in capsys.readouterr().out) == bool(status)


def test_a_lab_that_broke_is_not_slow(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--rounds=1", broken="flow") == 3
    assert capsys.readouterr().err == "make bench: HEAD: flow failed\n"


def test_a_base_that_is_no_commit_is_a_bad_request(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(base: str) -> Checkout:
        raise UsageProblem(quoted(f"BASE '{base}': there is no such commit in this repository"))

    run("--rounds=1")
    monkeypatch.setattr(program, "before", refuse)
    assert program.main(["--base=nonsense"]) == 2
    assert "'nonsense': there is no such commit" in capsys.readouterr().err


class TestPage:
    """What is stored, and what docs/performance.md has of it."""

    def bench(self, *sides: str) -> page.Bench:
        host = page.HostRecord(system="Debian 12", cores=2, memory_gib=24.0, kernel="6.1", engine="20.10.24")
        seconds = {name: {"up": (9.0, 10.0), "command": (0.004,)} for name in sides}
        return page.Bench(1, "2026-11-25T09:00Z", sides, 2, host, seconds)

    def test_the_page_is_what_is_stored(self) -> None:
        """One that differs was changed by hand, or a value was."""
        assert page.check()

    def test_the_table_stands_between_its_marks_and_the_rest_stays(self) -> None:
        text = f"# A\n{page.BEGIN}\nold\n{page.END}\nrest\n"
        made = page.with_table(text, self.bench("decbe5f", "abcdef0"))
        assert "old" not in made
        assert made.startswith("# A\n")
        assert made.endswith(f"{page.END}\nrest\n")
        assert "`make bench BASE=decbe5f N=2` of abcdef0 on 2026-11-25, 2 cores" in made
        assert "| what | decbe5f | HEAD | ratio | limit |" in made
        assert page.with_table(made, self.bench("decbe5f", "abcdef0")) == made

    def test_a_page_with_another_table_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(page, "stored", lambda: self.bench("decbe5f", "1234567"))
        assert not page.check()

    def test_what_is_not_committed_is_not_stored(self) -> None:
        with pytest.raises(UsageProblem, match="has to be committed first"):
            page.write(self.bench("abcdef0-dirty"))

    def test_what_is_stored_can_be_read_again(self) -> None:
        bench = self.bench("decbe5f", "abcdef0")
        assert page.STORED.validate_json(page.STORED.dump_json(bench)) == bench
