"""How verdicts of stored runs become a matrix of claims, and what of it is unexpected."""

import shlex
from dataclasses import replace

import pytest

from pretended.stored_runs import (
    HELD,
    REFUTED,
    UNKNOWN,
    VARIED,
    a_claim,
    a_run,
    only_cell,
    record,
    run_id,
    sample_matrix,
    says,
    trials,
)
from swarmdrill.base.events import Outcome
from swarmdrill.results.evidence import SHOWN, Counts, repeat_command, verdict_on
from swarmdrill.results.matrix import CellFinding, Column, build, version_order


class TestOneTrial:
    @pytest.mark.parametrize(
        ("said", "verdict"),
        [
            ((HELD, HELD), HELD),
            ((HELD, REFUTED, HELD), REFUTED),
            ((UNKNOWN, REFUTED), REFUTED),
            ((HELD, UNKNOWN), UNKNOWN),
            ((VARIED, UNKNOWN), UNKNOWN),
            ((HELD, VARIED), VARIED),
            ((), None),
        ],
    )
    def test_the_worst_verdict_decides(self, said: tuple[Outcome, ...], verdict: Outcome | None) -> None:
        assert verdict_on("D1", record(*(says("D1", outcome) for outcome in said), says("D2", REFUTED))) == (
            verdict if said else None
        )

    @pytest.mark.parametrize("status", ["broken", "skipped"])
    def test_a_scenario_that_broke_is_no_evidence(self, status: str) -> None:
        assert verdict_on("D1", record(says("D1", HELD), status=status)) is None

    def test_one_that_failed_is_evidence(self) -> None:
        assert verdict_on("D1", record(says("D1", HELD), says("D2", REFUTED), status="failed")) is HELD

    def test_one_that_failed_before_its_verdict_leaves_unknown_what_it_is_marked_for(self) -> None:
        failed = replace(record(says("D2", HELD), status="failed"), claims=("D1", "D2"))
        assert verdict_on("D1", failed) is UNKNOWN
        assert verdict_on("D2", failed) is HELD
        assert verdict_on("D3", failed) is None
        assert verdict_on("D1", replace(failed, status="passed")) is None


class TestCell:
    @pytest.mark.parametrize(
        ("scenarios", "finding", "depends"),
        [
            ([(HELD, HELD)], CellFinding.HELD, False),
            ([(REFUTED,)], CellFinding.REFUTED, False),
            ([(HELD, REFUTED)], CellFinding.VARIED, False),
            ([(VARIED,)], CellFinding.VARIED, False),
            ([(HELD, HELD), (REFUTED, REFUTED)], CellFinding.VARIED, True),
            ([(HELD, HELD), (HELD, REFUTED)], CellFinding.VARIED, False),
            ([(HELD, UNKNOWN)], CellFinding.HELD, False),
            ([(UNKNOWN,)], CellFinding.NOT_CHECKED, False),
        ],
    )
    def test_trials_together(self, scenarios: list[tuple[Outcome, ...]], finding: CellFinding, depends: bool) -> None:
        cell = only_cell(build([a_claim()], [a_run(*trials(*scenarios))]))
        assert (cell.finding, cell.depends) == (finding, depends)

    def test_runs_add_up(self) -> None:
        runs = [a_run(*trials((HELD, REFUTED)), id=id_) for id_ in map(run_id, (1, 2, 3))]
        assert only_cell(build([a_claim()], runs)).counts == Counts(held=3, refuted=3)

    def test_a_run_that_is_stored_twice_counts_once(self) -> None:
        assert only_cell(build([a_claim()], [a_run(*trials((HELD,)))] * 2)).counts == Counts(held=1)

    def test_one_scenario_has_a_share_and_several_have_none_in_common(self) -> None:
        one = only_cell(build([a_claim()], [a_run(*trials((HELD,) * 7 + (REFUTED,) * 5))]))
        assert one.interval == pytest.approx((0.3195, 0.8067), abs=1e-4)
        several = only_cell(build([a_claim()], [a_run(*trials((HELD, REFUTED), (HELD,)))]))
        assert several.interval is None

    def test_broken_and_unknown_trials_are_counted_and_no_evidence(self) -> None:
        records = (*trials((HELD, UNKNOWN)), record(name="a-0", status="broken"))
        cell = only_cell(build([a_claim()], [a_run(*records)]))
        assert cell.counts == Counts(held=1, unknown=1, broken=1)
        assert cell.counts.seen == 1
        assert cell.reason == ""

    def test_a_trial_that_failed_before_it_came_to_the_claim_is_unknown_and_says_why(self) -> None:
        held = [record(says("D1", HELD), claims=("D1",))] * 12
        failed = record(claims=("D1",), status="failed", reason="timed out after 90 s")
        cell = only_cell(build([a_claim()], [a_run(*held, failed)]))
        assert (cell.finding, cell.counts) == (CellFinding.HELD, Counts(held=12, unknown=1))
        (unknown,) = (each for each in cell.scenarios[0].sightings if each.outcome is UNKNOWN)
        assert unknown.comparisons[0].observed == "the scenario failed before: timed out after 90 s"

    def test_a_trial_that_failed_after_its_verdict_is_evidence(self) -> None:
        failed = record(says("D1", HELD), claims=("D1",), status="failed", reason="timed out after 90 s")
        assert only_cell(build([a_claim()], [a_run(failed)])).counts == Counts(held=1)

    @pytest.mark.parametrize("status", ["failed", "broken", "skipped"])
    def test_a_case_that_once_passed_without_a_word_about_the_claim_does_not_check_it(self, status: str) -> None:
        silent = [record(claims=("D1",), status=status, reason="timed out"), record(says("D2", HELD), claims=("D1",))]
        judges = record(says("D1", HELD), claims=("D1",), name="drill-a[other]")
        cell = only_cell(build([a_claim()], [a_run(*silent, judges)]))
        assert cell.counts == Counts(held=1)
        assert [each.name for each in cell.scenarios] == [judges.name]


