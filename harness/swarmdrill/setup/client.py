"""Choose the docker client that is run from now on, where this host may have several."""

from swarmdrill.base.messages import said
from swarmdrill.host import client
from swarmdrill.setup import steps


def choose() -> None:
    """Take the first client in PATH that is new enough, and say which others there are. Raises StepFailed."""
    suitable = client.suitable()
    if not suitable:
        raise steps.StepFailed(said("docker --version\n  there is no docker client that works and is new enough"))
    first, *others = suitable
    link = client.link()
    path, version = first.path, first.version
    there = [f"{each.path} {each.version}" for each in others]
    with (
        steps.step(
            "take {path} {version} as the docker client; also here: {others:,}",
            path=path,
            version=version,
            others=there,
        )
        if there
        else steps.step("take {path} {version} as the docker client", path=path, version=version)
    ):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(first.path)
