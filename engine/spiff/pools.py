"""The outermost body of a dossier whose model has several pools: every process runs in it, or waits in it to be started.

    (pools) ─┬─ main process                        with the dossier, and with its variables
             ├─ a process with a none start event   with the dossier, with variables of its own
             └─ start event ──► process             waits beside them, again and again, and keeps nothing open

A model with one pool has no such body. docs/decisions/0004 gives the reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import EventKind, Node
from motcua.engine.codec import decode, encode
from motcua.engine.spiff.events import Listener
from motcua.engine.spiff.scopes import Scope
from motcua.engine.spiff.specs import Containing
from motcua.engine.values import Value, Variables

if TYPE_CHECKING:
    from motcua.engine.spiff.compile import CompiledModel
    from motcua.engine.spiff.instance import ProcessInstance
    from motcua.engine.spiff.run import Run

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
        for start in starts_of(my_task.workflow, self.body):
            start.internal_data["has_run"] = True
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
        child.internal_data["brought"] = my_task.internal_data["brought"]
        child.internal_data["started_by"] = my_task.internal_data.get("started_by", str(my_task.id))
        started._update(child)
        self._forget(my_task)


def running(run: Run, process_id: str) -> list[ProcessInstance]:
    """The instances of a process of another pool that run now."""
    inside = run.instances.values()
    return [each for each in inside if each.spec.name == process_id and isinstance(each.parent_task.task_spec, OtherProcess)]


def started_by(holder: Any) -> str:
    """What started the instance of this activity: the letter, or the event or the opening of the dossier, each by its id."""
    return str(holder.internal_data.get("started_by", holder.id))


def starts_of(root: Any, process_id: str) -> list[Any]:
    """The events that wait to start a process of another pool."""
    return [task for task in root.live() if isinstance(task.task_spec, PoolStart) and task.task_spec.body == process_id]


def has_run(run: Run, process_id: str) -> bool:
    """Whether a process that can start again ran before, or runs."""
    return any(start.internal_data.get("has_run") for start in starts_of(run, process_id))


def starts_drawn(model: CompiledModel) -> set[str]:
    """What starts the processes of the other pools, by the names of their specs; empty where there is one pool."""
    return {spec.name for spec in model.processes[ROOT].task_specs.values() if spec.name} if ROOT in model.processes else set()


def bodies_of(model: CompiledModel, process_id: str | None) -> list[str]:
    """The keys of the bodies that work on the variables of a process: its own, and those of the shared parts that it calls.

    None stands for the main process.
    """
    if ROOT not in model.processes:
        return list(model.nodes)
    found = {process_id or model.processes[ROOT].task_specs[MAIN].body}
    while True:
        own = [key for key in model.nodes if key.partition("/")[0] in found]
        called = {node.called_element for key in own for node in model.nodes[key].values() if node.called_element}
        if called <= found:
            return own
        found |= called
