"""The report as one HTML file: Allure's generator, with this project's grouping and categories."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from swarmdrill.base import places, programs
from swarmdrill.base.errors import Told
from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.settings import how_to
from swarmdrill.report.allure.session import categories

# Below the state directory, where set-up installs it.
GENERATOR = Path("allure", "node_modules", ".bin", "allure")
TIMEOUT = 120.0

# The generator puts Google Analytics into every report (@allurereport/plugin-awesome 3.18, generators.js,
# `analyticsEnable: true`). A report of a drill is opened on closed networks, and is nobody else's business.
_ANALYTICS = re.compile(
    r"<script async src=\"https://www\.googletagmanager\.com/[^>]*></script>\s*<script>.*?</script>",
    re.DOTALL,
)


class ReportError(Told):
    """The HTML report could not be made; the results are there all the same, and the message says where."""


def generate(
    results: Path, out: Path, history: Path | None, *, generator: Path | None = None, timeout: float = TIMEOUT
) -> Path:
    """Make the report from allure-pytest's `results`; return the HTML file, `index.html` in directory `out`.

    `history` is a file the generator reads earlier runs from and adds this one to; None: no trends.
    `timeout` is in seconds. Raises ReportError when Node or the generator is missing, there is nothing
    to report, or the generator fails.
    """
    generator = generator or places.state() / GENERATOR
    if shutil.which("node") is None:
        raise ReportError(
            said(
                "Node is missing: install Node.js 20.19 or later for the HTML report; the results are in {results}",
                results=results,
            )
        )
    if not generator.exists():
        raise ReportError(
            said(
                "the Allure generator is missing at {generator}: run `{setup}`; the results are in {results}",
                generator=generator,
                setup=how_to("setup"),
                results=results,
            )
        )
    if not any(results.glob("*-result.json")):
        raise ReportError(said("no test left a result in {results}, so there is nothing to report", results=results))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="swarmdrill-report-") as work:
        # Outside of any repository: the generator would write the URL of a git remote into the report.
        page = _run(generator, results.resolve(), Path(work), history, timeout)
        target = out / "index.html"
        target.write_text(_ANALYTICS.sub("", page), encoding="utf-8")
    return target


def configuration(results: Path, history: Path | None) -> dict[str, Any]:
    """Allure 3's configuration: one file, scenarios under their feature, categories of our own.

    The categories are those that the session wrote into `results`, which knew all exceptions of the run.
    """
    table = results / "categories.json"
    settings: dict[str, Any] = {
        "name": "swarmdrill",
        "categories": json.loads(table.read_text(encoding="utf-8")) if table.exists() else categories(),
        # The same in every result, or the machine's name.
        "hideLabels": ["host", "thread", "framework", "language", "package"],
        "plugins": {
            "awesome": {
                "options": {
                    "singleFile": True,
                    "reportLanguage": "en",
                    "groupBy": ["epic", "feature", "story"],
                    "stepTreeExpansion": "expand_failed_only",
                }
            },
        },
    }
    if history is not None:
        settings["historyPath"] = str(history.resolve())
        settings["historyLimit"] = 50
    return settings


def _run(generator: Path, results: Path, work: Path, history: Path | None, timeout: float) -> str:
    """Run the generator in directory `work` and return the HTML."""
    # A copy with a plain name, because the generator takes its argument for a pattern, in which a directory
    # called "run [2]" is not found, and its patterns do not follow links (allure 3.18, fileSystem.js).
    shutil.copytree(results, work / "results")
    (work / "allurerc.json").write_text(json.dumps(configuration(results, history)), encoding="utf-8")
    if history is not None:
        history.parent.mkdir(parents=True, exist_ok=True)
    command = [str(generator), "generate", "results", "--config", "allurerc.json", "--output", "report"]

    def failed(because: Message, details: str = "") -> ReportError:
        return ReportError(
            said(
                "`{command}` failed; the results are in {results}: {because}",
                command=" ".join(command),
                results=results,
                because=because,
            ),
            details,
        )

    try:
        done = programs.run(command, cwd=work, timeout=timeout)
    except OSError as problem:
        raise failed(quoted(str(problem))) from problem
    if done.status is None:
        raise failed(said("it was not done after {seconds:.0f} s", seconds=timeout))
    printed = f"{done.stdout}\n{done.stderr}".strip()
    if not done.ok:
        raise failed(said("exit {status}", status=done.status), printed)
    page = work / "report" / "index.html"
    # An error in a plugin is only printed, and the exit status is 0 (@allurereport/core 3.18, report.js).
    if not page.is_file():
        raise failed(said("it wrote no page"), printed)
    return page.read_text(encoding="utf-8")
