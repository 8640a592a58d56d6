"""Writing a model as a few lines of Python: constructors for the nodes that our models use, and trails that join them.

    diagram = Diagram()
    trail = diagram.begin(start("start", "Nộp hồ sơ")).then(user_task("check", "Kiểm tra", role="one_stop_desk"))
    trail.then(exclusive("complete", "Đủ?")).when('completeness == "accept"', "Đủ").then(end("done", "Xong"))
    diagram.on("complete").otherwise("Không").then(end("declined", "Không tiếp nhận"))

The result is made of the values of `elements.py`, so that what is written and what is read speak one language. The ten models
of `bpmn/authored` are written so; what an analyst draws in a modeller needs none of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from motcua.bpmn.elements import (
    Argument,
    Assignment,
    Body,
    ClockStop,
    DecisionUse,
    Definitions,
    Error,
    EventDefinition,
    EventKind,
    FormField,
    Lane,
    Message,
    Node,
    NodeKind,
    Norm,
    OperationUse,
    Option,
    OutputUse,
    Participant,
    Process,
    Retry,
    SequenceFlow,
    Timer,
    TimerClock,
    TimerKind,
    walk,
)
from motcua.errors import InvalidInput


class DiagramUnsound(InvalidInput):
    """The lines that write a model contradict each other."""


def text(name: str, label: str, *, required: bool = True) -> FormField:
    return FormField(name, "text", label, required)


def integer(name: str, label: str, *, required: bool = True) -> FormField:
    return FormField(name, "integer", label, required)


def decimal(name: str, label: str, *, required: bool = True) -> FormField:
    return FormField(name, "decimal", label, required)


def day(name: str, label: str, *, required: bool = True) -> FormField:
    return FormField(name, "date", label, required)


def choice(name: str, label: str, *options: tuple[str, str]) -> FormField:
    """A required choice. options: (value, label) pairs."""
    return FormField(name, "choice", label, True, tuple(Option(value, shown) for value, shown in options))


def start(id: str, name: str, form: Iterable[FormField] = ()) -> Node:
    return Node(id, name, NodeKind.START_EVENT, event=EventDefinition(EventKind.NONE), form=tuple(form))


def end(id: str, name: str) -> Node:
    return Node(id, name, NodeKind.END_EVENT, event=EventDefinition(EventKind.NONE))


def act(name: str, label: str, id: str | None = None) -> Node:
    """A legal act (docs/extension.md) as an intermediate throw event of its own; its id is the act's name unless given."""
    return Node(id or name, label, NodeKind.INTERMEDIATE_THROW_EVENT, event=EventDefinition(EventKind.NONE), act=name)


def message(
    id: str,
    name: str,
    message_name: str,
    payload: Iterable[FormField] = (),
    *,
    act: str | None = None,
    stops: ClockStop | None = None,
) -> Node:
    """An intermediate event that waits for a message."""
    event = EventDefinition(EventKind.MESSAGE, ref=_message_id(message_name), message=message_name)
    return Node(id, name, NodeKind.INTERMEDIATE_CATCH_EVENT, event=event, payload=tuple(payload), act=act, stops_clock=stops)


def receive(id: str, name: str, message_name: str, payload: Iterable[FormField] = (), *, stops: ClockStop | None = None) -> Node:
    """A receive task."""
    event = EventDefinition(EventKind.MESSAGE, ref=_message_id(message_name), message=message_name)
    return Node(id, name, NodeKind.RECEIVE_TASK, event=event, payload=tuple(payload), stops_clock=stops)


def timer(id: str, name: str, duration: str, clock: TimerClock = TimerClock.AUTHORITY) -> Node:
    """An intermediate event that waits for a duration of docs/extension.md, such as "15 working days"."""
    return Node(id, name, NodeKind.INTERMEDIATE_CATCH_EVENT, event=_timer(duration, clock))


