"""Many due moments at once are those that one by one gives."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.calendars import SESSIONS, Calendar, CalendarUnknown, OfficeWeek, Session, default_calendar, vietnam_calendar
from motcua.engine.deadlines import Policy, due
from motcua.engine.due_arrays import due_array
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
