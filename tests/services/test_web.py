"""The pages over HTTP: what an officer and a citizen read, and what their forms do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from motcua.engine.store import TaskFilter
from motcua.services.web.build import BUILT
from motcua.services.web.site import create_site
from tests.services.edge import BIRTH, OFFICER, Caller, EdgeBackend, complete_first, edge_backend, open_birth, token_in


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def officer(backend: EdgeBackend) -> Caller:
    """Someone whom the authority's gateway signed in."""
    return Caller(create_site(backend), OFFICER)


@pytest.fixture
def anyone(backend: EdgeBackend) -> Caller:
    return Caller(create_site(backend))


def first_task(backend: EdgeBackend, code: str) -> Any:
    return backend.store.open_tasks(TaskFilter(dossier_code=code))[0]


def hand_in(officer: Caller, path: str, **fields: str) -> Any:
    token = token_in(officer.get(path).text)
    return officer.post(path, data={"form_token": token, **fields})


@pytest.mark.parametrize("path", ["/", "/procedures", f"/procedures/{BIRTH}", "/track", "/sign-in", "/nothing-here"])
def test_every_public_page_is_vietnamese_has_one_heading_and_landmarks(anyone: Caller, path: str) -> None:
    html = anyone.get(path).text
    assert '<html lang="vi">' in html
    assert html.count("<h1") == 1
    assert "<main" in html
    assert "<nav aria-label" in html
    assert 'class="skip"' in html


def test_the_first_page_counts_dossiers_by_status(anyone: Caller, backend: EdgeBackend) -> None:
    open_birth(backend)
    complete_first(backend, open_birth(backend), completeness="accept")
    counts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)", anyone.get("/").text))
    assert counts["Mới nộp"] == counts["Đang giải quyết"] == "1"
    assert counts["Đã trả kết quả"] == "0"


