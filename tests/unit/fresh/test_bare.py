"""What a fresh machine is made of."""

import platform
import re
from collections.abc import Callable

import pytest

from fresh import bare
from fresh.machine import REPOSITORY
from swarmdrill.base.errors import UsageProblem

System = Callable[..., None]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    """Pretend that this host is the system with these fields in os-release(5)."""

    def pretend(**fields: str) -> None:
        monkeypatch.setattr(platform, "freedesktop_os_release", lambda: fields)

    return pretend


def test_it_has_what_the_readme_asks_for_and_nothing_else() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    asked = re.search(r"apt-get install ([a-z0-9\s-]+)`", text)
    assert asked is not None, "the README does not say what a user has to bring"
    assert tuple(asked[1].split()) == bare.BRINGS


def test_it_is_this_hosts_release(system: System) -> None:
    system(ID="debian", VERSION_CODENAME="trixie")
    assert bare.release() == "trixie"
    assert bare.tag().startswith("swarmdrill/fresh:trixie-")


@pytest.mark.parametrize("fields", [{"ID": "ubuntu", "PRETTY_NAME": "Ubuntu 24.04"}, {"ID": "debian"}])
def test_another_system_is_refused(system: System, fields: dict[str, str]) -> None:
    system(**fields)
    with pytest.raises(UsageProblem, match="is made of this host's Debian release, and this host is "):
        bare.release()


def test_what_it_is_made_from_names_it(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a package more would go unnoticed until somebody removes the image."""
    system(ID="debian", VERSION_CODENAME="trixie")
    before = bare.tag()
    monkeypatch.setattr(bare, "BRINGS", (*bare.BRINGS, "curl"))
    assert bare.tag() != before


def test_nothing_of_this_hosts_apt_is_left_in_it() -> None:
    """The machine's own configuration takes that place; recommended packages are its apt's default."""
    removal = next(option for option in bare._options() if option.startswith("--customize-hook=rm"))
    assert '"$1"/etc/apt/sources.list ' in removal
    assert '"$1"/etc/apt/apt.conf.d/99mmdebstrap ' in removal
