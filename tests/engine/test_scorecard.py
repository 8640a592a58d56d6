"""On time or late, and the periodic report."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.deadlines import Policy
from motcua.engine.dossier import Applicant, Channel, Dossier, LegalPause, Promise, Status
from motcua.engine.scorecard import PeriodReport, Timeliness, on_time, period_report, reports_by_policy, timeliness
from motcua.engine.scorecard_arrays import columns_of, period_report_of_columns

CALENDAR = default_calendar()
DUE_ON = date(2026, 3, 9)
LAST_PROMISE = Policy(score="last_promise")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


RECEIVED_AT = local("2026-03-02T09:00")
SLIP = Promise(CALENDAR.close_of(DUE_ON), RECEIVED_AT, "receipt_slip")
RUNNING = Dossier(
    code="H05.01-260302-0001",
    procedure_code="1.004082",
    version_id="v",
    authority_code="H05.01",
    tier="commune",
    channel=Channel.DIRECT,
    applicant=Applicant("Nguyễn Thị Thử"),
    case=None,
    status=Status.IN_PROCESS,
    filed_at=RECEIVED_AT,
    received_at=RECEIVED_AT,
    limit="5 working days",
    due_on=DUE_ON,
    due_at=CALENDAR.close_of(DUE_ON),
    expires_at=CALENDAR.end_of(DUE_ON),
    promises=(SLIP,),
)


def ended(at: str, dossier: Dossier = RUNNING) -> Dossier:
    return replace(dossier, status=Status.PROCESSED, processed_at=local(at), ended_at=local(at))


@pytest.mark.parametrize(
    ("at", "in_time"),
    [("2026-03-09T17:00", True), ("2026-03-09T23:59", True), ("2026-03-10T00:00", True), ("2026-03-10T00:01", False)],
)
def test_a_dossier_is_on_time_until_midnight_of_its_due_date(at: str, in_time: bool) -> None:
    assert on_time(ended(at)) is in_time


def test_the_moment_of_processing_counts_not_that_of_the_return() -> None:
    returned = replace(ended("2026-03-09T16:00"), returned_at=local("2026-03-12T09:00"), status=Status.RETURNED)
    assert on_time(returned) is True


def test_a_return_without_a_recorded_processing_counts_as_the_end() -> None:
    returned = replace(RUNNING, returned_at=local("2026-03-12T09:00"), ended_at=local("2026-03-12T09:00"))
    assert on_time(returned) is False


def test_what_runs_was_never_received_or_has_no_known_limit_is_not_measured() -> None:
    assert on_time(RUNNING) is None
    assert on_time(replace(ended("2026-03-09T16:00"), received_at=None)) is None
    assert on_time(replace(ended("2026-03-09T16:00"), limit=None, due_on=None, expires_at=None)) is None


def test_a_second_supplement_request_counts_as_late() -> None:
    assert on_time(replace(ended("2026-03-03T16:00"), supplement_requests=2)) is False
    assert on_time(replace(ended("2026-03-03T16:00"), supplement_requests=1)) is True


def test_an_extension_helps_only_where_the_last_promise_is_the_measure() -> None:
    apology = Promise(CALENDAR.close_of(date(2026, 3, 12)), local("2026-03-06T09:00"), "apology_letter")
    extended = ended("2026-03-12T20:00", replace(RUNNING, promises=(SLIP, apology)))
    assert on_time(extended) is False
    assert on_time(extended, LAST_PROMISE) is True
    assert on_time(replace(extended, processed_at=local("2026-03-13T08:00")), LAST_PROMISE) is False


def test_a_lawful_pause_is_not_held_against_a_dossier_though_its_promise_is_never_edited() -> None:
    paused = replace(RUNNING, due_on=date(2026, 3, 12), expires_at=CALENDAR.end_of(date(2026, 3, 12)))
    assert on_time(ended("2026-03-12T10:00", paused), LAST_PROMISE) is True


def test_for_a_limit_in_hours_the_promised_instant_is_the_measure() -> None:
    promised_at = local("2026-03-03T09:00")
    hours = replace(RUNNING, limit="8 hours", expires_at=promised_at, promises=(Promise(promised_at, RECEIVED_AT, "receipt_slip"),))
    assert on_time(ended("2026-03-03T09:00", hours), LAST_PROMISE) is True
    assert on_time(ended("2026-03-03T09:01", hours), LAST_PROMISE) is False


MARCH, APRIL = local("2026-03-01T00:00"), local("2026-04-01T00:00")


def test_the_periodic_report_puts_each_dossier_where_it_belongs() -> None:
    asked = LegalPause(local("2026-03-30T09:00"), None, "supplement", "ask")
    answered = LegalPause(local("2026-03-30T09:00"), local("2026-03-31T09:00"), "supplement", "ask")
    later = replace(RUNNING, due_on=date(2026, 4, 10), expires_at=CALENDAR.end_of(date(2026, 4, 10)))
    unknown = replace(RUNNING, limit=None, due_on=None, due_at=None, expires_at=None, promises=())
    dossiers = [
        replace(ended("2026-03-05T09:00"), received_at=local("2026-02-27T09:00")),  # carried over, early
        ended("2026-03-06T23:00"),  # direct, early
        replace(ended("2026-03-09T23:00"), channel=Channel.ONLINE),  # on time
        replace(ended("2026-03-10T08:00"), channel=Channel.POST),  # late
        ended("2026-03-10T08:00", unknown),  # unmeasured
        ended("2026-04-02T08:00"),  # ended after the period: in process, past the limit
        later,  # within the limit
        replace(later, pauses=(asked,), supplement_requests=1),  # waiting
        replace(later, pauses=(answered,), supplement_requests=1),  # within
        replace(later, supplement_requests=2),  # past, since a second request counts as late
        unknown,
        ended("2026-02-27T09:00", replace(RUNNING, received_at=local("2026-02-20T09:00"))),  # over before the period
        replace(RUNNING, received_at=local("2026-04-01T08:00")),  # received after it
        replace(RUNNING, received_at=None, status=Status.NOT_ACCEPTED, ended_at=local("2026-03-03T09:00")),
    ]
    assert period_report(dossiers, MARCH, APRIL) == PeriodReport(
        carried_over=1,
        received_direct=8,
        received_online=1,
        received_post=1,
        finished_early=2,
        finished_on_time=1,
        finished_late=1,
        finished_unmeasured=1,
        in_process_within_limit=2,
        in_process_past_limit=2,
        in_process_unmeasured=1,
        waiting_for_supplement=1,
    )


@st.composite
def any_dossier(draw: st.DrawFn) -> Dossier:
    received_at = MARCH + timedelta(hours=draw(st.integers(-800, 900)))
    due_on = CALENDAR.next_working_day(CALENDAR.local_date(received_at) + timedelta(draw(st.integers(0, 20))))
    ended_at = draw(st.one_of(st.none(), st.integers(0, 900).map(lambda hours: received_at + timedelta(hours=hours))))
    known = draw(st.booleans())
    return replace(
        RUNNING,
        channel=draw(st.sampled_from(Channel)),
        received_at=draw(st.sampled_from([received_at, received_at, None])),
        due_on=due_on if known else None,
        expires_at=CALENDAR.end_of(due_on) if known else None,
        ended_at=ended_at,
        supplement_requests=draw(st.integers(0, 2)),
        pauses=(LegalPause(received_at, ended_at, "supplement", "ask"),) if draw(st.booleans()) else (),
    )


@given(st.lists(any_dossier(), max_size=20), st.sampled_from([Policy(), LAST_PROMISE]))
def test_what_came_in_equals_what_went_out_and_what_is_left(dossiers: list[Dossier], policy: Policy) -> None:
    report = period_report(dossiers, MARCH, APRIL, policy)
    counts = {field.name: getattr(report, field.name) for field in fields(report)}
    came_in = sum(count for name, count in counts.items() if name.startswith(("carried", "received")))
    assert came_in == sum(counts.values()) - came_in


@given(st.lists(any_dossier(), max_size=20), st.sampled_from([Policy(), LAST_PROMISE]))
def test_the_report_over_columns_is_the_report_over_dossiers(dossiers: list[Dossier], policy: Policy) -> None:
    columns = columns_of(dossiers, APRIL)
    assert period_report_of_columns(columns, MARCH, APRIL, policy) == period_report(dossiers, MARCH, APRIL, policy)


@given(any_dossier())
def test_a_dossier_says_of_itself_what_the_scorecard_says(dossier: Dossier) -> None:
    received = replace(dossier, received_at=dossier.received_at or MARCH)
    assert received.on_time is on_time(received)


def test_a_microsecond_after_midnight_is_late_in_columns_too() -> None:
    late = replace(ended("2026-03-10T00:00"), processed_at=local("2026-03-10T00:00") + timedelta(microseconds=1))
    assert period_report_of_columns(columns_of([late], APRIL), MARCH, APRIL).finished_late == 1


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("2026-03-08T23:59", Timeliness.EARLY),
        ("2026-03-09T00:00", Timeliness.ON_TIME),
        ("2026-03-10T00:00", Timeliness.ON_TIME),
        ("2026-03-10T00:01", Timeliness.LATE),
    ],
)
def test_early_is_an_earlier_day_and_late_is_after_midnight(at: str, outcome: Timeliness) -> None:
    assert timeliness(local(at), DUE_ON, CALENDAR.end_of(DUE_ON)) is outcome


def test_a_report_shows_both_measures_of_being_on_time() -> None:
    apology = Promise(CALENDAR.close_of(date(2026, 3, 12)), local("2026-03-06T09:00"), "apology_letter")
    extended = ended("2026-03-12T20:00", replace(RUNNING, promises=(SLIP, apology)))
    both = reports_by_policy([extended], MARCH, APRIL)
    assert (both["as_law"].finished_late, both["as_law"].finished_on_time) == (1, 0)
    assert (both["last_promise"].finished_late, both["last_promise"].finished_early) == (0, 0)
    assert both["last_promise"].finished_on_time == 1


def test_what_still_runs_past_its_limit_counts_as_late_and_what_runs_within_it_not_at_all() -> None:
    report = PeriodReport(finished_early=2, finished_on_time=1, finished_late=1, in_process_past_limit=1, in_process_within_limit=9)
    assert report.share_on_time == 3 / 5
    assert PeriodReport(in_process_within_limit=4).share_on_time is None
