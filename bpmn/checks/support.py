"""Rules about what the engine of today runs. Whatever is not in these tables is refused, never run differently than drawn.

The table "What the engine runs" of docs/extension.md and the tables of `motcua.engine.spiff` say the same; a test keeps them alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, Severity, all_nodes, containers, title, wrong
from motcua.bpmn.checks.handlers import caught_in, handler_starts
from motcua.bpmn.checks.pools import starts_of_other_pools, starts_of_processes
from motcua.bpmn.collaboration import belongs_to_a_procedure
from motcua.bpmn.elements import ACTIVITY_KINDS, Definitions, EventKind, Node, NodeKind, Process, TimerKind

_ONLY_WARNED: Final = frozenset({"foreign-extension", "data-object", "listed-flow"})

_REFUSED_KINDS: Final[Mapping[NodeKind, str]] = {
    NodeKind.TASK: "say who or what does it: a user task, a service task or another kind of task",
    NodeKind.AD_HOC_SUB_PROCESS: "draw an embedded sub-process with the order of its tasks",
    NodeKind.COMPLEX_GATEWAY: "use exclusive, inclusive and parallel gateways",
}
_WAITING: Final = frozenset({EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL})
_THROWN: Final = frozenset({EventKind.NONE, EventKind.MESSAGE, EventKind.SIGNAL, EventKind.ESCALATION, EventKind.COMPENSATE})
EVENTS: Final[Mapping[NodeKind, frozenset[EventKind]]] = {
    NodeKind.START_EVENT: frozenset({EventKind.NONE}),
    NodeKind.END_EVENT: _THROWN | {EventKind.TERMINATE, EventKind.ERROR, EventKind.CANCEL},
    NodeKind.INTERMEDIATE_THROW_EVENT: _THROWN | {EventKind.LINK},
    NodeKind.INTERMEDIATE_CATCH_EVENT: _WAITING | {EventKind.LINK},
    NodeKind.BOUNDARY_EVENT: _WAITING | {EventKind.ERROR, EventKind.ESCALATION, EventKind.CANCEL, EventKind.COMPENSATE},
}
HANDLER_STARTS: Final = _WAITING | {EventKind.ERROR, EventKind.ESCALATION, EventKind.COMPENSATE}
"""What may start an event sub-process."""
_HOSTS: Final[Mapping[EventKind, tuple[frozenset[NodeKind], str]]] = {
    EventKind.ERROR: (
        frozenset({NodeKind.SERVICE_TASK, NodeKind.CALL_ACTIVITY, NodeKind.SUB_PROCESS, NodeKind.TRANSACTION}),
        "put error boundary events on service tasks, call activities and sub-processes",
    ),
    EventKind.ESCALATION: (
        frozenset({NodeKind.CALL_ACTIVITY, NodeKind.SUB_PROCESS, NodeKind.TRANSACTION}),
        "put escalation boundary events on call activities and sub-processes",
    ),
    EventKind.CANCEL: (frozenset({NodeKind.TRANSACTION}), "put cancel boundary events on transactions"),
}
"""Where alone an event of this kind can come from, and what to do."""


def what_the_reader_found(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for oddity in definitions.oddities:
        severity = Severity.WARNING if oddity.rule in _ONLY_WARNED else Severity.ERROR
        yield Finding(oddity.rule, severity, oddity.element_id, oddity.line, oddity.message, oddity.remedy)


def kinds_of_nodes(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        remedy = _REFUSED_KINDS.get(node.kind)
        if remedy:
            yield wrong("unsupported-element", node, f"the engine does not run a {node.kind.value.replace('_', ' ')}", remedy)


def kinds_of_events(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    starts_of_handlers = handler_starts(definitions)
    judged_as_pools = starts_of_processes(definitions) if belongs_to_a_procedure(definitions) else frozenset()
    for node in all_nodes(definitions):
        if node.id in judged_as_pools:
            continue
        allowed = HANDLER_STARTS if node.id in starts_of_handlers else EVENTS.get(node.kind)
        if allowed is not None and node.event_kind not in allowed:
            kinds = ", ".join(sorted(kind.value for kind in allowed))
            yield wrong(
                "unsupported-event",
                node,
                f"the engine does not run a {node.kind.value.replace('_', ' ')} of the kind {node.event_kind.value}",
                f"use one of the kinds: {kinds}",
            )


def timers_say_what_their_element_is(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """A date, a duration and a cycle are written differently, and a cycle stands only where it can come again."""
    starts_of_handlers, of_other_pools = handler_starts(definitions), starts_of_other_pools(definitions)
    for node in all_nodes(definitions):
        timer = node.event.timer if node.event else None
        if timer is None:
            continue
        if _kind_of_text(timer.text) is not timer.kind:
            yield wrong(
                "timer",
                node,
                f'"{timer.text}" is no {timer.kind.value} of a timer',
                f"write it as in {_EXAMPLES[timer.kind]}",
                line=timer.line,
            )
        happens_once = _interrupts(node, node.id in starts_of_handlers) and node.id not in of_other_pools
        if timer.kind is TimerKind.CYCLE and happens_once:
            yield wrong(
                "timer",
                node,
                f"{title(node)} happens once, so that its timer cannot repeat",
                "write a bpmn:timeDuration, or make the event non-interrupting",
                line=timer.line,
            )


_EXAMPLES: Final = {
    TimerKind.DURATION: "15 working days",
    TimerKind.DATE: "2026-03-31T17:00:00+07:00",
    TimerKind.CYCLE: "every 5 working days, or 3 times every 8 hours",
}


def _kind_of_text(text: str) -> TimerKind:
    if re.match(r"(\d+ times? )?every ", text):
        return TimerKind.CYCLE
    return TimerKind.DATE if re.match(r"\d{4}-", text) else TimerKind.DURATION


def _interrupts(node: Node, starts_a_handler: bool) -> bool:
    if node.kind is NodeKind.BOUNDARY_EVENT:
        return node.cancel_activity
    return node.is_interrupting if starts_a_handler else True


def error_ends_are_inside_a_part(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """An error end event needs somebody outside who can catch it."""
    for _, container in containers(definitions) if belongs_to_a_procedure(definitions) else ():
        if isinstance(container, Process):
            caught = caught_in(container.nodes)
            for node in container.nodes:
                code = node.event.error_code if node.event else None
                if node.kind is NodeKind.END_EVENT and node.event_kind is EventKind.ERROR and not {code, None} & caught:
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
            if host is None or host.kind not in ACTIVITY_KINDS or host.triggered_by_event:
                yield wrong(
                    "boundary-event",
                    node,
                    f'the boundary event {title(node)} is attached to "{node.attached_to or ""}", which is no activity here',
                    "put it on the edge of a task, a call activity or a sub-process",
                )
            elif node.event_kind in _HOSTS and host.kind not in _HOSTS[node.event_kind][0]:
                remedy = _HOSTS[node.event_kind][1]
                yield wrong("boundary-event", node, f"{title(host)} raises no {node.event_kind.value}", remedy)
            if node.event_kind in {EventKind.ERROR, EventKind.CANCEL} and not node.cancel_activity:
                what = "an error" if node.event_kind is EventKind.ERROR else "a cancelled transaction"
                yield wrong("boundary-event", node, f"{what} always interrupts", 'remove cancelActivity="false"')


def scripts_are_ours(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.kind is NodeKind.SCRIPT_TASK and node.script_format != "motcua":
            yield wrong(
                "script",
                node,
                f'a script in "{node.script_format or "no named language"}" is not run',
                'write scriptFormat="motcua" and one assignment name = expression a line',
            )


def processes_are_executable(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if not definitions.processes:
        yield Finding(
            "process",
            Severity.ERROR,
            definitions.id or None,
            0,
            "the document has no process",
            "draw the process of a procedure, or of a shared part",
        )
    for process in definitions.processes:
        if not process.is_executable:
            yield wrong(
                "process", process, "the process is not executable", 'write isExecutable="true" on it, or draw its pool empty'
            )
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
    timers_say_what_their_element_is,
    error_ends_are_inside_a_part,
    boundary_events,
    scripts_are_ours,
    processes_are_executable,
)
