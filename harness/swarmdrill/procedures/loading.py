"""Find a procedure by its name: those that come with swarmdrill, and those that other packages add."""

from typing import cast

from swarmdrill.base import plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import PROCEDURES
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Procedure


def names() -> list[str]:
    """The procedures that there are, by name."""
    return sorted(plugins.found(plugins.PROCEDURES))


def named(name: str) -> Procedure:
    """Make the procedure of that name. The document's is there too where swarmdrill is not installed: a bare checkout.

    Raises:
        UsageProblem: there is none, it cannot be imported, or it has no `backup` and `restore`.
    """
    if name == PROCEDURES[0] and name not in plugins.found(plugins.PROCEDURES):
        return DocumentProcedure()
    made = cast(type[Procedure], plugins.load(plugins.PROCEDURES, name))()
    if not all(callable(getattr(made, verb, None)) for verb in ("backup", "restore")):
        raise UsageProblem(
            said(
                "{group}: {name} is no procedure: it needs backup(cluster) and restore(cluster, backup, only=None)",
                group=plugins.PROCEDURES,
                name=name,
            )
        )
    return made
