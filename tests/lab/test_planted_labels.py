"""Labels that name what is no lab: whoever looks, and whoever cleans, leaves the directory and what carries the label.

With this host's engine and its clients, as somebody would plant them.
"""

import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from product.checkout import LABS, PROVIDER
from product.running import Product
from product.second_engine import second_engine
from swarmdrill.host.host import this_host
from swarmdrill.machines.containers.image import LABEL
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.lab import Lab

pytestmark = [
    pytest.mark.usefixtures("whole_checkout"),
    pytest.mark.skipif(PROVIDER != "docker", reason="what is planted are labels of Docker"),
]
KINDS = ("volume", "network", "container")


@dataclass
class Planted:
    """What carries labels on this host's engine, and what they name."""

    name: str
    lab: str
    made: list[tuple[str, str]] = field(default_factory=list)

    def plant(self, kind: str, directory: str) -> None:
        labels = [f"--label=swarmdrill.lab={self.lab}", f"--label=swarmdrill.directory={directory}"]
        if kind == "container":
            docker("create", "--name", self.name, *labels, an_image(), "true")
        else:
            docker(kind, "create", *labels, self.name)
        self.made.append((kind, self.name))

    def there(self) -> list[str]:
        """The kinds of things that are still there."""
        return [kind for kind, name in self.made if name in docker(*LISTED[kind]).split()]


LISTED = {
    "volume": ("volume", "ls", "--format", "{{.Name}}"),
    "network": ("network", "ls", "--format", "{{.Name}}"),
    "container": ("ps", "--all", "--format", "{{.Names}}"),
}


def docker(*arguments: str) -> str:
    return subprocess.check_output(["docker", *arguments], text=True)


def an_image() -> str:
    """Any image of a node: nothing in it is started."""
    return docker("images", "--quiet", "--filter", "label=swarmdrill.image=node").split()[0]


@pytest.fixture
def planted() -> Iterator[Planted]:
    made = Planted(f"planted-{os.getpid()}", f"xyz-{os.getpid()}")
    yield made
    for kind, name in made.made:
        subprocess.run(["docker", *(["rm"] if kind == "container" else [kind, "rm"]), name], check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").touch()
    return tmp_path / "data"


@pytest.fixture
def kept(tmp_path: Path) -> Lab:
    """A lab of another checkout that is kept there, and that has nothing but its directory."""
    lab = Lab(tmp_path / "checkout" / ".swarmdrill" / "labs" / "default")
    with lab.lock():
        lab.keep()
        lab.plan_file.write_text(json.dumps({"id": lab.id}))
    return lab


def own_state(product: Product) -> dict[str, str]:
    """For the environment: a state directory that has no lab."""
    return {"SWARMDRILL_STATE_DIR": str(product.tmp_path / "state")}


def left_alone(product: Product, planted: Planted, because: str, *there: Path) -> None:
    """After a command that looks, and after one that cleans, all of it is there, and one line says why.

    Not with `--everybody`, here or below: that would be the labs of whoever runs these tests. With a state directory
    of its own, since the labs of other tests, which may be in any state, decide about the exit status too.
    """
    for arguments in (("status",), ("clean", "--labs")):
        done = product.swarmdrill(*arguments, **own_state(product))
        assert done.returncode == 0, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if planted.name in line]
        assert line.startswith("left alone: ")
        assert because in line
        assert f"swarmdrill clean --lab={planted.lab} removes them, and no directory" in line
        assert planted.there() == [kind for kind, _ in planted.made]
        assert [path.exists() for path in there] == [True] * len(there)


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_of_the_user_s(product: Product, planted: Planted, data: Path, kind: str) -> None:
    planted.plant(kind, str(data))
    left_alone(product, planted, f"{data.parent} is no directory of labs", data / "thesis.txt")
    assert not data.with_name("data.lock").exists()
    assert product.swarmdrill("clean", f"--lab={planted.lab}", **own_state(product)).returncode == 0
    assert planted.there() == []
    assert (data / "thesis.txt").exists(), "no directory goes, whoever asks"


def through_dots(data: Path, kept: Lab) -> tuple[str, str]:
    return f"{kept.directory.parent}/../../../data", "no absolute path in its plain form"


def through_a_link(data: Path, kept: Lab) -> tuple[str, str]:
    link = data.parent / "link"
    link.symlink_to(kept.directory.parent)
    return str(link / "default"), f"{link}: is a link"


def a_link_to_a_lab(data: Path, kept: Lab) -> tuple[str, str]:
    link = kept.directory.with_name("linked")
    link.symlink_to(kept.directory)
    return str(link), "the lab there is"


