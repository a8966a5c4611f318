"""Keep secrets of a Swarm out of everything that is written: tokens, unlock keys, private keys."""

import re
from pathlib import Path

# Formats: swarmkit ca/config.go (join token "SWMTKN-1-<digest>-<secret>", and where FIPS is required
# "SWMTKN-2-<0 or 1>-<digest>-<secret>"), encryption.go (unlock key
# "SWMKEY-1-<base64>"), and the PEM armour of RFC 7468 with the headers swarmkit adds to it.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"SWMTKN-\d+(?:-[01])?-[0-9a-z]+-[0-9a-z]+"), "SWMTKN-[redacted]"),
    (re.compile(r"SWMKEY-\d+-[0-9A-Za-z+/]+=*"), "SWMKEY-[redacted]"),
    (
        re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(?:.*?-----END \1-----|.*\Z)", re.DOTALL),
        r"\1 [redacted]",  # no armour: files are redacted again, and it would look like a key cut off
    ),
)
_JSON_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_TEXT_SUFFIXES = {
    ".json",
    ".jsonl",
    ".txt",
    ".log",
    ".html",
    ".md",
    ".xml",
    ".properties",
    ".attach",
    ".csv",
    ".yaml",
}


def redact(text: str) -> str:
    """Return `text` with every join token, unlock key and private key replaced by a marker."""
    if "SWM" not in text and "PRIVATE KEY" not in text:
        return text
    for pattern, marker in _PATTERNS:
        text = pattern.sub(marker, text)
    return text


def sweep(directory: Path) -> list[Path]:
    """Redact every text file below `directory` in place, for what other libraries wrote there.

    Returns the files that had to be changed. Each file is read once; binary files are left alone.
    """
    changed = []
    for path in sorted(directory.rglob("*")):
        if path.suffix not in _TEXT_SUFFIXES or not path.is_file():
            continue
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
        after = before
        if path.suffix in {".json", ".jsonl"}:  # string by string: a key cut off must not take the document with it
            after = _JSON_STRING.sub(lambda string: f'"{redact(string[1])}"', before)
        after = redact(after)
        if after != before:
            path.write_text(after, encoding="utf-8", errors="surrogateescape")
            changed.append(path)
    return changed
