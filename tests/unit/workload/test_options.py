"""What is typed for a service that is made or changed."""

from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.workload import services
from swarmdrill.workload.options import Exchange, Mounted

MADE = "service create --detach --no-resolve-image --name web"
CHANGED = "service update --detach --no-resolve-image"


def typed(engine: PretendedEngine) -> str:
    (line,) = engine.lines
    return line


def test_a_service_with_everything() -> None:
    engine = PretendedEngine("manager1")
    services.create(
        machine("manager1", engine),
        "web",
        replicas=2,
        networks=["mesh"],
        port=8080,
        environment={"VERSION": "1", "GREETING": "good day"},
        secrets=[Mounted("password-1", "password"), Mounted("other")],
        configs=[Mounted("settings-1", "/settings")],
    )
    assert typed(engine) == (
        f"{MADE} --replicas 2 --secret source=password-1,target=password --secret other "
        "--config source=settings-1,target=/settings --network mesh --publish 8080:80 "
        "--env VERSION=1 --env 'GREETING=good day' nginx"
    )


def test_a_service_with_nothing() -> None:
    engine = PretendedEngine("manager1")
    services.create(machine("manager1", engine), "web")
    assert typed(engine) == f"{MADE} nginx"


def test_no_replica_is_not_the_same_as_not_saying_how_many() -> None:
    engine = PretendedEngine("manager1")
    services.create(machine("manager1", engine), "web", replicas=0)
    assert typed(engine) == f"{MADE} --replicas 0 nginx"


def test_a_task_on_every_machine() -> None:
    engine = PretendedEngine("manager1")
    services.create(machine("manager1", engine), "web", everywhere=True, port=8080)
    assert typed(engine) == f"{MADE} --mode global --publish 8080:80 nginx"


def test_an_update() -> None:
    engine = PretendedEngine("manager1")
    services.update(machine("manager1", engine), "web", replicas=4, environment={"VERSION": "2"})
    assert typed(engine) == f"{CHANGED} --replicas 4 --env-add VERSION=2 web"


def test_an_exchange() -> None:
    engine = PretendedEngine("manager1")
    services.rotate(
        machine("manager1", engine),
        "web",
        secret=Exchange("password-1", Mounted("password-2", "password")),
        config=Exchange("settings-1", Mounted("settings-2", "/settings")),
    )
    assert typed(engine) == (
        f"{CHANGED} --secret-rm password-1 --secret-add source=password-2,target=password "
        "--config-rm settings-1 --config-add source=settings-2,target=/settings web"
    )


def test_tasks_are_spread_anew() -> None:
    engine = PretendedEngine("manager1")
    services.spread(machine("manager1", engine), "web")
    assert typed(engine) == f"{CHANGED} --force --update-parallelism 0 web"
