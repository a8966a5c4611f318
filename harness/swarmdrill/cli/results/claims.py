"""The verb `claims`: what all stored runs together say of each claim, as a page, as JSON and as documentation."""

import argparse
import sys
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import PROCEDURES, Settings
from swarmdrill.report.claims import html, json, markdown, track_record, words
from swarmdrill.results import store
from swarmdrill.results.matrix import Matrix
from swarmdrill.results.store import collect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this verb has."""
    parser.add_argument(
        "--results",
        metavar="DIR",
        type=Path,
        action="append",
        help="directory of stored runs, may be repeated (default docs/results and results in the reports directory)",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="where to write (default claims in the reports directory)"
    )
    parser.add_argument(
        "--docs",
        action="store_true",
        help="also rewrite docs/claims.md and docs/track-record.md, from docs/results alone",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Write the page and the JSON, with `--docs` the documentation too; say where they are and what is unexpected."""
    missing = [directory for directory in arguments.results or () if not directory.is_dir()]
    if missing:
        raise UsageProblem(said("--results {missing}: there is no such directory", missing=missing[0]))
    matrix = collect(arguments.results or [store.KEPT, settings.reports_dir / "results"], settings.procedure)
    out = arguments.out or settings.reports_dir / "claims"
    written = [
        _write(out / "index.html", html.as_html(matrix)),
        _write(out / "claims.json", json.as_json(matrix)),
    ]
    if arguments.docs and settings.claims is not None:
        raise UsageProblem(said("--docs: that documentation is about swarmdrill's claims alone; leave --claims out"))
    if arguments.docs and places.CHECKOUT is None:
        raise UsageProblem(said("--docs: only a checkout of swarmdrill has that documentation"))
    if arguments.docs:
        kept = collect([store.KEPT])
        written += [
            _write(store.DOCS / "claims.md", markdown.as_markdown(kept)),
            _write(store.DOCS / "track-record.md", track_record.as_markdown(kept)),
        ]
    if settings.procedure != PROCEDURES[0]:
        print(f"of what was drilled with the procedure {settings.procedure}")
    _say(matrix)
    print(*written, sep="\n")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # What machines print need not be text: half a surrogate pair becomes an escape.
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def _say(matrix: Matrix) -> None:
    """What it comes down to, on the terminal."""
    print(f"{words.amount(len(matrix.runs), 'stored run')}")
    for kind, heading in words.HEADINGS.items():
        rows = matrix.of_kind(kind)
        print(f"{heading.lower()}: {words.sentence(rows, kind) or 'none'}")
    for row in matrix.rows:
        where = [words.column_name(cell.column) for cell in row.cells if cell.unexpected]
        if where:
            print(f"unexpected: {row.claim.id} on {'; '.join(where)}")
    if matrix.strays:
        print(f"left out, in no registry: {', '.join(matrix.strays)}", file=sys.stderr)
