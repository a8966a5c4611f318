"""Ask for VirtualBox, which no Debian archive has."""

from swarmdrill.base.settings import how_to
from swarmdrill.host.virtualbox import examine
from swarmdrill.setup.steps import UserMustAct


def demand() -> None:
    """Raise UserMustAct, saying what to do, unless VirtualBox is there and works."""
    found = examine()
    if not found.ok:
        raise UserMustAct(f"VirtualBox: {found.problem}, then run `{how_to('setup', 'virtualbox')}` again")
