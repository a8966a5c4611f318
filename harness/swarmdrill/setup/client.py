"""Choose the docker client that is run from now on, where this host may have several."""

from swarmdrill.host import client
from swarmdrill.setup import steps


def choose() -> None:
    """Take the first client in PATH that is new enough, and say which others there are. Raises StepFailed."""
    suitable = client.suitable()
    if not suitable:
        raise steps.StepFailed("docker --version\n  there is no docker client that works and is new enough")
    first, *others = suitable
    beside = f"; also here: {', '.join(f'{each.path} {each.version}' for each in others)}" if others else ""
    link = client.link()
    with steps.step(f"take {first.path} {first.version} as the docker client{beside}"):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(first.path)
