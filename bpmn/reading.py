"""What every part of the BPMN reader shares: the vocabulary that is understood, and where the rest is reported.

Every attribute and child that stands in a file is either read, known to change nothing, or reported: the tables below and in
`flow_elements.py` are the whole of what is understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from motcua.bpmn.elements import Error, Escalation, Message, NodeKind, Oddity, Signal

MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

NODE_TAGS: Final[Mapping[str, NodeKind]] = {
    "startEvent": NodeKind.START_EVENT,
    "endEvent": NodeKind.END_EVENT,
    "intermediateCatchEvent": NodeKind.INTERMEDIATE_CATCH_EVENT,
    "intermediateThrowEvent": NodeKind.INTERMEDIATE_THROW_EVENT,
    "boundaryEvent": NodeKind.BOUNDARY_EVENT,
    "task": NodeKind.TASK,
    "userTask": NodeKind.USER_TASK,
    "manualTask": NodeKind.MANUAL_TASK,
    "serviceTask": NodeKind.SERVICE_TASK,
    "sendTask": NodeKind.SEND_TASK,
    "receiveTask": NodeKind.RECEIVE_TASK,
    "scriptTask": NodeKind.SCRIPT_TASK,
    "businessRuleTask": NodeKind.BUSINESS_RULE_TASK,
    "callActivity": NodeKind.CALL_ACTIVITY,
    "subProcess": NodeKind.SUB_PROCESS,
    "adHocSubProcess": NodeKind.AD_HOC_SUB_PROCESS,
    "transaction": NodeKind.TRANSACTION,
    "exclusiveGateway": NodeKind.EXCLUSIVE_GATEWAY,
    "parallelGateway": NodeKind.PARALLEL_GATEWAY,
    "inclusiveGateway": NodeKind.INCLUSIVE_GATEWAY,
    "eventBasedGateway": NodeKind.EVENT_BASED_GATEWAY,
    "complexGateway": NodeKind.COMPLEX_GATEWAY,
}
BODY_TAGS: Final = frozenset({"subProcess", "adHocSubProcess", "transaction"})
EVENT_NODE_TAGS: Final = frozenset(tag for tag in NODE_TAGS if tag.endswith("Event"))
_GATEWAY_TAGS: Final = frozenset(tag for tag in NODE_TAGS if tag.endswith("Gateway"))
ACTIVITY_TAGS: Final = frozenset(NODE_TAGS) - EVENT_NODE_TAGS - _GATEWAY_TAGS

DRAWING_ONLY: Final = frozenset({"textAnnotation", "association", "group", "category"})
"""Elements that mean nothing when the process runs, and are kept by whoever saves the file. One exception: an association joins a
compensation event to the activity that undoes."""
DATA_TAGS: Final = frozenset({"dataObject", "dataObjectReference", "dataStore", "dataStoreReference"})

_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "startEvent": frozenset({"isInterrupting"}),
    "boundaryEvent": frozenset({"attachedToRef", "cancelActivity"}),
    "userTask": frozenset({"implementation"}),
    "serviceTask": frozenset({"implementation"}),
    "sendTask": frozenset({"implementation", "messageRef"}),
    "receiveTask": frozenset({"implementation", "messageRef"}),
    "businessRuleTask": frozenset({"implementation"}),
    "scriptTask": frozenset({"scriptFormat"}),
    "standardLoopCharacteristics": frozenset({"testBefore", "loopMaximum"}),
    "multiInstanceLoopCharacteristics": frozenset({"isSequential"}),
    "callActivity": frozenset({"calledElement"}),
    "subProcess": frozenset({"triggeredByEvent"}),
    "sequenceFlow": frozenset({"sourceRef", "targetRef"}),
    "process": frozenset({"isExecutable", "processType"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "signalEventDefinition": frozenset({"signalRef"}),
    "escalationEventDefinition": frozenset({"escalationRef"}),
    "compensateEventDefinition": frozenset({"activityRef", "waitForCompletion"}),
    "message": frozenset({"itemRef"}),
    "error": frozenset({"errorCode", "structureRef"}),
    "signal": frozenset({"structureRef"}),
    "escalation": frozenset({"escalationCode", "structureRef"}),
    "participant": frozenset({"processRef"}),
    "messageFlow": frozenset({"sourceRef", "targetRef"}),
    "collaboration": frozenset({"isClosed"}),
}
_HARMLESS: Final[Mapping[str, str]] = {
    "startQuantity": "1",
    "completionQuantity": "1",
    "parallelMultiple": "false",
    "instantiate": "false",
    "eventGatewayType": "Exclusive",
    "isImmediate": "true",
    "isClosed": "false",
    "behavior": "All",
    "method": "##Compensate",
}
"""Attributes that some tools write out with the value that the standard gives them anyway."""


_FINDABLE: Final = frozenset(
    f"{{{MODEL}}}{tag}"
    for tag in {
        *NODE_TAGS,
        *DATA_TAGS,
        "definitions",
        "process",
        "sequenceFlow",
        "lane",
        "participant",
        "messageFlow",
        "message",
        "error",
    }
)
"""What a person can find on the drawing or in a list of the modeller; an oddity inside is reported there."""


@dataclass(slots=True)
class Reading:
    """What the reader carries along: the names that references resolve to, what it found odd, and the activities at the other end
    of the associations of each element."""

    messages: dict[str, Message] = field(default_factory=dict)
    errors: dict[str, Error] = field(default_factory=dict)
    signals: dict[str, Signal] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    oddities: list[Oddity] = field(default_factory=list)
    associated: dict[str, set[str]] = field(default_factory=dict)

    def report(self, rule: str, element: etree._Element, message: str, remedy: str) -> None:
        owner: etree._Element | None = element
        while owner is not None and not (owner.get("id") and owner.tag in _FINDABLE):
            owner = owner.getparent()
        self.oddities.append(Oddity(rule, None if owner is None else owner.get("id"), message, remedy, line(element)))

    def unsupported(self, element: etree._Element) -> None:
        name = etree.QName(element).localname
        self.report(
            "unsupported-element", element, f"bpmn:{name} is not understood here", "remove it, or model it with other elements"
        )


def line(element: etree._Element) -> int:
    return element.sourceline or 0


def text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def reference(written: str | None) -> str | None:
    """The id that a reference means: references are qualified names, and some tools write the prefix."""
    return (written or "").strip().rpartition(":")[2] or None


def truth(element: etree._Element, attribute: str, default: bool) -> bool:
    written = element.get(attribute, "").strip().lower()
    return default if not written else written in {"true", "1"}


def check_attributes(element: etree._Element, reading: Reading) -> None:
    """Report every attribute that nothing here understands."""
    tag = etree.QName(element).localname
    for attribute, value in element.attrib.items():
        name = etree.QName(attribute)
        if name.namespace in {XSI, "http://www.w3.org/XML/1998/namespace"}:
            continue
        if name.namespace:
            reading.report(
                "foreign-extension",
                element,
                f'the attribute "{name.localname}" of another tool is not used here',
                "remove it, or express it with an element of docs/extension.md",
            )
        elif name.localname not in {"id", "name"} | _allowed(tag) and _HARMLESS.get(name.localname) != value.strip():
            reading.report(
                "unsupported-attribute",
                element,
                f'{name.localname}="{value}" on bpmn:{tag} is not understood here',
                "remove the attribute",
            )


def _allowed(tag: str) -> frozenset[str]:
    allowed = _ATTRIBUTES.get(tag, frozenset())
    if tag in _GATEWAY_TAGS:
        return allowed | {"gatewayDirection", "default"}
    return allowed | {"default", "isForCompensation"} if tag in NODE_TAGS and tag not in EVENT_NODE_TAGS else allowed


def expression(element: etree._Element, reading: Reading) -> str:
    language = element.get("language", "motcua")
    if language != "motcua":
        reading.report(
            "unsupported-attribute",
            element,
            f'an expression in the language "{language}" cannot be evaluated here',
            "write it in the language of docs/extension.md and remove the attribute language",
        )
    return only_text(element, reading)


def only_text(element: etree._Element, reading: Reading) -> str:
    """The text of an element that may hold nothing else."""
    for child in element.iterchildren(etree.Element):
        reading.unsupported(child)
    return text(element)