def another_lab(data: Path, kept: Lab) -> tuple[str, str]:
    return str(kept.directory), f"the lab there is '{kept.id}'"


def no_directory(data: Path, kept: Lab) -> tuple[str, str]:
    return str(data / "gone" / "labs" / "default"), f"{data / 'gone'} does not exist here"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spelled", [through_dots, through_a_link, a_link_to_a_lab, another_lab, no_directory])
def test_a_path_that_is_not_what_it_says(
    product: Product,
    planted: Planted,
    data: Path,
    kept: Lab,
    kind: str,
    spelled: Callable[[Path, Lab], tuple[str, str]],
) -> None:
    directory, because = spelled(data, kept)
    planted.plant(kind, directory)
    left_alone(product, planted, because, data / "thesis.txt", kept.plan_file)


def test_a_lab_of_another_user(product: Product, planted: Planted, kept: Lab) -> None:
    os.chown(kept.directory, 65534, 65534)
    planted.lab = kept.id
    planted.plant("volume", str(kept.directory))
    left_alone(product, planted, f"{kept.directory} belongs to nobody", kept.plan_file)


def test_a_lab_with_the_plan_of_another(product: Product, planted: Planted, kept: Lab) -> None:
    kept.plan_file.write_text('{"id": "run-1-c0ffee42"}')
    planted.lab = kept.id
    planted.plant("network", str(kept.directory))
    left_alone(product, planted, "is the plan of 'run-1-c0ffee42'", kept.plan_file)


def test_a_lab_s_own_label_on_something_that_names_another_directory(
    product: Product, planted: Planted, data: Path
) -> None:
    """The lab goes, with its own things; what speaks of another directory stays, with that directory."""
    dead = Lab(LABS / f"dead-{os.getpid()}")
    with dead.lock():
        dead.directory.mkdir()
    dead.lock_file.touch()  # as a process leaves it that was killed before there was a plan
    own = Planted(f"own-{os.getpid()}", dead.id)
    own.plant("volume", str(dead.directory))
    planted.lab = dead.id
    planted.plant("volume", str(data))
    done = product.swarmdrill("status")
    assert own.there() == [], done.stderr
    assert not dead.directory.exists()
    assert planted.there() == ["volume"]
    assert (data / "thesis.txt").exists()


def test_a_lab_that_another_checkout_keeps_or_uses_stays(product: Product, planted: Planted, kept: Lab) -> None:
    planted.lab = kept.id
    planted.plant("volume", str(kept.directory))
    done = product.swarmdrill("clean", "--labs")
    assert f"left alone: {kept.directory} is kept: `swarmdrill clean --everybody` removes it too" in done.stderr
    with kept.lock():
        done = product.swarmdrill("clean", "--labs")
        assert f"left alone: {kept.directory} is in use" in done.stderr
    assert planted.there() == ["volume"]
    assert kept.plan_file.exists()


def test_a_dead_lab_of_another_checkout_goes(product: Product, planted: Planted, kept: Lab) -> None:
    (kept.directory / "keep").unlink()
    planted.lab = kept.id
    planted.plant("volume", str(kept.directory))
    product.swarmdrill("status")
    assert planted.there() == []
    assert not kept.directory.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="an engine of its own needs root")
def test_an_image_that_inherits_the_label_stays_and_one_in_use_too(tmp_path: Path) -> None:
    """On an engine of its own: what `clean` does here, it does to every node image of the engine."""
    unused, used = (f"swarmdrill/node:26.1.5-{12 * digit}" for digit in "ab")
    tarfile.open(tmp_path / "empty.tar", "w").close()
    with second_engine(tmp_path / "engine") as engine:
        host = this_host(engine.address)
        for name in (unused, used):
            host.docker("import", f"--change=LABEL {LABEL}=node", str(tmp_path / "empty.tar"), name)
        host.docker("create", "--name", "made-from-it", unused, "true")
        host.docker("commit", "made-from-it", "mine:1")
        nameless = host.docker("commit", "made-from-it")
        host.docker("rm", "made-from-it")
        host.docker("create", "--name", "uses-it", used, "true")
        left = {
            line.removeprefix("left alone: image ").split(": ")[0]: line for line in Containers(host).remove_built()
        }
        rows = host.docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
    assert left.keys() == {"mine:1", nameless, used}
    assert "is using" in left[used]
    names = dict(row.split()[::-1] for row in rows)
    assert sorted(names.values()) == ["<none>:<none>", "mine:1", used]
    assert names[nameless] == "<none>:<none>"
