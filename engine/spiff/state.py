"""A run as bytes, and back. Only what can still move is saved: live tokens, what groups them, and the scopes they see.

    {"v": 1,
     "vars": the dossier's scope, in the shapes of engine/codec.py,
     "run": [[body, id of the task that runs it, [[id, place of its group or -1, spec, state, internal], …]],
             … the same for what runs inside it, and a fourth item where there is more to tell:
             {"no": …, "vars": its scope}   an instance of a repetition, what undoes an activity, a process of another pool
             {"undo": [record, …]}          what was completed in it and can be undone, see ledger.py
             {"broken": true}               it ends abnormally and cannot be undone],
      "mail": the messages between pools that nobody took yet, where there are any: [[flow, sender, sent at, values, meant for], …]}

The model is not in it, nor anything that is finished and cannot be undone. Examples of every release are in tests/states and load
for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgpack
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from motcua.engine.codec import decode, encode
from motcua.engine.spiff import specs
from motcua.engine.spiff.mail import Letter
from motcua.engine.spiff.scopes import Scope
from motcua.engine.values import Value
from motcua.errors import MotcuaError

STATE_FORMAT = 1
_LARGE_INTEGER = 1


class StateUnreadable(MotcuaError):
    """The saved state is of a format that this release does not read."""


def pack(scope: dict[str, Value], instances: Iterable[Any], mail: Iterable[Letter]) -> bytes:
    """The state of these instances, the main one first and each after the one that holds it."""
    state: dict[str, Any] = {"v": STATE_FORMAT, "vars": encode(scope), "run": [_save_instance(instance) for instance in instances]}
    letters = [[each.flow, each.sender, each.sent_at.isoformat(), encode(dict(each.values)), each.meant_for] for each in mail]
    if letters:
        state["mail"] = letters
    packed: bytes = msgpack.packb(state, default=_large_integer)
    return packed


def unpack(state: bytes) -> tuple[dict[str, Value], list[list[Any]], list[Letter]]:
    """The dossier's scope, the saved instances and the undelivered mail. Raises StateUnreadable."""
    saved = msgpack.unpackb(state, strict_map_key=False, ext_hook=lambda _, digits: int(digits))
    if not isinstance(saved, dict) or saved.get("v") != STATE_FORMAT:
        raise StateUnreadable(
            f"The saved state has format {saved.get('v') if isinstance(saved, dict) else '?'}, and this release reads format "
            f"{STATE_FORMAT}. Upgrade motcua before you go on with this dossier."
        )
    scope = decode(saved["vars"])
    assert isinstance(scope, dict)
    return scope, saved["run"], [_letter(*each) for each in saved.get("mail", ())]


def _letter(flow: str, sender: str, sent_at: str, plain: Any, meant_for: str | None) -> Letter:
    values = decode(plain)
    assert isinstance(values, dict)
    return Letter(flow, sender, datetime.fromisoformat(sent_at), values, meant_for)


def _large_integer(value: object) -> msgpack.ExtType:
    """msgpack asks for help with whole numbers of more than 64 bits."""
    assert isinstance(value, int)
    return msgpack.ExtType(_LARGE_INTEGER, str(value).encode())


def _save_instance(instance: Any) -> list[Any]:
    parent = instance.parent_task
    saved = [instance.spec.name, None if parent is None else parent.id.bytes, _save_tasks(instance)]
    more: dict[str, Any] = {}
    if parent is not None and instance.variables is not parent.workflow.variables:
        more |= {"no": instance.number, "vars": encode(instance.variables.own)}
    if instance.ledger:
        more["undo"] = instance.ledger
    if instance.is_broken:
        more["broken"] = True
    return [*saved, more] if more else saved


def _save_tasks(instance: Any) -> list[list[Any]]:
    kept: list[Any] = []
    for task in instance.live():
        parent = task.parent
        if parent is not None and isinstance(parent.task_spec, specs.Group) and parent not in kept:
            kept.append(parent)
        kept.append(task)
    place = {task.id: index for index, task in enumerate(kept)}
    return [[task.id.bytes, place.get(task._parent, -1), task.task_spec.name, task.state, task.internal_data] for task in kept]


def restore_tasks(instance: Any, saved: list[list[Any]]) -> dict[UUID, Any]:
    """Put the saved tasks into an empty instance, under a root that is done. Returns them by id."""
    root = Task(instance, instance.spec.start, state=TaskState.COMPLETED)
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
        task.internal_data = internal
        tasks.append(task)
    return {task.id: task for task in tasks}


def own_scope(saved: list[Any], parent: Any) -> tuple[int, Scope | None]:
    """The number and the scope of an instance with a scope of its own, from the fourth item of what was saved; else 0 and None."""
    if not saved or "vars" not in saved[0]:
        return 0, None
    own = decode(saved[0]["vars"])
    assert isinstance(own, dict)
    scope = parent.task_spec.scope(parent, own)
    return (0, None) if scope is None else (saved[0]["no"], scope)
