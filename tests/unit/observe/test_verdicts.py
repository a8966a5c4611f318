"""What a drill changed, and the verdict that follows: held, refuted, or unknown where the lab broke."""

import json
from collections.abc import Iterator

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.base import trace
from swarmdrill.base.errors import ClaimRefuted, ConditionNotMet, LabBroken
from swarmdrill.base.events import Event, Observation, Outcome, StepFinished, StepStatus, VerdictGiven
from swarmdrill.base.messages import said
from swarmdrill.observe.state import VXLAN, ClusterState, changes, difference, state_of
from swarmdrill.observe.verdicts import expect, expecting, refused, require

WEB = {
    "ID": "s1",
    "Spec": {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}},
        "Mode": {"Replicated": {"Replicas": 2}},
        "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]},
        "Labels": {"tier": "front"},
    },
}
BEFORE = ClusterState("c1", {"service/web": "s1", "secret/pw": "p1", "node/manager1": "n1 labels []"})


def after(*, cluster_id: str = "c1", **objects: str | None) -> ClusterState:
    """`BEFORE` with other objects; None takes one away. `web=` stands for service/web."""
    names = {"web": "service/web", "pw": "secret/pw", "manager1": "node/manager1", "new": "config/new"}
    given = {names[key]: value for key, value in objects.items()}
    return ClusterState(cluster_id, {k: v for k, v in {**BEFORE.objects, **given}.items() if v is not None})


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Event]]:
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    seen: list[Event] = []
    trace.TRACE.subscribe(seen.append)
    return seen


def verdicts(events: list[Event]) -> list[tuple[tuple[str, ...], str, str, Outcome]]:
    return [(e.claims, e.expected, e.observed, e.outcome) for e in events if isinstance(e, VerdictGiven)]


class TestDifference:
    @pytest.mark.parametrize(
        ("state", "lines"),
        [
            pytest.param(after(), (), id="the same"),
            pytest.param(after(cluster_id="c2"), ("cluster id was c1, is c2",), id="another cluster"),
            pytest.param(after(web=None), ("lost service/web (s1)",), id="lost"),
            pytest.param(after(new="k1"), ("new config/new (k1)",), id="new"),
            pytest.param(after(pw="p2"), ("changed secret/pw: was p1, is p2",), id="made anew under its name"),
            pytest.param(
                after(manager1="n1 labels [a=b]"),
                ("changed node/manager1: was n1 labels [], is n1 labels [a=b]",),
                id="label",
            ),
            pytest.param(
                after(cluster_id="c2", web=None, new="k1"),
                ("cluster id was c1, is c2", "new config/new (k1)", "lost service/web (s1)"),
                id="several",
            ),
        ],
    )
    def test_a_line_for_each_change(self, state: ClusterState, lines: tuple[str, ...]) -> None:
        assert difference(BEFORE, state) == lines
        assert (difference(BEFORE, state) == ()) == (state == BEFORE), "no line, no difference, and the other way round"

    def test_the_other_direction(self) -> None:
        assert difference(after(web=None), BEFORE) == ("new service/web (s1)",)

    def test_on_one_line(self) -> None:
        assert changes(BEFORE, after(web=None, pw="p2")) == "changed secret/pw: was p1, is p2; lost service/web (s1)"
        assert changes(BEFORE, after()) == "3 objects, the same ids and content"

    def test_a_state_describes_itself_in_order(self) -> None:
        assert BEFORE.describe().splitlines() == [
            "cluster c1",
            "node/manager1 n1 labels []",
            "secret/pw p1",
            "service/web s1",
        ]


class TestExpect:
    def test_held(self, events: list[Event]) -> None:
        expect(("D1", "D2"), said("it is back"), holds=True, observed=said("all of it"))
        assert verdicts(events) == [(("D1", "D2"), "it is back", "all of it", Outcome.HELD)]

    def test_refuted(self, events: list[Event]) -> None:
        with pytest.raises(ClaimRefuted) as refuted:
            expect(("D1", "D2"), said("it is back"), holds=False, observed=said("lost service/web"))
        assert str(refuted.value) == "D1, D2 refuted. Expected: it is back. Observed: lost service/web"
        assert verdicts(events) == [(("D1", "D2"), "it is back", "lost service/web", Outcome.REFUTED)]


