"""Records of engine/dossier.py and engine/store.py to rows and back.

Rows travel to PostgreSQL as one JSON array per table, which the statement unpacks with `jsonb_populate_recordset`: one statement
text and one parameter, however many rows there are. Variables go through the codec, so that decimals, dates and hostile keys
survive. They come back as columns (lists) or as JSON (a dossier under lock): `_instant`, `_moment` and `_day` take both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol, cast

from motcua.engine.codec import decode, encode
from motcua.engine.dossier import (
    Applicant,
    CallState,
    Channel,
    DocumentRecord,
    Dossier,
    Draft,
    Ending,
    LegalPause,
    MessageRecord,
    OpenTask,
    Promise,
    ServiceCallRecord,
    Status,
    Suspension,
)
from motcua.engine.event_log import ChainHead, Event
from motcua.engine.recorded_exceptions import RecordedException
from motcua.engine.store import PaymentReceipt, TaskClosed
from motcua.engine.values import Variables
from motcua.procedures_catalog.version import ProcedureVersion, split_parts


class Row(Protocol):
    """A row of an answer, or an object out of JSON: columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...


def _plain(value: Any) -> Any:
    """A field as JSON that PostgreSQL reads into its column. Texts are checked by the codec, like those within variables."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return encode(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return encode(cast(Any, dict(value) if isinstance(value, Mapping) else list(value)))


def _row(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(record, name)) for name in names}


_APPLICANT = ("name", "kind", "identifier", "phone", "email", "address")
_PROMISE = ("promised_at", "given_at", "by")
_SUSPENSION = ("since", "by", "reason")
_PAUSE = ("started_at", "ended_at", "cause", "activity_id")
_EXCEPTION = ("author", "reason", "basis")
_DOSSIER = (
    *("code", "procedure_code", "version_id", "authority_code", "tier", "channel", "case", "status", "filed_at", "received_at"),
    *("limit", "limit_unknown_because", "due_on", "due_at", "expires_at", "due_provisional", "supplement_requests"),
    *("processed_at", "returned_at", "ended_at", "ending", "closed_at", "wake_at", "request_id", "revision"),
)
_EVENT = ("dossier_code", "seq", "kind", "at", "actor", "facts", "previous", "digest", "content_digest")
_CONTENT = ("dossier_code", "seq", "content", "salt")
_TASK = (
    *("id", "dossier_code", "activity_id", "name", "role", "tier", "authority_code", "opened_at", "norm_hours", "norm_due_at"),
    *("assignee", "delegated_by", "form"),
)
_DRAFT = ("entries", "revision", "saved_by", "saved_at")
_CALL = (
    *("key", "dossier_code", "operation", "inputs", "asked_at", "task_id", "activity_id", "lane", "order", "state", "attempts"),
    *("max_attempts", "next_attempt_at", "lease_until", "fence", "reference", "outputs", "error"),
)
_DOCUMENT = ("id", "dossier_code", "kind", "name", "media_type", "sha256", "size_bytes", "created_at", "made_by", "order")
_MESSAGE = ("id", "dossier_code", "name", "payload", "received_at", "keep_until", "delivered_at", "expired_at")
_RECEIPT = ("transaction_no", "reference", "dossier_code", "amount_vnd", "received_at", "state", "reason")


def dossier_row(dossier: Dossier, head: ChainHead | None) -> dict[str, Any]:
    """`head` is the chain's new end, or None when the command added no event."""
    return {
        **_row(dossier, _DOSSIER),
        "applicant": _row(dossier.applicant, _APPLICANT),
        "promises": [_row(promise, _PROMISE) for promise in dossier.promises],
        "pauses": [
            {**_row(pause, _PAUSE), "exception": None if pause.exception is None else _row(pause.exception, _EXCEPTION)}
            for pause in dossier.pauses
        ],
        "suspension": None if dossier.suspension is None else _row(dossier.suspension, _SUSPENSION),
        "chain_seq": None if head is None else head.seq,
        "chain_digest": None if head is None else _plain(head.digest),
    }


def event_row(event: Event) -> dict[str, Any]:
    return _row(event, _EVENT)


def content_row(event: Event) -> dict[str, Any]:
    return _row(event, _CONTENT)


def task_row(task: OpenTask, closed: TaskClosed | None) -> dict[str, Any]:
    """With its draft, unless it is closed: a draft goes with the open task."""
    draft = None if task.draft is None or closed is not None else _row(task.draft, _DRAFT)
    return {**_row(task, _TASK), "draft": draft, **closing_row(closed)}


def closing_row(closed: TaskClosed | None) -> dict[str, Any]:
    if closed is None:
        return {"closed_at": None, "closed_how": None, "closed_by": None}
    return {
        "id": _plain(closed.id),
        "closed_at": _plain(closed.closed_at),
        "closed_how": _plain(closed.how),
        "closed_by": _plain(closed.by),
    }


def call_row(call: ServiceCallRecord) -> dict[str, Any]:
    return _row(call, _CALL)


def document_row(document: DocumentRecord) -> dict[str, Any]:
    return _row(document, _DOCUMENT)


def message_row(message: MessageRecord) -> dict[str, Any]:
    return _row(message, _MESSAGE)


