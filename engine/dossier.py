"""What a dossier is: frozen records that the engine computes, the store keeps, and everyone else reads.

filed ──► received ──► in_process ──► processed ──► returned
  │           │           │  ▲
  │           │           ▼  │
  │           │     supplement_requested, payment_requested, withdrawal_requested
  ▼           ▼           ▼
not_accepted  stopped (refused on the merits, withdrawn, not supplemented)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from motcua.engine.recorded_exceptions import RecordedException
from motcua.engine.values import Variables


class Status(StrEnum):
    """The true state of a dossier. The national portal has a code for each (`services/connectors/national_portal`)."""

    FILED = "filed"
    RECEIVED = "received"
    NOT_ACCEPTED = "not_accepted"
    IN_PROCESS = "in_process"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    PAYMENT_REQUESTED = "payment_requested"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    STOPPED = "stopped"
    PROCESSED = "processed"
    RETURNED = "returned"


class Channel(StrEnum):
    """How the application came in."""

    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class Ending(StrEnum):
    """Why a dossier is over."""

    RETURNED = "returned"
    NOT_ACCEPTED = "not_accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNSUPPLEMENTED = "unsupplemented"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person or organisation that applies. Personal content: kept beside the event chain, never in it."""

    name: str
    kind: str = "citizen"  # citizen, business, state_body, organisation
    identifier: str | None = None  # 12 digits, or 9 on older cards; unknown stays None
    phone: str | None = None
    email: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class LegalPause:
    """A stretch during which the authority's clock stands still by law (TIME: legal pause)."""

    started_at: datetime
    ended_at: datetime | None
    cause: str  # supplement, tax_payment, verification, consultation, on_site_check
    activity_id: str
    exception: RecordedException | None = None  # for a supplement asked again


@dataclass(frozen=True, slots=True)
class Promise:
    """A moment that was printed and handed over. Append-only: the receipt slip first, then at most one apology letter."""

    promised_at: datetime
    given_at: datetime
    by: str  # receipt_slip, apology_letter


@dataclass(frozen=True, slots=True)
class Suspension:
    """An operator's technical stop (TIME: operator's suspension). Both clocks run on; nothing in the dossier moves by itself."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application, as it stands after its latest command. All instants are aware, in UTC; all dates are local dates."""

    code: str
    procedure_code: str
    version_id: str
    authority_code: str
    tier: str  # province, commune; until 2025-06-30 also district
    channel: Channel
    applicant: Applicant
    case: str | None
    status: Status
    filed_at: datetime
    received_at: datetime | None = None
    limit: str | None = None  # "15 working days"; None while not received, or when the limit is unknown
    limit_unknown_because: str | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    due_provisional: bool = False
    promises: tuple[Promise, ...] = ()
    pauses: tuple[LegalPause, ...] = ()
    supplement_requests: int = 0
    processed_at: datetime | None = None
    returned_at: datetime | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    closed_at: datetime | None = None  # no token is left
    wake_at: datetime | None = None
    suspension: Suspension | None = None
    request_id: str | None = None  # the sender's key: the same request twice opens one dossier
    revision: int = 0

    @property
    def on_time(self) -> bool | None:
        """Whether it ended by `expires_at` (TIME.md); None while it runs or when the limit is unknown.

        One that a supplement was asked for again, as an exception, counts as late (engine/scorecard.py judges alike).
        """
        if self.ended_at is None or self.expires_at is None:
            return None
        return self.supplement_requests < 2 and self.ended_at <= self.expires_at


@dataclass(frozen=True, slots=True)
class Draft:
    """A half-filled form, as it was typed: text where the form wants a date. Personal content, gone with the open task.

    revision: grows by one with each saving, from 1.
    """

    entries: Variables
    revision: int
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person. Every list is filtered by authority, tier, role and assignee."""

    id: str
    dossier_code: str
    activity_id: str
    name: str
    role: str
    tier: str
    authority_code: str
    opened_at: datetime
    norm_hours: float | None = None
    norm_due_at: datetime | None = None
    assignee: str | None = None
    delegated_by: str | None = None
    form: tuple[dict[str, Any], ...] = ()
    draft: Draft | None = None


class CallState(StrEnum):
    """Where a service call stands. Only `queued` and `running` ones are a worker's business."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"  # accepted by the outside system; its call-back is awaited
    DONE = "done"
    FAILED = "failed"  # a business failure: became a BPMN error
    INCIDENT = "incident"  # technical failures used up the attempts; an operator decides
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ServiceCallRecord:
    """One call of an outside system. This row, not the queue, decides who may act and what happened."""

    key: str  # idempotency key, stable over all attempts
    dossier_code: str
    operation: str
    inputs: Variables
    asked_at: datetime
    task_id: str | None = None  # the waiting token; None for an effect that no token waits for
    activity_id: str | None = None
    lane: str | None = None  # calls of one dossier in one lane run one after another, by `order`
    order: int = 0
    state: CallState = CallState.QUEUED
    attempts: int = 0
    max_attempts: int = 8
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    fence: int = 0  # grows with every lease; an outcome with an older fence is refused
    reference: str | None = None  # what the outside system calls it; a call-back names it
    outputs: Variables = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A paper or a result of a dossier. The bytes lie in content-addressed storage under `sha256`."""

    id: str
    dossier_code: str
    kind: str  # receipt_slip, supplement_request, refusal, apology, result
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    created_at: datetime
    made_by: str  # the service call's key, or the actor
    order: int = 0  # the event that added it: among papers of one instant, the later one counts


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message that came in from outside: delivered to one waiting activity, or kept until one waits or its time is over."""

    id: str  # the sender's id; the same id twice is one message
    dossier_code: str
    name: str
    payload: Variables
    received_at: datetime
    keep_until: datetime
    delivered_at: datetime | None = None
    expired_at: datetime | None = None
