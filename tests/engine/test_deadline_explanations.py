"""The explanation in words: it names what moved the date, under which rule, and what is not certain."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.deadlines import RULES, DueMoment, Policy, due, explain, explanation_table
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.time_limit import TimeLimit

CALENDAR = default_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def moment(received: str, limit: str, pauses: tuple[LegalPause, ...] = (), policy: Policy | None = None) -> DueMoment:
    return due(local(received), TimeLimit.parse(limit), CALENDAR, policy or Policy(), pauses, as_of=local("2026-03-06T09:00"))


def test_the_english_explanation_of_a_week_reads_to_the_date() -> None:
    assert explain(moment("2026-03-02T09:00", "5 working days"), "en") == (
        "Received at 09:00 on Monday 2026-03-02, with a limit of 5 working days. "
        "It is due on Monday 2026-03-09, at 17:00, and late after 24:00 that day. "
        "Rule: the day of receipt is not counted; so Monday 2026-03-09 (Civil Code 2015, art. 147). "
        "Day by day: 02/03 day of receipt; 03/03–06/03 counted (day 1–4); 07/03–08/03 weekend; 09/03 counted (day 5)."
    )


def test_the_vietnamese_explanation_of_hours_reads_to_the_instant() -> None:
    assert explain(moment("2026-03-02T09:00", "8 hours"), "vi") == (
        "Tiếp nhận lúc 09:00 thứ Hai ngày 02/03/2026, thời hạn 8 giờ làm việc. "
        "Hẹn trả lúc 09:00 thứ Ba ngày 03/03/2026, quá hạn sau 09:00 cùng ngày. "
        "Quy tắc: tính theo giờ làm việc, từ thời điểm tiếp nhận; tính đến thứ Ba ngày 03/03/2026 "
        "(Bộ luật Dân sự 2015, Điều 147). "
        "Từng ngày: 02/03 tính 6:00 giờ; 03/03 tính 2:00 giờ."
    )


def test_a_pause_is_told_with_its_stretch_its_cause_and_the_date_that_it_moved() -> None:
    pause = LegalPause(local("2026-03-05T10:00"), local("2026-03-09T14:00"), "supplement", "ask")
    words = explain(moment("2026-03-02T09:00", "5 working days", (pause,)), "en")
    assert "Pause for supplement, 10:00 05/03 – 14:00 09/03" in words
    assert "now Thursday 2026-03-12" in words
    assert "05/03–06/03 clock stopped" in words
    assert "09/03 day on which the clock ran again" in words


@pytest.mark.parametrize(
    ("cause", "supplement", "rule"),
    [
        ("supplement", "resume", "resume"),
        ("supplement", "restart", "restart"),
        ("verification", "restart", "off_the_clock"),
        ("tax_payment", "resume", "off_the_clock"),
    ],
)
def test_a_pause_stands_under_the_rule_of_its_cause(cause: str, supplement: str, rule: str) -> None:
    pause = LegalPause(local("2026-03-05T10:00"), local("2026-03-09T14:00"), cause, "ask")
    told = moment("2026-03-02T09:00", "5 working days", (pause,), Policy(supplement=supplement))
    assert [event.rule for event in told.events] == ["day_after_event", rule]
    assert RULES[rule].source in explain(told, "en")


def test_a_pause_that_changes_nothing_is_told_as_such() -> None:
    weekend = LegalPause(local("2026-03-07T08:00"), local("2026-03-08T10:00"), "supplement", "ask")
    assert "still Monday 2026-03-09" in explain(moment("2026-03-02T09:00", "5 working days", (weekend,)), "en")


def test_a_pause_before_receipt_or_after_the_limit_ran_out_is_not_told() -> None:
    before = LegalPause(local("2026-03-01T10:00"), local("2026-03-02T08:00"), "supplement", "ask")
    after = LegalPause(local("2026-03-10T10:00"), local("2026-03-12T08:00"), "supplement", "ask")
    assert [event.kind for event in moment("2026-03-02T09:00", "5 working days", (before, after)).events] == ["receipt"]


def test_a_cause_without_a_translation_is_told_by_its_name() -> None:
    pause = LegalPause(local("2026-03-05T10:00"), local("2026-03-09T14:00"), "flood", "wait")
    assert "Tạm dừng (flood)" in explain(moment("2026-03-02T09:00", "5 working days", (pause,)), "vi")


@pytest.mark.parametrize(("language", "words"), [("en", "To be checked against the announcement: 31/08"), ("vi", "Cần đối chiếu")])
def test_days_that_are_still_to_check_are_named(language: str, words: str) -> None:
    told = explain(moment("2026-08-28T09:00", "2 working days"), "vi" if language == "vi" else "en")
    assert words in told
    assert "31/08" in told


def test_a_provisional_date_says_so_and_a_confirmed_one_does_not() -> None:
    assert "Provisional" in explain(moment("2026-12-28T09:00", "5 working days"), "en")
    assert "Tạm tính" in explain(moment("2026-12-28T09:00", "5 working days"), "vi")
    assert "Provisional" not in explain(moment("2026-12-28T09:00", "3 working days"), "en")


def test_a_date_given_while_the_clock_stands_says_from_when_it_is_taken_to_run() -> None:
    still_open = LegalPause(local("2026-03-05T10:00"), None, "supplement", "ask")
    words = moment("2026-03-02T09:00", "5 working days", (still_open,))
    assert "if it runs again at 09:00 on Friday 2026-03-06" in explain(words, "en")
    assert "nếu tính tiếp từ 09:00 thứ Sáu ngày 06/03/2026" in explain(words, "vi")


def test_late_receipt_cut_off_and_day_off_are_told_with_their_rules() -> None:
    late = moment("2026-03-02T15:30", "1 working day", policy=Policy(late_receipt=time(15)))
    cut = moment("2026-03-02T15:30", "same day", policy=Policy(cut_off=time(15)))
    off = moment("2026-03-01T09:00", "same day")
    assert [event.kind for event in late.events] == ["receipt", "late_receipt"]
    assert [event.kind for event in cut.events] == ["receipt", "cut_off"]
    assert [event.kind for event in off.events] == ["receipt", "day_off"]
    assert "02/03 received late; 03/03 day of receipt; 04/03 counted (day 1)" in explain(late, "en")
    assert "02/03 after the cut-off; 03/03 counted (day 1)" in explain(cut, "en")


def test_the_table_has_a_row_for_each_day_with_the_hours_where_hours_count() -> None:
    by_days = explanation_table(moment("2026-03-06T09:00", "1 working day"), "en")
    assert [(row.on.day, row.weekday, row.counted, row.number, row.hours, row.reason) for row in by_days] == [
        (6, "Friday", False, 0, None, "day of receipt"),
        (7, "Saturday", False, 0, None, "weekend"),
        (8, "Sunday", False, 0, None, "weekend"),
        (9, "Monday", True, 1, None, "counted (day 1)"),
    ]
    by_hours = explanation_table(moment("2026-03-02T15:30", "2 hours"), "vi")
    assert [(row.weekday, row.hours) for row in by_hours] == [("thứ Hai", 1.5), ("thứ Ba", 0.5)]


def test_without_a_trace_the_explanation_gives_the_date_alone() -> None:
    short = due(local("2026-03-02T09:00"), TimeLimit.parse("5 working days"), CALENDAR, trace=False)
    assert explanation_table(short) == ()
    assert explain(short, "vi").endswith("quá hạn sau 24:00 cùng ngày.")


def test_every_rule_has_both_languages_and_a_source() -> None:
    assert all(rule.en and rule.vi and rule.source and rule.source_vi and code == rule.code for code, rule in RULES.items())
