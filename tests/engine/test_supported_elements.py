"""What the manual says that the engine runs is what the checks accept and what compiles: no more, no less."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from motcua.bpmn.checks import CheckContext, check_model, errors
from motcua.bpmn.elements import (
    Argument,
    Assignment,
    DecisionUse,
    Definitions,
    EventDefinition,
    EventKind,
    LoopKind,
    Node,
    NodeKind,
    OperationUse,
    OutputUse,
    Timer,
    TimerClock,
    TimerKind,
)
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.timers import parse_timer
from tests.bpmn.conftest import Signature
from tests.engine.play import Play
from tests.house import ROOT
from tests.small_models import (
    DECISIONS,
    definition,
    end,
    end_with,
    handler,
    node,
    person,
    pools,
    process,
    repeated,
    start,
    sub_process,
    throw,
    transaction,
    undone_by,
)

MANUAL = (ROOT / "docs" / "extension.md").read_text(encoding="utf-8")


CONTEXT = CheckContext(
    operations={"notice.send": Signature({}, ("answer",), ("NAME",))},
    roles=frozenset({"officer"}),
    shared_parts={"part": process([start("ps"), throw("pt", EventKind.ESCALATION, "NAME"), end("pe")], "ps > pt > pe", id="part")},
    procedure_codes=frozenset({"1.000000"}),
    read_timer=lambda text, clock: parse_timer(text, clock.value),
    decisions=DECISIONS,
)
SEND = OperationUse("notice.send")
ROLE = Assignment("officer")


def table() -> dict[tuple[EventKind, str], str]:
    """(event, position) → what the manual's table says."""
    lines = [line for line in MANUAL.splitlines() if line.startswith("| ")]
    head = next(line for line in lines if line.startswith("| event |"))
    positions = [cell.strip() for cell in head.strip("|").split("|")][1:]
    found: dict[tuple[EventKind, str], str] = {}
    for line in lines[lines.index(head) + 1 :]:
        kind, *cells = (cell.strip() for cell in line.strip("| ").split(" | "))
        found |= {(EventKind(kind), position): cell for position, cell in zip(positions, cells, strict=True)}
    return found


SAYS = table()


def event(kind: EventKind) -> EventDefinition:
    if kind is EventKind.CONDITIONAL:
        return definition(kind, "copies > 0")
    if kind in {EventKind.TIMER, EventKind.NONE, EventKind.TERMINATE, EventKind.CANCEL, EventKind.COMPENSATE, EventKind.MULTIPLE}:
        return definition(kind)
    return definition(kind, "NAME")


def officer(id: str) -> Node:
    return person(id, assignment=ROLE)


