"""The published schemas are what the models say."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from swarmdrill.report import schemas
from swarmdrill.results.schema import as_text, write


@pytest.mark.parametrize(("path", "schema"), schemas.schemas().items(), ids=lambda each: getattr(each, "name", ""))
def test_a_published_schema_is_generated(path: Path, schema: dict[str, Any]) -> None:
    """One that differs was changed by hand, or what is stored was changed without `make schemas`."""
    Draft202012Validator.check_schema(schema)
    assert path.read_text(encoding="utf-8") == as_text(schema)


def test_the_command_writes_them_where_they_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, schema = next(iter(schemas.schemas().items()))
    monkeypatch.setattr(schemas, "schemas", lambda: {tmp_path / path.name: schema})
    write(schemas.schemas())
    assert json.loads((tmp_path / path.name).read_text(encoding="utf-8")) == schema
    assert capsys.readouterr().out == f"{tmp_path / path.name}\n"
