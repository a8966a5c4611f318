"""What a copy of a state directory is: every kind, which one is said when several fit, and reading a manifest."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from swarmdrill.backup.manifest import CopyFinding, CopyKind, File, Manifest, UnfaithfulRestore, classify
from swarmdrill.base.messages import said

CERTIFICATE = "certificates/swarm-node.crt"
WAL = "raft/wal-v3-encrypted/0000000000000000-0000000000000000.wal"


def file(content: str, *, size: int = 10, mode: str = "600") -> File:
    return File(size, hashlib.sha256(content.encode()).hexdigest(), mode)


def state(owner: str, *, at: str = "backup") -> dict[str, File]:
    """The state directory of a manager at some time."""
    return {
        CERTIFICATE: file(f"certificate of {owner}"),
        "docker-state.json": file("state"),
        WAL: file(f"log {at}", size=1000),
    }


OWN, OTHER = state("manager1"), state("manager2")
BACKUPS = {"manager1": OWN, "manager2": OTHER, "manager3": state("manager3")}
NOW = state("manager1", at="now")


def nested(inside: Manifest, around: Manifest) -> dict[str, File]:
    return {**around, **{f"swarm-bk/{path}": what for path, what in inside.items()}}


def without(manifest: Manifest, *paths: str) -> dict[str, File]:
    return {path: what for path, what in manifest.items() if path not in paths}


def changed(manifest: Manifest, path: str, **attributes: object) -> dict[str, File]:
    return {**manifest, path: replace(manifest[path], **attributes)}


def found(restored: Manifest, backup_now: Manifest = OWN) -> CopyFinding:
    return classify("manager1", restored, BACKUPS, backup_now, "swarm-bk")


FLIPPED = changed(OWN, WAL, sha256="0" * 64)
CUT = changed(OWN, WAL, size=400, sha256="1" * 64)


class TestKinds:
    @pytest.mark.parametrize(
        ("restored", "backup_now", "kind", "evidence"),
        [
            pytest.param(OWN, OWN, CopyKind.FAITHFUL, "3 files equal the backup", id="faithful"),
            pytest.param(OTHER, OWN, CopyKind.SWAPPED, "that of manager2's backup", id="swapped"),
            pytest.param(OTHER, OTHER, CopyKind.SWAPPED, "manager2", id="the backups were exchanged on the machines"),
            pytest.param(state("manager3", at="now"), OWN, CopyKind.SWAPPED, "manager3", id="another manager's state"),
            pytest.param(nested(OWN, NOW), OWN, CopyKind.NESTED, "swarm-bk/ inside an older", id="nested"),
            pytest.param(FLIPPED, FLIPPED, CopyKind.CORRUPT, f"{WAL} changed", id="corrupt"),
            pytest.param(without(OWN, WAL), without(OWN, WAL), CopyKind.CORRUPT, f"{WAL} is gone", id="file lost"),
            pytest.param(without(OWN, WAL), OWN, CopyKind.INCOMPLETE, "1 of 3 files missing: raft", id="incomplete"),
            pytest.param({}, OWN, CopyKind.INCOMPLETE, "3 of 3 files missing", id="empty"),
            pytest.param(CUT, OWN, CopyKind.INCOMPLETE, f"{WAL} has 400 of 1000 bytes", id="file cut off"),
            pytest.param(
                {**OWN, "extra": file("x")}, OWN, CopyKind.STALE, "1 files are not from the backup: extra", id="more"
            ),
            pytest.param(NOW, OWN, CopyKind.STALE, f"not from the backup, which is intact: {WAL}", id="stale"),
            pytest.param(changed(OWN, WAL, size=2000), OWN, CopyKind.STALE, WAL, id="file that has grown"),
            pytest.param(changed(OWN, CERTIFICATE, mode="644"), OWN, CopyKind.STALE, CERTIFICATE, id="mode"),
        ],
    )
    def test_it_is_named_with_its_evidence(
        self, restored: Manifest, backup_now: Manifest, kind: CopyKind, evidence: str
    ) -> None:
        finding = found(restored, backup_now)
        assert (finding.machine, finding.kind) == ("manager1", kind)
        assert evidence in finding.detail

    def test_every_kind_is_in_the_table(self) -> None:
        table = self.test_it_is_named_with_its_evidence.pytestmark[0].args[1]
        assert {row.values[2] for row in table} == set(CopyKind)


class TestPriorities:
    """Several kinds fit; the most specific one is the answer."""

    @pytest.mark.parametrize(
        ("restored", "backup_now", "kind"),
        [
            pytest.param(
                OWN, FLIPPED, CopyKind.FAITHFUL, id="what was restored is good though the backup rotted after it"
            ),
            pytest.param(OTHER, FLIPPED, CopyKind.SWAPPED, id="swapped before corrupt"),
            pytest.param(without(OTHER, WAL), OWN, CopyKind.SWAPPED, id="swapped before incomplete"),
            pytest.param({**OTHER, "extra": file("x")}, OWN, CopyKind.SWAPPED, id="swapped before stale"),
            pytest.param(nested(OTHER, OTHER), OWN, CopyKind.SWAPPED, id="swapped before nested"),
            pytest.param(nested(OWN, NOW), FLIPPED, CopyKind.NESTED, id="nested before corrupt"),
            pytest.param(nested(OWN, without(NOW, WAL)), OWN, CopyKind.NESTED, id="nested before incomplete"),
            pytest.param(without(FLIPPED, CERTIFICATE), FLIPPED, CopyKind.CORRUPT, id="corrupt before incomplete"),
            pytest.param(NOW, FLIPPED, CopyKind.CORRUPT, id="corrupt before stale"),
            pytest.param({**without(OWN, WAL), "x": file("x")}, OWN, CopyKind.INCOMPLETE, id="incomplete before stale"),
            pytest.param(
                nested(without(OWN, WAL), NOW),
                OWN,
                CopyKind.STALE,
                id="half a nested copy is no restore that could be named so",
            ),
        ],
    )
    def test_the_first_that_fits(self, restored: Manifest, backup_now: Manifest, kind: CopyKind) -> None:
        assert found(restored, backup_now).kind is kind

    def test_without_certificates_nothing_is_swapped(self) -> None:
        bare = without(OWN, CERTIFICATE)
        backups = {"manager1": bare, "manager2": without(OTHER, CERTIFICATE)}
        assert classify("manager1", without(NOW, CERTIFICATE), backups, bare, "swarm-bk").kind is CopyKind.STALE


FILES = st.builds(File, st.integers(0, 3), st.sampled_from(["a", "b"]), st.sampled_from(["600", "644"]))
PATHS = st.sampled_from([CERTIFICATE, WAL, "state", f"swarm-bk/{WAL}", "swarm-bk/state", f"swarm-bk/{CERTIFICATE}"])
MANIFESTS = st.dictionaries(PATHS, FILES, max_size=4)


class TestProperties:
    @settings(deadline=None, database=None, max_examples=150)
    @given(data=st.data(), own=MANIFESTS, other=MANIFESTS, now=MANIFESTS)
    def test_faithful_exactly_when_equal(
        self, data: st.DataObject, own: Manifest, other: Manifest, now: Manifest
    ) -> None:
        restored = data.draw(st.one_of(MANIFESTS, st.just(dict(own)), st.just(dict(other)), st.just(nested(own, now))))
        finding = classify("a", restored, {"a": own, "b": other}, now, "swarm-bk")
        assert (finding.kind is CopyKind.FAITHFUL) == (restored == own)
        assert finding.detail

    @settings(deadline=None, database=None, max_examples=100)
    @given(own=MANIFESTS.filter(bool), data=st.data())
    def test_one_change_of_one_file_is_noticed(self, own: dict[str, File], data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(own)))
        attributes = {"size": own[path].size + 1, "sha256": "c", "mode": "777"}
        attribute = data.draw(st.sampled_from(sorted(attributes)))
        restored = {**own, path: replace(own[path], **{attribute: attributes[attribute]})}
        finding = classify("a", restored, {"a": own}, own, "swarm-bk")
        assert finding.kind is not CopyKind.FAITHFUL
        assert path in finding.detail


def test_the_error_has_a_line_per_machine() -> None:
    findings = (
        CopyFinding("manager1", CopyKind.FAITHFUL, said("fine")),
        CopyFinding("manager2", CopyKind.STALE, said("old")),
    )
    error = UnfaithfulRestore(findings)
    assert error.findings == findings
    assert str(error) == "manager1: faithful: fine\nmanager2: stale directory: old"
    assert isinstance(error, AssertionError)
