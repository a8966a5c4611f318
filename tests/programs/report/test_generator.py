"""The real generator of the Allure report, run with the Node of this host."""

import base64
import json
import re
import shutil
from pathlib import Path

import pytest

from swarmdrill.report.allure import page as allure_page
from swarmdrill.report.allure.session import write_session

RESULT = {
    "uuid": "1",
    "historyId": "1",
    "name": "One manager restored",
    "status": "failed",
    "statusDetails": {"message": "swarmdrill.base.errors.ClaimRefuted: the old state won", "trace": ""},
    "labels": [{"name": "feature", "value": "Restore"}, {"name": "host", "value": "name-of-this-machine"}],
    "start": 1_700_000_000_000,
    "stop": 1_700_000_048_000,
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results directory whose name the generator would take for a pattern."""
    results = tmp_path / "results [2]"
    write_session(results, {"engine": "26.1.5"}, {})
    (results / "1-result.json").write_text(json.dumps(RESULT), encoding="utf-8")
    return results


@pytest.mark.skipif(
    not allure_page.GENERATOR.exists() or shutil.which("node") is None, reason="Allure's generator is not installed"
)
def test_the_real_generator_makes_one_file_that_asks_nobody(results: Path, tmp_path: Path) -> None:
    page = allure_page.generate(results, tmp_path / "out", tmp_path / "history.jsonl", generator=allure_page.GENERATOR)
    text = page.read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"https?:[^\"]*", text)
    assert "gtag" not in text.split("<body>")[1].split("base64")[0]
    data = {
        name: base64.b64decode(content).decode("utf-8")
        for name, content in re.findall(r'd\("([^"]+\.json)","([^"]*)"\)', text)
    }
    (category,) = [
        node for node in json.loads(data["widgets/categories.json"])["nodes"].values() if "cat:" in node["id"]
    ]
    assert category["name"] == "Claim refuted"
    assert "Restore" in data["widgets/tree.json"]
    (result,) = [json.loads(content) for name, content in data.items() if name.startswith("data/test-results/")]
    assert "host" not in result["groupedLabels"]
    assert (tmp_path / "history.jsonl").stat().st_size > 0
