"""Text for people: lists, columns, single lines."""

from collections.abc import Iterable, Sequence


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Pad all columns but the last, two blanks between them."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]


def oneline(text: str) -> str:
    """`text` without line breaks."""
    return " ".join(text.split())


def between(page: str, begin: str, end: str, content: str) -> str:
    """The page with `content`, and nothing else, between its two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def listed(names: Iterable[str]) -> str:
    """`manager1, manager2 and manager3`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
