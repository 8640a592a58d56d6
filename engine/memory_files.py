"""What the store in memory keeps of one dossier, and how a change is written into it: the rules that a database would enforce."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from motcua.engine.codec import decode, encode
from motcua.engine.dossier import (
    Applicant,
    CallState,
    DocumentRecord,
    Dossier,
    Draft,
    MessageRecord,
    OpenTask,
    ServiceCallRecord,
    Suspension,
)
from motcua.engine.event_log import ChainHead, Event
from motcua.engine.store import Change, ChangeRefused, PaymentReceipt, TaskClosed, UnknownTask

_Record = TypeVar("_Record")


@dataclass(slots=True)
class DossierFile:
    """One dossier with everything that belongs to it. The containers are replaced, never changed, once committed."""

    dossier: Dossier
    state: bytes
    head: ChainHead = field(default_factory=ChainHead)
    events: tuple[Event, ...] = ()
    tasks: Mapping[str, OpenTask] = field(default_factory=dict)
    closed: Mapping[str, TaskClosed] = field(default_factory=dict)
    calls: Mapping[str, ServiceCallRecord] = field(default_factory=dict)
    documents: Mapping[str, DocumentRecord] = field(default_factory=dict)
    messages: Mapping[str, MessageRecord] = field(default_factory=dict)
    receipts: Mapping[str, PaymentReceipt] = field(default_factory=dict)


@dataclass(slots=True)
class Owners:
    """Which dossier an id belongs to: ids are unique over all dossiers."""

    task: dict[str, str] = field(default_factory=dict)
    call: dict[str, str] = field(default_factory=dict)
    document: dict[str, str] = field(default_factory=dict)
    receipt: dict[str, str] = field(default_factory=dict)
    request: dict[str, str] = field(default_factory=dict)
    reference: dict[str, str] = field(default_factory=dict)  # an outside system's reference → the call's key


def append_events(after: DossierFile, change: Change) -> None:
    for event in change.events:
        if event.seq != after.head.seq + 1 or event.previous != after.head.digest:
            raise ChangeRefused(change.dossier.code, f"event {event.seq} does not follow event {after.head.seq}")
        after.events = (*after.events, kept(event))
        after.head = ChainHead(event.seq, event.digest)


def write_tasks(after: DossierFile, change: Change, owners: Owners) -> None:
    for task in change.tasks_opened:
        if task.id in owners.task or task.id in after.tasks:
            raise ChangeRefused(change.dossier.code, f'task "{task.id}" exists already')
        after.tasks = {**after.tasks, task.id: kept(task)}
    for task in change.tasks_changed:
        if task.id not in after.tasks:
            raise UnknownTask(task.id)
        after.tasks = {**after.tasks, task.id: kept(task)}
    for closed in change.tasks_closed:
        if closed.id not in after.tasks:
            raise UnknownTask(closed.id)
        after.tasks = {task_id: task for task_id, task in after.tasks.items() if task_id != closed.id}
        after.closed = {**after.closed, closed.id: closed}


def is_ready(call: ServiceCallRecord, now: datetime, wall_now: datetime) -> bool:
    if call.state is CallState.QUEUED:
        return call.next_attempt_at is None or call.next_attempt_at <= now
    return call.state is CallState.RUNNING and (call.lease_until is None or call.lease_until <= wall_now)


# What a database would do to the fields of a record: variables go through the codec, and texts must be storable.
_THROUGH_CODEC: dict[type, Callable[[Any], Any]] = {
    dict: lambda value: decode(encode(value)),
    str: lambda value: str(encode(value)),
    Applicant: lambda value: kept(value),
    Suspension: lambda value: kept(value),
    Draft: lambda value: kept(value),
    tuple: lambda value: tuple(decode(encode(item)) if isinstance(item, dict) else item for item in value),
}


def kept(record: _Record) -> _Record:
    changes = {}
    for each in fields(cast(Any, record)):
        value = getattr(record, each.name)
        if type(value) in _THROUGH_CODEC:
            changes[each.name] = _THROUGH_CODEC[type(value)](value)
    return cast(_Record, replace(cast(Any, record), **changes))