def model_with(kind: EventKind, position: str, interrupting: bool) -> Definitions:
    """A model that is right in everything but, perhaps, this event in this position."""
    what = event(kind)
    send = {"operation": SEND} if kind is EventKind.MESSAGE else {}
    inside: list[Node] = [start("s"), officer("work"), end("e")]
    flows = ["s > work > e"]
    beside: list[Node] = []
    outside = ["start > before > part > end"]
    if kind is EventKind.CANCEL and position != "end":
        inside, flows = [start("s"), officer("work"), end_with("e", EventKind.CANCEL)], ["s > work > e"]
    elif kind in {EventKind.ERROR, EventKind.ESCALATION} and position in {"boundary", "handler"}:
        inside, flows = [start("s"), officer("work"), end_with("e", kind, "NAME")], ["s > work > e"]
    if position == "catch":
        inside, flows = [*inside, node("it", NodeKind.INTERMEDIATE_CATCH_EVENT, event=what)], ["s > work > it > e"]
    elif position == "throw":
        inside, flows = [*inside, node("it", NodeKind.INTERMEDIATE_THROW_EVENT, event=what, **send)], ["s > work > it > e"]
    elif position == "end":
        inside, flows = [*inside[:2], node("it", NodeKind.END_EVENT, event=what, **send)], ["s > work > it"]
    elif position == "boundary":
        beside = [node("it", NodeKind.BOUNDARY_EVENT, event=what, attached_to="part", cancel_activity=interrupting)]
        outside.append("it > end")
    elif position == "handler":
        inside.append(handler("care", what, [end("ce")], "care_start > ce", interrupting=interrupting))
    if kind is EventKind.LINK and position in {"catch", "throw"}:
        ends = {"catch": (NodeKind.INTERMEDIATE_THROW_EVENT, "s > work > other", "it > e"),
                "throw": (NodeKind.INTERMEDIATE_CATCH_EVENT, "s > work > it", "other > e")}[position]  # fmt: skip
        inside, flows = [*inside, node("other", ends[0], event=what)], [*ends[1:]]
    if kind is EventKind.CANCEL and position == "end":
        beside = [node("out", NodeKind.BOUNDARY_EVENT, event=what, attached_to="part")]
        outside.append("out > end")
    if kind is EventKind.ERROR and position in {"end", "throw"}:
        beside = [node("out", NodeKind.BOUNDARY_EVENT, event=what, attached_to="part")]
        outside.append("out > end")
    if kind is EventKind.COMPENSATE:  # something to undo, and who has it undone
        on_it, back = undone_by("part" if position == "boundary" else "work", officer("back"))
        if position == "boundary":
            beside, outside = [replace(beside[0], associated=("back",)), back], ["start > before > part > have > end"]
        elif position == "handler":
            outside = ["start > before > part > have > end"]
        else:
            inside += [on_it, back]
        beside += [throw("have", kind)] if "have" in outside[0] else []
    if kind is EventKind.SIGNAL:  # its other half
        beside += [throw("send", kind, "NAME"), node("hear", NodeKind.INTERMEDIATE_CATCH_EVENT, event=what)]
        outside = ["start > before > send > hear > part > end", *outside[1:]]
    part = (transaction if kind is EventKind.CANCEL else sub_process)("part", inside, *flows)
    before = node("before", NodeKind.SCRIPT_TASK, script="copies = 1", script_format="motcua")
    return procedure([start(), before, part, *beside, end()], *outside)


def procedure(nodes: list[Node], *flows: str) -> Definitions:
    model = process(nodes, *flows)
    return replace(model, processes=(replace(model.processes[0], procedure_code="1.000000"),), drawn=frozenset())


def is_accepted(model: Definitions) -> tuple[bool, bool]:
    """By the checks, and by the compiler."""
    try:
        compile_model(model, CONTEXT.shared_parts, CONTEXT.decisions)
    except ModelNotRunnable:
        compiles = False
    else:
        compiles = True
    return not errors(check_model(model, CONTEXT)), compiles


@pytest.mark.parametrize(("kind", "position"), SAYS)
def test_an_event_runs_in_a_position_exactly_if_the_manual_says_so(kind: EventKind, position: str) -> None:
    says = SAYS[kind, position]
    assert says in {"yes", "interrupting", "–"}
    assert is_accepted(model_with(kind, position, True)) == ((True, True) if says != "–" else (False, False))
    if position in {"boundary", "handler"} and says != "–":
        accepted, _ = is_accepted(model_with(kind, position, False))
        assert accepted == (says == "yes")


def starts_table() -> dict[tuple[EventKind, str], str]:
    """(event, whose process) → what the manual's table of starts says."""
    lines = [line for line in MANUAL.splitlines() if line.startswith("| ")]
    head = next(index for index, line in enumerate(lines) if line.startswith("| starts |"))
    rows = itertools.takewhile(lambda line: not line.startswith("| event |"), lines[head + 1 :])
    found: dict[tuple[EventKind, str], str] = {}
    for row in rows:
        kind, main, other, _ = (cell.strip() for cell in row.strip("|").split("|"))
        found |= {(EventKind(kind), "main"): main, (EventKind(kind), "other"): other}
    return found


