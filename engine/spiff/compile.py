"""From BPMN elements to SpiffWorkflow specs. A compiled model is cached by its version and shared by all dossiers.

Only models that passed the checks come here; what cannot be compiled is refused all the same, never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from motcua.bpmn.elements import Body, Definitions, EventKind, Node, NodeKind, Process, SequenceFlow
from motcua.bpmn.expressions import Expression, compile_expression, compile_script
from motcua.engine.spiff import specs
from motcua.errors import InvalidInput


class ModelNotRunnable(InvalidInput):
    """The model holds something that the engine does not run."""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """main: the key of the process that a dossier starts. Bodies of sub-processes have the key `process/sub_process`."""

    main: str
    processes: Mapping[str, specs.ProcessSpec]
    nodes: Mapping[str, Mapping[str, Node]]
    start_node: Node
    inputs: Mapping[tuple[str, str], tuple[tuple[str, Expression], ...]]
    names: frozenset[str]


def compile_model(main: Definitions, shared: Mapping[str, Definitions]) -> CompiledModel:
    """Compile the one executable process of `main` and every process of `shared` (by process id)."""
    executable = [process for process in main.processes if process.is_executable]
    if len(executable) != 1:
        raise ModelNotRunnable(
            f"A model needs exactly one executable process, and this one has {len(executable)}. Mark one with isExecutable.",
            processes=len(executable),
        )
    bodies: dict[str, Process | Body] = {executable[0].id: executable[0]}
    for definitions in shared.values():
        for process in definitions.processes:
            bodies.setdefault(process.id, process)
    compiled: dict[str, specs.ProcessSpec] = {}
    nodes: dict[str, Mapping[str, Node]] = {}
    inputs: dict[tuple[str, str], tuple[tuple[str, Expression], ...]] = {}
    pending = list(bodies.items())
    while pending:
        key, body = pending.pop()
        compiled[key] = _compile_body(key, body, bodies)
        nodes[key] = {node.id: node for node in body.nodes}
        for node in body.nodes:
            if node.body is not None:
                pending.append((f"{key}/{node.id}", node.body))
            if node.operation is not None:
                inputs[key, node.id] = tuple((i.name, compile_expression(i.expression)) for i in node.operation.inputs)
    start_node = next((n for n in executable[0].nodes if n.kind is NodeKind.START_EVENT), None)
    if start_node is None:
        raise ModelNotRunnable(f'The process "{executable[0].id}" has no start event. Draw one.', process=executable[0].id)
    return CompiledModel(executable[0].id, compiled, nodes, start_node, inputs, frozenset(bodies))


def _compile_body(key: str, body: Process | Body, processes: Mapping[str, object]) -> specs.ProcessSpec:
    spec = specs.ProcessSpec(key)
    by_id: dict[str, specs.NodeSpec] = {node.id: _compile_node(spec, key, node, processes) for node in body.nodes}
    entry = dict(by_id)
    for node in body.nodes:
        if node.kind is NodeKind.BOUNDARY_EVENT:
            host = str(node.attached_to)
            if not isinstance(entry[host], specs.ActivityFrame):
                entry[host] = specs.ActivityFrame(spec, f"{host}.frame", None)
                entry[host].connect(by_id[host])
            entry[host].connect(by_id[node.id])
    for node in body.nodes:
        if node.kind is NodeKind.START_EVENT:
            spec.start.connect(entry[node.id])
    flows = {flow.id: flow for flow in body.flows}
    for node in body.nodes:
        for flow_id in node.outgoing:
            _connect(by_id[node.id], flows[flow_id], entry[flows[flow_id].target])
    return spec


def _connect(source: specs.NodeSpec, flow: SequenceFlow, target: specs.NodeSpec) -> None:
    if isinstance(source, specs.ExclusiveGateway) and flow.condition is not None and not flow.is_default:
        source.connect_if(specs.FlowCondition(compile_expression(flow.condition)), target)
    else:
        source.connect(target)


def _compile_node(spec: specs.ProcessSpec, key: str, node: Node, processes: Mapping[str, object]) -> specs.NodeSpec:
    kind = node.kind
    if kind in _SIMPLE:
        return _SIMPLE[kind](spec, node.id, node)
    if kind is NodeKind.SCRIPT_TASK:
        return specs.ScriptTask(spec, node.id, node, compile_script(node.script or ""))
    if kind is NodeKind.SUB_PROCESS and not node.triggered_by_event and node.loop is None:
        return specs.NestedProcess(spec, node.id, node, f"{key}/{node.id}", ())
    if kind is NodeKind.CALL_ACTIVITY and node.loop is None:
        if node.called_element not in processes:
            raise ModelNotRunnable(
                f'Call activity "{node.id}" (line {node.line}) calls "{node.called_element}", which is not among the shared parts '
                "of this version. Publish that part with the model, or correct calledElement.",
                element=node.id,
                line=node.line,
            )
        arguments = [(argument.name, compile_expression(argument.expression)) for argument in node.arguments]
        return specs.NestedProcess(spec, node.id, node, str(node.called_element), arguments)
    if (kind, node.event_kind) in _EVENTS:
        return _EVENTS[kind, node.event_kind](spec, node.id, node)
    raise ModelNotRunnable(
        f'"{node.id}" (line {node.line}) is a {kind.value} of kind {node.event_kind.value}, which the engine does not run. '
        "`motcua model check` says what to draw instead.",
        element=node.id,
        line=node.line,
    )


_SIMPLE: dict[NodeKind, Callable[[specs.ProcessSpec, str, Node], specs.NodeSpec]] = {
    NodeKind.USER_TASK: specs.PersonTask,
    NodeKind.MANUAL_TASK: specs.PersonTask,
    NodeKind.SERVICE_TASK: specs.ServiceTask,
    NodeKind.SEND_TASK: specs.ServiceTask,
    NodeKind.RECEIVE_TASK: specs.CatchEvent,
    NodeKind.TASK: specs.Pass,
    NodeKind.EXCLUSIVE_GATEWAY: specs.ExclusiveGateway,
    NodeKind.PARALLEL_GATEWAY: specs.ParallelGateway,
    NodeKind.EVENT_BASED_GATEWAY: specs.EventBasedGateway,
}

_EVENTS: dict[tuple[NodeKind, EventKind], Callable[[specs.ProcessSpec, str, Node], specs.NodeSpec]] = {
    (NodeKind.START_EVENT, EventKind.NONE): specs.Pass,
    (NodeKind.END_EVENT, EventKind.NONE): specs.Pass,
    (NodeKind.END_EVENT, EventKind.TERMINATE): specs.TerminateEnd,
    (NodeKind.END_EVENT, EventKind.ERROR): specs.ErrorEnd,
    (NodeKind.INTERMEDIATE_THROW_EVENT, EventKind.NONE): specs.Pass,
    (NodeKind.INTERMEDIATE_CATCH_EVENT, EventKind.MESSAGE): specs.CatchEvent,
    (NodeKind.INTERMEDIATE_CATCH_EVENT, EventKind.TIMER): specs.CatchEvent,
    (NodeKind.BOUNDARY_EVENT, EventKind.MESSAGE): specs.CatchEvent,
    (NodeKind.BOUNDARY_EVENT, EventKind.TIMER): specs.CatchEvent,
    (NodeKind.BOUNDARY_EVENT, EventKind.ERROR): specs.CatchEvent,
}
