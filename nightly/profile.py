"""The profile: which steps a night has, what each needs, and the counts that it is expected to come to."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from nightly.record import Count
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.stored import CLOSED, problem

PROFILE = Path(__file__).with_name("profile.toml")
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, config=CLOSED)
class Step:
    """One step. `report` is the JUnit file that it leaves, `needs` the provider that has to be set up for it."""

    title: Text
    command: Annotated[list[Text], Field(min_length=1)]
    report: Text
    needs: Literal["docker", "libvirt", "virtualbox"]
    minutes: Annotated[int, Field(ge=1)]
    # A step that expects nothing would be green where nothing ran.
    passed: Annotated[int, Field(ge=1)]
    skipped: Count


_FORM = TypeAdapter(dict[str, Step])


def steps(path: Path = PROFILE) -> dict[str, Step]:
    """The steps by name, in their order. Raises UsageProblem for a profile that is not valid."""
    try:
        # As JSON, since strict models take no plain mapping for one of their own.
        return _FORM.validate_json(json.dumps(tomllib.loads(path.read_text(encoding="utf-8"))))
    except ValidationError as wrong:
        raise UsageProblem(said("{path}: {problem}", path=path, problem=problem(wrong))) from None
    except tomllib.TOMLDecodeError as wrong:
        raise UsageProblem(said("{path}: {problem}", path=path, problem=wrong)) from None
