"""Templates: what is put into them stays text, a name that nobody gave is an error, and only the web is linked to."""

import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from swarmdrill.report import templates


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a folder `page` for templates."""
    (tmp_path / "shown" / "page").mkdir(parents=True)
    (tmp_path / "shown" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shown", raising=False)
    return tmp_path / "shown" / "page"


def render(package: Path, template: str, **given: object) -> str:
    (package / "it.html").write_text(template, encoding="utf-8")
    return templates.environment("shown", "page").get_template("it.html").render(**given)


def test_what_is_put_into_one_is_escaped(package: Path) -> None:
    made = render(package, "<p title=\"{{ text }}\" class='{{ text }}'>{{ text }}</p>", text="\"'<b>&")
    assert made == "<p title=\"&#34;&#39;&lt;b&gt;&amp;\" class='&#34;&#39;&lt;b&gt;&amp;'>&#34;&#39;&lt;b&gt;&amp;</p>"


def test_a_name_that_nobody_gave_is_an_error(package: Path) -> None:
    with pytest.raises(UndefinedError, match="'tilte' is undefined"):
        render(package, "{{ tilte }}", title="x")


@pytest.mark.parametrize(
    ("address", "web"),
    [("https://a", True), ("http://a", True), ("javascript:a()", False), ("data:text/html,a", False), ("", False)],
)
def test_only_addresses_of_the_web_become_links(package: Path, address: str, web: bool) -> None:
    assert render(package, "{{ 'yes' if address is web else 'no' }}", address=address) == ("yes" if web else "no")
