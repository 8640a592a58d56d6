"""When a part of a dossier's time limit has passed: the instant of the timers "half the time limit" and "60% of the time limit".

The part is taken of the limit in its own unit, from the event that the limit runs from, by the same rules and without the same
pauses (TIME.md, Counting), so that the whole of it would be the due date:

    10 working days, half      the end of the 5th counted day
    15 working days, half      in the middle of the 8th counted day's working time: 7 days and a half
    20 calendar days, a third  6 days and two thirds: that far into the 7th counted day, or the working day that it rolls on to
    16 hours, half             8 working hours
    same day, half             half of the working time from receipt to the appointment
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from motcua.engine.calendars import Calendar
from motcua.engine.counting import (
    Stop,
    after_working_seconds,
    calendar_days_of,
    count,
    merged,
    working_seconds_of,
)
from motcua.engine.due_moments import Policy
from motcua.procedures_catalog.time_limit import TimeLimit, Unit


def part_of_limit(
    received_at: datetime, limit: TimeLimit, part: Fraction, calendar: Calendar, policy: Policy, stops: Sequence[Stop]
) -> tuple[datetime, datetime]:
    """When the part has passed, and when a timer for it falls due: after whole days at the end of the last one, else just then.

    part: above 0 and below 1.   policy: the dossier's.   stops: its closed pauses, in order of time.
    Raises CalendarUnknown.
    """
    whole = count(received_at, limit, calendar, policy, stops)
    left_out = merged(stops)
    seconds = working_seconds_of(limit, policy)
    if limit.unit is Unit.SAME_DAY:
        seconds = _working_seconds_without(whole.start, whole.due_at, calendar, left_out)
    if seconds is not None:
        at = after_working_seconds(whole.start, math.ceil(seconds * part), calendar, left_out)
        return at, at
    days = calendar_days_of(limit, calendar.local_date(whole.start)) if limit.unit is not Unit.WORKING_DAYS else limit.amount
    unit = Unit.WORKING_DAYS if limit.unit is Unit.WORKING_DAYS else Unit.CALENDAR_DAYS
    full_days, rest = divmod(days * part, 1)
    # The event is found already, so receipt rules and starting again have had their say.
    plain = replace(policy, late_receipt=None, cut_off=None, supplement="resume")
    passed = count(whole.start, TimeLimit(int(full_days), unit), calendar, plain, stops) if full_days else None
    if passed is not None and not rest:
        return passed.due_at, passed.expires_at
    on = count(whole.start, TimeLimit(int(full_days) + 1, unit), calendar, plain, stops).due_on
    opening = calendar.opening_of(on)
    at = calendar.add_working_seconds(opening, math.ceil(calendar.working_seconds(opening, calendar.close_of(on)) * rest))
    if passed is not None:  # the whole days before may have rolled on to the same day, and its end
        at = max(at, passed.expires_at)
    return at, at


def _working_seconds_without(start: datetime, end: datetime, calendar: Calendar, stops: Sequence[Stop]) -> int:
    """The working time between two instants, less that of the stops, which come in order and merged."""
    stopped = sum(
        calendar.working_seconds(max(stop.start, start), min(stop.end, end))
        for stop in stops
        if stop.start < end and stop.end > start
    )
    return calendar.working_seconds(start, end) - stopped
