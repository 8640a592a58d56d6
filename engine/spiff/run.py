"""One dossier's tokens: restored from bytes, moved to the next wait state, saved to bytes.

    run = Run.start(model, now, facts)      or      Run.restore(model, state, now, facts)
    run.complete(token_id, values)          or      run.fire(token_id, payload), run.throw_at(token_id, code)
    run.advance(completed)                  every node that completes is told, in order
    run.tokens(), run.save()

The step loop is ours: a subprocess ends when it has no live token left, an interrupting event cancels before anything else
runs, and a model that never comes to rest is stopped after `MAX_STEPS`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgpack
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

from motcua.bpmn.elements import ClockStop, EventKind, Node, NodeKind
from motcua.bpmn.expressions import Expression, Script
from motcua.engine.codec import decode, encode
from motcua.engine.spiff import specs
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.values import Value, Variables
from motcua.errors import Conflict, MotcuaError

STATE_FORMAT = 1
MAX_STEPS = 10_000


class ModelFailed(MotcuaError):
    """The model could not go on: an expression failed, an error was not caught, or it never came to rest. Nothing was saved."""


class StateUnreadable(MotcuaError):
    """The saved state is of a format that this release does not read."""


class TokenGone(Conflict):
    """The token that was to be moved is not there (any more)."""


class Wait(StrEnum):
    PERSON = "person"
    SERVICE = "service"
    MESSAGE = "message"
    TIMER = "timer"
    OTHER = "other"  # a join, an error boundary, a running sub-process


@dataclass(frozen=True, slots=True)
class Token:
    """A place where the dossier waits. `at` is when the token arrived; `stops_clock` when the wait is off the authority's clock."""

    id: str
    node: Node
    process: str
    wait: Wait
    at: datetime
    stops_clock: ClockStop | None


class ProcessInstance(Workflow):  # type: ignore[misc]
    """A process or sub-process inside a dossier; `parent_task` is the activity that runs it."""

    def __init__(self, spec: specs.ProcessSpec, top: Run | None, parent_task: Any, deserializing: bool = False) -> None:
        self.top_workflow = top if top is not None else self
        self.parent_task = parent_task
        super().__init__(spec, deserializing)

    def update_waiting_tasks(self) -> None:
        """Nothing waits for a tick: joins are asked when a token arrives, events when they are fired."""

    def _task_completed_notify(self, task: Any) -> None:
        """The step loop sees for itself when an instance is done; the library would go by a node named "End"."""

    def live(self) -> Iterator[Any]:
        return (task for task in self.tasks.values() if task.has_state(specs.LIVE))


