"""Writing a document as BPMN 2.0 XML, with its diagram. The same values always give the same bytes.

The order of children follows the BPMN 2.0 schema (`Semantic.xsd`): documentation, extension elements, incoming and outgoing
flows, then what belongs to the element itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from motcua.bpmn.drawing import Bounds, Drawing, Point
from motcua.bpmn.elements import (
    Argument,
    Assignment,
    Body,
    Definitions,
    EventDefinition,
    EventKind,
    FormField,
    Lane,
    Node,
    NodeKind,
    Process,
    SequenceFlow,
    bodies,
)
from motcua.bpmn.extension import NAMESPACE as MOTCUA
from motcua.bpmn.layout import draw

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

_PREFIXES: Final = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "motcua": MOTCUA, "xsi": XSI}
_TAGS: Final[Mapping[NodeKind, str]] = {
    kind: "".join([words[0], *(word.title() for word in words[1:])]) for kind in NodeKind if (words := kind.value.split("_"))
}


def write_document(definitions: Definitions) -> bytes:
    """The document as UTF-8 XML, every process laid out afresh."""
    root = etree.Element(_name(BPMN, "definitions"), nsmap=_PREFIXES)
    root.set("id", definitions.id)
    if definitions.name:
        root.set("name", definitions.name)
    root.set("targetNamespace", "urn:motcua:models")
    for message in definitions.messages.values():
        _child(root, "message", id=message.id, name=message.name)
    for error in definitions.errors.values():
        _child(root, "error", id=error.id, name=error.name, errorCode=error.code)
    if definitions.participants:
        collaboration = _child(root, "collaboration", id="collaboration")
        for pool in definitions.participants:
            _child(collaboration, "participant", id=pool.id, name=pool.name, processRef=pool.process_id)
    for process in definitions.processes:
        _write_process(root, process)
    for process in definitions.processes:
        pools = [pool.id for pool in definitions.participants if pool.process_id == process.id]
        _write_diagram(root, process, draw(process), pools[0] if pools else None)
    etree.indent(root, "  ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="UTF-8") + b"\n"


def _name(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}"


def _child(parent: etree._Element, tag: str, namespace: str = BPMN, /, **attributes: object) -> etree._Element:
    """A child element; attributes that are None are left out, booleans are written as XML Schema writes them."""
    element = etree.SubElement(parent, _name(namespace, tag))
    for name, value in attributes.items():
        if value is not None:
            element.set(name, str(value).lower() if isinstance(value, bool) else str(value))
    return element


def _text(parent: etree._Element, tag: str, content: str) -> None:
    element = _child(parent, tag)
    element.text = content
    if tag != "script" and tag != "documentation":
        element.set(_name(XSI, "type"), "bpmn:tFormalExpression")


def _write_process(root: etree._Element, process: Process) -> None:
    element = _child(root, "process", id=process.id, name=process.name, isExecutable=process.is_executable)
    if process.documentation:
        _text(element, "documentation", process.documentation)
    if process.procedure_code:
        _child(_child(element, "extensionElements"), "procedure", MOTCUA, code=process.procedure_code)
    if process.lanes:
        lanes = _child(element, "laneSet", id=f"lanes_{process.id}")
        _write_lanes(lanes, process.lanes)
    for node in process.nodes:
        _write_node(element, node)
    for flow in process.flows:
        _write_flow(element, flow)
    _write_associations(element, process)


def _write_lanes(lane_set: etree._Element, lanes: Sequence[Lane]) -> None:
    depth = min((lane.depth for lane in lanes), default=0)
    starts = [place for place, lane in enumerate(lanes) if lane.depth == depth]
    for start, following in itertools.pairwise([*starts, len(lanes)]):
        lane, inner = lanes[start], lanes[start + 1 : following]
        element = _child(lane_set, "lane", id=lane.id, name=lane.name)
        if lane.assignment:
            _write_assignment(_child(element, "extensionElements"), lane.assignment)
        for node_id in lane.node_ids:
            _child(element, "flowNodeRef").text = node_id
        if inner:
            _write_lanes(_child(element, "childLaneSet", id=f"lanes_{lane.id}"), inner)


def _write_assignment(holder: etree._Element, assignment: Assignment) -> None:
    _child(holder, "assignment", MOTCUA, role=assignment.role, tier=assignment.tier)


def _write_flow(parent: etree._Element, flow: SequenceFlow) -> None:
    element = _child(parent, "sequenceFlow", id=flow.id, name=flow.name or None, sourceRef=flow.source, targetRef=flow.target)
    if flow.condition is not None:
        _text(element, "conditionExpression", flow.condition)


def _write_associations(parent: etree._Element, container: Process | Body) -> None:
    """What joins a compensation event to the activity that undoes."""
    for id, source, target in _associations(container):
        _child(parent, "association", id=id, associationDirection="One", sourceRef=source, targetRef=target)


def _associations(container: Process | Body) -> list[tuple[str, str, str]]:
    return [(f"{node.id}_{target}", node.id, target) for node in container.nodes for target in node.associated]


def _write_node(parent: etree._Element, node: Node) -> None:
    boundary = node.kind is NodeKind.BOUNDARY_EVENT
    receive = node.kind is NodeKind.RECEIVE_TASK
    element = _child(
        parent,
        _TAGS[node.kind],
        id=node.id,
        name=node.name or None,
        attachedToRef=node.attached_to,
        cancelActivity=node.cancel_activity if boundary else None,
        calledElement=node.called_element,
        default=node.default_flow,
        messageRef=node.event.ref if receive and node.event else None,
        scriptFormat=node.script_format,
        triggeredByEvent=node.triggered_by_event or None,
        isForCompensation=node.is_for_compensation or None,
    )
    if node.documentation:
        _text(element, "documentation", node.documentation)
    _write_extensions(element, node)
    for flow_id in node.incoming:
        _child(element, "incoming").text = flow_id
    for flow_id in node.outgoing:
        _child(element, "outgoing").text = flow_id
    if node.event and not receive:
        _write_event(element, node.id, node.event)
    if node.script is not None:
        _text(element, "script", node.script)
    if node.body:
        for inner in node.body.nodes:
            _write_node(element, inner)
        for flow in node.body.flows:
            _write_flow(element, flow)
        _write_associations(element, node.body)


def _write_event(parent: etree._Element, owner: str, event: EventDefinition) -> None:
    if event.kind is EventKind.NONE:
        return
    reference = {"messageRef": event.ref} if event.kind is EventKind.MESSAGE else {}
    reference |= {"errorRef": event.ref} if event.kind is EventKind.ERROR else {}
    if event.kind is EventKind.COMPENSATE:
        reference |= {"activityRef": event.ref, "waitForCompletion": None if event.waits else "false"}
    element = _child(parent, f"{event.kind.value}EventDefinition", id=f"{owner}_{event.kind.value}", **reference)
    if event.timer:
        _child(_child(element, "extensionElements"), "timer", MOTCUA, clock=event.timer.clock.value)
        _text(element, f"time{event.timer.kind.value.title()}", event.timer.text)


def _write_extensions(element: etree._Element, node: Node) -> None:
    holder = etree.Element(_name(BPMN, "extensionElements"))
    if node.assignment and node.assignment.lane is None:
        _write_assignment(holder, node.assignment)
    if node.norm:
        _child(holder, "norm", MOTCUA, hours=f"{node.norm.hours:g}", basis=node.norm.basis, source=node.norm.source or None)
    for tag, fields in (("form", node.form), ("payload", node.payload)):
        if fields:
            _write_fields(_child(holder, tag, MOTCUA), fields)
    if node.operation:
        operation = _child(holder, "operation", MOTCUA, name=node.operation.name)
        _write_inputs(operation, node.operation.inputs)
        for output in node.operation.outputs:
            _child(operation, "output", MOTCUA, name=output.name, variable=output.variable)
    if node.retry:
        _child(
            holder,
            "retry",
            MOTCUA,
            attempts=node.retry.attempts,
            firstSeconds=f"{node.retry.first_seconds:g}",
            factor=f"{node.retry.factor:g}",
        )
    if node.decision:
        decision = _child(holder, "decision", MOTCUA, name=node.decision.name)
        _write_inputs(decision, node.decision.inputs)
        for output in node.decision.outputs:
            _child(decision, "output", MOTCUA, name=output.name, variable=output.variable)
    if node.arguments:
        _write_inputs(_child(holder, "arguments", MOTCUA), node.arguments)
    if node.act:
        _child(holder, "act", MOTCUA, name=node.act)
    if node.stops_clock:
        _child(holder, "clock", MOTCUA, stops="authority", cause=node.stops_clock.cause, source=node.stops_clock.source)
    if len(holder):
        element.append(holder)


def _write_fields(parent: etree._Element, fields: tuple[FormField, ...]) -> None:
    for field in fields:
        element = _child(parent, "field", MOTCUA, name=field.name, type=field.type, label=field.label, required=field.required)
        for option in field.options:
            _child(element, "option", MOTCUA, value=option.value, label=option.label)


def _write_inputs(parent: etree._Element, inputs: tuple[Argument, ...]) -> None:
    for each in inputs:
        _child(parent, "input", MOTCUA, name=each.name, expression=each.expression)


def _write_diagram(root: etree._Element, process: Process, drawing: Drawing, pool_id: str | None) -> None:
    diagram = _child(root, "BPMNDiagram", BPMNDI, id=f"diagram_{process.id}")
    plane_of = "collaboration" if pool_id else process.id
    plane = _child(diagram, "BPMNPlane", BPMNDI, id=f"plane_{process.id}", bpmnElement=plane_of)
    if pool_id and drawing.pool:
        _write_shape(plane, pool_id, drawing.pool, isHorizontal=True)
        for lane_id, bounds in drawing.lanes.items():
            _write_shape(plane, lane_id, bounds, isHorizontal=True)
    for node_id, bounds in drawing.shapes.items():
        _write_shape(
            plane, node_id, bounds, label=drawing.labels.get(node_id), isExpanded=True if node_id in drawing.opened else None
        )
    for flow_id, points in drawing.edges.items():
        _write_edge(plane, flow_id, points, drawing.labels.get(flow_id))
    for container in bodies(process):
        for id, source, target in _associations(container):
            _write_edge(plane, id, (drawing.shapes[source].centre, drawing.shapes[target].centre), None)


def _write_shape(plane: etree._Element, of: str, bounds: Bounds, *, label: Bounds | None = None, **attributes: object) -> None:
    shape = _child(plane, "BPMNShape", BPMNDI, id=f"{of}_di", bpmnElement=of, **attributes)
    _write_bounds(shape, bounds)
    if label:
        _write_bounds(_child(shape, "BPMNLabel", BPMNDI), label)


def _write_edge(plane: etree._Element, of: str, points: tuple[Point, ...], label: Bounds | None) -> None:
    edge = _child(plane, "BPMNEdge", BPMNDI, id=f"{of}_di", bpmnElement=of)
    for x, y in points:
        _child(edge, "waypoint", DI, x=x, y=y)
    if label:
        _write_bounds(_child(edge, "BPMNLabel", BPMNDI), label)


def _write_bounds(parent: etree._Element, bounds: Bounds) -> None:
    _child(parent, "Bounds", DC, x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)
