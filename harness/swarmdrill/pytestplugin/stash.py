"""Keys of pytest's stash."""

from collections.abc import Mapping

import pytest

CHECKED = pytest.StashKey[bool]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()
MARKS = pytest.StashKey[Mapping[str, int]]()