class Run(ProcessInstance):
    """The whole running state of one dossier. Not shared, not kept: made for one command."""

    def __init__(self, model: CompiledModel, now: datetime, facts: Mapping[str, Value], deserializing: bool = False) -> None:
        self.model = model
        self.now_text = now.isoformat()
        self.facts = facts
        self.scope: dict[str, Value] = {}
        self.instances: dict[UUID, ProcessInstance] = {}
        self._completed: Callable[[Node], None] = lambda node: None
        self._first_steps: list[Callable[[], object]] = []
        super().__init__(model.processes[model.main], None, None, deserializing)
        if not deserializing:
            self.task_tree.data = self.scope

    # ---- starting, restoring, saving

    @classmethod
    def start(cls, model: CompiledModel, now: datetime, facts: Mapping[str, Value], variables: Variables) -> Run:
        run = cls(model, now, facts)
        run.scope.update(variables)
        return run

    @classmethod
    def restore(cls, model: CompiledModel, state: bytes, now: datetime, facts: Mapping[str, Value]) -> Run:
        saved = msgpack.unpackb(state, strict_map_key=False)
        if not isinstance(saved, dict) or saved.get("v") != STATE_FORMAT:
            raise StateUnreadable(
                f"The saved state has format {saved.get('v') if isinstance(saved, dict) else '?'}, and this release reads format "
                f"{STATE_FORMAT}. Upgrade motcua before you go on with this dossier."
            )
        run = cls(model, now, facts, deserializing=True)
        scope = decode(saved["vars"])
        assert isinstance(scope, dict)
        run.scope = scope
        by_id: dict[UUID, Any] = {}
        for process, parent_id, tasks in saved["run"]:
            parent = None if parent_id is None else by_id[UUID(bytes=parent_id)]
            instance = run if parent is None else ProcessInstance(model.processes[process], run, parent, deserializing=True)
            if parent is not None:
                run.instances[parent.id] = instance
            by_id.update(_restore_tasks(instance, tasks, run.scope))
        return run

    def save(self) -> bytes:
        """What can still move: live tokens, and what groups them (frames of activities, event-based gateways). Nothing finished."""
        saved = [[self.spec.name, None, _save_tasks(self)]]
        done = {id(self)}
        while len(saved) <= len(self.instances):
            for task_id, instance in self.instances.items():
                if id(instance) not in done and id(instance.parent_task.workflow) in done:
                    saved.append([instance.spec.name, task_id.bytes, _save_tasks(instance)])
                    done.add(id(instance))
        packed: bytes = msgpack.packb({"v": STATE_FORMAT, "vars": encode(self.scope), "run": saved})
        return packed

    # ---- what specs ask of the run

    def node_completed(self, node: Node, task: Any) -> None:
        self._completed(node)

    def evaluate(self, expression: Expression, task: Any) -> Value:
        return expression.evaluate(ChainMap(dict(self.facts), self.scope))

    def assign(self, script: Script, task: Any) -> None:
        for name, expression in script.assignments:
            self.scope[name] = self.evaluate(expression, task)

    def enter(self, task: Any, body: str) -> None:
        instance = ProcessInstance(self.model.processes[body], self, task)
        instance.task_tree.data = self.scope
        self.instances[task.id] = instance

    def leave(self, task: Any) -> None:
        instance = self.instances.pop(task.id, None)
        if instance is not None:
            for inner in list(instance.live()):
                inner.cancel()

    def throw(self, task: Any, code: str) -> None:
        """Give a BPMN error to the nearest boundary event that catches it, from `task` outwards."""
        host = task
        while host is not None:
            for sibling in specs.frame_children(host):
                node = sibling.task_spec.node
                if (
                    specs.is_boundary_event(sibling)
                    and node.event_kind is EventKind.ERROR
                    and node.event.error_code in (None, code)
                    and sibling.has_state(TaskState.WAITING)
                ):
                    self._fire(sibling, {})
                    return
            host = host.workflow.parent_task
        raise ModelFailed(
            f'The error "{code}" from "{task.task_spec.name}" is caught nowhere. Attach an error boundary event for it.',
            error_code=code,
            element=task.task_spec.name,
        )

    # ---- moving tokens

    def complete(self, token_id: str, values: Variables) -> None:
        """A person's form or a connector's outputs have come in: the token may go on."""
        task = self._find(token_id)
        self.scope.update(values)
        if task.has_state(TaskState.READY) and task.task_spec.manual:
            self._first_steps.append(task.run)
        elif task.has_state(TaskState.STARTED) and isinstance(task.task_spec, specs.ServiceTask):
            self._first_steps.append(task.complete)
        else:
            raise token_gone(token_id)

    def fire(self, token_id: str, payload: Variables) -> None:
        """The message has come, or the timer is due."""
        task = self._find(token_id)
        if not task.has_state(TaskState.WAITING) or not isinstance(task.task_spec, specs.CatchEvent):
            raise token_gone(token_id)
        self._fire(task, payload)

    def throw_at(self, token_id: str, code: str) -> None:
        """A service call failed for a business reason."""
        self.throw(self._find(token_id), code)

    def _fire(self, task: Any, payload: Variables) -> None:
        node: Node = task.task_spec.node
        self.scope.update(payload)
        if specs.is_boundary_event(task):
            if node.cancel_activity:
                for sibling in specs.frame_children(task):
                    if sibling is not task and (sibling.has_state(TaskState.WAITING) or not specs.is_boundary_event(sibling)):
                        sibling.cancel()
            elif node.event_kind is EventKind.MESSAGE:
                again = task.parent._add_child(task.task_spec, TaskState.FUTURE)
                again.task_spec._predict(again, mask=TaskState.NOT_FINISHED_MASK)
                again.task_spec._update(again)
        elif task.parent is not None and isinstance(task.parent.task_spec, specs.EventBasedGateway):
            for sibling in task.parent.children:
                if sibling is not task:
                    sibling.cancel()
        task.internal_data["fired"] = True
        task._ready()

    def advance(self, completed: Callable[[Node], None]) -> None:
        """Run everything that can run until the dossier waits or is over. `completed` is told each node as it completes."""
        self._completed = completed
        first_steps, self._first_steps = self._first_steps, []
        for step in first_steps:
            step()
        for _ in range(MAX_STEPS):
            task = self._next_ready()
            if task is not None:
                task.run()
            elif not self._finish_one_instance():
                return
        raise ModelFailed(
            f"The model ran {MAX_STEPS} steps without coming to a wait state. If it loops, draw a task or an event into the loop.",
            process=self.model.main,
        )

    def _next_ready(self) -> Any:
        for instance in (self, *self.instances.values()):
            for task in instance.tasks.values():
                if task.has_state(TaskState.READY) and not task.task_spec.manual:
                    return task
        return None

    def _finish_one_instance(self) -> bool:
        for task_id, instance in self.instances.items():
            if next(instance.live(), None) is None:
                del self.instances[task_id]
                instance.parent_task.complete()
                return True
        return False

    # ---- looking

    @property
    def is_over(self) -> bool:
        return next(self.live(), None) is None

    def tokens(self) -> list[Token]:
        """Every place where the dossier waits, oldest first within a process."""
        return [
            Token(
                id=str(task.id),
                node=task.task_spec.node,
                process=instance.spec.name,
                wait=_wait_of(task),
                at=datetime.fromisoformat(task.internal_data["at"]),
                stops_clock=_clock_stop_of(task),
            )
            for instance in (self, *self.instances.values())
            for task in instance.live()
            if task.task_spec.node is not None
        ]

    def inputs_of(self, token: Token) -> dict[str, Value]:
        """The inputs of a service task's operation, evaluated now."""
        return {
            name: self.evaluate(expression, None) for name, expression in self.model.inputs.get((token.process, token.node.id), ())
        }

    def _find(self, token_id: str) -> Any:
        try:
            wanted = UUID(token_id)
        except ValueError:
            raise token_gone(token_id) from None
        for instance in (self, *self.instances.values()):
            if wanted in instance.tasks:
                return instance.tasks[wanted]
        raise token_gone(token_id)


