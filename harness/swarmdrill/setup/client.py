"""Choose the docker client that is run from now on, where this host may have several."""

from swarmdrill.base.messages import UNSAID, said
from swarmdrill.host import client
from swarmdrill.setup import steps


def choose() -> None:
    """Take the first client in PATH that is new enough, and say which others there are. Raises StepFailed."""
    suitable = client.suitable()
    if not suitable:
        raise steps.StepFailed(said("docker --version\n  there is no docker client that works and is new enough"))
    first, *others = suitable
    beside = UNSAID
    if others:
        beside = said("; also here: {others:,}", others=[f"{each.path} {each.version}" for each in others])
    link = client.link()
    with steps.step(
        "take {path} {version} as the docker client{beside}", path=first.path, version=first.version, beside=beside
    ):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(first.path)
