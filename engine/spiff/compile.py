"""From BPMN elements to SpiffWorkflow specs. A compiled model is cached by its version and shared by all dossiers.

Only models that passed the checks come here; what cannot be compiled is refused all the same, never skipped. The keys of bodies:

    process                 a process            process/sub_process     the body of a sub-process
    process/activity#       a repeated activity, alone in the body that each of its instances runs
    process/activity!       an activity for compensation, alone in the body that runs whenever it undoes another
    (pools)                 where the model has several pools, the body in which their processes run (pools.py)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from motcua.bpmn.collaboration import main_process, other_processes
from motcua.bpmn.compensation import compensates, handlers_beside, is_undoing_sub_process
from motcua.bpmn.decisions.compile import DecisionCall, compile_decision
from motcua.bpmn.decisions.elements import DecisionDocument
from motcua.bpmn.elements import REPEATABLE_KINDS, Body, Definitions, EventKind, Node, NodeKind, Process, SequenceFlow
from motcua.bpmn.expressions import Expression, compile_expression, compile_script
from motcua.engine.spiff import events, gateways, graph, mail, pools, specs
from motcua.engine.spiff.kinds import EVENTS, PLAIN
from motcua.engine.spiff.repetition import Plan, Repetition
from motcua.engine.spiff.undo_plans import UndoPlans, handler_body, unsound
from motcua.errors import InvalidInput


class ModelNotRunnable(InvalidInput):
    """The model holds something that the engine does not run."""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """main: the key of the body that a dossier starts.   processes, nodes: by the key of the body.

    starts: the start events of the main process, by the message that each waits for; None for the one that waits for none.
    routes: the message flows between its pools, by their id.
    inputs: of operations, by body and node.   names: of the processes.   assigned: what scripts set.
    has_conditions: whether conditional events must be looked at after every step.
    """

    main: str
    processes: Mapping[str, specs.ProcessSpec]
    nodes: Mapping[str, Mapping[str, Node]]
    starts: Mapping[str | None, Node]
    routes: Mapping[str, mail.Route]
    inputs: Mapping[tuple[str, str], tuple[tuple[str, Expression], ...]]
    names: frozenset[str]
    assigned: frozenset[str]
    has_conditions: bool


@dataclass(slots=True)
class _Compiling:
    """What grows while the bodies are compiled.

    handlers: the keys of the bodies whose start event waits outside of them: event sub-processes, and processes of other pools.
    main: the id of the main process.   routes: by the process and the node that a message flow leaves.
    """

    known: frozenset[str]
    undo: UndoPlans
    pending: list[tuple[str, Process | Body]]
    main: str
    routes: mail.Routes
    decisions: Mapping[str, DecisionDocument]
    handlers: set[str] = field(default_factory=set)
    processes: dict[str, specs.ProcessSpec] = field(default_factory=dict)
    nodes: dict[str, dict[str, Node]] = field(default_factory=dict)
    inputs: dict[tuple[str, str], tuple[tuple[str, Expression], ...]] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    has_conditions: bool = False


def compile_model(
    main: Definitions, shared: Mapping[str, Definitions], decisions: Mapping[str, DecisionDocument] = MappingProxyType({})
) -> CompiledModel:
    """Compile the executable processes of `main`, every process of `shared` (by process id), and what they use of `decisions`."""
    first, others = main_process(main), other_processes(main)
    if first is None:
        raise ModelNotRunnable("A model needs an executable process, and this one has none. Mark one with isExecutable.")
    bodies = {process.id: process for process in (first, *others)}
    for definitions in shared.values():
        for process in definitions.processes:
            bodies.setdefault(process.id, process)
    known = frozenset(bodies) - {process.id for process in others}
    work = _Compiling(known, UndoPlans(bodies, decisions), list(bodies.items()), first.id, mail.routes_of(main), decisions)
    starts = _starts_of_main(first)
    root = _compile_root(work, first, others) if others else first.id
    while work.pending:
        key, body = work.pending.pop()
        _compile_body(work, key, body)
    mail.close_to_outside(work.processes.values(), main)
    return CompiledModel(
        root,
        work.processes,
        work.nodes,
        starts,
        {route.flow: route for leaving in work.routes.values() for route in leaving},
        work.inputs,
        work.known,
        frozenset(work.assigned),
        work.has_conditions,
    )


def _starts_of_main(process: Process) -> dict[str | None, Node]:
    starts = [node for node in process.nodes if node.kind is NodeKind.START_EVENT]
    if not starts:
        raise ModelNotRunnable(f'The process "{process.id}" has no start event. Draw one.', process=process.id)
    found: dict[str | None, Node] = {}
    for node in starts:
        name = node.event.message if node.event else None
        if node.event_kind not in {EventKind.NONE, EventKind.MESSAGE} or name in found:
            raise _refused(node)
        found[name] = node
    return found


def _compile_root(work: _Compiling, main: Process, others: tuple[Process, ...]) -> str:
    """The body in which the processes of several pools run: the main one, and what starts each of the others."""
    spec = work.processes[pools.ROOT] = specs.ProcessSpec(pools.ROOT)
    listening = work.nodes[pools.ROOT] = {}
    spec.start.connect(pools.MainProcess(spec, pools.MAIN, None, main.id))
    for process in others:
        work.handlers.add(process.id)
        for start in (node for node in process.nodes if node.kind is NodeKind.START_EVENT):
            runs = pools.OtherProcess(spec, f"({process.id}) {start.id}", process.id, start.id)
            if start.event_kind is EventKind.NONE:
                spec.start.connect(runs)
                continue
            if start.event_kind not in {EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL}:
                raise _refused(start)
            beside = listening[start.id] = replace(start, is_interrupting=False)
            waits = pools.PoolStart(spec, start.id, beside, process.id)
            spec.start.connect(waits)
            waits.connect(runs)
    return pools.ROOT


def _compile_body(work: _Compiling, key: str, body: Process | Body) -> None:
    spec = work.processes[key] = specs.ProcessSpec(key)
    work.nodes[key] = {node.id: node for node in body.nodes}
    for node in unsound(body):
        raise _refused(node)
    spec.undo = work.undo.of_body(key, body)
    beside = handlers_beside(body)
    for handler in beside.values():
        _compile_handler(work, key, handler)
    on_the_way = [n for n in body.nodes if not (n.triggered_by_event or n.is_for_compensation or compensates(n))]
    by_id = {node.id: _compile_node(work, spec, key, node, beside.get(node.id)) for node in on_the_way}
    entry = dict(by_id)
    for node in body.nodes:
        if not compensates(node) and node.kind is NodeKind.BOUNDARY_EVENT:
            host = str(node.attached_to)
            if not isinstance(entry[host], specs.ActivityFrame):
                entry[host] = specs.ActivityFrame(spec, f"{host}.frame", None)
                entry[host].connect(by_id[host])
            entry[host].connect(by_id[node.id])
    for node in body.nodes:
        if node.kind is NodeKind.START_EVENT:
            spec.starts.add(node.id)
            spec.start.connect(entry[node.id])
        elif is_undoing_sub_process(node):
            if not isinstance(body, Body) or node.loop:
                raise _refused(node)
            assert node.body is not None
            _handler_body(work, key, node, node.body)
        elif node.triggered_by_event:
            spec.start.connect(_listener(work, spec, key, node))
    _connect_all(spec, body, by_id, entry)
    for gateway in spec.inclusive:
        gateway.ways = graph.ways_to(gateway.name, body)


def _connect_all(
    spec: specs.ProcessSpec, body: Process | Body, by_id: Mapping[str, specs.NodeSpec], entry: Mapping[str, specs.NodeSpec]
) -> None:
    flows = {flow.id: flow for flow in body.flows}
    for node in body.nodes:
        for flow_id in node.outgoing:
            flow = flows[flow_id]
            target = entry[flow.target]
            if isinstance(target, gateways.Join) and graph.is_doubled(flow, body):
                between = specs.Pass(spec, flow.id, None)
                between.connect(target)
                target = between
            if isinstance(by_id[node.id], specs.EventBasedGateway) and not isinstance(target, events.CatchEvent):
                raise _refused(node)
            _connect(by_id[node.id], flow, target)
    for source, target_id in graph.links(body):
        by_id[source].connect(entry[target_id])


def _connect(source: specs.NodeSpec, flow: SequenceFlow, target: specs.NodeSpec) -> None:
    if isinstance(source, gateways.Choosing) and flow.condition is not None and not flow.is_default:
        source.connect_if(compile_expression(flow.condition), target)
    else:
        source.connect(target)


def _listener(work: _Compiling, spec: specs.ProcessSpec, key: str, node: Node) -> specs.NodeSpec:
    """An event sub-process: its start event waits beside the body, and starts what it holds."""
    assert node.body is not None
    start = next((inner for inner in node.body.nodes if inner.kind is NodeKind.START_EVENT), None)
    if start is None or start.event_kind not in EVENTS[NodeKind.START_EVENT] or start.event_kind is EventKind.NONE or node.loop:
        raise _refused(start or node)
    listener = events.Listener(spec, start.id, start, _condition(work, start))
    _handler_body(work, key, node, node.body)
    work.nodes[key][start.id] = start
    listener.connect(events.HandlerProcess(spec, node.id, node, f"{key}/{node.id}", ()))
    return listener


def _handler_body(work: _Compiling, key: str, event_sub_process: Node, body: Body) -> None:
    work.pending.append((f"{key}/{event_sub_process.id}", body))
    work.handlers.add(f"{key}/{event_sub_process.id}")


def _compile_handler(work: _Compiling, key: str, handler: Node) -> None:
    """An activity for compensation, alone in a body of its own; several activities may be undone by one."""
    alone = handler_body(key, handler)
    if alone not in work.processes:
        inner = work.processes[alone] = specs.ProcessSpec(alone)
        work.nodes[alone] = {handler.id: handler}
        inner.start.connect(_compile_node(work, inner, key, handler))
        if handler.operation is not None:
            work.inputs[alone, handler.id] = work.inputs[key, handler.id]


def _compile_node(work: _Compiling, spec: specs.ProcessSpec, key: str, node: Node, undone_by: Node | None = None) -> specs.NodeSpec:
    if node.operation is not None:
        work.inputs[key, node.id] = tuple((i.name, compile_expression(i.expression)) for i in node.operation.inputs)
    if node.body is not None:
        work.pending.append((f"{key}/{node.id}", node.body))
    if node.loop is None:
        return _compile_single(work, spec, key, node)
    alone = f"{key}/{node.id}#"
    inner = work.processes[alone] = specs.ProcessSpec(alone)
    work.nodes[alone] = {node.id: node}
    if node.id in spec.undo:
        inner.undo = {node.id: work.undo.of_activity(key, node, undone_by)}
    if node.operation is not None:
        work.inputs[alone, node.id] = work.inputs[key, node.id]
    inner.start.connect(_compile_single(work, inner, key, node))
    return Repetition(spec, node.id, node, alone, _plan(node))


def _compile_single(work: _Compiling, spec: specs.ProcessSpec, key: str, node: Node) -> specs.NodeSpec:
    kind = node.kind
    if routes := work.routes.get((key.partition("/")[0], node.id)):
        carries = [(argument.name, compile_expression(argument.expression)) for argument in node.arguments]
        return mail.SendMessage(spec, node.id, node, carries, routes)
    if kind in PLAIN:
        made = PLAIN[kind](spec, node.id, node)
        if isinstance(made, gateways.InclusiveGateway):
            spec.inclusive.append(made)
        return made
    if kind is NodeKind.SCRIPT_TASK:
        script = compile_script(node.script or "")
        work.assigned |= script.assigned
        return specs.ScriptTask(spec, node.id, node, script)
    if kind is NodeKind.BUSINESS_RULE_TASK:
        return specs.RuleTask(spec, node.id, node, _decision(work, node))
    if kind in {NodeKind.SUB_PROCESS, NodeKind.TRANSACTION}:
        return specs.NestedProcess(spec, node.id, node, f"{key}/{node.id}", ())
    if kind is NodeKind.CALL_ACTIVITY:
        if node.called_element not in work.known:
            raise ModelNotRunnable(
                f'Call activity "{node.id}" (line {node.line}) calls "{node.called_element}", which is not among the shared parts '
                "of this version. Publish that part with the model, or correct calledElement.",
                element=node.id,
                line=node.line,
            )
        arguments = [(argument.name, compile_expression(argument.expression)) for argument in node.arguments]
        return specs.NestedProcess(spec, node.id, node, str(node.called_element), arguments)
    made_event = EVENTS.get(kind, {}).get(node.event_kind)
    if made_event is None or (made_event is specs.ServiceTask and node.operation is None):
        raise _refused(node)
    if made_event is events.Listener:
        if key == work.main and node.event_kind is EventKind.MESSAGE:
            return specs.Pass(spec, node.id, node)  # the application is the message
        if key not in work.handlers:
            raise _refused(node)
        return specs.Pass(spec, node.id, None)  # it was told when the listener was fired
    if made_event is events.CatchEvent:
        return events.CatchEvent(spec, node.id, node, _condition(work, node))
    return made_event(spec, node.id, node)


def _decision(work: _Compiling, node: Node) -> DecisionCall:
    use = node.decision
    if use is None or use.name not in work.decisions:
        raise _refused(node)
    decision = compile_decision(work.decisions[use.name], use.name)
    if not {output.name for output in use.outputs} <= {column.name for column in decision.table.outputs}:
        raise _refused(node)
    work.assigned |= {output.variable for output in use.outputs}
    return DecisionCall(
        decision,
        tuple((argument.name, compile_expression(argument.expression)) for argument in use.inputs),
        tuple((output.name, output.variable) for output in use.outputs),
    )


def _condition(work: _Compiling, node: Node) -> Expression | None:
    if node.event is None or node.event.kind is not EventKind.CONDITIONAL:
        return None
    work.has_conditions = True
    return compile_expression(node.event.condition or "")


def _plan(node: Node) -> Plan:
    repetition = node.repetition
    if node.loop is None or node.kind not in REPEATABLE_KINDS or repetition is None or repetition.objection(node.loop):
        raise _refused(node)
    return Plan(
        kind=node.loop,
        condition=_optional(repetition.condition),
        test_before=repetition.test_before,
        maximum=repetition.maximum,
        cardinality=_optional(repetition.cardinality),
        collection=repetition.collection,
        item=repetition.item,
        output_collection=repetition.output_collection,
        output_item=repetition.output_item,
        completion=_optional(repetition.completion),
    )


def _optional(text: str | None) -> Expression | None:
    return None if text is None else compile_expression(text)


def _refused(node: Node) -> ModelNotRunnable:
    kind = f"{node.kind.value} of kind {node.event_kind.value}" if node.loop is None else f"{node.loop.value} {node.kind.value}"
    return ModelNotRunnable(
        f'"{node.id}" (line {node.line}) is a {kind}, which the engine does not run. '
        "`motcua model check` says what to draw instead.",
        element=node.id,
        line=node.line,
    )
