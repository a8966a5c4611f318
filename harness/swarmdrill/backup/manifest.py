"""Is a copy of a state directory what it claims to be? Manifests, and the name of what is wrong with one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.base.errors import UnfaithfulCopy


@dataclass(frozen=True)
class File:
    """A file as it matters for a restore: `size` in bytes, `sha256` in hex, `mode` in octal."""

    size: int
    sha256: str
    mode: str


Manifest = Mapping[str, File]


class Kind(StrEnum):
    """What a copy turned out to be."""

    FAITHFUL = "faithful"
    SWAPPED = "another manager's backup"
    NESTED = "nested copy"
    STALE = "stale directory"
    INCOMPLETE = "incomplete"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class Finding:
    """What one machine's copy is, and the evidence in a few words."""

    machine: str
    kind: Kind
    detail: str

    def describe(self) -> str:
        return f"{self.machine}: {self.kind}: {self.detail}"


class UnfaithfulRestore(UnfaithfulCopy):
    """What lies on the machines is not what was expected of the copies; `findings` has one per machine."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(finding.describe() for finding in findings))


def require_kind(findings: Sequence[Finding], expected: Kind = Kind.FAITHFUL) -> None:
    """Raise UnfaithfulRestore, with all findings, where one is not of the expected kind."""
    if any(finding.kind is not expected for finding in findings):
        raise UnfaithfulRestore(findings)


def classify(
    machine: str, restored: Manifest, backups: Mapping[str, Manifest], backup_now: Manifest, nested_as: str
) -> Finding:
    """Say what the directory restored on `machine` is.

    `backups` holds the manifest of every manager's backup as it was when taken; `backup_now` is what the
    machine's backup holds now; `nested_as` is the name under which `cp -r` puts a copy into a directory
    that exists. The first kind that fits is the answer, the most specific one first.
    """
    original = backups[machine]
    if restored == original:
        return Finding(machine, Kind.FAITHFUL, f"{len(restored)} files equal the backup")
    for other, manifest in backups.items():
        if other != machine and _identity(restored) and _identity(restored) == _identity(manifest):
            return Finding(machine, Kind.SWAPPED, f"the node certificate is that of {other}'s backup")
    inside = {path for path in restored if path.startswith(f"{nested_as}/")}
    if inside and {path.removeprefix(f"{nested_as}/") for path in inside} >= set(original):
        return Finding(machine, Kind.NESTED, f"the backup lies in {nested_as}/ inside an older state directory")
    damaged = sorted(path for path in original if path in backup_now and backup_now[path] != original[path])
    lost = sorted(set(original) - set(backup_now))
    if damaged or lost:
        return Finding(machine, Kind.CORRUPT, f"since the backup was taken: {_changes(damaged, lost)}")
    missing = sorted(set(original) - set(restored))
    if missing:
        return Finding(machine, Kind.INCOMPLETE, f"{len(missing)} of {len(original)} files missing: {missing[0]} ...")
    extra = sorted(set(restored) - set(original))
    if extra:
        return Finding(machine, Kind.STALE, f"{len(extra)} files are not from the backup: {extra[0]} ...")
    differing = sorted(path for path in original if restored[path] != original[path])
    cut = [path for path in differing if restored[path].size < original[path].size]
    if cut:
        return Finding(
            machine, Kind.INCOMPLETE, f"{cut[0]} has {restored[cut[0]].size} of {original[cut[0]].size} bytes"
        )
    return Finding(machine, Kind.STALE, f"not from the backup, which is intact: {', '.join(differing)}")


def _identity(manifest: Manifest) -> str:
    certificate = manifest.get("certificates/swarm-node.crt")
    return certificate.sha256 if certificate else ""


def _changes(damaged: list[str], lost: list[str]) -> str:
    parts = [f"{path} changed" for path in damaged] + [f"{path} is gone" for path in lost]
    return ", ".join(parts)
