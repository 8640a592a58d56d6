"""One SpiffWorkflow spec class per kind of BPMN node, over the library's own hooks. Here: what all share, tasks and sub-processes.

A token is a `Task`. Its life here:

    FUTURE ──_update──► READY ──run──► COMPLETED          gateways, events that pass, scripts
                          │ (person: stays READY until the form comes in)
                          └──run──► STARTED ──complete──► COMPLETED       service tasks, sub-processes, call activities
    FUTURE ──_update──► WAITING ──fire──► READY ──run──► COMPLETED        events that wait, joins

A token's successors are made when it completes, and not a moment earlier: the library would predict the tree ahead, which
recurses without end on loops that no choice interrupts. A token that is done is forgotten, so that no step costs more than the
last. Variables are in the instance's scope, never in the tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.decisions.compile import DecisionCall
from motcua.bpmn.elements import Node, NodeKind
from motcua.bpmn.expressions import Expression, Script
from motcua.engine.spiff.ledger import Plan, remember_body
from motcua.engine.spiff.scopes import Scope
from motcua.engine.values import Value

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class NodeSpec(TaskSpec):  # type: ignore[misc]
    """The base: remembers when the token arrived, makes its successors when it is done, and tells the run."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node | None, **kwargs: Any) -> None:
        super().__init__(process, name, **kwargs)
        self.node = node

    def test(self) -> None:
        """Models are checked before they are compiled; nothing is left to test at run time."""

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing is predicted."""

    def _update_hook(self, my_task: Any) -> bool:
        my_task.internal_data.setdefault("at", my_task.workflow.top_workflow.now_text)
        return self._may_start(my_task)

    def _may_start(self, my_task: Any) -> bool:
        return True

    def _following(self, my_task: Any) -> list[Any]:
        """The specs that get a token when this one is done."""
        return list(self.outputs)

    def _on_complete(self, my_task: Any) -> None:
        self._on_complete_hook(my_task)
        for child in [my_task._add_child(spec, TaskState.FUTURE) for spec in self._following(my_task)]:
            if not child.has_state(TaskState.FINISHED_MASK):
                child.task_spec._update(child)
        if self is not my_task.workflow.spec.start:
            self._forget(my_task)

    def _forget(self, my_task: Any) -> None:
        """Nothing asks for a token that is done, and a loop would carry all its rounds along."""
        parent = my_task.parent
        if parent is not None:
            parent._children.remove(my_task.id)
        del my_task.workflow.tasks[my_task.id]

    def _on_complete_hook(self, my_task: Any) -> None:
        cancel_boundary_siblings(my_task)
        if self.node is not None:
            my_task.workflow.top_workflow.node_completed(self.node, my_task)


class Pass(NodeSpec):
    """A token goes straight through: the root, start, end and link events."""


class Root(Pass):
    """Where an instance begins: at its start event (of several, at the one it was begun by), and at what waits beside the body."""

    def _following(self, my_task: Any) -> list[Any]:
        instance, starts = my_task.workflow, self._wf_spec.starts
        return [spec for spec in self.outputs if spec.name not in starts or instance.begin_at in (None, spec.name)]


class Group(Pass):
    """What holds tokens together that end each other: it is remembered as long as they are."""

    def _forget(self, my_task: Any) -> None:
        """Its children ask for it."""


class ActivityFrame(Group):
    """Stands before an activity with boundary events: its children are the activity and its boundary events."""


class EventBasedGateway(Group):
    """Its children are catch events; the first that fires cancels the others."""


class PersonTask(NodeSpec):
    """A user or manual task: stays READY until a person completes it."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node, manual=True)


class ServiceTask(NodeSpec):
    """A service or send task, or a thrown message: the token waits, STARTED, while a worker makes the call."""

    def _run_hook(self, my_task: Any) -> None:
        return None


class ScriptTask(NodeSpec):
    """Assigns expressions of the closed language to variables."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node, script: Script) -> None:
        super().__init__(process, name, node)
        self.script = script

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.assign(self.script, my_task)
        return True


class RuleTask(NodeSpec):
    """A business rule task: makes its decision, and sets the variables that take the outputs."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node, decision: DecisionCall) -> None:
        super().__init__(process, name, node)
        self.decision = decision

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.decide(self.decision, my_task)
        return True


class Containing(NodeSpec):
    """STARTED while instances of `body` run for it. When it is cancelled, so is everything in them."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node | None, body: str) -> None:
        super().__init__(process, name, node)
        self.body = body

    def scope(self, my_task: Any, own: dict[str, Value]) -> Scope | None:
        """The scope of an instance with these names of its own; None where an instance has none."""
        return None

    def body_done(self, my_task: Any, instance: Any) -> None:
        """An instance has no live token left."""
        remember_body(instance)
        my_task.complete()

    def _on_cancel(self, my_task: Any) -> None:
        my_task.workflow.top_workflow.leave(my_task)
        super()._on_cancel(my_task)


class NestedProcess(Containing):
    """A sub-process, a transaction, an event sub-process that was started, or a call activity: one instance of its body."""

    def __init__(
        self, process: WorkflowSpec, name: str, node: Node, body: str, arguments: Sequence[tuple[str, Expression]]
    ) -> None:
        super().__init__(process, name, node, body)
        self.arguments = tuple(arguments)

    def _run_hook(self, my_task: Any) -> None:
        top = my_task.workflow.top_workflow
        values = {name: top.evaluate(expression, my_task) for name, expression in self.arguments}
        my_task.workflow.variables.write(values)
        top.enter(my_task, self.body)


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """A compiled process or sub-process: specs by node id, under one root. Shared by all dossiers and never changed."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.starts: set[str] = set()  # the start events of this body
        self.start = Root(self, " root", None)  # a blank is in no id of XML, so no node can have this name
        self.data_objects: dict[str, Any] = {}
        self.io_specification = None
        self.inclusive: list[Any] = []  # the inclusive gateways, which are asked when nothing else can run
        self.undo: Mapping[str, Plan] = {}  # how the activities are undone that can be


def frame_children(my_task: Any) -> list[Any]:
    """The activity and its boundary events when `my_task` is one of them, else nothing."""
    parent = my_task.parent
    if parent is None or not isinstance(parent.task_spec, ActivityFrame):
        return []
    return list(parent.children)


def is_boundary_event(task: Any) -> bool:
    node = task.task_spec.node
    return node is not None and node.kind is NodeKind.BOUNDARY_EVENT


def cancel_boundary_siblings(my_task: Any) -> None:
    """When an activity is done its boundary events are over."""
    if is_boundary_event(my_task):
        return
    for sibling in frame_children(my_task):
        if is_boundary_event(sibling) and sibling.has_state(TaskState.WAITING | TaskState.FUTURE):
            sibling.cancel()
