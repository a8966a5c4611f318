"""Is a copy of a state directory what it claims to be? Manifests, and the name of what is wrong with one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.base.errors import UnfaithfulCopy
from swarmdrill.base.messages import Message, said


@dataclass(frozen=True)
class File:
    """A file as it matters for a restore: `size` in bytes, `sha256` in hex, `mode` in octal."""

    size: int
    sha256: str
    mode: str


Manifest = Mapping[str, File]


class CopyKind(StrEnum):
    """What a copy turned out to be."""

    FAITHFUL = said("faithful")
    SWAPPED = said("another manager's backup")
    NESTED = said("nested copy")
    STALE = said("stale directory")
    INCOMPLETE = said("incomplete")
    CORRUPT = said("corrupt")


@dataclass(frozen=True)
class CopyFinding:
    """What one machine's copy is, and the evidence in a few words."""

    machine: str
    kind: CopyKind
    detail: Message

    def describe(self) -> Message:
        """One line: whose copy is what, and the evidence."""
        return said("{machine}: {kind}: {detail}", machine=self.machine, kind=self.kind, detail=self.detail)


class UnfaithfulRestore(UnfaithfulCopy):
    """What lies on the machines is not what was expected of the copies; `findings` has one per machine."""

    def __init__(self, findings: Sequence[CopyFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__(said("{findings:lines}", findings=[finding.describe() for finding in findings]))


def require_kind(findings: Sequence[CopyFinding], expected: CopyKind = CopyKind.FAITHFUL) -> None:
    """Raise UnfaithfulRestore, with all findings, where one is not of the expected kind."""
    if any(finding.kind is not expected for finding in findings):
        raise UnfaithfulRestore(findings)


def classify(
    machine: str, restored: Manifest, backups: Mapping[str, Manifest], backup_now: Manifest, nested_as: str
) -> CopyFinding:
    """Say what the directory restored on `machine` is.

    `backups` holds the manifest of every manager's backup as it was when taken; `backup_now` is what the
    machine's backup holds now; `nested_as` is the name under which `cp -r` puts a copy into a directory
    that exists. The first kind that fits is the answer, the most specific one first.
    """
    original = backups[machine]
    if restored == original:
        return CopyFinding(machine, CopyKind.FAITHFUL, said("{number} files equal the backup", number=len(restored)))
    for other, manifest in backups.items():
        if other != machine and _identity(restored) and _identity(restored) == _identity(manifest):
            return CopyFinding(
                machine, CopyKind.SWAPPED, said("the node certificate is that of {machine}'s backup", machine=other)
            )
    inside = {path for path in restored if path.startswith(f"{nested_as}/")}
    if inside and {path.removeprefix(f"{nested_as}/") for path in inside} >= set(original):
        return CopyFinding(
            machine, CopyKind.NESTED, said("the backup lies in {name}/ inside an older state directory", name=nested_as)
        )
    damaged = sorted(path for path in original if path in backup_now and backup_now[path] != original[path])
    lost = sorted(set(original) - set(backup_now))
    if damaged or lost:
        return CopyFinding(machine, CopyKind.CORRUPT, _changes(damaged, lost))
    missing = sorted(set(original) - set(restored))
    if missing:
        return CopyFinding(
            machine,
            CopyKind.INCOMPLETE,
            said(
                "{number} of {all} files missing: {first} ...", number=len(missing), all=len(original), first=missing[0]
            ),
        )
    extra = sorted(set(restored) - set(original))
    if extra:
        return CopyFinding(
            machine,
            CopyKind.STALE,
            said("{number} files are not from the backup: {first} ...", number=len(extra), first=extra[0]),
        )
    differing = sorted(path for path in original if restored[path] != original[path])
    cut = [path for path in differing if restored[path].size < original[path].size]
    if cut:
        return CopyFinding(
            machine,
            CopyKind.INCOMPLETE,
            said(
                "{path} has {size} of {all} bytes", path=cut[0], size=restored[cut[0]].size, all=original[cut[0]].size
            ),
        )
    return CopyFinding(
        machine, CopyKind.STALE, said("not from the backup, which is intact: {paths:,}", paths=differing)
    )


def _identity(manifest: Manifest) -> str:
    certificate = manifest.get("certificates/swarm-node.crt")
    return certificate.sha256 if certificate else ""


def _changes(damaged: list[str], lost: list[str]) -> Message:
    changes = [said("{path} changed", path=path) for path in damaged]
    changes += [said("{path} is gone", path=path) for path in lost]
    return said("since the backup was taken: {changes:,}", changes=changes)
