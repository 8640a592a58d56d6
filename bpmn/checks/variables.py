"""Rules about what a model computes with: fields, expressions, scripts, and that every name used is given somewhere.

A shared part may use names that its callers bring, since a dossier has one scope of variables; whether they do is judged at
the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from motcua.bpmn.checks.decision_uses import asked_decisions
from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, Severity, all_flows, all_nodes, repeated, title, wrong
from motcua.bpmn.collaboration import belongs_to_a_procedure, one_by_one
from motcua.bpmn.decisions.elements import DecisionDocument
from motcua.bpmn.elements import Definitions, FieldType, FormField, Node, NodeKind, Repetition
from motcua.bpmn.expressions import ENGINE_NAMES, ExpressionRefused, compile_expression, compile_script, why_not_a_variable


@dataclass(frozen=True, slots=True)
class Use:
    """An expression or a script as it stands in the model. `wanted` is what must be given before it: its names, if it compiles."""

    element_id: str
    line: int
    what: str
    wanted: frozenset[str]
    refusal: str | None = None


def uses(definitions: Definitions, decisions: Mapping[str, DecisionDocument]) -> Iterator[Use]:
    """Every expression and script of the document, and what its decisions ask for."""
    for node, use, decision in asked_decisions(definitions, decisions):
        wanted = decision.names - {argument.name for argument in use.inputs}
        yield Use(node.id, use.line, f'decision "{decision.id}"', wanted)
    for flow in all_flows(definitions):
        if flow.condition is not None:
            yield _use(flow.id, flow.line, "condition", flow.condition)
    for node in all_nodes(definitions):
        asked = (*(node.operation.inputs if node.operation else ()), *(node.decision.inputs if node.decision else ()))
        for argument in (*node.arguments, *asked):
            yield _use(node.id, argument.line, f'input "{argument.name}"', argument.expression)
        if node.event and node.event.condition is not None:
            yield _use(node.id, node.event.line, "condition", node.event.condition)
        if node.repetition:
            yield from _repetition_uses(node, node.repetition)
        if node.kind is NodeKind.SCRIPT_TASK:
            try:
                yield Use(node.id, node.line, "script", compile_script(node.script or "").names)
            except ExpressionRefused as refusal:
                yield Use(node.id, node.line, "script", frozenset(), str(refusal))


def _repetition_uses(node: Node, repetition: Repetition) -> Iterator[Use]:
    for what, text in (
        ("loop condition", repetition.condition),
        ("number of instances", repetition.cardinality),
        ("completion condition", repetition.completion),
    ):
        if text is not None:
            yield _use(node.id, repetition.line, what, text)
    for what, name in (("list of items", repetition.collection), ("output of the instances", repetition.output_item)):
        if name is not None:
            yield Use(node.id, repetition.line, what, frozenset({name}))


def _use(element_id: str, line: int, what: str, text: str) -> Use:
    try:
        return Use(element_id, line, what, compile_expression(text).names)
    except ExpressionRefused as refusal:
        return Use(element_id, line, what, frozenset(), str(refusal))


def given_names(definitions: Definitions) -> frozenset[str]:
    """Every variable that something in the document can set, and the names that the engine provides."""
    return ENGINE_NAMES.union(*(names_set_by(node) for node in all_nodes(definitions)))


def names_set_by(node: Node) -> set[str]:
    """The variables that a node itself can set, in whatever way."""
    names = {field.name for field in (*node.form, *node.payload)}
    names |= {argument.name for argument in node.arguments} if node.kind is NodeKind.CALL_ACTIVITY else set()
    names |= {output.variable for output in node.operation.outputs} if node.operation else set()
    names |= {output.variable for output in node.decision.outputs} if node.decision else set()
    if node.repetition:
        names |= {name for name in (node.repetition.item, node.repetition.output_collection) if name is not None}
    if node.kind is NodeKind.SCRIPT_TASK:
        with suppress(ExpressionRefused):
            names |= compile_script(node.script or "").assigned
    return names


def called_parts(definitions: Definitions, context: CheckContext) -> dict[str, Definitions]:
    """The shared parts that the document calls, directly or through others, by process id."""
    found: dict[str, Definitions] = {}
    todo = [definitions]
    while todo:
        for node in all_nodes(todo.pop()):
            part = context.shared_parts.get(node.called_element or "")
            if node.called_element and part and node.called_element not in found:
                found[node.called_element] = part
                todo.append(part)
    return found


def expressions_are_in_the_language(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for use in uses(definitions, context.decisions):
        if use.refusal:
            yield Finding(
                "expression", Severity.ERROR, use.element_id, use.line, f"the {use.what}: {use.refusal}", "docs/extension.md"
            )


def names_are_given(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if belongs_to_a_procedure(definitions):
        for alone in one_by_one(definitions):
            yield from _names_are_given(alone, context)


def _names_are_given(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    parts = called_parts(definitions, context)
    given = given_names(definitions).union(*(given_names(part) for part in parts.values()))
    for use in uses(definitions, context.decisions):
        for name in sorted(use.wanted - given):
            yield Finding(
                "unknown-name",
                Severity.ERROR,
                use.element_id,
                use.line,
                f'the {use.what} uses "{name}", which nothing in the model sets',
                "correct the name, or declare it as a field, an output, an argument or in a script",
            )
    missing = {called: sorted(_wanted(part, context) - given) for called, part in parts.items()}
    for node in all_nodes(definitions):
        for name in missing.get(node.called_element or "", ()):
            yield wrong(
                "unknown-name",
                node,
                f'the shared part "{node.called_element}" uses "{name}", which nothing in the model sets',
                f'set it before: add <motcua:input name="{name}" expression="…"/> to the motcua:arguments of {title(node)}',
            )


def _wanted(part: Definitions, context: CheckContext) -> set[str]:
    documents = (part, *called_parts(part, context).values())
    return {name for each in documents for use in uses(each, context.decisions) for name in use.wanted}


def variables_have_good_names(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        named = [(field.name, field.line) for field in (*node.form, *node.payload)]
        named += [(argument.name, argument.line) for argument in node.arguments]
        named += [(output.variable, output.line) for output in node.operation.outputs] if node.operation else []
        named += [(output.variable, output.line) for output in node.decision.outputs] if node.decision else []
        for name, line in named:
            objection = why_not_a_variable(name)
            if objection:
                yield wrong("variable-name", node, f'"{name}" {objection}', "choose another name", line=line)


def fields_are_sound(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    types: dict[str, str] = {}
    for node in all_nodes(definitions):
        for fields in (node.form, node.payload):
            seen: set[str] = set()
            for field in fields:
                if field.name in seen:
                    yield wrong("field", node, f'the field "{field.name}" stands here twice', "remove one", line=field.line)
                seen.add(field.name)
                yield from _field(node, field)
                if types.setdefault(field.name, field.type) != field.type:
                    yield wrong(
                        "field",
                        node,
                        f'the field "{field.name}" is of the type {field.type} here and {types[field.name]} elsewhere',
                        "give both the same type, or one another name",
                        line=field.line,
                    )


def _field(node: Node, field: FormField) -> Iterator[Finding]:
    if field.type not in set(FieldType):
        yield wrong("field", node, f'"{field.type}" is no type of a field', "use one of " + ", ".join(FieldType), line=field.line)
    values = [option.value for option in field.options]
    if field.type == FieldType.CHOICE and not values:
        yield wrong("field", node, f'the choice "{field.name}" has no options', "add motcua:option elements", line=field.line)
    if field.type != FieldType.CHOICE and values:
        yield wrong("field", node, f'"{field.name}" has options but is no choice', 'write type="choice"', line=field.line)
    for value in repeated(values):
        yield wrong("field", node, f'the option "{value}" of "{field.name}" stands here twice', "remove one", line=field.line)


VARIABLE_RULES: Final[tuple[Rule, ...]] = (
    expressions_are_in_the_language,
    names_are_given,
    variables_have_good_names,
    fields_are_sound,
)
