"""Gateways that choose and gateways that join.

Joins count the tokens that have come over each incoming flow, in this instance of the body; they never search the task tree. A
flow is known by the node that it leaves (`via`), or by its own id where two flows join the same two nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import Node
from motcua.bpmn.expressions import Expression
from motcua.engine.spiff.specs import EventBasedGateway, NodeSpec, is_boundary_event


class Join(NodeSpec):
    """Tokens wait here, at most one of each flow is taken at a time; more tokens wait for the next time."""

    def _may_start(self, my_task: Any) -> bool:
        if len(self._inputs) < 2 or my_task.internal_data.get("fired"):
            return True
        my_task.internal_data.setdefault("via", my_task.parent.task_spec.name)
        if not my_task.has_state(TaskState.WAITING):
            my_task._set_state(TaskState.WAITING)
        return False

    def _first_by_flow(self, instance: Any) -> dict[str, Any]:
        first: dict[str, Any] = {}
        for task in instance.tasks.values():
            if task.task_spec is self and task.has_state(TaskState.WAITING):
                first.setdefault(task.internal_data["via"], task)
        return first

    def _take(self, first_by_flow: Mapping[str, Any], goes_on: Any) -> None:
        for task in first_by_flow.values():
            if task is not goes_on:
                task.cancel()


class ParallelGateway(Join):
    """Fires when a token has come over every incoming flow, and takes exactly one from each."""

    def _may_start(self, my_task: Any) -> bool:
        if super()._may_start(my_task):
            return True
        first_by_flow = self._first_by_flow(my_task.workflow)
        if len(first_by_flow) < len(set(self._inputs)):
            return False
        self._take(first_by_flow, my_task)
        return True


class Choosing(NodeSpec):
    """Knows its outgoing flows with their conditions, in document order."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.conditional: list[tuple[Expression, NodeSpec]] = []
        self.default: NodeSpec | None = None

    def connect(self, taskspec: Any) -> None:
        """The default flow, or the only one."""
        self.default = taskspec
        super().connect(taskspec)

    def connect_if(self, condition: Expression, spec: NodeSpec) -> None:
        self.conditional.append((condition, spec))
        super().connect(spec)


class ExclusiveGateway(Choosing):
    """Takes the first flow whose condition holds, in document order, else the default flow. Every token passes by itself."""

    def _following(self, my_task: Any) -> list[Any]:
        run = my_task.workflow.top_workflow
        for condition, spec in self.conditional:
            if run.evaluate(condition, my_task):
                return [spec]
        return [self.default] if self.default is not None else run.no_way_out(my_task)


class InclusiveGateway(Choosing, Join):
    """Splits into every flow whose condition holds, else the default flow; joins by the rule of BPMN 2.0, section 13.4.3.

    ways: for each node of the body, the incoming flows of this gateway that a token there can still reach without passing it.
    The join opens when no token elsewhere can reach an empty flow, except one that can reach a flow with a token as well. That is
    asked only when nothing else can run, so that tokens on their way are not overtaken.
    """

    def __init__(self, process: WorkflowSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.ways: dict[str, frozenset[str]] = {}

    def _following(self, my_task: Any) -> list[Any]:
        run = my_task.workflow.top_workflow
        chosen = [spec for condition, spec in self.conditional if run.evaluate(condition, my_task)]
        if chosen:
            return chosen
        return [self.default] if self.default is not None else run.no_way_out(my_task)

    def open_if_enabled(self, instance: Any) -> bool:
        first_by_flow = self._first_by_flow(instance)
        if not first_by_flow:
            return False
        filled = first_by_flow.keys()
        for task in instance.live():
            if task.task_spec is not self:
                ways = self.ways.get(_place(task), frozenset())
                if ways - filled and not ways & filled:
                    return False
        goes_on = next(iter(first_by_flow.values()))
        self._take(first_by_flow, goes_on)
        goes_on.internal_data["fired"] = True
        goes_on._ready()
        return True


def _place(task: Any) -> str:
    """Where a token stands: events after an event-based gateway are one token at it, boundary events are none of their own."""
    parent = task.parent
    if parent is not None and isinstance(parent.task_spec, EventBasedGateway):
        return str(parent.task_spec.name)
    return "" if is_boundary_event(task) else str(task.task_spec.name)
