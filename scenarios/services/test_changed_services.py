"""Services, secrets and configs changed after the backup, or were made after it and run while docker is restored."""

from functools import partial

from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.trace import phase
from swarmdrill.members import quorum
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload import services
from swarmdrill.workload.objects import create_config, create_secret, remove
from swarmdrill.workload.options import Exchange, Mounted
from swarmdrill.workload.tasks import read_files

OLD, NEW = "as at the backup", "rotated since"
READ = ("/run/secrets/password", "/settings")


@scenario(
    id="services-changed-after-the-backup",
    title=said("Rotated, scaled, updated, rolled back after the backup"),
    claims=("D1",),
    restarts=2,
)
def test_services_changed_after_the_backup(cluster: Cluster, procedure: Procedure) -> None:
    """A secret and a config are replaced, a service is scaled and updated, another is rolled back: all comes undone."""
    client, first = cluster.client, cluster.managers[0]
    with phase("services with a secret and a config, and one that was updated already"):
        for number, text in (("1", OLD), ("2", NEW)):
            create_secret(client, f"password-{number}", text)
            create_config(client, f"settings-{number}", text)
        services.create(first, "keeper", secrets=[password("1")], configs=[settings("1")])
        services.create(first, "growing", replicas=2, environment={"VERSION": "1"})
        services.create(first, "updated", environment={"VERSION": "1"})
        services.update(first, "updated", environment={"VERSION": "2"})
        wait_running(cluster, growing=2)
    before, specifications = state_of(client), services.specifications(first)
    content = read_files(cluster, "keeper", *READ)

    backup = procedure.backup(cluster)

    with phase("rotate secret and config, scale and update one service, roll the other one back"):
        rotated = services.rotate(
            first,
            "keeper",
            secret=Exchange("password-1", password("2")),
            config=Exchange("settings-1", settings("2")),
        )
        grown = services.update(first, "growing", replicas=4, environment={"VERSION": "2"})
        rolled_back = services.roll_back(first, "updated")
        wait_running(cluster, growing=4)
        remove(client, "secret", "password-1")
        remove(client, "config", "settings-1")
    changed = services.specifications(first)
    require(
        said("all three services changed"),
        holds=all(changed[name] != specifications[name] for name in specifications) and len(changed) == 3,
        observed=in_turn(reply.describe() for reply in (rotated, grown, rolled_back)),
    )

    procedure.restore(cluster, backup)

    with expecting(("D1",), said("the services run as many tasks as at the backup")) as seen:
        seen.append(wait_running(cluster, growing=2))
    after = services.specifications(first)
    expect(
        ("D1",),
        said("every service is specified as at the backup, and so is what a rollback would go back to"),
        holds=after == specifications,
        observed=in_turn(
            (said("{service} differs", service=name) for name in after if after[name] != specifications.get(name)),
            none=said("{number} services, the same", number=len(after)),
        ),
    )
    now = state_of(client)
    expect(("D1",), said("secrets and configs have their ids"), holds=now == before, observed=changes(before, now))
    read = read_files(cluster, "keeper", *READ)
    expect(
        ("D1",),
        said("the service reads the secret and the config of the backup's time"),
        holds=read == content == OLD * 2,
        observed=said("it reads {read!r}", read=read),
    )


@scenario(
    id="tasks-running-during-the-restore",
    title=said("Tasks that run during the restore"),
    claims=("R6", "R7"),
    shape=Shape(managers=3, workers=1),
    severity="critical",
    restarts=2,
)
def test_tasks_running_during_the_restore(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """A service that the restored state does not know runs everywhere, also on a worker, whose engine is not stopped.

    The managers' containers end with their engines. The worker's goes on, until a restored manager tells the worker
    which tasks it has: this one is not among them.
    """
    worker, first = cluster.workers[0], cluster.managers[0]
    with phase("a service on every machine, which the backup will have"):
        services.run_everywhere(cluster, first, "early")
    kept = quorum.still_running(worker, "early")
    backup = procedure.backup(cluster)
    services.wait_everywhere(cluster, first, "early")
    with phase("a service on every machine, which the backup does not have"):
        services.run_everywhere(cluster, first, "late")
    late = quorum.still_running(worker, "late")

    procedure.put_back(cluster, backup)
    require(
        said("{worker} runs both services while the managers are down", worker=worker),
        holds=quorum.still_running(worker, "late") == late != (),
        observed=said("{number} containers", number=len(services.containers(worker))),
    )
    with phase("start all managers"):
        procedure.steps.start(cluster)
        cluster.wait_ready()

    with expecting(("R7",), said("no container runs on any machine but for the tasks of the restored state")) as seen:
        services.wait_everywhere(cluster, first, "early")
        seen.append(services.wait_none_unwanted(cluster, first))
    running = quorum.still_running(worker, "early")
    expect(
        ("R6",),
        said("{worker}'s task runs in the container of before the backup", worker=worker),
        holds=running == kept != (),
        observed=said(
            "container {container:,}, was {before:,}",
            container=services.short_ids(running) or said("none"),
            before=services.short_ids(kept),
        ),
    )


def password(number: str) -> Mounted:
    """One of the two secrets, which tasks see under the same name always."""
    return Mounted(f"password-{number}", "password")


def settings(number: str) -> Mounted:
    """One of the two configs, which tasks see under the same name always."""
    return Mounted(f"settings-{number}", "/settings")


def _runs(count: int, found: services.Placement) -> bool:
    return sum(found.values()) == count


def wait_running(cluster: Cluster, *, growing: int) -> Message:
    """Wait until each service runs as many tasks as it should, and no task of before runs any more."""
    first = cluster.managers[0]
    answer = [
        services.wait_placed(
            cluster,
            first,
            name,
            said("{count} run", count=count),
            partial(_runs, count),
        )
        for name, count in (("keeper", 1), ("growing", growing), ("updated", 1))
    ]
    return in_turn([*answer, services.wait_none_unwanted(cluster, first)])
