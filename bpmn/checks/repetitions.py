"""Rules about repeated activities: multi-instance and standard loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, Severity, all_nodes, containers, title, wrong
from motcua.bpmn.checks.variables import called_parts, uses
from motcua.bpmn.compensation import handlers_beside
from motcua.bpmn.elements import REPEATABLE_KINDS, Definitions, LoopKind, Node, walk
from motcua.bpmn.expressions import LOOP_NAMES, why_not_a_variable

_ONLY_IN_COMPLETION: Final = frozenset({"number_of_completed_instances", "number_of_active_instances"})


def repetitions_are_whole(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.loop is None or node.triggered_by_event:
            continue
        if node.kind not in REPEATABLE_KINDS:
            yield wrong(
                "repetition",
                node,
                f"the engine does not repeat a {node.kind.value.replace('_', ' ')}",
                "draw the loop with gateways, or repeat a sub-process around it",
            )
            continue
        repetition = node.repetition
        objection = "nothing says how" if repetition is None else repetition.objection(node.loop)
        if objection:
            yield wrong("repetition", node, f"{title(node)} is repeated, but {objection}", "see docs/extension.md, Repetitions")
        if repetition is None:
            continue
        for name in (repetition.collection, repetition.item, repetition.output_collection, repetition.output_item):
            refusal = None if name is None else why_not_a_variable(name)
            if refusal:
                yield wrong("variable-name", node, f'"{name}" {refusal}', "choose another name", line=repetition.line)


def acts_are_done_once(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """Instances have variables of their own, and a legal act is an act of the dossier."""
    for node in all_nodes(definitions):
        if node.loop in {LoopKind.PARALLEL, LoopKind.SEQUENTIAL}:
            for inner in _inside(node, context):
                if inner.act is not None:
                    yield wrong(
                        "repetition",
                        node,
                        f'{title(inner)} does the legal act "{inner.act}" in every instance of {title(node)}',
                        "do the act once, after all instances",
                    )


def _inside(node: Node, context: CheckContext) -> Iterator[Node]:
    yield node
    if node.body:
        yield from walk(node.body)
    part = context.shared_parts.get(node.called_element or "")
    if part:
        for document in (part, *called_parts(part, context).values()):
            yield from all_nodes(document)


def counters_stand_in_repetitions(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if all(process.procedure_code is None for process in definitions.processes):
        return
    inside: dict[str, Node] = {}
    for _, container in containers(definitions):
        beside = handlers_beside(container)
        for node in container.nodes:
            if node.loop is not None:
                undoes = beside.get(node.id)
                inside |= dict.fromkeys((id for each in (node, undoes) if each for id in _ids(each)), node)
    for use in uses(definitions, context.decisions):
        repeated = inside.get(use.element_id)
        for name in sorted(use.wanted & LOOP_NAMES):
            in_completion = use.what == "completion condition"
            counted = repeated is not None and (repeated.loop is not LoopKind.STANDARD or name == "loop_counter")
            if not counted or (name in _ONLY_IN_COMPLETION and not in_completion):
                yield Finding(
                    "repetition",
                    Severity.ERROR,
                    use.element_id,
                    use.line,
                    f'the {use.what} uses "{name}", which has no value here',
                    "use it inside a repeated activity, or in its completion condition",
                )


def _ids(node: Node) -> Iterator[str]:
    yield node.id
    if node.body:
        for inner in walk(node.body):
            yield inner.id
            yield from inner.outgoing


REPETITION_RULES: Final[tuple[Rule, ...]] = (repetitions_are_whole, acts_are_done_once, counters_stand_in_repetitions)
