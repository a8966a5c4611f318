"""Where things are: this package's own files, the directory that is worked in, and the state that is kept in it."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
STATE_VARIABLE = "SWARMDRILL_STATE_DIR"
STATE_NAME = ".swarmdrill"
CLAIMS_VARIABLE = "SWARMDRILL_CLAIMS"
# What says that there are no claims but swarmdrill's own.
NO_CLAIMS = "none"


def _checkout() -> Path | None:
    root = PACKAGE.parents[1]
    return root if PACKAGE.parent.name == "harness" and (root / "pyproject.toml").is_file() else None


# The checkout that this code is run from; None where it is installed from a wheel.
CHECKOUT = _checkout()


def project() -> Path:
    """The directory that is worked in: the checkout for whoever is anywhere in it, else the working directory."""
    here = Path.cwd()
    return CHECKOUT if CHECKOUT is not None and here.is_relative_to(CHECKOUT) else here


def state() -> Path:
    """Where labs, boxes and everything else that set-up and drills make is kept; it need not exist.

    `.swarmdrill` in `project()`, unless the environment says another one: that is how it reaches every process that
    this one starts, Vagrant and the workers of pytest-xdist among them.
    """
    return project() / (os.environ.get(STATE_VARIABLE) or STATE_NAME)


def keep_state_in(directory: Path) -> None:
    """Have this process, and every one that it starts from now on, keep its state in `directory`, which is absolute."""
    os.environ[STATE_VARIABLE] = str(directory)


def claims() -> Path | None:
    """The user's own file of claims, beside swarmdrill's; None where there is none."""
    named = os.environ.get(CLAIMS_VARIABLE) or NO_CLAIMS
    return None if named == NO_CLAIMS else project() / named


def take_claims_from(file: Path | None) -> None:
    """Have this process, and every one that it starts from now on, know the claims of `file` too: an absolute path."""
    os.environ[CLAIMS_VARIABLE] = NO_CLAIMS if file is None else str(file)


def boxes() -> Path:
    """Where the boxes of virtual machines are that were built here."""
    return state() / "boxes"


def scenarios() -> Path:
    """The scenarios that swarmdrill brings: those of the checkout, or those in the wheel."""
    return (CHECKOUT or PACKAGE) / "scenarios"
