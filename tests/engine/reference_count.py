"""The time contract told a second time, slowly: day by day and step by step, from the table of special days alone.

It shares nothing with the engine but the table's text, so that agreement means something. Confirmed years only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from motcua.engine.dossier import LegalPause
from motcua.engine.due_moments import Policy
from motcua.procedures_catalog.calendar_tables import packaged_tables
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SESSIONS = ((time(7), time(11, 30)), (time(13, 30), time(17)))
STEP = timedelta(minutes=10)
DAY = timedelta(1)
_TABLE = {special.on: special.kind.value for special in packaged_tables().special_days}


def works(day: date) -> bool:
    return _TABLE.get(day) == "makeup_working_saturday" if day in _TABLE else day.isoweekday() <= 5


@lru_cache(maxsize=10_000)
def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE).astimezone(UTC)


def local(instant: datetime) -> datetime:
    return instant.astimezone(ZONE)


def stood_at_close(day: date, pauses: Sequence[LegalPause]) -> bool:
    close = at(day, SESSIONS[-1][1])
    return any(pause.started_at < close <= (pause.ended_at or close) for pause in pauses)


def ran_again_on(day: date, received_at: datetime, pauses: Sequence[LegalPause]) -> bool:
    ends = [pause.ended_at for pause in pauses if pause.ended_at is not None and pause.ended_at > pause.started_at]
    return any(
        local(end).date() == day and end > received_at and not any(p.started_at <= end < (p.ended_at or end) for p in pauses)
        for end in ends
    )


def counts(day: date, received_at: datetime, pauses: Sequence[LegalPause]) -> bool:
    """Whether the authority's clock ran at the day's close and nothing started it on that day."""
    return not pauses or (not stood_at_close(day, pauses) and not ran_again_on(day, received_at, pauses))


def working_days(received_at: datetime, number: int, pauses: Sequence[LegalPause]) -> date:
    day = local(received_at).date()
    while number:
        day += DAY
        number -= works(day) and counts(day, received_at, pauses)
    return day


def calendar_days(received_at: datetime, number: int, pauses: Sequence[LegalPause]) -> date:
    day = local(received_at).date()
    while number:
        day += DAY
        number -= counts(day, received_at, pauses)
    while not (works(day) and counts(day, received_at, pauses)):
        day += DAY
    return day


def working_time(received_at: datetime, amount: timedelta, pauses: Sequence[LegalPause]) -> datetime:
    """Office time in steps of ten minutes; every instant given must fall on such a step."""
    instant = received_at
    while amount:
        moment = local(instant)
        in_session = works(moment.date()) and any(start <= moment.time() < end for start, end in SESSIONS)
        stands = any(pause.started_at <= instant < (pause.ended_at or instant) for pause in pauses)
        amount -= STEP * (in_session and not stands)
        instant += STEP
    return instant


class Due(NamedTuple):
    due_on: date
    due_at: datetime
    expires_at: datetime


def due(received_at: datetime, limit: TimeLimit, policy: Policy, pauses: Sequence[LegalPause]) -> Due:
    """The whole contract, told once more: late receipt, restart after a supplement, and then the walk of the limit's unit."""
    in_order = sorted((p for p in pauses if p.ended_at and p.ended_at > p.started_at), key=lambda p: (p.started_at, p.ended_at))
    start = _counts_as_received(received_at, limit, policy)
    if policy.supplement == "restart":
        for number, pause in enumerate(in_order):
            assert pause.ended_at is not None
            if pause.cause == "supplement" and pause.ended_at > start:
                if pause.started_at > _walk(start, limit, policy, in_order[:number]).expires_at:
                    break
                start = pause.ended_at
    return _walk(start, limit, policy, in_order)


def _counts_as_received(received_at: datetime, limit: TimeLimit, policy: Policy) -> datetime:
    moment = local(received_at)
    if policy.late_receipt is None or limit.unit is Unit.HOURS:
        return received_at
    if works(moment.date()) and moment.time() <= policy.late_receipt:
        return received_at
    return at(_next_day_of_work(moment.date()), SESSIONS[0][0])


def _next_day_of_work(day: date) -> date:
    day += DAY
    while not works(day):
        day += DAY
    return day


def _walk(start: datetime, limit: TimeLimit, policy: Policy, pauses: Sequence[LegalPause]) -> Due:
    if limit.unit is Unit.HOURS:
        due_at = office_time(start, timedelta(hours=limit.amount), pauses)
        return Due(local(due_at).date(), due_at, due_at)
    if limit.unit is Unit.WORKING_DAYS and policy.counting == "from_receipt":
        due_at = office_time(start, timedelta(hours=8 * limit.amount), pauses)
        due_on = local(due_at).date()
        return Due(due_on, due_at, at(due_on + DAY, time(0)))
    if limit.unit is Unit.WORKING_DAYS:
        due_on = working_days(start, limit.amount, pauses)
    elif limit.unit is Unit.CALENDAR_DAYS:
        due_on = calendar_days(start, limit.amount, pauses)
    elif limit.unit is Unit.MONTHS:
        due_on = calendar_days(start, _days_of_months(local(start).date(), limit.amount), pauses)
    else:
        due_on = _same_day(start, policy, pauses)
    return Due(due_on, at(due_on, SESSIONS[-1][1]), at(due_on + DAY, time(0)))


def _days_of_months(start: date, months: int) -> int:
    """From day to day until the month is reached, and in it to the same day or to its last one."""
    day, turns = start, 0
    while turns < months:
        day += DAY
        turns += day.day == 1
    while day.day < start.day and (day + DAY).month == day.month:
        day += DAY
    return (day - start).days


def _same_day(start: datetime, policy: Policy, pauses: Sequence[LegalPause]) -> date:
    def day_of(event: datetime) -> date:
        moment = local(event)
        in_time = policy.cut_off is None or moment.time() <= policy.cut_off
        return moment.date() if in_time and works(moment.date()) else _next_day_of_work(moment.date())

    # Pauses that overlap or touch are one stretch, and only its end is an event.
    stretches: list[tuple[datetime, datetime]] = []
    for pause in pauses:
        assert pause.ended_at is not None
        if stretches and pause.started_at <= stretches[-1][1]:
            begin, end = stretches.pop()
            stretches.append((begin, max(end, pause.ended_at)))
        else:
            stretches.append((pause.started_at, pause.ended_at))
    due_on = day_of(start)
    for begin, end in stretches:
        if end > start and begin < at(due_on, SESSIONS[-1][1]):
            due_on = day_of(end)
    return due_on


def office_time(start: datetime, amount: timedelta, pauses: Sequence[LegalPause]) -> datetime:
    """Office time, day by day and session by session, each less the pauses that lie in it."""
    day = local(start).date()
    while True:
        for opening, close in SESSIONS if works(day) else ():
            begin, end = max(at(day, opening), start), at(day, close)
            while begin < end:
                stopped = max((p.ended_at for p in pauses if p.ended_at and p.started_at <= begin < p.ended_at), default=None)
                if stopped is not None:
                    begin = stopped
                    continue
                free_until = min([end, *(p.started_at for p in pauses if begin < p.started_at)])
                if free_until - begin >= amount:
                    return begin + amount
                amount -= free_until - begin
                begin = free_until
        day += DAY
