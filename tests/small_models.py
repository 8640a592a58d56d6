"""Models for tests, drawn in Python: nodes by name, flows as text such as "start > ask > end"."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.elements import (
    Argument,
    Body,
    DecisionUse,
    Definitions,
    EventDefinition,
    EventKind,
    FormField,
    LoopKind,
    MessageFlow,
    Node,
    NodeKind,
    OperationUse,
    OutputUse,
    Participant,
    Process,
    Repetition,
    SequenceFlow,
    Timer,
    TimerClock,
    TimerKind,
    walk,
)


def node(id: str, kind: NodeKind, **attributes: Any) -> Node:
    return Node(id=id, name=id, kind=kind, **attributes)


def start(id: str = "start") -> Node:
    return node(id, NodeKind.START_EVENT)


def end(id: str = "end") -> Node:
    return node(id, NodeKind.END_EVENT)


def terminate(id: str) -> Node:
    return node(id, NodeKind.END_EVENT, event=EventDefinition(EventKind.TERMINATE))


def error_end(id: str, code: str) -> Node:
    return node(id, NodeKind.END_EVENT, event=EventDefinition(EventKind.ERROR, error_code=code))


def person(id: str, **attributes: Any) -> Node:
    return node(id, NodeKind.USER_TASK, **attributes)


def service(id: str, operation: str = "test.call", **attributes: Any) -> Node:
    return node(id, NodeKind.SERVICE_TASK, operation=OperationUse(operation), **attributes)


def script(id: str, text: str) -> Node:
    return node(id, NodeKind.SCRIPT_TASK, script=text, script_format="motcua")


DECISIONS = {
    "step": read_decisions(
        b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t">
        <decision id="step" name="step"><decisionTable id="t" hitPolicy="UNIQUE">
        <input id="i"><inputExpression id="e" typeRef="integer"><text>number_of_rounds</text></inputExpression></input>
        <output id="o" name="next"/>
        <rule id="r1"><inputEntry id="i1"><text>&lt; 100</text></inputEntry>
        <outputEntry id="o1"><text>number_of_rounds + 1</text></outputEntry></rule>
        <rule id="r2"><inputEntry id="i2"><text>&gt;= 100</text></inputEntry>
        <outputEntry id="o2"><text>0</text></outputEntry></rule>
        </decisionTable></decision></definitions>""",
        "step.dmn",
    )
}
"""A decision that counts: its output `next` is one more than `number_of_rounds`, up to a hundred."""


def rule(id: str, counter: str, decision: str = "step") -> Node:
    """A business rule task that counts the variable up."""
    use = DecisionUse(decision, (Argument("number_of_rounds", counter),), (OutputUse("next", counter),))
    return node(id, NodeKind.BUSINESS_RULE_TASK, decision=use)


def xor(id: str) -> Node:
    return node(id, NodeKind.EXCLUSIVE_GATEWAY)


def parallel(id: str) -> Node:
    return node(id, NodeKind.PARALLEL_GATEWAY)


def inclusive(id: str) -> Node:
    return node(id, NodeKind.INCLUSIVE_GATEWAY)


def race(id: str, **attributes: Any) -> Node:
    return node(id, NodeKind.EVENT_BASED_GATEWAY, **attributes)


def message(id: str, name: str | None = None, **attributes: Any) -> Node:
    return node(id, NodeKind.INTERMEDIATE_CATCH_EVENT, event=EventDefinition(EventKind.MESSAGE, message=name or id), **attributes)


def timer(id: str, text: str, clock: TimerClock = TimerClock.AUTHORITY) -> Node:
    definition = EventDefinition(EventKind.TIMER, timer=Timer(TimerKind.DURATION, text, clock))
    return node(id, NodeKind.INTERMEDIATE_CATCH_EVENT, event=definition)


def definition(kind: EventKind, name: str | None = None, *, cycle: str | None = None) -> EventDefinition:
    """`name` is the message, the error code, the signal, the escalation, the link, the condition or the time."""
    if kind is EventKind.MESSAGE:
        return EventDefinition(kind, message=name)
    if kind is EventKind.ERROR:
        return EventDefinition(kind, error_code=name)
    if kind is EventKind.CONDITIONAL:
        return EventDefinition(kind, condition=name)
    if kind is EventKind.TIMER:
        timer = Timer(TimerKind.CYCLE, cycle) if cycle else Timer(TimerKind.DURATION, name or "8 hours")
        return EventDefinition(kind, timer=timer)
    return EventDefinition(kind, name=name)


def catch(id: str, kind: EventKind, name: str | None = None) -> Node:
    return node(id, NodeKind.INTERMEDIATE_CATCH_EVENT, event=definition(kind, name))


def throw(id: str, kind: EventKind, name: str | None = None, **attributes: Any) -> Node:
    return node(id, NodeKind.INTERMEDIATE_THROW_EVENT, event=definition(kind, name), **attributes)


def end_with(id: str, kind: EventKind, name: str | None = None, **attributes: Any) -> Node:
    return node(id, NodeKind.END_EVENT, event=definition(kind, name), **attributes)


def on(id: str, host: str, kind: EventKind, name: str | None = None, *, interrupting: bool = True) -> Node:
    return boundary(id, host, definition(kind, name), interrupting=interrupting)