class TestExpecting:
    def test_held(self, events: list[Event]) -> None:
        with expecting(("D5",), said("the stack serves")):
            assert verdicts(events) == [], "the verdict is given at the end"
        assert verdicts(events) == [(("D5",), "the stack serves", "the stack serves", Outcome.HELD)]

    def test_refuted_by_a_condition_that_is_not_met(self, events: list[Event]) -> None:
        cause = ConditionNotMet(said("timed out: task runs after 90 s"))
        with pytest.raises(ClaimRefuted) as refuted, expecting(("D5",), said("the stack serves")):
            raise cause
        assert str(refuted.value) == "D5 refuted. Expected: the stack serves. timed out: task runs after 90 s"
        assert refuted.value.__cause__ is cause
        assert verdicts(events) == [(("D5",), "the stack serves", str(cause), Outcome.REFUTED)]

    def test_without_claims_it_says_what_was_expected(self, events: list[Event]) -> None:
        with pytest.raises(ClaimRefuted) as refuted, expecting((), said("the stack serves")):
            raise ConditionNotMet(said("timed out"))
        assert str(refuted.value) == "Expected: the stack serves. timed out"

    @pytest.mark.parametrize("problem", [LabBroken(said("manager1 is gone\nmore")), OSError("manager1 is gone")])
    def test_unknown_when_the_lab_breaks(self, events: list[Event], problem: Exception) -> None:
        with pytest.raises(type(problem)) as raised, expecting(("D5",), said("the stack serves")):
            raise problem
        assert raised.value is problem
        assert verdicts(events) == [(("D5",), "the stack serves", "manager1 is gone", Outcome.UNKNOWN)]

    def test_a_claim_refuted_inside_is_said_once(self, events: list[Event]) -> None:
        with pytest.raises(ClaimRefuted, match="D1 refuted"), expecting(("D5",), said("the stack serves")):
            expect(("D1",), said("x"), holds=False, observed=said("y"))
        assert [(claims, outcome) for claims, _, _, outcome in verdicts(events)] == [(("D1",), Outcome.REFUTED)]

    @pytest.mark.parametrize("end", [KeyboardInterrupt, pytest.skip.Exception])
    def test_an_end_from_outside_is_no_verdict(self, events: list[Event], end: type[BaseException]) -> None:
        with pytest.raises(end), expecting(("D5",), said("the stack serves")):
            raise end
        assert verdicts(events) == []


class TestRequire:
    def test_it_holds_and_is_kept(self, events: list[Event]) -> None:
        require(said("the page is shown"), holds=True, observed=said("Hello"))
        assert [(e.title, e.text) for e in events if isinstance(e, Observation)] == [("the page is shown", "Hello")]

    def test_it_does_not_hold(self, events: list[Event]) -> None:
        with pytest.raises(ConditionNotMet, match=r"^expected: the page is shown; observed: 404$"):
            require(said("the page is shown"), holds=False, observed=said("404"))
        assert len(events) == 1
        assert verdicts(events) == [], "no claim is concerned"

    def test_within_expecting_it_refutes(self, events: list[Event]) -> None:
        with pytest.raises(ClaimRefuted), expecting(("D5",), said("the stack serves")):
            require(said("the page is shown"), holds=False, observed=said("404"))
        assert verdicts(events)[0][3] is Outcome.REFUTED


