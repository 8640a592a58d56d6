"""Which parallel branches a node lies in: what decides whether a token may be put elsewhere without breaking a join.

    split ─┬─ a ─ b ─┬─ join        a and b lie in the split's first branch, c in its second, split and join in neither
           └─ c ─────┘

A token may change its place only among nodes that lie in the same branches. Where a drawing is not nested in this way, a node
lies in several branches of one split, or in the branches of a split that never joins, and fewer places are the same. A boundary
event that does not interrupt begins a branch of its own, since its token runs beside the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from motcua.bpmn.elements import GATEWAY_KINDS, EventKind, Node, NodeKind

SPLITTING: Final = frozenset({NodeKind.PARALLEL_GATEWAY, NodeKind.INCLUSIVE_GATEWAY})

# The gateway (or the boundary event that does not interrupt) and the id of the flow that leaves it.
Branch: TypeAlias = tuple[str, str]


def branches(nodes: Mapping[str, Node]) -> dict[str, frozenset[Branch]]:
    """For each node of one body, by id, the branches it lies in."""
    targets = {flow: node.id for node in nodes.values() for flow in node.incoming}
    follows = {node.id: [targets[flow] for flow in node.outgoing if flow in targets] for node in nodes.values()}
    for thrown, caught in _links(nodes):
        follows[thrown].append(caught)
    always_reached = _post_dominators(follows)
    boundary = {node.id: [each.id for each in nodes.values() if each.attached_to == node.id] for node in nodes.values()}
    ways = {node_id: [*follows[node_id], *boundary[node_id]] for node_id in nodes}
    found: dict[str, set[Branch]] = {node_id: set() for node_id in nodes}
    for node in nodes.values():
        joins = {each for each in always_reached[node.id] if is_join(nodes[each]) and each != node.id}
        own_join = {each for each in joins if joins <= always_reached[each]}
        starts = node.outgoing if _splits(node) else ()
        for flow in starts:
            for inside in _reach([targets[flow]] if flow in targets else [], ways, own_join):
                found[inside].add((node.id, flow))
    return {node_id: frozenset(lies_in) for node_id, lies_in in found.items()}


def is_join(node: Node) -> bool:
    """Whether tokens wait here for each other."""
    return node.kind in SPLITTING and len(node.incoming) > 1


def _splits(node: Node) -> bool:
    everyway = node.kind in SPLITTING or node.kind not in GATEWAY_KINDS
    return (everyway and len(node.outgoing) > 1) or (node.kind is NodeKind.BOUNDARY_EVENT and not node.cancel_activity)


def _links(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """From each link event that throws to the one of its name that catches."""
    named = [(node, node.event.name) for node in nodes.values() if node.event is not None and node.event.kind is EventKind.LINK]
    for thrown, name in named:
        for caught, other in named:
            if (
                name == other
                and thrown.kind is NodeKind.INTERMEDIATE_THROW_EVENT
                and caught.kind is NodeKind.INTERMEDIATE_CATCH_EVENT
            ):
                yield thrown.id, caught.id


def _reach(first: Iterable[str], ways: Mapping[str, list[str]], stop_at: set[str]) -> set[str]:
    reached: set[str] = set()
    todo = list(first)
    while todo:
        node_id = todo.pop()
        if node_id not in reached and node_id not in stop_at:
            reached.add(node_id)
            todo.extend(ways[node_id])
    return reached


def _post_dominators(follows: Mapping[str, list[str]]) -> dict[str, set[str]]:
    """For each node those that every way from it to an end passes, itself included."""
    passed = {node_id: set(follows) if follows[node_id] else {node_id} for node_id in follows}
    changed = True
    while changed:
        changed = False
        for node_id, next_ids in follows.items():
            if next_ids:
                now = {node_id} | set.intersection(*(passed[each] for each in next_ids))
                if now != passed[node_id]:
                    passed[node_id], changed = now, True
    return passed
