"""Repeated activities: multi-instance, sequential or parallel, and standard loops.

The activity itself stands alone in a body of its own; every instance or round runs that body once, with a scope of its own:

    Repetition ──► instance 1: activity        the item, loop_counter, number_of_instances; what is written stays here
               ──► instance 2: activity        and its output goes into the collected list, at the place of its item
               ──► …

A round of a standard loop writes into the scope around it, since the loop's condition must see what the round did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from motcua.bpmn.elements import LoopKind, Node
from motcua.bpmn.expressions import Expression
from motcua.engine.codec import decode, encode
from motcua.engine.spiff import ledger
from motcua.engine.spiff.scopes import Scope
from motcua.engine.spiff.specs import Containing
from motcua.engine.values import Value
from motcua.errors import MotcuaError

MAX_INSTANCES = 1_000


class RepetitionFailed(MotcuaError):
    """How often an activity is to be repeated cannot be told from the data. Nothing was saved."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `motcua.bpmn.elements.Repetition` says, compiled."""

    kind: LoopKind
    condition: Expression | None = None
    test_before: bool = False
    maximum: int | None = None
    cardinality: Expression | None = None
    collection: str | None = None
    item: str | None = None
    output_collection: str | None = None
    output_item: str | None = None
    completion: Expression | None = None


class Repetition(Containing):
    """STARTED until the last instance is done, or enough of them are. `activity` is what is repeated."""

    def __init__(self, process: WorkflowSpec, name: str, activity: Node, body: str, plan: Plan) -> None:
        super().__init__(process, name, None, body)
        self.activity = activity
        self.plan = plan

    def _run_hook(self, my_task: Any) -> bool | None:
        if self.plan.kind is LoopKind.STANDARD:
            my_task.internal_data["loop"] = {"started": 0}
            if self.plan.test_before and not self._another_round(my_task):
                return True
            self._start(my_task, None)
            return None
        items = self._items(my_task)
        loop: dict[str, Any] = {"n": len(items), "started": 0, "done": []}
        my_task.internal_data["loop"] = loop
        if not items:
            self._collect(my_task)
            return True
        if self.plan.kind is LoopKind.SEQUENTIAL:
            loop["items"] = [encode(item) for item in items[1:]]
            items = items[:1]
        for item in items:
            self._start(my_task, item)
        return None

    def scope(self, my_task: Any, own: dict[str, Value]) -> Scope:
        """The scope of an instance with these names."""
        return Scope(own, my_task.workflow.variables, keeps_writes=self.plan.kind is not LoopKind.STANDARD)

    def body_done(self, my_task: Any, instance: Any) -> None:
        ledger.remember_instance(my_task, instance)
        if self.plan.kind is LoopKind.STANDARD:
            if self._another_round(my_task):
                self._start(my_task, None)
            else:
                my_task.complete()
            return
        loop = my_task.internal_data["loop"]
        output = instance.variables.own.get(self.plan.output_item) if self.plan.output_item else None
        loop["done"].append([instance.number, encode(output)])
        if self._is_enough(my_task, instance):
            my_task.workflow.top_workflow.leave(my_task)
        elif loop.get("items"):
            self._start(my_task, decode(loop["items"].pop(0)))
            return
        elif len(loop["done"]) < loop["n"]:
            return
        self._collect(my_task)
        my_task.complete()

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        ledger.remember_repetition(my_task)

    def _start(self, my_task: Any, item: Value) -> None:
        loop = my_task.internal_data["loop"]
        loop["started"] += 1
        own: dict[str, Value] = {"loop_counter": loop["started"]}
        if "n" in loop:
            own["number_of_instances"] = loop["n"]
        if self.plan.item is not None:
            own[self.plan.item] = item
        my_task.workflow.top_workflow.enter(my_task, self.body, self.scope(my_task, own), loop["started"])

    def _items(self, my_task: Any) -> list[Value]:
        run, plan = my_task.workflow.top_workflow, self.plan
        if plan.collection is not None:
            found = my_task.workflow.variables.read(run.facts).get(plan.collection)
            if not isinstance(found, list):
                raise self._failed(f'the variable "{plan.collection}" is no list')
            items = list(found)
        else:
            number = run.evaluate(plan.cardinality, my_task)
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise self._failed(f"its number is {number!r}, which is no whole number from 0 on")
            items = [None] * min(number, MAX_INSTANCES + 1)
        if len(items) > MAX_INSTANCES:
            raise self._failed(f"there would be more than {MAX_INSTANCES:,} instances")
        return items

    def _failed(self, why: str) -> RepetitionFailed:
        return RepetitionFailed(
            f'"{self.activity.id}" cannot be repeated: {why}. Correct the data or the model.', element=self.activity.id
        )

    def _another_round(self, my_task: Any) -> bool:
        started = my_task.internal_data["loop"]["started"]
        if self.plan.maximum is not None and started >= self.plan.maximum:
            return False
        if self.plan.condition is None:
            return True
        here = Scope({"loop_counter": started}, my_task.workflow.variables)
        return bool(my_task.workflow.top_workflow.evaluate_in(self.plan.condition, here))

    def _is_enough(self, my_task: Any, instance: Any) -> bool:
        if self.plan.completion is None:
            return False
        loop = my_task.internal_data["loop"]
        completed = len(loop["done"])
        counts = Scope(
            {"number_of_completed_instances": completed, "number_of_active_instances": loop["started"] - completed},
            instance.variables,
        )
        return bool(my_task.workflow.top_workflow.evaluate_in(self.plan.completion, counts))

    def _collect(self, my_task: Any) -> None:
        """The outputs of the instances that were completed, in the order of the items."""
        if self.plan.output_collection is not None:
            done = sorted(my_task.internal_data["loop"]["done"], key=lambda pair: pair[0])
            my_task.workflow.variables.write({self.plan.output_collection: [decode(output) for _, output in done]})
