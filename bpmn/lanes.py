"""Lanes as roles: whose work list a task enters when it does not say so itself.

    lane                  an assignment of its own, else that of the lane that holds it
    task                  an assignment of its own, else that of the innermost lane it is listed in
    task in sub-process   the same, else that of the sub-process

The reader settles it once, so that everybody who asks a task for its role sees the same; what came from a lane says from which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from motcua.bpmn.elements import PERSON_KINDS, Assignment, Lane, Node


def with_roles_of_lanes(nodes: Iterable[Node], lanes: Sequence[Lane]) -> tuple[Node, ...]:
    """The nodes of a process, each task for a person with the assignment of its lane where it has none of its own.

    A task whose lanes name different roles is left without.
    """
    listed = _listed(lanes)
    return tuple(_with_role(node, listed, ()) for node in nodes) if any(listed.values()) else tuple(nodes)


def roles_that_lanes_give(nodes: Iterable[Node], lanes: Sequence[Lane]) -> Iterator[tuple[Node, tuple[Assignment, ...]]]:
    """Every node at any depth with the assignments that its lanes have for it: several where lanes that do not hold one another
    list it and name different roles."""
    yield from _given(nodes, _listed(lanes), ())


def _given(
    nodes: Iterable[Node], listed: Mapping[str, tuple[Assignment, ...]], around: tuple[Assignment, ...]
) -> Iterator[tuple[Node, tuple[Assignment, ...]]]:
    for node in nodes:
        here = listed.get(node.id) or around
        yield node, here
        if node.body:
            yield from _given(node.body.nodes, listed, here)


def _with_role(node: Node, listed: Mapping[str, tuple[Assignment, ...]], around: tuple[Assignment, ...]) -> Node:
    here = listed.get(node.id) or around
    if node.body:
        return replace(node, body=replace(node.body, nodes=tuple(_with_role(each, listed, here) for each in node.body.nodes)))
    if node.kind in PERSON_KINDS and node.assignment is None and len(here) == 1:
        return replace(node, assignment=here[0])
    return node


def _listed(lanes: Sequence[Lane]) -> dict[str, tuple[Assignment, ...]]:
    """By the id of each node that a lane lists, the different assignments of the innermost lanes that list it."""
    above, said = _ancestors(lanes), list[Assignment | None]()
    for place, lane in enumerate(lanes):
        own = None if lane.assignment is None else replace(lane.assignment, lane=lane.id)
        said.append(own or (said[above[place][-1]] if above[place] else None))
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, lane in enumerate(lanes):
        for node_id in lane.node_ids:
            places[node_id].append(place)
    return {node_id: _different(said, above, here) for node_id, here in places.items()}


def _different(said: Sequence[Assignment | None], above: Sequence[tuple[int, ...]], here: Sequence[int]) -> tuple[Assignment, ...]:
    outer = {place for each in here for place in above[each]}
    found: dict[tuple[str, str | None], Assignment] = {}
    for place in here:
        assignment = said[place]
        if assignment is not None and place not in outer:
            found.setdefault((assignment.role, assignment.tier), assignment)
    return tuple(found.values())


def _ancestors(lanes: Sequence[Lane]) -> list[tuple[int, ...]]:
    """The places of the lanes that hold each lane, the outermost first."""
    path: tuple[int, ...] = ()
    found = []
    for place, lane in enumerate(lanes):
        path = path[: lane.depth]
        found.append(path)
        path = (*path, place)
    return found
