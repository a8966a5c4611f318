"""What Allure wants to know of the whole session: the environment, who ran it, and the kinds of bad news.

Written when the session ends, and by the controller only: every pytest-xdist worker has an end of its own. The kinds of
bad news are there from the beginning, since they say whose the directory is (`report.last_run`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmdrill.base.errors import ClaimHeld, ClaimRefuted, ConditionNotMet, LabBroken, UnfaithfulCopy
from swarmdrill.base.settings import Settings, variables


@dataclass(frozen=True)
class Category:
    """A kind of bad news: results of `status` ("failed" or "broken") that ended with one of `errors`.

    Without `errors` it takes what no other category of the same status takes.
    """

    name: str
    status: str
    errors: tuple[type[BaseException], ...] = ()


CATEGORIES = (
    # A plain assertion in a scenario is a failed claim too (swarmdrill.base.trace.status_of).
    Category("Claim refuted", "failed", (ClaimRefuted, AssertionError)),
    Category("Claim held unexpectedly", "failed", (ClaimHeld,)),
    Category("Outcome unknown", "failed", (ConditionNotMet,)),
    Category("Copy not faithful", "failed", (UnfaithfulCopy,)),
    # MachineErrors is a LabBroken.
    Category("Lab broken", "broken", (LabBroken,)),
    # pytest.fail, a time-out, an expected failure that passed: without this, Allure says "Product errors".
    Category("Other failure", "failed"),
    Category("Harness error", "broken"),
)


def categories(table: tuple[Category, ...] = CATEGORIES) -> list[dict[str, Any]]:
    """The categories as Allure 2 reads them from `categories.json` and Allure 3 from its configuration.

    Allure 3 ignores `categories.json` but takes the same keys in `categories` of its configuration
    (@allurereport/core-api 3.18, categories.js); there the first match wins. Allure 2 puts a result into
    every category that matches, and wants the whole message to match. Hence expressions that are
    anchored, exclude each other, and mean the same in Java and in JavaScript. The message begins with the
    qualified name of the exception (pytest's `ExceptionInfo.exconly`).
    """
    rows = []
    for category in table:
        if category.errors:
            expression = f"^(?:{_any_of(category.errors)})(?::|\\s|$)[\\s\\S]*"
        else:
            taken = [error for other in table if other.status == category.status for error in other.errors]
            expression = f"^(?!(?:{_any_of(taken)})(?::|\\s|$))[\\s\\S]*"
        rows.append({"name": category.name, "matchedStatuses": [category.status], "messageRegex": expression})
    return rows


def _any_of(errors: tuple[type[BaseException], ...] | list[type[BaseException]]) -> str:
    return "|".join(re.escape(name) for error in errors for name in sorted(set(_names(error))))


def _names(error: type[BaseException]) -> Iterator[str]:
    """The name of a class as a traceback prints it, and those of the project's classes derived from it."""
    yield error.__qualname__ if error.__module__ == "builtins" else f"{error.__module__}.{error.__qualname__}"
    if error is not AssertionError:
        for derived in error.__subclasses__():
            yield from _names(derived)


def executor(environ: Mapping[str, str]) -> dict[str, Any]:
    """Who ran the session, from the variables that GitHub Actions and GitLab CI set; else "local".

    The names are those of `executor.json` in Allure's documentation.
    """
    if environ.get("GITHUB_ACTIONS"):
        run = environ.get("GITHUB_RUN_NUMBER", "")
        server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        url = f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}" if server else ""
        found = ("GitHub Actions", "github", environ.get("GITHUB_WORKFLOW", ""), run, url)
    elif environ.get("GITLAB_CI"):
        run = environ.get("CI_PIPELINE_IID", "")
        found = ("GitLab CI", "gitlab", environ.get("CI_JOB_NAME", ""), run, environ.get("CI_JOB_URL", ""))
    else:
        found = ("local", "local", "", "", "")
    name, kind, build, run, url = found
    about: dict[str, Any] = {"name": name, "type": kind}
    if build or run:
        about["buildName"] = f"{build} #{run}".strip() if run else build
    if run.isdigit():
        about["buildOrder"] = int(run)
    if url:
        about["buildUrl"] = url
    return about


def write_session(results: Path, environment: Mapping[str, str], environ: Mapping[str, str] | None = None) -> None:
    """Write `environment.properties`, `executor.json` and `categories.json` into the results directory.

    `environment` maps names to values as the report shows them (engine, provider, managers); `environ` is
    where the CI's variables are looked up, the process's own by default.
    """
    results.mkdir(parents=True, exist_ok=True)
    lines = [f"{_escaped(name, key=True)}={_escaped(value)}" for name, value in environment.items()]
    (results / "environment.properties").write_text("".join(f"{line}\n" for line in lines), encoding="latin-1")
    _write_json(results / "executor.json", executor(variables() if environ is None else environ))
    _write_json(results / "categories.json", categories())


def mark(results: Path) -> None:
    """Make the directory and write `categories.json` into it, before there is any result."""
    results.mkdir(parents=True, exist_ok=True)
    _write_json(results / "categories.json", categories())


def _escaped(text: str, *, key: bool = False) -> str:
    """`text` in the format of java.util.Properties: Latin-1 there, other characters as UTF-16 escapes."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    # Readers end a key at a separator or blank, and skip blanks before a value.
    text = re.sub(r"[ \t=:#!]" if key else r"^[ \t]", r"\\\g<0>", text)
    units = text.encode("utf-16-be", errors="surrogatepass")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x7F else f"\\u{code:04x}" for code in codes)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def results_dir(settings: Settings) -> Path:
    """Where Allure's result files are."""
    return settings.reports_dir / "allure-results"
