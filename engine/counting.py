"""Counting a limit to its due moment, by arithmetic on the calendar's tables; the explanation is told by `engine/tracing.py`.

    received_at ─► late_receipt ─► start ─► count, less the stopped stretches ─► roll forward ─► due_on, due_at, expires_at

The law speaks of days and a pause is a stretch of instants. A pause takes from a count by days every day at whose close the
clock stood, and the day on which it ran again (TIME.md, Counting); these are neighbouring days, so each pause becomes one
closed range of dates. A day off is judged by the ordinary closing hour. A limit in months is the number of calendar days to
the same day of the last month, so that a pause lengthens it by days. A pause that begins after the limit has run out changes
nothing, also under `restart`: a limit that was missed stays missed.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from motcua.engine.calendars import Calendar, check_aware
from motcua.engine.dossier import LegalPause
from motcua.engine.due_moments import Policy
from motcua.engine.recorded_exceptions import RecordedException
from motcua.errors import InvalidInput
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

SECONDS_PER_WORKING_DAY = 8 * 3600
"""Under `from_receipt` (TIME.md, Counting)."""

SUPPLEMENT = "supplement"
_DAY = timedelta(1)
_IN_TIME = itemgetter(0, 1, 2)
# Looking a member up on its class is slow before Python 3.12, and each count asks several times.
_WORKING_DAYS, _HOURS, _MONTHS, _SAME_DAY = Unit.WORKING_DAYS, Unit.HOURS, Unit.MONTHS, Unit.SAME_DAY


class ClockStopped(InvalidInput):
    """A pause is still open, so the due moment depends on an instant that was not given."""


class PauseBackwards(InvalidInput):
    """A pause ends before it starts."""


class Stop(NamedTuple):
    """A closed pause: the clock stands from `start` until `end`. In order of time when sorted."""

    start: datetime
    end: datetime
    cause: str
    exception: RecordedException | None = None


class StoppedDays(NamedTuple):
    """The dates that a stop takes from a count by days; on `last` the clock ran again."""

    first: date
    last: date


class Count(NamedTuple):
    """A count that was carried out. `start` is the event that it runs from; `raw` the last day before rolling forward.

    Named tuples here because some are made for every due moment, and one costs a third of a frozen dataclass.
    """

    received_on: date
    start: datetime
    due_on: date
    due_at: datetime
    expires_at: datetime
    raw: date


def closed_stops(pauses: Sequence[LegalPause], as_of: datetime | None) -> tuple[Stop, ...]:
    """The pauses in order of time, an open one ended at `as_of`; empty ones are left out.

    Raises ClockStopped for an open pause without `as_of`, PauseBackwards for one that ends before it starts,
    NaiveInstant.
    """
    stops = []
    for pause in pauses:
        end = pause.ended_at
        if end is None:
            if as_of is None:
                raise ClockStopped(
                    f"The clock has stood still since {pause.started_at.isoformat()} ({pause.cause}), so no due date is fixed. "
                    "Give the instant as_of from which it should be taken to run again.",
                    started_at=pause.started_at,
                    cause=pause.cause,
                )
            end = as_of
        for instant in (pause.started_at, end):
            check_aware(instant)
        if pause.ended_at is None:
            end = max(end, pause.started_at)
        if end < pause.started_at:
            raise PauseBackwards(
                f"The pause from {pause.started_at.isoformat()} ends before it starts, at {end.isoformat()}. Correct its record.",
                started_at=pause.started_at,
                ended_at=end,
            )
        if end > pause.started_at:
            stops.append(Stop(pause.started_at, end, pause.cause, pause.exception))
    return tuple(sorted(stops, key=_IN_TIME))


def merged(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Stops that overlap or touch as one, so that where a stretch is split makes no difference. They come in order."""
    result: list[Stop] = []
    for stop in stops:
        if result and stop.start <= result[-1].end:
            last = result.pop()
            result.append(Stop(last.start, max(last.end, stop.end), last.cause))
        else:
            result.append(stop)
    return tuple(result)


def stopped_days(stops: Sequence[Stop], calendar: Calendar) -> tuple[StoppedDays, ...]:
    """The dates that merged stops take from a count by days."""
    ranges = []
    for stop in stops:
        first, last = calendar.local_date(stop.start), calendar.local_date(stop.end)
        if stop.start >= calendar.close_of(first):
            first += _DAY
        ranges.append(StoppedDays(min(first, last), last))
    return tuple(ranges)


def effective_receipt(received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy) -> datetime:
    """When the dossier counts as received under the policy `late_receipt`."""
    if policy.late_receipt is None or limit.unit is _HOURS:
        return received_at
    on = calendar.local_date(received_at)
    if calendar.is_working_day(on) and calendar.local_time(received_at) <= policy.late_receipt:
        return received_at
    return calendar.opening_of(calendar.next_working_day(on))


def working_seconds_of(limit: TimeLimit, policy: Policy) -> int | None:
    """The working time of a limit that runs through sessions, second by second; None for one by whole days."""
    if limit.unit is _HOURS:
        return limit.amount * 3600
    if limit.unit is _WORKING_DAYS and policy.counting == "from_receipt":
        return limit.amount * SECONDS_PER_WORKING_DAY
    return None


def counts_time(limit: TimeLimit, policy: Policy) -> bool:
    """Whether the limit runs through sessions, and not by whole days."""
    return working_seconds_of(limit, policy) is not None


