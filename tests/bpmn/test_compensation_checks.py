"""Which compensations are refused at deployment, each with its element and what to draw instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from motcua.bpmn.checks import CheckContext, Finding, Severity, check_model
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Assignment, Definitions, EventKind, LoopKind, Node, NodeKind, OperationUse
from tests.bpmn.conftest import COMPENSATION, Signature, document, read_timer
from tests.small_models import (
    call,
    definition,
    end,
    end_with,
    error_end,
    handler,
    node,
    on,
    on_error,
    on_message,
    parallel,
    person,
    process,
    repeated,
    script,
    service,
    start,
    sub_process,
    terminate,
    transaction,
    undo,
    undone_by,
)

CONTEXT = CheckContext(
    operations={"pay.refund": Signature({}, (), ("STUCK",))},
    roles=frozenset({"officer"}),
    shared_parts={},
    procedure_codes=frozenset({"1.000000"}),
    read_timer=read_timer,
)


def officer(id: str, **facts: object) -> Node:
    return person(id, assignment=Assignment("officer"), **facts)


def refund(id: str) -> Node:
    return replace(service(id), operation=OperationUse("pay.refund"))


def undoable(id: str, back: Node | None = None) -> list[Node]:
    return [officer(id), *undone_by(id, back or officer(f"un_{id}"))]


def throws(id: str = "undo", activity_id: str | None = None, *, waits: bool = True) -> Node:
    return node(id, NodeKind.INTERMEDIATE_THROW_EVENT, event=undo(activity_id, waits=waits))


def straight(*nodes: Node, extra: Iterable[Node] = (), flows: Iterable[str] = ()) -> Definitions:
    main = [each.id for each in nodes if each.attached_to is None and not each.is_for_compensation and not each.triggered_by_event]
    return process([start(), *nodes, *extra, end()], " > ".join(["start", *main, "end"]), *flows)


def found(model: Definitions, context: CheckContext = CONTEXT) -> list[Finding]:
    """What the rule says, and that nothing else is wrong with the model than what it says."""
    one = replace(model.processes[0], procedure_code=model.processes[0].procedure_code or "1.000000")
    findings = check_model(replace(model, processes=(one,), drawn=frozenset()), context)
    return [finding for finding in findings if finding.rule == "compensation"]


def told(model: Definitions, context: CheckContext = CONTEXT) -> list[tuple[str | None, Severity]]:
    return [(finding.element_id, finding.severity) for finding in found(model, context)]


REFUSED = Severity.ERROR
WARNED = Severity.WARNING


def part(*nodes: Node, flow: str, id: str = "part") -> Node:
    return sub_process(id, [start(f"{id}_s"), *nodes, end(f"{id}_e")], f"{id}_s > {flow} > {id}_e")


def care(*nodes: Node, flow: str, event: EventKind | None = None, name: str | None = None, id: str = "care") -> Node:
    what = undo() if event is None else definition(event, name)
    return handler(id, what, [*nodes, end("ce")], f"{id}_start > {flow} > ce")


def test_a_sound_compensation_has_no_finding_in_any_position() -> None:
    assert found(straight(*undoable("a"), throws())) == []
    assert found(straight(*undoable("a"), throws("undo", "a", waits=False))) == []
    assert found(straight(part(*undoable("a"), flow="a"), throws())) == []
    assert found(straight(part(*undoable("a"), care(throws("undo_in"), flow="undo_in"), flow="a"), throws("undo", "part"))) == []
    assert found(straight(*undoable("a", part(officer("x"), flow="x", id="back")), throws())) == []
    deal = transaction("deal", [start("s"), *undoable("a"), end_with("no", EventKind.CANCEL)], "s > a > no")
    assert found(straight(deal, on("out", "deal", EventKind.CANCEL), flows=["out > end"])) == []


def test_a_boundary_event_needs_one_activity_for_compensation_beside_it() -> None:
    event, back = undone_by("a", officer("back"))
    assert told(straight(officer("a"), replace(event, associated=()), throws()))[0] == ("on_a", REFUSED)
    assert ("on_a", REFUSED) in told(straight(officer("a"), event, officer("back"), throws()))
    second = replace(officer("other"), is_for_compensation=True)
    assert ("on_a", REFUSED) in told(straight(officer("a"), replace(event, associated=("back", "other")), back, second, throws()))
    elsewhere = part(officer("x"), back, flow="x")
    assert ("on_a", REFUSED) in told(straight(officer("a"), event, elsewhere, throws()))


def test_no_flow_and_no_boundary_event_joins_what_undoes() -> None:
    event, back = undone_by("a", officer("back"))
    flowing = process([start(), officer("a"), event, back, throws(), end()], "start > a > undo > end", "on_a > back > end")
    assert {("on_a", REFUSED), ("back", REFUSED)} <= set(told(flowing))
    watched = straight(officer("a"), event, back, throws(), on_message("asked", "back"), flows=["asked > end"])
    assert ("back", REFUSED) in told(watched)


def test_what_undoes_must_undo_something_and_is_not_undone_itself() -> None:
    alone = replace(officer("back"), is_for_compensation=True)
    assert ("back", REFUSED) in told(straight(*undoable("a"), alone, throws()))
    event, back = undone_by("a", officer("back"))
    assert ("on_back", REFUSED) in told(straight(officer("a"), event, back, *undone_by("back", officer("again")), throws()))


def test_one_thing_undoes_one_activity() -> None:
    event, back = undone_by("a", officer("back"))
    assert ("twice", REFUSED) in told(straight(officer("a"), event, back, replace(event, id="twice"), throws()))
    doubled = part(*undoable("a"), care(officer("c"), flow="c"), flow="a")
    assert ("on_part", REFUSED) in told(straight(doubled, *undone_by("part", officer("back")), throws()))
    two = part(officer("a"), care(officer("c"), flow="c"), replace(care(officer("d"), flow="d", id="other")), flow="a")
    assert ("other", REFUSED) in told(straight(two, throws()))


def test_an_event_sub_process_undoes_the_sub_process_that_holds_it() -> None:
    at_the_top = straight(*undoable("a"), throws(), extra=[care(officer("c"), flow="c")])
    assert told(at_the_top) == [("care", REFUSED)]
    inner = care(officer("c"), flow="c", id="inner")
    in_another = part(*undoable("a"), care(officer("x"), inner, flow="x", event=EventKind.MESSAGE, name="m"), flow="a")
    assert ("inner", REFUSED) in told(straight(in_another, throws()))


def test_a_legal_act_is_not_undone() -> None:
    acting = officer("x", act="stop")
    assert told(straight(*undoable("a", acting), throws())) == [("x", REFUSED)]
    assert told(straight(*undoable("a", part(acting, flow="x", id="back")), throws())) == [("x", REFUSED)]
    assert told(straight(part(officer("a"), care(acting, flow="x"), flow="a"), throws())) == [("x", REFUSED)]


def test_a_catching_event_says_no_more_than_where_it_stands() -> None:
    event, back = undone_by("a", officer("back"))
    for what in (undo("b"), undo(waits=False)):
        assert told(straight(officer("a"), replace(event, event=what), back, officer("b"), throws())) == [("on_a", REFUSED)]
    assert told(straight(officer("a"), replace(event, event=undo("a")), back, officer("b"), throws())) == []


@pytest.mark.parametrize("activity_id", ["b", "x", "in_part", "un_a", "gone"])
def test_an_event_names_an_activity_that_it_sees_and_that_can_be_undone(activity_id: str) -> None:
    model = straight(*undoable("a"), officer("b"), part(*undoable("in_part"), flow="in_part"), throws("undo", activity_id))
    assert told(model) == [("undo", REFUSED)]


def test_an_event_in_a_sub_process_does_not_see_what_is_outside_and_one_in_an_event_sub_process_sees_what_is_around() -> None:
    inside = part(throws("undo_in", "a"), flow="undo_in")
    assert told(straight(*undoable("a"), inside, throws())) == [("undo_in", REFUSED)]
    blind = part(throws("undo_in"), flow="undo_in")
    assert told(straight(*undoable("a"), blind, throws())) == [("undo_in", REFUSED)]
    beside = care(throws("undo_in", "a"), flow="undo_in", event=EventKind.MESSAGE, name="m")
    assert told(straight(*undoable("a"), extra=[beside])) == []
    nothing = care(throws("undo_in"), flow="undo_in", event=EventKind.MESSAGE, name="m")
    assert told(straight(officer("a"), extra=[nothing])) == [("undo_in", REFUSED)]


def test_nothing_else_undoes_in_a_transaction_that_can_be_cancelled() -> None:
    nodes = [start("s"), parallel("p"), *undoable("a"), throws("undo_in"), end("e"), end_with("no", EventKind.CANCEL)]
    deal = transaction("deal", nodes, "s > p > a > undo_in > e", "p > no")
    assert told(straight(deal, on("out", "deal", EventKind.CANCEL), flows=["out > end"])) == [("undo_in", REFUSED)]


def shared(*nodes: Node, flow: str) -> CheckContext:
    model = process([start("cs"), *nodes, end("cend")], f"cs > {flow} > cend", id="called")
    return replace(CONTEXT, shared_parts={"called": model})


def test_compensation_does_not_go_into_a_shared_part() -> None:
    context = shared(*undoable("deep"), throws("undo_deep"), flow="deep > undo_deep")
    go = call("go", "called")
    assert told(straight(*undoable("a"), go, throws()), context) == [("go", REFUSED)]
    assert told(straight(*undoable("a"), part(go, flow="go"), throws()), context) == [("go", REFUSED)]
    assert told(straight(go, *undone_by("go", officer("back")), throws()), context) == []
    assert told(straight(part(*undoable("a"), throws("undo_in"), flow="a > undo_in"), go), context) == [], "it is not undone there"
    covered = part(go, *undoable("b"), flow="go > b")
    assert told(straight(covered, *undone_by("part", officer("back")), throws()), context) == [], "the part is undone as a whole"
    assert told(straight(*undoable("a"), go, throws()), shared(officer("deep"), flow="deep")) == [], "it holds nothing to undo"


def test_a_transaction_that_can_be_cancelled_does_not_cancel_a_shared_part_with_something_to_undo() -> None:
    context = shared(*undoable("deep"), throws("undo_deep"), flow="deep > undo_deep")
    nodes = [start("s"), call("go", "called"), *undone_by("go", officer("back")), end_with("no", EventKind.CANCEL)]
    model = straight(transaction("deal", nodes, "s > go > no"), on("out", "deal", EventKind.CANCEL), flows=["out > end"])
    assert told(model, context) == [("go", REFUSED)]


def failing(*inside: Node, flow: str, kind: NodeKind = NodeKind.SUB_PROCESS) -> Definitions:
    """A part that an error can leave, and what mends it."""
    nodes = [start("s"), *inside, error_end("fail", "BROKEN")]
    return straight(
        replace(sub_process("part", nodes, f"s > {flow} > fail"), kind=kind), on_error("failed", "part", "BROKEN"), throws(),
        *undoable("z"), flows=["failed > end"],
    )  # fmt: skip


def test_where_an_error_leaves_a_sub_process_it_must_be_drawn_what_is_undone() -> None:
    assert ("part", REFUSED) in told(failing(*undoable("a"), flow="a"))
    assert told(failing(officer("a"), flow="a")) == [], "there is nothing to undo"
    thrown_on = handler("care", definition(EventKind.ERROR, "BROKEN"), [throws("undo_in"), error_end("on", "BROKEN")],
                        "care_start > undo_in > on")  # fmt: skip
    assert ("part", REFUSED) not in told(failing(*undoable("a"), thrown_on, flow="a"))
    assert ("part", REFUSED) not in told(failing(*undoable("a"), flow="a", kind=NodeKind.TRANSACTION)), "a hazard undoes nothing"


def test_what_undoes_fails_where_the_compensation_was_thrown() -> None:
    def leaves(model: Definitions) -> bool:
        return ("part", REFUSED) in told(model)

    quiet = part(*undoable("a", refund("back")), flow="a")
    loud = part(*undoable("a", refund("back")), throws("undo_in"), flow="a > undo_in")
    assert not leaves(straight(quiet, throws()))
    assert leaves(straight(loud, on_error("failed", "part", "STUCK"), throws(), flows=["failed > end"]))
    one = straight(quiet, throws())
    findings = check_model(replace(one, processes=(replace(one.processes[0], procedure_code="1.000000"),)), CONTEXT)
    assert "uncaught-error" not in {finding.rule for finding in findings if finding.element_id == "part"}


def test_a_shared_part_that_an_error_can_leave_says_what_is_undone() -> None:
    model = process([start(), *undoable("a"), throws(), error_end("fail", "BROKEN")], "start > a > undo > fail")
    findings = [finding for finding in check_model(model, CONTEXT) if finding.rule == "compensation"]
    assert [(finding.element_id, finding.severity) for finding in findings] == [("main", REFUSED)]


def test_what_follows_an_event_beside_an_activity_is_not_to_be_undone_before_it() -> None:
    asked = on_message("asked", "a", interrupting=False)
    model = straight(*undoable("a"), asked, throws(), extra=[*undoable("b"), end("e2")], flows=["asked > b > e2"])
    assert told(model) == [("asked", REFUSED)]
    plain = straight(*undoable("a"), asked, throws(), extra=[officer("b"), end("e2")], flows=["asked > b > e2"])
    assert told(plain) == []


def test_an_event_that_interrupts_undoes_nothing_and_the_analyst_is_told() -> None:
    model = straight(part(*undoable("a"), flow="a"), on_message("stop", "part"), throws(), flows=["stop > end"])
    assert told(model) == [("stop", WARNED)]


def test_a_terminated_sub_process_cannot_be_undone_and_the_analyst_is_told() -> None:
    killed = sub_process("part", [start("s"), *undoable("a"), terminate("kill")], "s > a > kill")
    assert told(straight(killed, throws())) == [("kill", WARNED)]
    at_the_top = process([start(), *undoable("a"), throws(), terminate("kill")], "start > a > undo > kill")
    assert told(at_the_top) == []


def test_a_handler_that_nothing_asks_for_is_doubtful() -> None:
    assert told(straight(*undoable("a"))) == [("a", WARNED)]


def test_the_counter_of_a_repetition_has_a_value_in_what_undoes_its_instances() -> None:
    def model(activity: Node) -> Definitions:
        return straight(activity, *undone_by("a", script("back", "last = loop_counter")), throws())

    def wrong(model: Definitions) -> set[str | None]:
        one = replace(model, processes=(replace(model.processes[0], procedure_code="1.000000"),))
        return {finding.element_id for finding in check_model(one, CONTEXT) if finding.rule == "repetition"}

    assert wrong(model(repeated(officer("a"), LoopKind.PARALLEL, cardinality="2"))) == set()
    assert wrong(model(officer("a"))) == {"back"}


READ = """
  <bpmn:startEvent id="s"/>
  <bpmn:userTask id="pay"/>
  <bpmn:boundaryEvent id="on_pay" attachedToRef="pay"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>
  <bpmn:userTask id="refund" isForCompensation="true"/>
  <bpmn:intermediateThrowEvent id="undo"><bpmn:compensateEventDefinition activityRef="pay" waitForCompletion="false"/>
  </bpmn:intermediateThrowEvent>
  <bpmn:textAnnotation id="note"/>
  <bpmn:association id="one" sourceRef="on_pay" targetRef="refund"/>
  <bpmn:association id="two" sourceRef="on_pay" targetRef="note"/>"""


@pytest.mark.parametrize(
    "text", [READ, READ.replace('sourceRef="on_pay" targetRef="refund"', 'targetRef="on_pay" sourceRef="refund"')]
)
def test_an_association_is_read_from_either_end_and_annotations_are_not_handlers(text: str) -> None:
    read = document(text)
    nodes = {each.id: each for each in read.processes[0].nodes}
    assert read.oddities == ()
    assert nodes["on_pay"].associated == ("refund",)
    assert nodes["refund"].is_for_compensation
    assert nodes["undo"].event is not None
    assert (nodes["undo"].event.ref, nodes["undo"].event.waits) == ("pay", False)
    assert nodes["pay"].associated == ()


def test_an_association_may_stand_in_the_collaboration_too() -> None:
    line = '<bpmn:association id="one" sourceRef="on_pay" targetRef="refund"/>'
    around = f'<bpmn:collaboration id="c"><bpmn:participant id="p" processRef="part"/>{line}</bpmn:collaboration>'
    (event,) = [each for each in document(READ.replace(line, ""), around=around).processes[0].nodes if each.id == "on_pay"]
    assert event.associated == ("refund",)


def test_everything_that_compensation_is_drawn_with_has_no_finding_in_one_model() -> None:
    assert check_model(read_document(COMPENSATION.read_bytes(), COMPENSATION.name), CONTEXT) == ()
