"""One SpiffWorkflow spec class per kind of BPMN node, over the library's own hooks.

A token is a `Task`. Its life here:

    FUTURE ──_update──► READY ──run──► COMPLETED          gateways, events that pass, scripts
                          │ (person: stays READY until the form comes in)
                          └──run──► STARTED ──complete──► COMPLETED       service tasks, sub-processes, call activities
    FUTURE ──_update──► WAITING ──fire──► READY ──run──► COMPLETED        events that wait, joins

All tasks of a dossier share one dict of variables (`task.data` is the same object everywhere), so nothing is copied or merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.ExclusiveChoice import ExclusiveChoice
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import Node, NodeKind
from motcua.bpmn.expressions import Expression, Script

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class NodeSpec(TaskSpec):  # type: ignore[misc]
    """The base: shares the dossier's variables, remembers when the token arrived, and tells the run when a node is done."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node | None, **kwargs: Any) -> None:
        super().__init__(process, name, **kwargs)
        self.node = node

    def test(self) -> None:
        """Models are checked before they are compiled; nothing is left to test at run time."""

    def _update_hook(self, my_task: Any) -> bool:
        if my_task.parent is not None:
            my_task.data = my_task.parent.data
        my_task.internal_data.setdefault("at", my_task.workflow.top_workflow.now_text)
        return self._may_start(my_task)

    def _may_start(self, my_task: Any) -> bool:
        return True

    def _on_complete_hook(self, my_task: Any) -> None:
        cancel_boundary_siblings(my_task)
        if self.node is not None:
            my_task.workflow.top_workflow.node_completed(self.node, my_task)


class Pass(NodeSpec):
    """A token goes straight through: the root, start, end and throw events, undefined tasks, activity frames, parallel splits."""


class ActivityFrame(Pass):
    """Stands before an activity with boundary events: its children are the activity and its boundary events."""


class EventBasedGateway(Pass):
    """Its children are catch events; the first that fires cancels the others."""


class PersonTask(NodeSpec):
    """A user or manual task: stays READY until a person completes it."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node, manual=True)


class ServiceTask(NodeSpec):
    """A service or send task: the token waits, STARTED, while a worker makes the call."""

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


class CatchEvent(NodeSpec):
    """Waits until it is fired: message and timer events, receive tasks, boundary events."""

    def _may_start(self, my_task: Any) -> bool:
        if my_task.internal_data.get("fired"):
            return True
        if not my_task.has_state(TaskState.WAITING):
            my_task._set_state(TaskState.WAITING)
        return False


class ParallelGateway(NodeSpec):
    """Fires when a token has come over every incoming flow, and takes exactly one from each; more tokens wait for the next time."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node)

    def _may_start(self, my_task: Any) -> bool:
        if len(self._inputs) < 2:
            return True
        my_task.internal_data.setdefault("via", my_task.parent.task_spec.name)
        if not my_task.has_state(TaskState.WAITING):
            my_task._set_state(TaskState.WAITING)
        first_by_flow: dict[str, Any] = {}
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task.has_state(TaskState.WAITING):
                first_by_flow.setdefault(task.internal_data["via"], task)
        if len(first_by_flow) < len(set(self._inputs)):
            return False
        for task in first_by_flow.values():
            if task is not my_task:
                task.cancel()
        return True


class FlowCondition:
    """A condition of a sequence flow as the library's choice specs ask for it."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def _matches(self, my_task: Any) -> bool:
        return bool(my_task.workflow.top_workflow.evaluate(self.expression, my_task))


class ExclusiveGateway(NodeSpec, ExclusiveChoice):  # type: ignore[misc]
    """Takes the first flow whose condition holds, in document order, else the default flow."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        ExclusiveChoice.__init__(self, process, name)
        self.node = node

    def _run_hook(self, my_task: Any) -> bool:
        return bool(ExclusiveChoice._run_hook(self, my_task))

    def _predict_hook(self, my_task: Any) -> None:
        MultiChoice._predict_hook(self, my_task)


class NestedProcess(NodeSpec):
    """An embedded sub-process or a call activity: its own instance inside the dossier, STARTED until that has no token left."""

    def __init__(
        self, process: WorkflowSpec, name: str, node: Node, body: str, arguments: Sequence[tuple[str, Expression]]
    ) -> None:
        super().__init__(process, name, node)
        self.body = body
        self.arguments = tuple(arguments)

    def _run_hook(self, my_task: Any) -> None:
        top = my_task.workflow.top_workflow
        values = [(name, top.evaluate(expression, my_task)) for name, expression in self.arguments]
        my_task.data.update(values)
        top.enter(my_task, self.body)

    def _on_cancel(self, my_task: Any) -> None:
        my_task.workflow.top_workflow.leave(my_task)
        super()._on_cancel(my_task)


class TerminateEnd(NodeSpec):
    """Ends its process at once: every other token in it is cancelled."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        for task in list(my_task.workflow.tasks.values()):
            if task is not my_task and task.has_state(LIVE):
                task.cancel()


class ErrorEnd(NodeSpec):
    """Throws its error code to the nearest enclosing boundary event that catches it."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        assert self.node is not None
        assert self.node.event is not None
        my_task.workflow.top_workflow.throw(my_task, self.node.event.error_code or "")


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """A compiled process or sub-process: specs by node id, under one root. Shared by all dossiers and never changed."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.start = Pass(self, "Start", None)
        self.data_objects: dict[str, Any] = {}
        self.io_specification = None


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
