"""Reads a BPMN 2.0 document safely: no entities, no document type, no network, bounded size and depth (HAZARDS: row 27).

`read_document` fails only when the file is no BPMN document at all. Whatever else is wrong with it is kept in the result, for
`motcua.bpmn.checks` to report all at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lxml import etree

from motcua.bpmn.elements import (
    Definitions,
    Error,
    Escalation,
    Lane,
    Message,
    MessageFlow,
    Participant,
    Process,
    Signal,
)
from motcua.bpmn.extension import read_extensions
from motcua.bpmn.flow_elements import read_flow_elements
from motcua.bpmn.lanes import with_roles_of_lanes
from motcua.bpmn.reading import (
    ACTIVITY_TAGS,
    DATA_TAGS,
    DRAWING_ONLY,
    MODEL,
    NODE_TAGS,
    Reading,
    check_attributes,
    line,
    reference,
    text,
    truth,
)
from motcua.bpmn.safe_xml import MAX_ATTRIBUTES as MAX_ATTRIBUTES
from motcua.bpmn.safe_xml import MAX_BYTES as MAX_BYTES
from motcua.bpmn.safe_xml import MAX_DEPTH as MAX_DEPTH
from motcua.bpmn.safe_xml import MAX_ELEMENTS as MAX_ELEMENTS
from motcua.bpmn.safe_xml import MAX_VALUE as MAX_VALUE
from motcua.bpmn.safe_xml import ModelUnreadable as ModelUnreadable
from motcua.bpmn.safe_xml import parse_safely

DIAGRAM: Final = "http://www.omg.org/spec/BPMN/20100524/DI"


def read_document(content: bytes, source: str) -> Definitions:
    """The document in `content`. `source` names it in messages: a path, or where it came from.

    Raises ModelUnreadable for what is not well-formed XML in UTF-8, carries a document type, is larger than 500,000 bytes or 5,000
    elements or deeper than 60, has an element with more than 50 attributes or a value of more than 10,000 characters, or has
    another root than bpmn:definitions.
    """
    root = parse_safely(content, source, f"{{{MODEL}}}definitions", "BPMN 2.0")
    reading = Reading()
    _read_names(root, reading)
    processes: list[Process] = []
    participants: list[Participant] = []
    message_flows: list[MessageFlow] = []
    for child in root.iterchildren(f"{{{MODEL}}}*"):
        tag = etree.QName(child).localname
        if tag == "process":
            processes.append(_process(child, reading))
        elif tag == "collaboration":
            check_attributes(child, reading)
            for inner in child.iterchildren(f"{{{MODEL}}}*"):
                _read_collaboration(inner, participants, message_flows, reading)
        elif tag == "extensionElements":
            read_extensions(child, "definitions", reading.report)
        elif tag not in _NAMED | DRAWING_ONLY | {"documentation", "dataStore"}:
            reading.unsupported(child)
    _report_strangers(root, reading)
    return Definitions(
        id=root.get("id", ""),
        name=root.get("name", ""),
        source=source,
        processes=tuple(processes),
        messages=reading.messages,
        errors=reading.errors,
        signals=reading.signals,
        escalations=reading.escalations,
        participants=tuple(participants),
        message_flows=tuple(message_flows),
        oddities=tuple(reading.oddities),
        drawn=frozenset(_drawn(root)),
        ids=tuple(
            (element.get("id", ""), line(element)) for element in root.iter(f"{{{MODEL}}}*", f"{{{DIAGRAM}}}*") if element.get("id")
        ),
    )


_NAMED: Final = frozenset({"message", "error", "signal", "escalation"})


def _read_names(root: etree._Element, reading: Reading) -> None:
    """What events refer to stands anywhere in the file, so it is read before them."""
    for element in root.iterchildren(*(f"{{{MODEL}}}{tag}" for tag in _NAMED)):
        check_attributes(element, reading)
        tag, id, name = etree.QName(element).localname, element.get("id", ""), element.get("name", "")
        if tag == "message":
            reading.messages.setdefault(id, Message(id, name, line(element)))
        elif tag == "error":
            reading.errors.setdefault(id, Error(id, element.get("errorCode", ""), name, line(element)))
        elif tag == "signal":
            reading.signals.setdefault(id, Signal(id, name, line(element)))
        else:
            reading.escalations.setdefault(id, Escalation(id, element.get("escalationCode", ""), name, line(element)))
    activities = {element.get("id", "") for element in root.iter(*(f"{{{MODEL}}}{tag}" for tag in ACTIVITY_TAGS))}
    for element in root.iter(f"{{{MODEL}}}association"):
        ends = reference(element.get("sourceRef")) or "", reference(element.get("targetRef")) or ""
        for here, there in (ends, ends[::-1]):
            if there in activities:
                reading.associated.setdefault(here, set()).add(there)


def _process(element: etree._Element, reading: Reading) -> Process:
    check_attributes(element, reading)
    lanes: list[Lane] = []
    procedure_code, documentation = None, ""
    for child in element.iterchildren(f"{{{MODEL}}}*"):
        tag = etree.QName(child).localname
        if tag == "laneSet":
            lanes.extend(_lanes(child, reading))
        elif tag == "documentation":
            documentation = text(child)
        elif tag == "extensionElements":
            procedure_code = read_extensions(child, "process", reading.report).get("procedure")
        elif tag not in _IN_PROCESS:
            reading.unsupported(child)
    nodes, flows = read_flow_elements(element, reading)
    lane_of = {node_id: lane.id for lane in lanes for node_id in lane.node_ids}
    return Process(
        id=element.get("id", ""),
        name=element.get("name", ""),
        is_executable=truth(element, "isExecutable", default=False),
        procedure_code=procedure_code,
        nodes=with_roles_of_lanes((replace(node, lane=lane_of[node.id]) if node.id in lane_of else node for node in nodes), lanes),
        flows=flows,
        lanes=tuple(lanes),
        documentation=documentation,
        line=line(element),
    )


_IN_PROCESS: Final = frozenset(NODE_TAGS) | DRAWING_ONLY | DATA_TAGS | {"sequenceFlow"}


def _lanes(lane_set: etree._Element, reading: Reading, depth: int = 0) -> Iterator[Lane]:
    for element in lane_set.iterchildren(f"{{{MODEL}}}lane"):
        check_attributes(element, reading)
        node_ids = tuple(reference(text(each)) or "" for each in element.iterchildren(f"{{{MODEL}}}flowNodeRef"))
        assignment, inner = None, list[Lane]()
        for child in element.iterchildren(f"{{{MODEL}}}*"):
            tag = etree.QName(child).localname
            if tag == "childLaneSet":
                inner.extend(_lanes(child, reading, depth + 1))
            elif tag == "extensionElements":
                assignment = read_extensions(child, "lane", reading.report).get("assignment")
            elif tag not in {"flowNodeRef", "documentation"}:
                reading.unsupported(child)
        yield Lane(element.get("id", ""), element.get("name", ""), node_ids, assignment, depth, line(element))
        yield from inner


def _read_collaboration(
    element: etree._Element, participants: list[Participant], message_flows: list[MessageFlow], reading: Reading
) -> None:
    tag, id, name = etree.QName(element).localname, element.get("id", ""), element.get("name", "")
    if tag == "participant":
        check_attributes(element, reading)
        for child in element.iterchildren(f"{{{MODEL}}}*"):
            if etree.QName(child).localname == "extensionElements":
                read_extensions(child, tag, reading.report)
            elif etree.QName(child).localname != "documentation":
                reading.unsupported(child)
        participants.append(Participant(id, name, reference(element.get("processRef")), line(element)))
    elif tag == "messageFlow":
        check_attributes(element, reading)
        source, target = reference(element.get("sourceRef")), reference(element.get("targetRef"))
        message_flows.append(MessageFlow(id, name, source or "", target or "", line(element)))
    elif tag not in DRAWING_ONLY | {"documentation"}:
        reading.unsupported(element)


def _report_strangers(root: etree._Element, reading: Reading) -> None:
    """What stands directly inside BPMN elements and is none of BPMN's: extensions belong into bpmn:extensionElements."""
    for parent in root.iter(f"{{{MODEL}}}*"):
        if parent.tag == f"{{{MODEL}}}extensionElements":
            continue
        for child in parent.iterchildren(etree.Element):
            name = etree.QName(child)
            if name.namespace not in {MODEL, DIAGRAM}:
                reading.report(
                    "unsupported-element",
                    child,
                    f"{name.localname} is no element of BPMN and may not stand directly in bpmn:{etree.QName(parent).localname}",
                    "move it into bpmn:extensionElements, or remove it",
                )


def _drawn(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{{{DIAGRAM}}}BPMNShape", f"{{{DIAGRAM}}}BPMNEdge"):
        drawn = reference(element.get("bpmnElement"))
        if drawn:
            yield drawn
