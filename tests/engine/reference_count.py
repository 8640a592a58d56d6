"""The time contract told a second time, slowly: day by day and step by step, from the table of special days alone.

It shares nothing with the engine but the table's text, so that agreement means something. Confirmed years only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.days_off import packaged_days_off

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SESSIONS = ((time(7), time(11, 30)), (time(13, 30), time(17)))
STEP = timedelta(minutes=10)
DAY = timedelta(1)
_TABLE = {special.on: special.kind.value for special in packaged_days_off()}


def works(day: date) -> bool:
    return _TABLE.get(day) == "makeup_working_saturday" if day in _TABLE else day.isoweekday() <= 5


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
    return not stood_at_close(day, pauses) and not ran_again_on(day, received_at, pauses)


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


ByDays = Callable[[datetime, int, Sequence[LegalPause]], date]
