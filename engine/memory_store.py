"""A store in memory that behaves like the one in PostgreSQL: for simulation, for tests, and to read what the port means.

Transactions run one at a time. Each works on copies of the dossiers that it touches, and its commit puts the copies in place of
the originals, so that readers only ever see what was committed. `tests/contracts/store_contract.py` holds both stores to the
same behaviour.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from motcua.engine.clock import Clock
from motcua.engine.dossier import CallState, DocumentRecord, Dossier, MessageRecord, OpenTask, ServiceCallRecord
from motcua.engine.event_log import Event, erase_content
from motcua.engine.memory_files import DossierFile, Owners, append_events, is_ready, kept, write_tasks
from motcua.engine.settling import FINISHED_CALLS
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


class MemoryStore:
    """`Store` of engine/store.py. `wall` tells the real time, on which leases run."""

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self._one_at_a_time = threading.Lock()
        self._writer: int | None = None
        self._files: dict[str, DossierFile] = {}
        self._versions: dict[str, ProcedureVersion] = {}
        self._numbers: dict[tuple[str, date], int] = {}
        self._owners = Owners()
        self._workable: set[str] = set()  # keys of queued and running calls
        self._wakes: list[tuple[datetime, str]] = []  # a heap; entries that no longer hold are dropped when met

    @contextmanager
    def transaction(self) -> Iterator[_MemoryTransaction]:
        with self._alone():
            transaction = _MemoryTransaction(self)
            yield transaction
            if transaction.failed:
                raise SwallowedFailure
            self._commit(transaction)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._writer == threading.get_ident():
            raise RuntimeError("A transaction of a MemoryStore cannot be opened inside another one.")
        with self._one_at_a_time:
            self._writer = threading.get_ident()
            try:
                yield
            finally:
                self._writer = None

    def _commit(self, transaction: _MemoryTransaction) -> None:
        self._versions.update(transaction.versions)
        self._numbers.update(transaction.numbers)
        self._owners.request.update(transaction.requests)
        for code, file in transaction.files.items():
            self._files[code] = file
            self._owners.task.update(dict.fromkeys((*file.tasks, *file.closed), code))
            self._owners.call.update(dict.fromkeys(file.calls, code))
            self._owners.document.update(dict.fromkeys(file.documents, code))
            self._owners.receipt.update(dict.fromkeys(file.receipts, code))
            for call in file.calls.values():
                if call.reference is not None:
                    self._owners.reference[call.reference] = call.key
                if call.state in (CallState.QUEUED, CallState.RUNNING):
                    self._workable.add(call.key)
                else:
                    self._workable.discard(call.key)
            if file.dossier.wake_at is not None:
                heapq.heappush(self._wakes, (file.dossier.wake_at, code))

    def version(self, version_id: str) -> ProcedureVersion:
        if version_id not in self._versions:
            raise UnknownVersion(version_id)
        return self._versions[version_id]

    def version_in_force(self, procedure_code: str, on: date) -> ProcedureVersion | None:
        latest = None
        for version in self._versions.values():
            if version.code == procedure_code and version.in_force(on):
                latest = version
        return latest

    def dossier(self, code: str) -> Dossier:
        return self._file(code).dossier

    def dossiers(self, wanted: DossierFilter) -> Sequence[Dossier]:
        found = [
            file.dossier
            for file in list(self._files.values())
            if wanted.authority_code in (None, file.dossier.authority_code)
            and wanted.procedure_code in (None, file.dossier.procedure_code)
            and wanted.status in (None, file.dossier.status)
            and wanted.version_id in (None, file.dossier.version_id)
        ]
        return sorted(found, key=lambda dossier: (dossier.filed_at, dossier.code), reverse=True)[: wanted.limit]

    def running_dossiers(self, after: str = "", limit: int = 500) -> Sequence[Dossier]:
        dossiers = (file.dossier for file in list(self._files.values()))
        running = [each for each in dossiers if each.code > after and each.received_at is not None and each.ended_at is None]
        return sorted(running, key=lambda dossier: dossier.code)[:limit]

    def dossiers_of_period(self, authority_code: str, start: datetime, end: datetime) -> Iterator[Dossier]:
        received = [
            (dossier.received_at, dossier.code, dossier)
            for dossier in [file.dossier for file in list(self._files.values())]
            if dossier.authority_code == authority_code
            and dossier.received_at is not None
            and dossier.received_at < end
            and (dossier.ended_at is None or dossier.ended_at >= start)
        ]
        return (dossier for _, _, dossier in sorted(received, key=lambda each: each[:2]))

    def count_by_status(self) -> Mapping[str, int]:
        return Counter(file.dossier.status.value for file in self._files.values())

    def state(self, code: str) -> bytes:
        return self._file(code).state

    def events(self, code: str) -> Sequence[Event]:
        return self._file(code).events

    def open_tasks(self, wanted: TaskFilter) -> Sequence[OpenTask]:
        if wanted.dossier_code is not None:
            file = self._files.get(wanted.dossier_code)
            files = [] if file is None else [file]
        else:
            files = list(self._files.values())
        found = [
            task
            for file in files
            for task in file.tasks.values()
            if wanted.authority_code in (None, task.authority_code)
            and wanted.tier in (None, task.tier)
            and wanted.role in (None, task.role)
            and wanted.assignee in (None, task.assignee)
        ]
        return sorted(found, key=lambda task: (task.opened_at, task.id))[: wanted.limit]

    def task(self, task_id: str) -> OpenTask:
        owner = self._owners.task.get(task_id)
        if owner is None or task_id not in self._files[owner].tasks:
            raise UnknownTask(task_id)
        return self._files[owner].tasks[task_id]

    def calls(self, code: str) -> Sequence[ServiceCallRecord]:
        return sorted(self._file(code).calls.values(), key=lambda call: (call.asked_at, call.order, call.key))

    def call_by_reference(self, reference: str) -> ServiceCallRecord | None:
        key = self._owners.reference.get(reference)
        call = None if key is None else self._call(key)
        return call if call is not None and call.reference == reference else None

    def incidents(self, limit: int = 200) -> Sequence[ServiceCallRecord]:
        found = [call for file in list(self._files.values()) for call in file.calls.values() if call.state is CallState.INCIDENT]
        return sorted(found, key=lambda call: (call.asked_at, call.key))[:limit]

    def documents(self, code: str) -> Sequence[DocumentRecord]:
        return sorted(self._file(code).documents.values(), key=lambda document: (document.order, document.id))

    def messages(self, code: str) -> Sequence[MessageRecord]:
        return sorted(self._file(code).messages.values(), key=lambda message: (message.received_at, message.id))

    def receipts(self, code: str) -> Sequence[PaymentReceipt]:
        return sorted(self._file(code).receipts.values(), key=lambda receipt: (receipt.received_at, receipt.transaction_no))

    def due_dossiers(self, now: datetime, limit: int = 100) -> Sequence[str]:
        with self._alone():
            due: dict[str, datetime] = {}
            while self._wakes and self._wakes[0][0] <= now:
                wake_at, code = heapq.heappop(self._wakes)
                if self._files[code].dossier.wake_at == wake_at:
                    due[code] = wake_at
            for code, wake_at in due.items():
                heapq.heappush(self._wakes, (wake_at, code))
        return list(due)[:limit]

    def next_wake(self, after: datetime) -> datetime | None:
        with self._alone():
            wakes = [file.dossier.wake_at for file in self._files.values()]
            wakes += [call.next_attempt_at for key in self._workable if (call := self._call(key)).state is CallState.QUEUED]
        return min((moment for moment in wakes if moment is not None and moment > after), default=None)

    def calls_running(self) -> int:
        with self._alone():
            return sum(1 for key in self._workable if self._call(key).state is CallState.RUNNING)

    def ready_calls(self, now: datetime, limit: int = 100) -> Sequence[str]:
        wall_now = self._wall.now()
        ready = [
            call for key in list(self._workable) if is_ready(call := self._call(key), now, wall_now) and self._may_be_made(call)
        ]
        ready.sort(key=lambda call: (call.next_attempt_at or call.asked_at, call.order, call.key))
        return [call.key for call in ready[:limit]]

    def lease_call(self, key: str, now: datetime, lease: timedelta) -> LeasedCall | None:
        with self._alone():
            code = self._owners.call.get(key)
            if code is None:
                return None
            file, call, wall_now = self._files[code], self._call(key), self._wall.now()
            if not is_ready(call, now, wall_now) or not self._may_be_made(call):
                return None
            leased = replace(
                call,
                state=CallState.RUNNING,
                attempts=call.attempts + 1,
                fence=call.fence + 1,
                lease_until=wall_now + lease,
            )
            self._files[code] = replace(file, calls={**file.calls, key: leased})
            return LeasedCall(leased, file.dossier, tuple(self.documents(code)))

    def _file(self, code: str) -> DossierFile:
        if code not in self._files:
            raise UnknownDossier(code)
        return self._files[code]

    def _call(self, key: str) -> ServiceCallRecord:
        return self._files[self._owners.call[key]].calls[key]

    def _may_be_made(self, call: ServiceCallRecord) -> bool:
        return self._files[call.dossier_code].dossier.suspension is None and self._heads_its_lane(call)

    def _heads_its_lane(self, call: ServiceCallRecord) -> bool:
        if call.lane is None:
            return True
        return not any(
            other.lane == call.lane and other.state not in FINISHED_CALLS and (other.order, other.key) < (call.order, call.key)
            for other in self._files[call.dossier_code].calls.values()
        )


class _MemoryTransaction:
    """`Transaction` of engine/store.py: gathers copies, which the store puts in place at the commit."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.files: dict[str, DossierFile] = {}
        self.versions: dict[str, ProcedureVersion] = {}
        self.numbers: dict[tuple[str, date], int] = {}
        self.requests: dict[str, str] = {}
        self.failed = False

    def publish(self, version: ProcedureVersion) -> None:
        if version.version_id not in self._store._versions:
            self.versions.setdefault(version.version_id, version)

    def next_number(self, authority_code: str, on: date) -> int:
        counter = (authority_code, on)
        number = self.numbers.get(counter, self._store._numbers.get(counter, 0)) + 1
        self.numbers[counter] = number
        return number

    def lock(self, code: str) -> StoredDossier:
        file = self._copy(code)
        calls = sorted(file.calls.values(), key=lambda call: (call.asked_at, call.order, call.key))
        messages = sorted(file.messages.values(), key=lambda message: (message.received_at, message.id))
        return StoredDossier(
            dossier=file.dossier,
            state=file.state,
            head=file.head,
            calls=tuple(call for call in calls if call.state not in FINISHED_CALLS),
            messages=tuple(message for message in messages if message.delivered_at is None and message.expired_at is None),
        )

    def save(self, change: Change) -> None:
        self.failed = True
        before = self._before(change)
        after = replace(before, dossier=change.dossier, state=change.state)
        append_events(after, change)
        write_tasks(after, change, self._store._owners)
        self._write_calls(after, change)
        owners = self._store._owners
        code = change.dossier.code
        for document in change.documents:
            if document.id in owners.document or document.id in after.documents:
                raise ChangeRefused(code, f'document "{document.id}" exists already')
            after.documents = {**after.documents, document.id: kept(document)}
        for message in change.messages:
            after.messages = {**after.messages, message.id: kept(message)}
        for receipt in change.receipts:
            if owners.receipt.get(receipt.transaction_no, code) != code:
                raise ChangeRefused(code, f'payment "{receipt.transaction_no}" belongs to another dossier')
            after.receipts = {**after.receipts, receipt.transaction_no: kept(receipt)}
        self.files[code] = after
        self.failed = False

    def message(self, dossier_code: str, message_id: str) -> MessageRecord | None:
        file = self.files.get(dossier_code) or self._store._files.get(dossier_code)
        return None if file is None else file.messages.get(message_id)

    def dossier_by_request(self, request_id: str) -> Dossier | None:
        code = self._store._owners.request.get(request_id) or self.requests.get(request_id)
        return None if code is None else self._copy(code).dossier

    def receipt(self, transaction_no: str) -> PaymentReceipt | None:
        booked = self._store._owners.receipt.get(transaction_no)
        codes = self.files if booked is None else (booked,)
        return next((each for code in codes if (each := self._copy(code).receipts.get(transaction_no)) is not None), None)

    def erase_content(self, code: str, seq: int) -> None:
        file = self._copy(code)
        file.events = tuple(erase_content(event) if event.seq == seq else event for event in file.events)
        self.files[code] = file

    def _copy(self, code: str) -> DossierFile:
        return replace(self.files[code] if code in self.files else self._store._file(code))

    def _before(self, change: Change) -> DossierFile:
        dossier = change.dossier
        known = dossier.code in self.files or dossier.code in self._store._files
        if change.is_new:
            if known:
                raise DossierExists(dossier.code)
            if dossier.version_id not in self.versions and dossier.version_id not in self._store._versions:
                raise UnknownVersion(dossier.version_id)
            if dossier.request_id is not None:
                if self.dossier_by_request(dossier.request_id) is not None:
                    raise ChangeRefused(dossier.code, f'the request "{dossier.request_id}" has opened a dossier before')
                self.requests[dossier.request_id] = dossier.code
            return DossierFile(kept(dossier), change.state)
        before = self._copy(dossier.code)
        if before.dossier.revision + 1 != dossier.revision:
            raise StaleDossier(dossier.code, dossier.revision)
        if dossier.promises[: len(before.dossier.promises)] != before.dossier.promises:
            raise ChangeRefused(dossier.code, "a promise that was handed over cannot be altered")
        kept(dossier)
        return before

    def _write_calls(self, after: DossierFile, change: Change) -> None:
        owners, code = self._store._owners, change.dossier.code
        for call in change.calls:
            if owners.call.get(call.key, code) != code:
                raise ChangeRefused(code, f'service call "{call.key}" belongs to another dossier')
            if call.reference is not None and owners.reference.get(call.reference, call.key) != call.key:
                raise ChangeRefused(code, f'the reference "{call.reference}" names another service call')
            after.calls = {**after.calls, call.key: kept(call)}
