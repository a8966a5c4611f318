"""The published form of a stored file, as a JSON schema, from the models that write and read it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def published(adapter: TypeAdapter[Any], number: int, **about: str) -> dict[str, Any]:
    """The schema of a file that has what `adapter` describes, and `schema`, the number of its form.

    Args:
        number: what `schema` says in each such file.
        about: `title`, `description`, and what else is to be said of the file as a whole.
    """
    form: dict[str, Any] = _untitled(adapter.json_schema(mode="validation"))
    return {
        "$schema": DRAFT,
        **about,
        "type": form["type"],
        "required": ["schema", *form["required"]],
        "properties": {"schema": {"const": number}, **form["properties"]},
        "$defs": form["$defs"],
    }


def write(schemas: Mapping[Path, dict[str, Any]]) -> None:
    """Write each schema into its file, and print the path."""
    for path, schema in schemas.items():
        path.write_text(as_text(schema), encoding="utf-8")
        print(path)


def as_text(schema: dict[str, Any]) -> str:
    """The schema as it lies beside the module: the same models give the same bytes."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _untitled(part: Any) -> Any:
    """Without the titles that pydantic makes from the names, which say the same again; a field may be called title."""
    if isinstance(part, list):
        return [_untitled(item) for item in part]
    if isinstance(part, dict):
        return {key: _untitled(value) for key, value in part.items() if key != "title" or isinstance(value, dict)}
    return part
