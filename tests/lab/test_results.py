"""What a drill says: a broken lab is called broken and replaced, and no secret is in anything that is written."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from product.checkout import DRILLS, PROVIDER
from product.leftovers import leftovers
from product.running import Product


def test_a_broken_lab_is_broken_and_replaced(product: Product) -> None:
    """The scenario that broke the lab is reported as broken, not as failed; the next one passes on a new lab."""
    run = product.drill(str(DRILLS / "test_broken_lab.py"))
    assert run.wait() == 1
    text = run.text()
    assert re.search(r"! Kill a machine +[\d.]+ s  broken", text), text
    assert re.search(r"✓ The next scenario", text), text
    assert re.search(r"=+ 1 passed, 2 broken in", text), text
    statuses = {result["name"]: result["status"] for result in _results(run.reports)}
    assert statuses == {"Kill a machine": "broken", "The next scenario": "passed"}
    assert text.count("✓ boot three managers") == 2
    assert leftovers(run.lab) == {}
    assert leftovers(f"{run.lab}-2") == {}


@pytest.mark.skipif(PROVIDER != "docker", reason="virtual machines are not exchanged")
def test_a_lab_with_an_exchanged_machine_is_replaced(product: Product) -> None:
    """The machine keeps its state, and nothing is broken; the next scenario gets another lab, and nothing is left."""
    run = product.drill(str(DRILLS / "test_exchange.py"))
    assert run.wait() == 0, run.text()
    assert run.text().count("✓ boot three managers") == 2
    assert leftovers(run.lab) == {}
    assert leftovers(f"{run.lab}-2") == {}


def test_a_parallel_run_says_what_a_serial_one_says(product: Product) -> None:
    """The same results in the report's data, but for times and for who ran what."""
    serial, parallel = (product.drill(str(DRILLS / "test_quick.py"), *how) for how in ([], ["-n", "2"]))
    assert (serial.wait(), parallel.wait()) == (0, 0), f"{serial.text()}\n{parallel.text()}"
    said = [sorted(map(_essence, _results(run.reports))) for run in (serial, parallel)]
    assert len(said[0]) == 2
    assert said[0] == said[1]
    assert {path.name for path in _described(serial.reports)} == {path.name for path in _described(parallel.reports)}


def test_no_secret_is_written(product: Product, tmp_path: Path) -> None:
    """Join tokens, unlock key and private key were shown, asserted on and printed; no artefact has them."""
    secrets_file = tmp_path / "secrets.json"
    run = product.drill(str(DRILLS / "test_leaking.py"), SECRETS_FILE=str(secrets_file))
    assert run.wait() == 1
    secrets = json.loads(secrets_file.read_text())
    needles = {name: _middle(value) for name, value in secrets.items()}
    assert len(needles) == 4
    artefacts = {str(path): _readable(path) for path in run.reports.rglob("*") if path.is_file()}
    artefacts["terminal"] = run.text()
    assert any("show every secret" in text.lower() for text in artefacts.values())
    leaks = [
        f"{name} in {path}" for path, text in artefacts.items() for name, needle in needles.items() if needle in text
    ]
    assert leaks == []


def test_the_search_for_secrets_finds_one(tmp_path: Path) -> None:
    """Also inside the report, which holds its data in base64."""
    page = tmp_path / "index.html"
    page.write_text(f"<script>d('x','{base64.b64encode(b'before SWMTKN-1-middle-of-it after' * 9).decode()}')</script>")
    assert "middle-of-it" in _readable(page)


def _middle(secret: str) -> str:
    """A part of the secret that stands on one line and in no format's fixed words."""
    line = max(secret.splitlines(), key=len)
    return line[len(line) // 2 :][:16]


def _readable(path: Path) -> str:
    """The file as text, with every long base64 string in it decoded behind it."""
    text = path.read_text(errors="replace")
    decoded = [
        base64.b64decode(match + "=" * (-len(match) % 4)).decode(errors="replace")
        for match in re.findall(r"[A-Za-z0-9+/]{200,}={0,2}", text)
        if path.suffix == ".html"
    ]
    return "\n".join([text, *decoded])


def _essence(result: dict[str, Any]) -> str:
    """What a result says, as text that can be compared; machines act at the same time, in no order."""
    labels = sorted((label["name"], label["value"]) for label in result["labels"] if label["name"] != "thread")
    steps = sorted((step["name"], step["status"]) for step in result.get("steps", []))
    kept = {key: result.get(key) for key in ("name", "fullName", "historyId", "status", "parameters", "description")}
    return json.dumps([kept, labels, steps], sort_keys=True)


def _described(reports: Path) -> list[Path]:
    """The files that describe the run as a whole."""
    return [
        path
        for path in (reports / "allure-results").iterdir()
        if path.suffix in (".json", ".properties") and not path.stem.endswith(("-result", "-container"))
    ]


def _results(reports: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (reports / "allure-results").glob("*-result.json")]
