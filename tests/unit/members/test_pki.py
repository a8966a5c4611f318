"""How long certificates last: what is typed for a lifetime."""

from datetime import timedelta

import pytest

from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.members import pki


@pytest.mark.parametrize(("minutes", "typed"), [(59, "59m"), (60, "1h"), (90, "90m"), (60 * 2160, "2160h")])
def test_a_lifetime_is_typed_as_docker_reads_it(minutes: int, typed: str) -> None:
    engine = PretendedEngine("manager1")
    pki.set_expiry(machine("manager1", engine), timedelta(minutes=minutes))
    assert engine.lines == [f"swarm update --cert-expiry {typed}"]
