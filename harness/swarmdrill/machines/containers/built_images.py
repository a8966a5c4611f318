"""Which images on an engine this product built, and their removal.

The label of an image is no proof: whatever is built FROM a node image inherits it. A name is one, where only this
product gives it; and an image that lost its name to a later build is known by its history, which is the import alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.messages import Message, said
from swarmdrill.base.programs import ClientFailed
from swarmdrill.host.host import Host
from swarmdrill.machines.containers.image import LABEL

# The values of the label, and after them the names: of the node image (`image.tag`), and of a fresh machine's (fresh/).
KINDS = ("node", "fresh")
NAME = re.compile(r"swarmdrill/(node:\d+\.\d+\.\d+|fresh:[a-z]+)-[0-9a-f]{12}")
# What `docker import` writes of itself (docker/cli, "Imported from -" for what comes from a file or standard input).
IMPORTED = "Imported from -"
_NONE = "<none>:<none>"


@dataclass(frozen=True)
class _Image:
    name: str
    identifier: str

    def __str__(self) -> str:
        return self.identifier if self.name == _NONE else self.name


def remove(host: Host) -> list[Message]:
    """Remove them; say of each that carries the label and stays why it is left alone.

    One that a container uses stays. A name is removed, never an image with the names that others gave it. Raises
    ClientFailed when the engine does not answer.
    """
    found = [_Image(*line.split()) for line in _labelled(host)]
    ours = [each for each in found if _is_ours(each, host)]
    left = [
        said(
            "left alone: image {image}: it has the label {label}, and a name that swarmdrill gives no image",
            image=str(each),
            label=LABEL,
        )
        for each in found
        if each not in ours
    ]
    if ours:
        with trace.phase("remove the node images"):
            left.extend(_removed(ours, host))
    return left


def _labelled(host: Host) -> list[str]:
    rows = ("--no-trunc", "--filter", f"label={LABEL}", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    return host.docker("images", *rows).splitlines()


def _is_ours(image: _Image, host: Host) -> bool:
    if image.name != _NONE:
        return NAME.fullmatch(image.name) is not None
    kind = host.docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', image.identifier)
    steps = host.docker("history", "--no-trunc", "--format", "{{json .Comment}}", image.identifier).splitlines()
    return kind in KINDS and [json.loads(step) for step in steps] == [IMPORTED]


def _removed(images: list[_Image], host: Host) -> Iterator[Message]:
    for image in images:
        try:
            host.docker("rmi", str(image))
        except ClientFailed as problem:
            yield said("left alone: image {image}: {problem}", image=str(image), problem=problem.words)
