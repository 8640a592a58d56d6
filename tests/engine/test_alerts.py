"""Deadlines below the dossier's: norms, alert levels by the working time that remains, and the lines of the control slip."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.alerts import (
    Alert,
    AlertLevel,
    AlertPolicy,
    AlertPolicyUnknown,
    dossier_alert,
    handovers,
    norm_due,
    task_alert,
)
from motcua.engine.calendars import default_calendar
from motcua.engine.counting import ClockStopped
from motcua.engine.dossier import LegalPause, OpenTask
from motcua.engine.event_log import Chain, ChainHead, Event
from motcua.engine.scorecard import Timeliness
from tests.factories import a_running_dossier, local

CALENDAR = default_calendar()
DUE_ON = date(2026, 3, 9)  # a Monday
DOSSIER = a_running_dossier()
TASK = OpenTask("t", DOSSIER.code, "appraise", "Thẩm định", "officer", "commune", "H05.01", local("2026-03-02T09:00"), norm_hours=8)


@pytest.mark.parametrize(
    ("now", "level", "hours"),
    [
        ("2026-03-05T17:00", AlertLevel.GREEN, 16),  # all of Friday and Monday
        ("2026-03-06T16:00", AlertLevel.GREEN, 9),
        ("2026-03-06T17:00", AlertLevel.DUE_SOON, 8),  # Monday is left
        ("2026-03-08T12:00", AlertLevel.DUE_SOON, 8),
        ("2026-03-09T17:00", AlertLevel.DUE_SOON, 0),
        ("2026-03-10T00:00", AlertLevel.DUE_SOON, 0),  # the end of the last day is still in time
        ("2026-03-10T08:00", AlertLevel.LATE, -1),
    ],
)
def test_a_dossier_is_due_soon_with_a_working_day_left_and_late_after_midnight(now: str, level: AlertLevel, hours: int) -> None:
    assert dossier_alert(DOSSIER, local(now), CALENDAR) == Alert(level, CALENDAR.close_of(DUE_ON), hours * 3600)


def test_how_soon_is_due_soon_is_the_authoritys_choice() -> None:
    assert dossier_alert(DOSSIER, local("2026-03-05T17:00"), CALENDAR, AlertPolicy(dossier_hours=16)) == Alert(
        AlertLevel.DUE_SOON, CALENDAR.close_of(DUE_ON), 16 * 3600
    )


def test_while_the_clock_stands_the_alert_stands_too() -> None:
    asked = replace(DOSSIER, pauses=(LegalPause(local("2026-03-05T17:00"), None, "supplement", "ask"),))
    alert = dossier_alert(asked, local("2026-04-01T09:00"), CALENDAR)
    assert alert is not None
    assert (alert.level, alert.remaining_seconds) == (AlertLevel.GREEN, 16 * 3600)


def test_a_dossier_that_ended_in_time_is_never_late_afterwards() -> None:
    ended = replace(DOSSIER, processed_at=local("2026-03-05T17:00"), ended_at=local("2026-03-05T17:00"))
    alert = dossier_alert(ended, local("2026-04-01T09:00"), CALENDAR)
    assert alert is not None
    assert alert.level is AlertLevel.GREEN


def test_without_a_due_date_or_a_norm_there_is_no_alert() -> None:
    assert dossier_alert(replace(DOSSIER, due_at=None), local("2026-03-05T09:00"), CALENDAR) is None
    assert task_alert(replace(TASK, norm_hours=None), (), local("2026-03-05T09:00"), CALENDAR) is None


def test_a_norm_of_eight_hours_from_nine_ends_at_nine_the_next_day() -> None:
    assert norm_due(TASK.opened_at, 8, CALENDAR) == local("2026-03-03T09:00")


def test_a_norm_of_a_quarter_of_a_day_over_the_noon_break() -> None:
    assert norm_due(local("2026-03-02T10:30"), 2, CALENDAR) == local("2026-03-02T14:30")


def test_a_legal_pause_stops_a_norm_like_everything_on_the_authoritys_clock() -> None:
    pause = LegalPause(local("2026-03-02T10:00"), local("2026-03-04T10:00"), "supplement", "ask")
    # 1:00 until 10:00 on Monday; 1:30 and 3:30 on Wednesday from 10:00; 2:00 on Thursday
    assert norm_due(TASK.opened_at, 8, CALENDAR, [pause]) == local("2026-03-05T09:00")


def test_a_norm_under_an_open_pause_needs_an_instant_at_which_it_is_taken_to_end() -> None:
    pause = LegalPause(local("2026-03-02T10:00"), None, "supplement", "ask")
    with pytest.raises(ClockStopped):
        norm_due(TASK.opened_at, 8, CALENDAR, [pause])


@pytest.mark.parametrize(
    ("now", "level"),
    [
        ("2026-03-02T16:59", AlertLevel.GREEN),
        ("2026-03-02T17:00", AlertLevel.DUE_SOON),  # two of eight hours are left
        ("2026-03-03T09:00", AlertLevel.DUE_SOON),
        ("2026-03-03T09:01", AlertLevel.LATE),
    ],
)
def test_an_activity_is_due_soon_with_a_quarter_of_its_norm_left(now: str, level: AlertLevel) -> None:
    alert = task_alert(TASK, (), local(now), CALENDAR)
    assert alert is not None
    assert (alert.level, alert.due_at) == (level, local("2026-03-03T09:00"))


def test_a_task_that_opened_while_the_clock_stood_has_all_of_its_norm_left() -> None:
    pause = LegalPause(local("2026-03-02T08:00"), None, "tax_payment", "pay")
    alert = task_alert(TASK, [pause], local("2026-03-20T09:00"), CALENDAR)
    assert alert is not None
    assert (alert.level, alert.remaining_seconds) == (AlertLevel.GREEN, 8 * 3600)


@given(st.integers(0, 600), st.integers(0, 600))
def test_an_alert_never_gets_better_as_time_goes_by(first: int, later: int) -> None:
    order = [AlertLevel.GREEN, AlertLevel.DUE_SOON, AlertLevel.LATE]
    now = local("2026-03-02T09:00") + timedelta(hours=first)
    before, after = (
        dossier_alert(DOSSIER, now, CALENDAR),
        dossier_alert(DOSSIER, now + timedelta(hours=later), CALENDAR),
    )
    assert before is not None
    assert after is not None
    assert order.index(before.level) <= order.index(after.level)
    assert before.remaining_seconds >= after.remaining_seconds


@pytest.mark.parametrize("wrong", [{"dossier_hours": -1.0}, {"task_share": 1.5}, {"task_share": float("nan")}])
def test_a_threshold_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AlertPolicyUnknown, match="between 0 and 1"):
        AlertPolicy(**wrong)


def history(*lines: tuple[str, str, str, dict[str, str]]) -> list[Event]:
    chain = Chain(DOSSIER.code, ChainHead())
    for kind, at, actor, facts in lines:
        chain.append(kind, at=local(at), actor=actor, facts=facts, content=None, salt=None)
    return list(chain.added)


OPENED = {"task_id": "t", "activity_id": "appraise", "role": "officer"}


@pytest.mark.parametrize(
    ("done", "result"),
    [
        ("2026-03-02T16:59", Timeliness.EARLY),  # the day before the norm's
        ("2026-03-03T07:10", Timeliness.ON_TIME),
        ("2026-03-03T09:00", Timeliness.ON_TIME),
        ("2026-03-03T09:01", Timeliness.LATE),
    ],
)
def test_a_handover_is_early_on_an_earlier_day_on_time_until_its_norm_ends_and_then_late(done: str, result: Timeliness) -> None:
    events = history(
        ("task_opened", "2026-03-02T09:00", "desk@H05.01", OPENED),
        ("act", "2026-03-02T09:00", "desk@H05.01", {"act": "receive"}),
        ("task_completed", done, "officer@H05.01", {"task_id": "t", "activity_id": "appraise"}),
    )
    (line,) = handovers(events, {"appraise": 8.0}, CALENDAR)
    assert (line.given_by, line.taken_by, line.role) == ("desk@H05.01", "officer@H05.01", "officer")
    assert (line.given_at, line.done_at) == (local("2026-03-02T09:00"), local(done))
    assert (line.norm_due_at, line.result) == (local("2026-03-03T09:00"), result)


def test_what_was_cancelled_was_no_handover_and_what_has_no_norm_has_no_result() -> None:
    events = history(
        ("task_opened", "2026-03-02T09:00", "desk", OPENED),
        ("task_opened", "2026-03-02T09:00", "desk", {"task_id": "u", "activity_id": "consult", "role": "officer"}),
        ("task_cancelled", "2026-03-02T10:00", "officer", {"task_id": "t", "activity_id": "appraise"}),
        ("task_completed", "2026-03-04T10:00", "officer", {"task_id": "u", "activity_id": "consult"}),
    )
    (line,) = handovers(events, {"appraise": 8.0}, CALENDAR)
    assert (line.activity_id, line.norm_hours, line.norm_due_at, line.result) == ("consult", None, None, None)


def test_an_open_handover_is_late_once_its_norm_ran_out_and_undecided_before() -> None:
    events = history(("task_opened", "2026-03-02T09:00", "desk", OPENED))
    norms = {"appraise": 8.0}
    assert handovers(events, norms, CALENDAR)[0].result is None
    assert handovers(events, norms, CALENDAR, as_of=local("2026-03-03T09:00"))[0].result is None
    assert handovers(events, norms, CALENDAR, as_of=local("2026-03-03T09:01"))[0].result is Timeliness.LATE


def test_a_legal_pause_is_not_held_against_a_handover() -> None:
    pause = LegalPause(local("2026-03-02T10:00"), local("2026-03-04T10:00"), "supplement", "ask")
    events = history(
        ("task_opened", "2026-03-02T09:00", "desk", OPENED),
        ("task_completed", "2026-03-05T08:00", "officer", {"task_id": "t", "activity_id": "appraise"}),
    )
    assert handovers(events, {"appraise": 8.0}, CALENDAR, [pause])[0].result is Timeliness.ON_TIME
