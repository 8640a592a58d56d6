"""The legal acts that a model may name (`motcua:act`): what each does to the dossier's status, clock and promises.

Every act is a function of the dossier and the moment; the table at the end says which statuses it may follow. An act out of
order is a fault of the model or of the caller and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from motcua.engine.calendars import Calendar
from motcua.engine.deadlines import DueMoment, Policy, check_extension, check_supplement, due_of
from motcua.engine.dossier import Dossier, Ending, LegalPause, Promise, Status
from motcua.engine.recorded_exceptions import RecordedException, stated_exception
from motcua.engine.values import Value
from motcua.errors import InvalidInput, Refused
from motcua.procedures_catalog.procedure import LimitInConflict, LimitUnknown, Procedure
from motcua.procedures_catalog.time_limit import TimeLimit

SUPPLEMENT = "supplement"


class ActOutOfOrder(Refused):
    """The act does not follow from the dossier's status."""


class PromiseMissing(InvalidInput):
    """An extension names no new date."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When, by whose calendar and under which rules an act is done; `variables` are the process's."""

    now: datetime
    calendar: Calendar
    policy: Policy
    procedure: Procedure
    variables: Mapping[str, Value]


def perform(act: str, dossier: Dossier, moment: Moment) -> Dossier:
    """The dossier after the act. Raises ActOutOfOrder, or the Refused leaf of the rule that forbids it."""
    allowed, function = ACTS[act]
    if dossier.status not in allowed or (dossier.ended_at is not None and act != "return"):
        raise ActOutOfOrder(
            f'The act "{act}" cannot follow the status "{dossier.status.value}" of dossier {dossier.code}. '
            f"It may follow: {', '.join(sorted(status.value for status in allowed))}.",
            act=act,
            dossier_status=dossier.status.value,
        )
    return function(dossier, moment)


def limit_of(procedure: Procedure, case: str | None) -> tuple[TimeLimit | None, str | None]:
    """The time limit, or None and why it is not known. Raises CaseNeeded or UnknownCase where a case must be chosen."""
    try:
        return procedure.time_limit(case), None
    except (LimitUnknown, LimitInConflict) as unknown:
        return None, str(unknown)


def compute_due(dossier: Dossier, moment: Moment) -> DueMoment | None:
    """The due moment as things stand, or None when the limit is unknown or the dossier is not received."""
    return due_of(dossier, moment.calendar, moment.policy, as_of=moment.now, trace=False)


def with_due(dossier: Dossier, moment: Moment) -> Dossier:
    """The dossier with its due moment counted anew."""
    found = compute_due(dossier, moment)
    if found is None:
        return dossier
    return replace(
        dossier, due_on=found.due_on, due_at=found.due_at, expires_at=found.expires_at, due_provisional=found.provisional
    )


def pause(dossier: Dossier, moment: Moment, cause: str, activity_id: str, exception: RecordedException | None = None) -> Dossier:
    """Stop the authority's clock."""
    return replace(dossier, pauses=(*dossier.pauses, LegalPause(moment.now, None, cause, activity_id, exception)))


def resume(dossier: Dossier, moment: Moment, cause: str, activity_id: str | None = None) -> Dossier:
    """Let the authority's clock run again, and count the due moment anew. Other pauses stay open."""
    pauses = tuple(
        replace(p, ended_at=moment.now)
        if p.ended_at is None and p.cause == cause and (activity_id is None or p.activity_id == activity_id)
        else p
        for p in dossier.pauses
    )
    return with_due(replace(dossier, pauses=pauses), moment)


def _receive(dossier: Dossier, moment: Moment) -> Dossier:
    limit, why = limit_of(moment.procedure, dossier.case)
    received = with_due(
        replace(
            dossier,
            status=Status.RECEIVED,
            received_at=moment.now,
            limit=None if limit is None else str(limit),
            limit_unknown_because=why,
        ),
        moment,
    )
    if received.due_at is None:
        return received
    return replace(received, promises=(Promise(received.due_at, moment.now, "receipt_slip"),))


