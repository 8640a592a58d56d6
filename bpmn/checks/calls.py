"""Rules about what a model asks of others: operations of outside systems, shared parts, messages and timers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, containers, doubtful, repeated, title, wrong
from motcua.bpmn.checks.handlers import caught_in
from motcua.bpmn.checks.variables import called_parts
from motcua.bpmn.elements import Definitions, EventKind, Node, NodeKind, walk
from motcua.errors import MotcuaError

_ASKING: Final = frozenset({NodeKind.SERVICE_TASK, NodeKind.SEND_TASK})
_THROWING: Final = frozenset({NodeKind.INTERMEDIATE_THROW_EVENT, NodeKind.END_EVENT})


def asks(node: Node) -> bool:
    """Whether a node asks an outside system for something: service and send tasks, and messages that are thrown."""
    return node.kind in _ASKING or (node.kind in _THROWING and node.event_kind is EventKind.MESSAGE)


def operations_fit(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if not asks(node):
            if node.operation is not None:
                yield wrong("operation", node, f"{title(node)} throws no message, but names an operation", "remove one of the two")
            continue
        if node.operation is None:
            yield wrong("operation", node, f"{title(node)} names no operation", 'add <motcua:operation name="…"/>')
            continue
        use, signature = node.operation, context.operations.get(node.operation.name)
        if signature is None:
            known = ", ".join(sorted(context.operations))
            yield wrong("operation", node, f'there is no operation "{use.name}"', f"use one of: {known}", line=use.line)
            continue
        given = {argument.name for argument in use.inputs}
        for argument in use.inputs:
            if argument.name not in signature.inputs:
                known = ", ".join(sorted(signature.inputs)) or "none"
                yield wrong(
                    "operation", node, f'"{use.name}" has no input "{argument.name}"', f"its inputs: {known}", line=argument.line
                )
        for name in repeated(argument.name for argument in use.inputs):
            yield wrong("operation", node, f'the input "{name}" is given twice', "remove one", line=use.line)
        for name, required in signature.inputs.items():
            if required and name not in given:
                yield wrong(
                    "operation",
                    node,
                    f'"{use.name}" needs the input "{name}"',
                    f'add <motcua:input name="{name}" expression="…"/>',
                    line=use.line,
                )
        for output in use.outputs:
            if output.name not in signature.outputs:
                known = ", ".join(signature.outputs) or "none"
                yield wrong(
                    "operation", node, f'"{use.name}" has no output "{output.name}"', f"its outputs: {known}", line=output.line
                )
        for name in repeated(output.variable for output in use.outputs):
            yield wrong("operation", node, f'two outputs go into the variable "{name}"', "give each its own", line=use.line)


_Known: TypeAlias = dict[str, frozenset[str]]


def errors_that_can_come(node: Node, context: CheckContext, known: _Known) -> frozenset[str]:
    """The BPMN error codes that can come out of an activity: declared by its operation, or left uncaught by what is inside it.

    known: of the shared parts that were asked before, what each leaves uncaught. Each part is looked into once, however often
    and at however many levels it is called; a part that calls itself (`shared_parts_exist` refuses it) adds nothing inside itself.
    """
    if asks(node):
        signature = context.operations.get(node.operation.name) if node.operation else None
        return frozenset(signature.errors) if signature else frozenset()
    if node.body:
        return _uncaught(node.body.nodes, context, known)
    part = context.shared_parts.get(node.called_element or "")
    if part is None or node.called_element is None:
        return frozenset()
    if node.called_element not in known:
        known[node.called_element] = frozenset()
        known[node.called_element] = frozenset().union(*(_uncaught(each.nodes, context, known) for each in part.processes))
    return known[node.called_element]


def _uncaught(nodes: tuple[Node, ...], context: CheckContext, known: _Known) -> frozenset[str]:
    codes: set[str] = set()
    from_handlers: set[str] = set()
    caught = _caught(nodes)
    for node in nodes:
        if node.triggered_by_event:
            from_handlers |= errors_that_can_come(node, context, known)
            continue
        if node.kind is NodeKind.END_EVENT and node.event_kind is EventKind.ERROR and node.event and node.event.error_code:
            codes.add(node.event.error_code)
        for code in errors_that_can_come(node, context, known):
            if not {(node.id, code), (node.id, None)} & caught:
                codes.add(code)
    handled = caught_in(nodes)
    return frozenset(from_handlers if None in handled else from_handlers | {code for code in codes if code not in handled})


def _caught(nodes: tuple[Node, ...]) -> set[tuple[str | None, str | None]]:
    """The activity and the error code of every error boundary event; no code means any error."""
    return {(node.attached_to, node.event.error_code) for node in nodes if node.event and node.event_kind is EventKind.ERROR}


def errors_are_raised_and_caught(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    known: _Known = {}
    for _, container in containers(definitions):
        hosts = {node.id: node for node in container.nodes}
        raised: dict[str, frozenset[str]] = {}
        for node in container.nodes:
            if node.event is None or node.event.kind is not EventKind.ERROR:
                continue
            code = node.event.error_code
            if node.kind is NodeKind.END_EVENT and not code:
                yield wrong(
                    "error-code", node, f"{title(node)} raises an error without a code", "name a bpmn:error with an errorCode"
                )
            host = hosts.get(node.attached_to or "")
            if node.kind is NodeKind.BOUNDARY_EVENT and host:
                if host.id not in raised:
                    raised[host.id] = errors_that_can_come(host, context, known)
                possible = raised[host.id]
                if node.event.ref and code not in possible:
                    listed = ", ".join(sorted(possible)) or "none"
                    yield wrong(
                        "error-code",
                        node,
                        f'{title(host)} never raises the error "{code or ""}"',
                        f"the errors it can raise: {listed}",
                    )


def errors_do_not_escape(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    known: _Known = {}
    for process in definitions.processes:
        if process.procedure_code is None:
            continue
        caught = _caught(process.nodes)
        handled = caught_in(process.nodes)
        for node in process.nodes:
            for code in sorted(errors_that_can_come(node, context, known)):
                handled_here = bool({code, None} & handled) and not node.triggered_by_event
                if not handled_here and not {(node.id, code), (node.id, None)} & caught:
                    yield doubtful(
                        "uncaught-error",
                        node,
                        f'the error "{code}" of {title(node)} is caught nowhere, and would become an incident',
                        "add an error boundary event for it",
                    )


def shared_parts_exist(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    own = {process.id for process in definitions.processes}
    endless = {called for called, part in context.shared_parts.items() if own & {called, *called_parts(part, context)}}
    for node in all_nodes(definitions):
        if node.kind is not NodeKind.CALL_ACTIVITY:
            continue
        if node.called_element not in context.shared_parts:
            known = ", ".join(sorted(context.shared_parts))
            yield wrong("shared-part", node, f'there is no shared part "{node.called_element or ""}"', f"call one of: {known}")
        elif node.called_element in endless:
            yield wrong("shared-part", node, f'"{node.called_element}" would call itself without end', "call another part")


def messages_have_names(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        for node in walk(process):
            waits = node.kind is NodeKind.RECEIVE_TASK or (node.event_kind is EventKind.MESSAGE and not asks(node))
            if waits and not (node.event and node.event.message):
                yield wrong(
                    "message",
                    node,
                    f"{title(node)} waits for no named message",
                    "give it a messageRef to a bpmn:message with a name",
                )
            if node.payload and not waits:
                yield wrong("message", node, f"{title(node)} has a payload but waits for no message", "remove the motcua:payload")


def timers_are_readable(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        timer = node.event.timer if node.event else None
        if timer:
            try:
                context.read_timer(timer.text, timer.clock)
            except MotcuaError as cause:
                yield wrong("timer", node, f'"{timer.text}" is no time of a timer', str(cause), line=timer.line)


CALL_RULES: Final[tuple[Rule, ...]] = (
    operations_fit,
    errors_are_raised_and_caught,
    errors_do_not_escape,
    shared_parts_exist,
    messages_have_names,
    timers_are_readable,
)
