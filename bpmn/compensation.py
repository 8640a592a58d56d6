"""What undoes what, as it is drawn (BPMN 2.0, 10.7): the checks judge it and the engine compiles it by the same functions.

boundary event ┄┄association┄┄► activity for compensation     undoes the activity that the event is attached to
event sub-process that a compensation event starts            undoes the sub-process that holds it
neither, but activities inside that can be undone             the sub-process is undone by undoing those
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from motcua.bpmn.elements import ACTIVITY_KINDS, Body, EventKind, Node, NodeKind, Process

_THROWS = frozenset({NodeKind.INTERMEDIATE_THROW_EVENT, NodeKind.END_EVENT})


def compensates(node: Node) -> bool:
    """Whether it is a compensation boundary event."""
    return node.kind is NodeKind.BOUNDARY_EVENT and node.event_kind is EventKind.COMPENSATE


def throws_compensation(node: Node) -> bool:
    """Whether it is an event that has something undone."""
    return node.kind in _THROWS and node.event_kind is EventKind.COMPENSATE


def cancels(node: Node) -> bool:
    """Whether it is an end event that cancels the transaction around it."""
    return node.kind is NodeKind.END_EVENT and node.event_kind is EventKind.CANCEL


def is_undoing_sub_process(node: Node) -> bool:
    """Whether it is an event sub-process that a compensation starts."""
    inside = node.body.nodes if node.triggered_by_event and node.body else ()
    return any(each.kind is NodeKind.START_EVENT and each.event_kind is EventKind.COMPENSATE for each in inside)


def handlers_beside(container: Process | Body) -> dict[str, Node]:
    """By the id of an activity: the one activity for compensation that a boundary event on it is associated with."""
    undoing = {node.id: node for node in container.nodes if node.is_for_compensation}
    events = (node for node in container.nodes if compensates(node) and len(node.associated) == 1)
    return {event.attached_to or "": undoing[event.associated[0]] for event in events if event.associated[0] in undoing}


def handler_inside(activity: Node) -> Node | None:
    """The event sub-process in a sub-process that undoes it."""
    inside = activity.body.nodes if activity.body else ()
    return next((node for node in inside if is_undoing_sub_process(node)), None)


def undoable(container: Process | Body) -> Iterator[tuple[Node, Process | Body]]:
    """The activities that are undone when everything in this body is, each with the body it stands in.

    What a call activity calls is looked at from outside, and does not count. An event sub-process runs in the context of the body
    around it, so that its activities count as that body's.
    """
    beside = handlers_beside(container)
    for node in container.nodes:
        if _can_be_undone(node, beside):
            yield node, container
        elif node.triggered_by_event and node.body and not is_undoing_sub_process(node):
            yield from undoable(node.body)


def holds_undoable(container: Process | Body | None) -> bool:
    """Whether undoing everything in this body does anything."""
    if container is None:
        return False
    here = handlers_beside(container)
    return any(node.id in here and _can_be_undone(node, here) for node in container.nodes) or any(True for _ in undoable(container))


def _can_be_undone(activity: Node, beside: Mapping[str, Node]) -> bool:
    if activity.kind not in ACTIVITY_KINDS or activity.triggered_by_event or activity.is_for_compensation:
        return False
    return activity.id in beside or handler_inside(activity) is not None or holds_undoable(activity.body)


def handlers_run_for(container: Process | Body) -> Iterator[Node]:
    """Every handler that may run when everything in this body is undone."""
    beside: Mapping[str, Node] = {}
    of: Process | Body | None = None
    for node, around in undoable(container):
        if around is not of:
            of, beside = around, handlers_beside(around)
        inside = handler_inside(node)
        yield from (handler for handler in (beside.get(node.id), inside) if handler is not None)
        if node.id not in beside and node.body is not None:
            yield from handlers_run_for(node.body)  # by itself, or thrown by what undoes it from inside


def throws_for(container: Process | Body) -> Iterator[tuple[Node, bool]]:
    """The compensation events that undo what is in this body, each with whether it stands in an event sub-process of the body."""
    for node in container.nodes:
        if throws_compensation(node):
            yield node, False
        elif node.triggered_by_event and node.body and not is_undoing_sub_process(node):
            yield from ((inner, True) for inner, _ in throws_for(node.body))
