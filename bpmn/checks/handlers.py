"""Rules about event sub-processes and transactions: what stands beside a body, or undoes it, instead of on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, containers, title, wrong
from motcua.bpmn.elements import Definitions, EventKind, Node, NodeKind


def handlers(nodes: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
    """The event sub-processes among these nodes, each with every start event in it."""
    for node in nodes:
        if node.triggered_by_event and node.body:
            for inner in node.body.nodes:
                if inner.kind is NodeKind.START_EVENT:
                    yield node, inner


def handler_starts(definitions: Definitions) -> frozenset[str]:
    """The ids of the start events of event sub-processes."""
    return frozenset(start.id for _, start in handlers(all_nodes(definitions)))


def caught_in(nodes: Iterable[Node]) -> frozenset[str | None]:
    """The error codes that event sub-processes among these nodes catch; None stands for any."""
    return frozenset(start.event.error_code for _, start in handlers(nodes) if start.event and start.event_kind is EventKind.ERROR)


def event_sub_processes_stand_alone(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.triggered_by_event and (node.incoming or node.outgoing):
            yield wrong(
                "event-sub-process",
                node,
                f"a sequence flow joins the event sub-process {title(node)}",
                "remove it: the event inside starts it, and it ends by itself",
            )
        if node.triggered_by_event and node.loop:
            yield wrong("event-sub-process", node, f"the event sub-process {title(node)} is repeated", "remove the repetition")
        if node.triggered_by_event and node.kind is not NodeKind.SUB_PROCESS:
            yield wrong("event-sub-process", node, f"{title(node)} is no plain sub-process", "draw a bpmn:subProcess")
    for _, start in handlers(all_nodes(definitions)):
        if start.event_kind is EventKind.ERROR and not start.is_interrupting:
            yield wrong("event-sub-process", start, "an error always interrupts", 'remove isInterrupting="false"')


def one_handler_an_event(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """Errors and escalations go to one place, so that two places on one level for the same code are a mistake."""
    for _, container in containers(definitions):
        places: dict[tuple[str | None, EventKind, str | None], Node] = {}
        starts = [start for _, start in handlers(container.nodes)]
        for node in [*starts, *(each for each in container.nodes if each.kind is NodeKind.BOUNDARY_EVENT)]:
            if node.event is None or node.event.kind not in {EventKind.ERROR, EventKind.ESCALATION, EventKind.CANCEL}:
                continue
            code = node.event.error_code if node.event.kind is EventKind.ERROR else node.event.name
            first = places.setdefault((node.attached_to, node.event.kind, code), node)
            if first is not node:
                yield wrong(
                    "event-handler",
                    node,
                    f"{title(first)} catches the same {node.event.kind.value} at the same place",
                    "remove one of the two",
                )


def transactions_are_cancelled_inside(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    inside: set[str] = set()
    for _, container in containers(definitions):
        for node in container.nodes:
            if node.kind is not NodeKind.TRANSACTION or node.body is None:
                continue
            cancels = [inner for inner in node.body.nodes if _is_cancel_end(inner)]
            inside |= {inner.id for inner in cancels}
            caught = any(each.attached_to == node.id and each.event_kind is EventKind.CANCEL for each in container.nodes)
            if cancels and not caught:
                yield wrong("transaction", node, f"{title(node)} can be cancelled, but has no way on then", _DRAW_CANCEL)
    for node in all_nodes(definitions):
        if _is_cancel_end(node) and node.id not in inside:
            yield wrong(
                "transaction",
                node,
                f"{title(node)} cancels a transaction, but does not stand in one",
                "move it into a bpmn:transaction, not deeper, or use an error end event",
            )


_DRAW_CANCEL: Final = "put a cancel boundary event on its edge"


def _is_cancel_end(node: Node) -> bool:
    return node.kind is NodeKind.END_EVENT and node.event_kind is EventKind.CANCEL


HANDLER_RULES: Final[tuple[Rule, ...]] = (
    event_sub_processes_stand_alone,
    one_handler_an_event,
    transactions_are_cancelled_inside,
)
