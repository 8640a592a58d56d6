"""One dossier's tokens: restored from bytes, moved to the next wait state, saved to bytes.

    run = Run.start(model, now, facts)      or      Run.restore(model, state, now, facts)
    run.complete(token_id, values)          or      run.fire(token_id, payload), run.throw_at(token_id, code)
    run.advance(completed)                  every node that completes is told, in order
    run.tokens(), run.save()

The step loop is ours: events that were thrown, and conditions that hold, take effect before anything else runs; a subprocess
ends when it has no live token left; and a model that never comes to rest is stopped after `MAX_STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.decisions.compile import DecisionCall
from motcua.bpmn.elements import EventKind, Node
from motcua.bpmn.expressions import Expression, Script
from motcua.engine.spiff import deadlock, events, ledger, mail, specs, state
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.spiff.instance import ProcessInstance
from motcua.engine.spiff.mail import Letter
from motcua.engine.spiff.scopes import Scope
from motcua.engine.spiff.state import StateUnreadable
from motcua.engine.spiff.tokens import Token, TokenGone, Wait, token_gone, token_of
from motcua.engine.values import Value, Variables
from motcua.errors import MotcuaError

__all__ = ["Letter", "ModelFailed", "ProcessInstance", "Run", "StateUnreadable", "Token", "TokenGone", "Wait", "token_gone"]

Happened = Callable[[str, Mapping[str, Value]], object]
"""Is told the kind of an event and its facts (docs/extension.md, History)."""

MAX_STEPS = 10_000


class ModelFailed(MotcuaError):
    """The model could not go on: an expression failed, an error was not caught, or it never came to rest. Nothing was saved."""


class Run(ProcessInstance):
    """The whole running state of one dossier. Not shared, not kept: made for one command.

    instances: what runs inside activities, by the activity's task and the number of the instance, in the order of their making.
    mail: messages between pools that nobody has taken yet, in the order of their sending.
    carried: is told each of them, with False when it is sent and with True when it is delivered.
    """

    def __init__(
        self,
        model: CompiledModel,
        now: datetime,
        facts: Mapping[str, Value],
        deserializing: bool = False,
        begin_at: str | None = None,
    ) -> None:
        self.model = model
        self.now_text = now.isoformat()
        self.facts = facts
        self.scope: dict[str, Value] = {}
        self.instances: dict[tuple[UUID, int], ProcessInstance] = {}
        self.mail: list[Letter] = []
        self._completed: Callable[[Node], None] = lambda node: None
        self.carried: Callable[[Letter, bool], None] = lambda letter, is_delivered: None
        self._happened: Happened = lambda kind, facts: None
        self._next_steps: list[Callable[[], object]] = []
        self._completions: int | None = None
        super().__init__(model.processes[model.main], None, None, deserializing, Scope(self.scope), begin_at=begin_at)

    # ---- starting, restoring, saving

    @classmethod
    def start(
        cls,
        model: CompiledModel,
        now: datetime,
        facts: Mapping[str, Value],
        variables: Variables,
        begin_at: str | None = None,
    ) -> Run:
        """`begin_at` is the start event of the main process, where it has several (`CompiledModel.starts`)."""
        run = cls(model, now, facts, begin_at=begin_at)
        run.scope.update(variables)
        return run

    @classmethod
    def restore(cls, model: CompiledModel, state_bytes: bytes, now: datetime, facts: Mapping[str, Value]) -> Run:
        """Raises StateUnreadable."""
        scope, saved, letters = state.unpack(state_bytes)
        run = cls(model, now, facts, deserializing=True)
        run.scope.update(scope)
        run.mail = letters
        by_id: dict[UUID, Any] = {}
        for process, parent_id, tasks, *own in saved:
            instance: ProcessInstance = run
            if parent_id is not None:
                parent = by_id[UUID(bytes=parent_id)]
                number, layer = state.own_scope(own, parent)
                instance = ProcessInstance(model.processes[process], run, parent, True, layer, number)
                run.instances[parent.id, number] = instance
            if own:
                instance.ledger, instance.is_broken = own[0].get("undo", []), own[0].get("broken", False)
            by_id.update(state.restore_tasks(instance, tasks))
        return run

    def save(self) -> bytes:
        """What can still move, and nothing finished; the same bytes for the same tokens and data."""
        return state.pack(self.scope, self.all_instances(), self.mail)

    def all_instances(self) -> tuple[ProcessInstance, ...]:
        """The outermost one first, and each after the one that holds it."""
        return (self, *self.instances.values())

    # ---- what specs ask of the run

    def node_completed(self, node: Node, task: Any) -> None:
        self._completed(node)
        if not isinstance(task.task_spec, specs.Containing):
            ledger.remember(task)

    def next_completion(self) -> int:
        """The place in the order of completion of an activity that can be undone."""
        if self._completions is None:
            self._completions = max((record.get("no", 0) for record in ledger.all_records(self)), default=0)
        self._completions += 1
        return self._completions

    def evaluate(self, expression: Expression, task: Any) -> Value:
        return self.evaluate_in(expression, task.workflow.variables)

    def evaluate_in(self, expression: Expression, scope: Scope) -> Value:
        return expression.evaluate(scope.read(self.facts))

    def assign(self, script: Script, task: Any) -> None:
        for name, expression in script.assignments:
            task.workflow.variables.write({name: self.evaluate(expression, task)})

    def decide(self, decision: DecisionCall, task: Any) -> None:
        scope: Scope = task.workflow.variables
        scope.write(decision.results(scope.read(self.facts)))

    def enter(self, task: Any, body: str, scope: Scope | None = None, number: int = 0, begin_at: str | None = None) -> None:
        self.instances[task.id, number] = ProcessInstance(
            self.model.processes[body],
            self,
            task,
            scope=scope or task.workflow.variables,
            number=number,
            begin_at=begin_at,
        )

    def leave(self, task: Any) -> None:
        for key in [key for key in self.instances if key[0] == task.id]:
            for inner in list(self.instances.pop(key).live()):
                inner.cancel()

    def no_way_out(self, task: Any) -> NoReturn:
        name = task.task_spec.name
        raise ModelFailed(
            f'No flow out of the gateway "{name}" can be taken: no condition holds, and there is no default flow.', element=name
        )

    def throw(self, task: Any, code: str) -> None:
        """Give a BPMN error to the nearest event that catches it, from `task` outwards."""
        found = events.catcher(task, EventKind.ERROR, code)
        if found is None:
            raise ModelFailed(
                f'The error "{code}" of "{task.task_spec.name}" is caught nowhere. Draw an error boundary event for it.',
                error_code=code,
                element=task.task_spec.name,
            )
        self._next_steps.append(lambda: self._catch(found, task, code))

    def escalate(self, task: Any, code: str | None) -> None:
        """Give an escalation to the nearest event that catches it. One that nobody catches changes nothing, as BPMN has it."""
        self._happened("escalation_thrown", {"activity_id": task.task_spec.node.id, "code": code})
        found = events.catcher(task, EventKind.ESCALATION, code)
        if found is not None:
            self._next_steps.append(lambda: self._catch(found, task, code))

    def begins_to_undo(self, event_id: str, activity_ids: list[Value]) -> None:
        self._happened("compensation_thrown", {"activity_id": event_id, "undoes": activity_ids})

    def cancel_event(self, task: Any) -> Any:
        """Where the token of the transaction around this cancel end event goes on."""
        found = next(
            (each for each in specs.frame_children(task.workflow.parent_task) if _catches(each, EventKind.CANCEL)),
            None,
        )
        if found is None:
            raise ModelFailed(
                f'The transaction around "{task.task_spec.name}" has no cancel event. Draw one on its edge.',
                element=task.task_spec.name,
            )
        return found

    def cancel_transaction(self, task: Any) -> None:
        found = self.cancel_event(task)
        self._next_steps.append(lambda: self._catch(found, task, None))

    def broadcast(self, thrower: Any, signal: str) -> None:
        """Fire everything that waits for the signal now, from the outermost inwards."""
        self._happened("signal_thrown", {"activity_id": thrower.task_spec.node.id, "code": signal})
        for instance in (self, *self.instances.values()):
            for task in instance.live():
                if _catches(task, EventKind.SIGNAL) and events.code_of(task.task_spec.node) == signal:
                    self._next_steps.append(lambda task=task: self._catch(task, thrower, signal))  # type: ignore[misc]

    def post(self, letter: Letter) -> None:
        """Keep a message to another pool until somebody there waits for it."""
        self.mail.append(letter)
        self.carried(letter, False)

    # ---- moving tokens

    def complete(self, token_id: str, values: Variables) -> None:
        """A person's form or a connector's outputs have come in: the token may go on."""
        task = self._find(token_id)
        task.workflow.variables.write(values)
        if task.has_state(TaskState.READY) and task.task_spec.manual:
            self._next_steps.append(task.run)
        elif task.has_state(TaskState.STARTED) and isinstance(task.task_spec, specs.ServiceTask):
            self._next_steps.append(task.complete)
        else:
            raise token_gone(token_id)

    def write(self, token_id: str, values: Variables) -> None:
        """Set variables where the token sees them, and leave it waiting."""
        self._find(token_id).workflow.variables.write(values)

    def fire(self, token_id: str, payload: Variables, next_round: int | None = None) -> None:
        """The message has come, or the timer is due. `next_round` is as in `events.fire`."""
        task = self._find(token_id)
        if not task.has_state(TaskState.WAITING) or not isinstance(task.task_spec, events.CatchEvent):
            raise token_gone(token_id)
        events.fire(task, payload, next_round)

    def throw_at(self, token_id: str, code: str) -> None:
        """A service call failed for a business reason."""
        self.throw(self._find(token_id), code)

    def advance(self, completed: Callable[[Node], None], happened: Happened = lambda kind, facts: None) -> None:
        """Run everything that can run until the dossier waits or is over.

        `completed` is told each node as it completes; `happened` what was thrown, who caught it, and which condition was met.
        """
        self._completed, self._happened = completed, happened
        for _ in range(MAX_STEPS):
            if self._next_steps:
                self._next_steps.pop(0)()
            elif not (
                self._condition_happens()
                or self._run_next()
                or self._finish_one_instance()
                or self._open_one_join()
                or mail.deliver_one(self)
            ):
                return self._check_not_stuck()
        raise ModelFailed(
            f"The model ran {MAX_STEPS} steps without coming to a wait state. If it loops, draw a task or an event into the loop.",
            process=self.model.main,
        )

    def _condition_happens(self) -> bool:
        if not self.model.has_conditions:
            return False
        for instance in (self, *self.instances.values()):
            for task in instance.live():
                if _catches(task, EventKind.CONDITIONAL) and events.holds_now(task):
                    self._happened("condition_met", {"activity_id": task.task_spec.node.id})
                    events.fire(task, {})
                    return True
        return False

    def _run_next(self) -> bool:
        for instance in (self, *self.instances.values()):
            for task in instance.tasks.values():
                if task.has_state(TaskState.READY) and not task.task_spec.manual:
                    task.run()
                    return True
        return False

    def _finish_one_instance(self) -> bool:
        for key, instance in self.instances.items():
            if instance.is_done:
                del self.instances[key]
                instance.parent_task.task_spec.body_done(instance.parent_task, instance)
                return True
        return False

    def _open_one_join(self) -> bool:
        return any(
            join.open_if_enabled(instance) for instance in (self, *self.instances.values()) for join in instance.spec.inclusive
        )

    def _check_not_stuck(self) -> None:
        if self.is_done:
            for listener in list(self.live()):
                listener.cancel()
            self.ledger = []
            return
        waiting = deadlock.stuck_tasks(self)
        if waiting:
            names = ", ".join(sorted({f'"{task.task_spec.name}"' for task in waiting}))
            raise ModelFailed(
                f"The model is stuck: tokens wait at {names}, and nothing that can still happen would move them. Mend the model.",
                process=self.model.main,
            )

    def _catch(self, task: Any, thrower: Any, code: str | None) -> None:
        """Let a throw take effect where it was to be caught, unless that was interrupted meanwhile."""
        if task.has_state(TaskState.WAITING):
            node: Node = task.task_spec.node
            self._happened(_CAUGHT[node.event_kind], {"activity_id": node.id, "thrown_by": thrower.task_spec.node.id, "code": code})
            events.fire(task, {})

    # ---- looking

    @property
    def is_over(self) -> bool:
        return self.is_done

    def tokens(self) -> list[Token]:
        """Every place where the dossier waits, oldest first within a process."""
        return [
            token_of(task)
            for instance in (self, *self.instances.values())
            for task in instance.live()
            if task.task_spec.node is not None
        ]

    def inputs_of(self, token: Token) -> dict[str, Value]:
        """The inputs of a service task's operation, evaluated now."""
        task = self._find(token.id)
        inputs = self.model.inputs.get((token.process, token.node.id), ())
        return {name: self.evaluate(expression, task) for name, expression in inputs}

    def _find(self, token_id: str) -> Any:
        try:
            wanted = UUID(token_id)
        except ValueError:
            raise token_gone(token_id) from None
        for instance in (self, *self.instances.values()):
            if wanted in instance.tasks:
                return instance.tasks[wanted]
        raise token_gone(token_id)


_CAUGHT = {
    EventKind.SIGNAL: "signal_caught",
    EventKind.ERROR: "error_caught",
    EventKind.ESCALATION: "escalation_caught",
    EventKind.CANCEL: "transaction_cancelled",
}


def _catches(task: Any, kind: EventKind) -> bool:
    return isinstance(task.task_spec, events.CatchEvent) and task.task_spec.event_kind is kind and task.has_state(TaskState.WAITING)