class TestUnexpected:
    @pytest.mark.parametrize(
        ("expected", "scenarios", "unexpected"),
        [
            (HELD, [(HELD,)], False),
            (HELD, [(REFUTED,)], True),
            (HELD, [(HELD, REFUTED)], True),
            (HELD, [(HELD,), (REFUTED,)], True),
            (HELD, [(UNKNOWN,)], False),
            (REFUTED, [(REFUTED,)], False),
            (REFUTED, [(HELD,)], True),
            (REFUTED, [(REFUTED, HELD)], True),
            (REFUTED, [(REFUTED,), (HELD,)], False),
            (VARIED, [(HELD, REFUTED)], False),
            (VARIED, [(HELD,)], False),
            (UNKNOWN, [(REFUTED,)], False),
        ],
    )
    def test_what_contradicts_the_registry(
        self, expected: Outcome, scenarios: list[tuple[Outcome, ...]], unexpected: bool
    ) -> None:
        matrix = build([a_claim(expected=expected)], [a_run(*trials(*scenarios))])
        assert only_cell(matrix).unexpected is unexpected
        assert matrix.rows[0].unexpected is unexpected

    def test_the_expectation_is_that_of_the_version(self) -> None:
        claim = a_claim(expected=HELD, expected_on={"20.10.5": REFUTED})
        runs = [a_run(*trials((REFUTED,)), id=run_id(1, engine), engine=engine) for engine in ("20.10.5", "26.1.5")]
        assert [cell.unexpected for cell in build([claim], runs).rows[0].cells] == [False, True]


class TestNotChecked:
    def test_skipped_because(self) -> None:
        d4 = sample_matrix().rows[3]
        assert [cell.reason for cell in d4.cells] == [
            "no scenario that checks it was run here",
            "scenario skipped: provider docker has no snapshots",
            "",
        ]

    def test_a_scenario_that_never_came_to_a_verdict_is_known_by_its_marker(self) -> None:
        skipped = record(claims=("D1",), status="skipped", reason="no snapshots here")
        cell = only_cell(build([a_claim()], [a_run(skipped)]))
        assert cell.reason == "scenario skipped: no snapshots here"

    def test_broken_because(self) -> None:
        broken = record(says("D1", HELD), status="broken", reason="manager2 did not boot")
        cell = only_cell(build([a_claim()], [a_run(broken, broken)]))
        assert cell.reason == "tried 2 times without a result: manager2 did not boot"

    def test_unknown_because(self) -> None:
        cell = only_cell(build([a_claim()], [a_run(record(says("D1", UNKNOWN, "no answer"), status="failed"))]))
        assert cell.reason == "tried 1 time without a result: no answer"

    def test_failed_before_it_came_to_the_claim(self) -> None:
        failed = record(says("D2", HELD), claims=("D1", "D2"), status="failed", reason="timed out after 90 s")
        cell = only_cell(build([a_claim()], [a_run(failed)]))
        assert (cell.finding, cell.counts) == (CellFinding.NOT_CHECKED, Counts(unknown=1))
        assert cell.reason == "tried 1 time without a result: timed out after 90 s"

    def test_out_of_reach_because(self) -> None:
        cell = only_cell(build([a_claim(out_of_reach="no such host")], [a_run(record())]))
        assert cell.reason == "out of reach: no such host"

    def test_without_any_run(self) -> None:
        matrix = build([a_claim()], [])
        assert (matrix.columns, matrix.runs, matrix.rows[0].cells) == ((), (), ())
        assert matrix.rows[0].finding is CellFinding.NOT_CHECKED


