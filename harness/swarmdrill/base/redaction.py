"""Keep secrets of a Swarm out of everything that is written: tokens, unlock keys, private keys."""

import base64
import re
from pathlib import Path

# Formats: swarmkit ca/config.go (join token "SWMTKN-1-<digest>-<secret>" with 50 and 25 characters of base 36, and
# where FIPS is required "SWMTKN-2-<0 or 1>-<digest>-<secret>"), encryption.go (unlock key "SWMKEY-1-<base64>" of 32
# bytes: 43 characters), and the PEM armour of RFC 7468 with the headers swarmkit adds to it. Each as it stands, or as
# JSON, HTML and URLs write its signs.
_DASH = r"(?:-|&#45;|&#[xX]2[dD];|%2[dD]|\\u002[dD])"
_DIGIT = "[0-9a-z]"
_KEY_SIGN = r"(?:[0-9A-Za-z+/]|\\+/|%2[bBfF]|&#4[37];|&#[xX]2[bBfF];|\\u002[bBfF])"
_BLANK = r"(?: |%20|\+|&#32;)"
# A line that was broken, by a terminal or as JSON writes it, with what indents the next one.
_BREAK = r"(?:\s*(?:\r?\n|\\+r\\+n|\\+n)[ \t]*)"


def _broken(sign: str, times: int) -> str:
    """So many of `sign`, over any number of lines. Where they are fewer, the greedy patterns take what is there."""
    return rf"(?:{sign}{_BREAK}?){{{times - 1}}}{sign}"


_TOKEN = rf"SWMTKN{_DASH}\d+(?:{_DASH}[01])?{_DASH}"
_UNLOCK_KEY = rf"SWMKEY{_DASH}\d+{_DASH}"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"{_TOKEN}{_broken(_DIGIT, 50)}{_BREAK}?{_DASH}{_BREAK}?{_broken(_DIGIT, 25)}"),
        "SWMTKN-[redacted]",
    ),
    (re.compile(rf"{_TOKEN}{_DIGIT}+{_DASH}{_DIGIT}+"), "SWMTKN-[redacted]"),
    (re.compile(rf"{_UNLOCK_KEY}{_broken(_KEY_SIGN, 43)}(?:=|%3[dD]|&#61;)*"), "SWMKEY-[redacted]"),
    (re.compile(rf"{_UNLOCK_KEY}{_KEY_SIGN}+=*"), "SWMKEY-[redacted]"),
    (
        re.compile(
            rf"{_DASH}{{5}}BEGIN{_BLANK}((?:[A-Z]+{_BLANK})*PRIVATE{_BLANK}KEY){_DASH}{{5}}"
            rf"(?:.*?{_DASH}{{5}}END{_BLANK}\1{_DASH}{{5}}|.*\Z)",
            re.DOTALL,
        ),
        r"\1 [redacted]",  # no armour: files are redacted again, and it would look like a key cut off
    ),
)
# What a secret begins with, in base64: in each of the three places that it can have there, the signs that are it alone.
_HIDDEN_IN_BASE64 = tuple(
    base64.b64encode(bytes(skipped) + secret).decode().rstrip("=")[(8 * skipped + 5) // 6 : -1]
    for secret in (b"-----BEGIN ", b"SWMTKN-1-", b"SWMKEY-1-")
    for skipped in range(3)
)
_BASE64 = re.compile(rf"[A-Za-z0-9+/]{{16,}}(?:{_BREAK}[A-Za-z0-9+/]+)*={{0,2}}")
_SECRET_WITHIN = re.compile(rb"SWMTKN-\d|SWMKEY-\d|PRIVATE KEY-----")
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
    if "SWM" in text or "PRIVATE" in text:
        for pattern, marker in _PATTERNS:
            text = pattern.sub(marker, text)
    if any(hidden in text for hidden in _HIDDEN_IN_BASE64):
        text = _BASE64.sub(_without_secret, text)
    return text


def _without_secret(found: re.Match[str]) -> str:
    """The base64 that was found, or a marker where a secret is in it. It may begin after other signs of base64."""
    signs = re.sub(r"\\+[rn]|\s|=", "", found[0])
    for start in range(4):
        usable = signs[start:]
        usable = usable[: len(usable) // 4 * 4]
        if _SECRET_WITHIN.search(base64.b64decode(usable)):
            return "[base64 of a secret, redacted]"
    return found[0]


def sweep(directory: Path) -> list[Path]:
    """Redact every text file below `directory` in place, for what other libraries wrote there.

    Returns the files that had to be changed. Each file is read once; binary files are left alone.
    """
    files = (path for path in sorted(directory.rglob("*")) if path.suffix in _TEXT_SUFFIXES and path.is_file())
    return [path for path in files if sweep_file(path)]


def sweep_file(path: Path) -> bool:
    """Redact the text file in place; return whether it had to be changed."""
    before = path.read_text(encoding="utf-8", errors="surrogateescape")
    after = before
    if path.suffix in {".json", ".jsonl"}:  # string by string: a key cut off must not take the document with it
        after = _JSON_STRING.sub(lambda string: f'"{redact(string[1])}"', before)
    after = redact(after)
    if after == before:
        return False
    path.write_text(after, encoding="utf-8", errors="surrogateescape")
    return True
