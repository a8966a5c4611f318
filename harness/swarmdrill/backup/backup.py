"""A backup of a state directory, as it lies on the machines."""

from collections.abc import Mapping
from dataclasses import dataclass

from swarmdrill.backup.manifest import Manifest

BACKUP_DIR = "/var/lib/docker/swarm-bk"
# What swarmkit and dockerd keep there (moby daemon/cluster, swarmkit node.go).
STATE_FILES = {"certificates", "docker-state.json", "raft", "state.json", "worker"}


@dataclass(frozen=True)
class Backup:
    """The state directories of all managers, copied on each of them; `manifests` by machine name, as taken."""

    directory: str
    manifests: Mapping[str, Manifest]

    def foreign_files(self) -> tuple[str, ...]:
        """Files in it that are not of the swarm itself, by machine; none are expected."""
        return tuple(
            f"{machine}:{path}"
            for machine, manifest in self.manifests.items()
            for path in manifest
            if path.split("/")[0] not in STATE_FILES
        )
