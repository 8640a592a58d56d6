"""Rules about what the engine of today runs. Whatever is not in these tables is refused, never run differently than drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, Severity, all_nodes, containers, title, wrong
from motcua.bpmn.elements import ACTIVITY_KINDS, Definitions, EventKind, NodeKind, Process, TimerKind

_ONLY_WARNED: Final = frozenset({"foreign-extension", "data-object", "listed-flow"})

_REFUSED_KINDS: Final[Mapping[NodeKind, str]] = {
    NodeKind.TASK: "say who or what does it: a user task, a service task or another kind of task",
    NodeKind.BUSINESS_RULE_TASK: "decide in a script task, or at an exclusive gateway",
    NodeKind.AD_HOC_SUB_PROCESS: "draw an embedded sub-process with the order of its tasks",
    NodeKind.TRANSACTION: "draw an embedded sub-process with an error boundary event",
    NodeKind.INCLUSIVE_GATEWAY: "use a parallel gateway with an exclusive gateway in each branch",
    NodeKind.COMPLEX_GATEWAY: "use exclusive and parallel gateways",
}
_EVENTS: Final[Mapping[NodeKind, frozenset[EventKind]]] = {
    NodeKind.START_EVENT: frozenset({EventKind.NONE}),
    NodeKind.END_EVENT: frozenset({EventKind.NONE, EventKind.TERMINATE, EventKind.ERROR}),
    NodeKind.INTERMEDIATE_THROW_EVENT: frozenset({EventKind.NONE}),
    NodeKind.INTERMEDIATE_CATCH_EVENT: frozenset({EventKind.MESSAGE, EventKind.TIMER}),
    NodeKind.BOUNDARY_EVENT: frozenset({EventKind.MESSAGE, EventKind.TIMER, EventKind.ERROR}),
}
_CATCH_ERRORS: Final = frozenset({NodeKind.SERVICE_TASK, NodeKind.CALL_ACTIVITY, NodeKind.SUB_PROCESS})


def what_the_reader_found(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for oddity in definitions.oddities:
        severity = Severity.WARNING if oddity.rule in _ONLY_WARNED else Severity.ERROR
        yield Finding(oddity.rule, severity, oddity.element_id, oddity.line, oddity.message, oddity.remedy)


def kinds_of_nodes(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        remedy = _REFUSED_KINDS.get(node.kind)
        if remedy:
            yield wrong("unsupported-element", node, f"the engine does not run a {node.kind.value.replace('_', ' ')}", remedy)
        if node.triggered_by_event:
            yield wrong(
                "unsupported-element",
                node,
                "the engine does not run event sub-processes",
                "use a boundary event on a sub-process that holds the steps it may interrupt",
            )
        if node.loop:
            yield wrong(
                "multi-instance",
                node,
                f"the engine does not run the {node.loop.value} repetition of {title(node)}",
                "draw the loop with gateways",
            )


def kinds_of_events(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        allowed = _EVENTS.get(node.kind)
        if allowed is not None and node.event_kind not in allowed:
            kinds = ", ".join(sorted(kind.value for kind in allowed))
            yield wrong(
                "unsupported-event",
                node,
                f"the engine does not run a {node.kind.value.replace('_', ' ')} of the kind {node.event_kind.value}",
                f"use one of the kinds: {kinds}",
            )


def timers_are_durations(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        timer = node.event.timer if node.event else None
        if timer and timer.kind is not TimerKind.DURATION:
            yield wrong(
                "timer",
                node,
                f"the engine does not run a timer with a {timer.kind.value}",
                "write a bpmn:timeDuration, such as 15 working days",
                line=timer.line,
            )


def error_ends_are_inside_a_part(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """An error end event needs somebody outside who can catch it."""
    for process, container in containers(definitions):
        if isinstance(container, Process) and process.procedure_code is not None:
            for node in container.nodes:
                if node.kind is NodeKind.END_EVENT and node.event_kind is EventKind.ERROR:
                    yield wrong(
                        "error-end",
                        node,
                        "an error end event at the top of a procedure can be caught by nobody",
                        "end with an end event and a legal act (motcua:act), or move it into a sub-process",
                    )


def boundary_events(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for _, container in containers(definitions):
        hosts = {node.id: node for node in container.nodes}
        for node in container.nodes:
            if node.kind is not NodeKind.BOUNDARY_EVENT:
                continue
            host = hosts.get(node.attached_to or "")
            if host is None or host.kind not in ACTIVITY_KINDS:
                yield wrong(
                    "boundary-event",
                    node,
                    f'the boundary event {title(node)} is attached to "{node.attached_to or ""}", which is no activity here',
                    "put it on the edge of a task, a call activity or a sub-process",
                )
            elif node.event_kind is EventKind.ERROR and host.kind not in _CATCH_ERRORS:
                yield wrong(
                    "boundary-event",
                    node,
                    f"{title(host)} raises no error",
                    "put error boundary events on service tasks, call activities and sub-processes",
                )
            if node.event_kind is EventKind.ERROR and not node.cancel_activity:
                yield wrong("boundary-event", node, "an error always interrupts", 'remove cancelActivity="false"')


def scripts_are_ours(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.kind is NodeKind.SCRIPT_TASK and node.script_format != "motcua":
            yield wrong(
                "script",
                node,
                f'a script in "{node.script_format or "no named language"}" is not run',
                'write scriptFormat="motcua" and one assignment name = expression a line',
            )


def one_executable_process(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if len(definitions.processes) != 1:
        yield Finding(
            "process",
            Severity.ERROR,
            definitions.id or None,
            0,
            f"the document has {len(definitions.processes)} processes",
            "keep one process a file, and draw others as empty pools",
        )
    for process in definitions.processes:
        if not process.is_executable:
            yield wrong("process", process, "the process is not executable", 'write isExecutable="true" on the process')
        if process.procedure_code is not None and process.procedure_code not in context.procedure_codes:
            yield wrong(
                "procedure",
                process,
                f'"{process.procedure_code}" is no procedure of the catalog',
                "correct the code of motcua:procedure (motcua catalog list), or remove it from a shared part",
            )


SUPPORT_RULES: Final[tuple[Rule, ...]] = (
    what_the_reader_found,
    kinds_of_nodes,
    kinds_of_events,
    timers_are_durations,
    error_ends_are_inside_a_part,
    boundary_events,
    scripts_are_ours,
    one_executable_process,
)
