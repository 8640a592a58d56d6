"""The store in PostgreSQL: one transaction per command, READ COMMITTED with the dossier's row locked, a fixed number of statements.

What is written and how: `statements.py`. What the rows are: `rows.py`. Who else may lock: only `lease_call`, and it takes the
dossier's row first, like every command, so that nobody can wait in a circle and no lease is overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Select, Table, delete, func, or_, select
from sqlalchemy.exc import DBAPIError

from motcua.engine.clock import Clock
from motcua.engine.dossier import CallState, DocumentRecord, Dossier, MessageRecord, OpenTask, ServiceCallRecord
from motcua.engine.event_log import ChainHead, Event
from motcua.engine.store import (
    Change,
    ChangeRefused,
    DossierExists,
    DossierFilter,
    LeasedCall,
    PaymentReceipt,
    StaleDossier,
    StoredDossier,
    SwallowedFailure,
    TaskFilter,
    UnknownDossier,
    UnknownTask,
    UnknownVersion,
)
from motcua.procedures_catalog.version import ProcedureVersion
from motcua.services.storage import rows, schema, statements
from motcua.services.storage.database import translated
from motcua.services.storage.queue import enqueue

_ROWS_AT_ONCE = 500


class PostgresStore:
    """`Store` of engine/store.py. `engine` comes from `open_engine`; `wall` tells the real time, on which leases run."""

    def __init__(self, engine: Engine, wall: Clock) -> None:
        self._engine = engine
        # A list is one statement, so it needs no transaction; and a transaction that ends without a commit would make the driver
        # forget every statement that it has prepared on the connection.
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._wall = wall

    @contextmanager
    def transaction(self) -> Iterator[_PostgresTransaction]:
        with translated(self._engine), self._engine.begin() as connection:
            transaction = _PostgresTransaction(connection)
            yield transaction
            if transaction.failed:
                raise SwallowedFailure

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(self._engine), self._reader.connect() as connection:
            yield connection

    def _rows(self, query: Select[Any]) -> Sequence[rows.Row]:
        with self._reading() as connection:
            return connection.execute(query).mappings().all()

    def _rows_of(self, code: str, table: Table, *order: str) -> Sequence[rows.Row]:
        """The dossier's rows of one table; an empty answer is told from an unknown dossier."""
        found = self._rows(select(table).where(table.c.dossier_code == code).order_by(*(table.c[name] for name in order)))
        if not found:
            self.dossier(code)
        return found

    def version(self, version_id: str) -> ProcedureVersion:
        with self._reading() as connection:
            row = connection.execute(statements.VERSION, {"version_id": version_id}).mappings().one_or_none()
        if row is None:
            raise UnknownVersion(version_id)
        return rows.version_of(row)

    def version_in_force(self, procedure_code: str, on: date) -> ProcedureVersion | None:
        with self._reading() as connection:
            found = connection.execute(statements.VERSION_IN_FORCE, {"procedure_code": procedure_code, "on": on})
            row = found.mappings().one_or_none()
        return None if row is None else rows.version_of(row)

    def dossier(self, code: str) -> Dossier:
        found = self._rows(select(schema.dossiers).where(schema.dossiers.c.code == code))
        if not found:
            raise UnknownDossier(code)
        return rows.dossier_of(found[0])

    def dossiers(self, wanted: DossierFilter) -> Sequence[Dossier]:
        columns = schema.dossiers.c
        query = select(schema.dossiers).order_by(columns.filed_at.desc(), columns.code.desc()).limit(wanted.limit)
        narrowed = _narrowed(query, schema.dossiers, wanted, "authority_code", "procedure_code", "status", "version_id")
        return [rows.dossier_of(row) for row in self._rows(narrowed)]

    def running_dossiers(self, after: str = "", limit: int = 500) -> Sequence[Dossier]:
        columns = schema.dossiers.c
        query = select(schema.dossiers).where(columns.code > after, columns.received_at.is_not(None), columns.ended_at.is_(None))
        return [rows.dossier_of(row) for row in self._rows(query.order_by(columns.code).limit(limit))]

    def dossiers_of_period(self, authority_code: str, start: datetime, end: datetime) -> Iterator[Dossier]:
        columns = schema.dossiers.c
        query = (
            select(schema.dossiers)
            .where(columns.authority_code == authority_code, columns.received_at < end)
            .where(or_(columns.ended_at.is_(None), columns.ended_at >= start))
            .order_by(columns.received_at, columns.code)
        )
        # A cursor of the server: one statement, so one moment, and never more than a few rows in memory.
        with translated(self._engine), self._engine.begin() as connection:
            for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query).mappings():
                yield rows.dossier_of(row)

    def count_by_status(self) -> Mapping[str, int]:
        status = schema.dossiers.c.status
        with self._reading() as connection:
            return {
                row.status: row.number for row in connection.execute(select(status, func.count().label("number")).group_by(status))
            }

    def state(self, code: str) -> bytes:
        states = schema.dossier_states.c
        with self._reading() as connection:
            found: bytes | None = connection.execute(select(states.state).where(states.dossier_code == code)).scalar_one_or_none()
        if found is None:
            raise UnknownDossier(code)
        return found

    def events(self, code: str) -> Sequence[Event]:
        event, content = schema.events, schema.event_contents
        both = event.outerjoin(content, (event.c.dossier_code == content.c.dossier_code) & (event.c.seq == content.c.seq))
        query = select(event, content.c.content, content.c.salt).select_from(both)
        found = self._rows(query.where(event.c.dossier_code == code).order_by(event.c.seq))
        if not found:
            self.dossier(code)
        return tuple(rows.event_of(row) for row in found)

    def open_tasks(self, wanted: TaskFilter) -> Sequence[OpenTask]:
        columns = schema.tasks.c
        query = select(schema.tasks).where(columns.closed_at.is_(None)).order_by(columns.opened_at, columns.id).limit(wanted.limit)
        narrowed = _narrowed(query, schema.tasks, wanted, "authority_code", "tier", "role", "assignee", "dossier_code")
        return [rows.task_of(row) for row in self._rows(narrowed)]

    def task(self, task_id: str) -> OpenTask:
        columns = schema.tasks.c
        found = self._rows(select(schema.tasks).where(columns.id == task_id, columns.closed_at.is_(None)))
        if not found:
            raise UnknownTask(task_id)
        return rows.task_of(found[0])

    def calls(self, code: str) -> Sequence[ServiceCallRecord]:
        return [rows.call_of(row) for row in self._rows_of(code, schema.service_calls, "asked_at", "order", "key")]

    def call_by_reference(self, reference: str) -> ServiceCallRecord | None:
        found = self._rows(select(schema.service_calls).where(schema.service_calls.c.reference == reference))
        return rows.call_of(found[0]) if found else None

    def incidents(self, limit: int = 200) -> Sequence[ServiceCallRecord]:
        columns = schema.service_calls.c
        query = select(schema.service_calls).where(columns.state == "incident").order_by(columns.asked_at, columns.key)
        return [rows.call_of(row) for row in self._rows(query.limit(limit))]

    def documents(self, code: str) -> Sequence[DocumentRecord]:
        return [rows.document_of(row) for row in self._rows_of(code, schema.documents, "order", "id")]

    def messages(self, code: str) -> Sequence[MessageRecord]:
        return [rows.message_of(row) for row in self._rows_of(code, schema.messages, "received_at", "id")]

    def receipts(self, code: str) -> Sequence[PaymentReceipt]:
        return [rows.receipt_of(row) for row in self._rows_of(code, schema.payment_receipts, "received_at", "transaction_no")]

    def due_dossiers(self, now: datetime, limit: int = 100) -> Sequence[str]:
        columns = schema.dossiers.c
        query = select(columns.code).where(columns.wake_at <= now).order_by(columns.wake_at, columns.code).limit(limit)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def next_wake(self, after: datetime) -> datetime | None:
        dossiers, calls = schema.dossiers.c, schema.service_calls.c
        wakes = select(func.min(dossiers.wake_at)).where(dossiers.wake_at > after).scalar_subquery()
        attempts = (
            select(func.min(calls.next_attempt_at))
            .where(calls.state == CallState.QUEUED, calls.next_attempt_at > after)
            .scalar_subquery()
        )
        with self._reading() as connection:
            found: datetime | None = connection.execute(select(func.least(wakes, attempts))).scalar_one()
        return found

    def calls_running(self) -> int:
        calls = schema.service_calls.c
        with self._reading() as connection:
            return connection.execute(select(func.count()).where(calls.state == CallState.RUNNING)).scalar_one()

    def ready_calls(self, now: datetime, limit: int = 100) -> Sequence[str]:
        with self._reading() as connection:
            asked = {"now": now, "wall_now": self._wall.now(), "limit": limit}
            return list(connection.execute(statements.READY_CALLS, asked).scalars())

    def lease_call(self, key: str, now: datetime, lease: timedelta) -> LeasedCall | None:
        with translated(self._engine), self._engine.begin() as connection:
            locked = connection.execute(statements.LOCK_OF_CALL, {"key": key}).scalar_one_or_none()
            if locked is None or locked["suspension"] is not None:
                return None
            wall_now = self._wall.now()
            asked = {"key": key, "now": now, "wall_now": wall_now, "lease_until": wall_now + lease}
            leased = connection.execute(statements.LEASE, asked).mappings().one_or_none()
            if leased is None:
                return None
            papers = schema.documents
            query = select(papers).where(papers.c.dossier_code == locked["code"]).order_by(papers.c.order, papers.c.id)
            documents = tuple(rows.document_of(row) for row in connection.execute(query).mappings())
            return LeasedCall(rows.call_of(leased), rows.dossier_of(locked), documents)


