"""The examples for CI: `make lint` validates them, their shell is shell, and their names are this project's."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pretended import ROOT
from swarmdrill.base import places
from swarmdrill.base.settings import OPTIONS
from swarmdrill.machines.build import releases

CI = ROOT / "examples" / "ci"
EXAMPLES = [str(path.relative_to(ROOT)) for path in sorted(CI.rglob("*.yml"))]
JUNIT = "reports/junit/scenarios.xml"
GITLAB_KEYWORDS = {"default", "variables"}
# What a job takes from elsewhere: an action, an image; both can be changed under their names.
TAKEN = re.compile(r"^\s*(?:- )?(?:uses: |image: |image=)(\S+)", re.M)
PINNED = re.compile(r"@(?:sha256:[0-9a-f]{64}|[0-9a-f]{40})$")


def tox(section: str) -> list[list[str]]:
    """The commands of one of tox's environments, without the settings that tox fills in."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    lines = parser[f"testenv:{section}"]["commands"].replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line]


VALIDATIONS = [command for command in tox("lint") if command[0] == "check-jsonschema"]


def complaints(directory: Path) -> str:
    """What the lint environment's validations say of the examples in `directory`; empty when all pass."""
    done = [
        subprocess.run(
            [sys.executable, "-m", "check_jsonschema", *command[1:]], cwd=directory, capture_output=True, text=True
        )
        for command in VALIDATIONS
    ]
    return "".join(each.stdout + each.stderr for each in done if each.returncode != 0)


def read(example: str) -> Any:
    return YAML(typ="safe", pure=True).load(ROOT / example)


# The same for GitLab and for everybody else: in-debian is run with it below.
IMAGE = read("examples/ci/gitlab/.gitlab-ci.yml")["default"]["image"]


def jobs(content: Any) -> dict[str, Any]:
    """The jobs of a GitHub workflow or of a GitLab pipeline, by name."""
    found: dict[str, Any] = content.get("jobs") or {
        name: value for name, value in content.items() if name not in GITLAB_KEYWORDS
    }
    return found


def snippets(content: Any) -> Iterator[str]:
    """Every piece of shell in a workflow or pipeline."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("script", "before_script", "after_script"):
                yield from [value] if isinstance(value, str) else value
            elif key == "run" and isinstance(value, str):
                yield value
            else:
                yield from snippets(value)
    elif isinstance(content, list):
        for value in content:
            yield from snippets(value)


def shell_problem(snippet: str) -> str:
    """What is wrong with it as shell, or with how a value gets into it; empty when nothing is."""
    if "${{" in snippet:
        return "an expression in shell becomes code: hand it over in env"
    return subprocess.run(["bash", "-n"], input=snippet, capture_output=True, text=True).stderr


def versions(content: Any) -> set[str]:
    """Every engine version that an example names."""
    if isinstance(content, dict):
        named = [value for key, value in content.items() if key in ("SWARMDRILL_ENGINE", "engine")]
        flat = {each for value in named for each in (value if isinstance(value, list) else [value])}
        return {each for each in flat if "${{" not in each}.union(*map(versions, content.values()))
    return set().union(*map(versions, content)) if isinstance(content, list) else set()


def test_lint_validates_every_example() -> None:
    assert len(EXAMPLES) >= 4
    validated = {path for command in VALIDATIONS for path in command if path.endswith(".yml")}
    assert {path for path in validated if not path.startswith(".github/")} == set(EXAMPLES)
    assert complaints(ROOT) == ""


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_unknown_key_in_a_job_is_found(example: str, tmp_path: Path) -> None:
    shutil.copytree(CI, tmp_path / "examples" / "ci")
    content = read(example)
    job = next(iter(jobs(content).values()))
    job["colour"] = "red"
    YAML().dump(content, tmp_path / example)
    assert "colour" in complaints(tmp_path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_job_is_hidden_from_the_schema(example: str) -> None:
    """GitLab's schema takes anything in a job whose name begins with a dot."""
    assert [name for name in jobs(read(example)) if name.startswith(".")] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_shell_is_shell(example: str) -> None:
    found = list(snippets(read(example)))
    assert any("swarmdrill drill" in each for each in found)
    assert [problem for each in found if (problem := shell_problem(each))] == []


