"""Rules about business rule tasks: the decision exists, its outputs are taken, and values are of the kinds that it asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, doubtful, repeated, title, wrong
from motcua.bpmn.decisions.compile import CompiledDecision, compile_decisions
from motcua.bpmn.decisions.elements import DecisionDocument, Kind, basic
from motcua.bpmn.decisions.tables import Table
from motcua.bpmn.elements import DecisionUse, Definitions, FieldType, Node, NodeKind

_KINDS: Final[Mapping[str, Kind]] = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.CHOICE: Kind.TEXT,
    FieldType.INTEGER: Kind.NUMBER,
    FieldType.DECIMAL: Kind.NUMBER,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
}


def decision_names(definitions: Definitions) -> frozenset[str]:
    """The decisions that the business rule tasks of the document name."""
    return frozenset(node.decision.name for node in all_nodes(definitions) if node.decision)


def used_decisions(definitions: Definitions, decisions: Mapping[str, DecisionDocument]) -> dict[str, DecisionDocument]:
    """The DMN documents that the business rule tasks of the document use, by the name of the decision."""
    return {name: decisions[name] for name in sorted(decision_names(definitions)) if name in decisions}


def asked_decisions(
    definitions: Definitions, decisions: Mapping[str, DecisionDocument]
) -> Iterator[tuple[Node, DecisionUse, CompiledDecision]]:
    """Every business rule task whose decision is there and sound."""
    compiled = {name: compile_decisions(document)[0] for name, document in used_decisions(definitions, decisions).items()}
    for node in all_nodes(definitions):
        if node.decision and node.decision.name in compiled.get(node.decision.name, {}):
            yield node, node.decision, compiled[node.decision.name][node.decision.name]


def decisions_exist(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    sound = {node.id for node, _, _ in asked_decisions(definitions, context.decisions)}
    for node in all_nodes(definitions):
        if node.kind is not NodeKind.BUSINESS_RULE_TASK:
            continue
        if node.decision is None:
            yield wrong("decision", node, f"{title(node)} names no decision", 'add <motcua:decision name="…"/>')
            continue
        name = node.decision.name
        if name not in context.decisions:
            known = ", ".join(sorted(context.decisions)) or "none"
            remedy = f"add the file {name}.dmn with a decision of that id; there are: {known}"
            yield wrong("decision", node, f'there is no decision "{name}"', remedy, line=node.decision.line)
        elif node.id not in sound:
            source = context.decisions[name].source
            message = f'the decision "{name}" of {source} cannot be made, or stands there under another id'
            yield wrong("decision", node, message, f"motcua model check {source}", line=node.decision.line)


def decisions_fit(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node, use, decision in asked_decisions(definitions, context.decisions):
        if not use.outputs:
            remedy = 'add <motcua:output name="…" variable="…"/>'
            yield wrong("decision", node, f"{title(node)} takes no output of its decision", remedy, line=use.line)
        known = [column.name for column in decision.table.outputs]
        for output in use.outputs:
            if output.name not in known:
                message = f'the decision "{use.name}" has no output "{output.name}"'
                yield wrong("decision", node, message, f"its outputs: {', '.join(known)}", line=output.line)
        for name in repeated(output.variable for output in use.outputs):
            yield wrong("decision", node, f'two outputs go into the variable "{name}"', "give each its own", line=use.line)
        for argument in use.inputs:
            if argument.name not in decision.names:
                message = f'the decision "{use.name}" does not ask for "{argument.name}"'
                yield wrong("decision", node, message, f"it asks for: {', '.join(sorted(decision.names))}", line=argument.line)
        for name in repeated(argument.name for argument in use.inputs):
            yield wrong("decision", node, f'the input "{name}" is given twice', "remove one", line=use.line)


def kinds_agree(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """A field that a table asks for, or that takes an output, is of the kind of the column."""
    fields = {field.name: field for node in all_nodes(definitions) for field in (*node.form, *node.payload)}
    for node, use, decision in asked_decisions(definitions, context.decisions):
        given = {argument.name: argument.expression.strip() for argument in use.inputs}
        results = {name for name, _ in decision.steps[:-1]}
        asked = {
            column.expression.text: column.kind
            for _, table in decision.steps
            for column in table.inputs
            if column.expression.text not in results
        }
        for name, kind in asked.items():
            field = fields.get(given.get(name, name))
            if field is not None and kind is not None and _KINDS.get(field.type) not in {basic(kind), None}:
                message = f'the field "{field.name}" is of the type {field.type}, and the decision "{use.name}" asks for {kind}'
                yield wrong("decision-type", node, message, "correct the type of one of the two", line=use.line)
        for output in use.outputs:
            field = fields.get(output.variable)
            found = next((column for column in decision.table.outputs if column.name == output.name), None)
            if field is None or found is None:
                continue
            gives = "a list" if decision.table.gives_lists else decision.table.kind_given(found)
            if gives is not None and (not isinstance(gives, Kind) or _KINDS.get(field.type) not in {basic(gives), None}):
                message = f'the output "{output.name}" is {gives}, and the field "{field.name}" of the type {field.type}'
                yield wrong("decision-type", node, message, "take it into another variable", line=output.line)


def options_agree(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """A table that asks for a choice asks for its options. Only a doubt: a script may set the variable, too."""
    options: defaultdict[str, set[str]] = defaultdict(set)
    for node in all_nodes(definitions):
        for field in (*node.form, *node.payload):
            if field.type == FieldType.CHOICE:
                options[field.name] |= {option.value for option in field.options}
    for node, use, decision in asked_decisions(definitions, context.decisions):
        given = {argument.name: argument.expression.strip() for argument in use.inputs}
        columns = ((table, at) for _, table in decision.steps for at in range(len(table.inputs)))
        for asked, at in columns:
            name = asked.inputs[at].label
            for doubt in _doubts(asked, at, options[given.get(name, name)]) if given.get(name, name) in options else ():
                message = f'for the decision "{use.name}" {doubt}'
                yield doubtful("decision-type", node, message, "correct the table or the options", line=use.line)


def _doubts(table: Table, at: int, offered: set[str]) -> Iterator[str]:
    column = table.inputs[at]
    tests = [row.tests[at] for row in table.rows] + ([column.allowed] if column.allowed else [])
    for text in sorted({text for test in tests for text in test.texts} - offered):
        yield f'{column.label} may be "{text}", which is no option of that choice'
    if column.allowed:
        for text in sorted(offered):
            if not column.allowed.matches(text):
                yield f'{column.label} may not be "{text}", which is an option of that choice'


DECISION_RULES: Final[tuple[Rule, ...]] = (decisions_exist, decisions_fit, kinds_agree, options_agree)
