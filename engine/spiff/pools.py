"""The outermost body of a dossier whose model has several pools: every process runs in it, or waits in it to be started.

    (pools) ─┬─ main process                        with the dossier, and with its variables
             ├─ a process with a none start event   with the dossier, with variables of its own
             └─ start event ──► process             waits beside them, again and again, and keeps nothing open

A model with one pool has no such body. docs/decisions/0004 gives the reasons.
"""

from __future__ import annotations

from typing import Any, Final

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import EventKind, Node
from motcua.engine.codec import decode, encode
from motcua.engine.spiff.events import Listener
from motcua.engine.spiff.scopes import Scope
from motcua.engine.spiff.specs import Containing
from motcua.engine.values import Value, Variables

ROOT: Final = "(pools)"  # a parenthesis is in no id of XML, so no process can have this name
MAIN: Final = "(main)"


class MainProcess(Containing):
    """The process of the procedure, in the dossier's own scope; it begins where the run was told to begin."""

    def _run_hook(self, my_task: Any) -> None:
        run = my_task.workflow.top_workflow
        run.enter(my_task, self.body, begin_at=run.begin_at)


class OtherProcess(Containing):
    """A process of another pool, started by `begin_at`, with variables of its own: at first what the message brought."""

    def __init__(self, process: WorkflowSpec, name: str, body: str, begin_at: str) -> None:
        super().__init__(process, name, None, body)
        self.begin_at = begin_at

    def scope(self, my_task: Any, own: dict[str, Value]) -> Scope:
        return Scope(own)

    def _run_hook(self, my_task: Any) -> None:
        brought = decode(my_task.internal_data.pop("brought", {}))
        assert isinstance(brought, dict)
        my_task.workflow.top_workflow.enter(my_task, self.body, self.scope(my_task, brought), begin_at=self.begin_at)


class PoolStart(Listener):
    """An event that starts a process of another pool. A message does only while none runs: two could not be told apart."""

    def __init__(self, process: WorkflowSpec, name: str, node: Node, body: str) -> None:
        super().__init__(process, name, node)
        self.body = body

    @property
    def process_id(self) -> str:
        return self.body

    def is_busy(self, my_task: Any) -> bool:
        running = my_task.workflow.top_workflow.instances.values()
        return self.event_kind is EventKind.MESSAGE and any(instance.spec.name == self.body for instance in running)

    def take(self, my_task: Any, payload: Variables) -> None:
        my_task.internal_data["brought"] = encode(dict(payload))

    def _on_complete(self, my_task: Any) -> None:
        self._on_complete_hook(my_task)
        (started,) = self.outputs
        child = my_task._add_child(started, TaskState.FUTURE)
        child.internal_data["brought"] = my_task.internal_data.pop("brought", {})
        started._update(child)
        self._forget(my_task)
