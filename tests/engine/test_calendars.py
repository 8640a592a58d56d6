"""The working calendar: which days are worked, how sure that is, and arithmetic that always adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.calendars import (
    VIETNAM,
    Calendar,
    CalendarUnknown,
    DayKind,
    NaiveInstant,
    Session,
    default_calendar,
    vietnam_calendar,
    weekdays,
)
from motcua.engine.statutory_holidays import statutory_holidays
from motcua.errors import InvalidInput
from motcua.procedures_catalog.calendar_tables import packaged_tables
from motcua.procedures_catalog.days_off import Confidence, SpecialDay, SpecialKind

CALENDAR = default_calendar()
FIRST = datetime(2025, 1, 1, tzinfo=UTC)

seconds_of_ten_years = st.integers(0, 10 * 365 * 86400)
instants = seconds_of_ten_years.map(lambda second: FIRST + timedelta(seconds=second))
fine_instants = st.builds(lambda at, micro: at + timedelta(microseconds=micro), instants, st.integers(0, 999_999))
days = st.dates(date(2025, 1, 1), date(2035, 12, 31))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "kind", "confidence"),
    [
        ("2026-03-02", DayKind.WORKING, Confidence.CONFIRMED),
        ("2026-03-07", DayKind.WEEKEND, Confidence.CONFIRMED),
        ("2026-01-02", DayKind.SWAPPED_OFF, Confidence.CONFIRMED),
        ("2026-01-10", DayKind.MAKEUP_WORKING, Confidence.CONFIRMED),
        ("2026-04-27", DayKind.COMPENSATORY, Confidence.CONFIRMED),
        ("2026-08-22", DayKind.MAKEUP_WORKING, Confidence.TO_CHECK),
        ("2026-08-31", DayKind.SWAPPED_OFF, Confidence.TO_CHECK),
        ("2026-11-24", DayKind.HOLIDAY, Confidence.CONFIRMED),
        ("2025-11-24", DayKind.WORKING, Confidence.CONFIRMED),
        ("2027-11-24", DayKind.HOLIDAY, Confidence.COMPUTED),
        ("2027-02-06", DayKind.HOLIDAY, Confidence.COMPUTED),
        ("2027-05-03", DayKind.COMPENSATORY, Confidence.COMPUTED),  # 1 May 2027 is a Saturday
        ("2027-03-01", DayKind.WORKING, Confidence.COMPUTED),
    ],
)
def test_a_day_says_what_it_is_and_how_sure_that_is(day: str, kind: DayKind, confidence: Confidence) -> None:
    reason = CALENDAR.day(date.fromisoformat(day))
    assert (reason.kind, reason.confidence) == (kind, confidence)


@pytest.mark.parametrize(
    "tet", ["2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11"]
)
def test_the_first_day_of_tet_by_the_lunar_calendar_is_off(tet: str) -> None:
    assert CALENDAR.day(date.fromisoformat(tet)).kind is DayKind.HOLIDAY


def test_every_computed_holiday_of_a_confirmed_year_that_falls_on_a_weekday_is_off() -> None:
    for year in packaged_tables().confirmed_years:
        computed = [holiday.on for holiday in statutory_holidays(year) if holiday.on.isoweekday() <= 5]
        assert [day for day in computed if CALENDAR.is_working_day(day)] == []


def test_a_swap_is_never_computed_only_announced() -> None:
    assert date(2026, 8, 31) not in {holiday.on for holiday in statutory_holidays(2026)}


def test_in_a_confirmed_year_the_table_decides_which_neighbour_of_national_day_is_off() -> None:
    announced = [SpecialDay(date(2027, 9, 1), SpecialKind.HOLIDAY, "Quốc khánh (liền kề)", Confidence.CONFIRMED, "test")]
    provisional, confirmed = (
        vietnam_calendar(announced, [2026]),
        vietnam_calendar(announced, [2027]),
    )
    assert not provisional.is_working_day(date(2027, 9, 3))  # the usual choice for a Thursday
    assert confirmed.is_working_day(date(2027, 9, 3))
    assert not confirmed.is_working_day(date(2027, 9, 1))


def test_a_table_that_forgets_national_day_does_not_make_it_a_working_day() -> None:
    calendar = vietnam_calendar([], [2026])
    reason = calendar.day(date(2026, 9, 2))
    assert (reason.kind, reason.confidence) == (DayKind.HOLIDAY, Confidence.COMPUTED)


def test_the_years_without_announcements_are_provisional() -> None:
    assert [year for year in range(2024, 2038) if CALENDAR.is_confirmed(year)] == [2025, 2026]
    assert not CALENDAR.is_provisional(date(2025, 6, 1), date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2026, 12, 31), date(2027, 1, 1))
    assert CALENDAR.is_provisional(date(2026, 12, 31), date(2028, 1, 1))


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2037, 1, 1)])
def test_a_year_outside_the_known_ones_is_an_error_that_names_it(day: date) -> None:
    for ask in (CALENDAR.day, CALENDAR.is_working_day, CALENDAR.close_of, CALENDAR.sessions_on, CALENDAR.end_of):
        with pytest.raises(CalendarUnknown, match=f"does not know the year {day.year}"):
            ask(day)


def test_walking_out_of_the_known_years_is_an_error() -> None:
    with pytest.raises(CalendarUnknown, match="2037"):
        CALENDAR.next_working_day(date(2036, 12, 31))
    with pytest.raises(CalendarUnknown, match="2024"):
        CALENDAR.working_day_before(date(2025, 1, 2), 1)
    with pytest.raises(CalendarUnknown, match="2037"):
        CALENDAR.add_working_seconds(local("2036-12-31T16:00"), 3601)
    with pytest.raises(CalendarUnknown, match="2037"):
        CALENDAR.next_opening(local("2036-12-31T14:00"))


def test_an_instant_without_a_zone_is_an_error() -> None:
    with pytest.raises(NaiveInstant, match="has no zone"):
        CALENDAR.local_date(datetime(2026, 3, 2, 9))  # noqa: DTZ001


def test_working_time_cannot_be_taken_away() -> None:
    with pytest.raises(InvalidInput, match="below zero"):
        CALENDAR.add_working_seconds(FIRST, -1)


@pytest.mark.parametrize(
    "sessions",
    [
        (),
        (Session(time(8), time(8)),),
        (Session(time(13), time(17)), Session(time(7), time(11))),
        (Session(time(7), time(12)), Session(time(11), time(17))),
    ],
)
def test_sessions_out_of_order_are_an_error(sessions: tuple[Session, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"Sessions must be given in order|A week has seven days"):
        vietnam_calendar([], [2026], weekdays(sessions))


def test_a_calendar_without_a_confirmed_year_is_an_error() -> None:
    with pytest.raises(CalendarUnknown, match="at least one confirmed year"):
        vietnam_calendar([], [])


def test_the_local_date_begins_at_midnight_in_vietnam() -> None:
    assert CALENDAR.local_date(datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert CALENDAR.local_date(datetime(2026, 3, 2, 17, tzinfo=UTC)) == date(2026, 3, 3)


def test_a_working_day_has_two_sessions_and_a_day_off_none() -> None:
    assert CALENDAR.sessions_on(date(2026, 3, 2)) == (
        (local("2026-03-02T07:00"), local("2026-03-02T11:30")),
        (local("2026-03-02T13:30"), local("2026-03-02T17:00")),
    )
    assert CALENDAR.sessions_on(date(2026, 1, 10)) != ()
    assert CALENDAR.sessions_on(date(2026, 2, 17)) == ()


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-03-02T06:00", "2026-03-02T07:00"),
        ("2026-03-02T07:00", "2026-03-02T07:00"),
        ("2026-03-02T07:01", "2026-03-02T13:30"),
        ("2026-03-06T14:00", "2026-03-09T07:00"),
        ("2026-02-13T17:00", "2026-02-23T07:00"),
    ],
)
def test_the_next_opening_is_the_first_start_of_a_session_from_then_on(instant: str, opening: str) -> None:
    assert CALENDAR.next_opening(local(instant)) == local(opening)


def test_an_opening_a_microsecond_ago_is_not_the_next_one() -> None:
    just_after = local("2026-03-02T07:00") + timedelta(microseconds=1)
    assert CALENDAR.next_opening(just_after) == local("2026-03-02T13:30")


def test_an_authority_with_other_sessions_closes_at_its_own_hour() -> None:
    mornings = vietnam_calendar([], [2026], weekdays((Session(time(8), time(12)),)))
    assert mornings.close_of(date(2026, 3, 2)) == local("2026-03-02T12:00")
    assert mornings.add_working_seconds(local("2026-03-02T11:00"), 2 * 3600) == local("2026-03-03T09:00")


@given(days, st.integers(1, 200))
def test_going_forward_and_back_the_same_number_of_working_days_returns(day: date, number: int) -> None:
    start = CALENDAR.next_working_day(day, include=True)
    there = CALENDAR.working_day_after(start, number)
    assert CALENDAR.working_day_before(there, number) == start
    assert CALENDAR.working_days_in(start, there) == number


@given(days)
def test_the_next_working_day_is_the_first_one_on_the_wall_calendar(day: date) -> None:
    ahead = [day + timedelta(step) for step in range(20)]
    assert CALENDAR.next_working_day(day, include=True) == next(each for each in ahead if CALENDAR.is_working_day(each))
    assert CALENDAR.next_working_day(day) == next(each for each in ahead[1:] if CALENDAR.is_working_day(each))


@given(days, days, days)
def test_splitting_a_stretch_of_days_changes_no_total(a: date, b: date, c: date) -> None:
    assert CALENDAR.working_days_in(a, b) + CALENDAR.working_days_in(b, c) == CALENDAR.working_days_in(a, c)


@given(fine_instants, fine_instants, fine_instants)
def test_splitting_an_interval_at_any_instant_changes_no_total(a: datetime, b: datetime, c: datetime) -> None:
    assert CALENDAR.working_seconds(a, b) + CALENDAR.working_seconds(b, c) == CALENDAR.working_seconds(a, c)


@given(fine_instants, st.integers(0, 400 * 3600))
def test_adding_then_counting_working_time_gives_the_number_back(start: datetime, seconds: int) -> None:
    assert CALENDAR.working_seconds(start, CALENDAR.add_working_seconds(start, seconds)) == seconds


@given(instants, st.integers(1, 400 * 3600))
def test_working_time_is_reached_at_the_earliest_instant(start: datetime, seconds: int) -> None:
    reached = CALENDAR.add_working_seconds(start, seconds)
    assert CALENDAR.working_seconds(start, reached - timedelta(seconds=1)) == seconds - 1


@given(days, st.integers(0, 20))
def test_the_working_time_of_whole_days_is_the_sum_of_their_sessions(day: date, length: int) -> None:
    last = day + timedelta(length)
    midnight = datetime.combine(day, time(0), VIETNAM)
    sessions = [each for step in range(length + 1) for each in CALENDAR.sessions_on(day + timedelta(step))]
    total = sum((end - start for start, end in sessions), timedelta())
    assert CALENDAR.working_seconds(midnight, CALENDAR.end_of(last)) == total.total_seconds()


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=12))
def test_a_day_that_the_table_takes_off_is_off(taken: set[date]) -> None:
    table = [SpecialDay(day, SpecialKind.HOLIDAY, "nghỉ", Confidence.CONFIRMED, "test") for day in taken]
    calendar: Calendar = vietnam_calendar(table, [2026])
    assert not any(calendar.is_working_day(day) for day in taken)