def token_gone(token_id: str) -> TokenGone:
    """The error for a token that is not there any more."""
    return TokenGone(f'The task "{token_id}" is not open any more: it was completed or cancelled meanwhile.', token_id=token_id)


def _wait_of(task: Any) -> Wait:
    spec = task.task_spec
    if isinstance(spec, specs.PersonTask):
        return Wait.PERSON
    if isinstance(spec, specs.ServiceTask):
        return Wait.SERVICE
    if isinstance(spec, specs.CatchEvent) and spec.node is not None:
        if spec.node.event_kind is EventKind.TIMER:
            return Wait.TIMER
        if spec.node.event_kind is EventKind.MESSAGE or spec.node.kind is NodeKind.RECEIVE_TASK:
            return Wait.MESSAGE
    return Wait.OTHER


def _clock_stop_of(task: Any) -> ClockStop | None:
    """Of the node itself, or of the event-based gateway that it waits behind."""
    waits = [task.task_spec.node]
    if task.parent is not None and isinstance(task.parent.task_spec, specs.EventBasedGateway):
        waits.append(task.parent.task_spec.node)
    return next((node.stops_clock for node in waits if node is not None and node.stops_clock is not None), None)


def _groups(task: Any) -> bool:
    return isinstance(task.task_spec, specs.ActivityFrame | specs.EventBasedGateway)


def _save_tasks(instance: ProcessInstance) -> list[list[Any]]:
    kept: list[Any] = []
    for task in instance.live():
        parent = task.parent
        if parent is not None and _groups(parent) and parent not in kept:
            kept.append(parent)
        kept.append(task)
    place = {task.id: index for index, task in enumerate(kept)}
    return [[task.id.bytes, place.get(task._parent, -1), task.task_spec.name, task.state, task.internal_data] for task in kept]


def _restore_tasks(instance: ProcessInstance, saved: list[list[Any]], scope: dict[str, Value]) -> dict[UUID, Any]:
    root = Task(instance, instance.spec.start, state=TaskState.COMPLETED)
    root.data = scope
    instance.task_tree = root
    tasks: list[Any] = []
    for id_bytes, parent, name, state, internal in saved:
        task = Task(
            instance,
            instance.spec.task_specs[name],
            parent=root if parent < 0 else tasks[parent],
            state=state,
            id=UUID(bytes=id_bytes),
        )
        task.data = scope
        task.internal_data = internal
        tasks.append(task)
    for task in tasks:
        if task.has_state(specs.LIVE):
            task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    return {task.id: task for task in tasks}
