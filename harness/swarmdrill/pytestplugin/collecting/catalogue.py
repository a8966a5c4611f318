"""The ids of the scenarios that swarmdrill brings: results are kept under them, so nobody else's scenario has one."""

import re
from functools import cache
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

# Their decorators begin with the id. Read and not imported: this is asked for a scenario of somebody else's only.
_ID = re.compile(r'^ *@scenario\(\s*id="([^"]+)"', re.MULTILINE)


def require_another(id_: str, place: str, file: Path) -> None:
    """Raise UsageProblem where a scenario in `file`, at `place`, has an id of swarmdrill's; its own files may."""
    directory = places.scenarios().resolve()
    if file.resolve().is_relative_to(directory):
        return
    if (own := ids(directory).get(id_)) is not None:
        raise UsageProblem(
            said(
                "{place}: scenario {id!r} is also swarmdrill's, in {own}: give it another id",
                place=place,
                id=id_,
                own=own,
            )
        )


def require_others(file: Path) -> None:
    """Raise UsageProblem where a file has such an id, as far as can be told without running it."""
    for id_ in _ID.findall(file.read_text(encoding="utf-8", errors="replace")):
        require_another(id_, str(file), file)


@cache
def ids(directory: Path) -> dict[str, Path]:
    """The ids of the scenarios in a directory, and the file of each."""
    return {
        id_: file
        for file in sorted(directory.rglob("test_*.py"))
        for id_ in _ID.findall(file.read_text(encoding="utf-8"))
    }
