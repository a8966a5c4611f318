"""Reading a manifest: the commands that a machine is sent, run here with the programs of this host."""

import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from swarmdrill.backup.manifest import File
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import quoted
from swarmdrill.machines.ssh import Completed
from swarmdrill.swarm.files import read_manifest
from swarmdrill.swarm.shell import CommandFailed

CERTIFICATE = "certificates/swarm-node.crt"


@dataclass
class ThisMachine:
    """Runs commands here, as a machine of the lab would; `after` is done to what they print."""

    replaced: dict[str, str] = field(default_factory=dict)
    name: str = "manager1"

    def run(self, command: str, *, why: str = "") -> Completed:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        if done.returncode:
            raise CommandFailed(quoted(done.stderr))
        output = done.stdout
        for old, new in self.replaced.items():
            assert old in output
            output = output.replace(old, new)
        return Completed(0, output, done.stderr, 0.0)


class TestReadManifest:
    def tree(self, directory: Path, **contents: str) -> Path:
        for name, content in contents.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o640)
        return directory

    @pytest.mark.parametrize(
        "name",
        [
            "plain",
            "deep/er/file",
            "with blank",
            " leading",
            "two  ./spaces",
            "tab\there",
            "\ttab",
            "a'b\"c$d*",
            "-n",
            "ü",
        ],
    )
    def test_any_name_that_a_line_can_hold(self, tmp_path: Path, name: str) -> None:
        self.tree(tmp_path, **{name: "content", "other": ""})
        manifest = read_manifest(ThisMachine(), str(tmp_path))
        assert manifest[name] == File(7, hashlib.sha256(b"content").hexdigest(), "640")
        assert manifest.keys() == {name, "other"}

    @pytest.mark.parametrize("name", ["new\nline", "back\\slash"])
    def test_names_that_sha256sum_escapes_are_refused_not_misread(self, tmp_path: Path, name: str) -> None:
        """A limit: Docker makes no such files."""
        self.tree(tmp_path, **{name: "content"})
        with pytest.raises((LabBroken, ValueError)):
            read_manifest(ThisMachine(), str(tmp_path))

    def test_an_empty_directory(self, tmp_path: Path) -> None:
        assert read_manifest(ThisMachine(), str(tmp_path)) == {}

    def test_no_directory(self, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed):
            read_manifest(ThisMachine(), str(tmp_path / "absent"))

    def test_a_copy_has_the_manifest_of_the_original(self, tmp_path: Path) -> None:
        original = self.tree(tmp_path / "swarm", **{"raft/wal/0.wal": "log", CERTIFICATE: "c"})
        subprocess.run(["cp", "-r", original, tmp_path / "copy"], check=True)
        one, other = (read_manifest(ThisMachine(), str(tmp_path / name)) for name in ("swarm", "copy"))
        assert one == other
        (tmp_path / "copy" / "raft" / "wal" / "0.wal").write_text("Log")
        assert read_manifest(ThisMachine(), str(tmp_path / "copy")) != one

    def test_a_file_that_vanishes_meanwhile(self, tmp_path: Path) -> None:
        digest = hashlib.sha256(b"content").hexdigest()
        self.tree(tmp_path, gone="content", stays="x")
        with pytest.raises(LabBroken, match=r"manager1: .*/gone vanished"):
            read_manifest(ThisMachine({f"{digest}  ./gone\n": ""}), str(tmp_path))

    def test_a_file_that_appears_meanwhile(self, tmp_path: Path) -> None:
        self.tree(tmp_path, new="content", stays="x")
        with pytest.raises(LabBroken, match=r"manager1: .*/new appeared"):
            read_manifest(ThisMachine({"new\t7\t640\n": ""}), str(tmp_path))
