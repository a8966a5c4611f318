"""What is tried on fresh machines, step by step, and what each step has to come to."""

from collections.abc import Mapping
from dataclasses import dataclass

from fresh.machine import ROOT, USER, Account

COUNT = "python3 .ci/count reports/junit"
# After `make clean` nobody has anything of the product but .venv and reports/.
LEFT = "python3 fresh/left_behind.py"


@dataclass(frozen=True)
class Step:
    """`script` is for sh in the clone of `account`; `seconds` bounds it.

    With `refusal`, it is to fail and to say that: set-up ends so where only the user can go on. With `engine`, the
    machine starts its engine afterwards, as its init does where one of Debian's is started for a package.
    """

    account: Account
    title: str
    script: str
    seconds: float = 600
    refusal: str = ""
    engine: bool = False


DRILL = f'rm -rf reports/junit; make drill N=0 ARGS="-k full_flow" && {COUNT}'
# Other paths than the clone's that a user chooses.
ELSEWHERE = "export TMPDIR='/var/tmp/Übung 2' SWARMDRILL_REPORTS_DIR='Übung 3'; mkdir -p \"$TMPDIR\"; "
JOIN = 'sudo usermod -aG docker "$USER" && newgrp docker'

ROOT_SETUP = Step(ROOT, "make setup", "make setup")
CHECKS = "make lint types unit programs"
ROOT_CHECKS = Step(ROOT, CHECKS, f"rm -rf reports/junit; {CHECKS} && {COUNT}", 900)
ROOT_DRILL = Step(ROOT, "make drill", DRILL)
ROOT_CLEAN = Step(ROOT, "make clean leaves nothing", f"make clean && {LEFT}")

# A user whom sudo lets become root is told what set-up does not do by itself, and does what is printed.
USER_SETUP = (
    Step(
        USER,
        "make setup, until it asks for the engine",
        "make setup",
        refusal="start the Docker Engine: sudo service docker start",
        engine=True,
    ),
    Step(USER, "make setup, until it asks for the group", "make setup", refusal=JOIN),
    Step(USER, JOIN, JOIN),
    Step(USER, "make setup", "make setup"),
)
USER_DRILL = Step(USER, "make drill, with TMPDIR and --reports-dir", ELSEWHERE + DRILL)
USER_CLEAN = Step(USER, "make clean leaves nothing", f"make clean && sudo {LEFT} --engine-stays")

# One phase after another; within one, each account goes its way on its machine. The tests of the project have the
# host's processors to themselves; set-up waits for package sources, and a drill for elections.
PHASES: tuple[Mapping[Account, tuple[Step, ...]], ...] = (
    {ROOT: (ROOT_SETUP,), USER: USER_SETUP},
    {ROOT: (ROOT_CHECKS,)},
    {ROOT: (ROOT_DRILL, ROOT_CLEAN), USER: (USER_DRILL, USER_CLEAN)},
)
