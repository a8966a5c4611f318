"""Carry the set-up out: say what is missing, get it, and leave out what is optional and cannot be had."""

from collections.abc import Mapping, Sequence

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
    left_out: dict[str, str] = {}
    missing: list[Requirement] = []
    for each in table:
        if findings[each.name].ok:
            continue
        reason = _cannot_be_had(each, left_out) if each.optional else ""
        if reason:
            left_out[each.name] = reason
        else:
            missing.append(each)
    if not missing:
        print(_all_there(findings, left_out))
        return
    for each in missing:
        print(f"missing: {each.name}, which {each.why} ({findings[each.name].problem})")
    _install_packages([each for each in missing if each.packages], left_out)
    for each in missing:
        _make(each, left_out)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}")
    print(f"set up: `{drill or how_to('drill')}` runs the drill")


def _cannot_be_had(each: Requirement, left_out: Mapping[str, str]) -> str:
    """Why an optional requirement is left out without a try; empty when it is worth one."""
    if each.needs in left_out:
        return f"{each.needs} is missing"
    if not each.packages:
        return ""
    if tools.find("apt-get") is None:
        return "this system has no apt"
    if apt.privilege() is None:
        return f"root is needed to install {' '.join(each.packages)}"
    # Without lists nothing is known: the update that comes first will tell.
    return _too_old(each) if apt.has_lists() else ""


def _too_old(each: Requirement) -> str:
    offered = apt.candidate(each.packages[0])
    if tools.as_numbers(offered) >= each.minimum:
        return ""
    needed = tools.dotted(each.minimum)
    return f"{needed} or later is needed, and this system's archive has {offered or 'none'}"


def _install_packages(wanted: Sequence[Requirement], left_out: dict[str, str]) -> None:
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
                f"{each.name} is installed and will not do: {found.problem};"
                f" install it as its makers describe, then run `{how_to('setup')}` again"
            )


def _authorise(wanted: Sequence[Requirement]) -> tuple[str, ...]:
    """The prefix with which this user may install all that is wanted; raises UserMustAct with what to run."""
    late = [each for each in wanted if not each.optional and apt.has_lists() and _too_old(each)]
    ordinary = [package for each in wanted if each not in late for package in each.packages]
    # Not in the line for the others: the archive's own would be installed, and would not do.
    if late and not ordinary and apt.privilege() is None:
        raise UserMustAct(f"root is needed; run this, then `{how_to('setup')}` again:\n  {_by_hand(late[0])}")
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
    because = f" ({each.because})" if each.because else ""
    return UserMustAct(
        f"{each.name}: {_too_old(each)}{because}; {problem}\n"
        f"  install {each.name} {tools.dotted(each.minimum)} or later yourself, then run `{how_to('setup')}` again"
    )


def _try_to_install(each: Requirement, prefix: Sequence[str]) -> dict[str, str]:
    reason = _too_old(each)
    if not reason:
        try:
            apt.install(each.packages, prefix)
        except (StepFailed, UserMustAct) as problem:
            reason = str(problem)
    return {each.name: reason} if reason else {}


def _make(each: Requirement, left_out: dict[str, str]) -> None:
    if each.make is None:
        return
    if each.needs in left_out:
        left_out[each.name] = f"{each.needs} is missing"
        return
    try:
        each.make()
    except StepFailed as problem:
        if not each.optional:
            raise
        left_out[each.name] = str(problem)


def _all_there(findings: Mapping[str, ToolFinding], left_out: Mapping[str, str]) -> str:
    shown = {name: findings[name] for name in _SHOWN if name in findings}
    there = ", ".join(f"{name} {found.version}" for name, found in shown.items() if found.ok)
    without = "".join(f"; without {name}: {reason}" for name, reason in left_out.items())
    return f"nothing to set up: {there}{without}"


_SHOWN = ("Python", "Vagrant", "Docker Engine", "libvirt", "QEMU", "report generator")