class TestOrder:
    def test_columns_by_version_then_provider(self) -> None:
        pairs = [("26.1.5", "libvirt"), ("26.1.5", "docker"), ("20.10.24", "docker"), ("20.10.5", "other")]
        runs = [a_run(record(), id=run_id(1, *pair), engine=pair[0], provider=pair[1]) for pair in pairs]
        assert build([], runs).columns == tuple(Column(*pair) for pair in reversed(pairs))

    def test_versions_that_are_no_numbers(self) -> None:
        assert sorted(["28.5.2", "28.5.2-rc1", "master", "9.0"], key=version_order)[1:3] == ["9.0", "28.5.2"]

    def test_claims_before_troubles_in_the_order_of_the_registry(self) -> None:
        ids = [row.claim.id for row in sample_matrix().rows]
        assert ids == ["D1", "D2", "D3", "D4", "moby#1", "moby#2", "moby#3", "moby#4"]

    def test_what_differs_between_versions_varies(self) -> None:
        runs = [
            a_run(*trials((said,)), id=run_id(1, engine), engine=engine)
            for said, engine in ((HELD, "1"), (REFUTED, "2"))
        ]
        assert build([a_claim()], runs).rows[0].finding is CellFinding.VARIED

    def test_ids_that_no_registry_has_are_named(self) -> None:
        assert build([a_claim()], [a_run(record(says("D1", HELD), says("X9", HELD)))]).strays == ("X9",)


class TestSightings:
    def test_the_same_is_told_once_with_the_newest_run(self) -> None:
        runs = [
            a_run(record(says("D1", HELD, "back")), id=id_, started=started)
            for id_, started in ((run_id(2), "2025-12-01T00:00:00Z"), (run_id(1), "2025-11-01T00:00:00Z"))
        ]
        (scenario,) = only_cell(build([a_claim()], runs)).scenarios
        (sighting,) = scenario.sightings
        assert (sighting.times, sighting.run.id, scenario.untold) == (2, run_id(2), 0)

    def test_the_newest_few_of_each_outcome_those_that_contradict_first(self) -> None:
        held = [record(says("D1", HELD, f"back after {number} s")) for number in range(SHOWN + 2)]
        cell = only_cell(build([a_claim()], [a_run(*held, record(says("D1", REFUTED, "gone")))]))
        (scenario,) = cell.scenarios
        told = [sighting.comparisons[0].observed for sighting in scenario.sightings]
        assert told == ["gone", *(f"back after {number} s" for number in range(SHOWN + 1, 1, -1))]
        assert scenario.untold == 2

    def test_only_verdicts_that_decided_are_told(self) -> None:
        cell = only_cell(build([a_claim()], [a_run(record(says("D1", HELD, "a"), says("D1", REFUTED, "b")))]))
        (sighting,) = cell.scenarios[0].sightings
        assert [pair.observed for pair in sighting.comparisons] == ["b"]


class TestCommand:
    def test_on_machines_as_they_were(self) -> None:
        run = a_run(provider="libvirt", engine="28.5.2", managers=5, workers=2).run
        assert shlex.split(repeat_command(run, "drill-a[2 of $x'`]")) == [
            ".venv/bin/pytest",
            "scenarios",
            "--scenario=drill-a[2 of $x'`]",
            "--engine=28.5.2",
            "--provider=libvirt",
            "--managers=5",
            "--workers=2",
        ]

    def test_what_is_usual_is_not_said(self) -> None:
        assert repeat_command(a_run().run, "a", "hot").endswith(" --engine=26.1.5 --procedure=hot")
        assert repeat_command(a_run().run, "a::b") == ".venv/bin/pytest scenarios --scenario=a::b --engine=26.1.5"


class TestProcedure:
    RUNS = (
        a_run(record(says("D1", HELD), procedure="document"), record(says("D1", HELD), name="drill-b")),
        a_run(record(says("D1", REFUTED), procedure="nightly"), id=run_id(2)),
    )

    def test_what_another_one_found_is_no_evidence_of_the_documents(self) -> None:
        matrix = build([a_claim()], self.RUNS)
        assert (only_cell(matrix).finding, only_cell(matrix).counts.held) == (CellFinding.HELD, 2)
        assert [found.run.id for found in matrix.runs] == [run_id(1)]

    def test_it_is_its_own_where_it_is_asked_for(self) -> None:
        # What was given none, or has its own, counts whatever is asked for.
        counts = only_cell(build([a_claim()], self.RUNS, "nightly")).counts
        assert (counts.held, counts.refuted) == (1, 1)