def handler(id: str, event: EventDefinition, nodes: Iterable[Node], *flows: str, interrupting: bool = True) -> Node:
    """An event sub-process; its start event has the id `{id}_start`."""
    begin = node(f"{id}_start", NodeKind.START_EVENT, event=event, is_interrupting=interrupting)
    body = Body(*_wired([begin, *nodes], flows))
    return node(id, NodeKind.SUB_PROCESS, body=body, triggered_by_event=True)


def transaction(id: str, nodes: Iterable[Node], *flows: str) -> Node:
    return replace(sub_process(id, nodes, *flows), kind=NodeKind.TRANSACTION)


def repeated(activity: Node, loop: LoopKind, **how: Any) -> Node:
    return replace(activity, loop=loop, repetition=Repetition(**how))


def begin_with(id: str, kind: EventKind, name: str | None = None, *, cycle: str | None = None, **attributes: Any) -> Node:
    """A start event of this kind."""
    return node(id, NodeKind.START_EVENT, event=definition(kind, name, cycle=cycle), **attributes)


def boundary(id: str, host: str, event: EventDefinition, *, interrupting: bool = True) -> Node:
    return node(id, NodeKind.BOUNDARY_EVENT, event=event, attached_to=host, cancel_activity=interrupting)


def undone_by(host: str, handler: Node) -> tuple[Node, Node]:
    """A compensation boundary event on `host`, and the activity that it is associated with."""
    event = boundary(f"on_{host}", host, EventDefinition(EventKind.COMPENSATE))
    return replace(event, associated=(handler.id,)), replace(handler, is_for_compensation=True)


def undo(activity_id: str | None = None, *, waits: bool = True) -> EventDefinition:
    """What a compensation event throws: for one activity, or for all."""
    return EventDefinition(EventKind.COMPENSATE, ref=activity_id, waits=waits)


def on_message(id: str, host: str, *, interrupting: bool = True) -> Node:
    return boundary(id, host, EventDefinition(EventKind.MESSAGE, message=id), interrupting=interrupting)


def on_error(id: str, host: str, code: str | None = None) -> Node:
    return boundary(id, host, EventDefinition(EventKind.ERROR, error_code=code))


def sub_process(id: str, nodes: Iterable[Node], *flows: str) -> Node:
    return node(id, NodeKind.SUB_PROCESS, body=Body(*_wired(nodes, flows)))


def call(id: str, called: str, **attributes: Any) -> Node:
    return node(id, NodeKind.CALL_ACTIVITY, called_element=called, **attributes)


def process(nodes: Iterable[Node], *flows: str, id: str = "main") -> Definitions:
    """A document with one process. A flow is "a > b > c", or "a > b if condition", or "a > b by default"."""
    wired, sequence = _wired(nodes, flows)
    return Definitions(id=f"{id}_definitions", processes=(Process(id, id, True, None, wired, sequence),))


def takes(*names: str) -> tuple[FormField, ...]:
    """A payload of whole numbers, all required."""
    return tuple(FormField(name, "integer", name, required=True) for name in names)


def carries(**expressions: str) -> tuple[Argument, ...]:
    return tuple(Argument(name, expression) for name, expression in expressions.items())


def sends(id: str, message: str, **expressions: str) -> Node:
    """A message to another pool, on the way."""
    return throw(id, EventKind.MESSAGE, message, arguments=carries(**expressions))


def tells(id: str, message: str, **expressions: str) -> Node:
    """A message to another pool, at the end."""
    return end_with(id, EventKind.MESSAGE, message, arguments=carries(**expressions))


def pools(main: Definitions, *others: Definitions, messages: Iterable[str] = ()) -> Definitions:
    """One document of several: `main` is the procedure. A message flow is "a > b"; a pool without a process is its own name."""
    processes = tuple(process for each in (main, *others) for process in each.processes)
    processes = (replace(processes[0], procedure_code="1.000000"), *processes[1:])
    inside = {process.id for process in processes} | {node.id for process in processes for node in walk(process)}
    flows = [text.split(" > ") for text in messages]
    boxes = sorted({end for flow in flows for end in flow} - inside)
    return Definitions(
        id="pools_definitions",
        processes=processes,
        participants=(
            *(Participant(f"pool_{process.id}", process.id, process.id) for process in processes),
            *(Participant(box, box) for box in boxes),
        ),
        message_flows=tuple(MessageFlow(f"{source}_to_{target}", "", source, target) for source, target in flows),
    )


def _wired(nodes: Iterable[Node], flows: Iterable[str]) -> tuple[tuple[Node, ...], tuple[SequenceFlow, ...]]:
    sequence: list[SequenceFlow] = []
    for text in flows:
        path, _, condition = text.partition(" if ")
        is_default = path.endswith(" by default")
        steps = path.removesuffix(" by default").split(" > ")
        for source, target in itertools.pairwise(steps):
            sequence.append(SequenceFlow(f"f{len(sequence)}_{source}_{target}", "", source, target, condition or None, is_default))
    return (
        tuple(
            replace(
                n,
                incoming=tuple(f.id for f in sequence if f.target == n.id),
                outgoing=tuple(f.id for f in sequence if f.source == n.id),
                default_flow=next((f.id for f in sequence if f.source == n.id and f.is_default), None),
            )
            for n in nodes
        ),
        tuple(sequence),
    )