def _ask_supplement(dossier: Dossier, moment: Moment) -> Dossier:
    exception = check_supplement(dossier.supplement_requests, stated_exception(moment.variables))
    asked = replace(dossier, status=Status.SUPPLEMENT_REQUESTED, supplement_requests=dossier.supplement_requests + 1)
    return pause(asked, moment, SUPPLEMENT, SUPPLEMENT, exception)


def _take_supplement(dossier: Dossier, moment: Moment) -> Dossier:
    return replace(resume(dossier, moment, SUPPLEMENT), status=Status.IN_PROCESS)


def _extend(dossier: Dossier, moment: Moment) -> Dossier:
    promised_on = moment.variables.get("new_promise_on")
    if not isinstance(promised_on, date):
        raise PromiseMissing('An extension needs the new date in the field "new_promise_on", for example 2026-03-05.')
    promised_at = moment.calendar.close_of(promised_on)
    check_extension(dossier, promised_on=promised_on, now=moment.now, calendar=moment.calendar)
    return replace(dossier, promises=(*dossier.promises, Promise(promised_at, moment.now, "apology_letter")))


def _process(dossier: Dossier, moment: Moment) -> Dossier:
    return replace(_ended(dossier, moment), status=Status.PROCESSED, processed_at=moment.now)


def _return(dossier: Dossier, moment: Moment) -> Dossier:
    return replace(
        dossier,
        status=Status.RETURNED,
        returned_at=moment.now,
        ended_at=dossier.ended_at or moment.now,
        ending=Ending.RETURNED,
    )


def _ended(dossier: Dossier, moment: Moment) -> Dossier:
    pauses = tuple(replace(p, ended_at=moment.now) if p.ended_at is None else p for p in dossier.pauses)
    if pauses != dossier.pauses:
        dossier = with_due(replace(dossier, pauses=pauses), moment)
    return replace(dossier, ended_at=moment.now)


def _become(status: Status) -> Callable[[Dossier, Moment], Dossier]:
    return lambda dossier, moment: replace(dossier, status=status)


def _end_as(status: Status, ending: Ending) -> Callable[[Dossier, Moment], Dossier]:
    return lambda dossier, moment: replace(_ended(dossier, moment), status=status, ending=ending)


_BEFORE = frozenset({Status.FILED, Status.PAYMENT_REQUESTED, Status.SUPPLEMENT_REQUESTED})
_RUNNING = frozenset(
    {
        Status.RECEIVED,
        Status.IN_PROCESS,
        Status.SUPPLEMENT_REQUESTED,
        Status.PAYMENT_REQUESTED,
        Status.WITHDRAWAL_REQUESTED,
    }
)

ACTS: Mapping[str, tuple[frozenset[Status], Callable[[Dossier, Moment], Dossier]]] = {
    "receive": (_BEFORE, _receive),
    "start_processing": (_RUNNING, _become(Status.IN_PROCESS)),
    "ask_payment": (_BEFORE | _RUNNING, _become(Status.PAYMENT_REQUESTED)),
    "ask_supplement": (frozenset({Status.RECEIVED, Status.IN_PROCESS}), _ask_supplement),
    "take_supplement": (frozenset({Status.SUPPLEMENT_REQUESTED}), _take_supplement),
    "ask_withdrawal": (_BEFORE | _RUNNING, _become(Status.WITHDRAWAL_REQUESTED)),
    "extend": (_RUNNING, _extend),
    "process": (_RUNNING, _process),
    "return": (frozenset({Status.PROCESSED}), _return),
    "decline": (_BEFORE, _end_as(Status.NOT_ACCEPTED, Ending.NOT_ACCEPTED)),
    "refuse": (_RUNNING, _end_as(Status.STOPPED, Ending.REFUSED)),
    "withdraw": (_BEFORE | _RUNNING, _end_as(Status.STOPPED, Ending.WITHDRAWN)),
    "close_unsupplemented": (frozenset({Status.SUPPLEMENT_REQUESTED}), _end_as(Status.STOPPED, Ending.UNSUPPLEMENTED)),
    "stop": (_BEFORE | _RUNNING, _end_as(Status.STOPPED, Ending.STOPPED)),
}
