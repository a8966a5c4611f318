"""What this machine has, what it lacks, and what each provider can do on it: a look that changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.setup.requirements import Requirement
from harness.setup.tools import Finding

_MARKS = {True: "✓", False: "✗"}


@dataclass(frozen=True)
class ProviderReport:
    """What one provider can do on this machine.

    `capabilities` maps what it could do ("snapshots", "service VIPs") to whether it can, and why or why not;
    `reason` says why it is not usable, and may be empty when it is.
    """

    name: str
    usable: bool
    capabilities: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    reason: str = ""


def report(
    table: Sequence[Requirement],
    findings: Mapping[str, Finding],
    providers: Sequence[ProviderReport],
    engines: Sequence[str],
    *,
    remedy: str = "make setup",
) -> str:
    """All of `swarmdrill doctor`: requirements, providers, and the engine versions that nodes can have."""
    return "\n\n".join(
        (
            requirements_table(table, findings, remedy),
            providers_table(providers),
            f"Docker Engine versions for the machines: {', '.join(engines) or 'none'}",
        )
    )


def complete(table: Sequence[Requirement], findings: Mapping[str, Finding]) -> bool:
    """Whether everything is there that is not optional."""
    return all(findings[each.name].ok for each in table if not each.optional)


def requirements_table(
    table: Sequence[Requirement], findings: Mapping[str, Finding], remedy: str = "make setup"
) -> str:
    """One line per requirement: ✓ there, ✗ missing, - missing but optional; version or problem; what for.

    `remedy` is the command that gets what is missing.
    """
    rows = [("", "what", "on this machine", "what for")]
    for each in table:
        found = findings[each.name]
        mark = _MARKS[found.ok] if found.ok or not each.optional else "-"
        rows.append((mark, each.name, found.problem or found.version, each.why))
    lines = _aligned(rows)
    if not complete(table, findings):
        lines.append(f"`{remedy}` gets what is missing")
    return "\n".join(lines)


def providers_table(providers: Sequence[ProviderReport]) -> str:
    """One line per provider and one per capability of it, each with its reason."""
    rows = [("", "provider", "")]
    for provider in providers:
        rows.append((_MARKS[provider.usable], provider.name, provider.reason))
        for name, (able, reason) in provider.capabilities.items():
            rows.append(("", f"{_MARKS[able]} {name}", reason))
    return "\n".join(_aligned(rows))


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Pad all columns but the last, two blanks between them."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
