"""The timers of models: what they say, whose clock they are on, and when they fall due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.calendars import VIETNAM, NaiveInstant, default_calendar
from motcua.engine.deadlines import DEFAULT_POLICY, ClockName, Policy, TimerUnreadable, due, parse_timer, timer_instant
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

CALENDAR = default_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


MONDAY = local("2026-03-02T09:00")
PAUSE = LegalPause(local("2026-03-05T10:00"), local("2026-03-09T14:00"), "supplement", "ask")
OPEN = LegalPause(local("2026-03-05T10:00"), None, "supplement", "ask")


def fires(text: str, clock: ClockName, pauses: tuple[LegalPause, ...] = (), policy: Policy = DEFAULT_POLICY) -> datetime | None:
    moment = due(MONDAY, TimeLimit(5, Unit.WORKING_DAYS), CALENDAR, trace=False)
    return timer_instant(text, MONDAY, CALENDAR, policy, due=moment, clock=clock, pauses=pauses)


@pytest.mark.parametrize(
    ("text", "clock", "instant"),
    [
        ("5 working days", "authority", "2026-03-10T00:00"),  # 3, 4, 5, 6 and 9 March, to the end of the last
        ("1 Working  Day", "authority", "2026-03-04T00:00"),
        ("12 calendar days", "applicant", "2026-03-17T00:00"),  # 14 March is a Saturday, so Monday 16
        ("1 month", "applicant", "2026-04-03T00:00"),
        ("8 hours", "authority", "2026-03-03T09:00"),
        ("8 hours", "applicant", "2026-03-03T09:00"),
        ("8 hours", "wall", "2026-03-02T17:00"),
        ("30 minutes", "wall", "2026-03-02T09:30"),
        ("5 working days", "wall", "2026-03-10T00:00"),
        ("1 working day before due", "authority", "2026-03-06T07:00"),  # due on Monday 9 March
        ("3 working days before due", "applicant", "2026-03-04T07:00"),
    ],
)
def test_a_timer_falls_due(text: str, clock: ClockName, instant: str) -> None:
    assert fires(text, clock) == local(instant)


def test_a_pause_moves_the_authority_s_timers_and_no_others() -> None:
    assert fires("5 working days", "authority", (PAUSE,)) == local("2026-03-13T00:00")
    assert fires("5 working days", "applicant", (PAUSE,)) == local("2026-03-10T00:00")
    assert fires("5 working days", "wall", (PAUSE,)) == local("2026-03-10T00:00")


def test_during_an_open_pause_the_authority_s_timer_has_no_instant() -> None:
    assert fires("5 working days", "authority", (OPEN,)) is None
    assert fires("1 working day before due", "authority", (OPEN,)) is None
    assert fires("5 working days", "applicant", (OPEN,)) == local("2026-03-10T00:00")


def test_a_timer_that_was_reached_before_the_pause_still_falls_due() -> None:
    assert fires("2 working days", "authority", (OPEN,)) == local("2026-03-05T00:00")
    assert fires("8 hours", "authority", (OPEN,)) == local("2026-03-03T09:00")
    assert fires("3 working days before due", "authority", (OPEN,)) == local("2026-03-04T07:00")


def test_a_timer_that_is_reached_as_the_pause_begins_still_falls_due() -> None:
    at_nine = LegalPause(local("2026-03-03T09:00"), None, "supplement", "ask")
    assert fires("8 hours", "authority", (at_nine,)) == local("2026-03-03T09:00")


def test_a_timer_follows_the_counting_of_the_authority_but_not_the_rules_of_receipt() -> None:
    policy = Policy(late_receipt=time(8), cut_off=time(8), supplement="restart")
    assert fires("5 working days", "authority", (PAUSE,), policy) == local("2026-03-13T00:00")
    assert fires("1 working day", "authority", (), Policy(counting="from_receipt")) == local("2026-03-04T00:00")


def test_a_timer_before_an_unknown_due_date_never_falls_due() -> None:
    assert timer_instant("1 working day before due", MONDAY, CALENDAR, DEFAULT_POLICY, due=None, clock="authority") is None


def test_before_due_skips_days_off() -> None:
    moment = due(local("2026-02-13T09:00"), TimeLimit(1, Unit.WORKING_DAYS), CALENDAR)
    assert moment.due_on == date(2026, 2, 23)  # the Monday after Tết
    instant = timer_instant("1 working day before due", MONDAY, CALENDAR, DEFAULT_POLICY, due=moment, clock="authority")
    assert instant == local("2026-02-13T07:00")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "P5D", "5 days", "0 working days", "0 minutes", "0 working days before due", "-1 hours", "1.5 hours", "same day"],
)
def test_what_is_no_timer_is_refused_with_examples(text: str) -> None:
    with pytest.raises(TimerUnreadable, match="15 working days"):
        parse_timer(text)


@pytest.mark.parametrize("text", ["5 minutes", "2 hours", "1 working day"])
def test_a_start_without_a_zone_is_an_error(text: str) -> None:
    with pytest.raises(NaiveInstant, match="has no zone"):
        timer_instant(text, datetime(2026, 3, 2, 9), CALENDAR, DEFAULT_POLICY, due=None, clock="wall")  # noqa: DTZ001


@pytest.mark.parametrize("clock", ["authority", "applicant"])
def test_minutes_are_for_the_wall_clock_only(clock: ClockName) -> None:
    with pytest.raises(TimerUnreadable, match="wall"):
        parse_timer("30 minutes", clock)
    assert parse_timer("30 minutes", "wall") == parse_timer("30 minutes")


@given(st.integers(1, 20), st.integers(0, 10 * 1440), st.integers(1, 5 * 1440))
def test_a_working_day_timer_falls_due_when_the_same_limit_expires(number: int, begins_after: int, lasts: int) -> None:
    start = MONDAY + timedelta(minutes=begins_after)
    pauses = (LegalPause(start, start + timedelta(minutes=lasts), "verification", "check"),)
    limit = TimeLimit(number, Unit.WORKING_DAYS)
    assert fires(str(limit), "authority", pauses) == due(MONDAY, limit, CALENDAR, pauses=pauses).expires_at