STARTS = starts_table()


def started_by(kind: EventKind, whose: str) -> Definitions:
    """A model that is right in everything but, perhaps, what starts one of its two processes."""
    first = {whose: node("first", NodeKind.START_EVENT, event=event(kind))}
    if kind is EventKind.TIMER:
        timer = Timer(TimerKind.DURATION, "3 working days", TimerClock.WALL)
        first = {whose: node("first", NodeKind.START_EVENT, event=EventDefinition(kind, timer=timer))}
    says = [throw("say", EventKind.SIGNAL, "NAME")] if kind is EventKind.SIGNAL else []
    copies = node("copies", NodeKind.SCRIPT_TASK, script="copies = 1", script_format="motcua")
    main = process(
        [first.get("main", start()), copies, officer("work"), *says, end()],
        " > ".join([first.get("main", start()).id, "copies", "work", *(each.id for each in says), "end"]),
    )
    other = process(
        [first.get("other", start("start2")), replace(copies, id="copies2"), officer("work2"), end("end2")],
        f"{first.get('other', start('start2')).id} > copies2 > work2 > end2",
        id="other",
    )
    return pools(main, other)


@pytest.mark.parametrize(("kind", "whose"), STARTS)
def test_an_event_starts_a_process_exactly_if_the_manual_says_so(kind: EventKind, whose: str) -> None:
    runs = STARTS[kind, whose] != "–"
    assert is_accepted(started_by(kind, whose)) == (runs, runs)


def test_the_table_of_starts_has_every_kind_that_can_be_drawn_there() -> None:
    never = {EventKind.TERMINATE, EventKind.LINK, EventKind.CANCEL}
    assert {kind for kind, _ in STARTS} == set(EventKind) - never
    for kind in never:
        for whose in ("main", "other"):
            assert is_accepted(started_by(kind, whose)) == (False, False)


def test_the_table_of_events_has_every_kind() -> None:
    assert {kind for kind, _ in SAYS} == set(EventKind)


RUNS = {
    NodeKind.USER_TASK,
    NodeKind.MANUAL_TASK,
    NodeKind.SERVICE_TASK,
    NodeKind.SEND_TASK,
    NodeKind.RECEIVE_TASK,
    NodeKind.SCRIPT_TASK,
    NodeKind.BUSINESS_RULE_TASK,
    NodeKind.CALL_ACTIVITY,
    NodeKind.SUB_PROCESS,
    NodeKind.TRANSACTION,
    NodeKind.EXCLUSIVE_GATEWAY,
    NodeKind.PARALLEL_GATEWAY,
    NodeKind.INCLUSIVE_GATEWAY,
    NodeKind.EVENT_BASED_GATEWAY,
}
WORDS = {
    NodeKind.TASK: "abstract tasks",
    NodeKind.AD_HOC_SUB_PROCESS: "ad-hoc sub-processes",
    NodeKind.COMPLEX_GATEWAY: "complex",
}
OTHERS = sorted(kind for kind in NodeKind if not kind.value.endswith("_event"))