def test_an_officer_completes_a_task_through_its_form(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    task = first_task(backend, code)
    assert f'href="/work/{task.id}"' in officer.get("/work").text
    done = hand_in(officer, f"/work/{task.id}", **{"entry:completeness": "accept", "entry:decline_reason": ""})
    assert (done.status_code, done.headers["location"].split("?")[0]) == (303, f"/dossiers/{code}")
    assert backend.store.dossier(code).status == "received"
    completed = [event for event in backend.store.events(code) if event.kind == "task_completed"]
    assert [event.actor for event in completed] == ["officer.lan"]


def test_a_form_with_mistakes_comes_back_with_what_was_entered(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    back = hand_in(
        officer, f"/work/{first_task(backend, code).id}", **{"entry:completeness": "", "entry:decline_reason": "thiếu <giấy>"}
    )
    assert back.status_code == 422
    assert "thiếu &lt;giấy&gt;</textarea>" in back.text
    assert 'aria-describedby="field-completeness-problem"' in back.text
    assert backend.store.dossier(code).status == "filed"


def test_a_field_that_the_form_does_not_have_is_refused(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    back = hand_in(officer, f"/work/{first_task(backend, code).id}", **{"entry:completeness": "accept", "entry:received": "true"})
    assert back.status_code == 422
    assert backend.store.dossier(code).status == "filed"


def test_an_officer_takes_a_task_and_finds_it_among_their_own(officer: Caller, backend: EdgeBackend) -> None:
    task = first_task(backend, open_birth(backend))
    token = token_in(officer.get(f"/work/{task.id}").text)
    officer.post(f"/work/{task.id}/claim", data={"form_token": token})
    assert f'href="/work/{task.id}"' in officer.get("/work?assignee=officer.lan").text
    assert "Không có việc nào." in officer.get("/work?assignee=officer.minh").text


def test_the_dossier_page_tells_where_it_stands_and_why_it_is_due(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    html = officer.get(f"/dossiers/{code}").text
    assert "Đang giải quyết" in html
    assert "17:00 02/03/2026" in html
    assert "tính (ngày 1)" in html
    assert "còn nguyên vẹn ✓" in html
    assert "Giấy tiếp nhận và hẹn trả kết quả" in html
    figure = re.search(r'data-diagram="([^"]+)" data-current="([^"]*)" data-done="([^"]*)"', html)
    assert figure is not None
    assert figure[1] == f"/dossiers/{code}/model/main"
    assert figure[2].split() == ["appraise"], "where the token waits"
    assert "receive_and_check" in figure[3].split(), "the shared part that is behind it"
    assert officer.get(figure[1]).headers["content-type"] == "application/xml"


def test_a_step_inside_a_shared_part_is_shown_in_both_diagrams(officer: Caller, backend: EdgeBackend) -> None:
    html = officer.get(f"/dossiers/{open_birth(backend)}").text
    figures = re.findall(r'model/(\w+)" data-current="([^"]*)"', html)
    assert figures == [("main", "receive_and_check"), ("shared_receive_and_check", "check_completeness")]


def test_an_officer_records_the_supplement_that_came_in_at_the_desk(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    complete_first(backend, code, decision="supplement", missing="Giấy chứng sinh")
    html = officer.get(f"/dossiers/{code}").text
    assert "đang tạm dừng" in html
    message_id = re.findall(r'value="supplement_received"><input type="hidden" name="message_id" value="([^"]+)"', html)[0]
    fields = {"form_token": token_in(html), "message": "supplement_received", "message_id": message_id}
    twice = [officer.post(f"/dossiers/{code}/messages", data=fields).status_code for _ in range(2)]
    assert twice == [303, 303]
    assert backend.store.dossier(code).status == "in_process"
    assert len(backend.store.messages(code)) == 1, "a double click is one message"


def test_an_altered_history_is_announced_on_the_page(
    officer: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_birth(backend)
    events = [event for event in backend.store.events(code) if event.seq != 2]
    monkeypatch.setattr(backend.store, "events", lambda code: events)
    html = officer.get(f"/dossiers/{code}").text
    assert "Chuỗi sự kiện bị đứt ở sự kiện 3" in html
    assert "còn nguyên vẹn" not in html


def test_a_citizen_finds_the_status_by_code_and_the_content_by_digits(anyone: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    found = anyone.get("/track", params={"code": f" {code.lower()} "})
    assert found.headers["location"] == f"/track/{code}"
    html = anyone.get(f"/track/{code}").text
    assert "Mới nộp" in html
    assert "Ánh" not in html
    shown = hand_in(anyone, f"/track/{code}", last_digits="5678")
    assert "Nguyễn Thị Hồng Ánh" in shown.text
    wrong = hand_in(anyone, f"/track/{code}", last_digits="9999")
    assert wrong.status_code == 403
    assert "Ánh" not in wrong.text


def test_a_procedure_page_says_what_is_known_with_its_source_and_what_is_not(anyone: Caller) -> None:
    html = anyone.get("/procedures/1.012783").text
    assert "Nguồn:" in html
    assert "Những điều chưa rõ" in html
    assert "Chưa công bố phiên bản nào" in html, "only birth registration is published here"


def test_the_catalogue_is_read_page_by_page_and_says_what_can_be_filed(anyone: Caller, backend: EdgeBackend) -> None:
    first, last = anyone.get("/procedures").text, anyone.get("/procedures", params={"page": 100_000}).text
    assert f"{len(backend.catalog.codes())} thủ tục, trang 1 trên" in first
    assert "Trang sau" in first
    assert "Trang trước" not in first
    assert backend.catalog.codes()[0] in first
    assert backend.catalog.codes()[-1] in last
    assert "Trang sau" not in last
    filed = anyone.get("/procedures", params={"filed": "1", "search": "khai sinh"}).text
    assert "1.001193" in filed
    assert "Chưa nộp được" not in filed


def test_the_page_of_a_procedure_without_a_model_says_that_it_cannot_be_filed(anyone: Caller) -> None:
    assert "chưa nộp được tại đây" in anyone.get("/procedures/1.012753").text
    assert "Chưa rõ" in anyone.get("/procedures/2.001661").text, "neither its tier nor its limit is known"
    assert "chưa nộp được tại đây" not in anyone.get("/procedures/1.001193").text


def test_every_procedure_of_the_catalogue_has_a_page(anyone: Caller, backend: EdgeBackend) -> None:
    for code in backend.catalog.modelled_codes():
        assert anyone.get(f"/procedures/{code}").status_code == 200


def test_without_the_bundles_the_pages_work_and_say_what_is_missing(
    officer: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.services.web.build.BUILT", BUILT / "not-there")
    html = officer.get(f"/dossiers/{open_birth(backend)}").text
    assert "make assets" in html
    assert "<script" not in html


def test_a_dossier_that_is_over_waits_for_nothing(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="decline", decline_reason="Không thuộc thẩm quyền")
    html = officer.get(f"/dossiers/{code}").text
    assert "Không được tiếp nhận" in html
    assert "Không còn gì chờ" in html
