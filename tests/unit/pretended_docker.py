"""A docker client that knows what it is told and writes down what it is asked; for tests of what asks it."""

import json
import shlex
from pathlib import Path

from python_on_whales import DockerClient


class PretendedDocker:
    """`knows` says which objects any `ls`, `ps` or `inspect` is about; each has an `ID` or a `NetworkID`."""

    def __init__(self, directory: Path) -> None:
        self._log, self._ids, self._objects = (directory / name for name in ("asked", "ids", "objects"))
        program = directory / "docker"
        program.write_text(
            f"""#!/bin/sh
echo "$*" >> {self._log}
case "$*" in *" ls "*|*" ps "*) cat {self._ids} ;; *) cat {self._objects} ;; esac
""",
            encoding="utf-8",
        )
        program.chmod(0o755)
        self.client = DockerClient(client_call=[str(program)])
        self.knows()

    def knows(self, *objects: dict[str, object]) -> None:
        """From now on there are these."""
        self._ids.write_text("".join(f"{each['ID']}\n" for each in objects), encoding="utf-8")
        self._objects.write_text(json.dumps(objects), encoding="utf-8")

    @property
    def asked(self) -> list[list[str]]:
        """The arguments of every call so far."""
        return [shlex.split(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
