"""Half-filled forms over HTTP and on the pages: saved, shown again, and never silently overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.engine.store import TaskFilter
from motcua.services.api.application import create_api
from motcua.services.web.site import create_site
from tests.services.edge import OFFICER, Caller, EdgeBackend, edge_backend, open_birth, token_in


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


@pytest.fixture
def officer(backend: EdgeBackend) -> Caller:
    return Caller(create_site(backend), OFFICER)


def task_of(backend: EdgeBackend) -> str:
    return backend.store.open_tasks(TaskFilter(dossier_code=open_birth(backend)))[0].id


def put(caller: Caller, task_id: str, revision: int, actor: str = "officer.lan", **entries: Any) -> Any:
    body = {"entries": entries, "revision": revision}
    return caller("PUT", f"/api/v1/tasks/{task_id}/draft", json=body, headers={"X-Actor": actor})


def test_a_service_saves_a_draft_and_reads_it_back(api: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    address = f"/api/v1/tasks/{task_id}/draft"
    assert api.get(address).json() == {"entries": {}, "revision": 0, "saved_by": None, "saved_at": None}
    saved = put(api, task_id, 0, decline_reason="thiếu giấy chứng sinh")
    assert (saved.status_code, saved.json()["revision"]) == (200, 1)
    assert api.get(address).json() == {
        "entries": {"decline_reason": "thiếu giấy chứng sinh"},
        "revision": 1,
        "saved_by": "officer.lan",
        "saved_at": "2026-03-02T01:00:00Z",
    }


def test_the_list_of_tasks_does_not_carry_what_is_half_entered(api: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    put(api, task_id, 0, decline_reason="thiếu giấy chứng sinh")
    assert "thiếu" not in api.get("/api/v1/tasks").text
    assert "thiếu" not in api.get(f"/api/v1/tasks/{task_id}").text


def test_who_saves_over_another_s_draft_is_told_whose_it_is(api: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    put(api, task_id, 0, decline_reason="một")
    conflict = put(api, task_id, 0, actor="officer.binh", decline_reason="hai")
    assert conflict.status_code == 409
    assert conflict.headers["content-type"] == "application/problem+json"
    problem = conflict.json()
    assert (problem["type"], problem["revision"], problem["saved_by"]) == ("urn:motcua:problem:draft-conflict", 1, "officer.lan")
    assert put(api, task_id, 1, actor="officer.binh", decline_reason="hai").json()["revision"] == 2


@pytest.mark.parametrize(
    "entries", [{"received": True}, {"decline_reason": {"a": 1}}, {"decline_reason": "x" * 20_001}, {"completeness": "maybe"}]
)
def test_what_the_form_cannot_hold_is_a_problem_of_the_request(api: Caller, backend: EdgeBackend, entries: dict[str, Any]) -> None:
    task_id = task_of(backend)
    assert put(api, task_id, 0, **entries).status_code == 422
    assert api.get(f"/api/v1/tasks/{task_id}/draft").json()["revision"] == 0


def test_after_completion_there_is_no_draft_and_no_task(api: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    put(api, task_id, 0, decline_reason="một")
    assert api.post(f"/api/v1/tasks/{task_id}/complete", json={"entries": {"completeness": "accept"}}).status_code == 200
    assert api.get(f"/api/v1/tasks/{task_id}/draft").status_code == 404
    assert put(api, task_id, 1, decline_reason="hai").status_code == 404


def send(officer: Caller, task_id: str, **fields: str) -> Any:
    token = token_in(officer.get(f"/work/{task_id}").text)
    return officer.post(f"/work/{task_id}/draft", data={"form_token": token, **fields})


def test_an_officer_saves_the_form_half_filled_and_finds_it_so(officer: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    page = officer.get(f"/work/{task_id}").text
    assert f'formaction="/work/{task_id}/draft" formnovalidate' in page
    assert 'name="draft_revision" value="0"' in page
    saved = send(
        officer, task_id, draft_revision="0", **{"entry:completeness": "accept", "entry:decline_reason": "thiếu <giấy>\r\nhai"}
    )
    assert (saved.status_code, saved.headers["location"]) == (303, f"/work/{task_id}?saved=1")
    page = officer.get(saved.headers["location"]).text
    assert "Đã lưu nháp." in page
    assert "officer.lan" in page
    assert "thiếu &lt;giấy&gt;\nhai</textarea>" in page
    assert 'value="accept" checked' in page
    assert 'name="draft_revision" value="1"' in page


def test_an_officer_who_was_overtaken_sees_their_own_words_and_whose_draft_stands(officer: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    other = Caller(create_site(backend), {"X-Actor": "officer.binh"})
    send(other, task_id, draft_revision="0", **{"entry:decline_reason": "của Bình"})
    overtaken = send(officer, task_id, draft_revision="0", **{"entry:decline_reason": "của Lan"})
    assert overtaken.status_code == 409
    assert "của Lan</textarea>" in overtaken.text
    assert "officer.binh đã lưu bản khác" in overtaken.text
    again = send(officer, task_id, draft_revision="1", **{"entry:decline_reason": "của Lan"})
    assert again.status_code == 303


def test_a_draft_with_a_field_of_another_form_or_without_its_revision_is_refused(officer: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    assert send(officer, task_id, draft_revision="0", **{"entry:received": "true"}).status_code == 422
    assert send(officer, task_id, **{"entry:decline_reason": "x"}).status_code == 422
    assert send(officer, task_id, draft_revision="٣", **{"entry:decline_reason": "x"}).status_code == 422
    assert backend.store.task(task_id).draft is None


def test_a_draft_is_saved_only_from_a_page_of_ours(officer: Caller, backend: EdgeBackend) -> None:
    task_id = task_of(backend)
    assert officer.post(f"/work/{task_id}/draft", data={"draft_revision": "0", "entry:decline_reason": "x"}).status_code == 403
