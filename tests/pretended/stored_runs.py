"""Small registries and stored runs for the tests of the claims report."""

from typing import Any

from swarmdrill.base.events import Outcome
from swarmdrill.results.claims import Claim
from swarmdrill.results.matrix import Cell, Matrix, build
from swarmdrill.results.records import HostRecord, RunRecord, ScenarioRecord, StoredRun, Verdict

HELD, REFUTED, VARIED, UNKNOWN = Outcome.HELD, Outcome.REFUTED, Outcome.VARIED, Outcome.UNKNOWN
# What ends an attribute, an element, a cell, a code span, a fence or a link somewhere.
HOSTILE = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)> | `x` ``` [a](javascript:b) *b* $style ${c} &lt; \\"
)

HOST = HostRecord(system="Debian 12", cores=2, memory_gib=8, kernel="6.1", engine="20.10.24")


def run_id(number: int, engine: str = "26.1.5", provider: str = "docker") -> str:
    """An id of a run; a greater number is a later run."""
    return f"20251110T091244Z-{provider}-{engine}-{number:06}"


def forced(found: StoredRun, **given: Any) -> StoredRun:
    """The run with what no model lets through, for those who must not rely on that."""
    for name, value in given.items():
        object.__setattr__(found.run, name, value)
    return found


def a_claim(id_: str = "D1", **given: Any) -> Claim:
    """A claim of the registry that is expected to hold."""
    usual: dict[str, Any] = {
        "text": f"Statement {id_}.",
        "source": "a manual",
        "url": "https://example.org/manual",
        "kind": "claim",
        "expected": HELD,
        "expected_on": {},
        "because": "",
        "out_of_reach": "",
    }
    return Claim(id=id_, **{**usual, **given})


def says(claim: str, outcome: Outcome, observed: str = "seen", expected: str = "wanted") -> Verdict:
    return Verdict(claim=claim, outcome=outcome, expected=expected, observed=observed)


def record(*verdicts: Verdict, name: str = "drill-a", **given: Any) -> ScenarioRecord:
    """One trial of a scenario."""
    usual: dict[str, Any] = {
        "title": f"Title of {name}",
        "trial": None,
        "status": "passed",
        "reason": "",
        "seconds": 60.0,
        "waited": 40.0,
        "trial_outcome": None,
    }
    return ScenarioRecord(name=name, verdicts=verdicts, **{**usual, **given})


def a_run(*records: ScenarioRecord, **given: Any) -> StoredRun:
    """One stored run, of containers with Docker 26.1.5 unless something else is given."""
    usual: dict[str, Any] = {
        "id": run_id(1),
        "started": "2025-11-10T09:12:44Z",
        "seconds": 900.0,
        "provider": "docker",
        "engine": "26.1.5",
        "managers": 3,
        "workers": 0,
        "parallel": 1,
        "repeat": 1,
        "host": HOST,
        "swarmdrill": "0.1.0",
    }
    return StoredRun(run=RunRecord(**{**usual, **given}), scenarios=records)


def only_cell(matrix: Matrix) -> Cell:
    """The cell of a matrix that has just one."""
    ((cell,),) = (row.cells for row in matrix.rows)
    return cell


def trials(*scenarios: tuple[Outcome, ...]) -> tuple[ScenarioRecord, ...]:
    """Trials of several scenarios, each with its outcomes for claim D1."""
    return tuple(
        record(says("D1", outcome), name=f"a-{number}")
        for number, outcomes in enumerate(scenarios)
        for outcome in outcomes
    )


def hostile_matrix() -> Matrix:
    """Every text that comes from outside is hostile."""
    claims = [
        a_claim(
            f"{kind} {HOSTILE}", text=HOSTILE, source=HOSTILE, url=url, kind=kind, because=HOSTILE, out_of_reach=reach
        )
        for kind, url, reach in (
            ("claim", f"javascript:alert(3)//{HOSTILE}", ""),
            ("trouble", f"https://example.org/{HOSTILE}", HOSTILE),
        )
    ]
    records = [
        record(says(claim.id, outcome, HOSTILE, HOSTILE), name=HOSTILE, title=HOSTILE)
        for claim in claims
        for outcome in (HELD, REFUTED, UNKNOWN)
    ]
    silent = record(name=HOSTILE, title=HOSTILE, status="broken", reason=HOSTILE)
    host = HostRecord(system=HOSTILE, cores=2, memory_gib=8, kernel=HOSTILE, engine=HOSTILE)
    return build(
        claims,
        [
            forced(a_run(*records, silent, host=host, swarmdrill=HOSTILE), id=HOSTILE, started=HOSTILE),
            forced(a_run(silent, engine=HOSTILE, provider=HOSTILE), id=f"2{HOSTILE}"),
        ],
    )


def sample_matrix(*, backwards: bool = False) -> Matrix:
    """A claim of each finding, a trouble of each, two versions, and something unexpected."""
    claims = [
        a_claim("moby#1", kind="trouble"),
        a_claim("moby#2", kind="trouble", expected=REFUTED),
        a_claim("moby#3", kind="trouble", out_of_reach="no such engine"),
        a_claim("moby#4", kind="trouble", expected=VARIED),
        a_claim("D1", because="The log says so."),
        a_claim("D2", expected=HELD, expected_on={"20.10.5": REFUTED}),
        a_claim("D3", expected=VARIED),
        a_claim("D4"),
    ]
    everything = [
        record(says("D1", HELD, "all back"), says("D2", REFUTED, "gone"), says("moby#1", HELD, "panic")),
        record(says("D3", HELD, "newest"), name="drill-b[x y]", trial=1),
        record(
            says("D3", REFUTED, "oldest"),
            says("moby#2", REFUTED, "one address"),
            name="drill-b[x y]",
            trial=2,
        ),
        record(says("moby#4", HELD), name="drill-c", trial=1),
        record(says("moby#4", REFUTED), name="drill-c", trial=2),
    ]
    vm_only = "drill-d"
    runs = [
        a_run(*everything, id=run_id(1)),
        a_run(*everything, id=run_id(2), engine="20.10.5", started="2025-11-11T00:00:00Z"),
        a_run(
            record(name=vm_only, status="skipped", reason="provider docker has no snapshots"),
            id=run_id(3),
            started="2025-11-12T00:00:00Z",
        ),
        a_run(record(says("D4", HELD), name=vm_only), id=run_id(4), provider="libvirt", started="2025-11-13T00:00:00Z"),
    ]
    return build(claims, list(reversed(runs)) if backwards else runs)
