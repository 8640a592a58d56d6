"""Due moments of many dossiers at once, for statistics and simulation, on the calendar's tables as NumPy arrays.

The second path beside `engine/counting.py`: the same contract without an explanation, some million due moments a second. The
tests hold the two against each other. Instants are whole epoch seconds (int64), dates are datetime64[D]. Pauses are taken
column by column, so their cost grows with the most that one dossier has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motcua.engine.array_tables import ArrayTables, Days, Flags, Seconds, array_tables
from motcua.engine.calendars import Calendar
from motcua.engine.counting import working_seconds_of
from motcua.engine.due_moments import DEFAULT_POLICY, Policy
from motcua.engine.pause_arrays import PauseArrays, PauseArraysUneven
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class DueArrays:
    """Due moments in the order of the receipts: due_on (datetime64[D]), due_at and expires_at (epoch seconds), provisional."""

    due_on: Dates
    due_at: Seconds
    expires_at: Seconds
    provisional: Flags


@dataclass(frozen=True, slots=True)
class _Rules:
    """What all rows of one call have in common."""

    limit: TimeLimit
    policy: Policy
    table: ArrayTables


@dataclass(frozen=True, slots=True)
class _Counted:
    due_day: Days
    due_at: Seconds
    expires_at: Seconds


def due_array(
    received_at: Seconds,
    limit: TimeLimit,
    calendar: Calendar,
    policy: Policy = DEFAULT_POLICY,
    pauses: PauseArrays | None = None,
) -> DueArrays:
    """When one limit ends for each receipt, as `due` counts it.

    received_at: epoch seconds, int64, in any order.   pauses: the legal pauses, row by row; those of records come from
    `pause_arrays`. Raises CalendarUnknown where an instant or a count leaves the calendar, PauseArraysUneven.
    """
    table = array_tables(calendar)
    rules = _Rules(limit, policy, table)
    received = np.asarray(received_at, dtype=np.int64)
    received_day = start_day = table.check_days(table.days_of(received))
    start = received
    if policy.late_receipt is not None and limit.unit is not Unit.HOURS:
        start, start_day = _effective_receipt(received, received_day, rules)
    if pauses is None or not pauses.columns:
        counted = _count(start, start_day, rules)
    else:
        if len(pauses.starts) != len(received):
            raise PauseArraysUneven(
                f"There are {len(received)} receipts and {len(pauses.starts)} rows of pauses. Give each receipt its row.",
            )
        in_time = pauses.in_time()
        if policy.supplement == "restart":
            start, start_day = _restarted(start, start_day, rules, in_time)
        counted = _count_paused(start, start_day, rules, in_time.merged())
    due_day = counted.due_day
    provisional = table.unconfirmed_before[due_day + 1] > table.unconfirmed_before[received_day]
    return DueArrays(table.first_on + due_day, counted.due_at, counted.expires_at, provisional)


def _effective_receipt(received: Seconds, day: Days, rules: _Rules) -> tuple[Seconds, Days]:
    """When each dossier counts as received under the policy `late_receipt`, and the day of it."""
    assert rules.policy.late_receipt is not None
    table = rules.table
    in_time = table.are_worked(day) & table.are_by(received, day, rules.policy.late_receipt)
    if in_time.all():
        return received, day
    position = np.zeros_like(day)
    position[~in_time] = table.positions_after(day[~in_time], 1)
    return np.where(in_time, received, table.openings[position]), np.where(in_time, day, table.working[position])


def _count(start: Seconds, start_day: Days, rules: _Rules) -> _Counted:
    """The count from one event in each row, with no pauses."""
    limit, table = rules.limit, rules.table
    seconds = working_seconds_of(limit, rules.policy)
    if seconds is not None:
        return _at_instants(*table.worked_off(start, seconds), rules)
    if limit.unit is Unit.WORKING_DAYS:
        return _at_ends(table.working_days_after(start_day, limit.amount), rules)
    if limit.unit is Unit.SAME_DAY:
        return _at_ends(_days_of_events(start, start_day, rules), rules)
    return _at_ends(table.rolled(start_day + _calendar_days(start_day, rules)), rules)


def _count_paused(start: Seconds, start_day: Days, rules: _Rules, stops: PauseArrays) -> _Counted:
    """The same with merged stops."""
    limit, table = rules.limit, rules.table
    seconds = working_seconds_of(limit, rules.policy)
    if seconds is not None:
        return _at_instants(*_worked_off(start, seconds, table, stops), rules)
    if limit.unit is Unit.SAME_DAY:
        return _at_ends(_same_days(start, start_day, rules, stops), rules)
    first, last = _stopped_days(stops, table)
    if limit.unit is Unit.WORKING_DAYS:
        numbers = np.full(len(start), limit.amount, dtype=np.int64)
        after, left = _past_stops(start_day, numbers, first, last, table.worked_through)
        return _at_ends(table.working_days_after(table.check_days(after), left), rules)
    every_day = np.arange(len(table.worked_through), dtype=np.int64)
    after, left = _past_stops(start_day, _calendar_days(start_day, rules), first, last, every_day)
    due_day = table.rolled(after + left)
    for column in stops.columns:
        stands = (first[:, column] <= due_day) & (due_day <= last[:, column])
        due_day[stands] = table.working_days_after(table.check_days(last[stands, column]), 1)
    return _at_ends(due_day, rules)


def _at_ends(due_day: Days, rules: _Rules) -> _Counted:
    return _Counted(due_day, rules.table.closes[due_day], rules.table.midnights[due_day + 1])


def _at_instants(due_at: Seconds, due_day: Days, rules: _Rules) -> _Counted:
    return _Counted(due_day, due_at, due_at if rules.limit.unit is Unit.HOURS else rules.table.midnights[due_day + 1])


def _calendar_days(start_day: Days, rules: _Rules) -> Seconds:
    """The number of calendar days of the limit from each day on."""
    limit, table = rules.limit, rules.table
    if limit.unit is not Unit.MONTHS:
        return np.full(len(start_day), limit.amount, dtype=np.int64)
    start_on = table.first_on + start_day
    months = start_on.astype("datetime64[M]")
    last_month = months + limit.amount
    same_day = last_month.astype("datetime64[D]") + (start_on - months.astype("datetime64[D]"))
    month_end = (last_month + 1).astype("datetime64[D]") - 1
    days: Seconds = (np.minimum(same_day, month_end) - start_on).astype(np.int64)
    return days


def _days_of_events(events: Seconds, days: Days, rules: _Rules) -> Days:
    """ "Same day" as an event: its day, or the next working day after the cut-off and on a day off."""
    table = rules.table
    in_time = table.are_worked(table.check_days(days))
    if rules.policy.cut_off is not None:
        in_time &= table.are_by(events, days, rules.policy.cut_off)
    due_day = days.copy()
    due_day[~in_time] = table.working_days_after(days[~in_time], 1)
    return due_day


def _same_days(start: Seconds, start_day: Days, rules: _Rules, stops: PauseArrays) -> Days:
    due_day = _days_of_events(start, start_day, rules)
    for column in stops.columns:
        begins, ends = stops.starts[:, column], stops.ends[:, column]
        moved = (ends > begins) & (ends > start) & (begins < rules.table.closes[due_day])
        due_day[moved] = _days_of_events(ends[moved], rules.table.days_of(ends[moved]), rules)
    return due_day


def _restarted(start: Seconds, start_day: Days, rules: _Rules, stops: PauseArrays) -> tuple[Seconds, Days]:
    """The events from which the rows count where a supplement starts the clock again, unless the limit had run out before."""
    start, start_day, runs = start.copy(), start_day.copy(), np.ones(len(start), dtype=np.bool_)
    for column in stops.columns:
        begins, ends = stops.starts[:, column], stops.ends[:, column]
        asked = runs & stops.supplement[:, column] & (ends > begins) & (ends > start)
        if not asked.any():
            continue
        so_far = _count_paused(start[asked], start_day[asked], rules, stops.of_rows(asked, column).merged())
        runs[asked] = begins[asked] <= so_far.expires_at
        again = asked & runs
        start[again] = ends[again]
        start_day[again] = rules.table.days_of(ends[again])
    return start, start_day


def _stopped_days(stops: PauseArrays, table: ArrayTables) -> tuple[Days, Days]:
    """The first and the last day that each merged stop takes from a count by days; where there is none, none after the last."""
    first, last = np.full(stops.starts.shape, np.iinfo(np.int64).max // 2), np.full(stops.starts.shape, -1, dtype=np.int64)
    stands = stops.ends > stops.starts
    begins, last_day = stops.starts[stands], table.days_of(stops.ends[stands])
    first_day = table.check_days(table.days_of(begins))
    first[stands] = np.minimum(first_day + (begins >= table.closes[first_day]), last_day)
    last[stands] = last_day
    return first, last


def _past_stops(after: Days, numbers: Seconds, first: Days, last: Days, counted_through: Seconds) -> tuple[Days, Seconds]:
    """Of a count of so many days after each day: the last stopped day that it comes past, and how many days are left after it.

    counted_through: from the day before the calendar's first on, how many days count up to and including it.
    """
    after, numbers = after.copy(), numbers.copy()
    runs = np.ones(len(after), dtype=np.bool_)
    for column in range(first.shape[1]):
        rows = np.flatnonzero(runs & (last[:, column] > after))
        if not rows.size:
            continue
        begin, here = first[rows, column], after[rows]
        before = np.where(begin > here, counted_through[begin] - counted_through[np.minimum(here + 1, begin)], 0)
        over = before >= numbers[rows]
        runs[rows[over]] = False
        on = rows[~over]
        numbers[on] -= before[~over]
        after[on] = last[on, column]
    return after, numbers


def _worked_off(start: Seconds, seconds: int, table: ArrayTables, stops: PauseArrays) -> tuple[Seconds, Days]:
    """The instants by which so much working time has passed since each start, the stops left out, and their days."""
    start, left = start.copy(), np.full(len(start), seconds, dtype=np.int64)
    runs = np.ones(len(start), dtype=np.bool_)
    for column in stops.columns:
        begins, ends = stops.starts[:, column], stops.ends[:, column]
        rows = np.flatnonzero(runs & (ends > begins) & (ends > start))
        if not rows.size:
            continue
        until = np.maximum(begins[rows], start[rows])
        table.check_days(table.days_of(until))
        worked = table.worked_before(until) - table.worked_before(start[rows])
        over = worked >= left[rows]
        runs[rows[over]] = False
        on = rows[~over]
        left[on] -= worked[~over]
        start[on] = ends[on]
    table.check_days(table.days_of(start))
    return table.worked_off(start, left)
