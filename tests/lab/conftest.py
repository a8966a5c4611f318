"""The product, and the whole checkout for tests that need all of it."""

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from product.checkout import ROOT
from product.running import Product


@pytest.fixture
def whole_checkout() -> Iterator[None]:
    """For tests of the default lab, and of commands that act on every lab: one of them at a time, over all workers."""
    with (ROOT / ".swarmdrill" / "lab-tests.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The product; whatever the test leaves running is ended and removed."""
    product = Product(tmp_path)
    yield product
    for run in product.runs:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.wait()
    product.swarmdrill("status")
