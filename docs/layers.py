"""Draw `images/architecture.svg` from the table of bands in `architecture.md`: `python docs/layers.py`."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "architecture.md", HERE / "images" / "architecture.svg"
ROW = re.compile(r"^\| (?P<band>[a-z]+) \| (?P<modules>[^|]*`[^|]+) \| (?P<knows>[^|]+) \|$", re.MULTILINE)
COLOURS = ("#fde9d3", "#fdf3c9", "#e6f2d5", "#d5eee3", "#d6ecf5", "#dbe4f8", "#e6def5", "#eceff2")
WIDTH, MARGIN, LABEL, LINE, PAD, CHARACTER = 900, 16, 138, 27, 10, 6.65
SIDE = 190
# Beside the bands: whose events they hear, and what runs before anything is installed.
BESIDE = {
    "report/": "hears the events: terminal, transcript, Allure, stored results, claims",
    "raft/": "the model of a restart; knows nothing of a lab",
    "setup/": "gets what is missing; the standard library only",
}
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
SANS = "ui-sans-serif, system-ui, Helvetica, Arial, sans-serif"


def bands(page: str) -> list[tuple[str, list[str], str]]:
    """Of each band, from the top: its name, its modules as they are written, what it knows."""
    return [
        (row["band"], re.findall(r"`([^`]+)`", row["modules"]), row["knows"].replace("`", ""))
        for row in ROW.finditer(page)
    ]


def draw(page: str) -> str:
    """The picture as SVG."""
    right = WIDTH - MARGIN - SIDE - PAD
    shapes, top = [], 70.0
    for (band, modules, _), colour in zip(bands(page), COLOURS, strict=True):
        boxes = list(_placed(modules, MARGIN + LABEL, right - PAD, top + PAD))
        bottom = max([top + 48, *(y + LINE - 4 + PAD for _, _, y, _ in boxes)])
        shapes.append(_box(MARGIN, top, right - MARGIN, bottom - top, colour))
        shapes.append(_text(MARGIN + PAD, top + 28, band, 15, weight="bold"))
        for name, x, y, width in boxes:
            shapes += [_box(x, y, width, LINE - 5, "#ffffff"), _text(x + width / 2, y + 15, name, 11, MONO, "middle")]
        top = bottom + 7
    bottom, x = top - 7, right + PAD
    height = (bottom - 70 - 2 * 7) / len(BESIDE)
    for number, (name, knows) in enumerate(BESIDE.items()):
        y = 70 + number * (height + 7)
        shapes += [_box(x, y, SIDE, height, "#f8fafc"), _text(x + PAD, y + 28, name, 14, MONO, weight="bold")]
        shapes += [_text(x + PAD, y + 52 + 16 * line, part, 12) for line, part in enumerate(_wrapped(knows, 27))]
    title = "A module imports from its own band or from bands below it, never from one above."
    head = [_text(MARGIN, 32, "swarmdrill: layers", 18, weight="bold"), _text(MARGIN, 54, title, 12)]
    total = bottom + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total:g}"',
            ' role="img" aria-labelledby="t d">',
            '<title id="t">Layers of swarmdrill</title>',
            f'<desc id="d">{escape("; ".join(f"{band}: {knows}" for band, _, knows in bands(page)))}</desc>',
            f'<rect width="{WIDTH}" height="{total:g}" rx="10" fill="#fbfcfd"/>',
            *head,
            *shapes,
            "</svg>\n",
        ]
    )


def _placed(names: Sequence[str], left: float, right: float, top: float) -> Iterator[tuple[str, float, float, float]]:
    """Each name with x, y and width of its box, in lines from `left` to `right`."""
    x, y = left, top
    for name in names:
        width = round(len(name) * CHARACTER + 16, 1)
        if x + width > right:
            x, y = left, y + LINE
        yield name, round(x, 1), y, width
        x += width + 6


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    where = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {where} rx="5" fill="{colour}" stroke="#9aa5b1"/>'


def _text(
    x: float, y: float, text: str, size: int, family: str = SANS, anchor: str = "start", weight: str = "normal"
) -> str:
    style = f'font-family="{family}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="#1f2933"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
