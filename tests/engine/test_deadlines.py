"""Laws of the deadline engine that hold for every receipt, limit and pause (TIME.md, Properties that hold)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motcua.engine.calendars import CalendarUnknown, NaiveInstant, default_calendar
from motcua.engine.counting import calendar_days_of
from motcua.engine.deadlines import (
    RULES,
    ClockStopped,
    DayCount,
    PauseBackwards,
    Policy,
    PolicyUnknown,
    due,
    explain,
    explanation_table,
)
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from tests.engine import reference_count as reference

CALENDAR = default_calendar()
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
NEXT_DAY, FROM_RECEIPT = Policy(), Policy(counting="from_receipt")
CAUSES = ("supplement", "verification", "tax_payment")

# Steps of ten minutes: every session begins and ends on one, so that the edges are met often.
receipts = st.integers(0, 560 * 144).map(lambda step: FIRST + timedelta(minutes=10 * step))
day_limits = st.builds(TimeLimit, st.integers(1, 30), st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]))
limits = st.one_of(
    day_limits,
    st.builds(TimeLimit, st.integers(1, 3), st.just(Unit.MONTHS)),
    st.builds(TimeLimit, st.integers(1, 60), st.just(Unit.HOURS)),
    st.just(TimeLimit(0, Unit.SAME_DAY)),
)
times = st.sampled_from([None, time(9), time(15), time(16, 30)])
policies = st.builds(Policy, st.sampled_from(["next_day", "from_receipt"]), times, times, st.sampled_from(["resume", "restart"]))


@st.composite
def pauses_after(draw: st.DrawFn, received_at: datetime) -> list[LegalPause]:
    """Up to three pauses, apart, touching, overlapping or empty, that begin within a fortnight or so of receipt."""
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        start = received_at + timedelta(minutes=10 * draw(st.integers(0, 20 * 144)))
        length = draw(st.one_of(st.integers(0, 3 * 144), st.just(0), st.just(144), st.integers(1, 20)))
        pauses.append(LegalPause(start, start + timedelta(minutes=10 * length), draw(st.sampled_from(CAUSES)), "activity"))
    if len(pauses) > 1 and draw(st.booleans()):
        first = pauses[0]
        assert first.ended_at is not None
        pauses[1] = LegalPause(
            first.ended_at, first.ended_at + timedelta(hours=draw(st.integers(1, 60))), "verification", "touching"
        )
    return pauses


@st.composite
def dossiers(draw: st.DrawFn) -> tuple[datetime, list[LegalPause]]:
    received_at = draw(receipts)
    return received_at, draw(pauses_after(received_at))


@given(dossiers(), st.integers(1, 30))
def test_working_days_agree_with_counting_day_by_day(dossier: tuple[datetime, list[LegalPause]], number: int) -> None:
    received_at, pauses = dossier
    moment = due(received_at, TimeLimit(number, Unit.WORKING_DAYS), CALENDAR, NEXT_DAY, pauses, trace=False)
    assert moment.due_on == reference.working_days(received_at, number, pauses)


@given(dossiers(), st.integers(1, 40))
def test_calendar_days_agree_with_counting_day_by_day(dossier: tuple[datetime, list[LegalPause]], number: int) -> None:
    received_at, pauses = dossier
    moment = due(received_at, TimeLimit(number, Unit.CALENDAR_DAYS), CALENDAR, NEXT_DAY, pauses, trace=False)
    assert moment.due_on == reference.calendar_days(received_at, number, pauses)


@settings(max_examples=40)
@given(dossiers(), st.integers(1, 24))
def test_hours_agree_with_walking_through_the_sessions(dossier: tuple[datetime, list[LegalPause]], number: int) -> None:
    received_at, pauses = dossier
    moment = due(received_at, TimeLimit(number, Unit.HOURS), CALENDAR, NEXT_DAY, pauses, trace=False)
    assert moment.due_at == moment.expires_at == reference.working_time(received_at, timedelta(hours=number), pauses)


@settings(max_examples=40)
@given(dossiers(), st.integers(1, 5))
def test_from_receipt_a_working_day_is_eight_hours_of_office_time(dossier: tuple[datetime, list[LegalPause]], number: int) -> None:
    received_at, pauses = dossier
    moment = due(received_at, TimeLimit(number, Unit.WORKING_DAYS), CALENDAR, FROM_RECEIPT, pauses, trace=False)
    assert moment.due_at == reference.working_time(received_at, timedelta(hours=8 * number), pauses)
    assert moment.expires_at == reference.at(moment.due_on + timedelta(1), time(0))


@given(dossiers(), limits, policies)
def test_due_on_never_falls_on_a_day_off(dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy) -> None:
    received_at, pauses = dossier
    moment = due(received_at, limit, CALENDAR, policy, pauses, trace=False)
    assert reference.works(moment.due_on) or moment.due_on.year > 2026
    assert CALENDAR.is_working_day(moment.due_on)


@given(dossiers(), st.integers(0, 10 * 144), limits, policies)
def test_later_receipt_never_gives_an_earlier_due_date(
    dossier: tuple[datetime, list[LegalPause]], later_by: int, limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    # A month from 28 and from 29 January 2025 ends on the same 28 February, so paused days can set the earlier receipt behind.
    assume(not (pauses and limit.unit is Unit.MONTHS))
    later_at = received_at + timedelta(minutes=10 * later_by)
    first = due(received_at, limit, CALENDAR, policy, pauses, trace=False)
    second = due(later_at, limit, CALENDAR, policy, pauses, trace=False)
    assert first.due_on <= second.due_on
    assert first.due_at <= second.due_at
    assert first.expires_at <= second.expires_at


@given(dossiers(), limits, policies)
def test_counting_the_days_of_the_explanation_gives_the_limit_back(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    moment = due(received_at, limit, CALENDAR, policy, pauses)
    counted = [day for day in moment.days if day.counted]
    if limit.unit is Unit.HOURS:
        assert sum(day.seconds for day in counted) == limit.amount * 3600
    elif limit.unit is Unit.WORKING_DAYS and policy.counting == "from_receipt":
        assert sum(day.seconds for day in counted) == limit.amount * 8 * 3600
    elif limit.unit is Unit.SAME_DAY:
        assert [day.on for day in counted] == [moment.due_on]
    else:
        # A month has as many days as lie between the day on which its count starts and the same day of the next.
        shortest = 28 * limit.amount if limit.unit is Unit.MONTHS else limit.amount
        longest = 31 * limit.amount if limit.unit is Unit.MONTHS else limit.amount
        assert shortest <= len(counted) <= longest
        assert [day.number for day in counted] == list(range(1, len(counted) + 1))


@given(receipts, st.integers(1, 3))
def test_a_limit_in_months_explains_every_day_to_the_same_day_of_the_month(received_at: datetime, months: int) -> None:
    limit = TimeLimit(months, Unit.MONTHS)
    moment = due(received_at, limit, CALENDAR)
    received_on = CALENDAR.local_date(received_at)
    last = [day.on for day in moment.days if day.counted][-1]
    assert (last - received_on).days == calendar_days_of(limit, received_on) == sum(day.counted for day in moment.days)
    assert last.day == received_on.day or (last + timedelta(1)).day == 1
    assert (last.month - received_on.month) % 12 == months


@given(dossiers(), limits, policies)
def test_the_explanation_runs_without_a_gap_from_receipt_to_the_due_date(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    moment = due(received_at, limit, CALENDAR, policy, pauses)
    days = [day.on for day in moment.days]
    assert days[0] == CALENDAR.local_date(received_at)
    assert days[-1] == moment.due_on
    assert all(later - earlier == timedelta(1) for earlier, later in pairwise(days))
    # Where the last day does not count itself, the reason says that the limit rolled on to it.
    assert moment.days[-1].counted or moment.days[-1].reason is DayCount.ROLLED_FORWARD


@given(dossiers(), limits, policies)
def test_the_events_lead_step_by_step_to_the_due_date(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    moment = due(received_at, limit, CALENDAR, policy, pauses)
    assert moment.events[0].kind == "receipt"
    assert moment.events[-1].moved_to == moment.due_on
    assert all(later.moved_from == earlier.moved_to for earlier, later in pairwise(moment.events))


@settings(max_examples=60)
@given(dossiers(), limits, policies)
def test_the_explanation_in_words_names_the_date_every_rule_with_its_source_and_every_special_day(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    moment = due(received_at, limit, CALENDAR, policy, pauses)
    english, vietnamese = explain(moment, "en"), explain(moment, "vi")
    assert moment.due_on.isoformat() in english
    assert f"{moment.due_on:%d/%m/%Y}" in vietnamese
    for event in moment.events:
        assert RULES[event.rule].source in english
        assert RULES[event.rule].source_vi in vietnamese
    for day, row in zip(moment.days, explanation_table(moment, "en"), strict=True):
        assert day.day.name in english
        assert day.day.name in vietnamese
        assert bool(row.source) == bool(day.day.name)


@given(dossiers(), limits, policies)
def test_leaving_the_explanation_out_changes_no_date(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    full = due(received_at, limit, CALENDAR, policy, pauses)
    short = due(received_at, limit, CALENDAR, policy, pauses, trace=False)
    assert (full.due_on, full.due_at, full.expires_at, full.provisional) == (
        short.due_on, short.due_at, short.expires_at, short.provisional,
    )  # fmt: skip
    assert short.days == ()
    assert short.events == ()


@given(receipts, st.integers(1, 20), st.integers(0, 6 * 144), st.integers(1, 6 * 144))
def test_from_receipt_a_pause_moves_the_appointment_by_exactly_its_working_time(
    received_at: datetime, number: int, begins_after: int, lasts: int
) -> None:
    limit = TimeLimit(number, Unit.WORKING_DAYS)
    without = due(received_at, limit, CALENDAR, FROM_RECEIPT, trace=False)
    start = received_at + timedelta(minutes=10 * begins_after)
    assume(start < without.due_at)
    pause = LegalPause(start, start + timedelta(minutes=10 * lasts), "supplement", "activity")
    paused = due(received_at, limit, CALENDAR, FROM_RECEIPT, [pause], trace=False)
    assert pause.ended_at is not None
    assert CALENDAR.working_seconds(without.due_at, paused.due_at) == CALENDAR.working_seconds(start, pause.ended_at)


@given(dossiers(), st.integers(1, 30))
def test_by_days_a_pause_moves_the_due_date_by_exactly_the_working_days_that_ceased_to_count(
    dossier: tuple[datetime, list[LegalPause]], number: int
) -> None:
    received_at, pauses = dossier
    limit = TimeLimit(number, Unit.WORKING_DAYS)
    without = due(received_at, limit, CALENDAR, trace=False)
    paused = due(received_at, limit, CALENDAR, NEXT_DAY, pauses)
    ceased = sum(day.reason in (DayCount.CLOCK_STOPPED, DayCount.DAY_OF_RESUMPTION) for day in paused.days)
    assert CALENDAR.working_days_in(without.due_on, paused.due_on) == ceased


@given(dossiers(), limits, st.sampled_from([NEXT_DAY, FROM_RECEIPT]), st.data())
def test_splitting_a_pause_at_any_instant_changes_nothing(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy, data: st.DataObject
) -> None:
    received_at, pauses = dossier
    assume(pauses)
    whole = pauses[0]
    assert whole.ended_at is not None
    steps = int((whole.ended_at - whole.started_at) / timedelta(minutes=10))
    middle = whole.started_at + timedelta(minutes=10 * data.draw(st.integers(0, steps)))
    halves = [
        LegalPause(whole.started_at, middle, whole.cause, "first"),
        LegalPause(middle, whole.ended_at, whole.cause, "second"),
    ]
    before = due(received_at, limit, CALENDAR, policy, pauses, trace=False)
    after = due(received_at, limit, CALENDAR, policy, halves + pauses[1:], trace=False)
    assert before == after


@given(receipts, limits, st.integers(1, 10 * 144), st.integers(1, 6 * 144))
def test_restarting_counts_like_a_receipt_at_the_resumption(
    received_at: datetime, limit: TimeLimit, begins_after: int, lasts: int
) -> None:
    start = received_at + timedelta(minutes=10 * begins_after)
    assume(start <= due(received_at, limit, CALENDAR, trace=False).expires_at)
    pause = LegalPause(start, start + timedelta(minutes=10 * lasts), "supplement", "activity")
    assert pause.ended_at is not None
    restarted = due(received_at, limit, CALENDAR, Policy(supplement="restart"), [pause], trace=False)
    afresh = due(pause.ended_at, limit, CALENDAR, trace=False)
    assert (restarted.due_on, restarted.due_at) == (afresh.due_on, afresh.due_at)


@given(dossiers(), limits, policies)
def test_a_pause_never_brings_the_due_date_forward(
    dossier: tuple[datetime, list[LegalPause]], limit: TimeLimit, policy: Policy
) -> None:
    received_at, pauses = dossier
    assert (
        due(received_at, limit, CALENDAR, policy, trace=False).due_at
        <= due(received_at, limit, CALENDAR, policy, pauses, trace=False).due_at
    )


def test_an_open_pause_needs_an_instant_at_which_it_is_taken_to_end() -> None:
    received_at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    pause = LegalPause(received_at + timedelta(days=1), None, "supplement", "activity")
    with pytest.raises(ClockStopped, match="as_of"):
        due(received_at, TimeLimit(5, Unit.WORKING_DAYS), CALENDAR, pauses=[pause])


def test_a_moment_computed_during_a_pause_says_from_when_it_lets_the_clock_run() -> None:
    received_at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    now = received_at + timedelta(days=3)
    open_pause = LegalPause(received_at + timedelta(days=1), None, "supplement", "activity")
    closed_pause = LegalPause(open_pause.started_at, now, "supplement", "activity")
    limit = TimeLimit(5, Unit.WORKING_DAYS)
    during = due(received_at, limit, CALENDAR, pauses=[open_pause], as_of=now)
    after = due(received_at, limit, CALENDAR, pauses=[closed_pause], as_of=now)
    assert during.due_on == after.due_on
    assert (during.as_of, after.as_of) == (now, None)


def test_a_pause_that_ends_before_it_starts_is_an_error() -> None:
    received_at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    pause = LegalPause(received_at + timedelta(days=2), received_at + timedelta(days=1), "supplement", "activity")
    with pytest.raises(PauseBackwards, match="2026-03-04"):
        due(received_at, TimeLimit(5, Unit.WORKING_DAYS), CALENDAR, pauses=[pause])


def test_an_instant_without_a_zone_is_an_error() -> None:
    with pytest.raises(NaiveInstant, match=r"\+07:00"):
        due(datetime(2026, 3, 2, 9), TimeLimit(1, Unit.WORKING_DAYS), CALENDAR)  # noqa: DTZ001


@pytest.mark.parametrize(("start", "end"), [(None, UTC), (UTC, None)])
def test_a_pause_without_a_zone_is_an_error(start: tzinfo | None, end: tzinfo | None) -> None:
    pause = LegalPause(datetime(2026, 3, 3, 9, tzinfo=start), datetime(2026, 3, 4, 9, tzinfo=end), "supplement", "activity")
    with pytest.raises(NaiveInstant, match="has no zone"):
        due(datetime(2026, 3, 2, 2, tzinfo=UTC), TimeLimit(5, Unit.WORKING_DAYS), CALENDAR, pauses=[pause])


def test_an_instant_of_asking_without_a_zone_is_an_error() -> None:
    pause = LegalPause(datetime(2026, 3, 3, 2, tzinfo=UTC), None, "supplement", "activity")
    with pytest.raises(NaiveInstant, match="has no zone"):
        due(
            datetime(2026, 3, 2, 2, tzinfo=UTC),
            TimeLimit(5, Unit.WORKING_DAYS),
            CALENDAR,
            pauses=[pause],
            as_of=datetime(2026, 3, 4, 2),  # noqa: DTZ001
        )


@pytest.mark.parametrize("received_at", [datetime(2024, 12, 30, tzinfo=UTC), datetime(2037, 1, 4, tzinfo=UTC)])
@pytest.mark.parametrize("limit", ["1 working day", "1 calendar day", "1 hour", "same day", "1 month"])
def test_a_receipt_outside_the_known_years_is_an_error(received_at: datetime, limit: str) -> None:
    with pytest.raises(CalendarUnknown, match=str(received_at.year)):
        due(received_at, TimeLimit.parse(limit), CALENDAR)


@pytest.mark.parametrize("limit", ["2500 working days", "3650 calendar days", "120 months", "20000 hours"])
def test_a_limit_that_reaches_beyond_the_known_years_is_an_error(limit: str) -> None:
    with pytest.raises(CalendarUnknown, match="2036"):
        due(datetime(2027, 3, 2, 2, tzinfo=UTC), TimeLimit.parse(limit), CALENDAR)


def test_a_policy_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(PolicyUnknown, match='"next_day" or "from_receipt"'):
        Policy(counting="from_reciept")
