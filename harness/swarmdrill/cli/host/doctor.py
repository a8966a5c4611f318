"""`swarmdrill doctor`: say what this machine has, lacks and can do; change nothing."""

import argparse
from collections.abc import Mapping, Sequence

from swarmdrill.base.errors import ExitStatus, UsageProblem
from swarmdrill.base.settings import Settings, how_to
from swarmdrill.base.text import aligned
from swarmdrill.host.host import Host
from swarmdrill.host.tools import ToolFinding
from swarmdrill.machines import hosts, registry
from swarmdrill.machines.build import releases
from swarmdrill.machines.capabilities import ProviderReport
from swarmdrill.setup import doctor as setup_doctor, requirements
from swarmdrill.setup.doctor import MARKS, requirements_table
from swarmdrill.setup.requirements import Requirement


def report(
    table: Sequence[Requirement],
    findings: Mapping[str, ToolFinding],
    providers: Sequence[ProviderReport],
    engines: Sequence[str],
    *,
    remedy: str,
) -> str:
    """All of `swarmdrill doctor`: requirements, providers, and the engine versions that nodes can have."""
    return "\n\n".join(
        (
            requirements_table(table, findings, remedy),
            providers_table(providers),
            f"Docker Engine versions for the machines: {', '.join(engines) or 'none'}",
        )
    )


def providers_table(providers: Sequence[ProviderReport]) -> str:
    """One line per provider and one per capability of it, each with its reason."""
    rows = [("", "provider", "")]
    for provider in providers:
        rows.append((MARKS[provider.usable], provider.name, provider.reason))
        for name, (able, reason) in provider.capabilities.items():
            rows.append(("", f"{MARKS[able]} {name}", reason))
    return "\n".join(aligned(rows))


def run(_: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Print what is there, what is missing, and what each provider can do; change nothing."""
    table = requirements.table(settings.provider, settings.docker_host)
    findings = requirements.examine(table)
    remedy = how_to("setup", settings.provider)
    print(report(table, findings, _reports(hosts.asked_for(settings)), list(releases.releases()), remedy=remedy))
    return ExitStatus.GOOD if setup_doctor.complete(table, findings) else ExitStatus.FAILED


def _reports(host: Host) -> list[ProviderReport]:
    return [_report(name, host) for name in registry.names()]


def _report(name: str, host: Host) -> ProviderReport:
    """What the provider says of itself; of one that cannot be loaded, why."""
    try:
        return registry.named(name, host).report()
    except UsageProblem as problem:
        return ProviderReport(name, usable=False, reason=str(problem))
