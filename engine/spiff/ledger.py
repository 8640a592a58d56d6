"""What was completed and can be undone, and with which data: kept beside the tokens, as plain as it is saved.

Only activities that something undoes are recorded, each in the ledger of the process or sub-process that it was completed in:

    {"in": body, "node": id,            the activity, and the body it stands in
     "no": 7,                           its place in the order of completion; a group has none
     "kept": {name: value},             what it had set or used and its handler reads, in the shapes of engine/codec.py
     "own": true,                       it ran in an instance of a repetition: what its handler writes stays with the handler
     "inside": [record, …]}             what was completed in it, for a group or for the event sub-process that undoes it

A group is a sub-process, or an instance of a repetition, that is undone by undoing what was completed in it. What a call activity
called keeps a ledger of its own, which ends with it (docs/decisions/0005-compensation.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from motcua.bpmn.elements import NodeKind
from motcua.engine.codec import encode
from motcua.engine.spiff.scopes import Scope
from motcua.engine.values import Value, Variables

Record: TypeAlias = dict[str, Any]
Bodies: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How an activity is undone. handler: the body that undoes it; None for a group.

    reads: the names that its handlers read.   keeps: those of them that the activity sets or uses.   holds: whether what was
    completed in it is kept.   is_instance: whether it has variables of its own, as an instance of a multi-instance activity.
    """

    handler: str | None
    reads: frozenset[str]
    keeps: frozenset[str] = frozenset()
    holds: bool = False
    is_instance: bool = False


def owner_of(instance: Any) -> Any:
    """The instance whose ledger takes what is completed here: an event sub-process runs in the context of the body around it."""
    while instance.parent_task is not None:
        node = instance.parent_task.task_spec.node
        if node is None or not node.triggered_by_event:
            break
        instance = instance.parent_task.workflow
    return instance


def remember(task: Any) -> None:
    """A task was completed."""
    _record(task, [])


def remember_body(instance: Any) -> None:
    """A sub-process, a called part, or an instance of a repetition was completed."""
    parent = instance.parent_task
    if not instance.is_broken:
        _record(parent, instance.ledger)


def remember_instance(task: Any, instance: Any) -> None:
    """An instance of the repetition `task` was completed: it counts when the last one is."""
    plan = _plan(task)
    if plan is not None and instance.ledger and not instance.is_broken:
        own = {name: value for name, value in instance.variables.own.items() if name in plan.reads}
        made = _made(task, own, instance.ledger)
        if plan.is_instance:
            made["own"] = True
        task.internal_data["loop"].setdefault("undo", []).append(made)


def remember_repetition(task: Any) -> None:
    """The last instance is done, and those that were completed can be undone."""
    owner_of(task.workflow).ledger.extend(task.internal_data["loop"].pop("undo", ()))


def break_off(instance: Any) -> None:
    """The body is terminated or interrupted from inside: it ends abnormally, so that it is not undone afterwards."""
    if instance.parent_task is not None and _plan(instance.parent_task) is not None:
        instance.is_broken = True


def take(instance: Any, node_id: str | None) -> list[Record]:
    """What is to be undone, the last completed first, and no longer in the ledger: all of it, or one activity's completions."""
    owner = owner_of(instance)
    taken = [record for record in owner.ledger if node_id in (None, record["node"])]
    owner.ledger = [record for record in owner.ledger if node_id not in (None, record["node"])]
    return sorted(_flat(owner.top_workflow.model.processes, taken, {}, False), key=lambda record: -record["no"])


def adopt(instance: Any) -> None:
    """Before what still runs in this instance is cancelled, take over what was completed inside it."""
    owner, run = owner_of(instance), instance.top_workflow
    found: list[Record] = []
    for inner in (instance, *run.instances.values()):
        if inner is not instance and not _is_inside(inner, instance):
            continue
        kept, is_own = _layers(inner.variables, instance.variables)
        if inner is not instance:
            found += _flat(run.model.processes, inner.ledger, kept, is_own)
            inner.ledger = []
        for task in inner.live():
            for pending in _pending(task):
                found += _flat(run.model.processes, pending, kept, is_own)
                pending.clear()
    owner.ledger += found