@pytest.mark.parametrize(
    "planted",
    [{"run": "if true"}, {"script": ["echo 'open"]}, {"run": "swarmdrill drill -k ${{ inputs.which }}"}],
)
def test_what_is_no_shell_is_found(planted: dict[str, Any]) -> None:
    assert [shell_problem(each) != "" for each in snippets({"jobs": [planted]})] == [True]


@pytest.mark.parametrize("file", ["examples/ci/in-debian", ".github/workflows/check.yml", *EXAMPLES])
def test_what_is_taken_from_elsewhere_is_pinned_by_its_digest(file: str) -> None:
    taken = TAKEN.findall((ROOT / file).read_text(encoding="utf-8"))
    assert taken
    assert [each for each in taken if not PINNED.search(each)] == []


@pytest.mark.parametrize(
    "planted",
    ["      - uses: actions/checkout@v4", "  image: debian:trixie", "image=debian@sha256:35b8", "uses: a/b@main"],
)
def test_what_is_pinned_by_a_name_is_found(planted: str) -> None:
    assert [each for each in TAKEN.findall(planted) if not PINNED.search(each)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_engines_are_those_that_machines_can_have(example: str) -> None:
    named = versions(read(example))
    assert named
    assert named <= set(releases.releases())


def test_an_upgrade_is_a_matrix() -> None:
    content = [read(example) for example in EXAMPLES]
    assert sorted(len(versions(each)) for each in content) == [1, 1, 3, 3]


@pytest.mark.parametrize("example", EXAMPLES)
def test_results_and_boxes_are_looked_for_where_they_are(example: str) -> None:
    text = (ROOT / example).read_text(encoding="utf-8")
    assert any(f"--junitxml={JUNIT}" in command for command in tox("scenarios"))
    assert " reports/" in text
    paths = {path.rstrip("/") for path in re.findall(r" (\.swarmdrill/\S+)", text)}
    assert paths == ({str(places.boxes().relative_to(ROOT))} if "PROVIDER: libvirt" in text else set())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_settings_are_this_projects_and_nothing_is_taken_from_a_checkout(example: str) -> None:
    text = (ROOT / example).read_text(encoding="utf-8")
    assert set(re.findall(r"\bSWARMDRILL_[A-Z_]+", text)) <= {option.variable for option in OPTIONS}
    assert "PACKAGE: swarmdrill @ git+https://github.com/OWNER/swarmdrill@COMMIT" in text
    assert "submodule" not in text.lower()
    assert "make " not in text


def test_the_projects_own_workflow_says_what_to_install_and_gets_make() -> None:
    (check,) = [step for step in read(".github/workflows/check.yml")["jobs"]["check"]["steps"] if "run" in step]
    assert check["env"]["PACKAGE"] == ".", "prepare-debian refuses to go on without it"
    assert "install --quiet --yes --no-install-recommends make && .ci/run" in check["run"]


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "github" in each])
def test_reports_are_kept_whatever_happens_on_github(example: str) -> None:
    for job in jobs(read(example)).values():
        drill, keep = job["steps"][-2:]
        assert (keep["uses"].split("@")[0], keep["if"]) == ("actions/upload-artifact", "always()")
        assert drill["timeout-minutes"] < job["timeout-minutes"]


