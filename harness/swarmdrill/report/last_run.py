"""What the last run left in the reports directory: which of it this product wrote, and the removal of that alone."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import Message, said

# The streams of one process each (`report.transcript`), and what every one of them begins with.
_STREAMS = (
    (re.compile(r"events(-gw\d+)?\.jsonl"), '{"event": "'),
    (re.compile(r"transcript(-gw\d+)?\.txt"), "Times are UTC. Began "),
)
# What `report.allure.session` writes, and allure-pytest (allure-commons 2.16, model2.py and logger.py).
_TABLE = "categories.json"
_ALLURE = re.compile(
    r"environment\.properties|executor\.json|categories\.json"
    r"|[0-9a-f-]{36}-(result\.json|container\.json|attachment\b.*)(\.tmp)?"
)
# The exceptions by which the table of categories groups: no other project's table has them.
_OWN_ERRORS = "swarmdrill"
_PAGE_TITLE = re.compile(r"<title>\s*swarmdrill\s*</title>")
# Characters of a file in which its title or first line is.
_HEAD = 1000


def require_own(reports: Path, results: Path | None) -> None:
    """Raise UsageProblem where a run would replace what this product did not write; changes nothing.

    `reports` is the reports directory; `results` is where Allure's results are, None where the user says where.
    """
    for path, start in _named_as_streams(reports):
        if not _begins(path, start):
            raise _foreign(path, reports)
    page = reports / "html" / "index.html"
    if page.exists() and not _PAGE_TITLE.search(_head(page)):
        raise _foreign(page, reports)
    if results is not None and results.exists() and not _is_own(results):
        raise _foreign(results, reports)


def remove(reports: Path, results: Path | None) -> None:
    """Remove what the last run wrote, which may have had other workers; what is not this product's stays.

    The arguments are those of `require_own`.
    """
    for path, start in _named_as_streams(reports):
        if _begins(path, start):
            path.unlink()
    if results is not None and results.is_dir() and _is_own(results):
        for path in results.iterdir():
            if _ALLURE.fullmatch(path.name) and path.is_file():
                path.unlink()


def streams(reports: Path) -> list[Path]:
    """The event streams and transcripts that are in `reports`, once a run has replaced the last one's."""
    return [path for path, _ in _named_as_streams(reports)]


def _named_as_streams(reports: Path) -> Iterator[tuple[Path, str]]:
    """What is called like a stream, with what it begins with where it is one."""
    for path in sorted(reports.iterdir()) if reports.is_dir() else ():
        for name, start in _STREAMS:
            if name.fullmatch(path.name):
                yield path, start


def _begins(path: Path, start: str) -> bool:
    """Whether it is a file that begins so, or was cut off there: a run may be killed at once."""
    if path.is_symlink() or not path.is_file():
        return False
    head = _head(path)
    return head.startswith(start) or start.startswith(head)


def _is_own(results: Path) -> bool:
    """Whether a directory of Allure's results has this product's table of categories, or nothing at all."""
    if not results.is_dir():
        return False
    if not any(islice(results.iterdir(), 1)):
        return True
    try:
        table = json.loads((results / _TABLE).read_text(encoding="utf-8"))
        return any(_OWN_ERRORS in row["messageRegex"] for row in table)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _head(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_HEAD)


def _foreign(path: Path, reports: Path) -> UsageProblem:
    problem: Message = said(
        "{path} was not written by swarmdrill, and a run would replace it: move it away, or give a --reports-dir "
        "other than {reports}",
        path=path,
        reports=reports,
    )
    return UsageProblem(problem)
