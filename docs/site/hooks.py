"""What mkdocs does beside its own work: a page of the API for each folder of the package, and links out of `docs/`."""

import ast
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "harness" / "swarmdrill"
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>(?:\.\./)+[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def folders() -> list[Path]:
    """The package's folders, by name."""
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every decision and every page of the API into the navigation."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    nav = config.nav or []
    nav.append({"Decisions": [f"decisions/{name}" for name in ["index.md", *decisions] if name]})
    nav[-1]["Decisions"] = list(dict.fromkeys(nav[-1]["Decisions"]))
    nav.append({"API": [f"api/{folder.name}.md" for folder in folders()]})
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the API, which are made from the docstrings."""
    for folder in folders():
        files.append(File.generated(config, f"api/{folder.name}.md", content=_page(folder)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Show a link to a file outside of `docs/` as its name, since the site has no copy of it.

    Raises PluginError where there is no such file.
    """

    def named(match: re.Match[str]) -> str:
        target = (ROOT / "docs" / page.file.src_uri).parent / match["path"]
        if not target.exists():
            raise PluginError(f"{page.file.src_uri} links to {match['path']}, which is not there")
        if target.resolve().is_relative_to(ROOT / "docs"):
            return match.group()
        return match["text"]

    return _LINK.sub(named, markdown)


def _page(folder: Path) -> str:
    """The page of one folder: what it is for, and each module with all that is public in it."""
    name = folder.relative_to(PACKAGE.parent).as_posix().replace("/", ".")
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = sorted(
        path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
        for path in folder.rglob("*.py")
        if not path.name.startswith("__")
    )
    return f"# {name}\n\n{text}\n\n" + "\n\n".join(f"::: {module}" for module in modules) + "\n"
