"""The lab as people use it without pytest: other shapes, a bare `vagrant up`, status, ssh, reuse, down."""

import re
import subprocess

import pytest

from product.checkout import DRILLS, ROOT
from product.leftovers import leftovers
from product.running import Product


@pytest.mark.parametrize(("managers", "workers"), [(1, 1), (5, 0)])
def test_other_shapes(product: Product, managers: int, workers: int) -> None:
    run = product.drill(str(DRILLS / "test_quick.py"), f"--managers={managers}", f"--workers={workers}")
    assert run.wait() == 0, run.text()
    assert leftovers(run.lab) == {}


@pytest.mark.usefixtures("whole_checkout")
def test_bare_vagrant_up_then_reuse(product: Product) -> None:
    """`vagrant up` ends with a formed swarm; status, ssh and a drill with --reuse use it; destroy leaves nothing."""
    vagrant("up")
    nodes = vagrant("ssh", "manager1", "-c", "docker node ls")
    assert len(re.findall(r"Ready +Active +Leader", nodes)) == 1, nodes
    assert len(re.findall(r"Ready +Active +Reachable", nodes)) == 2, nodes

    # The exit status is of all labs of the checkout, and another test may be booting one.
    status = product.swarmdrill("status")
    for name in ("manager1", "manager2", "manager3"):
        assert re.search(rf"{name} says leader manager\d, 3 nodes\n", status.stdout), status.stdout
    assert product.swarmdrill("ssh", "manager2", "--", "hostname").stdout == "manager2\n"

    run = product.drill(str(DRILLS / "test_quick.py"), "--reuse")
    assert run.wait() == 0, run.text()
    assert "boot" not in run.text()
    assert "machines" in leftovers("default")

    vagrant("destroy", "-f")
    assert leftovers("default") == {}


@pytest.mark.usefixtures("whole_checkout")
def test_keep_failed_keeps_the_lab(product: Product, tmp_path) -> None:
    """With --keep=failed the lab of the failed scenario stays, can be entered, and goes with `down`."""
    secrets = tmp_path / "secrets.json"
    run = product.drill(str(DRILLS / "test_leaking.py"), "--keep=failed", SECRETS_FILE=str(secrets))
    assert run.wait() == 1
    assert "machines" in leftovers(run.lab)
    assert f"{run.lab}" in product.swarmdrill("status").stdout
    done = product.swarmdrill("down")
    assert done.returncode == 0, done.stderr
    assert leftovers(run.lab) == {}


def vagrant(*arguments: str) -> str:
    done = subprocess.run(["vagrant", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
