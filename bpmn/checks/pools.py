"""Rules about pools: what starts a process, which message flows are delivered, and what only the main process may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, Severity, all_nodes, repeated, title, wrong
from motcua.bpmn.checks.people import EXCEPTION_FIELDS
from motcua.bpmn.checks.variables import called_parts
from motcua.bpmn.collaboration import (
    belongs_to_a_procedure,
    inner_flows,
    main_process,
    one_by_one,
    other_processes,
    owners,
    sends_inside,
)
from motcua.bpmn.elements import (
    Definitions,
    EventKind,
    LoopKind,
    MessageFlow,
    Node,
    NodeKind,
    Process,
    TimerClock,
    TimerKind,
    walk,
)

_MAIN_STARTS: Final = frozenset({EventKind.NONE, EventKind.MESSAGE})
_OTHER_STARTS: Final = _MAIN_STARTS | {EventKind.TIMER, EventKind.SIGNAL}
_SENDS: Final = frozenset({NodeKind.INTERMEDIATE_THROW_EVENT, NodeKind.END_EVENT})
_TAKES: Final = frozenset({NodeKind.INTERMEDIATE_CATCH_EVENT, NodeKind.BOUNDARY_EVENT, NodeKind.START_EVENT})
_NO_START: Final[Mapping[EventKind, str]] = {
    EventKind.TIMER: "it would open a dossier without an applicant",
    EventKind.SIGNAL: "signals stay inside a dossier, and there is none yet",
    EventKind.CONDITIONAL: "there are no data yet that a condition could look at",
}


def starts(process: Process) -> list[Node]:
    """The start events of a whole process."""
    return [node for node in process.nodes if node.kind is NodeKind.START_EVENT]


def starts_of_processes(definitions: Definitions) -> frozenset[str]:
    """The ids of the start events of whole processes."""
    return frozenset(start.id for process in definitions.processes for start in starts(process))


def starts_of_other_pools(definitions: Definitions) -> frozenset[str]:
    """The ids of what starts the processes beside the main one of a procedure."""
    others = other_processes(definitions) if belongs_to_a_procedure(definitions) else ()
    return frozenset(start.id for process in others for start in starts(process))


def a_process_is_started_by_what_can_start_it(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if not belongs_to_a_procedure(definitions):
        return
    main = main_process(definitions)
    for process in definitions.processes:
        allowed = _MAIN_STARTS if process is main else _OTHER_STARTS
        for start in starts(process):
            if start.event_kind not in allowed:
                whole = "a procedure" if process is main else "the process of another pool"
                because = f": {_NO_START[start.event_kind]}" if start.event_kind in _NO_START else ""
                yield wrong(
                    "unsupported-event",
                    start,
                    f"a {start.event_kind.value} event does not start {whole}{because}",
                    f"begin with one of the kinds {', '.join(sorted(allowed))}, and wait for the {start.event_kind.value} after it",
                )
        if sum(start.event_kind is EventKind.NONE for start in starts(process)) > 1:
            yield wrong("start-event", process, "there are several start events without a trigger", "keep one of them")
        for name in repeated(start.event.message for start in starts(process) if start.event and start.event.message):
            yield wrong("start-event", process, f'several start events wait for the message "{name}"', "keep one of them")
    for start in starts(main) if main else ():
        if start.payload:
            yield wrong("message", start, "the fields of an application are its form", "write motcua:form, not motcua:payload")


def processes_stand_in_pools(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    if len(definitions.processes) < 2:
        return
    if sum(process.procedure_code is not None for process in definitions.processes) != 1:
        yield Finding(
            "process",
            Severity.ERROR,
            definitions.id or None,
            0,
            "of several processes, exactly one must name the procedure that they serve",
            "write motcua:procedure in the process that the application starts; a shared part has one process",
        )
    pools = Counter(pool.process_id for pool in definitions.participants)
    for process in definitions.processes:
        if pools[process.id] != 1:
            what = f'the process "{process.name or process.id}" stands in {pools[process.id]} pools'
            yield wrong("pool", process, what, "draw one pool for it")


def message_flows_join_two_pools(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    process_of = owners(definitions)
    pools = {pool.id for pool in definitions.participants}
    known = pools | process_of.keys()
    for flow in definitions.message_flows:
        for end, id in (("sourceRef", flow.source), ("targetRef", flow.target)):
            if id not in known:
                yield wrong("dangling-reference", flow, f'{end}="{id}" names no element and no pool', "correct or remove the flow")
        source, target = process_of.get(flow.source), process_of.get(flow.target)
        if source is None or target is None:
            continue
        if source == target:
            yield wrong("message-flow", flow, "a message flow joins two elements of one pool", "draw a sequence flow")
        elif {flow.source, flow.target} & pools:
            yield wrong(
                "message-flow",
                flow,
                "a message flow between two processes begins or ends at the edge of a pool",
                "join it to the element that sends or takes the message",
            )


def messages_between_pools_are_sent_and_taken(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    main = main_process(definitions)
    first = {start.id for start in starts(main)} if main else set()
    inner = list(inner_flows(definitions))
    inner_ids = {flow.id for flow, _, _ in inner}
    outer = {flow.source for flow in definitions.message_flows if flow.id not in inner_ids}
    at_once = _inside_parallel_instances(definitions)
    for flow, source, target in inner:
        if source.kind is not NodeKind.SEND_TASK and not (source.kind in _SENDS and source.event_kind is EventKind.MESSAGE):
            yield wrong("message-flow", flow, f"{title(source)} sends no message", "let a send task or a message event send it")
        elif not (source.event and source.event.message):
            yield wrong("message-flow", source, f"{title(source)} names no message", "give it a messageRef to a bpmn:message")
        elif target.event and target.event.message and target.event.message != source.event.message:
            yield wrong(
                "message-flow",
                flow,
                f'{title(source)} sends "{source.event.message}", and {title(target)} waits for "{target.event.message}"',
                "let both name the same bpmn:message",
            )
        if target.kind is not NodeKind.RECEIVE_TASK and not (target.kind in _TAKES and target.event_kind is EventKind.MESSAGE):
            yield wrong("message-flow", flow, f"{title(target)} takes no message", "let a receive task or a message event take it")
        elif target.id in first:
            yield wrong(
                "message-flow", flow, "only an application starts the procedure", "end the flow at an event after the start"
            )
        yield from _what_it_carries(flow, source, target)
        for end in (source, target):
            if end.id in at_once:
                yield wrong(
                    "message-flow",
                    flow,
                    f"{title(end)} stands in a parallel multi-instance activity, so that answers could not be told apart",
                    'write isSequential="true", or send one message for all instances',
                )
    sending = sends_inside(definitions)
    for node in all_nodes(definitions):
        if node.id in sending & outer:
            yield wrong(
                "message-flow",
                node,
                f"{title(node)} sends to a process and to a pool without one, which needs an operation",
                "draw two events, one after the other",
            )
        if node.id in sending and node.operation is not None:
            yield wrong(
                "operation", node, f"{title(node)} sends inside the dossier, but names an operation", "remove the motcua:operation"
            )
        if node.arguments and node.id not in sending and node.kind is not NodeKind.CALL_ACTIVITY:
            yield wrong(
                "message-flow",
                node,
                f"{title(node)} sends nothing to another process, so that its motcua:arguments have no effect",
                "draw a message flow to the process that takes them, or remove them",
            )


def _what_it_carries(flow: MessageFlow, source: Node, target: Node) -> Iterator[Finding]:
    fields = {field.name: field for field in target.payload}
    given = {argument.name for argument in source.arguments}
    unknown = next((argument for argument in source.arguments if argument.name not in fields), None)
    if unknown is not None:
        yield wrong(
            "message-flow",
            source,
            f'{title(target)} does not take "{unknown.name}"',
            "add the field to its motcua:payload, or remove the argument",
            line=unknown.line,
        )
    for name in repeated(argument.name for argument in source.arguments)[:1]:
        yield wrong("message-flow", source, f'the argument "{name}" is given twice', "remove one")
    missing = next((name for name, field in fields.items() if field.required and name not in given), None)
    if missing is not None:
        yield wrong(
            "message-flow",
            source,
            f'{title(target)} needs "{missing}", which the message of {title(source)} does not carry',
            f'add <motcua:input name="{missing}" expression="…"/> to its motcua:arguments',
        )


def _inside_parallel_instances(definitions: Definitions) -> set[str]:
    found: set[str] = set()
    for node in all_nodes(definitions):
        if node.loop is LoopKind.PARALLEL:
            found |= {node.id, *(inner.id for inner in (walk(node.body) if node.body else ()))}
    return found


def only_one_instance_takes_messages(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """A process that may run several times at once could not tell whose message it is."""
    if not belongs_to_a_procedure(definitions):
        return
    main = main_process(definitions)
    for alone, process in zip(one_by_one(definitions), definitions.processes, strict=True):
        begins = starts(process)
        timers = [start.event.timer for start in begins if start.event and start.event.timer]
        at_once = any(start.event_kind is EventKind.SIGNAL for start in begins) or any(t.kind is TimerKind.CYCLE for t in timers)
        if process is main or not (at_once or (timers and len(begins) > 1)):
            continue
        waiting = [node for document in (alone, *called_parts(alone, context).values()) for node in all_nodes(document)]
        for node in waiting:
            takes = node.kind is NodeKind.RECEIVE_TASK or (node.kind in _TAKES and node.event_kind is EventKind.MESSAGE)
            if takes and node not in begins:
                yield wrong(
                    "pool",
                    process,
                    f"the process may run several times at once, so that a message to {title(node)} would not know which",
                    "start it by a message, which starts it once at a time, or remove what takes the message",
                )


def what_the_law_counts_stands_in_the_main_process(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    main = main_process(definitions)
    if not belongs_to_a_procedure(definitions):
        return
    for alone, process in zip(one_by_one(definitions), definitions.processes, strict=True):
        if process is main:
            continue
        places = [(node, node) for node in all_nodes(alone)]
        callers = {node.called_element: node for node in all_nodes(alone) if node.called_element}
        for called, part in called_parts(alone, context).items():
            place = callers.get(called) or next(iter(callers.values()))  # one that is called by a part is found at some call
            places += [(place, node) for node in all_nodes(part)]
        for place, node in places:
            if node.act is not None:
                yield wrong(
                    "pool",
                    place,
                    f'{title(node)} does the legal act "{node.act}", which only the process of the procedure does',
                    "tell that process by a message, and do the act there",
                )
            if node.stops_clock is not None:
                yield wrong(
                    "pool",
                    place,
                    f"{title(node)} stops the authority's clock, which only the process of the procedure does",
                    "write motcua:clock where that process waits for this one",
                )
            for field in node.form:
                if field.name in EXCEPTION_FIELDS:
                    yield wrong(
                        "pool",
                        place,
                        f'the field "{field.name}" of {title(node)} states an exception for an act of another process',
                        "let somebody state it in the process of the procedure",
                    )
            timer = node.event.timer if node.event else None
            if timer and timer.clock is TimerClock.AUTHORITY and timer.kind is not TimerKind.DATE:
                yield wrong(
                    "pool",
                    place,
                    f"the timer of {title(node)} is on the clock of the dossier's authority, which may stand meanwhile",
                    'write <motcua:timer clock="wall"/>; its days are working days all the same',
                )


POOL_RULES: Final[tuple[Rule, ...]] = (
    a_process_is_started_by_what_can_start_it,
    processes_stand_in_pools,
    message_flows_join_two_pools,
    messages_between_pools_are_sent_and_taken,
    only_one_instance_takes_messages,
    what_the_law_counts_stands_in_the_main_process,
)
