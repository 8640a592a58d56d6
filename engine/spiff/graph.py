"""The graph of a body, as far as running it needs: links as flows, and what can still reach an inclusive gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from motcua.bpmn.elements import Body, EventKind, NodeKind, Process, SequenceFlow


def links(body: Process | Body) -> Iterator[tuple[str, str]]:
    """Every throwing link event with the catching one of the same name."""
    caught = {
        node.event.name: node.id
        for node in body.nodes
        if node.event is not None and node.event.kind is EventKind.LINK and node.kind is NodeKind.INTERMEDIATE_CATCH_EVENT
    }
    for node in body.nodes:
        throws = node.event_kind is EventKind.LINK and node.kind is NodeKind.INTERMEDIATE_THROW_EVENT
        if throws and node.event is not None and node.event.name in caught:
            yield node.id, caught[node.event.name]


def is_doubled(flow: SequenceFlow, body: Process | Body) -> bool:
    """Whether another flow joins the same two nodes, so that a join can tell the two only by their own ids."""
    return sum((each.source, each.target) == (flow.source, flow.target) for each in body.flows) > 1


def ways_to(gateway_id: str, body: Process | Body) -> dict[str, frozenset[str]]:
    """For each node, the incoming flows of the gateway that can be reached from it without passing the gateway.

    A flow has the name by which its tokens are counted there (see `gateways.py`). From an activity a token may also leave by its
    boundary events.
    """
    before: defaultdict[str, set[str]] = defaultdict(set)
    for flow in body.flows:
        before[flow.target].add(flow.source)
    for source, target in links(body):
        before[target].add(source)
    for node in body.nodes:
        if node.attached_to is not None:
            before[node.id].add(node.attached_to)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for flow in body.flows:
        if flow.target == gateway_id:
            name = flow.id if is_doubled(flow, body) else flow.source
            todo = [flow.source]
            while todo:
                node_id = todo.pop()
                if node_id != gateway_id and name not in found[node_id]:
                    found[node_id].add(name)
                    todo.extend(before[node_id])
    return {node_id: frozenset(names) for node_id, names in found.items()}
