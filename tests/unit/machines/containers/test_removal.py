"""What `clean` takes from an engine: by both labels of a lab, and of images by names that only this product gives.

The engine is pretended: its client answers as the filters that it is given say, and writes down what is removed.
"""

import json
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import only_shims
from swarmdrill.machines.build.releases import releases
from swarmdrill.machines.containers import built_images, image
from swarmdrill.machines.containers.provider import Containers

NODE = "swarmdrill/node:26.1.5-3eabc6e2d967"
FRESH = "swarmdrill/fresh:bookworm-b4ffd5c46962"
IMPORT = [built_images.IMPORTED]


class PretendedEngine:
    """Images with labels and history, and containers, networks and volumes with labels; all in files."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._images, self._removed = directory / "images", directory / "removed"
        self._things = directory / "things"
        for path in (self._images, self._things):
            path.mkdir()
        self._removed.touch()
        # `--filter label=KEY` and `--filter label=KEY=VALUE` of what is listed: a line of labels for each thing.
        shim = only_shims(directory / "bin", monkeypatch)
        shim(
            "docker",
            f"""shift 2
verb=$1; shift
case $verb in network|volume|image) verb="$verb $1"; shift ;; esac
listed() {{
    where=$1; shift
    for file in "$where"/*; do
        [ -f "$file" ] || continue
        labels=" $(cat "$file") "; fits=yes
        for word in "$@"; do
            case $word in label=*=*) case $labels in *" ${{word#label=}} "*) ;; *) fits= ;; esac ;;
            label=*) case $labels in *" ${{word#label=}}="*) ;; *) fits= ;; esac ;; esac
        done
        [ -z "$fits" ] || cat "$file.row"
    done
}}
case $verb in
images) listed {self._images} "$@" ;;
ps) listed {self._things}/container "$@" ;;
"network ls") listed {self._things}/network "$@" ;;
"volume ls") listed {self._things}/volume "$@" ;;
"image inspect") for last; do :; done; cat {self._images}/"$last".kind ;;
history) for last; do :; done; cat {self._images}/"$last".history ;;
rmi)
    case "$*" in *used*) echo "conflict: container 1 is using it" >&2; exit 1 ;; esac
    echo "rmi $*" >> {self._removed} ;;
rm|"network rm"|"volume rm") echo "$verb $*" >> {self._removed} ;;
*) echo "unexpected: $verb" >&2; exit 1 ;;
esac
""".replace("$file.row", "${file%/*}/.rows/${file##*/}")
            .replace('"$last".kind', '.rows/"$last".kind')
            .replace('"$last".history', '.rows/"$last".history'),
        )

    def add_image(self, name: str, identifier: str, label: str = "", comments: list[str] | None = None) -> None:
        self._add(self._images, identifier, f"{image.LABEL}={label}" if label else "", f"{name} {identifier}")
        rows = self._images / ".rows"
        (rows / f"{identifier}.kind").write_text(f"{label}\n")
        (rows / f"{identifier}.history").write_text("".join(f"{json.dumps(each)}\n" for each in comments or [""]))

    def add(self, kind: str, name: str, lab: str, directory: str) -> None:
        self._add(self._things / kind, name, f"swarmdrill.lab={lab} swarmdrill.directory={directory}", name)

    def _add(self, where: Path, name: str, labels: str, row: str) -> None:
        (where / ".rows").mkdir(parents=True, exist_ok=True)
        (where / name).write_text(labels)
        (where / ".rows" / name).write_text(f"{row}\n")

    def removed(self) -> list[str]:
        return self._removed.read_text().splitlines()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    return PretendedEngine(tmp_path, monkeypatch)


class TestImages:
    def test_those_with_a_name_of_this_product_go_by_that_name(self, engine: PretendedEngine) -> None:
        """By name: one that somebody gave a name of his own keeps that one. Never by force."""
        engine.add_image(NODE, "sha256:1", "node", IMPORT)
        engine.add_image(FRESH, "sha256:2", "fresh", IMPORT)
        assert Containers(host()).remove_built() == []
        assert engine.removed() == [f"rmi {NODE}", f"rmi {FRESH}"]

    def test_every_release_has_such_a_name(self) -> None:
        assert all(built_images.NAME.fullmatch(image.tag(release)) for release in releases().values())

    @pytest.mark.parametrize(
        "name", ["mine:latest", "swarmdrill/node:mine", "registry/swarmdrill/node:26.1.5-3eabc6e2d967"]
    )
    def test_one_that_a_user_built_from_one_of_them_stays_and_is_named(
        self, engine: PretendedEngine, name: str
    ) -> None:
        """It inherits the label."""
        engine.add_image(NODE, "sha256:1", "node", IMPORT)
        engine.add_image(name, "sha256:2", "node", ["", *IMPORT])
        (line,) = Containers(host()).remove_built()
        assert line.startswith(f"left alone: image {name}: it has the label swarmdrill.image")
        assert engine.removed() == [f"rmi {NODE}"]

    def test_of_those_without_a_name_only_what_was_imported_goes(self, engine: PretendedEngine) -> None:
        engine.add_image("<none>:<none>", "sha256:1", "node", IMPORT)
        engine.add_image("<none>:<none>", "sha256:2", "node", ["buildkit.dockerfile.v0", *IMPORT])
        engine.add_image("<none>:<none>", "sha256:3", "mine", IMPORT)
        left = Containers(host()).remove_built()
        assert [line.split()[3] for line in left] == ["sha256:2:", "sha256:3:"]
        assert engine.removed() == ["rmi sha256:1"]

    def test_nothing_else_of_the_host_is_looked_at(self, engine: PretendedEngine) -> None:
        engine.add_image("debian:12", "sha256:1")
        engine.add_image(NODE.replace("26", "27"), "sha256:2")  # without the label
        engine.add_image("<none>:<none>", "sha256:3")
        assert Containers(host()).remove_built() == []
        assert engine.removed() == []

    def test_one_that_a_container_uses_stays_and_the_others_go(self, engine: PretendedEngine) -> None:
        engine.add_image("<none>:<none>", "sha256:1-used", "node", IMPORT)
        engine.add_image(NODE, "sha256:2", "node", IMPORT)
        assert Containers(host()).remove_built() == [
            "left alone: image sha256:1-used: conflict: container 1 is using it"
        ]
        assert engine.removed() == [f"rmi {NODE}"]


class TestLab:
    @pytest.fixture
    def things(self, engine: PretendedEngine) -> PretendedEngine:
        """Of the lab, of the same lab in another directory, and of another lab in the same one."""
        for kind in ("container", "network", "volume"):
            engine.add(kind, "ours", "run-1", "/labs/run-1")
            engine.add(kind, "planted", "run-1", "/home/me")
            engine.add(kind, "theirs", "run-2", "/labs/run-1")
        return engine

    def test_what_names_another_directory_stays(self, things: PretendedEngine) -> None:
        Containers(host()).remove_lab("run-1", "/labs/run-1")
        assert things.removed() == ["rm --force --volumes ours", "network rm ours", "volume rm --force ours"]

    def test_it_goes_too_where_somebody_asked_for_the_lab_whatever_it_names(self, things: PretendedEngine) -> None:
        Containers(host()).remove_lab("run-1", None)
        assert things.removed() == [
            "rm --force --volumes ours planted",
            "network rm ours planted",
            "volume rm --force ours planted",
        ]
