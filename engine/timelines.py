"""A calendar's working time as tables, made once: a row a day and a row a session, so that a question is an index or a search.

Days are counted from the first known one. Instants of sessions are whole epoch seconds, those of days aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]
"""The sessions of a day, local time: when each begins and ends."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The tables. Index of a day: days since `first`; a session's instants are epoch seconds."""

    first: int  # ordinal of the first known day
    first_second: int
    end_second: int  # of the first moment that is not known any more
    closes: tuple[datetime, ...]  # per day: end of the last ordinary session
    midnights: tuple[datetime, ...]  # per day: 24:00
    worked_through: tuple[int, ...]  # from the day before `first` on: working days up to and including it
    worked_from: tuple[date, ...]  # per day, up to the last working one: the first working day from it on
    working_days: tuple[date, ...]
    session_days: tuple[date, ...]
    session_starts: tuple[int, ...]
    session_ends: tuple[int, ...]
    seconds_before: tuple[int, ...]  # per session: working seconds of all earlier ones
    seconds_through: tuple[int, ...]  # per session: the same with its own


def local_instant(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a time of day on a wall clock."""
    return datetime.combine(day, moment, zone).astimezone(UTC)


def tabulate(
    first: date, end: date, zone: ZoneInfo, is_worked: Callable[[date], bool], hours_of: Callable[[date], Hours]
) -> Timeline:
    """The tables from the day `first` to the day before `end`.

    hours_of: the sessions of a day, also of a day off, which has those it would have.
    """
    days = [first + timedelta(step) for step in range((end - first).days)]
    worked_through, working = [0], []
    for day in days:
        if is_worked(day):
            working.append(day)
        worked_through.append(len(working))
    session_days, starts, ends, before, through, total = [], [], [], [], [], 0
    for day in working:
        for opening, close in hours_of(day):
            start, stop = (int(local_instant(day, moment, zone).timestamp()) for moment in (opening, close))
            session_days.append(day)
            starts.append(start)
            ends.append(stop)
            before.append(total)
            total += stop - start
            through.append(total)
    return Timeline(
        first.toordinal(),
        int(local_instant(first, time(0), zone).timestamp()),
        int(local_instant(end, time(0), zone).timestamp()),
        tuple(local_instant(day, hours_of(day)[-1][1], zone) for day in days),
        tuple(local_instant(day + timedelta(1), time(0), zone) for day in days),
        tuple(worked_through),
        tuple(working[position] for position in worked_through[:-1] if position < len(working)),
        tuple(working),
        tuple(session_days),
        *(tuple(numbers) for numbers in (starts, ends, before, through)),
    )
