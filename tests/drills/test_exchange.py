"""A drill that exchanges a machine, and one more that needs a lab."""

from swarmdrill.base.messages import quoted, said
from swarmdrill.base.settings import Settings
from swarmdrill.observe.state import state_of
from swarmdrill.observe.verdicts import expect
from swarmdrill.procedures import upgrade
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import create_config, wait_everywhere


@scenario(id="exchange-a-machine", title="Exchange a machine")
def test_exchange(cluster: Cluster, drill_settings: Settings) -> None:
    """The same engine again: what is in the volume is back, under the same name and address."""
    create_config(cluster.client, "kept", "made before")
    machine = cluster.followers()[0]
    mark, log = machine.engine_log_position(), machine.engine_log(0)
    upgrade.change_engine(cluster, [machine], drill_settings.engine)
    cluster.wait_ready()
    wait_everywhere(cluster, "config/kept")
    names = state_of(machine.engine).objects
    # The engine goes on writing between the two.
    whole, later = machine.engine_log(0), machine.engine_log(mark)
    expect(
        (),
        said("it is the manager that it was, and its engine's log goes on"),
        holds=f"node/{machine.name}" in names and whole.startswith(log) and later.startswith(whole[mark:]),
        observed=quoted(f"{len(log)} and {len(whole)} characters of log; {', '.join(names)}"),
    )


@scenario(id="next-after-an-exchange", title="The next scenario")
def test_next(cluster: Cluster) -> None:
    """It gets an empty swarm."""
    names = state_of(cluster.client).objects
    expect(
        (),
        said("nothing of the scenario before is there"),
        holds="config/kept" not in names,
        observed=quoted(", ".join(names)),
    )
