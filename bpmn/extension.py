"""The `motcua` extension of BPMN (docs/extension.md), from XML to the typed fields of `elements.py`.

`PLACES` says where each extension element may stand. The moddle descriptor `schema/motcua.json` says the same to the modeller,
and a test keeps the two alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from motcua.bpmn.elements import (
    Argument,
    Assignment,
    ClockStop,
    DecisionUse,
    FormField,
    Norm,
    OperationUse,
    Option,
    OutputUse,
    Retry,
    TimerClock,
)

NAMESPACE: Final = "urn:motcua:bpmn:1.0"

_PEOPLE: Final = frozenset({"userTask", "manualTask"})
_CALLS: Final = frozenset({"serviceTask", "sendTask"})
_THROWS: Final = frozenset({"intermediateThrowEvent", "endEvent"})
_ACTIVITIES: Final = (
    _PEOPLE
    | _CALLS
    | {"task", "receiveTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess", "adHocSubProcess", "transaction"}
)
_EVENTS: Final = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})

PLACES: Final[Mapping[str, frozenset[str]]] = {
    "procedure": frozenset({"process"}),
    "assignment": _PEOPLE | {"lane"},
    "norm": _PEOPLE,
    "form": _PEOPLE | {"startEvent"},
    "payload": frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"}),
    "operation": _CALLS | _THROWS,
    "retry": _CALLS | _THROWS,
    "decision": frozenset({"businessRuleTask"}),
    "arguments": frozenset({"callActivity", "sendTask"}) | _THROWS,
    "act": _ACTIVITIES | _EVENTS,
    "clock": _ACTIVITIES | {"intermediateCatchEvent", "eventBasedGateway"},
    "timer": frozenset({"timerEventDefinition"}),
}
"""Extension element → local names of the BPMN elements whose extensionElements may hold it."""

Report = Callable[[str, etree._Element, str, str], None]
"""report(rule, element, message, remedy): how the reader is told of something that has no place in the elements."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """attributes: name → required?   children: local name → shape."""

    attributes: Mapping[str, bool]
    children: Mapping[str, _Shape]


_OPTION = _Shape({"value": True, "label": False}, {})
_FIELD = _Shape({"name": True, "type": True, "label": False, "required": False}, {"option": _OPTION})
_INPUT = _Shape({"name": True, "expression": True}, {})
_OUTPUT = _Shape({"name": True, "variable": True}, {})

SHAPES: Final[Mapping[str, _Shape]] = {
    "procedure": _Shape({"code": True}, {}),
    "assignment": _Shape({"role": True, "tier": False}, {}),
    "norm": _Shape({"hours": True, "basis": True, "source": False}, {}),
    "form": _Shape({}, {"field": _FIELD}),
    "payload": _Shape({}, {"field": _FIELD}),
    "operation": _Shape({"name": True}, {"input": _INPUT, "output": _OUTPUT}),
    "retry": _Shape({"attempts": True, "firstSeconds": True, "factor": True}, {}),
    "decision": _Shape({"name": True}, {"input": _INPUT, "output": _OUTPUT}),
    "arguments": _Shape({}, {"input": _INPUT}),
    "act": _Shape({"name": True}, {}),
    "clock": _Shape({"stops": True, "cause": True, "source": False}, {}),
    "timer": _Shape({"clock": False}, {}),
}
"""Extension element → what may stand in it."""


def read_extensions(extension_elements: etree._Element, owner: str, report: Report) -> dict[str, Any]:
    """The typed values of one bpmn:extensionElements whose parent has the local name `owner`, keyed by extension element.

    What cannot be used is reported and left out of the result.
    """
    found: dict[str, Any] = {}
    for element in extension_elements.iterchildren(etree.Element):
        name = etree.QName(element)
        if name.namespace != NAMESPACE:
            report(
                "foreign-extension",
                element,
                f'the extension element "{name.localname}" of another tool is not used here',
                "remove it, or express it with an element of docs/extension.md",
            )
            continue
        shape = SHAPES.get(name.localname)
        if shape is None:
            report(
                "unknown-extension",
                element,
                f"motcua:{name.localname} is not an element of the extension",
                "use one of " + ", ".join(f"motcua:{known}" for known in SHAPES),
            )
        elif owner not in PLACES[name.localname]:
            report(
                "misplaced-extension",
                element,
                f"motcua:{name.localname} has no meaning in bpmn:{owner}",
                "move it into one of " + ", ".join(sorted(f"bpmn:{place}" for place in PLACES[name.localname])),
            )
        elif name.localname in found:
            report("unknown-extension", element, f"motcua:{name.localname} stands here twice", "keep one of the two")
        elif _fits(element, shape, report):
            value = _READERS[name.localname](element, report)
            if value is not None:
                found[name.localname] = value
    return found


def _fits(element: etree._Element, shape: _Shape, report: Report) -> bool:
    """Report what the shape does not know; False when a required attribute is missing."""
    here = f"motcua:{etree.QName(element).localname}"
    complete = True
    for attribute in element.attrib:
        if attribute not in shape.attributes:
            report("unknown-extension", element, f'{here} has no attribute "{attribute}"', "remove it, see docs/extension.md")
    for attribute, required in shape.attributes.items():
        if required and not element.get(attribute, "").strip():
            report("invalid-extension", element, f'{here} needs the attribute "{attribute}"', f'write {attribute}="…"')
            complete = False
    if _text(element):
        report("unknown-extension", element, f"{here} may hold no text", "remove the text, see docs/extension.md")
    for child in element.iterchildren(etree.Element):
        name = etree.QName(child)
        inner = shape.children.get(name.localname) if name.namespace == NAMESPACE else None
        if inner is None:
            report("unknown-extension", child, f"{here} may not hold {name.localname}", "remove it, see docs/extension.md")
            complete = False
        else:
            complete = _fits(child, inner, report) and complete
    return complete


def _text(element: etree._Element) -> str:
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{{NAMESPACE}}}{name}"))


def _line(element: etree._Element) -> int:
    return element.sourceline or 0


def _get(element: etree._Element, attribute: str) -> str:
    return element.get(attribute, "").strip()


def _number(element: etree._Element, attribute: str, least: float, report: Report) -> float | None:
    try:
        number = float(_get(element, attribute))
    except ValueError:
        number = math.nan
    if math.isfinite(number) and least <= number <= 1_000_000:
        return number
    report(
        "invalid-extension",
        element,
        f'{attribute}="{_get(element, attribute)}" is not a number from {least:g} to 1000000',
        f'write for example {attribute}="4"',
    )
    return None


def _norm(element: etree._Element, report: Report) -> Norm | None:
    hours = _number(element, "hours", 0, report)
    return None if hours is None else Norm(hours, _get(element, "basis"), _get(element, "source"), _line(element))


def _retry(element: etree._Element, report: Report) -> Retry | None:
    attempts = _number(element, "attempts", 1, report)
    first_seconds = _number(element, "firstSeconds", 0, report)
    factor = _number(element, "factor", 1, report)
    if attempts is None or first_seconds is None or factor is None:
        return None
    if attempts != int(attempts):
        report("invalid-extension", element, f'attempts="{attempts:g}" is not a whole number', 'write for example attempts="8"')
        return None
    return Retry(int(attempts), first_seconds, factor, _line(element))


def _field(element: etree._Element, report: Report) -> FormField:
    required = _get(element, "required") or "false"
    if required not in {"true", "false"}:
        report("invalid-extension", element, f'required="{required}" is neither true nor false', 'write required="true"')
    name = _get(element, "name")
    options = tuple(
        Option(_get(option, "value"), _get(option, "label") or _get(option, "value"), _line(option))
        for option in _children(element, "option")
    )
    return FormField(name, _get(element, "type"), _get(element, "label") or name, required == "true", options, _line(element))


def _fields(element: etree._Element, report: Report) -> tuple[FormField, ...]:
    return tuple(_field(child, report) for child in _children(element, "field"))


def _inputs(element: etree._Element, report: Report) -> tuple[Argument, ...]:
    return tuple(Argument(_get(each, "name"), _get(each, "expression"), _line(each)) for each in _children(element, "input"))


def _outputs(element: etree._Element) -> tuple[OutputUse, ...]:
    return tuple(OutputUse(_get(each, "name"), _get(each, "variable"), _line(each)) for each in _children(element, "output"))


def _operation(element: etree._Element, report: Report) -> OperationUse:
    return OperationUse(_get(element, "name"), _inputs(element, report), _outputs(element), _line(element))


def _decision(element: etree._Element, report: Report) -> DecisionUse:
    return DecisionUse(_get(element, "name"), _inputs(element, report), _outputs(element), _line(element))


def _clock(element: etree._Element, report: Report) -> ClockStop | None:
    if _get(element, "stops") != "authority":
        report(
            "invalid-extension",
            element,
            f'motcua:clock can stop only the clock of the authority, not "{_get(element, "stops")}"',
            'write stops="authority", or remove the element',
        )
        return None
    return ClockStop(_get(element, "cause"), _get(element, "source") or None, _line(element))


def _timer_clock(element: etree._Element, report: Report) -> TimerClock | None:
    clock = _get(element, "clock") or TimerClock.AUTHORITY.value
    if clock not in set(TimerClock):
        report(
            "invalid-extension",
            element,
            f'"{clock}" is no clock that a timer can be on',
            'write clock="authority", clock="applicant" or clock="wall"',
        )
        return None
    return TimerClock(clock)


_READERS: Final[Mapping[str, Callable[[etree._Element, Report], Any]]] = {
    "procedure": lambda element, _: _get(element, "code"),
    "assignment": lambda element, _: Assignment(_get(element, "role"), _get(element, "tier") or None, line=_line(element)),
    "norm": _norm,
    "form": _fields,
    "payload": _fields,
    "operation": _operation,
    "retry": _retry,
    "decision": _decision,
    "arguments": _inputs,
    "act": lambda element, _: _get(element, "name"),
    "clock": _clock,
    "timer": _timer_clock,
}
