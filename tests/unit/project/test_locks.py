"""The lock files pin everything by content, and name no host they were made with."""

import json
import re
import tomllib

from pretended import ROOT
from swarmdrill.setup import generator

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
NPM = generator.SOURCE / "package-lock.json"


def pinned() -> dict[str, str]:
    """Name to version of everything in requirements.lock."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ \\\n]+)", LOCK, re.MULTILINE))


def test_every_requirement_is_pinned_with_a_hash() -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    # A package can stand there twice, for different versions of Python.
    assert {entry.split("==")[0] for entry in entries} == set(pinned())
    assert len(pinned()) > 20
    for entry in entries:
        assert re.search(r"^    --hash=sha256:[0-9a-f]{64}", entry, re.MULTILINE), entry.splitlines()[0]


def test_no_index_no_host_and_no_path_is_in_it() -> None:
    assert not re.findall(r"://|^-|\bfile:|(?<![a-z])/[a-z]", LOCK, re.MULTILINE)


def test_the_header_says_how_to_make_it_anew() -> None:
    assert "make lock" in "\n".join(LOCK.splitlines()[:3])
    assert re.search(r"^lock:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_everything_the_project_asks_for_is_in_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
    ]
    names = {re.split(r"[<>=!~ ;\[]", entry)[0] for entry in asked}
    assert names <= pinned().keys()


def test_the_generators_lock_pins_one_exact_version_by_content() -> None:
    wanted = json.loads((generator.SOURCE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads(NPM.read_text(encoding="utf-8"))["packages"]
    assert wanted.keys() == {"allure"}
    assert re.fullmatch(r"3\.18\.\d+", wanted["allure"])
    assert packages["node_modules/allure"]["version"] == wanted["allure"]
    for path, entry in packages.items():
        assert "resolved" not in entry, f"{path} says where it was downloaded"
        assert path == "" or entry["integrity"].startswith("sha512-"), path