def receipt_row(receipt: PaymentReceipt) -> dict[str, Any]:
    return _row(receipt, _RECEIPT)


def _instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _variables(plain: Any) -> Variables:
    return cast(Variables, decode(plain))


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _suspension(plain: Mapping[str, Any] | None) -> Suspension | None:
    return None if plain is None else Suspension(since=_moment(plain["since"]), by=plain["by"], reason=plain["reason"])


def dossier_of(row: Row) -> Dossier:
    return Dossier(
        code=row["code"],
        procedure_code=row["procedure_code"],
        version_id=row["version_id"],
        authority_code=row["authority_code"],
        tier=row["tier"],
        channel=Channel(row["channel"]),
        applicant=Applicant(**row["applicant"]),
        case=row["case"],
        status=Status(row["status"]),
        filed_at=_moment(row["filed_at"]),
        received_at=_instant(row["received_at"]),
        limit=row["limit"],
        limit_unknown_because=row["limit_unknown_because"],
        due_on=_day(row["due_on"]),
        due_at=_instant(row["due_at"]),
        expires_at=_instant(row["expires_at"]),
        due_provisional=row["due_provisional"],
        promises=tuple(
            Promise(promised_at=_moment(each["promised_at"]), given_at=_moment(each["given_at"]), by=each["by"])
            for each in row["promises"]
        ),
        pauses=tuple(
            LegalPause(
                started_at=_moment(each["started_at"]),
                ended_at=_instant(each["ended_at"]),
                cause=each["cause"],
                activity_id=each["activity_id"],
                exception=RecordedException(**each["exception"]) if each.get("exception") else None,  # older rows have no such key
            )
            for each in row["pauses"]
        ),
        supplement_requests=row["supplement_requests"],
        processed_at=_instant(row["processed_at"]),
        returned_at=_instant(row["returned_at"]),
        ended_at=_instant(row["ended_at"]),
        ending=None if row["ending"] is None else Ending(row["ending"]),
        closed_at=_instant(row["closed_at"]),
        wake_at=_instant(row["wake_at"]),
        suspension=_suspension(row["suspension"]),
        request_id=row["request_id"],
        revision=row["revision"],
    )


def head_of(row: Row) -> ChainHead:
    """From a dossier's row in JSON."""
    return ChainHead(row["chain_seq"], bytes.fromhex(row["chain_digest"].removeprefix("\\x")))


def event_of(row: Row) -> Event:
    return Event(
        dossier_code=row["dossier_code"],
        seq=row["seq"],
        kind=row["kind"],
        at=row["at"],
        actor=row["actor"],
        facts=_variables(row["facts"]),
        previous=bytes(row["previous"]),
        digest=bytes(row["digest"]),
        content=None if row["content"] is None else _variables(row["content"]),
        salt=_bytes(row["salt"]),
        content_digest=_bytes(row["content_digest"]),
    )


def _draft(plain: Mapping[str, Any] | None) -> Draft | None:
    if plain is None:
        return None
    return Draft(_variables(plain["entries"]), plain["revision"], plain["saved_by"], datetime.fromisoformat(plain["saved_at"]))


def task_of(row: Row) -> OpenTask:
    return OpenTask(
        **{name: row[name] for name in _TASK if name != "form"},
        form=tuple(cast(Any, decode(each)) for each in row["form"]),
        draft=_draft(row["draft"]),
    )


def call_of(row: Row) -> ServiceCallRecord:
    return ServiceCallRecord(
        key=row["key"],
        dossier_code=row["dossier_code"],
        operation=row["operation"],
        inputs=_variables(row["inputs"]),
        asked_at=_moment(row["asked_at"]),
        task_id=row["task_id"],
        activity_id=row["activity_id"],
        lane=row["lane"],
        order=row["order"],
        state=CallState(row["state"]),
        attempts=row["attempts"],
        max_attempts=row["max_attempts"],
        next_attempt_at=_instant(row["next_attempt_at"]),
        lease_until=_instant(row["lease_until"]),
        fence=row["fence"],
        reference=row["reference"],
        outputs=_variables(row["outputs"]),
        error=row["error"],
    )


def document_of(row: Row) -> DocumentRecord:
    return DocumentRecord(**{name: row[name] for name in _DOCUMENT})


def message_of(row: Row) -> MessageRecord:
    return MessageRecord(
        id=row["id"],
        dossier_code=row["dossier_code"],
        name=row["name"],
        payload=_variables(row["payload"]),
        received_at=_moment(row["received_at"]),
        keep_until=_moment(row["keep_until"]),
        delivered_at=_instant(row["delivered_at"]),
        expired_at=_instant(row["expired_at"]),
    )


def receipt_of(row: Row) -> PaymentReceipt:
    return PaymentReceipt(**{name: row[name] for name in _RECEIPT})


def version_of(row: Row) -> ProcedureVersion:
    shared, decisions = split_parts({name: bytes.fromhex(content) for name, content in (row["shared"] or {}).items()})
    return ProcedureVersion(
        code=row["procedure_code"],
        version_id=row["version_id"],
        model=bytes(row["model"]),
        shared=shared,
        register=bytes(row["register"]),
        in_force_from=row["in_force_from"],
        in_force_until=row["in_force_until"],
        decisions=decisions,
    )