def activity(kind: NodeKind) -> Node:
    inside = sub_process("x", [start("s"), officer("work"), end("e")], "s > work > e").body
    facts: dict[NodeKind, dict[str, Any]] = {
        NodeKind.USER_TASK: {"assignment": ROLE},
        NodeKind.MANUAL_TASK: {"assignment": ROLE},
        NodeKind.SERVICE_TASK: {"operation": SEND},
        NodeKind.SEND_TASK: {"operation": SEND},
        NodeKind.RECEIVE_TASK: {"event": definition(EventKind.MESSAGE, "NAME")},
        NodeKind.SCRIPT_TASK: {"script": "x = 1", "script_format": "motcua"},
        NodeKind.BUSINESS_RULE_TASK: {
            "decision": DecisionUse("step", (Argument("number_of_rounds", "1"),), (OutputUse("next", "x"),))
        },
        NodeKind.CALL_ACTIVITY: {"called_element": "part"},
        NodeKind.SUB_PROCESS: {"body": inside},
        NodeKind.TRANSACTION: {"body": inside},
        NodeKind.AD_HOC_SUB_PROCESS: {"body": inside},
    }
    return node("it", kind, **facts.get(kind, {}))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_node_runs_exactly_if_the_manual_does_not_refuse_it(kind: NodeKind) -> None:
    if kind is NodeKind.EVENT_BASED_GATEWAY:
        followers = [node(name, NodeKind.INTERMEDIATE_CATCH_EVENT, event=definition(EventKind.MESSAGE, name)) for name in "ab"]
        model = procedure([start(), activity(kind), *followers, end()], "start > it > a > end", "it > b > end")
    else:
        model = procedure([start(), activity(kind), end()], "start > it > end")
    assert is_accepted(model) == (kind in RUNS, kind in RUNS)
    refused = " ".join(
        line.rsplit(" | ", 1)[-1] for line in MANUAL.splitlines() if line.startswith("| ") and line.count(" | ") >= 2
    )
    assert (kind in RUNS) == (kind not in WORDS)
    assert kind in RUNS or WORDS[kind] in refused


@pytest.mark.parametrize("loop", LoopKind)
@pytest.mark.parametrize("kind", [kind for kind in OTHERS if not kind.value.endswith("gateway")])
def test_tasks_call_activities_and_sub_processes_can_be_repeated_and_nothing_else(kind: NodeKind, loop: LoopKind) -> None:
    how = {"maximum": 2} if loop is LoopKind.STANDARD else {"cardinality": "2"}
    model = procedure([start(), repeated(activity(kind), loop, **how), end()], "start > it > end")
    can = kind in RUNS - {NodeKind.TRANSACTION}
    assert is_accepted(model) == (can, can)


@pytest.mark.parametrize(
    ("kind", "text", "runs"),
    [
        (TimerKind.DURATION, "3 working days", True),
        (TimerKind.DATE, "2026-03-31T17:00:00+07:00", True),
        (TimerKind.CYCLE, "every 5 working days", True),
        (TimerKind.CYCLE, "3 times every 8 hours", True),
        (TimerKind.DURATION, "P3D", False),
        (TimerKind.CYCLE, "R3/PT8H", False),
        (TimerKind.DATE, "2026-03-31T17:00:00", False),
        (TimerKind.DATE, "3 working days", False),
        (TimerKind.DURATION, "every 3 working days", False),
        (TimerKind.CYCLE, "3 working days", False),
        (TimerKind.CYCLE, "every 1 working day before due", False),
        (TimerKind.CYCLE, "0 times every 8 hours", False),
    ],
)
def test_a_timer_is_accepted_exactly_if_it_says_what_its_element_is(kind: TimerKind, text: str, runs: bool) -> None:
    what = EventDefinition(EventKind.TIMER, timer=Timer(kind, text))
    edge = node("it", NodeKind.BOUNDARY_EVENT, event=what, attached_to="work", cancel_activity=False)
    model = procedure([start(), officer("work"), edge, end()], "start > work > end", "it > end")
    assert is_accepted(model)[0] is runs


def test_every_accepted_event_model_also_runs_to_a_place_where_it_waits_or_to_its_end() -> None:
    for (kind, position), interrupting in itertools.product(SAYS, (True, False)):
        says = SAYS[kind, position]
        if says == "–" or (says == "interrupting" and not interrupting):
            continue
        model = model_with(kind, position, interrupting)
        if kind is EventKind.SIGNAL:
            continue  # it waits for a signal that only another branch could throw; test_run_events.py plays it
        play = Play(model, *CONTEXT.shared_parts.values())
        assert play.run.is_over or play.waits()
