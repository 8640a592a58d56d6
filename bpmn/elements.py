"""The elements of a BPMN 2.0 document as frozen values: what the checks judge and what the engine compiles.

Nothing here knows XML. Every element says the line it stood on, so that a finding can point at it; lines take no part in
equality, so that a document is equal to itself after another tool has saved it.

    Definitions ─┬─ Process ─┬─ Node ── Body (of a sub-process) ─┬─ Node …
                 │           ├─ SequenceFlow                     └─ SequenceFlow
                 │           └─ Lane
                 ├─ Message, Error, Signal, Escalation
                 └─ Oddity (what was in the file and has no place here; the checks report each)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from motcua.bpmn.extension_values import Argument as Argument
from motcua.bpmn.extension_values import Assignment as Assignment
from motcua.bpmn.extension_values import ClockStop as ClockStop
from motcua.bpmn.extension_values import DecisionUse as DecisionUse
from motcua.bpmn.extension_values import FieldType as FieldType
from motcua.bpmn.extension_values import FormField as FormField
from motcua.bpmn.extension_values import Norm as Norm
from motcua.bpmn.extension_values import OperationUse as OperationUse
from motcua.bpmn.extension_values import Option as Option
from motcua.bpmn.extension_values import OutputUse as OutputUse
from motcua.bpmn.extension_values import Retry as Retry


class NodeKind(StrEnum):
    """The flow nodes of BPMN 2.0. That a kind is listed does not mean that the engine runs it; the checks say."""

    START_EVENT = "start_event"
    END_EVENT = "end_event"
    INTERMEDIATE_CATCH_EVENT = "intermediate_catch_event"
    INTERMEDIATE_THROW_EVENT = "intermediate_throw_event"
    BOUNDARY_EVENT = "boundary_event"
    TASK = "task"
    USER_TASK = "user_task"
    MANUAL_TASK = "manual_task"
    SERVICE_TASK = "service_task"
    SEND_TASK = "send_task"
    RECEIVE_TASK = "receive_task"
    SCRIPT_TASK = "script_task"
    BUSINESS_RULE_TASK = "business_rule_task"
    CALL_ACTIVITY = "call_activity"
    SUB_PROCESS = "sub_process"
    AD_HOC_SUB_PROCESS = "ad_hoc_sub_process"
    TRANSACTION = "transaction"
    EXCLUSIVE_GATEWAY = "exclusive_gateway"
    PARALLEL_GATEWAY = "parallel_gateway"
    INCLUSIVE_GATEWAY = "inclusive_gateway"
    EVENT_BASED_GATEWAY = "event_based_gateway"
    COMPLEX_GATEWAY = "complex_gateway"


EVENT_KINDS = frozenset(kind for kind in NodeKind if kind.value.endswith("_event"))
GATEWAY_KINDS = frozenset(kind for kind in NodeKind if kind.value.endswith("_gateway"))
ACTIVITY_KINDS = frozenset(NodeKind) - EVENT_KINDS - GATEWAY_KINDS
SUB_PROCESS_KINDS = frozenset({NodeKind.SUB_PROCESS, NodeKind.AD_HOC_SUB_PROCESS, NodeKind.TRANSACTION})
PERSON_KINDS = frozenset({NodeKind.USER_TASK, NodeKind.MANUAL_TASK})
REPEATABLE_KINDS = ACTIVITY_KINDS - {NodeKind.TASK, NodeKind.AD_HOC_SUB_PROCESS, NodeKind.TRANSACTION}


class EventKind(StrEnum):
    """What an event waits for or throws."""

    NONE = "none"
    MESSAGE = "message"
    TIMER = "timer"
    ERROR = "error"
    TERMINATE = "terminate"
    SIGNAL = "signal"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    LINK = "link"
    COMPENSATE = "compensate"
    CANCEL = "cancel"
    MULTIPLE = "multiple"


class TimerKind(StrEnum):
    DURATION = "duration"
    DATE = "date"
    CYCLE = "cycle"


class TimerClock(StrEnum):
    """Whose clock a timer is on (`motcua:timer`)."""

    AUTHORITY = "authority"
    APPLICANT = "applicant"
    WALL = "wall"


class LoopKind(StrEnum):
    STANDARD = "standard"
    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the file that these elements cannot hold: kept, so that the checks report it and nothing is lost in silence.

    rule: the id of the check that reports it.   element_id: the nearest element that has one.
    """

    rule: str
    element_id: str | None
    message: str
    remedy: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Timer:
    """`text` as written, without surrounding blanks: "15 working days", "1 working day before due"."""

    kind: TimerKind
    text: str
    clock: TimerClock = TimerClock.AUTHORITY
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws. References are resolved to names and codes; `ref` keeps the id that was written.

    message: the name of the message.   error_code: None on a catching error event means any error.
    name: of a signal or a link; of an escalation its code, or its name if it has none. None on a catching escalation means any.
    compensation events: `ref` is the id of the activity to undo, None for all; `waits` whether a throwing one waits for the end.
    """

    kind: EventKind
    ref: str | None = None
    message: str | None = None
    error_code: str | None = None
    timer: Timer | None = None
    name: str | None = None
    condition: str | None = None
    waits: bool = True
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Repetition:
    """How an activity is repeated. Expressions are texts of the closed language.

    standard loops: `condition` must hold for another round, asked before the first one too if `test_before`; at most `maximum`.
    multi-instance: so many instances as `cardinality` says, or one for each item of the list variable `collection`, where the
    item has the name `item`. The variable `output_item` of each instance goes into the list `output_collection`. When
    `completion` holds after an instance, the others are cancelled.
    """

    condition: str | None = None
    test_before: bool = False
    maximum: int | None = None
    cardinality: str | None = None
    collection: str | None = None
    item: str | None = None
    output_collection: str | None = None
    output_item: str | None = None
    completion: str | None = None
    line: int = field(default=0, compare=False)

    def objection(self, kind: LoopKind) -> str | None:
        """What is missing or too much for a repetition of this kind, as a sentence without its end; None when it is whole."""
        if kind is LoopKind.STANDARD:
            return None if self.condition is not None or self.maximum is not None else "nothing says when the loop ends"
        if (self.cardinality is None) == (self.collection is None):
            return "it needs either a number of instances or a list, not both"
        if (self.item is None) != (self.collection is None):
            return "a list and the name of its item belong together"
        if (self.output_item is None) != (self.output_collection is None):
            return "an output and the list that collects it belong together"
        return None


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    """From node `source` to node `target`, both ids. `condition` is an expression; the default flow of its source has none."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None = None
    is_default: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node. `incoming` and `outgoing` are ids of sequence flows, in the order of the document.

    event: for events (kind none when nothing is defined); also for receive and send tasks that name a message.
    message events, receive tasks: `payload` says which fields the message may bring.
    boundary events: `attached_to` and `cancel_activity` (interrupting).   start events of event sub-processes: `is_interrupting`.
    call activities: `called_element` is the id of the process called, `arguments` what is set before it starts.
    repeated activities: `loop` and `repetition`.   sub-processes: `body`.   script tasks: `script`.
    default_flow: the id of the flow taken when no condition holds.
    user and manual tasks: `assignment` is their own or that of their lane, as `lanes.py` settles it.
    is_for_compensation: an activity that runs only to undo another.   associated: of a compensation boundary event, the ids of the
    activities that associations join it to.
    """

    id: str
    name: str
    kind: NodeKind
    line: int = field(default=0, compare=False)
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default_flow: str | None = None
    lane: str | None = None
    documentation: str = ""
    event: EventDefinition | None = None
    attached_to: str | None = None
    cancel_activity: bool = True
    is_interrupting: bool = True
    called_element: str | None = None
    body: Body | None = None
    triggered_by_event: bool = False
    script: str | None = None
    script_format: str | None = None
    loop: LoopKind | None = None
    repetition: Repetition | None = None
    assignment: Assignment | None = None
    norm: Norm | None = None
    form: tuple[FormField, ...] = ()
    payload: tuple[FormField, ...] = ()
    operation: OperationUse | None = None
    retry: Retry | None = None
    decision: DecisionUse | None = None
    arguments: tuple[Argument, ...] = ()
    act: str | None = None
    stops_clock: ClockStop | None = None
    is_for_compensation: bool = False
    associated: tuple[str, ...] = ()

    @property
    def event_kind(self) -> EventKind:
        return self.event.kind if self.event else EventKind.NONE


@dataclass(frozen=True, slots=True)
class Body:
    """What is inside an embedded sub-process."""

    nodes: tuple[Node, ...]
    flows: tuple[SequenceFlow, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of a process, with the ids of the nodes in it, and whose work list their tasks enter if they do not say so themselves.

    Nested lanes are listed right after the lane that holds them; `depth` is how many lanes hold this one.
    """

    id: str
    name: str
    node_ids: tuple[str, ...]
    assignment: Assignment | None = None
    depth: int = 0
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Process:
    """One process. `procedure_code` is the national code that it executes; a shared part has none."""

    id: str
    name: str
    is_executable: bool
    procedure_code: str | None
    nodes: tuple[Node, ...]
    flows: tuple[SequenceFlow, ...]
    lanes: tuple[Lane, ...] = ()
    documentation: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Error:
    id: str
    code: str
    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Signal:
    id: str
    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Escalation:
    id: str
    code: str
    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Participant:
    """A pool. `process_id` is None for one whose inside is not shown."""

    id: str
    name: str
    process_id: str | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class MessageFlow:
    id: str
    name: str
    source: str
    target: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """A whole document. `ids` holds every id in it with its line, repeated where the document repeats it; `drawn` the ids of the
    elements that have a shape or an edge in the diagram."""

    id: str
    processes: tuple[Process, ...]
    messages: Mapping[str, Message] = field(default_factory=dict)
    errors: Mapping[str, Error] = field(default_factory=dict)
    signals: Mapping[str, Signal] = field(default_factory=dict)
    escalations: Mapping[str, Escalation] = field(default_factory=dict)
    participants: tuple[Participant, ...] = ()
    message_flows: tuple[MessageFlow, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    drawn: frozenset[str] = frozenset()
    ids: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    name: str = ""
    source: str = field(default="", compare=False)


def walk(container: Process | Body) -> Iterator[Node]:
    """Every node, those inside sub-processes included, each right after the node that holds it."""
    for node in container.nodes:
        yield node
        if node.body:
            yield from walk(node.body)


def bodies(container: Process | Body) -> Iterator[Process | Body]:
    """The container itself, and the bodies of the sub-processes in it at any depth."""
    yield container
    for node in container.nodes:
        if node.body:
            yield from bodies(node.body)
