"""A fire drill for Docker Swarm backups: break a real cluster, restore it, report what really happened."""

from functools import cache
from typing import Any


def __getattr__(name: str) -> Any:
    """`__version__`, which is found out only when somebody asks: in a checkout that is a question to git."""
    if name == "__version__":
        return _version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _version() -> str:
    """The version: of an installed wheel its own; of a checkout the one that a wheel built from it now would have.

    What was installed into the checkout's environment once tells only which commit that was done at.
    """
    import tomllib
    import warnings
    from importlib import metadata

    from swarmdrill.base import places

    if places.CHECKOUT is not None:
        try:
            from setuptools_scm import get_version

            project = tomllib.loads((places.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
            with warnings.catch_warnings(action="ignore"):  # such as that there is no git, or not all of its history
                return str(get_version(str(places.CHECKOUT), **project["tool"]["setuptools_scm"]))
        except (ImportError, LookupError):
            pass
    try:
        return metadata.version(__name__)
    except metadata.PackageNotFoundError:
        return "0+unknown"
