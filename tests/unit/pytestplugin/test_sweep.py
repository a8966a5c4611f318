"""What a session wrote is redacted once more at its end, by whoever it was written."""

from pathlib import Path

from swarmdrill.pytestplugin.reporting import sweep

TOKEN = f"SWMTKN-1-{'3f' * 25}-{'9k2' * 8}z"


def test_all_that_this_session_wrote_and_nothing_of_another(tmp_path: Path) -> None:
    results, junit = tmp_path / "allure-results", tmp_path / "elsewhere.xml"
    results.mkdir()
    ours = [results / "a-result.json", tmp_path / "events-gw1.jsonl", tmp_path / "transcript.txt", junit]
    for path in (*ours, tmp_path / "another.xml"):
        path.write_text(TOKEN)
    sweep(results, tmp_path, str(junit))
    assert [path.read_text() for path in ours] == ["SWMTKN-[redacted]"] * 4
    assert (tmp_path / "another.xml").read_text() == TOKEN


def test_files_that_are_not_there_are_no_error(tmp_path: Path) -> None:
    sweep(tmp_path / "none", tmp_path, str(tmp_path / "none.xml"))
    sweep(tmp_path / "none", tmp_path, None)
    assert list(tmp_path.iterdir()) == []
