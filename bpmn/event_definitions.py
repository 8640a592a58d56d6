"""Event definitions, from XML to the values of `elements.py`, with what they refer to resolved to names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lxml import etree

from motcua.bpmn.elements import EventDefinition, EventKind, Timer, TimerClock, TimerKind
from motcua.bpmn.extension import read_extensions
from motcua.bpmn.reading import MODEL, Reading, check_attributes, expression, line, reference, truth

EVENT_TAGS: Final[Mapping[str, EventKind]] = {
    f"{kind.value}EventDefinition": kind for kind in EventKind if kind not in {EventKind.NONE, EventKind.MULTIPLE}
}
_TIMER_TAGS: Final = {"timeDuration": TimerKind.DURATION, "timeDate": TimerKind.DATE, "timeCycle": TimerKind.CYCLE}


def message_event(ref: str, element: etree._Element, reading: Reading) -> EventDefinition:
    message = reading.messages.get(ref)
    if message is None:
        reading.report(
            "dangling-reference", element, f'messageRef="{ref}" names no message of this document', "add the bpmn:message"
        )
    return EventDefinition(EventKind.MESSAGE, ref=ref, message=message.name if message else None, line=line(element))


def read_event(element: etree._Element, kind: EventKind, reading: Reading) -> EventDefinition:
    check_attributes(element, reading)
    timer_facts: list[tuple[TimerKind, str]] = []
    clock = TimerClock.AUTHORITY
    condition = None
    for child in element.iterchildren(f"{{{MODEL}}}*"):
        name = etree.QName(child).localname
        if name == "extensionElements":
            clock = read_extensions(child, etree.QName(element).localname, reading.report).get("timer", clock)
        elif kind is EventKind.TIMER and name in _TIMER_TAGS:
            timer_facts.append((_TIMER_TAGS[name], expression(child, reading)))
        elif kind is EventKind.CONDITIONAL and name == "condition":
            condition = expression(child, reading)
        elif kind is EventKind.LINK and name in {"source", "target"}:
            continue  # they repeat what the names of the link events say
        elif name != "documentation":
            reading.unsupported(child)
    here = line(element)
    if kind is EventKind.TIMER:
        if len(timer_facts) != 1:
            reading.report(
                "timer", element, "a timer needs exactly one time", "write one bpmn:timeDuration, such as 15 working days"
            )
        return EventDefinition(kind, timer=Timer(*timer_facts[0], clock, here) if timer_facts else None, line=here)
    if kind is EventKind.MESSAGE:
        ref = reference(element.get("messageRef"))
        return replace(message_event(ref, element, reading), line=here) if ref else EventDefinition(kind, line=here)
    if kind is EventKind.ERROR:
        ref = reference(element.get("errorRef"))
        error = reading.errors.get(ref or "")
        if ref and error is None:
            reading.report("dangling-reference", element, f'errorRef="{ref}" names no error of this document', "add the bpmn:error")
        return EventDefinition(kind, ref=ref, error_code=error.code if error else None, line=here)
    if kind is EventKind.SIGNAL:
        ref = reference(element.get("signalRef"))
        signal = reading.signals.get(ref or "")
        if ref and signal is None:
            reading.report(
                "dangling-reference", element, f'signalRef="{ref}" names no signal of this document', "add the bpmn:signal"
            )
        return EventDefinition(kind, ref=ref, name=signal.name if signal else None, line=here)
    if kind is EventKind.ESCALATION:
        ref = reference(element.get("escalationRef"))
        escalation = reading.escalations.get(ref or "")
        if ref and escalation is None:
            reading.report(
                "dangling-reference",
                element,
                f'escalationRef="{ref}" names no escalation of this document',
                "add the bpmn:escalation",
            )
        return EventDefinition(kind, ref=ref, name=(escalation.code or escalation.name) if escalation else None, line=here)
    if kind is EventKind.COMPENSATE:
        waits = truth(element, "waitForCompletion", default=True)
        return EventDefinition(kind, ref=reference(element.get("activityRef")), waits=waits, line=here)
    return EventDefinition(kind, name=element.get("name"), condition=condition, line=here)
