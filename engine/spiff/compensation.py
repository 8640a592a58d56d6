"""Having done what undoes: compensation events, and cancel end events of transactions.

    completed: a ─► b ─► c          undone: handler of c ─► handler of b ─► handler of a, one at a time

Each handler runs in an instance of its own, under the token that asked for it. What it reads of the data of the activity that it
undoes is as it was when that was completed; everything else is as it stands now. What it writes goes into the variables around,
except where the activity ran in an instance of a repetition (docs/decisions/0005-compensation.md).
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from motcua.bpmn.elements import EventKind, Node
from motcua.engine.codec import decode
from motcua.engine.spiff import ledger
from motcua.engine.spiff.events import cancel_others
from motcua.engine.spiff.scopes import Scope
from motcua.engine.spiff.specs import Containing, Pass, frame_children, is_boundary_event
from motcua.engine.values import Value

BESIDE = ".undo"
"""Ends the name of what undoes beside the token that asked for it."""
_FROM_OUTSIDE = frozenset({EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL})


class Undoing(Containing):
    """STARTED until everything that was completed is undone, or the completions of one activity."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node | None, activity_id: str | None = None) -> None:
        super().__init__(process, name, node, "")
        self.activity_id = activity_id

    def _run_hook(self, my_task: Any) -> bool | None:
        left = ledger.take(my_task.workflow, self.activity_id)
        my_task.internal_data["undo"] = {"left": left, "begun": 0}
        if left:
            my_task.workflow.top_workflow.begins_to_undo(self.name.removesuffix(BESIDE), [record["node"] for record in left])
        return None if self._begin_next(my_task) else True

    def body_done(self, my_task: Any, instance: Any) -> None:
        if not self._begin_next(my_task):
            my_task.complete()

    def scope(self, my_task: Any, own: dict[str, Value]) -> Scope:
        """The scope of the handler that runs now, over these names."""
        return Scope(own, my_task.workflow.variables, keeps_writes=my_task.internal_data["undo"]["own"])

    def _begin_next(self, my_task: Any) -> bool:
        undo = my_task.internal_data["undo"]
        if not undo["left"]:
            return False
        record = undo["left"].pop(0)
        undo["begun"] += 1
        undo["own"] = record.get("own", False)
        run = my_task.workflow.top_workflow
        plan: ledger.Plan = run.model.processes[record["in"]].undo[record["node"]]
        own = {name: decode(value) for name, value in record.get("kept", {}).items()}
        run.enter(my_task, plan.handler, self.scope(my_task, own), undo["begun"])
        run.instances[my_task.id, undo["begun"]].ledger = record.get("inside", [])
        return True

    def _on_cancel(self, my_task: Any) -> None:
        undo = my_task.internal_data.get("undo", {"left": []})
        ledger.owner_of(my_task.workflow).ledger += undo["left"]  # what nothing has begun to undo can still be undone
        undo["left"] = []
        super()._on_cancel(my_task)


class CancelEnd(Undoing):
    """Ends the transaction around it: what runs in it is cancelled, what was completed is undone, and the token goes on from its
    cancel event. Meanwhile nothing from outside interrupts it any more."""

    def _run_hook(self, my_task: Any) -> bool | None:
        my_task.workflow.top_workflow.cancel_event(my_task)
        ledger.adopt(my_task.workflow)
        cancel_others(my_task)
        for edge in frame_children(my_task.workflow.parent_task):
            if is_boundary_event(edge) and edge.task_spec.node.event_kind in _FROM_OUTSIDE:
                edge.cancel()
        return super()._run_hook(my_task)

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.cancel_transaction(my_task)


def throw(process: WorkflowSpec, name: str, node: Node) -> Undoing | Pass:
    """A compensation event: the token waits until everything is undone, or goes on while that is done beside it."""
    assert node.event is not None
    if node.event.waits:
        return Undoing(process, name, node, node.event.ref)
    thrown = Pass(process, name, node)
    thrown.connect(Undoing(process, f"{name}{BESIDE}", None, node.event.ref))
    return thrown
