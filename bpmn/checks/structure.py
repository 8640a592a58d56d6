"""Rules about the drawing as a graph: references, ways in and out, gateways, and the diagram itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.findings import (
    CheckContext,
    Finding,
    Rule,
    Severity,
    all_flows,
    all_nodes,
    containers,
    doubtful,
    title,
    wrong,
)
from motcua.bpmn.elements import (
    ACTIVITY_KINDS,
    EVENT_KINDS,
    Body,
    Definitions,
    EventKind,
    Node,
    NodeKind,
    Process,
    SequenceFlow,
    walk,
)

_CATCHES: Final = frozenset({EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL})
_DECIDING: Final = frozenset({NodeKind.EXCLUSIVE_GATEWAY, NodeKind.INCLUSIVE_GATEWAY})


def ids_are_given_once(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for id, line in definitions.ids:
        lines[id].append(line)
    for id, places in lines.items():
        if len(places) > 1:
            where = ", ".join(str(place) for place in places[:5])
            yield Finding(
                "duplicate-id", Severity.ERROR, id, places[1], f'the id "{id}" stands on the lines {where}', "give each its own"
            )
    elements: list[Process | Node | SequenceFlow] = [*definitions.processes, *all_nodes(definitions), *all_flows(definitions)]
    for element in elements:
        if not element.id:
            yield wrong("missing-id", element, "an element has no id", 'write id="…" with a name of its own')


def flows_join_nodes(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        here = {node.id for node in container.nodes}
        for flow in container.flows:
            for end, node_id in (("sourceRef", flow.source), ("targetRef", flow.target)):
                if node_id not in here:
                    yield wrong(
                        "dangling-reference",
                        flow,
                        f'{end}="{node_id}" names no element beside this sequence flow',
                        "join it to one in the same process or sub-process, or remove it",
                    )


def other_references(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.default_flow and node.default_flow not in node.outgoing:
            yield wrong(
                "dangling-reference",
                node,
                f'default="{node.default_flow}" does not leave {title(node)}',
                "name one of its outgoing flows",
            )
    known = {node.id for node in all_nodes(definitions)}
    for process in definitions.processes:
        for lane in process.lanes:
            for node_id in lane.node_ids:
                if node_id not in known:
                    yield wrong("dangling-reference", lane, f'the lane lists "{node_id}", which does not exist', "remove the line")
    processes = {process.id for process in definitions.processes}
    for participant in definitions.participants:
        if participant.process_id and participant.process_id not in processes:
            yield wrong(
                "dangling-reference", participant, f'processRef="{participant.process_id}" names no process', "correct or remove it"
            )


def starts_and_ends(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        yield from _starts_and_ends(process, process)
        for node in walk(process):
            if node.body:
                yield from _starts_and_ends(node, node.body)


def _starts_and_ends(owner: Process | Node, container: Process | Body) -> Iterator[Finding]:
    starts = [node for node in container.nodes if node.kind is NodeKind.START_EVENT]
    if len(starts) != 1:
        yield wrong("start-event", owner, f"there are {len(starts)} start events", "draw exactly one")
    if not any(node.kind is NodeKind.END_EVENT for node in container.nodes):
        yield wrong("end-event", owner, "there is no end event", "draw at least one")
    for node in container.nodes:
        if node.incoming and node.kind in {NodeKind.START_EVENT, NodeKind.BOUNDARY_EVENT}:
            yield wrong("flow-direction", node, f"a sequence flow leads into {title(node)}", "remove it")
        if node.outgoing and node.kind is NodeKind.END_EVENT:
            yield wrong("flow-direction", node, f"a sequence flow leaves the end event {title(node)}", "remove it")


def every_node_is_on_the_way(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """From the start event every node is reached, and from every node an end event."""
    for _, container in containers(definitions):
        forward: defaultdict[str, list[str]] = defaultdict(list)
        backward: defaultdict[str, list[str]] = defaultdict(list)
        steps = [(flow.source, flow.target) for flow in container.flows]
        steps += [(node.attached_to, node.id) for node in container.nodes if node.attached_to]
        throwing, catching = _links(container, catching=False), _links(container, catching=True)
        # By way of the link's name, which no id equals: a step for each end of it, and not for each pair of ends.
        steps += [(node_id, f"\0{name}") for node_id, name in throwing.items()]
        steps += [(f"\0{name}", node_id) for node_id, name in catching.items()]
        for source, target in steps:
            forward[source].append(target)
            backward[target].append(source)
        reached = _reach((node.id for node in container.nodes if node.kind is NodeKind.START_EVENT), forward)
        leaving = _reach((node.id for node in container.nodes if node.kind is NodeKind.END_EVENT), backward)
        for node in container.nodes:
            if node.triggered_by_event:
                continue
            if node.id not in reached:
                yield wrong(
                    "unreachable", node, f"no way leads from the start event to {title(node)}", "join it with a sequence flow"
                )
            ends_here = not node.outgoing and node.kind is not NodeKind.END_EVENT and node.id not in throwing
            if node.id not in leaving or ends_here:
                yield wrong("no-way-out", node, f"no way leads from {title(node)} to an end event", "join it with a sequence flow")


def _links(container: Process | Body, *, catching: bool) -> dict[str, str | None]:
    """The names of the link events that catch, or that throw, by the event's id."""
    kind = NodeKind.INTERMEDIATE_CATCH_EVENT if catching else NodeKind.INTERMEDIATE_THROW_EVENT
    return {
        node.id: node.event.name
        for node in container.nodes
        if node.kind is kind and node.event is not None and node.event.kind is EventKind.LINK
    }


