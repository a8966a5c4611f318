"""What is stored as JSON or TOML, as models: strict, frozen, and what is wrong with a file said in one line."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, ValidationError

from swarmdrill.base.redaction import redact

# A file that others may write a newer version of: fields that are not known are left out.
OPEN = ConfigDict(strict=True, extra="ignore")
# A file that this project alone writes, or that a person does: a field that is not known is a mistake.
CLOSED = ConfigDict(strict=True, extra="forbid")


def encodable(text: str) -> str:
    """`text` as UTF-8 can hold it: half of a surrogate pair becomes an escape, `\\udce9`.

    A byte that was no UTF-8 comes from os.fsdecode as such a half, and no JSON reader has to take it.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def _if_text(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


# What a program or a person wrote: any text, of which nothing is lost.
Text = Annotated[str, BeforeValidator(_if_text)]


def problem(error: ValidationError) -> str:
    """What is wrong first, with its field, in one line: `run.managers: Input should be a valid integer, not 'x'`."""
    first, *others = error.errors(include_url=False)
    where = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "missing" | "json_invalid":
            said = first["msg"]
        case "extra_forbidden" | "unexpected_keyword_argument":
            said = "there is no such field"
        case "value_error":
            said = str(first["ctx"]["error"])
        case _:
            said = f"{first['msg']}, not {_short(first['input'])}"
    more = f"; and {len(others)} more" if others else ""
    return " ".join(f"{where}: {said}{more}".removeprefix(": ").split())


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def writable(value: Any) -> Any:
    """`value`, made of what JSON can hold, with every text encodable and without secrets, wherever it stands."""
    if isinstance(value, str):
        return redact(encodable(value))
    if isinstance(value, Mapping):
        return {redact(encodable(key)): writable(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [writable(item) for item in value]
    return value
