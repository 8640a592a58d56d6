"""A suspended dossier says so: to officers who stopped it, why and since when; to the applicant since when."""

from __future__ import annotations

import pytest

from motcua.engine import operators
from motcua.engine.operators import Because
from motcua.engine.store import TaskFilter
from motcua.services.api.application import create_api
from motcua.services.web.site import create_site
from tests.services.edge import OFFICER, Caller, EdgeBackend, edge_backend, open_birth, token_in

WHY = Because("trùng với hồ sơ của bà <Mai>")


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def code(backend: EdgeBackend) -> str:
    code = open_birth(backend)
    operators.suspend(backend.engine, code, "hoa", WHY)
    return code


def test_the_dossier_the_task_and_the_work_list_tell_officers_who_stopped_it_why_and_since_when(
    backend: EdgeBackend, code: str
) -> None:
    officer = Caller(create_site(backend), OFFICER)
    (task,) = backend.store.open_tasks(TaskFilter(dossier_code=code))
    for path in (f"/dossiers/{code}", f"/work/{task.id}", "/work"):
        page = officer.get(path).text
        assert "tạm ngừng" in page
        assert "hoa: trùng với hồ sơ của bà &lt;Mai&gt;" in page
        assert "08:00 02/03/2026" in page
    operators.resume(backend.engine, code, "hoa", Because("xong"))
    for path in (f"/dossiers/{code}", f"/work/{task.id}", "/work"):
        assert "tạm ngừng xử lý từ" not in officer.get(path).text
    history = officer.get(f"/dossiers/{code}").text
    assert "Tạm ngừng xử lý vì lý do kỹ thuật" in history, "it stays in the history"


def test_the_applicant_learns_since_when_and_nothing_of_who_and_why(backend: EdgeBackend, code: str) -> None:
    anyone = Caller(create_site(backend))
    page = anyone.get(f"/track/{code}").text
    token = token_in(page)
    more = anyone.post(f"/track/{code}", data={"form_token": token, "last_digits": "5678"}).text
    assert "Nguyễn Thị Hồng Ánh" in more
    for seen in (page, more):
        assert "Từ 08:00 02/03/2026" in seen
        assert "Mai" not in seen
        assert "hoa:" not in seen
        assert "trùng" not in seen


def test_tracking_over_the_api_tells_since_when(backend: EdgeBackend, code: str) -> None:
    api = Caller(create_api(backend))
    tracked = api.get(f"/api/v1/tracking/{code}").json()
    assert tracked["suspended_since"] == "2026-03-02T01:00:00Z"
    assert "Mai" not in str(tracked)
    operators.resume(backend.engine, code, "hoa", Because("xong"))
    assert api.get(f"/api/v1/tracking/{code}").json()["suspended_since"] is None


def test_an_incident_is_tried_again_with_reason_and_legal_basis(backend: EdgeBackend) -> None:
    api = Caller(create_api(backend), OFFICER)
    backend.outside.down.add("national_portal.report_status")
    code = open_birth(backend)
    for _ in range(8):
        backend.pass_time(hours=3)
        backend.work()
    (incident, *_) = api.get("/api/v1/incidents").json()
    asked = {"key": incident["key"], "dossier_code": code, "reason": "cổng đã hoạt động", "legal_basis": "61/2018/NĐ-CP, Điều 17"}
    assert api.post("/api/v1/incidents/retry", json={**asked, "reason": " "}).status_code == 422
    assert api.post("/api/v1/incidents/retry", json=asked).json()["state"] == "queued"
    (event,) = [event for event in backend.store.events(code) if event.kind == "incident_retried"]
    assert (event.actor, event.facts["reason"]) == ("officer.lan", "cổng đã hoạt động")
    assert event.facts["legal_basis"] == "61/2018/NĐ-CP, Điều 17"
