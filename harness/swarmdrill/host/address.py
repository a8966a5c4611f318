"""Where a Docker Engine listens: which one the docker client asks where nobody says, and how an address is shown.

The client itself goes by the variable DOCKER_HOST, then by DOCKER_CONTEXT, then by the context of its configuration,
then by the usual socket (docs.docker.com/engine/manage-resources/contexts, "How do I use contexts").
"""

import json
import os
from pathlib import Path

from swarmdrill.host import tools

USUAL = "unix:///var/run/docker.sock"
# The name of the context that stands for none.
_NO_CONTEXT = "default"


def in_use(client: str) -> str:
    """The address that the docker client has by itself. It is asked only where a context is chosen.

    Where the context is not there, its name is in the address, and the engine will not answer.
    """
    if address := os.environ.get("DOCKER_HOST"):
        return address
    context = os.environ.get("DOCKER_CONTEXT") or _configured_context()
    if context in ("", _NO_CONTEXT):
        return USUAL
    asked = [client, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", context]
    return tools.output(asked).strip() or f"unix:///no-context-is-called/{context}"


def shown(address: str) -> str:
    """The address as it is kept in results: without the names of users, of other computers, and of this user's home."""
    if not address.startswith("unix://"):
        scheme, found, _ = address.partition("://")
        return f"{scheme}://[redacted]" if found else "[redacted]"
    path, home = address.removeprefix("unix://"), _home()
    return f"unix://~{path.removeprefix(home)}" if home and path.startswith(f"{home}/") else address


def _configured_context() -> str:
    """The context that `docker context use` chose; empty where there is none, or no configuration that can be read."""
    directory = os.environ.get("DOCKER_CONFIG") or f"{_home()}/.docker"
    try:
        found = json.loads(Path(directory, "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("currentContext") or "") if isinstance(found, dict) else ""


def _home() -> str:
    """This user's home directory; empty for one that has none."""
    try:
        return str(Path.home())
    except RuntimeError:
        return ""