def count(received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop]) -> Count:
    """Count the limit from receipt, under the policy, with closed stops in order of time."""
    received_on = start_on = calendar.local_date(received_at)
    start = received_at
    if policy.late_receipt is not None:
        start = effective_receipt(received_at, limit, calendar, policy)
        start_on = calendar.local_date(start)
    if stops and policy.supplement == "restart":
        for number, stop in enumerate(stops):
            if stop.cause == SUPPLEMENT and stop.end > start:
                so_far = _count_from(received_on, start, start_on, limit, calendar, policy, merged(stops[:number]))
                if stop.start > so_far.expires_at:
                    break
                start, start_on = stop.end, calendar.local_date(stop.end)
    return _count_from(received_on, start, start_on, limit, calendar, policy, merged(stops) if stops else ())


def _count_from(
    received_on: date,
    start: datetime,
    start_on: date,
    limit: TimeLimit,
    calendar: Calendar,
    policy: Policy,
    stops: Sequence[Stop],
) -> Count:
    """The count from the one event that happens at `start`, local date `start_on`, with merged stops."""
    unit = limit.unit
    seconds = working_seconds_of(limit, policy)
    if seconds is not None:
        due_at, due_on = _worked_off(start, seconds, calendar, stops) if stops else calendar.worked_off(start, seconds)
        return Count(received_on, start, due_on, due_at, due_at if unit is _HOURS else calendar.end_of(due_on), due_on)
    if unit is _SAME_DAY:
        due_on = raw = _same_day(start, calendar, policy, stops)
    elif not stops:  # by far the most, and counted by the million
        if unit is _WORKING_DAYS:
            due_on = raw = calendar.working_day_after(start_on, limit.amount)
        else:
            raw = _months_later(start_on, limit.amount) if unit is _MONTHS else start_on + timedelta(limit.amount)
            due_on = calendar.next_working_day(raw, include=True)
    else:
        stopped = stopped_days(stops, calendar)
        if unit is _WORKING_DAYS:
            due_on = raw = nth_day(start_on, limit.amount, stopped, calendar.working_days_in, calendar.working_day_after)
        else:
            raw = nth_day(start_on, calendar_days_of(limit, start_on), stopped, _days_in, _day_after)
            due_on = _roll_forward(raw, stopped, calendar)
    close, end = calendar.close_and_end_of(due_on)
    return Count(received_on, start, due_on, close, end, raw)


def calendar_days_of(limit: TimeLimit, start_on: date) -> int:
    """The number of calendar days of a limit in calendar days or months that starts on a date."""
    return limit.amount if limit.unit is not _MONTHS else (_months_later(start_on, limit.amount) - start_on).days


def _months_later(start_on: date, months: int) -> date:
    """The same day of the month, or its last day."""
    years, month = divmod(start_on.month - 1 + months, 12)
    year, month, day = start_on.year + years, month + 1, start_on.day
    # Looking the length of a month up costs as much as all else, and every month has 28 days.
    return date(year, month, day if day <= 28 else min(day, gregorian.monthrange(year, month)[1]))


def nth_day(
    after: date,
    number: int,
    stopped: Sequence[StoppedDays],
    days_in: Callable[[date, date], int],
    day_after: Callable[[date, int], date],
) -> date:
    """The `number`-th day after a date by the given way of counting, leaving out stopped days."""
    for stretch in stopped:
        if stretch.last <= after:
            continue
        run = days_in(after, stretch.first - _DAY) if stretch.first > after else 0
        if run >= number:
            break
        number -= run
        after = stretch.last
    return day_after(after, number)


def _days_in(after: date, through: date) -> int:
    return (through - after).days


def _day_after(after: date, number: int) -> date:
    return after + timedelta(number)


def _roll_forward(day: date, stopped: Sequence[StoppedDays], calendar: Calendar) -> date:
    """The first working day from `day` on at whose close the clock runs."""
    day = calendar.next_working_day(day, include=True)
    for stretch in stopped:
        if stretch.first <= day <= stretch.last:
            day = calendar.next_working_day(stretch.last)
    return day


def _same_day(start: datetime, calendar: Calendar, policy: Policy, stops: Sequence[Stop]) -> date:
    """The day of the event; the next working day after the cut-off or on a day off. A resumption is such an event, too."""

    def day_of(event: datetime) -> date:
        on = calendar.local_date(event)
        in_time = policy.cut_off is None or calendar.local_time(event) <= policy.cut_off
        return on if in_time and calendar.is_working_day(on) else calendar.next_working_day(on)

    due_on = day_of(start)
    for stop in stops:
        if stop.end > start and stop.start < calendar.close_of(due_on):
            due_on = day_of(stop.end)
    return due_on


def after_working_seconds(start: datetime, seconds: int, calendar: Calendar, stops: Sequence[Stop]) -> datetime:
    """The instant by which so much working time has passed since `start`, the stops (in order, merged) left out."""
    return _worked_off(start, seconds, calendar, stops)[0] if seconds else calendar.add_working_seconds(start, 0)


def _worked_off(start: datetime, seconds: int, calendar: Calendar, stops: Sequence[Stop]) -> tuple[datetime, date]:
    for stop in stops:
        if stop.end <= start:
            continue
        run = calendar.working_seconds(start, stop.start) if stop.start > start else 0
        if run >= seconds:
            break
        seconds -= run
        start = stop.end
    return calendar.worked_off(start, seconds)
