"""The port to storage: one transaction per command, and the lists that others read.

A command locks the dossier, decides, and hands over one `Change`; the store writes all of it or nothing. Which statement
goes where is the store's affair; `services/storage` keeps to a fixed number of them per command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from motcua.engine.dossier import DocumentRecord, Dossier, MessageRecord, OpenTask, ServiceCallRecord
from motcua.engine.event_log import ChainHead, Event
from motcua.errors import Conflict, NotFound
from motcua.procedures_catalog.version import ProcedureVersion


class UnknownDossier(NotFound):
    def __init__(self, code: str) -> None:
        super().__init__(f'There is no dossier "{code}". Check the code on the receipt slip.', code=code)


class UnknownTask(NotFound):
    def __init__(self, task_id: str) -> None:
        super().__init__(
            f'There is no open task "{task_id}". It may have been completed or cancelled; reload the work list.', task_id=task_id
        )


class UnknownVersion(NotFound):
    def __init__(self, version_id: str) -> None:
        super().__init__(
            f'No procedure version "{version_id}" has been published here. Publish it before opening a dossier.',
            version_id=version_id,
        )


class DossierExists(Conflict):
    def __init__(self, code: str) -> None:
        super().__init__(f'A dossier "{code}" exists already; numbers are never used twice.', code=code)


class StaleDossier(Conflict):
    """The dossier was changed since it was read: the revision to save is not the one that is stored plus one."""

    def __init__(self, code: str, revision: int) -> None:
        super().__init__(
            f'Dossier "{code}" was changed by someone else since it was read (revision {revision} does not follow). Read it again.',
            code=code,
            revision=revision,
        )


class ChangeRefused(Conflict):
    """What a command would write breaks a rule that the store guards, whoever asks: ids are used once, history only grows."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f'The change of dossier "{code}" was not written: {why}.', code=code, why=why)


class SwallowedFailure(RuntimeError):
    """A change failed, and its caller went on to commit as if it had not: a fault of the program. Nothing was committed."""


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """A task that left the work list, and its draft is erased. how: completed, cancelled."""

    id: str
    closed_at: datetime
    how: str
    by: str


