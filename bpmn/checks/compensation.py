"""Rules about compensation: what undoes what, who has it undone, and the positions that the engine does not run faithfully.

docs/decisions/0005-compensation.md gives the reason for each refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.calls import Known, errors_of
from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, containers, doubtful, title, wrong
from motcua.bpmn.checks.structure import two_reached
from motcua.bpmn.compensation import (
    cancels,
    compensates,
    handler_inside,
    handlers_beside,
    holds_undoable,
    is_undoing_sub_process,
    throws_compensation,
    undoable,
)
from motcua.bpmn.elements import Body, Definitions, EventKind, Node, NodeKind, Process, walk

_OUTSIDE: Final = frozenset(
    {EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL, EventKind.ESCALATION, EventKind.ERROR}
)
_RULE: Final = "compensation"


def boundary_events_name_their_handler(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        nodes = {node.id: node for node in container.nodes}
        beside = handlers_beside(container)
        hosts: set[str] = set()
        for event in container.nodes:
            if not compensates(event):
                continue
            host = nodes.get(event.attached_to or "")
            if event.attached_to not in beside or len(event.associated) != 1:
                yield wrong(
                    _RULE,
                    event,
                    f"{title(event)} is associated with {len(event.associated)} activities, and needs one that undoes",
                    'join it by one bpmn:association to an activity beside it that has isForCompensation="true"',
                )
            if event.outgoing:
                yield wrong(
                    _RULE, event, f"a sequence flow leaves {title(event)}", "remove it: what undoes is joined by an association"
                )
            if host is not None and host.is_for_compensation:
                yield wrong(_RULE, event, f"{title(host)} undoes another activity, and is not undone itself", "remove the event")
            if event.attached_to in hosts:
                yield wrong(_RULE, event, "two compensation events stand on one activity", "remove one, or associate a sub-process")
            hosts.add(event.attached_to or "")
            if host is not None and handler_inside(host) is not None:
                yield wrong(
                    _RULE,
                    event,
                    f"{title(host)} is undone by this event and by an event sub-process in it",
                    "keep one of the two",
                )


def catching_events_catch(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.event is None or node.event_kind is not EventKind.COMPENSATE or throws_compensation(node):
            continue
        if node.event.ref not in {None, node.attached_to} or not node.event.waits:
            yield wrong(
                _RULE,
                node,
                f"{title(node)} does not throw, so that activityRef and waitForCompletion say nothing here",
                "remove the attribute",
            )


def handlers_stand_alone(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        used = {id for node in container.nodes if compensates(node) for id in node.associated}
        hosts = {node.attached_to for node in container.nodes}
        for node in container.nodes:
            undoes = node.is_for_compensation or is_undoing_sub_process(node)
            if undoes:
                for inner in (node, *(walk(node.body) if node.body else ())):
                    if inner.act is not None:
                        yield wrong(
                            _RULE,
                            inner,
                            f'a legal act is not undone, and "{inner.act}" would be done as often as {title(node)} runs',
                            "draw the act after the event that throws the compensation",
                        )
            if not node.is_for_compensation:
                continue
            if node.incoming or node.outgoing:
                yield wrong(_RULE, node, f"a sequence flow joins {title(node)}, which only undoes", "remove it")
            if node.id in hosts:
                yield wrong(
                    _RULE,
                    node,
                    f"a boundary event stands on {title(node)}, which is outside of every flow",
                    "draw a sub-process for compensation, and the activity with its boundary event in it",
                )
            if node.id not in used or node.triggered_by_event:
                yield wrong(
                    _RULE,
                    node,
                    f"nothing says what {title(node)} undoes",
                    "associate a compensation boundary event with it, or remove isForCompensation",
                )


def event_sub_processes_undo_their_sub_process(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        yield from _handlers_in(process, None)


def _handlers_in(container: Process | Body, around: Node | None) -> Iterator[Finding]:
    found = [node for node in container.nodes if is_undoing_sub_process(node)]
    for node in found:
        if around is None or around.triggered_by_event or around.is_for_compensation:
            yield wrong(
                _RULE,
                node,
                f"{title(node)} undoes no sub-process that could be completed and undone",
                "put it directly into the sub-process that it undoes",
            )
    for node in found[1:]:
        yield wrong(_RULE, node, f"{title(found[0])} undoes the same sub-process", "remove one of the two")
    for node in container.nodes:
        if node.body is not None:
            yield from _handlers_in(node.body, node)


def throws_have_something_to_undo(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        yield from _throws_in(process, {}, frozenset())


def _throws_in(container: Process | Body, around: Mapping[str, Node], undone_around: frozenset[str]) -> Iterator[Finding]:
    """around: the activities outside of an event sub-process that can be seen inside (BPMN 2.0, tables 10.88 and 10.89), and which
    of them can be undone."""
    visible = {**around, **{node.id: node for node in container.nodes}}
    undone = undone_around | {node.id for node, _ in undoable(container)}
    for node in container.nodes:
        if throws_compensation(node) and node.event is not None:
            if node.event.ref is None:
                if not undone:
                    yield wrong(
                        _RULE,
                        node,
                        f"nothing that {title(node)} sees can be undone",
                        "draw a compensation boundary event on an activity beside it, or remove it",
                    )
            elif node.event.ref not in visible:
                yield wrong(
                    _RULE,
                    node,
                    f'activityRef="{node.event.ref}" names no activity that can be seen from {title(node)}',
                    "name one of the same process or sub-process, or throw the event there",
                )
            elif node.event.ref not in undone:
                yield wrong(
                    _RULE,
                    node,
                    f"nothing undoes {title(visible[node.event.ref])}",
                    "draw a compensation boundary event on it, and associate the activity that undoes",
                )
        elif node.body is not None:
            yield from _throws_in(node.body, *((visible, undone) if node.triggered_by_event else ({}, frozenset())))


def cancelled_transactions_undo_by_themselves(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """A cancel end event undoes everything in its transaction, and must not cut through a compensation that is under way."""
    for node in all_nodes(definitions):
        if node.kind is NodeKind.TRANSACTION and node.body and any(cancels(inner) for inner in node.body.nodes):
            for inner in walk(node.body):
                if throws_compensation(inner):
                    yield wrong(
                        _RULE,
                        inner,
                        f"{title(node)} can be cancelled while {title(inner)} has something undone",
                        "end with a cancel end event, which undoes everything, or draw a plain sub-process",
                    )
                if _holds_undoable(inner, context):
                    yield _across_calls(inner, f"{title(node)} can be cancelled while {title(inner)} runs")


def calls_are_undone_from_outside(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """Compensation does not go into a shared part: it is undone as a whole, or by itself."""
    for process in definitions.processes:
        for container in _undone_bodies(process):
            beside = handlers_beside(container)
            for node in container.nodes:
                if node.id not in beside and _holds_undoable(node, context):
                    yield _across_calls(node, f"{title(node)} can be undone here only as a whole")


def _across_calls(node: Node, why: str) -> Finding:
    return wrong(
        _RULE,
        node,
        f'{why}, and the shared part "{node.called_element}" holds activities that can be undone one by one',
        "put a compensation boundary event on the call activity, or a sub-process in the place of the shared part",
    )


def _holds_undoable(node: Node, context: CheckContext) -> bool:
    part = context.shared_parts.get(node.called_element or "")
    return part is not None and any(holds_undoable(process) for process in part.processes)


def _undone_bodies(process: Process) -> Iterator[Process | Body]:
    """The bodies whose completed activities a compensation can reach."""
    todo: list[tuple[Process | Body, bool]] = [(process, False)]
    while todo:
        container, reached = todo.pop()
        reached = reached or _is_thrown_for(container)
        if reached:
            yield container
        beside = handlers_beside(container)
        for node in container.nodes:
            if node.body is None:
                continue
            if node.triggered_by_event:
                todo.append((node.body, reached))
            else:
                by_itself = node.id not in beside and handler_inside(node) is None
                todo.append((node.body, reached and by_itself and not node.is_for_compensation))


def _is_thrown_for(container: Process | Body) -> bool:
    return any(
        throws_compensation(node)
        or cancels(node)
        or (node.triggered_by_event and node.body is not None and _is_thrown_for(node.body))
        for node in container.nodes
    )


def errors_leave_nothing_behind(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """The standard has a sub-process undone by itself when an error leaves it (10.7.3); engines leave it as it is. Draw which."""
    known: Known = {}
    for process, container in containers(definitions):
        if container is process and process.procedure_code is None and holds_undoable(process):
            for code in sorted(errors_of(process, context, known)):
                yield _left_behind(process, f'the error "{code}" can leave the shared part', code)
        for node in container.nodes:
            plain = node.kind is NodeKind.SUB_PROCESS and not node.triggered_by_event
            if plain and node.body and holds_undoable(node.body):
                for code in sorted(errors_of(node.body, context, known)):
                    yield _left_behind(node, f'the error "{code}" can leave {title(node)}', code)


def _left_behind(element: Process | Node, why: str, code: str) -> Finding:
    return wrong(
        _RULE,
        element,
        f"{why}, and it is not drawn whether what was completed in it is undone then",
        f'put an event sub-process in it that catches "{code}": it throws the compensation, or not, and then the error outwards',
    )


def interruptions_undo_nothing(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        kills = [node for node in container.nodes if node.event_kind is EventKind.TERMINATE]
        if kills and isinstance(container, Body) and holds_undoable(container):
            for node in kills:
                yield doubtful(
                    _RULE,
                    node,
                    f"{title(node)} terminates its sub-process, of which nothing can be undone afterwards",
                    "end with an end event, if what was completed may have to be undone",
                )
        holders = {node.id: node for node in container.nodes if holds_undoable(node.body)}
        for node in container.nodes:
            host = holders.get(node.attached_to or "")
            interrupts = node.cancel_activity or node.event_kind is EventKind.ERROR
            if host is not None and node.event_kind in _OUTSIDE and interrupts:
                yield doubtful(
                    _RULE,
                    node,
                    f"when {title(node)} interrupts {title(host)}, nothing of what was completed in it is undone",
                    "to have it undone, put the event into an interrupting event sub-process that throws a compensation",
                )


def what_follows_a_boundary_event_is_undone_before_its_activity(
    definitions: Definitions, context: CheckContext
) -> Iterator[Finding]:
    """BPMN 2.0, 13.5.5 asks for that order, and the order of completion may be another."""
    for _, container in containers(definitions):
        nodes = {node.id: node for node in container.nodes}
        undone = {node.id for node, around in undoable(container) if around is container}
        beside = [
            node
            for node in container.nodes
            if node.kind is NodeKind.BOUNDARY_EVENT
            and not node.cancel_activity
            and not compensates(node)
            and node.attached_to in undone
        ]
        followed_by = two_reached(undone, container) if beside else {}
        for event in beside:
            host = nodes[event.attached_to or ""]
            for other in sorted(followed_by.get(event.id, set()) - {host.id})[:1]:
                yield wrong(
                    _RULE,
                    event,
                    f"{title(nodes[other])} follows {title(event)} and would have to be undone before {title(host)}, "
                    "which may be completed after it",
                    f"put {title(host)} without its compensation into a sub-process, or use an event sub-process",
                )


def handlers_are_needed(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        if not any(_is_thrown_for(container) for container in _bodies_of(process)):
            for node, _ in undoable(process):
                yield doubtful(
                    _RULE, node, f"{title(node)} can be undone, but nothing throws a compensation", "draw the event, or remove this"
                )


def _bodies_of(process: Process) -> Iterator[Process | Body]:
    yield process
    yield from (node.body for node in walk(process) if node.body is not None)


COMPENSATION_RULES: Final[tuple[Rule, ...]] = (
    boundary_events_name_their_handler,
    catching_events_catch,
    handlers_stand_alone,
    event_sub_processes_undo_their_sub_process,
    throws_have_something_to_undo,
    cancelled_transactions_undo_by_themselves,
    calls_are_undone_from_outside,
    errors_leave_nothing_behind,
    interruptions_undo_nothing,
    what_follows_a_boundary_event_is_undone_before_its_activity,
    handlers_are_needed,
)
