"""Reads a DMN 1.3 document safely. It fails only when the file is none; what else is wrong is kept, for the checks to report.

Every attribute and child is either read, known to change nothing, or reported: the tables below are all that is understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from lxml import etree

from motcua.bpmn.decisions.elements import (
    Aggregation,
    Cell,
    Decision,
    DecisionDocument,
    DecisionTable,
    HitPolicy,
    InputClause,
    OutputClause,
    Rule,
)
from motcua.bpmn.elements import Oddity
from motcua.bpmn.safe_xml import parse_safely

MODEL: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
MAX_ELEMENTS: Final = 12_000
"""A table has many small elements: five for each rule of one input and one output."""
DIAGRAM: Final = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
OWN_LANGUAGE: Final = "motcua"
FEEL: Final = frozenset({"feel", "https://www.omg.org/spec/DMN/20191111/FEEL/"})

_DOCUMENTATION: Final = frozenset({"description", "extensionElements", "textAnnotation", "association", "group"})
_ABOUT_A_DECISION: Final = frozenset(
    {
        "authorityRequirement",
        "question",
        "allowedAnswers",
        "supportedObjective",
        "impactedPerformanceIndicator",
        "decisionMaker",
        "decisionOwner",
        "usingProcess",
        "usingTask",
    }
)
_CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "definitions": frozenset({"decision", "inputData", "knowledgeSource", "performanceIndicator", "organizationUnit"}),
    "decision": frozenset({"variable", "informationRequirement", "decisionTable", "literalExpression"}) | _ABOUT_A_DECISION,
    "informationRequirement": frozenset({"requiredDecision", "requiredInput"}),
    "decisionTable": frozenset({"input", "output", "rule", "annotation"}),
    "input": frozenset({"inputExpression", "inputValues"}),
    "inputExpression": frozenset({"text"}),
    "inputValues": frozenset({"text"}),
    "output": frozenset({"outputValues", "defaultOutputEntry"}),
    "outputValues": frozenset({"text"}),
    "defaultOutputEntry": frozenset({"text"}),
    "rule": frozenset({"inputEntry", "outputEntry", "annotationEntry"}),
    "inputEntry": frozenset({"text"}),
    "outputEntry": frozenset({"text"}),
    "literalExpression": frozenset({"text"}),
    "text": frozenset(),
}
"""Element → what may stand in it, beside documentation. Elements that are no key here are not looked into."""
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "definitions": frozenset({"name", "namespace", "exporter", "exporterVersion", "expressionLanguage"}),
    "decision": frozenset({"name"}),
    "variable": frozenset({"name", "typeRef"}),
    "requiredDecision": frozenset({"href"}),
    "requiredInput": frozenset({"href"}),
    "decisionTable": frozenset({"hitPolicy", "aggregation", "preferredOrientation", "outputLabel"}),
    "inputExpression": frozenset({"typeRef", "expressionLanguage"}),
    "inputValues": frozenset({"expressionLanguage"}),
    "output": frozenset({"name", "typeRef"}),
    "outputValues": frozenset({"expressionLanguage"}),
    "defaultOutputEntry": frozenset({"expressionLanguage"}),
    "inputEntry": frozenset({"expressionLanguage"}),
    "outputEntry": frozenset({"expressionLanguage"}),
    "literalExpression": frozenset({"typeRef", "expressionLanguage"}),
}
"""Element → its attributes beside id and label."""
_TESTS: Final = frozenset({"inputValues", "outputValues", "inputEntry"})


class _Reading:
    def __init__(self) -> None:
        self.oddities: list[Oddity] = []

    def report(self, rule: str, element: etree._Element, message: str, remedy: str) -> None:
        owner: etree._Element | None = element
        while owner is not None and not owner.get("id"):
            owner = owner.getparent()
        self.oddities.append(Oddity(rule, None if owner is None else owner.get("id"), message, remedy, _line(element)))


def read_decisions(content: bytes, source: str) -> DecisionDocument:
    """The decisions in `content`. `source` names it in messages. Raises ModelUnreadable, see `safe_xml.parse_safely`."""
    root = parse_safely(content, source, f"{{{MODEL}}}definitions", "DMN 1.3", MAX_ELEMENTS)
    reading = _Reading()
    _look_through(root, reading)
    decisions = tuple(_decision(each, reading) for each in _children(root, "decision"))
    ids = tuple((element.get("id", ""), _line(element)) for element in root.iter(f"{{{MODEL}}}*") if element.get("id"))
    return DecisionDocument(root.get("id", ""), decisions, tuple(reading.oddities), ids, source)


def _look_through(element: etree._Element, reading: _Reading) -> None:
    """Report what is not understood in the element, and in what it holds."""
    name = etree.QName(element).localname
    allowed = _ATTRIBUTES.get(name, frozenset()) | {"id", "label"}
    for attribute, value in element.attrib.items():
        qualified = etree.QName(attribute)
        if qualified.namespace is not None:
            if qualified.namespace != "http://www.w3.org/2001/XMLSchema-instance":
                message = f'the attribute "{qualified.localname}" of another tool is not used here'
                reading.report("foreign-extension", element, message, "remove it, see docs/decision-tables.md")
        elif attribute not in allowed:
            reading.report(
                "unsupported-attribute", element, f'{attribute}="{value}" on {name} is not understood here', "remove the attribute"
            )
        elif attribute == "expressionLanguage" and value != OWN_LANGUAGE and not (name in _TESTS and value.lower() in FEEL):
            reading.report(
                "unsupported-attribute",
                element,
                f'what is written in the language "{value}" cannot be evaluated here',
                "remove the attribute: entries for inputs are FEEL tests, all else is in the language of docs/extension.md",
            )
    for child in element.iterchildren(etree.Element):
        qualified = etree.QName(child)
        inside = qualified.localname if qualified.namespace == MODEL else None
        if inside in _CHILDREN.get(name, frozenset()):
            if inside in _CHILDREN or inside in _ATTRIBUTES:
                _look_through(child, reading)
        elif qualified.namespace == DIAGRAM or (inside in _DOCUMENTATION - {"extensionElements"} and name != "text"):
            continue
        elif inside == "extensionElements" or (inside is None and name != "text"):
            message = f"{qualified.localname} of another tool in {name} is not used here"
            reading.report("foreign-extension", child, message, "remove it, see docs/decision-tables.md")
        else:
            reading.report(
                "unsupported-element",
                child,
                f"{qualified.localname} is not understood in {name}",
                "say it with decision tables and the decisions that they require, see docs/decision-tables.md",
            )


def _decision(element: etree._Element, reading: _Reading) -> Decision:
    tables, literals = _children(element, "decisionTable"), _children(element, "literalExpression")
    if len(tables) + len(literals) != 1:
        reading.report(
            "decision-table",
            element,
            f'the decision "{element.get("id", "")}" has {len(tables)} tables and {len(literals)} expressions',
            "give it one decision table, or one literal expression",
        )
    requires = []
    for required in element.iterfind(f"{{{MODEL}}}informationRequirement/{{{MODEL}}}requiredDecision"):
        reference = required.get("href", "")
        if not reference.startswith("#"):
            reading.report(
                "dangling-reference", required, f'href="{reference}" leads out of this file', "keep required decisions in one file"
            )
        requires.append(reference.removeprefix("#"))
    variables = _children(element, "variable")
    variable = variables[0] if variables else None
    types = {written for each in (*variables, *literals) if (written := each.get("typeRef")) is not None}
    if len(types) > 1:
        named = " and ".join(sorted(types))
        reading.report("decision-type", element, f"its result is said to be {named}", "state the same type everywhere")
    return Decision(
        id=element.get("id", ""),
        name=element.get("name", ""),
        variable=(variable.get("name", "") if variable is not None else "") or element.get("name", ""),
        type=next(iter(sorted(types)), None),
        requires=tuple(requires),
        table=_table(tables[0], reading) if tables else None,
        literal=_cell(literals[0]) if literals else None,
        line=_line(element),
    )


def _table(element: etree._Element, reading: _Reading) -> DecisionTable:
    policy = _one_of(element, "hitPolicy", HitPolicy, reading) or HitPolicy.UNIQUE
    return DecisionTable(
        id=element.get("id", ""),
        hit_policy=policy,
        aggregation=_one_of(element, "aggregation", Aggregation, reading),
        inputs=tuple(_input(each) for each in _children(element, "input")),
        outputs=tuple(
            OutputClause(
                each.get("id", ""),
                each.get("name", ""),
                each.get("typeRef"),
                _first_cell(each, "outputValues"),
                _first_cell(each, "defaultOutputEntry"),
                _line(each),
            )
            for each in _children(element, "output")
        ),
        rules=tuple(
            Rule(
                each.get("id", ""),
                tuple(_cell(entry) for entry in _children(each, "inputEntry")),
                tuple(_cell(entry) for entry in _children(each, "outputEntry")),
                _line(each),
            )
            for each in _children(element, "rule")
        ),
        line=_line(element),
    )


def _input(element: etree._Element) -> InputClause:
    expression = next(iter(_children(element, "inputExpression")), None)
    return InputClause(
        id=element.get("id", ""),
        expression="" if expression is None else _cell(expression).text,
        type=None if expression is None else expression.get("typeRef"),
        allowed=_first_cell(element, "inputValues"),
        line=_line(element if expression is None else expression),
    )


_Words = TypeVar("_Words", HitPolicy, Aggregation)


def _one_of(element: etree._Element, attribute: str, values: type[_Words], reading: _Reading) -> _Words | None:
    written = element.get(attribute)
    if written is None:
        return None
    try:
        return values(written)
    except ValueError:
        reading.report("decision-table", element, f'{attribute}="{written}" is not known', "use one of " + ", ".join(values))
        return None


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{{MODEL}}}{name}"))


def _first_cell(element: etree._Element, name: str) -> Cell | None:
    return next((_cell(each) for each in _children(element, name)), None)


def _cell(element: etree._Element) -> Cell:
    return Cell(element.get("id", ""), (element.findtext(f"{{{MODEL}}}text") or "").strip(), _line(element))


def _line(element: etree._Element) -> int:
    return element.sourceline or 0
