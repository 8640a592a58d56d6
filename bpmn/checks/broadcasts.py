"""Rules about events that find each other by name or condition: links, signals, escalations and conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, containers, doubtful, title, wrong
from motcua.bpmn.checks.variables import called_parts
from motcua.bpmn.elements import Definitions, EventKind, Node, NodeKind

_THROWS: Final = frozenset({NodeKind.INTERMEDIATE_THROW_EVENT, NodeKind.END_EVENT})


def links_have_one_target(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        linked = [node for node in container.nodes if node.event and node.event_kind is EventKind.LINK]
        targets = Counter(node.event.name for node in linked if node.event and node.kind is NodeKind.INTERMEDIATE_CATCH_EVENT)
        sources = {node.event.name for node in linked if node.event and node.kind in _THROWS}
        for node in linked:
            name = node.event.name if node.event else None
            if not name:
                yield wrong("link", node, f"the link event {title(node)} has no name", "name both ends of the link alike")
            elif node.kind in _THROWS and targets[name] != 1:
                yield wrong(
                    "link",
                    node,
                    f'the link "{name}" is caught at {targets[name]} places beside {title(node)}',
                    "draw exactly one catching link event of that name in the same process or sub-process",
                )
            elif node.kind is NodeKind.INTERMEDIATE_CATCH_EVENT and name not in sources:
                yield wrong("link", node, f'nothing leads to the link "{name}"', "draw a throwing link event of that name")
            if (node.outgoing and node.kind in _THROWS) or (node.incoming and node.kind not in _THROWS):
                yield wrong("link", node, f"a sequence flow stands in the way of the link {title(node)}", "remove the flow")


def signals_are_thrown_and_caught(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """Signals stay inside a dossier. A shared part may leave its other half to the caller; it is judged there."""
    here = [node for node in all_nodes(definitions) if node.event_kind is EventKind.SIGNAL]
    for node in here:
        if not _name(node):
            yield wrong("signal", node, f"{title(node)} names no signal", "give it a signalRef to a bpmn:signal with a name")
    if all(process.procedure_code is None for process in definitions.processes):
        return
    parts = called_parts(definitions, context)
    everywhere = [*here, *_signals(parts.values())]
    thrown = {_name(node) for node in everywhere if node.kind in _THROWS}
    caught = {_name(node) for node in everywhere if node.kind not in _THROWS}
    callers = {node.called_element: node for node in all_nodes(definitions) if node.called_element}
    places = [(node, node) for node in here]
    places += [(callers[called], node) for called, part in parts.items() if called in callers for node in _signals([part])]
    for place, node in places:
        if node.kind in _THROWS and _name(node) not in caught:
            yield wrong(
                "signal",
                place,
                f'nothing in this dossier waits for the signal "{_name(node)}" of {title(node)}',
                "draw who catches it; signals do not leave the dossier, messages do (motcua:operation)",
            )
        elif node.kind not in _THROWS and _name(node) not in thrown:
            yield wrong(
                "signal",
                place,
                f'nothing in this dossier sends the signal "{_name(node)}" that {title(node)} waits for',
                "draw who throws it; what comes from outside of the dossier is a message",
            )


def _signals(documents: Iterable[Definitions]) -> list[Node]:
    return [node for document in documents for node in all_nodes(document) if node.event_kind is EventKind.SIGNAL]


def _name(node: Node) -> str | None:
    return node.event.name if node.event else None


def escalations_have_codes(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.event_kind is EventKind.ESCALATION and node.kind in _THROWS and not _name(node):
            yield wrong("escalation", node, f"{title(node)} names no escalation", "name a bpmn:escalation with an escalationCode")
    if all(process.procedure_code is None for process in definitions.processes):
        return
    everything = [node for document in (definitions, *called_parts(definitions, context).values()) for node in all_nodes(document)]
    caught = {_name(node) for node in everything if node.event_kind is EventKind.ESCALATION and node.kind not in _THROWS}
    for node in all_nodes(definitions):
        escalates = node.event_kind is EventKind.ESCALATION and node.kind in _THROWS
        if escalates and not {_name(node), None} & caught:
            yield doubtful(
                "escalation",
                node,
                f'nobody catches the escalation "{_name(node)}" of {title(node)}, so that nothing happens',
                "put an escalation boundary event on the sub-process around it",
            )


def conditions_are_written(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.event and node.event.kind is EventKind.CONDITIONAL and not node.event.condition:
            yield wrong(
                "condition", node, f"{title(node)} waits for no condition", "write a bpmn:condition, such as paid and area > 0"
            )


BROADCAST_RULES: Final[tuple[Rule, ...]] = (
    links_have_one_target,
    signals_are_thrown_and_caught,
    escalations_have_codes,
    conditions_are_written,
)
