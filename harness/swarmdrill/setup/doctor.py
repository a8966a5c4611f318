"""What this machine has, what it lacks, and what each provider can do on it: a look that changes nothing."""

from collections.abc import Mapping, Sequence

from swarmdrill.base.text import aligned
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup.requirements import Requirement

MARKS = {True: "✓", False: "✗"}


def complete(table: Sequence[Requirement], findings: Mapping[str, ToolFinding]) -> bool:
    """Whether everything is there that is not optional."""
    return all(findings[each.name].ok for each in table if not each.optional)


def requirements_table(table: Sequence[Requirement], findings: Mapping[str, ToolFinding], remedy: str) -> str:
    """One line per requirement: ✓ there, ✗ missing, - missing but optional; version or problem; what for.

    `remedy` is the command that gets what is missing.
    """
    rows = [("", "what", "on this machine", "what for")]
    for each in table:
        found = findings[each.name]
        mark = MARKS[found.ok] if found.ok or not each.optional else "-"
        rows.append((mark, each.name, found.problem or found.version, each.why))
    lines = aligned(rows)
    if not complete(table, findings):
        lines.append(f"`{remedy}` gets what is missing")
    return "\n".join(lines)
