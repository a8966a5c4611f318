"""`docs/nightly.md` has every stored night, the newest first."""

from collections.abc import Sequence

from nightly.record import ROOT, Night, read_all
from swarmdrill.base.text import between

PAGE = ROOT / "docs" / "nightly.md"
BEGIN = "<!-- nightly: what follows is written by `make nightly` -->"
END = "<!-- nightly: end -->"


def with_nights(page: str, nights: Sequence[Night]) -> str:
    """The page with these nights between its marks."""
    return between(page, BEGIN, END, "\n\n".join(_section(night) for night in nights) or "None yet.")


def write() -> None:
    """Write all stored nights into the page."""
    PAGE.write_text(with_nights(PAGE.read_text(encoding="utf-8"), read_all()), encoding="utf-8")


def check() -> bool:
    """Whether the page has exactly the nights that are stored."""
    page = PAGE.read_text(encoding="utf-8")
    return page == with_nights(page, read_all())


def _section(night: Night) -> str:
    day = f"{night.id[:4]}-{night.id[4:6]}-{night.id[6:8]}"
    rows = [
        f"| {each.title} | {each.status} | {each.expected} | {each.found or 'no report'} | {each.seconds:.0f} s | "
        f"{each.reason.replace('|', '/')} |"
        for each in night.steps
    ]
    return "\n".join(
        [
            f"## {day}, {night.commit[:7]}\n",
            f"{night.host.cores} cores, {night.host.memory_gib:.0f} GiB, {night.host.system}. "
            f"Virtual machines: {night.machines}. [Stored](nightly/{night.id}.json).\n",
            "| step | | expected | found | time | why |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )
