"""Flow nodes and sequence flows, from XML to the values of `elements.py`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from motcua.bpmn.elements import Body, EventDefinition, EventKind, Node, SequenceFlow
from motcua.bpmn.event_definitions import EVENT_TAGS, message_event, read_event
from motcua.bpmn.extension import read_extensions
from motcua.bpmn.loops import LOOP_TAGS, read_loop
from motcua.bpmn.reading import (
    BODY_TAGS,
    DATA_TAGS,
    DRAWING_ONLY,
    EVENT_NODE_TAGS,
    MODEL,
    NODE_TAGS,
    Reading,
    check_attributes,
    expression,
    line,
    only_text,
    reference,
    text,
    truth,
)


def read_flow_elements(container: etree._Element, reading: Reading) -> tuple[tuple[Node, ...], tuple[SequenceFlow, ...]]:
    """The nodes and sequence flows directly inside a process or a sub-process; their references are not yet judged."""
    nodes, flows, defaults = [], [], {}
    for child in container.iterchildren(f"{{{MODEL}}}*"):
        tag = etree.QName(child).localname
        if tag in NODE_TAGS:
            node = _node(child, tag, reading)
            nodes.append(node)
            if node.default_flow:
                defaults[node.default_flow] = node.id
        elif tag == "sequenceFlow":
            flows.append(_flow(child, reading))
        elif tag in DATA_TAGS:
            reading.report(
                "data-object",
                child,
                f"bpmn:{tag} is only drawn; data is in the variables that forms, messages and operations declare",
                "declare the data as fields, or remove it",
            )
    flows = [replace(flow, is_default=True) if defaults.get(flow.id) == flow.source else flow for flow in flows]
    incoming, outgoing = defaultdict(list), defaultdict(list)
    for flow in flows:
        incoming[flow.target].append(flow.id)
        outgoing[flow.source].append(flow.id)
    ends = {("incoming", flow.target, flow.id) for flow in flows} | {("outgoing", flow.source, flow.id) for flow in flows}
    for child in container.iterchildren(*(f"{{{MODEL}}}{tag}" for tag in NODE_TAGS)):
        _compare_listed(child, ends, reading)
    # An id that stands twice is an error of the model; its flows belong to the first, so that a file of one id stays small.
    joined = {id: (tuple(incoming[id]), tuple(outgoing[id])) for id in {node.id for node in nodes}}
    in_and_out = [joined.pop(node.id, ((), ())) for node in nodes]
    return (
        tuple(replace(node, incoming=before, outgoing=after) for node, (before, after) in zip(nodes, in_and_out, strict=True)),
        tuple(flows),
    )


def _compare_listed(element: etree._Element, ends: set[tuple[str, str, str]], reading: Reading) -> None:
    """A node may list its flows; the flows themselves decide, and a list that says otherwise shows a file mended by half."""
    for child in element.iterchildren(f"{{{MODEL}}}incoming", f"{{{MODEL}}}outgoing"):
        tag = etree.QName(child).localname
        if (tag, element.get("id", ""), reference(text(child)) or "") not in ends:
            reading.report(
                "listed-flow",
                child,
                f'bpmn:{tag} lists "{text(child)}", but no such sequence flow joins this element',
                "remove the line, or mend sourceRef and targetRef of the flow",
            )


def _flow(element: etree._Element, reading: Reading) -> SequenceFlow:
    check_attributes(element, reading)
    condition = None
    for child in element.iterchildren(f"{{{MODEL}}}*"):
        tag = etree.QName(child).localname
        if tag == "conditionExpression":
            condition = expression(child, reading)
        elif tag == "extensionElements":
            read_extensions(child, "sequenceFlow", reading.report)
        elif tag != "documentation":
            reading.unsupported(child)
    return SequenceFlow(
        id=element.get("id", ""),
        name=element.get("name", ""),
        source=reference(element.get("sourceRef")) or "",
        target=reference(element.get("targetRef")) or "",
        condition=condition,
        line=line(element),
    )


def _node(element: etree._Element, tag: str, reading: Reading) -> Node:
    check_attributes(element, reading)
    facts: dict[str, Any] = {}
    events: list[EventDefinition] = []
    for child in element.iterchildren(f"{{{MODEL}}}*"):
        name = etree.QName(child).localname
        if name == "documentation":
            facts["documentation"] = text(child)
        elif name == "extensionElements":
            facts.update(_extension_fields(read_extensions(child, tag, reading.report)))
        elif name in EVENT_TAGS and tag in EVENT_NODE_TAGS:
            events.append(read_event(child, EVENT_TAGS[name], reading))
        elif name == "script" and tag == "scriptTask":
            facts["script"] = only_text(child, reading)
        elif name in LOOP_TAGS:
            facts["loop"], facts["repetition"] = read_loop(child, name, reading)
        elif name in {"incoming", "outgoing"}:
            continue
        elif tag not in BODY_TAGS or name not in _IN_BODIES:
            reading.unsupported(child)
    if tag in BODY_TAGS:
        facts["body"] = Body(*read_flow_elements(element, reading))
    message_ref = reference(element.get("messageRef"))
    if message_ref:
        events.append(message_event(message_ref, element, reading))
    if tag in EVENT_NODE_TAGS and not events:
        events.append(EventDefinition(EventKind.NONE, line=line(element)))
    return Node(
        id=element.get("id", ""),
        name=element.get("name", ""),
        kind=NODE_TAGS[tag],
        line=line(element),
        default_flow=reference(element.get("default")),
        event=None if not events else events[0] if len(events) == 1 else EventDefinition(EventKind.MULTIPLE, line=line(element)),
        attached_to=reference(element.get("attachedToRef")),
        cancel_activity=truth(element, "cancelActivity", default=True),
        is_interrupting=truth(element, "isInterrupting", default=True),
        called_element=reference(element.get("calledElement")),
        triggered_by_event=truth(element, "triggeredByEvent", default=False),
        script_format=element.get("scriptFormat"),
        **facts,
    )


_IN_BODIES: Final = frozenset(NODE_TAGS) | DRAWING_ONLY | DATA_TAGS | {"sequenceFlow"}


def _extension_fields(found: dict[str, Any]) -> dict[str, Any]:
    return {"stops_clock" if name == "clock" else name: value for name, value in found.items()}
