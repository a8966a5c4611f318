"""Carry the set-up out: say what is missing, get it, and leave out what is optional and cannot be had."""

from collections.abc import Mapping, Sequence

from swarmdrill.base.messages import UNSAID, Message, of_error, said
from swarmdrill.base.settings import how_to
from swarmdrill.host import tools
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup import apt, backports, requirements
from swarmdrill.setup.requirements import Requirement
from swarmdrill.setup.steps import StepFailed, UserMustAct


def set_up(table: Sequence[Requirement], *, drill: str = "") -> None:
    """Bring this machine to where every requirement is met; where it is, say so in one line.

    `drill` is the command that the user can run then, for the default provider if empty.
    Raises StepFailed when a step fails, UserMustAct when only the user can go on.
    """
    findings = requirements.examine(table)
    left_out: dict[str, Message] = {}
    missing: list[Requirement] = []
    for each in table:
        if findings[each.name].ok:
            continue
        reason = _cannot_be_had(each, left_out) if each.optional else UNSAID
        if reason:
            left_out[each.name] = reason
        else:
            missing.append(each)
    if not missing:
        print(_all_there(findings, left_out))
        return
    for each in missing:
        problem = findings[each.name].problem
        print(said("missing: {name}, which {why} ({problem})", name=each.name, why=each.why, problem=problem))
    _install_packages([each for each in missing if each.packages], left_out)
    for each in missing:
        _make(each, left_out)
    for name, reason in left_out.items():
        print(said("left out: {name}: {reason}", name=name, reason=reason))
    print(said("set up: `{drill}` runs the drill", drill=drill or how_to("drill")))


def _cannot_be_had(each: Requirement, left_out: Mapping[str, Message]) -> Message:
    """Why an optional requirement is left out without a try; empty when it is worth one."""
    if each.needs in left_out:
        return said("{name} is missing", name=each.needs)
    if not each.packages:
        return UNSAID
    if tools.find("apt-get") is None:
        return said("this system has no apt")
    if apt.privilege() is None:
        return said("root is needed to install {packages}", packages=" ".join(each.packages))
    # Without lists nothing is known: the update that comes first will tell.
    return _too_old(each) if apt.has_lists() else UNSAID


def _too_old(each: Requirement) -> Message:
    offered = apt.candidate(each.packages[0])
    if tools.as_numbers(offered) >= each.minimum:
        return UNSAID
    return said(
        "{needed} or later is needed, and this system's archive has {offered}",
        needed=tools.dotted(each.minimum),
        offered=offered or said("none"),
    )


def _install_packages(wanted: Sequence[Requirement], left_out: dict[str, Message]) -> None:
    if not wanted:
        return
    required = [each for each in wanted if not each.optional]
    prefix = _authorise(wanted)
    apt.update(prefix)
    newer = [each for each in required if _too_old(each)]
    packages = [package for each in required if each not in newer for package in each.packages]
    if packages:
        apt.install(packages, prefix)
    for each in newer:
        _install_from_backports(each, prefix)
    for each in wanted:
        if each.optional:
            left_out.update(_try_to_install(each, prefix))
    for each in wanted:
        found = each.examine()
        if not found.ok and each.name not in left_out:
            raise UserMustAct(
                said(
                    "{name} is installed and will not do: {problem}; install it as its makers describe, then run "
                    "`{setup}` again",
                    name=each.name,
                    problem=found.problem,
                    setup=how_to("setup"),
                )
            )


def _authorise(wanted: Sequence[Requirement]) -> tuple[str, ...]:
    """The prefix with which this user may install all that is wanted; raises UserMustAct with what to run."""
    late = [each for each in wanted if not each.optional and apt.has_lists() and _too_old(each)]
    ordinary = [package for each in wanted if each not in late for package in each.packages]
    # Not in the line for the others: the archive's own would be installed, and would not do.
    if late and not ordinary and apt.privilege() is None:
        line = _by_hand(late[0])
        raise UserMustAct(
            said("root is needed; run this, then `{setup}` again:\n  {line}", setup=how_to("setup"), line=line)
        )
    return apt.authorise(ordinary or [package for each in late for package in each.packages])


def _by_hand(each: Requirement) -> str:
    try:
        return backports.by_hand(each.packages)
    except backports.Absent as problem:
        raise _out_of_reach(each, problem) from None


def _install_from_backports(each: Requirement, prefix: Sequence[str]) -> None:
    try:
        backports.install(each.packages, each.minimum, prefix)
    except backports.Absent as problem:
        raise _out_of_reach(each, problem) from None


def _out_of_reach(each: Requirement, problem: backports.Absent) -> UserMustAct:
    old = _too_old(each)
    if each.because:
        old = said("{old} ({because})", old=old, because=each.because)
    return UserMustAct(
        said(
            "{name}: {old}; {problem}\n  install {name} {minimum} or later yourself, then run `{setup}` again",
            name=each.name,
            old=old,
            problem=problem,
            minimum=tools.dotted(each.minimum),
            setup=how_to("setup"),
        )
    )


def _try_to_install(each: Requirement, prefix: Sequence[str]) -> dict[str, Message]:
    reason = _too_old(each)
    if not reason:
        try:
            apt.install(each.packages, prefix)
        except (StepFailed, UserMustAct) as problem:
            reason = of_error(problem)
    return {each.name: reason} if reason else {}


def _make(each: Requirement, left_out: dict[str, Message]) -> None:
    if each.make is None:
        return
    if each.needs in left_out:
        left_out[each.name] = said("{name} is missing", name=each.needs)
        return
    try:
        each.make()
    except StepFailed as problem:
        if not each.optional:
            raise
        left_out[each.name] = of_error(problem)


def _all_there(findings: Mapping[str, ToolFinding], left_out: Mapping[str, Message]) -> Message:
    shown = {name: findings[name] for name in _SHOWN if name in findings}
    there = said("{tools:,}", tools=[f"{name} {found.version}" for name, found in shown.items() if found.ok])
    without = [said("without {name}: {reason}", name=name, reason=reason) for name, reason in left_out.items()]
    return said("nothing to set up: {each:;}", each=[there, *without])


_SHOWN = ("Python", "Vagrant", "Docker Engine", "libvirt", "QEMU", "report generator")
