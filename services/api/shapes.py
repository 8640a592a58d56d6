"""What goes over the wire, kept apart from the engine's own records so that either can change without the other.

Instants are RFC 3339 in UTC, dates are local dates, hours are working hours. Values of variables, which may be of several
types, travel as `engine/codec.py` writes them: {"$decimal": "1.50"}, {"$date": "2026-02-13"}, {"$instant": "…"}; nothing is
rounded on the way. What a client sends is closed: a field that is not described here is refused by name.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StrictBool, StrictInt, StrictStr

from motcua.engine.codec import encode
from motcua.engine.dossier import CallState, Channel, Ending, Status

Encoded = Annotated[Any, PlainSerializer(encode, return_type=Any)]


class Taken(BaseModel):
    """What a client sends: strict, and without room for anything else."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Given(BaseModel):
    """What the server answers, read off a record."""

    model_config = ConfigDict(from_attributes=True)


# A decimal is sent as a text, such as "12.5", because a JSON number would pass through a binary float on many a client.
Entry = StrictStr | StrictBool | StrictInt | None
Entries = dict[Annotated[str, Field(max_length=100)], Entry]


class ApplicantTaken(Taken):
    name: Annotated[str, Field(min_length=1, max_length=300)]
    kind: Annotated[str, Field(max_length=40, examples=["citizen", "business", "state_body", "organisation"])] = "citizen"
    identifier: Annotated[str | None, Field(max_length=40, description="12 digits, or 9 on older cards. Unknown: leave out.")] = (
        None
    )
    phone: Annotated[str | None, Field(max_length=40)] = None
    email: Annotated[str | None, Field(max_length=254)] = None
    address: Annotated[str | None, Field(max_length=1_000)] = None


class ApplicationTaken(Taken):
    procedure_code: Annotated[str, Field(max_length=40, examples=["1.001193"])]
    authority_code: Annotated[str, Field(max_length=40, examples=["H05.20.01"])]
    tier: Annotated[str | None, Field(max_length=20, description="By default the authority's own.")] = None
    channel: Channel = Channel.DIRECT
    case: Annotated[str | None, Field(max_length=200, description="Only where the procedure's limit differs by case.")] = None
    applicant: ApplicantTaken
    entries: Annotated[Entries, Field(description="The fields of the model's start form; decimals as text.", max_length=300)] = {}


class EntriesTaken(Taken):
    entries: Annotated[Entries, Field(description="The fields of the task's form; decimals as text.", max_length=300)] = {}


class DraftTaken(Taken):
    entries: Annotated[Entries, Field(description="What is in the form's fields now, as it was typed.", max_length=300)] = {}
    revision: Annotated[int, Field(ge=0, description="The revision of the draft that you began from; 0 where there was none.")] = 0


class DelegationTaken(Taken):
    to: Annotated[str, Field(min_length=1, max_length=100, description="Who is to do it, named as in X-Actor.")]


class MessageTaken(Taken):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["supplement_received"])]
    payload: Annotated[Entries, Field(description="The fields that the model declares; decimals as text.", max_length=300)] = {}


class RetryTaken(Taken):
    key: Annotated[str, Field(min_length=1, max_length=300)]
    dossier_code: Annotated[str, Field(min_length=1, max_length=80)]
    reason: Annotated[str, Field(min_length=1, max_length=1_000, description="Why trying again will help; kept in the history.")]
    legal_basis: Annotated[str | None, Field(max_length=1_000, description="The provision that allows it.")] = None


class TrackingCheckTaken(Taken):
    last_digits: Annotated[
        str, Field(pattern=r"^[0-9]{4}$", description="The last four digits of the applicant's phone number or personal number.")
    ]


class ApplicantGiven(Given):
    name: str
    kind: str
    identifier: str | None
    phone: str | None
    email: str | None
    address: str | None


class PromiseGiven(Given):
    promised_at: datetime
    given_at: datetime
    by: str


class ExceptionGiven(Given):
    """Who answers for an act that a rule forbids, and why. `basis` is empty where no provision was named."""

    author: str
    reason: str
    basis: str


class PauseGiven(Given):
    started_at: datetime
    ended_at: datetime | None
    cause: str
    activity_id: str
    exception: ExceptionGiven | None


class SuspensionGiven(Given):
    since: datetime
    by: str
    reason: str


class DossierGiven(Given):
    code: str
    procedure_code: str
    version_id: str
    authority_code: str
    tier: str
    channel: Channel
    case: str | None
    applicant: ApplicantGiven
    status: Status
    filed_at: datetime
    received_at: datetime | None
    limit: str | None
    limit_unknown_because: str | None
    due_on: date | None
    due_at: datetime | None
    expires_at: datetime | None
    due_provisional: bool
    promises: tuple[PromiseGiven, ...]
    pauses: tuple[PauseGiven, ...]
    supplement_requests: int
    processed_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None
    closed_at: datetime | None
    suspension: SuspensionGiven | None
    on_time: bool | None
    revision: int


class EventGiven(Given):
    seq: int
    kind: str
    at: datetime
    actor: str
    facts: Encoded
    content: Encoded
    content_erased: bool
    digest: str
    previous: str


class VerificationGiven(Given):
    holds: bool
    events: int
    erased: int
    seq: int | None
    reason: str | None


class HistoryGiven(Given):
    dossier_code: str
    verification: VerificationGiven
    events: list[EventGiven]


class DocumentGiven(Given):
    id: str
    kind: str
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    created_at: datetime
    made_by: str


class CallGiven(Given):
    key: str
    dossier_code: str
    operation: str
    state: CallState
    activity_id: str | None
    asked_at: datetime
    attempts: int
    max_attempts: int
    next_attempt_at: datetime | None
    reference: str | None
    inputs: Encoded
    outputs: Encoded
    error: str | None


class TaskGiven(Given):
    id: str
    dossier_code: str
    activity_id: str
    name: str
    role: str
    tier: str
    authority_code: str
    opened_at: datetime
    norm_hours: float | None
    norm_due_at: datetime | None
    assignee: str | None
    delegated_by: str | None
    form: tuple[dict[str, Any], ...]


class DraftGiven(Given):
    """The half-filled form of a task; where nothing was saved, revision 0 without entries."""

    entries: Encoded
    revision: int
    saved_by: str | None
    saved_at: datetime | None


class MessageGiven(Given):
    id: str
    dossier_code: str
    name: str
    payload: Encoded
    received_at: datetime
    keep_until: datetime
    delivered_at: datetime | None
    expired_at: datetime | None


class DayGiven(Given):
    on: date
    weekday: str
    counted: bool
    number: int
    hours: float | None
    reason: str


class MoveGiven(Given):
    kind: str
    at: datetime
    until: datetime | None
    cause: str | None
    moved_from: date | None
    moved_to: date
    rule: str
    words: str
    source: str
    exception: ExceptionGiven | None


class DueGiven(Given):
    """`known`: whether there is a date; `because`: why not. `as_of`: the clock stands, and this holds if it runs again then."""

    dossier_code: str
    known: bool
    because: str | None = None
    limit: str | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    provisional: bool = False
    as_of: datetime | None = None
    explanation: str | None = None
    days: list[DayGiven] = []
    events: list[MoveGiven] = []
