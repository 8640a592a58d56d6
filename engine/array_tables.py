"""A calendar's tables as NumPy arrays, and the questions that counting asks of them, for many days or instants at once.

Instants are whole epoch seconds (int64); a day is its index from the calendar's first known one. What `engine/calendars.py`
answers for one, this answers for all, with the same errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motcua.engine.calendars import Calendar

Seconds = NDArray[np.int64]
Days = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ArrayTables:
    """A calendar's timeline. Every question raises CalendarUnknown where one of its instants or days leaves the calendar."""

    calendar: Calendar
    first_on: np.datetime64
    every_day_has_24_hours: bool  # no summer time: a day is found by division, which is quicker than by search
    midnights: Seconds  # per day: its first second, and then the end of the last one
    closes: Seconds  # per day: end of the last ordinary session
    worked_through: Seconds  # from the day before the first on: working days up to and including it
    working: Days
    openings: Seconds  # per working day: start of its first session
    session_starts: Seconds
    session_ends: Seconds
    session_days: Days
    seconds_before: Seconds
    seconds_through: Seconds
    unconfirmed_before: Seconds  # per day: how many days of years without announcements lie before it

    def check_days(self, days: Days) -> Days:
        """The days, all of which the calendar knows."""
        if days.size:
            if days.min() < 0:
                raise self.calendar.unknown(self.calendar.first_year - 1)
            if days.max() >= len(self.closes):
                raise self.calendar.unknown(self.calendar.last_year + 1)
        return days

    def days_of(self, instants: Seconds) -> Days:
        """The local days of instants; a day that the calendar does not know is below zero, or too large."""
        if self.every_day_has_24_hours:
            days: Days = (instants - self.midnights[0]) // 86_400
            return days
        return np.searchsorted(self.midnights, instants, side="right") - 1

    def positions_after(self, days: Days, numbers: int | Seconds) -> Seconds:
        """The places among the working days of the `numbers`-th ones after each day, counting from 1."""
        positions: Seconds = self.worked_through[days + 1] + (numbers - 1)
        if positions.size and positions.max() >= len(self.working):
            raise self.calendar.unknown(self.calendar.last_year + 1)
        return positions

    def working_days_after(self, days: Days, numbers: int | Seconds) -> Days:
        """The `numbers`-th working day after each day, counting from 1."""
        return self.working[self.positions_after(days, numbers)]

    def rolled(self, days: Days) -> Days:
        """The first working day from each day on."""
        return self.working_days_after(self.check_days(days) - 1, 1)

    def are_worked(self, days: Days) -> Flags:
        worked: Flags = self.worked_through[days + 1] > self.worked_through[days]
        return worked

    def are_by(self, instants: Seconds, days: Days, latest: time) -> Flags:
        """Whether each instant lies at or before a time of its day."""
        within: Flags = instants - self.midnights[days] <= latest.hour * 3600 + latest.minute * 60 + latest.second
        return within

    def worked_before(self, instants: Seconds) -> Seconds:
        """The working seconds from the calendar's beginning until each instant."""
        session = np.searchsorted(self.session_starts, instants, side="right") - 1
        inside = np.minimum(instants, self.session_ends[session]) - self.session_starts[session]
        return np.where(session < 0, 0, self.seconds_before[session] + inside)

    def worked_off(self, starts: Seconds, seconds: int | Seconds) -> tuple[Seconds, Days]:
        """The instants by which so much working time, more than 0, has passed, and their days."""
        target = self.worked_before(starts) + seconds
        reached = np.searchsorted(self.seconds_through, target, side="left")
        if reached.size and reached.max() >= len(self.session_starts):
            raise self.calendar.unknown(self.calendar.last_year + 1)
        return self.session_starts[reached] + target - self.seconds_before[reached], self.session_days[reached]


@lru_cache(maxsize=64)
def array_tables(calendar: Calendar) -> ArrayTables:
    """The tables of a calendar; made once."""
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
    return ArrayTables(
        calendar,
        np.datetime64(first, "D"),
        bool((np.diff(midnights) == 86_400).all()),
        midnights,
        np.array([moment.timestamp() for moment in timeline.closes], dtype=np.int64),
        np.array(timeline.worked_through, dtype=np.int64),
        working,
        np.array(openings, dtype=np.int64),
        starts,
        stops,
        np.array([day.toordinal() - timeline.first for day in timeline.session_days], dtype=np.int64),
        before,
        through,
        np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(unconfirmed)]),
    )
