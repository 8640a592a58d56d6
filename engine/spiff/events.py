"""Events: what waits to be fired, what throws, and what firing does.

    thrown inside    error, escalation, cancel   to the nearest place outwards that catches it: event sub-processes of the same
                                                 body first, then boundary events of the activity around it
                     signal                      to everything in the dossier that waits for it at that moment
    from outside     message, timer              the run is told which token (run.fire)
    variables        condition                   looked at after every step

A throw takes effect when the throwing node is done and its successors stand, so that an interrupting event finds them too.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import EventKind, Node, TimerKind
from motcua.bpmn.expressions import Expression
from motcua.engine.spiff.specs import LIVE, EventBasedGateway, NestedProcess, NodeSpec, frame_children, is_boundary_event
from motcua.engine.values import Variables

_COME_AGAIN = frozenset({EventKind.MESSAGE, EventKind.SIGNAL, EventKind.ESCALATION, EventKind.CONDITIONAL})


class CatchEvent(NodeSpec):
    """Waits until it is fired: catch and boundary events, receive tasks. `condition` is that of a conditional event."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node, condition: Expression | None = None) -> None:
        super().__init__(process, name, node)
        self.condition = condition
        self.event_kind = node.event_kind

    def _may_start(self, my_task: Any) -> bool:
        if my_task.internal_data.get("fired"):
            return True
        if not my_task.has_state(TaskState.WAITING):
            my_task._set_state(TaskState.WAITING)
        return False


class Listener(CatchEvent):
    """The start event of an event sub-process: waits beside the body that holds it, which does not wait for it."""


class HandlerProcess(NestedProcess):
    """An event sub-process that was started."""


class TerminateEnd(NodeSpec):
    """Ends its process at once: every other token in it is cancelled."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        cancel_others(my_task)


class ErrorEnd(NodeSpec):
    """Throws its error code to the nearest place that catches it."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.throw(my_task, code_of(self.node) or "")


class CancelEnd(NodeSpec):
    """Ends the transaction around it at once; the token goes on from its cancel event."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.cancel_transaction(my_task)


class EscalationThrow(NodeSpec):
    """Throws an escalation to the nearest place that catches it, if any, and goes on unless that interrupts it."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.escalate(my_task, code_of(self.node))


class SignalThrow(NodeSpec):
    """Tells everything in the dossier that waits for this signal now."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.broadcast(my_task, code_of(self.node) or "")


def code_of(node: Node | None) -> str | None:
    """What an error, an escalation or a signal is told apart by."""
    if node is None or node.event is None:
        return None
    return node.event.error_code if node.event.kind is EventKind.ERROR else node.event.name


def is_interrupting(task: Any) -> bool:
    """Of a boundary event or a listener."""
    node: Node = task.task_spec.node
    if node.event_kind in {EventKind.ERROR, EventKind.CANCEL}:
        return True
    return node.is_interrupting if isinstance(task.task_spec, Listener) else node.cancel_activity


def cancel_others(my_task: Any) -> None:
    """Cancel every other live token of the same instance, listeners included."""
    for task in list(my_task.workflow.tasks.values()):
        if task is not my_task and task.has_state(LIVE):
            task.cancel()


def catcher(thrown_at: Any, kind: EventKind, code: str | None) -> Any:
    """The nearest waiting event that catches an error or an escalation, or None. One with the code goes before one for all."""
    here = thrown_at
    while here is not None:
        levels = [[sibling for sibling in frame_children(here) if sibling is not here]]
        if not isinstance(here.task_spec, HandlerProcess):  # what an event sub-process throws is not for its neighbours
            levels.append([task for task in here.workflow.tasks.values() if isinstance(task.task_spec, Listener)])
        for level in levels:
            fitting = [
                task
                for task in level
                if task.has_state(TaskState.WAITING)
                and isinstance(task.task_spec, CatchEvent)
                and task.task_spec.event_kind is kind
                and code_of(task.task_spec.node) in (None, code)
            ]
            if fitting:
                return min(fitting, key=lambda task: code_of(task.task_spec.node) is None)
        here = here.workflow.parent_task
    return None


def fire(task: Any, payload: Variables, next_round: int | None = None) -> None:
    """Let a waiting event happen: interrupt what it interrupts, or wait for the next time beside it.

    next_round: of a timer that repeats, the round to wait for next; 0 when there is none any more, None for the following one.
    """
    task.workflow.variables.write(payload)
    if isinstance(task.task_spec, Listener):
        if is_interrupting(task):
            cancel_others(task)
        else:
            _wait_again(task, next_round)
    elif is_boundary_event(task):
        if is_interrupting(task):
            for sibling in frame_children(task):
                if sibling is not task and (sibling.has_state(TaskState.WAITING) or not is_boundary_event(sibling)):
                    sibling.cancel()
        else:
            _wait_again(task, next_round)
    elif task.parent is not None and isinstance(task.parent.task_spec, EventBasedGateway):
        for sibling in task.parent.children:
            if sibling is not task:
                sibling.cancel()
    task.internal_data["fired"] = True
    task._ready()


def _wait_again(task: Any, next_round: int | None) -> None:
    node: Node = task.task_spec.node
    repeats = node.event is not None and node.event.timer is not None and node.event.timer.kind is TimerKind.CYCLE
    if node.event_kind not in _COME_AGAIN and not (repeats and next_round != 0):
        return
    again = task.parent._add_child(task.task_spec, TaskState.FUTURE)
    if repeats:
        again.internal_data["at"] = task.internal_data["at"]  # rounds are counted from the first arrival, so that none drifts
        again.internal_data["round"] = next_round or task.internal_data.get("round", 1) + 1
    elif node.event_kind is EventKind.CONDITIONAL:
        again.internal_data["held"] = True  # it must cease to hold before it can happen again
    again.task_spec._update(again)


def holds_now(task: Any) -> bool:
    """Whether a waiting conditional event is to happen: its condition holds, and did not already when it was set again."""
    holds = bool(task.workflow.top_workflow.evaluate(task.task_spec.condition, task))
    if holds and task.internal_data.get("held"):
        return False
    task.internal_data.pop("held", None)
    return holds
