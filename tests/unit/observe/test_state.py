"""States are compared and asked by their objects, not by their text."""

import pytest

from swarmdrill.observe.state import ClusterState, only_lost

STATE = ClusterState(
    "c1",
    {
        "config/load1": "a",
        "config/load2": "b",
        "config/kept": "c",
        "network/mesh": "n1 subnet 10.214.0.0/24 vxlan 4097",
        "network/store": "n2 subnet 10.214.1.0/24 vxlan 4098",
        "node/manager1": "m1 labels [rack=1,zone=north]",
        "node/manager2": "m2 labels []; m3 labels [zone=south]",
    },
)


def without(*names: str, cluster_id: str = "c1", **others: str) -> ClusterState:
    kept = {name: what for name, what in STATE.objects.items() if name not in names}
    return ClusterState(cluster_id, kept | {name.replace("_", "/"): what for name, what in others.items()})


def test_objects_by_the_beginning_of_their_name() -> None:
    assert set(STATE.beginning("config/load")) == {"config/load1", "config/load2"}


@pytest.mark.parametrize(
    ("key", "value", "there"),
    [
        ("zone", "north", True),
        ("zone", "south", True),
        ("rack", "1", True),
        ("zone", "nor", False),
        ("one", "north", False),
    ],
)
def test_labels_are_whole_ones_of_any_node(key: str, value: str, there: bool) -> None:
    assert STATE.has_label(key, value) == there


def test_a_vxlan_id_of_two_networks_is_there_twice() -> None:
    assert STATE.vxlan_ids() == ("4097", "4098")
    twice = ClusterState("c1", {"network/a": "x subnet  vxlan 4097", "network/b": "y subnet  vxlan 4097"})
    assert twice.vxlan_ids() == ("4097", "4097")


@pytest.mark.parametrize(
    ("after", "only"),
    [
        (STATE, True),
        (without("config/load1"), True),
        (without("config/load1", "config/load2"), True),
        (without("config/kept"), False),
        (without("config/load1", config_new="d"), False),
        (without("config/load1", config_kept="d"), False),
        (without("config/load1", cluster_id="c2"), False),
    ],
    ids=["nothing", "one", "all", "another one", "one is new", "one has changed", "another cluster"],
)
def test_only_what_came_later_is_lost(after: ClusterState, only: bool) -> None:
    assert only_lost(STATE, after, "config/load") is only
