"""Due moments of many dossiers at once, for statistics and simulation, on the calendar's tables as NumPy arrays.

The second path beside `engine/counting.py`: the same contract, no explanation and no pauses, some million due moments a second.
The tests hold the two against each other. Instants are whole epoch seconds (int64), dates are datetime64[D].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motcua.engine.calendars import Calendar
from motcua.engine.counting import working_seconds_of
from motcua.engine.due_moments import DEFAULT_POLICY, Policy
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

Seconds = NDArray[np.int64]
Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class DueArrays:
    """Due moments in the order of the receipts: due_on (datetime64[D]), due_at and expires_at (epoch seconds), provisional."""

    due_on: Dates
    due_at: Seconds
    expires_at: Seconds
    provisional: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Tables:
    """A calendar's timeline as arrays; a day is its index from the first known one, a session its own."""

    first_on: np.datetime64
    every_day_has_24_hours: bool  # no summer time: a day is found by division, which is quicker than by search
    midnights: Seconds  # per day: its first second, and then the end of the last one
    closes: Seconds  # per day: end of the last ordinary session
    worked_through: Seconds  # from the day before the first on: working days up to and including it
    working: Seconds  # indices of the working days
    openings: Seconds  # per working day: start of its first session
    session_starts: Seconds
    session_ends: Seconds
    session_days: Seconds
    seconds_before: Seconds
    seconds_through: Seconds
    unconfirmed_before: Seconds  # per day: how many days of years without announcements lie before it


def due_array(received_at: Seconds, limit: TimeLimit, calendar: Calendar, policy: Policy = DEFAULT_POLICY) -> DueArrays:
    """When one limit ends for each receipt, as `due` counts it without pauses.

    received_at: epoch seconds, int64, in any order. Raises CalendarUnknown where one of them, or its count, leaves the calendar.
    """
    table = _tables_of(calendar)
    received = np.asarray(received_at, dtype=np.int64)
    received_day = start_day = _day_of(received, table, calendar)
    start = received
    if policy.late_receipt is not None and limit.unit is not Unit.HOURS:
        start, start_day = _effective_receipt(received, received_day, policy.late_receipt, table, calendar)
    seconds = working_seconds_of(limit, policy)
    if seconds is not None:
        due_at, due_day = _after_working_seconds(start, seconds, table, calendar)
        expires_at = due_at if limit.unit is Unit.HOURS else table.midnights[due_day + 1]
    else:
        due_day = _last_day(start, start_day, limit, policy, table, calendar)
        due_at, expires_at = table.closes[due_day], table.midnights[due_day + 1]
    provisional = table.unconfirmed_before[due_day + 1] > table.unconfirmed_before[received_day]
    return DueArrays(table.first_on + due_day, due_at, expires_at, provisional)


@lru_cache(maxsize=64)
def _tables_of(calendar: Calendar) -> _Tables:
    timeline = calendar.timeline
    ends = np.array([moment.timestamp() for moment in timeline.midnights], dtype=np.int64)
    first = datetime.fromordinal(timeline.first).date()
    opening = datetime.combine(first, time(0), calendar.zone).astimezone(UTC).timestamp()
    working = np.array([day.toordinal() - timeline.first for day in timeline.working_days], dtype=np.int64)
    days = [first + timedelta(step) for step in range(len(ends))]
    unconfirmed = np.array([not calendar.is_confirmed(day.year) for day in days], dtype=np.int64)
    starts, stops, before, through = (
        np.array(numbers, dtype=np.int64)
        for numbers in (timeline.session_starts, timeline.session_ends, timeline.seconds_before, timeline.seconds_through)
    )
    midnights = np.concatenate([np.array([opening], dtype=np.int64), ends])
    openings = [calendar.opening_of(day).timestamp() for day in timeline.working_days]
    return _Tables(
        np.datetime64(first, "D"),
        bool((np.diff(midnights) == 86_400).all()),
        midnights,
        np.array([moment.timestamp() for moment in timeline.closes], dtype=np.int64),
        np.array(timeline.worked_through, dtype=np.int64),
        working,
        np.array(openings, dtype=np.int64),
        starts,
        stops,
        np.searchsorted(midnights, starts, side="right") - 1,
        before,
        through,
        np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(unconfirmed)]),
    )


