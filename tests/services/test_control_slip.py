"""The control slip made from a dossier's history: who gave to whom, when, and whether each stage was in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.dossier import Dossier, LegalPause
from motcua.engine.event_log import Chain, ChainHead, Event
from motcua.engine.store import TaskFilter
from motcua.services.api.application import create_api
from motcua.services.connectors.documents import Pace
from motcua.services.reports.handovers import Stage, handovers
from motcua.services.web.site import create_site
from tests.services.edge import OFFICER, Caller, EdgeBackend, complete_first, edge_backend, open_birth
from tests.services.papers import DOSSIER, text_of

CALENDAR = default_calendar()
STAGES = {
    "check": Stage("Kiểm tra thành phần hồ sơ", 4.0),
    "appraise": Stage("Thẩm định", 16.0),
    "consult": Stage("Lấy ý kiến", 8.0),
    "sign": Stage("Ký kết quả", 4.0),
    "return": Stage("Trả kết quả"),
}
ROLE = {
    "check": "one_stop_desk",
    "appraise": "officer",
    "consult": "consulted_agency",
    "sign": "department_leader",
    "return": "one_stop_desk",
}
NAMED = {
    "check": "Bộ phận một cửa",
    "appraise": "Chuyên viên thụ lý",
    "consult": "Cơ quan được lấy ý kiến",
    "sign": "Lãnh đạo sở, ngành",
    "return": "Bộ phận một cửa",
}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def history(*happened: tuple[str, str, dict[str, Any]]) -> list[Event]:
    """Events from (local moment and actor, kind, facts); `task` stands for both the id and the activity of a task."""
    chain = Chain(DOSSIER.code, ChainHead())
    for when, kind, facts in happened:
        at, actor = when.split(" ")
        task = facts.get("task")
        if task is not None:
            facts = {"task_id": f"id-{task}", "activity_id": task}
        if kind == "task_opened":
            facts["role"] = ROLE[str(task)]
        chain.append(kind, at=local(at), actor=actor, facts=facts)
    return chain.added


def lines_of(events: list[Event], dossier: Dossier = DOSSIER) -> list[tuple[str, str, str, Pace | None]]:
    return [
        (line.giver, line.receiver, f"{line.at.astimezone(VIETNAM):%d/%m %H:%M}", line.pace)
        for line in handovers(dossier, events, STAGES, CALENDAR)
    ]


STORY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("2026-03-02T08:15 applicant", "opened", {}),
    ("2026-03-02T08:15 applicant", "task_opened", {"task": "check"}),
    ("2026-03-02T10:00 lan", "task_completed", {"task": "check"}),
    ("2026-03-02T10:00 lan", "act", {"act": "receive", "activity_id": "set_received"}),
    ("2026-03-02T10:00 lan", "task_opened", {"task": "appraise"}),
    ("2026-03-05T09:00 minh", "task_completed", {"task": "appraise"}),
    ("2026-03-05T09:00 minh", "task_opened", {"task": "sign"}),
    ("2026-03-05T14:00 hoa", "task_completed", {"task": "sign"}),
    ("2026-03-05T14:20 worker:signing", "service_done", {"call": "c", "operation": "signing.sign"}),
    ("2026-03-05T14:20 worker:signing", "task_opened", {"task": "return"}),
)


def test_each_line_names_giver_receiver_moment_and_the_pace_of_the_givers_stage() -> None:
    assert lines_of(history(*STORY)) == [
        ("Nguyễn Thị Phượng (người nộp)", "Bộ phận một cửa (lan)", "02/03 08:15", None),
        # 4 hours from Monday 08:15: 3 h 15 to 11:30, 45 min to 14:15 of the same day
        ("Bộ phận một cửa (lan)", "Chuyên viên thụ lý (minh)", "02/03 10:00", Pace.ON_TIME),
        # Monday 10:00-11:30 and 13:30-17:00, Tuesday and Wednesday 8 h each, Thursday 07:00-09:00: 23 h of 16
        ("Chuyên viên thụ lý (minh)", "Lãnh đạo sở, ngành (hoa)", "05/03 09:00", Pace.LATE),
        # Thursday 09:00-11:30 and 13:30-14:00: 3 h of 4, which end at 15:00 of the same day
        ("Lãnh đạo sở, ngành (hoa)", "Bộ phận một cửa", "05/03 14:00", Pace.ON_TIME),
    ]


def test_the_note_tells_the_stage_its_norm_the_time_it_took_and_a_later_arrival() -> None:
    notes = [line.note for line in handovers(DOSSIER, history(*STORY), STAGES, CALENDAR)]
    assert notes[0] == ""
    assert notes[1] == "Kiểm tra thành phần hồ sơ; định mức 4 giờ, đến 14:15 02/03/2026"
    assert notes[3] == "Ký kết quả; định mức 4 giờ, đến 15:00 05/03/2026; đến nơi nhận lúc 14:20 05/03/2026"


def test_a_stage_that_ends_on_an_earlier_day_than_its_norm_is_early() -> None:
    # 16 hours from Monday 10:00 run out on Wednesday 10:00.
    for ended, pace in (("2026-03-03T16:59", Pace.EARLY), ("2026-03-04T07:00", Pace.ON_TIME), ("2026-03-04T10:00", Pace.ON_TIME)):
        events = history(*STORY[:5], (f"{ended} minh", "task_completed", {"task": "appraise"}))
        assert lines_of(events)[-1][3] is pace
    assert lines_of(history(*STORY[:5], ("2026-03-04T10:01 minh", "task_completed", {"task": "appraise"})))[-1][3] is Pace.LATE


def test_the_time_of_a_legal_pause_is_not_held_against_the_stage() -> None:
    asked = LegalPause(local("2026-03-02T11:00"), local("2026-03-04T11:00"), "supplement", "ask")
    events = history(*STORY[:6])
    assert lines_of(events)[-1][3] is Pace.LATE
    # From Monday 11:00 to Wednesday 11:00 two days of 8 hours stood still: the norm runs out on Friday 10:00, not on Wednesday.
    assert lines_of(events, replace(DOSSIER, pauses=(asked,)))[-1][3] is Pace.EARLY
    assert "đến 10:00 06/03/2026" in handovers(replace(DOSSIER, pauses=(asked,)), events, STAGES, CALENDAR)[-1].note


def test_a_completion_whose_opening_the_history_does_not_tell_is_a_line_all_the_same() -> None:
    done = ("2026-03-02T10:00 lan", "task_completed", {"task": "check"})
    assert lines_of(history(STORY[0], done)) == [("lan", "–", "02/03 10:00", None)]


def test_a_stage_without_a_norm_is_not_judged() -> None:
    events = history(*STORY, ("2026-03-09T09:00 lan", "task_completed", {"task": "return"}))
    assert lines_of(events)[-1] == ("Bộ phận một cửa (lan)", "–", "09/03 09:00", None)


def test_a_file_that_goes_two_ways_names_both_receivers() -> None:
    both = ("2026-03-02T10:00 lan", "task_opened", {"task": "consult"})
    assert lines_of(history(*STORY[:5], both))[-1][1] == "Chuyên viên thụ lý\nCơ quan được lấy ý kiến"


def test_a_delegation_is_a_handover_and_the_delegate_the_receiver() -> None:
    given_on = ("2026-03-02T14:00 minh", "task_delegated", {"task_id": "id-appraise", "assignee": "tuan", "delegated_by": "minh"})
    done = ("2026-03-04T09:00 tuan", "task_completed", {"task": "appraise"})
    lines = handovers(DOSSIER, history(*STORY[:5], given_on, done), STAGES, CALENDAR)
    assert [(line.giver, line.receiver) for line in lines[-2:]] == [("minh", "tuan"), ("Chuyên viên thụ lý (tuan)", "–")]
    assert lines[-2].note == "Chuyển việc: Thẩm định"


def test_what_comes_from_outside_or_from_a_term_that_ran_out_is_a_handover_when_somebody_receives_it() -> None:
    message = (
        "2026-03-02T15:00 portal",
        "message_delivered",
        {"message": "supplement_received", "activity_id": "wait", "message_id": "m"},
    )
    timer = ("2026-03-03T07:00 clock", "timer_fired", {"activity_id": "remind"})
    again = ("2026-03-03T07:00 clock", "task_opened", {"task": "consult"})
    lines = lines_of(history(*STORY[:5], message, timer, again))
    assert lines[-1] == ("Quy trình (hết thời gian chờ)", "Cơ quan được lấy ý kiến", "03/03 07:00", None)
    assert "portal" not in {line[0] for line in lines}, "the message came, but nobody received anything"


# --- where it can be had ------------------------------------------------------------


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


def test_the_slip_of_a_dossier_that_ran_is_a_download_of_the_api(backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    backend.pass_time(hours=26)
    complete_first(backend, code, decision="approve")
    slip = Caller(create_api(backend), OFFICER).get(f"/api/v1/dossiers/{code}/forms/control-slip")
    assert (slip.status_code, slip.headers["content-type"]) == (200, "application/pdf")
    assert slip.headers["content-disposition"] == f'attachment; filename="control-slip-{code}.pdf"'
    text = text_of(slip.content)
    assert "Nguyễn Thị Hồng Ánh (người nộp)" in text
    # Opened on Monday at 08:00: 3 h 30 min to 11:30, and half an hour from 13:30.
    assert "Kiểm tra, ghi sổ hộ tịch; định mức 4 giờ, đến 14:00 02/03/2026" in text
    assert "Quá hạn" in text
    assert backend.store.open_tasks(TaskFilter(dossier_code=code))[0].role == "commune_leader"
    assert "Lãnh đạo UBND cấp xã" in text


def test_the_page_of_a_dossier_leads_to_its_slip(backend: EdgeBackend) -> None:
    code = open_birth(backend)
    site = Caller(create_site(backend), OFFICER)
    assert f'href="/dossiers/{code}/forms/control-slip"' in site.get(f"/dossiers/{code}").text
    assert site.get(f"/dossiers/{code}/forms/control-slip").content.startswith(b"%PDF-")


def test_there_is_no_slip_of_an_unknown_dossier(backend: EdgeBackend) -> None:
    answer = Caller(create_api(backend), OFFICER).get("/api/v1/dossiers/H05.21-260302-9999/forms/control-slip")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:motcua:problem:unknown-dossier")