def boundary_timer(
    id: str, name: str, host: str, duration: str, clock: TimerClock = TimerClock.AUTHORITY, *, interrupting: bool
) -> Node:
    return Node(id, name, NodeKind.BOUNDARY_EVENT, event=_timer(duration, clock), attached_to=host, cancel_activity=interrupting)


def boundary_message(
    id: str, name: str, host: str, message_name: str, payload: Iterable[FormField] = (), *, interrupting: bool
) -> Node:
    event = EventDefinition(EventKind.MESSAGE, ref=_message_id(message_name), message=message_name)
    return Node(
        id, name, NodeKind.BOUNDARY_EVENT, event=event, attached_to=host, cancel_activity=interrupting, payload=tuple(payload)
    )


def boundary_error(id: str, name: str, host: str, code: str) -> Node:
    """A business failure of the host. It always interrupts."""
    event = EventDefinition(EventKind.ERROR, ref=_error_id(code), error_code=code)
    return Node(id, name, NodeKind.BOUNDARY_EVENT, event=event, attached_to=host)


def user_task(
    id: str,
    name: str,
    *,
    role: str,
    tier: str | None = None,
    norm: Norm | None = None,
    form: Iterable[FormField] = (),
    act: str | None = None,
    documentation: str = "",
) -> Node:
    return Node(
        id,
        name,
        NodeKind.USER_TASK,
        assignment=Assignment(role, tier),
        norm=norm,
        form=tuple(form),
        act=act,
        documentation=documentation,
    )


def service_task(
    id: str,
    name: str,
    operation: str,
    *,
    outputs: Iterable[tuple[str, str]] = (),
    retry: Retry | None = None,
    documentation: str = "",
    **inputs: str,
) -> Node:
    """inputs: name=expression, in the closed language; a text literal carries its own quotation marks."""
    use = OperationUse(
        operation,
        tuple(Argument(name, expression) for name, expression in inputs.items()),
        tuple(OutputUse(name, variable) for name, variable in outputs),
    )
    return Node(id, name, NodeKind.SERVICE_TASK, operation=use, retry=retry, documentation=documentation)


def script(id: str, name: str, *assignments: str) -> Node:
    """assignments: lines `variable = expression`."""
    return Node(id, name, NodeKind.SCRIPT_TASK, script="\n".join(assignments), script_format="motcua")


def decide(id: str, name: str, decision: str, *outputs: tuple[str, str]) -> Node:
    """A decision of `bpmn/shared/`; outputs: (name in the table, variable)."""
    use = DecisionUse(decision, outputs=tuple(OutputUse(output, variable) for output, variable in outputs))
    return Node(id, name, NodeKind.BUSINESS_RULE_TASK, decision=use)


def call(id: str, name: str, part: str, **arguments: str) -> Node:
    """A call of the shared part `part`; arguments: variable=expression, set before it starts."""
    given = tuple(Argument(variable, expression) for variable, expression in arguments.items())
    return Node(id, name, NodeKind.CALL_ACTIVITY, called_element=part, arguments=given)


def exclusive(id: str, name: str = "") -> Node:
    return Node(id, name, NodeKind.EXCLUSIVE_GATEWAY)


def parallel(id: str, name: str = "") -> Node:
    return Node(id, name, NodeKind.PARALLEL_GATEWAY)


def event_based(id: str, name: str = "") -> Node:
    return Node(id, name, NodeKind.EVENT_BASED_GATEWAY)


def sub_process(id: str, name: str, diagram: Diagram) -> Node:
    return Node(id, name, NodeKind.SUB_PROCESS, body=diagram.body())


def _timer(duration: str, clock: TimerClock) -> EventDefinition:
    return EventDefinition(EventKind.TIMER, timer=Timer(TimerKind.DURATION, duration, clock))


def _message_id(message_name: str) -> str:
    return f"message_{message_name}"


def _error_id(code: str) -> str:
    return f"error_{code.lower()}"


