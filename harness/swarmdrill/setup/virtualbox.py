"""Ask for VirtualBox, which no Debian archive has."""

from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host.virtualbox import examine
from swarmdrill.setup.steps import UserMustAct


def demand() -> None:
    """Raise UserMustAct, saying what to do, unless VirtualBox is there and works."""
    found = examine()
    if not found.ok:
        raise UserMustAct(
            said(
                "VirtualBox: {problem}, then run `{setup}` again",
                problem=found.problem,
                setup=how_to("setup", "virtualbox"),
            )
        )