def _narrowed(query: Select[Any], table: Table, wanted: DossierFilter | TaskFilter, *names: str) -> Select[Any]:
    """The query for the rows whose columns have what the filter names; None in it means any."""
    named = {name: getattr(wanted, name) for name in names}
    return query.where(*(table.c[name] == value for name, value in named.items() if value is not None))


class _PostgresTransaction:
    """`Transaction` of engine/store.py over one connection that has begun."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.failed = False

    def publish(self, version: ProcedureVersion) -> None:
        self._connection.execute(
            statements.PUBLISH,
            {
                "version_id": version.version_id,
                "procedure_code": version.code,
                "model": version.model,
                "register": version.register,
                "in_force_from": version.in_force_from,
                "in_force_until": version.in_force_until,
                "shared": json.dumps({name: content.hex() for name, content in version.parts.items()}),
            },
        )

    def next_number(self, authority_code: str, on: date) -> int:
        counter = {"authority_code": authority_code, "on_day": on}
        return int(self._connection.execute(statements.NEXT_NUMBER, counter).scalar_one())

    def lock(self, code: str) -> StoredDossier:
        locked = self._connection.execute(statements.LOCK, {"code": code}).scalar_one_or_none()
        if locked is None:
            raise UnknownDossier(code)
        # A second statement on purpose: the first one's snapshot is older than the lock that it may have waited for.
        under_lock = self._connection.execute(statements.READ_UNDER_LOCK, {"code": code}).mappings().one()
        return StoredDossier(
            dossier=rows.dossier_of(locked),
            state=bytes(under_lock["state"]),
            head=rows.head_of(locked),
            calls=tuple(rows.call_of(row) for row in under_lock["calls"] or ()),
            messages=tuple(rows.message_of(row) for row in under_lock["messages"] or ()),
        )

    def message(self, dossier_code: str, message_id: str) -> MessageRecord | None:
        columns = schema.messages.c
        row = self._one(select(schema.messages).where(columns.dossier_code == dossier_code, columns.id == message_id))
        return None if row is None else rows.message_of(row)

    def dossier_by_request(self, request_id: str) -> Dossier | None:
        # The same request sent twice at once: the second waits here until the first has opened its dossier or failed.
        self._connection.execute(statements.LOCK_REQUEST, {"request_id": request_id})
        row = self._one(select(schema.dossiers).where(schema.dossiers.c.request_id == request_id))
        return None if row is None else rows.dossier_of(row)

    def receipt(self, transaction_no: str) -> PaymentReceipt | None:
        row = self._one(select(schema.payment_receipts).where(schema.payment_receipts.c.transaction_no == transaction_no))
        return None if row is None else rows.receipt_of(row)

    def save(self, change: Change) -> None:
        self.failed = True
        self._write(change)
        self.failed = False

    def _write(self, change: Change) -> None:
        code = change.dossier.code
        _refuse_broken_chain(change)
        written = _parts_of(change)
        parameters: dict[str, Any] = {part: json.dumps(part_rows) for part, part_rows in written.items()}
        parameters["dossier"] = json.dumps([rows.dossier_row(change.dossier, _new_head(change))])
        parameters["state"] = change.state
        if not change.is_new:
            parameters["before"] = change.events[0].previous if change.events else None
            parameters["added"] = len(change.events)
        statement = statements.save_statement(change.is_new, ("new_state" if change.is_new else "state", *written))
        try:
            counts = self._connection.execute(statement, parameters).mappings().one()
        except DBAPIError as cause:
            refusal = _refusal(change, cause)
            if refusal is None:
                raise
            raise refusal from cause
        if counts["dossier"] == 0:
            raise self._why_not_written(change)
        for part, error in _INCOMPLETE.items():
            if part in written and counts[part] != len(written[part]):
                raise error(change)
        if change.calls:
            decided_at = max([event.at for event in change.events] + [call.asked_at for call in change.calls])
            keys = self._connection.execute(statements.CALLS_TO_WAKE, {"code": code, "decided_at": decided_at}).scalars()
            enqueue(self._connection, keys.all())

    def erase_content(self, code: str, seq: int) -> None:
        contents = schema.event_contents.c
        erased = self._connection.execute(delete(schema.event_contents).where(contents.dossier_code == code, contents.seq == seq))
        if erased.rowcount == 0 and self._one(select(schema.dossiers.c.code).where(schema.dossiers.c.code == code)) is None:
            raise UnknownDossier(code)

    def _one(self, query: Select[Any]) -> rows.Row | None:
        return self._connection.execute(query).mappings().one_or_none()

    def _why_not_written(self, change: Change) -> Exception:
        code = change.dossier.code
        query = select(schema.dossiers.c.revision).where(schema.dossiers.c.code == code)
        revision = self._connection.execute(query).scalar_one_or_none()
        if revision is None:
            return UnknownDossier(code)
        if revision + 1 != change.dossier.revision:
            return StaleDossier(code, change.dossier.revision)
        return ChangeRefused(code, f"event {change.events[0].seq} does not follow the last one")


def _parts_of(change: Change) -> dict[str, list[dict[str, Any]]]:
    """The rows to write, by part; parts without rows are left out. A task that opens and closes at once is written closed."""
    closed = {each.id: each for each in change.tasks_closed}
    changed = {task.id: task for task in change.tasks_changed}
    opened = {task.id: changed.pop(task.id, task) for task in change.tasks_opened}
    parts = {
        "events": [rows.event_row(event) for event in change.events],
        "contents": [rows.content_row(event) for event in change.events if event.content is not None],
        "tasks_opened": [rows.task_row(task, closed.pop(task.id, None)) for task in opened.values()],
        "tasks_changed": [rows.task_row(task, closed.pop(task.id, None)) for task in changed.values()],
        "tasks_closed": [rows.closing_row(each) for each in closed.values()],
        "calls": [rows.call_row(call) for call in change.calls],
        "documents": [rows.document_row(document) for document in change.documents],
        "messages": [rows.message_row(message) for message in change.messages],
        "receipts": [rows.receipt_row(receipt) for receipt in change.receipts],
    }
    return {part: part_rows for part, part_rows in parts.items() if part_rows}


# Parts that write fewer rows than they were given: something is not as the command supposed.
_INCOMPLETE: dict[str, Callable[[Change], Exception]] = {
    "tasks_changed": lambda change: UnknownTask(change.tasks_changed[0].id),
    "tasks_closed": lambda change: UnknownTask(change.tasks_closed[0].id),
    "calls": lambda change: ChangeRefused(change.dossier.code, "one of its service calls belongs to another dossier"),
    "receipts": lambda change: ChangeRefused(change.dossier.code, "one of its payments belongs to another dossier"),
}


def _new_head(change: Change) -> ChainHead | None:
    if change.events:
        return ChainHead(change.events[-1].seq, change.events[-1].digest)
    return ChainHead() if change.is_new else None


def _refuse_broken_chain(change: Change) -> None:
    """Within the change each event follows the one before; that the first follows what is stored, the statement checks."""
    if not change.events:
        return
    first = change.events[0]
    head = ChainHead() if change.is_new else ChainHead(first.seq - 1, first.previous)
    for event in change.events:
        if event.seq != head.seq + 1 or event.previous != head.digest:
            raise ChangeRefused(change.dossier.code, f"event {event.seq} does not follow event {head.seq}")
        head = ChainHead(event.seq, event.digest)


def _refusal(change: Change, cause: DBAPIError) -> Exception | None:
    """What a broken rule of the schema means to the command; None for anything else."""
    code, original = change.dossier.code, cause.orig
    if not isinstance(original, psycopg.errors.IntegrityError | psycopg.errors.DataError):
        return None
    constraint = original.diag.constraint_name or ""
    if change.is_new and constraint in {"dossiers_pkey", "events_pkey", "dossier_states_pkey"}:
        return DossierExists(code)
    if constraint == "dossiers_version_id_fkey":
        return UnknownVersion(change.dossier.version_id)
    what = f"it breaks the rule {constraint}" if constraint else (original.diag.message_primary or "it does not fit the tables")
    return ChangeRefused(code, what)
