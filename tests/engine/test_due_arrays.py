"""Many due moments at once are those that one by one gives."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.engine.calendars import SESSIONS, Calendar, CalendarUnknown, OfficeWeek, Session, default_calendar, vietnam_calendar
from motcua.engine.deadlines import ClockStopped, PauseBackwards, Policy, due
from motcua.engine.dossier import LegalPause
from motcua.engine.due_arrays import due_array
from motcua.engine.pause_arrays import PauseArrays, PauseArraysUneven, pause_arrays
from motcua.procedures_catalog.calendar_tables import packaged_tables
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
MORNING = (Session(time(7, 30), time(11, 30)),)
SATURDAY_MORNINGS = OfficeWeek(datetime.min.date(), (SESSIONS,) * 5 + (MORNING, ()))  # noqa: DTZ901
CALENDARS = (
    default_calendar(),
    vietnam_calendar(packaged_tables().special_days, [2025, 2026], [SATURDAY_MORNINGS]),
    # Summer time makes days of 23 and 25 hours, which a plain division would misplace.
    vietnam_calendar([], [2025, 2026], zone=ZoneInfo("Europe/Berlin")),
)

seconds = st.integers(FIRST + 7200, FIRST + 5 * 365 * 86_400)
edges = st.integers(0, 5 * 365 * 48).map(lambda half_hours: FIRST + 7200 + half_hours * 1800)
limits = st.one_of(
    st.builds(TimeLimit, st.integers(1, 60), st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.HOURS])),
    st.builds(TimeLimit, st.integers(1, 30), st.just(Unit.MONTHS)),
    st.just(TimeLimit(0, Unit.SAME_DAY)),
)
times = st.sampled_from([None, time(9), time(15), time(16, 59, 30)])
policies = st.builds(Policy, st.sampled_from(["next_day", "from_receipt"]), times, times)


@given(st.lists(st.one_of(seconds, edges), max_size=30), limits, policies, st.sampled_from(CALENDARS))
def test_the_arrays_agree_with_one_moment_after_another(
    received: list[int], limit: TimeLimit, policy: Policy, calendar: Calendar
) -> None:
    found = due_array(np.array(received, dtype=np.int64), limit, calendar, policy)
    for place, second in enumerate(received):
        moment = due(datetime.fromtimestamp(second, UTC), limit, calendar, policy, trace=False)
        assert found.due_on[place].item() == moment.due_on
        assert found.due_at[place] == moment.due_at.timestamp()
        assert found.expires_at[place] == moment.expires_at.timestamp()
        assert found.provisional[place] == moment.provisional


@st.composite
def paused_dossiers(draw: st.DrawFn) -> tuple[int, list[LegalPause]]:
    """A receipt, and up to four pauses: before it and after it, apart, touching, overlapping, inside one another, or empty."""
    received = draw(st.one_of(seconds, edges))
    pauses: list[LegalPause] = []
    for _ in range(draw(st.integers(0, 4))):
        begin, touches = max(FIRST, received + 1800 * draw(st.integers(-48, 30 * 48))), draw(st.booleans())
        if pauses and touches:
            begin = int((pauses[-1].ended_at or pauses[-1].started_at).timestamp())
        end = begin + draw(st.one_of(st.just(0), st.integers(1, 20 * 48).map(lambda halves: 1800 * halves), st.integers(1, 90_000)))
        cause = draw(st.sampled_from(["supplement", "verification", "consultation"]))
        pauses.append(LegalPause(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC), cause, "activity"))
    return received, pauses


all_policies = st.builds(
    Policy, st.sampled_from(["next_day", "from_receipt"]), times, times, st.sampled_from(["resume", "restart"])
)


@settings(max_examples=300)
@given(st.lists(paused_dossiers(), max_size=12), limits, all_policies, st.sampled_from(CALENDARS))
def test_with_pauses_too_the_arrays_agree_with_one_moment_after_another(
    dossiers: list[tuple[int, list[LegalPause]]], limit: TimeLimit, policy: Policy, calendar: Calendar
) -> None:
    received = np.array([at for at, _ in dossiers], dtype=np.int64)
    found = due_array(received, limit, calendar, policy, pause_arrays([pauses for _, pauses in dossiers]))
    for place, (second, pauses) in enumerate(dossiers):
        moment = due(datetime.fromtimestamp(second, UTC), limit, calendar, policy, pauses, trace=False)
        assert found.due_on[place].item() == moment.due_on
        assert found.due_at[place] == moment.due_at.timestamp()
        assert found.expires_at[place] == moment.expires_at.timestamp()
        assert found.provisional[place] == moment.provisional


@given(st.lists(paused_dossiers(), max_size=12), limits, all_policies)
def test_the_order_of_the_columns_and_empty_places_change_nothing(
    dossiers: list[tuple[int, list[LegalPause]]], limit: TimeLimit, policy: Policy
) -> None:
    received = np.array([at for at, _ in dossiers], dtype=np.int64)
    pauses = pause_arrays([pauses for _, pauses in dossiers])
    nothing = np.zeros((len(dossiers), 1), dtype=np.int64)
    shuffled = PauseArrays(
        np.concatenate([nothing, pauses.starts[:, ::-1]], axis=1),
        np.concatenate([nothing, pauses.ends[:, ::-1]], axis=1),
        np.concatenate([nothing.astype(np.bool_), pauses.supplement[:, ::-1]], axis=1),
    )
    found, again = (due_array(received, limit, default_calendar(), policy, each) for each in (pauses, shuffled))
    for one, other in zip(astuple(found), astuple(again), strict=True):
        assert (one == other).all()


def test_an_open_pause_in_arrays_ends_where_it_is_said_to() -> None:
    received = datetime(2026, 3, 2, 2, tzinfo=UTC)
    asked = LegalPause(received + timedelta(days=2), None, "supplement", "ask")
    as_of = received + timedelta(days=9)
    limit = TimeLimit(5, Unit.WORKING_DAYS)
    seconds = np.array([int(received.timestamp())])
    found = due_array(seconds, limit, default_calendar(), pauses=pause_arrays([[asked]], as_of))
    assert found.due_on[0].item() == due(received, limit, default_calendar(), pauses=[asked], as_of=as_of).due_on
    with pytest.raises(ClockStopped):
        pause_arrays([[asked]])


def test_pauses_whose_arrays_do_not_fit_are_an_error() -> None:
    row, flag = np.array([[FIRST + 86_400]]), np.array([[True]])
    with pytest.raises(PauseArraysUneven, match="three arrays of one shape"):
        PauseArrays(row, row[0], flag)
    with pytest.raises(PauseBackwards, match="row 0 ends before it starts"):
        PauseArrays(row, row - 1, flag)
    with pytest.raises(PauseArraysUneven, match="2 receipts and 1 rows"):
        due_array(
            np.array([FIRST + 86_400] * 2), TimeLimit(1, Unit.HOURS), default_calendar(), pauses=PauseArrays(row, row + 1, flag)
        )


@pytest.mark.parametrize("limit", ["20 working days", "20 calendar days", "200 hours", "1 month", "same day"])
def test_a_pause_that_leaves_the_known_years_is_an_error_where_it_is_one_by_one(limit: str) -> None:
    received = datetime(2036, 12, 29, 2, tzinfo=UTC)
    asked = [LegalPause(received + timedelta(minutes=1), datetime(2037, 1, 10, tzinfo=UTC), "supplement", "ask")]
    seconds = np.array([int(received.timestamp())])
    with pytest.raises(CalendarUnknown, match="2037"):
        due(received, TimeLimit.parse(limit), default_calendar(), pauses=asked)
    with pytest.raises(CalendarUnknown, match="2037"):
        due_array(seconds, TimeLimit.parse(limit), default_calendar(), pauses=pause_arrays([asked]))


@pytest.mark.parametrize("limit", ["1 working day", "1 calendar day", "1 hour", "same day", "1 month"])
@pytest.mark.parametrize("year", [2024, 2037])
def test_a_receipt_outside_the_known_years_is_an_error(limit: str, year: int) -> None:
    received = np.array([FIRST + 86_400, int(datetime(year, 6, 1, tzinfo=UTC).timestamp())])
    with pytest.raises(CalendarUnknown, match=f"does not know the year {year}"):
        due_array(received, TimeLimit.parse(limit), default_calendar())


@pytest.mark.parametrize("limit", ["20 working days", "20 calendar days", "200 hours", "1 month", "1 working day"])
def test_a_count_that_leaves_the_known_years_is_an_error(limit: str) -> None:
    last_evening = int(datetime(2036, 12, 31, 16, tzinfo=UTC).timestamp())
    with pytest.raises(CalendarUnknown, match="2037"):
        due_array(np.array([last_evening]), TimeLimit.parse(limit), default_calendar())


def test_a_late_receipt_on_the_last_day_has_no_next_opening() -> None:
    last_evening = int((datetime(2036, 12, 31, 17, tzinfo=UTC) - timedelta(minutes=1)).timestamp())
    with pytest.raises(CalendarUnknown, match="2037"):
        due_array(np.array([last_evening]), TimeLimit.parse("same day"), default_calendar(), Policy(late_receipt=time(15)))
