"""Keys of pytest's stash."""

import pytest

from swarmdrill.swarm.logs import LogMark

CHECKED = pytest.StashKey[bool]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()
MARK = pytest.StashKey[LogMark]()
