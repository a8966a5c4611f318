"""What set-up makes itself, the Python environment and the report's generator: made once, and anew when stale."""

from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup import environment, generator


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs."""
    return only_shims(tmp_path / "bin", monkeypatch)


class TestEnvironment:
    """`.venv` is current, or it is made anew."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = tmp_path / "checkout"
        (root / ".venv" / "bin").mkdir(parents=True)
        (root / ".venv" / "lib" / "python3.11").mkdir(parents=True)
        python = root / ".venv" / "bin" / "python"
        python.write_text("#!/bin/sh\necho Python 3.11.7\n")
        python.chmod(0o755)
        (root / "requirements.lock").write_text("a==1\n")
        (root / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.ruff]\nline-length = 110\n')
        (root / ".venv" / environment.STAMP).write_text(environment.fingerprint(root))
        return root

    def test_it_is_current(self, root: Path) -> None:
        assert environment.examine(root) == ToolFinding("Python 3.11.7")

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("requirements.lock", "a==2\n"),
            ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["a"]\n'),
            (f".venv/{environment.STAMP}", "half"),
        ],
    )
    def test_it_is_stale(self, root: Path, path: str, text: str) -> None:
        (root / path).write_text(text)
        assert not environment.examine(root).ok

    def test_a_linters_setting_does_not_make_it_stale(self, root: Path) -> None:
        (root / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.ruff]\nline-length = 99\n')
        assert environment.examine(root).ok

    def test_it_was_moved(self, root: Path) -> None:
        moved = root.rename(root.with_name("elsewhere"))
        assert not environment.examine(moved).ok

    def test_its_python_is_gone_or_another(self, root: Path) -> None:
        python = root / ".venv" / "bin" / "python"
        python.write_text("#!/bin/sh\necho Python 3.13.0\n")
        assert "no longer there" in environment.examine(root).problem
        python.unlink()
        python.symlink_to(root / "nonexistent" / "python3.11")
        assert "no longer there" in environment.examine(root).problem

    def test_it_was_not_finished(self, root: Path) -> None:
        (root / ".venv" / environment.STAMP).unlink()
        assert environment.examine(root).problem == ".venv was not finished"


def test_the_generator_is_installed_from_its_lock_once(shim: Shim, tmp_path: Path) -> None:
    target, log = tmp_path / "allure", tmp_path / "npm.log"
    shim(
        "npm",
        f'echo "$@" > {log}; d=$3/node_modules/.bin; mkdir -p $d\n'
        'echo "#!/bin/sh\necho 3.18.0" > $d/allure; chmod +x $d/allure',
    )
    assert not generator.examine(target=target).ok
    generator.install(target=target)
    assert log.read_text().split()[:3] == ["ci", "--prefix", str(target)]
    assert "--ignore-scripts" in log.read_text()
    assert (target / "package-lock.json").read_bytes() == (generator.SOURCE / "package-lock.json").read_bytes()
    assert generator.examine(target=target) == ToolFinding("3.18.0")
    (target / generator.STAMP).write_text("3.17.0 of another lock")
    assert "older than its lock" in generator.examine(target=target).problem