def _day_of(instants: Seconds, table: _Tables, calendar: Calendar) -> Seconds:
    if table.every_day_has_24_hours:
        day: Seconds = (instants - table.midnights[0]) // 86_400
    else:
        day = np.searchsorted(table.midnights, instants, side="right") - 1
    if instants.size:
        if day.min() < 0:
            raise calendar.unknown(calendar.first_year - 1)
        if day.max() >= len(table.closes):
            raise calendar.unknown(calendar.last_year + 1)
    return day


def _working_day_after(day: Seconds, number: int, table: _Tables, calendar: Calendar) -> Seconds:
    """The position among the working days of the `number`-th one after each day."""
    position = table.worked_through[day + 1] + (number - 1)
    if position.size and position.max() >= len(table.working):
        raise calendar.unknown(calendar.last_year + 1)
    return position


def _rolled(day: Seconds, table: _Tables, calendar: Calendar) -> Seconds:
    """The first working day from each day on."""
    if day.size and day.max() >= len(table.closes):
        raise calendar.unknown(calendar.last_year + 1)
    return table.working[_working_day_after(day - 1, 1, table, calendar)]


def _effective_receipt(
    received: Seconds, day: Seconds, latest: time, table: _Tables, calendar: Calendar
) -> tuple[Seconds, Seconds]:
    in_time = _worked(day, table) & _by(received, day, latest, table)
    if in_time.all():
        return received, day
    position = np.zeros_like(day)
    position[~in_time] = _working_day_after(day[~in_time], 1, table, calendar)
    return np.where(in_time, received, table.openings[position]), np.where(in_time, day, table.working[position])


def _worked(day: Seconds, table: _Tables) -> NDArray[np.bool_]:
    return table.worked_through[day + 1] > table.worked_through[day]


def _by(instants: Seconds, day: Seconds, latest: time, table: _Tables) -> NDArray[np.bool_]:
    """Whether each instant lies at or before a time of its day."""
    within: NDArray[np.bool_] = instants - table.midnights[day] <= latest.hour * 3600 + latest.minute * 60 + latest.second
    return within


def _last_day(start: Seconds, day: Seconds, limit: TimeLimit, policy: Policy, table: _Tables, calendar: Calendar) -> Seconds:
    if limit.unit is Unit.WORKING_DAYS:
        return table.working[_working_day_after(day, limit.amount, table, calendar)]
    if limit.unit is Unit.SAME_DAY:
        in_time = _worked(day, table)
        if policy.cut_off is not None:
            in_time &= _by(start, day, policy.cut_off, table)
        due_day = day.copy()
        due_day[~in_time] = table.working[_working_day_after(day[~in_time], 1, table, calendar)]
        return due_day
    if limit.unit is Unit.CALENDAR_DAYS:
        return _rolled(day + limit.amount, table, calendar)
    start_on = table.first_on + day
    months = start_on.astype("datetime64[M]")
    last_month = months + limit.amount
    same_day = last_month.astype("datetime64[D]") + (start_on - months.astype("datetime64[D]"))
    month_end = (last_month + 1).astype("datetime64[D]") - 1
    raw: Seconds = (np.minimum(same_day, month_end) - table.first_on).astype(np.int64)
    return _rolled(raw, table, calendar)


def _after_working_seconds(start: Seconds, seconds: int, table: _Tables, calendar: Calendar) -> tuple[Seconds, Seconds]:
    """The instants by which so much working time has passed, and their days."""
    session = np.searchsorted(table.session_starts, start, side="right") - 1
    inside = np.minimum(start, table.session_ends[session]) - table.session_starts[session]
    target = np.where(session < 0, 0, table.seconds_before[session] + inside) + seconds
    reached = np.searchsorted(table.seconds_through, target, side="left")
    if reached.size and reached.max() >= len(table.session_starts):
        raise calendar.unknown(calendar.last_year + 1)
    return table.session_starts[reached] + target - table.seconds_before[reached], table.session_days[reached]