def correct(run: Any, old: Variables, new: Variables) -> None:
    """A correction of data also reaches what was kept of the wrong value."""
    wrong, right = ({name: encode(value) for name, value in values.items()} for values in (old, new))
    for record in all_records(run):
        kept = record.get("kept", {})
        kept.update({name: value for name, value in right.items() if name in kept and kept[name] == wrong[name]})
    for instance in run.instances.values():
        if "undo" in instance.parent_task.internal_data:
            own = instance.variables.own
            own.update({name: value for name, value in new.items() if name in own and own[name] == old[name]})


def all_records(run: Any) -> Iterator[Record]:
    """Every record of a dossier, those inside others included."""
    todo: list[Record] = []
    for instance in (run, *run.instances.values()):
        todo += instance.ledger
        for task in instance.live():
            for pending in _pending(task):
                todo += pending
    while todo:
        record = todo.pop()
        yield record
        todo += record.get("inside", ())


def _plan(task: Any) -> Plan | None:
    found: Plan | None = task.workflow.spec.undo.get(task.task_spec.name)
    return found


def _record(task: Any, inside: list[Record]) -> None:
    plan = _plan(task)
    if plan is None or (plan.handler is None and not inside):
        return
    values = task.workflow.variables.read({})
    made = _made(task, {name: values[name] for name in plan.keeps if name in values}, inside if plan.holds else [])
    if plan.handler is not None:
        made["no"] = task.workflow.top_workflow.next_completion()
    owner_of(task.workflow).ledger.append(made)


def _made(task: Any, kept: Mapping[str, Value], inside: list[Record]) -> Record:
    made: Record = {"in": task.workflow.spec.name, "node": task.task_spec.name}
    if kept:
        made["kept"] = {name: encode(kept[name]) for name in sorted(kept)}
    if inside:
        made["inside"] = inside
    return made


def _flat(bodies: Bodies, records: Iterable[Record], around: Mapping[str, Any], is_own: bool) -> Iterator[Record]:
    """The records that a handler undoes, with what was kept around them."""
    for record in records:
        plan: Plan = bodies[record["in"]].undo[record["node"]]
        kept, own = {**around, **record.get("kept", {})}, is_own or record.get("own", False)
        if plan.handler is None:
            yield from _flat(bodies, record.get("inside", ()), kept, own)
            continue
        flat: Record = {"in": record["in"], "node": record["node"], "no": record["no"]}
        if names := sorted(kept.keys() & plan.reads):
            flat["kept"] = {name: kept[name] for name in names}
        if own:
            flat["own"] = True
        if "inside" in record:
            flat["inside"] = record["inside"]
        yield flat


def _pending(task: Any) -> Iterator[list[Record]]:
    """What hangs on a token: completed instances of a repetition, and what a compensation under way has not begun to undo."""
    for name, key in (("loop", "undo"), ("undo", "left")):
        found = task.internal_data.get(name, {}).get(key)
        if found:
            yield found


def _is_inside(inner: Any, outer: Any) -> bool:
    """Whether one instance runs in another; what is called, and what undoes, is looked at from outside."""
    while inner.parent_task is not None:
        task = inner.parent_task
        if "undo" in task.internal_data or (task.task_spec.node is not None and task.task_spec.node.kind is NodeKind.CALL_ACTIVITY):
            return False
        inner = task.workflow
        if inner is outer:
            return True
    return False


def _layers(scope: Scope | None, outermost: Scope) -> tuple[dict[str, Any], bool]:
    """The variables of instances of repetitions from here outwards, and whether one of them keeps what is written."""
    kept: dict[str, Any] = {}
    is_own = False
    while scope is not None and scope is not outermost:
        kept = {**{name: encode(value) for name, value in scope.own.items()}, **kept}
        is_own = is_own or scope.keeps_writes
        scope = scope.outer
    return kept, is_own
