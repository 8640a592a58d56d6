"""What a citizen who holds a receipt slip may see.

The code on the slip can be guessed (it counts up), so by itself it opens only what tells nothing about a person: the status
and the dates. The last four digits of the applicant's phone or personal number open more. Wrong digits are counted, so that
ten thousand guesses take longer than anyone has; the count is per process and by the clock.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request

from motcua.engine.dossier import Dossier, Ending, Status
from motcua.errors import Refused
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.identifiers import DossierCode
from motcua.services.api.shapes import Given, TrackingCheckTaken

router = APIRouter(prefix="/api/v1/tracking", tags=["tracking"])

MAX_WRONG = 5
WRONG_WITHIN = timedelta(minutes=15)
# As many dossiers as are remembered at once; more than this many under attack at one time, and the oldest is forgotten.
MAX_REMEMBERED = 10_000


class CheckFailed(Refused):
    """The digits do not belong to the applicant, or nothing is known to check them against; the answer does not tell which."""

    http_status = 403

    def __init__(self, code: str) -> None:
        super().__init__(
            f"The four digits do not fit dossier {code}. Use the last four of the phone number or personal number on the "
            "receipt slip, or ask at the desk.",
            code=code,
        )


class TooManyChecks(Refused):
    """Too many wrong digits for this dossier."""

    http_status = 429

    def __init__(self, code: str, retry_after_seconds: int) -> None:
        super().__init__(
            f"Wrong digits were given {MAX_WRONG} times for dossier {code}. Try again in {WRONG_WITHIN.seconds // 60} minutes.",
            code=code,
            retry_after_seconds=retry_after_seconds,
        )


class TrackingGiven(Given):
    """What the code alone shows: nothing about a person."""

    code: str
    status: Status
    filed_on: date
    received_at: datetime | None
    due_on: date | None
    promised_at: datetime | None
    clock_stopped: bool
    suspended_since: datetime | None
    processed_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None
    on_time: bool | None


class TrackedDocument(Given):
    kind: str
    name: str
    created_at: datetime


class TrackingDetailsGiven(TrackingGiven):
    """What the code and the digits show."""

    procedure_code: str
    procedure_name: str
    authority_name: str
    applicant_name: str
    documents: list[TrackedDocument]


class WrongDigits:
    """Counts wrong checks per dossier. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, list[datetime]] = OrderedDict()

    def check_allowed(self, code: str, now: datetime) -> None:
        """Raises TooManyChecks."""
        with self._lock:
            recent = [at for at in self._wrong.get(code, ()) if now - at < WRONG_WITHIN]
            if len(recent) >= MAX_WRONG:
                raise TooManyChecks(code, int((WRONG_WITHIN - (now - recent[0])).total_seconds()) + 1)

    def add(self, code: str, now: datetime) -> None:
        with self._lock:
            recent = [at for at in self._wrong.pop(code, ()) if now - at < WRONG_WITHIN]
            self._wrong[code] = [*recent, now]
            while len(self._wrong) > MAX_REMEMBERED:
                self._wrong.popitem(last=False)


@router.get("/{code}", response_model=TrackingGiven)
def track(code: DossierCode, backend: TheBackend) -> TrackingGiven:
    """Status and dates, for whoever knows the code."""
    return tracking_of(backend, backend.store.dossier(code))


@router.post("/{code}", response_model=TrackingDetailsGiven)
def track_with_check(code: DossierCode, check: TrackingCheckTaken, backend: TheBackend, request: Request) -> TrackingDetailsGiven:
    """With the last four digits of the applicant's phone or personal number: also what it is about and what papers there are."""
    return tracking_details_of(backend, code, check.last_digits, request.app.state.wrong_digits)


def tracking_of(backend: Backend, dossier: Dossier) -> TrackingGiven:
    """What the code alone shows."""
    return TrackingGiven(
        code=dossier.code,
        status=dossier.status,
        filed_on=backend.engine.calendar_for(dossier.authority_code).local_date(dossier.filed_at),
        received_at=dossier.received_at,
        due_on=dossier.due_on,
        promised_at=dossier.promises[-1].promised_at if dossier.promises else None,
        clock_stopped=dossier.ended_at is None and any(pause.ended_at is None for pause in dossier.pauses),
        # Who suspended it and why is the office's affair and may name others; that it stands still is the applicant's.
        suspended_since=None if dossier.suspension is None else dossier.suspension.since,
        processed_at=dossier.processed_at,
        returned_at=dossier.returned_at,
        ended_at=dossier.ended_at,
        ending=dossier.ending,
        on_time=dossier.on_time,
    )


def tracking_details_of(backend: Backend, code: str, last_digits: str, wrong: WrongDigits) -> TrackingDetailsGiven:
    """What the code and the digits show. Raises UnknownDossier, TooManyChecks or CheckFailed."""
    dossier = backend.store.dossier(code)
    now = backend.clock.now()
    wrong.check_allowed(code, now)
    if not _belongs(last_digits, dossier):
        wrong.add(code, now)
        raise CheckFailed(code)
    authority = backend.catalog.authorities.get(dossier.authority_code)
    return TrackingDetailsGiven(
        **tracking_of(backend, dossier).model_dump(),
        procedure_code=dossier.procedure_code,
        procedure_name=backend.engine.procedures.get(dossier.version_id).procedure.name,
        authority_name=dossier.authority_code if authority is None else authority.name,
        applicant_name=dossier.applicant.name,
        documents=[TrackedDocument.model_validate(document) for document in backend.store.documents(code)],
    )


def _belongs(last_digits: str, dossier: Dossier) -> bool:
    fits = False
    for number in (dossier.applicant.phone, dossier.applicant.identifier):
        digits = "".join(character for character in number or "" if character in "0123456789")
        # Every known number is compared in full, so that the time taken tells nothing.
        fits |= len(digits) >= 8 and hmac.compare_digest(digits[-4:], last_digits)
    return fits