class TestStateOf:
    """What a manager holds; an object that goes away between the list and the look at it is no broken lab."""

    gone = "Error response from daemon: network k0 not found"

    @pytest.fixture
    def manager(self, pretended_engine: PretendedEngine) -> PretendedEngine:
        pretended_engine.knows("node ls", "n1\n")
        node = {"ID": "n1", "Description": {"Hostname": "manager1"}, "Spec": {"Labels": {"zone": "b", "rack": "a"}}}
        pretended_engine.knows("node inspect", json.dumps([node]))
        pretended_engine.knows("service ls", "s1\n")
        pretended_engine.knows("service inspect", json.dumps([WEB]))
        pretended_engine.lists("secret ls", {"ID": "p1", "Name": "pw"})
        pretended_engine.knows("network ls", "k0\n")
        network = {
            "Id": "k0",
            "Name": "ingress",
            "IPAM": {"Config": [{"Subnet": "10.0.0.0/24"}]},
            "Options": {VXLAN: "4096"},
        }
        pretended_engine.knows("network inspect", json.dumps([network]))
        pretended_engine.knows("info", json.dumps({"Cluster": {"ID": "c1"}}))
        return pretended_engine

    def test_every_object_has_its_identity_and_content(self, manager: PretendedEngine) -> None:
        assert state_of(manager) == ClusterState(
            "c1",
            {
                "node/manager1": "n1 labels [rack=a,zone=b]",
                "service/web": 's1 image nginx mode {"Replicated":{"Replicas":2}} ports [8080:80] labels [tier=front]',
                "secret/pw": "p1",
                "network/ingress": "k0 subnet 10.0.0.0/24 vxlan 4096",
            },
        )

    def test_a_service_without_ports_or_labels(self, manager: PretendedEngine) -> None:
        spec = {"Name": "db", "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}}, "Mode": {"Global": {}}}
        manager.knows("service inspect", json.dumps([{"ID": "s2", "Spec": spec}]))
        assert state_of(manager).objects["service/db"] == 's2 image nginx mode {"Global":{}} ports [] labels []'

    def test_two_nodes_of_one_name_are_both_there(self, manager: PretendedEngine) -> None:
        nodes = [{"ID": each, "Description": {"Hostname": "m"}, "Spec": {}} for each in ("n1", "n2")]
        manager.knows("node inspect", json.dumps(nodes))
        assert state_of(manager).objects["node/m"] == "n1 labels []; n2 labels []"

    def test_objects_without_labels_or_addresses(self, manager: PretendedEngine) -> None:
        manager.knows("node inspect", '[{"ID": "n1", "Description": {"Hostname": "m"}, "Spec": {}}]')
        manager.knows("network inspect", '[{"Id": "k0", "Name": "n", "IPAM": {"Config": null}, "Options": null}]')
        manager.knows("info", '{"Cluster": null}')
        found = state_of(manager)
        assert found.cluster_id == ""
        assert (found.objects["node/m"], found.objects["network/n"]) == ("n1 labels []", "k0 subnet  vxlan none")

    def test_what_vanished_meanwhile_is_read_again(self, manager: PretendedEngine) -> None:
        manager.fails(self.gone, times=2)
        assert state_of(manager).cluster_id == "c1"

    def test_it_does_not_go_on_for_ever(self, manager: PretendedEngine) -> None:
        manager.fails(self.gone)
        with pytest.raises(ConditionNotMet, match="an object went away meanwhile: network k0 not found"):
            state_of(manager)

    def test_any_other_refusal_is_an_answer(self, manager: PretendedEngine) -> None:
        manager.fails("Error response from daemon: The swarm does not have a leader", times=1)
        with pytest.raises(ClaimRefuted, match="does not have a leader"), expecting((), said("it is there")):
            state_of(manager)

    def test_an_engine_that_does_not_answer_is_the_labs(self, manager: PretendedEngine) -> None:
        manager.fails("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", times=1)
        with pytest.raises(LabBroken, match="Cannot connect"), expecting((), said("it is there")):
            state_of(manager)


class TestRefused:
    def test_the_error_is_there_afterwards_and_the_step_was_refused(self, events: list[Event]) -> None:
        with refused(LabBroken) as refusal, trace.step("step 8"):
            raise LabBroken(said("no space left"))
        assert str(refusal) == "no space left"
        assert isinstance(refusal.error, LabBroken)
        assert [event.status for event in events if isinstance(event, StepFinished)] == [StepStatus.REFUSED]

    def test_a_block_that_ends_well_was_not_refused(self) -> None:
        with pytest.raises(ConditionNotMet, match="no LabBroken"), refused(LabBroken):
            pass

    def test_another_error_goes_on_as_it_is(self, events: list[Event]) -> None:
        with pytest.raises(OSError, match="gone"), refused(LabBroken), trace.step("step 8"):
            raise OSError(2, "gone")
        assert [event.status for event in events if isinstance(event, StepFinished)] == [StepStatus.BROKEN]
