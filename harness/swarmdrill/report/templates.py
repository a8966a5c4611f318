"""HTML from templates in package data: whatever a run recorded stays text."""

from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str, folder: str) -> Environment:
    """Templates that lie in `folder` of `package`, also in a wheel.

    Every value is escaped where a template puts it, and a name that nobody gave is an error. `is web` says whether an
    address may become a link: a browser would run one that begins with `javascript:`.
    """
    made = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.tests["web"] = lambda address: urlsplit(address).scheme in ("http", "https")
    return made
