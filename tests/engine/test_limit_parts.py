"""Timers at a part of a dossier's time limit: "half the time limit", "two thirds of the time limit", "60% of the time limit"."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.deadlines import DEFAULT_POLICY, ClockName, Policy, TimerUnreadable, due, parse_timer, timer_instant
from motcua.engine.dossier import LegalPause
from motcua.engine.due_moments import DayCount
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

CALENDAR = default_calendar()
FROM_RECEIPT = Policy(counting="from_receipt")
RESTART = Policy(supplement="restart")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


MONDAY = local("2026-03-02T09:00")
PARTS = {
    **{f"{percent}% of the time limit": Fraction(percent, 100) for percent in range(1, 100)},
    "half the time limit": Fraction(1, 2),
    "a third of the time limit": Fraction(1, 3),
    "two thirds of the time limit": Fraction(2, 3),
    "three quarters of the time limit": Fraction(3, 4),
    "99 percent of the time limit": Fraction(99, 100),
    "1 % of the time limit": Fraction(1, 100),
}


def fires(
    text: str,
    limit: str,
    pauses: tuple[LegalPause, ...] = (),
    policy: Policy = DEFAULT_POLICY,
    received_at: datetime = MONDAY,
    arrived_at: datetime = MONDAY,
) -> datetime | None:
    moment = due(received_at, TimeLimit.parse(limit), CALENDAR, policy, pauses, trace=False, as_of=local("2026-06-01T09:00"))
    return timer_instant(text, arrived_at, CALENDAR, policy, due=moment, clock="authority", pauses=pauses)


@pytest.mark.parametrize(
    ("text", "limit", "policy", "instant"),
    [
        ("half the time limit", "10 working days", DEFAULT_POLICY, "2026-03-10T00:00"),  # 3, 4, 5, 6, 9 March
        ("Half of  the time limit", "10 working days", DEFAULT_POLICY, "2026-03-10T00:00"),
        ("half the time limit", "15 working days", DEFAULT_POLICY, "2026-03-12T11:00"),  # 7 days, and 4 of the 8 hours of the 8th
        ("half the time limit", "1 working day", DEFAULT_POLICY, "2026-03-03T11:00"),
        ("a third of the time limit", "3 working days", DEFAULT_POLICY, "2026-03-04T00:00"),
        ("two thirds of the time limit", "3 working days", DEFAULT_POLICY, "2026-03-05T00:00"),
        ("a quarter of the time limit", "1 working day", DEFAULT_POLICY, "2026-03-03T09:00"),
        ("75% of the time limit", "2 working days", DEFAULT_POLICY, "2026-03-04T11:00"),
        ("half the time limit", "12 calendar days", DEFAULT_POLICY, "2026-03-10T00:00"),  # the 6th day is Sunday, so Monday 9
        ("half the time limit", "20 calendar days", DEFAULT_POLICY, "2026-03-13T00:00"),
        ("half the time limit", "2 months", DEFAULT_POLICY, "2026-04-02T11:00"),  # 61 days: 30, and half of the next
        ("half the time limit", "16 hours", DEFAULT_POLICY, "2026-03-03T09:00"),
        ("half the time limit", "1 hour", DEFAULT_POLICY, "2026-03-02T09:30"),
        ("half the time limit", "2 working days", FROM_RECEIPT, "2026-03-03T09:00"),
        ("half the time limit", "same day", DEFAULT_POLICY, "2026-03-02T14:00"),  # 6 hours are left: 2.5 before noon, 0.5 after
        ("half the time limit", "10 working days", Policy(late_receipt=time(8)), "2026-03-11T00:00"),  # as on Tuesday
    ],
)
def test_a_part_of_the_limit_has_passed(text: str, limit: str, policy: Policy, instant: str) -> None:
    assert fires(text, limit, policy=policy) == local(instant)


def test_the_part_is_counted_from_receipt_whenever_the_token_arrives() -> None:
    late = local("2026-03-20T09:00")
    assert fires("half the time limit", "10 working days", arrived_at=late) == local("2026-03-10T00:00")


PAUSE = LegalPause(local("2026-03-05T10:00"), local("2026-03-09T14:00"), "supplement", "ask")
OPEN = LegalPause(local("2026-03-05T10:00"), None, "supplement", "ask")


def test_a_supplement_moves_a_part_that_had_not_passed_and_leaves_one_that_had() -> None:
    # 3 and 4 March count, 5 and 6 stand, on 9 the clock runs again; 10, 11 and 12 are the third to the fifth day.
    assert fires("half the time limit", "10 working days", (PAUSE,)) == local("2026-03-13T00:00")
    assert fires("20% of the time limit", "10 working days", (PAUSE,)) == local("2026-03-05T00:00")


def test_while_the_clock_stands_a_part_that_has_not_passed_has_no_instant() -> None:
    assert fires("half the time limit", "10 working days", (OPEN,)) is None
    assert fires("20% of the time limit", "10 working days", (OPEN,)) == local("2026-03-05T00:00")


def test_a_limit_that_starts_again_after_a_supplement_has_its_half_again() -> None:
    late = LegalPause(local("2026-03-11T10:00"), local("2026-03-16T14:00"), "supplement", "ask")
    assert fires("half the time limit", "10 working days", (late,)) == local("2026-03-10T00:00"), "resumed: half had passed"
    assert fires("half the time limit", "10 working days", (late,), RESTART) == local("2026-03-24T00:00"), "17 to 23 March"


def test_in_a_dossier_without_a_known_limit_no_part_ever_passes() -> None:
    assert timer_instant("half the time limit", MONDAY, CALENDAR, DEFAULT_POLICY, due=None, clock="authority") is None


@pytest.mark.parametrize("clock", ["applicant", "wall"])
def test_the_limit_is_on_the_authority_s_clock_and_on_no_other(clock: ClockName) -> None:
    with pytest.raises(TimerUnreadable, match="the time limit is the authority's"):
        parse_timer("half the time limit", clock)


@pytest.mark.parametrize(
    "text",
    ["0% of the time limit", "100% of the time limit", "1.5% of the time limit", "-5% of the time limit", "the time limit"]
    + ["a fifth of the time limit", "half the limit", "every half the time limit", "2 times every 50% of the time limit"],
)
def test_other_parts_are_refused_with_examples(text: str) -> None:
    with pytest.raises(TimerUnreadable, match="half the time limit"):
        parse_timer(text)


limits = st.one_of(
    st.integers(1, 60).map(lambda n: TimeLimit(n, Unit.WORKING_DAYS)),
    st.integers(1, 90).map(lambda n: TimeLimit(n, Unit.CALENDAR_DAYS)),
    st.integers(1, 200).map(lambda n: TimeLimit(n, Unit.HOURS)),
    st.integers(1, 4).map(lambda n: TimeLimit(n, Unit.MONTHS)),
    st.just(TimeLimit(0, Unit.SAME_DAY)),
)
policies = st.sampled_from([DEFAULT_POLICY, FROM_RECEIPT, RESTART, Policy(late_receipt=time(15)), Policy(cut_off=time(15))])
receipts = st.integers(0, 200 * 24 * 60).map(lambda minutes: local("2026-01-05T00:00") + timedelta(minutes=minutes))


@st.composite
def paused(draw: st.DrawFn) -> tuple[datetime, tuple[LegalPause, ...]]:
    received_at = at = draw(receipts)
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        start = at + timedelta(minutes=draw(st.integers(1, 10 * 1440)))
        at = start + timedelta(minutes=draw(st.integers(1, 10 * 1440)))
        pauses.append(LegalPause(start, at, draw(st.sampled_from(["supplement", "verification"])), "a"))
    return received_at, tuple(pauses)


@given(paused(), limits, policies, st.lists(st.sampled_from(sorted(PARTS)), min_size=2, max_size=2))
def test_a_larger_part_never_passes_earlier_and_none_after_the_limit_itself(
    when: tuple[datetime, tuple[LegalPause, ...]], limit: TimeLimit, policy: Policy, texts: list[str]
) -> None:
    received_at, pauses = when
    whole = due(received_at, limit, CALENDAR, policy, pauses, trace=False)
    at = [
        timer_instant(text, received_at, CALENDAR, policy, due=whole, clock="authority", pauses=pauses)
        for text in sorted(texts, key=PARTS.__getitem__)
    ]
    assert at[0] is not None
    assert at[1] is not None
    assert received_at.replace(microsecond=0) <= at[0] <= at[1] <= whole.expires_at


@given(paused(), limits.filter(lambda limit: limit.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS)), st.sampled_from(sorted(PARTS)))
def test_a_part_in_days_is_where_the_explanation_has_counted_so_many_days(
    when: tuple[datetime, tuple[LegalPause, ...]], limit: TimeLimit, text: str
) -> None:
    """The slow way: by the days that the explanation of the due date counts one by one."""
    received_at, pauses = when
    whole = due(received_at, limit, CALENDAR, DEFAULT_POLICY, pauses)
    full_days, rest = divmod(limit.amount * PARTS[text], 1)
    fires_at = timer_instant(text, received_at, CALENDAR, DEFAULT_POLICY, due=whole, clock="authority", pauses=pauses)
    counted = [day.on for day in whole.days if day.counted]
    on = counted[int(full_days) if rest else int(full_days) - 1]
    stood = {day.on for day in whole.days if day.reason in (DayCount.CLOCK_STOPPED, DayCount.DAY_OF_RESUMPTION)}
    on = rolled(on, stood)
    if not rest:
        assert fires_at == CALENDAR.end_of(on)
    elif full_days and CALENDAR.end_of(rolled(counted[int(full_days) - 1], stood)) > CALENDAR.opening_of(on):
        assert fires_at == CALENDAR.end_of(on), "the days before had rolled on to the end of the same day"
    else:
        worked = sum((end - start).total_seconds() for start, end in CALENDAR.sessions_on(on))
        assert fires_at is not None
        assert CALENDAR.local_date(fires_at) == on
        assert CALENDAR.working_seconds(CALENDAR.opening_of(on), fires_at) == pytest.approx(worked * float(rest), abs=1)


def rolled(day: date, stood: set[date]) -> date:
    """The first working day from `day` on at whose close the clock ran."""
    while not CALENDAR.is_working_day(day) or day in stood:
        day += timedelta(days=1)
    return day