@dataclass
class Diagram:
    """The nodes and flows of one process or sub-process while they are written, in the order of writing."""

    _nodes: dict[str, Node] = field(default_factory=dict)
    _flows: list[SequenceFlow] = field(default_factory=list)
    _lanes: dict[str, list[str]] = field(default_factory=dict)
    _lane: str | None = None

    def lane(self, name: str) -> None:
        """Nodes that are added from here on stand in the lane `name`."""
        self._lane = name

    def add(self, node: Node) -> Trail:
        """Put a node into the diagram, in the present lane; a boundary event goes into the lane of its host."""
        if node.id in self._nodes:
            raise DiagramUnsound(f'Two nodes have the id "{node.id}"; give one of them another.', node_id=node.id)
        if node.attached_to:
            self._known(node.attached_to)
        lane = self._nodes[node.attached_to].lane if node.attached_to else self._lane
        self._nodes[node.id] = replace(node, lane=lane)
        if lane is not None:
            self._lanes.setdefault(lane, []).append(node.id)
        return Trail(self, node.id)

    begin = add

    def on(self, node_id: str) -> Trail:
        """Go on from a node that is already there."""
        self._known(node_id)
        return Trail(self, node_id)

    def join(self, source: str, target: str, condition: str | None, label: str, is_default: bool) -> None:
        self._known(source)
        self._known(target)
        twins = sum(1 for flow in self._flows if (flow.source, flow.target) == (source, target))
        flow_id = f"flow_{source}_to_{target}" + (f"_{twins + 1}" if twins else "")
        self._flows.append(SequenceFlow(flow_id, label, source, target, condition, is_default))

    def body(self) -> Body:
        return Body(self.nodes(), tuple(self._flows))

    def nodes(self) -> tuple[Node, ...]:
        """The nodes with their flows filled in."""
        return tuple(
            replace(
                node,
                incoming=tuple(flow.id for flow in self._flows if flow.target == node.id),
                outgoing=tuple(flow.id for flow in self._flows if flow.source == node.id),
                default_flow=next((flow.id for flow in self._flows if flow.source == node.id and flow.is_default), None),
            )
            for node in self._nodes.values()
        )

    def process(self, id: str, name: str, *, documentation: str, procedure_code: str | None = None) -> Definitions:
        """The whole document: this diagram as the one process in it, in a pool if it has lanes."""
        lanes = tuple(
            Lane(f"lane_{number}", lane_name, tuple(ids)) for number, (lane_name, ids) in enumerate(self._lanes.items(), start=1)
        )
        lane_ids = {lane.name: lane.id for lane in lanes}
        nodes = tuple(replace(node, lane=lane_ids[node.lane] if node.lane else None) for node in self.nodes())
        process = Process(id, name, True, procedure_code, nodes, tuple(self._flows), lanes, documentation)
        names = sorted({node.event.message for node in walk(process) if node.event and node.event.message})
        messages = {_message_id(each): Message(_message_id(each), each) for each in names}
        codes = sorted({node.event.error_code for node in walk(process) if node.event and node.event.error_code})
        errors = {_error_id(each): Error(_error_id(each), each, each) for each in codes}
        participants = (Participant("pool", name, id),) if lanes else ()
        return Definitions(f"definitions_{id}", (process,), messages, errors, participants=participants, name=name)

    def _known(self, node_id: str) -> None:
        if node_id not in self._nodes:
            raise DiagramUnsound(f'No node has the id "{node_id}" yet; add it before it is joined.', node_id=node_id)


@dataclass(frozen=True, slots=True)
class Trail:
    """A place in a diagram from which it goes on, and what the next flow from here will say."""

    diagram: Diagram
    at: str
    condition: str | None = None
    label: str = ""
    is_default: bool = False

    def when(self, condition: str, label: str) -> Trail:
        return replace(self, condition=condition, label=label, is_default=False)

    def otherwise(self, label: str) -> Trail:
        return replace(self, condition=None, label=label, is_default=True)

    def then(self, node: Node) -> Trail:
        trail = self.diagram.add(node)
        self.to(node.id)
        return trail

    def to(self, node_id: str) -> None:
        self.diagram.join(self.at, node_id, self.condition, self.label, self.is_default)
