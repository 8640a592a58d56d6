"""The deadline of a dossier: one pure function from receipt, limit, policy, calendar and legal pauses to the due moment.

This is the door to the deadline engine. Behind it: `due_moments` (the records), `counting` (the arithmetic), `tracing` (the
explanation as records), `explanations` (the explanation in words), `timers` (the timer texts of models). All of them follow
one contract, TIME.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from motcua.engine.calendars import Calendar
from motcua.engine.counting import ClockStopped, PauseBackwards, closed_stops, count
from motcua.engine.dossier import Dossier, LegalPause
from motcua.engine.due_moments import (
    DEFAULT_POLICY,
    RULES,
    CountedDay,
    DayCount,
    DueEvent,
    DueMoment,
    Policy,
    PolicyUnknown,
    Rule,
)
from motcua.engine.explanations import explain, explanation_table
from motcua.engine.recorded_exceptions import REASON, ExceptionIncomplete, RecordedException
from motcua.engine.timers import ClockName, Timer, TimerUnreadable, parse_timer, timer_instant
from motcua.engine.tracing import trace_days, trace_events
from motcua.errors import InvalidInput, Refused
from motcua.procedures_catalog.time_limit import TimeLimit

__all__ = [
    "DEFAULT_POLICY",
    "RULES",
    "SUPPLEMENT_ONCE",
    "ClockName",
    "ClockStopped",
    "CountedDay",
    "DayCount",
    "DueEvent",
    "DueMoment",
    "ExceptionIncomplete",
    "ExtensionTooLate",
    "NothingToExtend",
    "PauseBackwards",
    "Policy",
    "PolicyUnknown",
    "PromiseNotLater",
    "RecordedException",
    "Rule",
    "SecondExtension",
    "SecondSupplementRequest",
    "Timer",
    "TimerUnreadable",
    "check_extension",
    "check_supplement",
    "due",
    "due_of",
    "explain",
    "explanation_table",
    "parse_timer",
    "timer_instant",
]


def due(
    received_at: datetime,
    limit: TimeLimit,
    calendar: Calendar,
    policy: Policy = DEFAULT_POLICY,
    pauses: Sequence[LegalPause] = (),
    trace: bool = True,
    as_of: datetime | None = None,
) -> DueMoment:
    """When the limit ends, and why (Civil Code 2015, art. 147 and 148; TIME.md).

    pauses: the legal pauses so far, in any order. An open one is taken to end at `as_of`; the moment then says so.
    trace: False leaves the explanation out, which is many times quicker (benchmarks/bench_deadlines.py).
    Raises CalendarUnknown outside the calendar's years, ClockStopped for an open pause without `as_of`, NaiveInstant.
    """
    stops = closed_stops(pauses, as_of) if pauses else ()
    counted = count(received_at, limit, calendar, policy, stops)
    return DueMoment(
        counted.due_on,
        counted.due_at,
        counted.expires_at,
        calendar.is_provisional(counted.received_on, counted.due_on),
        trace_days(received_at, limit, calendar, policy, stops, counted) if trace else (),
        trace_events(received_at, limit, calendar, policy, stops, counted) if trace else (),
        received_at,
        limit,
        policy,
        as_of if pauses and any(pause.ended_at is None for pause in pauses) else None,
    )


def due_of(dossier: Dossier, calendar: Calendar, policy: Policy, *, as_of: datetime, trace: bool = True) -> DueMoment | None:
    """When a dossier is due as things stand; None while it is not received, and where its limit is unknown.

    calendar, policy: of its authority and of its procedure version; whoever has an engine asks `DossierEngine.due_of`, which
    knows both.   as_of: when an open pause is taken to end.
    """
    if dossier.received_at is None or dossier.limit is None:
        return None
    return due(dossier.received_at, TimeLimit.parse(dossier.limit), calendar, policy, dossier.pauses, trace, as_of)


_ONE_STOP = "the decree on the one-stop shop"
SUPPLEMENT_ONCE = "A supplement is asked once, in full, with reasons."


class NothingToExtend(Refused):
    """There is no due date that an extension could follow."""


class SecondExtension(Refused):
    """One extension was announced already."""


class ExtensionTooLate(Refused):
    """An extension is announced at the latest one day before the due date."""


class PromiseNotLater(InvalidInput):
    """The new date of an extension cannot be promised."""


class SecondSupplementRequest(Refused):
    """A supplement is asked once, in full."""


def check_extension(dossier: Dossier, *, promised_on: date, now: datetime, calendar: Calendar) -> None:
    """Whether an extension with an apology may be announced now, with `promised_on` as the new date.

    At most once, and no later than one day before `due_on`: raises SecondExtension, ExtensionTooLate or NothingToExtend. The
    law leaves no room for an exception here: what is late stays late.
    Raises PromiseNotLater where the new date is not a working day after `due_on`.
    """
    code, due_on = dossier.code, dossier.due_on
    if due_on is None:
        raise NothingToExtend(
            f"Dossier {code} has no due date, so there is nothing to extend. Settle its time limit first.",
            code=code,
            rule="An extension follows a due date.",
            source=_ONE_STOP,
        )
    if any(promise.by == "apology_letter" for promise in dossier.promises):
        raise SecondExtension(
            f"Dossier {code} was extended once already, and a limit is extended at most once. Finish it with the delay on record.",
            code=code,
            rule="A limit is extended at most once.",
            source=_ONE_STOP,
        )
    announced_on, last_day = calendar.local_date(now), due_on - timedelta(1)
    if announced_on > last_day:
        raise ExtensionTooLate(
            f"Dossier {code} is due on {due_on}, so an extension had to be announced by {last_day}, and now it is {announced_on}. "
            "Finish it with the delay on record.",
            code=code,
            due_on=due_on,
            announced_on=announced_on,
            rule="An extension is announced at the latest one day before the due date.",
            source=_ONE_STOP,
        )
    if promised_on <= due_on or not calendar.is_working_day(promised_on):
        raise PromiseNotLater(
            f"Dossier {code} is due on {due_on}, so {promised_on} cannot be promised instead. "
            f"Promise a working day from {calendar.next_working_day(due_on)} on.",
            code=code,
            due_on=due_on,
            promised_on=promised_on,
        )


def check_supplement(requests_so_far: int, exception: RecordedException | None = None) -> RecordedException | None:
    """Whether a supplement may be asked: once for each dossier, and again only as an exception.

    Returns the exception that must go into the history, None where none was needed. A dossier with one counts as late
    (engine/scorecard.py). Raises SecondSupplementRequest.
    """
    if not requests_so_far:
        return None
    if exception is None:
        raise SecondSupplementRequest(
            "A supplement was asked for this dossier already, and it is asked once, in full. "
            f'Decide on what is there, or refuse with reasons; or state the reason for an exception in the field "{REASON}".',
            requests_so_far=requests_so_far,
            rule=SUPPLEMENT_ONCE,
            source=_ONE_STOP,
        )
    return exception