def _reach(first: Iterable[str], steps: Mapping[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(first)
    while todo:
        node_id = todo.pop()
        if node_id not in reached:
            reached.add(node_id)
            todo.extend(steps.get(node_id, ()))
    return reached


def only_gateways_split(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.kind in ACTIVITY_KINDS | EVENT_KINDS and len(node.outgoing) > 1:
            yield wrong(
                "implicit-split",
                node,
                f"{len(node.outgoing)} sequence flows leave {title(node)}",
                "put a parallel, an inclusive or an exclusive gateway after it",
            )


def conditions_stand_at_gateways(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        kinds = {node.id: node.kind for node in container.nodes}
        for flow in container.flows:
            if flow.condition is not None and kinds.get(flow.source) not in {None, *_DECIDING}:
                yield wrong(
                    "condition",
                    flow,
                    "a condition has no effect here",
                    "remove it, or let the flow leave an exclusive or inclusive gateway",
                )


def gateways_always_decide(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        flows = {flow.id: flow for flow in container.flows}
        for node in container.nodes:
            if node.kind not in _DECIDING:
                continue
            leaving = [flows[flow_id] for flow_id in node.outgoing]
            if len(leaving) > 1 and not any(flow.is_default for flow in leaving):
                yield wrong(
                    "default-flow", node, f"the gateway {title(node)} has no default flow", "mark one outgoing flow as default"
                )
            for flow in leaving:
                if flow.is_default and flow.condition is not None:
                    yield wrong("default-flow", flow, "the default flow has a condition", "remove the condition")
                if not flow.is_default and flow.condition is None and len(leaving) > 1:
                    yield wrong(
                        "condition", flow, f"the flow from {title(node)} has no condition", "write one, or make it the default"
                    )
                if not flow.is_default and flow.condition is not None and len(leaving) == 1:
                    yield wrong(
                        "default-flow",
                        flow,
                        f"the only way out of {title(node)} has a condition",
                        "remove it, or draw a default flow",
                    )


def event_based_gateways_wait(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        nodes = {node.id: node for node in container.nodes}
        flows = {flow.id: flow for flow in container.flows}
        for node in container.nodes:
            if node.kind is not NodeKind.EVENT_BASED_GATEWAY:
                continue
            if len(node.outgoing) < 2:
                yield wrong(
                    "event-based-gateway", node, f"{title(node)} waits for fewer than two events", "draw the catch event alone"
                )
            with_boundary = {each.attached_to for each in container.nodes}
            followers = [nodes[flows[flow_id].target] for flow_id in node.outgoing if flows[flow_id].target in nodes]
            for follower in followers:
                catches = follower.kind is NodeKind.INTERMEDIATE_CATCH_EVENT and follower.event_kind in _CATCHES
                if not catches and follower.kind is not NodeKind.RECEIVE_TASK:
                    yield wrong(
                        "event-based-gateway",
                        follower,
                        f"{title(follower)} follows an event-based gateway, but is no event that can be waited for",
                        "let only message, timer, signal and conditional catch events and receive tasks follow it",
                    )
                elif follower.loop is not None or follower.id in with_boundary:
                    yield wrong(
                        "event-based-gateway",
                        follower,
                        f"{title(follower)} follows an event-based gateway, but is repeated or has boundary events",
                        "put the repetition or the boundary events on a sub-process around all of it",
                    )
                elif len(follower.incoming) > 1:
                    yield wrong(
                        "event-based-gateway",
                        follower,
                        f"{title(follower)} has another way in",
                        "draw an event of its own for that way",
                    )
            messages = Counter(follower.event.message for follower in followers if follower.event and follower.event.message)
            for message, times in messages.items():
                if times > 1:
                    yield wrong("event-based-gateway", node, f'"{message}" is awaited {times} times', "await each message once")


def everything_is_drawn(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if not definitions.drawn:
        yield Finding(
            "diagram",
            Severity.WARNING,
            definitions.id or None,
            0,
            "the document has no diagram, so no modeller can show it",
            "draw it in the modeller",
        )
        return
    elements: list[Node | SequenceFlow] = [*all_nodes(definitions), *all_flows(definitions)]
    for element in elements:
        if element.id not in definitions.drawn:
            yield doubtful(
                "diagram", element, f'"{element.name or element.id}" has no place in the diagram', "draw it in the modeller"
            )


STRUCTURE_RULES: Final[tuple[Rule, ...]] = (
    ids_are_given_once,
    flows_join_nodes,
    other_references,
    starts_and_ends,
    every_node_is_on_the_way,
    only_gateways_split,
    conditions_stand_at_gateways,
    gateways_always_decide,
    event_based_gateways_wait,
    everything_is_drawn,
)
