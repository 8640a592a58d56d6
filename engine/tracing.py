"""The explanation of a count: what became of each day, and which event moved the date.

It is told by walking from receipt to the due date, a second path beside the arithmetic of `engine/counting.py`; the tests
hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from motcua.engine.calendars import Calendar
from motcua.engine.counting import (
    SUPPLEMENT,
    Count,
    Stop,
    calendar_days_of,
    count,
    counts_time,
    effective_receipt,
    merged,
    stopped_days,
)
from motcua.engine.due_moments import CountedDay, DayCount, DueEvent, Policy
from motcua.procedures_catalog.time_limit import TimeLimit, Unit


def trace_days(
    received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop], counted: Count
) -> tuple[CountedDay, ...]:
    """Every day from receipt to `due_on`, both included, and what became of it."""
    if counts_time(limit, policy):
        return tuple(_days_by_time(received_at, limit, calendar, policy, stops, counted))
    if limit.unit is Unit.SAME_DAY:
        return tuple(_days_to_same_day(received_at, limit, calendar, policy, stops, counted))
    return tuple(_days_by_date(received_at, limit, calendar, policy, stops, counted))


def trace_events(
    received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop], counted: Count
) -> tuple[DueEvent, ...]:
    """The receipt, and then whatever moved the date, one after another."""
    # Without late receipt and cut-off the date is what the general rule gives; each policy then adds its own step.
    general = replace(policy, late_receipt=None, cut_off=None)
    with_cut_off = replace(policy, late_receipt=None)
    plain = count(received_at, limit, calendar, general, ())
    events = [DueEvent("receipt", received_at, None, plain.raw, _rule(limit, policy))]

    def step(kind: str, at: datetime, to: date, rule: str, until: datetime | None = None, cause: str | None = None) -> None:
        events.append(DueEvent(kind, at, events[-1].moved_to, to, rule, until, cause))

    received_on = calendar.local_date(received_at)
    if limit.unit is Unit.SAME_DAY and plain.due_on != received_on:
        events[0] = replace(events[0], moved_to=received_on)
        step("day_off", received_at, plain.due_on, "same_day_off")
    after_cut_off = count(received_at, limit, calendar, with_cut_off, ())
    if after_cut_off.raw != plain.raw:
        step("cut_off", received_at, after_cut_off.raw, "cut_off")
    shifted = effective_receipt(received_at, limit, calendar, policy)
    if shifted != received_at:
        step("late_receipt", received_at, count(received_at, limit, calendar, policy, ()).raw, "late_receipt", until=shifted)
    before = count(received_at, limit, calendar, policy, ())
    for number, stop in enumerate(stops, 1):
        if stop.start > before.expires_at:
            break
        after = count(received_at, limit, calendar, policy, stops[:number])
        restarted = policy.supplement == "restart" and stop.cause == SUPPLEMENT and after.start == stop.end
        if stop.exception is not None:
            same_day = events[-1].moved_to
            events.append(DueEvent("exception", stop.start, same_day, same_day, "supplement_once", exception=stop.exception))
        if stop.end > received_at:
            rule = "restart" if restarted else "resume" if stop.cause == SUPPLEMENT else "off_the_clock"
            step("pause", stop.start, after.raw, rule, until=stop.end, cause=stop.cause)
        before = after
    if counted.due_on != counted.raw:
        step("roll_forward", calendar.end_of(counted.raw), counted.due_on, "roll_forward")
    return tuple(events)


def _rule(limit: TimeLimit, policy: Policy) -> str:
    if limit.unit is Unit.WORKING_DAYS:
        return "from_receipt" if counts_time(limit, policy) else "day_after_event"
    return {Unit.HOURS: "hours", Unit.SAME_DAY: "same_day", Unit.MONTHS: "months"}.get(limit.unit, "calendar_days")


def _dates(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(step) for step in range((last - first).days + 1))


def _days_by_date(
    received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop], counted: Count
) -> Iterator[CountedDay]:
    receipt = effective_receipt(received_at, limit, calendar, policy)
    receipt_on, start_on = calendar.local_date(receipt), calendar.local_date(counted.start)
    by_working_days = limit.unit is Unit.WORKING_DAYS
    total = limit.amount if by_working_days else calendar_days_of(limit, start_on)
    stopped = stopped_days(merged(stops), calendar)
    number = 0
    for on in _dates(calendar.local_date(received_at), counted.due_on):
        day_off = not calendar.is_working_day(on)
        stretch = next((stretch for stretch in stopped if stretch.first <= on <= stretch.last), None)
        if on < receipt_on:
            reason = DayCount.DAY_OFF if day_off else DayCount.RECEIVED_LATE
        elif on == start_on and counted.start != receipt:
            reason = DayCount.DAY_OF_RESUMPTION
        elif on == receipt_on:
            reason = DayCount.DAY_OF_RECEIPT
        elif on < start_on:
            reason = DayCount.DAY_OFF if day_off else DayCount.BEFORE_RESTART
        elif day_off and (by_working_days or number == total):
            reason = DayCount.DAY_OFF
        elif stretch is not None:
            reason = DayCount.DAY_OF_RESUMPTION if on == stretch.last else DayCount.CLOCK_STOPPED
        else:
            reason = DayCount.COUNTED if number < total else DayCount.ROLLED_FORWARD
        number += reason is DayCount.COUNTED
        yield CountedDay(on, reason is DayCount.COUNTED, reason, calendar.day(on), number)


def _days_to_same_day(
    received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop], counted: Count
) -> Iterator[CountedDay]:
    receipt_on = calendar.local_date(effective_receipt(received_at, limit, calendar, policy))
    stopped = stopped_days(merged(stops), calendar)
    for on in _dates(calendar.local_date(received_at), counted.due_on):
        if on == counted.due_on:
            reason = DayCount.COUNTED
        elif not calendar.is_working_day(on):
            reason = DayCount.DAY_OFF
        elif on < receipt_on:
            reason = DayCount.RECEIVED_LATE
        elif any(stretch.first <= on < stretch.last for stretch in stopped):
            reason = DayCount.CLOCK_STOPPED
        else:
            reason = DayCount.AFTER_CUT_OFF
        yield CountedDay(on, reason is DayCount.COUNTED, reason, calendar.day(on), int(reason is DayCount.COUNTED))


def _days_by_time(
    received_at: datetime, limit: TimeLimit, calendar: Calendar, policy: Policy, stops: Sequence[Stop], counted: Count
) -> Iterator[CountedDay]:
    receipt = effective_receipt(received_at, limit, calendar, policy)
    standing = merged(stops)
    number = 0
    for on in _dates(calendar.local_date(received_at), counted.due_on):
        sessions = calendar.sessions_on(on)
        seconds = 0
        worked_after_receipt = 0
        for opening, close in sessions:
            worked_after_receipt += calendar.working_seconds(*_within(opening, close, receipt, counted.due_at))
            first, last = _within(opening, close, counted.start, counted.due_at)
            stood = sum(calendar.working_seconds(*_within(first, last, stop.start, stop.end)) for stop in standing)
            seconds += calendar.working_seconds(first, last) - stood
        if seconds:
            reason = DayCount.COUNTED
        elif not sessions:
            reason = DayCount.DAY_OFF
        elif on < calendar.local_date(receipt):
            reason = DayCount.RECEIVED_LATE
        elif not worked_after_receipt:
            reason = DayCount.OUTSIDE_HOURS
        else:
            reason = DayCount.BEFORE_RESTART if on < calendar.local_date(counted.start) else DayCount.CLOCK_STOPPED
        number += reason is DayCount.COUNTED
        yield CountedDay(on, reason is DayCount.COUNTED, reason, calendar.day(on), number, seconds)


def _within(first: datetime, last: datetime, lower: datetime, upper: datetime) -> tuple[datetime, datetime]:
    """The part of the stretch that lies within the bounds; empty (its start twice) where there is none."""
    start = max(first, lower)
    return start, max(start, min(last, upper))
