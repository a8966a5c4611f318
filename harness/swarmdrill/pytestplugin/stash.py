"""Keys of pytest's stash."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from swarmdrill.swarm.logs import LogMark

DRILLS = pytest.StashKey[bool]()
CHECKED = pytest.StashKey[bool]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()
MARK: "pytest.StashKey[LogMark]" = pytest.StashKey()