@dataclass(frozen=True, slots=True)
class PaymentReceipt:
    """Money that came in: one bank transaction. state: settled, refund_due, refunded."""

    transaction_no: str
    reference: str
    dossier_code: str
    amount_vnd: int
    received_at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoredDossier:
    """What a command starts from. `calls` are those not yet done, failed or cancelled; `messages` those not yet delivered."""

    dossier: Dossier
    state: bytes
    head: ChainHead
    calls: tuple[ServiceCallRecord, ...]
    messages: tuple[MessageRecord, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one command writes. `calls` and `messages` and `receipts` are inserted or, by key, replaced."""

    dossier: Dossier
    state: bytes
    events: tuple[Event, ...] = ()
    tasks_opened: tuple[OpenTask, ...] = ()
    tasks_closed: tuple[TaskClosed, ...] = ()
    tasks_changed: tuple[OpenTask, ...] = ()
    calls: tuple[ServiceCallRecord, ...] = ()
    documents: tuple[DocumentRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    receipts: tuple[PaymentReceipt, ...] = ()
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which open tasks to list; None means any."""

    authority_code: str | None = None
    tier: str | None = None
    role: str | None = None
    assignee: str | None = None
    dossier_code: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class DossierFilter:
    """Which dossiers to list, newest first; None means any."""

    authority_code: str | None = None
    procedure_code: str | None = None
    status: str | None = None
    limit: int = 200
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class LeasedCall:
    """A service call that this worker alone may make until the lease ends; `call.fence` must come back with the outcome."""

    call: ServiceCallRecord
    dossier: Dossier
    documents: tuple[DocumentRecord, ...]


class Transaction(Protocol):
    """One unit of work. Leaving it normally commits; an exception rolls everything back."""

    def publish(self, version: ProcedureVersion) -> None:
        """Store a version whole; publishing the same version twice changes nothing."""
        ...

    def next_number(self, authority_code: str, on: date) -> int:
        """The next dossier number of that authority and day, from 1; never given twice, even by concurrent transactions."""
        ...

    def lock(self, code: str) -> StoredDossier:
        """Read a dossier for change; other commands on it wait. Raises UnknownDossier."""
        ...

    def message(self, dossier_code: str, message_id: str) -> MessageRecord | None:
        """A message that came in before, delivered or not."""
        ...

    def dossier_by_request(self, request_id: str) -> Dossier | None:
        """The dossier that this request opened before."""
        ...

    def receipt(self, transaction_no: str) -> PaymentReceipt | None:
        """Money that was booked before."""
        ...

    def save(self, change: Change) -> None:
        """Write all of it. Calls that become `queued` are also put on the queue in this transaction.

        Raises DossierExists, StaleDossier, ChangeRefused (an id used twice, an event that does not follow, a promise rewritten),
        and UnknownTask for a task to change or close that is not open.
        """
        ...

    def erase_content(self, code: str, seq: int) -> None:
        """Erase the personal content and salt of one event; its digests stay, so the chain still verifies. Twice is once."""
        ...


class Store(Protocol):
    """Where dossiers live."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def version(self, version_id: str) -> ProcedureVersion:
        """Raises UnknownVersion."""
        ...

    def version_in_force(self, procedure_code: str, on: date) -> ProcedureVersion | None:
        """The published version of the procedure in force on that date; the latest published where several are."""
        ...

    def dossier(self, code: str) -> Dossier:
        """Raises UnknownDossier."""
        ...

    def dossiers(self, wanted: DossierFilter) -> Sequence[Dossier]: ...

    def running_dossiers(self, after: str = "", limit: int = 500) -> Sequence[Dossier]:
        """The dossiers whose limit runs, received and not ended, in the order of their codes: those that come after a code."""
        ...

    def dossiers_of_period(self, authority_code: str, start: datetime, end: datetime) -> Iterator[Dossier]:
        """An authority's dossiers that were received before `end` and had not ended before `start`, in the order of receipt.

        However many there are, they come a few at a time, and all as they stood at one moment. For books and periodic reports.
        """
        ...

    def count_by_status(self) -> Mapping[str, int]:
        """How many dossiers there are in each status; statuses without any are left out."""
        ...

    def state(self, code: str) -> bytes:
        """The saved process state, for looking only. Raises UnknownDossier."""
        ...

    def events(self, code: str) -> Sequence[Event]: ...

    def open_tasks(self, wanted: TaskFilter) -> Sequence[OpenTask]: ...

    def task(self, task_id: str) -> OpenTask:
        """An open task. Raises UnknownTask."""
        ...

    def calls(self, code: str) -> Sequence[ServiceCallRecord]: ...

    def call_by_reference(self, reference: str) -> ServiceCallRecord | None:
        """The service call that an outside system names in a call-back."""
        ...

    def incidents(self, limit: int = 200) -> Sequence[ServiceCallRecord]: ...

    def documents(self, code: str) -> Sequence[DocumentRecord]: ...

    def messages(self, code: str) -> Sequence[MessageRecord]: ...

    def receipts(self, code: str) -> Sequence[PaymentReceipt]: ...

    def due_dossiers(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Codes of dossiers whose `wake_at` has come, earliest first."""
        ...

    def next_wake(self, after: datetime) -> datetime | None:
        """The earliest instant later than `after` at which a dossier wakes or a call is to be tried again."""
        ...

    def calls_running(self) -> int:
        """How many calls are being made at this moment."""
        ...

    def ready_calls(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Keys of calls that a worker may lease at `now`: queued and due, or running with a lease that ran out.

        Those of a suspended dossier wait until it is resumed.
        """
        ...

    def lease_call(self, key: str, now: datetime, lease: timedelta) -> LeasedCall | None:
        """Take a call for one attempt, or None when it is not to be made now.

        `now` decides whether the next attempt is due (it may be a simulated time); the lease itself runs on real time. A call
        whose lane has an earlier unfinished call of the same dossier, or whose dossier is suspended, is not given. Adds one to
        `attempts` and `fence`.
        """
        ...
