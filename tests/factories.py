"""Small dossiers and changes for tests: valid as they are, and every field can be said otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.dossier import (
    Applicant,
    Channel,
    DocumentRecord,
    Dossier,
    MessageRecord,
    OpenTask,
    Promise,
    ServiceCallRecord,
    Status,
)
from motcua.engine.event_log import Chain, ChainHead, Event
from motcua.engine.store import Change, PaymentReceipt, Store
from motcua.engine.values import Variables
from motcua.procedures_catalog.version import ProcedureVersion

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 8:00 in Hà Nội
HOUR = timedelta(hours=1)
CODE = "H05.19-260302-0001"
SALT = b"sixteen bytes or more"


def a_version(name: str = "first", **fields: Any) -> ProcedureVersion:
    version = ProcedureVersion(
        code="1.002740",
        version_id=sha256(name.encode()).hexdigest(),
        model=b"<definitions/>",
        shared={"receive": b"<receive/>", "return": bytes(range(256))},
        register=b'{"code": "1.002740"}',
        in_force_from=date(2025, 7, 1),
        in_force_until=None,
        decisions={"fee": b"<definitions>\xff</definitions>"},
    )
    return replace(version, **fields)


def a_dossier(code: str = CODE, **fields: Any) -> Dossier:
    dossier = Dossier(
        code=code,
        procedure_code="1.002740",
        version_id=a_version().version_id,
        authority_code="H05.19",
        tier="province",
        channel=Channel.ONLINE,
        applicant=Applicant(name="Nguyễn Thị Hồng", identifier="024190001234"),
        case=None,
        status=Status.FILED,
        filed_at=MONDAY,
        revision=1,
    )
    return replace(dossier, **fields)


def local(text: str) -> datetime:
    """The instant of a Vietnamese wall clock, such as 2026-03-02T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def a_running_dossier(**fields: Any) -> Dossier:
    """In process at a commune: received on Monday 2 March 2026 at nine, due in five working days, on Monday 9 March."""
    due_on = date(2026, 3, 9)
    due_at = default_calendar().close_of(due_on)
    received_at = local("2026-03-02T09:00")
    dossier = a_dossier(
        "H05.01-260302-0001",
        authority_code="H05.01",
        tier="commune",
        channel=Channel.DIRECT,
        status=Status.IN_PROCESS,
        filed_at=local("2026-03-02T08:50"),
        received_at=received_at,
        limit="5 working days",
        due_on=due_on,
        due_at=due_at,
        expires_at=default_calendar().end_of(due_on),
        promises=(Promise(due_at, received_at, "receipt_slip"),),
    )
    return replace(dossier, **fields)


def a_chain(
    code: str = CODE, *, after: ChainHead | None = None, events: int = 1, content: Variables | None = None
) -> tuple[Event, ...]:
    """So many events that follow `after`, each with the same content."""
    chain = Chain(code, after or ChainHead())
    for _ in range(events):
        salt = None if content is None else SALT
        chain.append("noted", at=MONDAY, actor="desk", facts={"number": chain.head.seq + 1}, content=content, salt=salt)
    return tuple(chain.added)


def an_opening(code: str = CODE, *, dossier: Dossier | None = None, **parts: Any) -> Change:
    """A dossier's first change, with one event."""
    return replace(Change(dossier or a_dossier(code), b"state 1", events=a_chain(code), is_new=True), **parts)


def a_task(task_id: str = "task-1", code: str = CODE, **fields: Any) -> OpenTask:
    task = OpenTask(task_id, code, "appraise", "Thẩm định", "officer", "province", "H05.19", MONDAY)
    return replace(task, **fields)


def a_call(key: str = "call-1", code: str = CODE, **fields: Any) -> ServiceCallRecord:
    return replace(ServiceCallRecord(key, code, "portal.report", {"status": 2}, MONDAY), **fields)


def a_document(document_id: str = "document-1", code: str = CODE, **fields: Any) -> DocumentRecord:
    digest = sha256(document_id.encode()).hexdigest()
    document = DocumentRecord(document_id, code, "receipt_slip", "Phiếu hẹn", "application/pdf", digest, 12_000, MONDAY, "call-1")
    return replace(document, **fields)


def a_message(message_id: str = "message-1", code: str = CODE, **fields: Any) -> MessageRecord:
    return replace(MessageRecord(message_id, code, "paid", {"amount": 20_000}, MONDAY, MONDAY + 24 * HOUR), **fields)


def a_receipt(transaction_no: str = "FT26061", code: str = CODE, **fields: Any) -> PaymentReceipt:
    return replace(PaymentReceipt(transaction_no, "REF-1", code, 20_000, MONDAY, "settled", "fee"), **fields)


def open_dossier(store: Store, change: Change) -> None:
    """Publish the version that the tests use, and open the dossier, in one transaction."""
    with store.transaction() as transaction:
        transaction.publish(a_version())
        transaction.save(change)


def next_change(store: Store, code: str = CODE, **parts: Any) -> None:
    """One command on an open dossier: lock it, and save the parts with one more event."""
    with store.transaction() as transaction:
        stored = transaction.lock(code)
        dossier = replace(parts.pop("dossier", stored.dossier), revision=stored.dossier.revision + 1)
        transaction.save(replace(Change(dossier, stored.state, events=a_chain(code, after=stored.head)), **parts))