def test_reports_are_kept_whatever_happens_on_gitlab() -> None:
    artifacts = read("examples/ci/gitlab/.gitlab-ci.yml")["default"]["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"]["junit"] == JUNIT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts in a checkout of their own, with programs that only say how they were called."""
    root = tmp_path / "a repository"
    shutil.copytree(CI, root / "ci" / "swarmdrill")
    (tmp_path / "bin").mkdir()
    for name in ("docker", "apt-get", "chown", "python3", "swarmdrill", "pip"):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\necho "{name} $*"\nexit "${{DOCKER_STATUS:-0}}"\n', encoding="utf-8")
        program.chmod(0o755)
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "bin").symlink_to(tmp_path / "bin")
    return root


def call(checkout: Path, script: str, *command: str, **variables: str) -> tuple[int, list[str]]:
    """Exit status and output of one of the scripts; it never sees this machine's control groups."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "OWNER", "SWARMDRILL_"))
    }
    path = f"{checkout.parent / 'bin'}{os.pathsep}{inherited['PATH']}"
    done = subprocess.run(
        [checkout / "ci" / "swarmdrill" / script, *command],
        cwd=checkout.parent,
        env={
            **inherited,
            "PATH": path,
            "CGROUPS": str(checkout.parent / "cgroup"),
            "PACKAGE": "a wheel",
            "PLACE": str(checkout.parent / "place"),
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout.splitlines()


def test_in_debian_runs_the_command_in_a_privileged_container(checkout: Path) -> None:
    status, said = call(checkout, "in-debian", "swarmdrill", "drill", "-n", "auto", SWARMDRILL_ENGINE="28.5.2")
    assert status == 0
    assert said[0].startswith("docker run --rm --init")
    assert f"--privileged --volume /var/lib/docker --volume {checkout}:{checkout} --workdir {checkout}" in said[0]
    assert said[0].endswith(f" {IMAGE} {checkout}/ci/swarmdrill/prepare-debian swarmdrill drill -n auto")
    assert "--env PACKAGE --env SWARMDRILL_ENGINE " in said[0]
    assert "GITHUB_STEP_SUMMARY" not in said[0]
    _, said = call(checkout, "in-debian", "true", GITHUB_STEP_SUMMARY="/some/summary")
    assert "--env GITHUB_STEP_SUMMARY --volume /some/summary:/some/summary" in said[0]


def test_in_debian_fails_as_the_command_does(checkout: Path) -> None:
    assert call(checkout, "in-debian", "swarmdrill", "drill", DOCKER_STATUS="2")[0] == 2


def test_prepare_debian_gets_what_set_up_needs_and_gives_files_back(checkout: Path) -> None:
    status, said = call(checkout, "prepare-debian", "sh", "-c", "pwd; exit 3", OWNER="1000:1000")
    assert status == 3
    assert said[0] == "apt-get update --quiet"
    assert said[1].endswith("--no-install-recommends ca-certificates git python3 python3-venv")
    assert said[2:5] == [
        f"python3 -m venv {checkout.parent / 'place'}",
        "pip install --quiet --disable-pip-version-check a wheel",
        "swarmdrill setup",
    ]
    assert said[5:] == [str(checkout), "chown --recursive --no-dereference 1000:1000 ."]
    assert call(checkout, "prepare-debian", "true")[1][5:] == []


@pytest.mark.parametrize("nested", [True, False])
def test_control_groups_are_handed_down_in_a_container_only(checkout: Path, nested: bool) -> None:
    """A host's root group, which has no cgroup.type, must stay as it is."""
    cgroup = checkout.parent / "cgroup"
    cgroup.mkdir()
    for name, content in (("cgroup.procs", "1\n7\n"), ("cgroup.controllers", "cpu memory pids\n")):
        (cgroup / name).write_text(content, encoding="ascii")
    if nested:
        (cgroup / "cgroup.type").touch()
    assert call(checkout, "prepare-debian", "true")[0] == 0
    assert (cgroup / "init" / "cgroup.procs").exists() is nested
    control = cgroup / "cgroup.subtree_control"
    assert (control.read_text(encoding="ascii") if control.exists() else "") == ("+cpu +memory +pids\n" * nested)
