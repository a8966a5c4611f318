"""Text of any origin in Markdown: nothing that a run recorded becomes markup."""

import re
from urllib.parse import quote, urlsplit


def plain(text: str) -> str:
    """`text` on one line, in a paragraph or in a cell of a table."""
    escaped = re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", " ".join(text.split()))
    return escaped.replace("&", "&amp;")


def code(text: str) -> str:
    """`text` on one line as code, also in a cell of a table."""
    line = " ".join(text.split())
    return f"<code>{plain(line)}</code>" if "`" in line or "|" in line else f"`{line}`"


def prose(text: str) -> str:
    """`text` of the registry, which marks code as Markdown does, on one line."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(code(part) if number % 2 else _edged(part) for number, part in enumerate(parts) if part)


def link(title: str, url: str) -> str:
    """A link; the title alone where the address is none of the web."""
    if urlsplit(url).scheme not in ("http", "https"):
        return plain(title)
    return f"[{plain(title)}]({quote(url, safe=':/?#=&%+,;@~.-_!')})"


def _edged(text: str) -> str:
    """`text` with the blanks around it, which stand beside code."""
    return " " * text[:1].isspace() + plain(text) + " " * (text[-1:].isspace() and bool(text.strip()))


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table whose cells are Markdown already."""
    return [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
