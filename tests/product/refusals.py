"""A bad request: one line says what is wrong, and nothing is booted or left."""

import os
from pathlib import Path

from product.checkout import DRILLS
from product.leftovers import leftovers
from product.running import Product

QUICK = str(DRILLS / "test_quick.py")
USAGE = 4


def path_without(directory: Path, *missing: str) -> str:
    """A PATH with everything this machine has but the programs named."""
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            link = directory / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return str(directory)


def refused(product: Product, message: str, *arguments: str, **environment: str) -> None:
    run = product.drill(QUICK, *arguments, **environment)
    assert run.wait() == USAGE, run.text()
    lines = [line for line in run.text().splitlines() if message in line]
    assert len(lines) == 1, run.text()
    assert "Traceback" not in run.text()
    assert leftovers(run.lab) == {}
