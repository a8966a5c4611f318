"""Newer packages from the distribution's backports, with the system's apt sources left as they are."""

import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base.errors import Told
from swarmdrill.base.messages import said
from swarmdrill.host import tools
from swarmdrill.host.tools import Version
from swarmdrill.setup import apt, steps

SOURCE_PARTS = Path("/etc/apt/sources.list.d")
_REMOVE_SECONDS = 60
# deb822 fields: a name, then a value that goes on in lines that begin with a blank (sources.list(5)).
_FIELD = r"(?im)^{name}:.*(?:\n[ \t].*)*"
# The options in brackets, the address, the suite, the components.
_LINE = re.compile(r"^\s*deb\s+((?:\[[^]]*]\s+)?\S+)\s+(\S+)\s+([^#\n]+)", re.MULTILINE)


class Absent(Told):
    """The backports of this system cannot help; the message says why."""


@dataclass(frozen=True)
class AptSource:
    """An apt source: the name of its `suite`, and the file, with the `suffix` that says in which format."""

    suite: str
    suffix: str
    text: str


def source() -> AptSource:
    """The backports beside the Debian archive that this machine's apt is configured with.

    Address, key and options are those of its entry; only the suite differs. Raises Absent where there is none.
    """
    for line in apt.targets("$(ORIGIN)/$(LABEL) $(CODENAME) $(RELEASE) $(SOURCESENTRY)"):
        name, codename, release, entry = (*line.split(" "), "", "", "")[:4]
        # The updates of a suite have the same name, and the suite's with a hyphen as codename.
        if name == "Debian/Debian" and codename and "-" not in codename:
            file = Path(entry.rpartition(":")[0])
            suite = f"{codename}-backports"
            turn = _turn_stanza if file.suffix == ".sources" else _turn_line
            text = turn(file.read_text(encoding="utf-8"), release, suite)
            if text:
                return AptSource(suite, file.suffix, text)
    raise Absent(said("no Debian archive is configured here whose backports could have it"))


def install(packages: Sequence[str], minimum: Version, prefix: Sequence[str]) -> None:
    """Install `packages` from the backports, and what they depend on where it has to come from there too.

    `prefix` as `apt.privilege` returns it. Raises Absent when the backports cannot be had, or have no version
    of the first package that is at least `minimum`; StepFailed when the installation fails.
    """
    backports = source()
    with _beside(backports, prefix) as directory:
        only = ("-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={directory}/only")
        both = ("-o", f"Dir::Etc::SourceParts={directory}/both", "-t", backports.suite)
        # Lists that no source asks for would be removed, and here they are the system's.
        lists = (*_private(directory), "-o", "APT::Get::List-Cleanup=false")
        try:
            apt.update(prefix, (*lists, *only), what=said("the package list of {suite}", suite=backports.suite))
        except steps.StepFailed as problem:
            raise Absent(said("{suite} cannot be had:\n  {problem}", suite=backports.suite, problem=problem)) from None
        offered = apt.candidate(packages[0], (*lists, *both))
        if tools.as_numbers(offered) < minimum:
            raise Absent(said("{suite} has {version}", suite=backports.suite, version=offered or said("none")))
        with steps.step("install {packages:,} from {suite}", packages=packages, suite=backports.suite):
            steps.run(apt.install_command(packages, prefix, (*lists, *both)), timeout=apt.INSTALL_SECONDS)


def by_hand(packages: Sequence[str]) -> str:
    """The line with which a user who may become root does the same. Raises Absent."""
    backports = source()
    file = SOURCE_PARTS / f"{backports.suite}{backports.suffix}"
    return (
        f"printf %s {shlex.quote(backports.text)} | sudo tee {file}"
        f" && {shlex.join(('sudo', *apt.UPDATE))}"
        f" && {shlex.join(apt.install_command(packages, ('sudo',), ('-t', backports.suite)))}"
    )


def _turn_stanza(text: str, release: str, suite: str) -> str:
    """The stanza of a `.sources` file that has `release`, for `suite` instead; empty when there is none."""
    without_comments = re.sub(r"(?m)^#.*\n?", "", text)
    for stanza in re.split(r"\n\s*\n", without_comments):
        suites = re.search(_FIELD.format(name="Suites"), stanza)
        if suites and release in suites.group().split()[1:]:
            turned = re.sub(_FIELD.format(name="Suites"), f"Suites: {suite}", stanza)
            return re.sub(_FIELD.format(name="Types"), "Types: deb", turned).strip() + "\n"
    return ""


def _turn_line(text: str, release: str, suite: str) -> str:
    """The line of a `.list` file that has `release`, for `suite` instead; empty when there is none."""
    for address, each, components in _LINE.findall(text):
        if each == release:
            return f"deb {address} {suite} {components.strip()}\n"
    return ""


@contextmanager
def _beside(backports: AptSource, prefix: Sequence[str]) -> Iterator[Path]:
    """A directory with the source alone, with it and the system's own, and with lists that start as the system's."""
    directory = Path(tempfile.mkdtemp(prefix="swarmdrill-apt-"))
    try:
        # apt fetches as a user of its own.
        directory.chmod(0o755)
        for name in ("only", "both", "lists"):
            (directory / name).mkdir()
        for name in ("only", "both"):
            (directory / name / f"swarmdrill{backports.suffix}").write_text(backports.text, encoding="utf-8")
        for part in (*SOURCE_PARTS.glob("*.sources"), *SOURCE_PARTS.glob("*.list")):
            (directory / "both" / part.name).symlink_to(part)
        for part in apt.LISTS.glob("*_*"):
            (directory / "lists" / part.name).symlink_to(part)
        yield directory
    finally:
        # What apt wrote belongs to root.
        steps.run([*prefix, "rm", "-rf", str(directory)], timeout=_REMOVE_SECONDS)


def _private(directory: Path) -> tuple[str, ...]:
    """Options by which apt keeps neither these lists nor a cache made from them."""
    return (
        *("-o", f"Dir::State::Lists={directory}/lists"),
        *("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
    )
