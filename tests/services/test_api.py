"""Driving dossiers over HTTP: what a portal or a line-of-business system sees."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.engine.event_log import erase_content
from motcua.engine.starts import start_for
from motcua.services.api.application import create_api
from tests.services.edge import (
    BIRTH,
    COMMUNE,
    OFFICER,
    Caller,
    EdgeBackend,
    birth_application,
    complete_first,
    edge_backend,
    open_birth,
)


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


def open_task(api: Caller, code: str) -> dict[str, Any]:
    task: dict[str, Any] = api.get("/api/v1/tasks", params={"dossier": code}).json()[0]
    return task


def test_an_application_becomes_a_dossier_with_a_code_of_the_authority_and_day(api: Caller) -> None:
    answer = api.post("/api/v1/dossiers", json=birth_application())
    assert answer.status_code == 201
    assert answer.json()["code"] == f"{COMMUNE}-260302-0001"
    assert answer.json()["status"] == "filed"
    assert answer.json()["tier"] == "commune", "the authority's own tier"
    assert answer.headers["location"] == f"/api/v1/dossiers/{COMMUNE}-260302-0001"


def test_the_same_request_sent_twice_answers_the_same_dossier(api: Caller) -> None:
    first = api.post("/api/v1/dossiers", json=birth_application(), headers={"Idempotency-Key": "portal-117"})
    again = api.post("/api/v1/dossiers", json=birth_application(), headers={"Idempotency-Key": "portal-117"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(api.get("/api/v1/dossiers").json()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"authority_code": "H05.22"},
        {"channel": "post"},
        {"applicant": {"name": "Trần Văn Khác"}},
        {"entries": {**birth_application()["entries"], "child_name": "Trẻ khác"}},
    ],
)
def test_a_key_that_comes_back_with_another_application_is_refused(api: Caller, changes: dict[str, Any]) -> None:
    api.post("/api/v1/dossiers", json=birth_application(), headers={"Idempotency-Key": "k"})
    answer = api.post("/api/v1/dossiers", json=birth_application(**changes), headers={"Idempotency-Key": "k"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:motcua:problem:key-used-for-another"


def test_two_senders_with_the_same_key_do_not_see_each_others_dossiers(api: Caller) -> None:
    one = api.post("/api/v1/dossiers", json=birth_application(), headers={"Idempotency-Key": "1", "X-Actor": "portal.a"})
    other = api.post("/api/v1/dossiers", json=birth_application(), headers={"Idempotency-Key": "1", "X-Actor": "portal.b"})
    assert other.status_code == 201
    assert one.json()["code"] != other.json()["code"]


def test_the_due_date_is_explained_day_by_day_in_both_languages(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    assert api.get(f"/api/v1/dossiers/{code}/due").json()["known"] is False, "not received yet"
    complete_first(backend, code, completeness="accept")
    due = api.get(f"/api/v1/dossiers/{code}/due", params={"language": "en"}).json()
    dossier = api.get(f"/api/v1/dossiers/{code}").json()
    assert due["due_on"] == dossier["due_on"] == "2026-03-02", "received on Monday morning, due the same day"
    assert due["due_at"] == dossier["due_at"]
    assert due["days"] == [
        {
            "on": "2026-03-02",
            "weekday": "Monday",
            "counted": True,
            "number": 1,
            "hours": None,
            "reason": "counted (day 1)",
            "source": "",
        }
    ]
    assert "due on the day of receipt" in due["explanation"]
    assert "trả trong ngày tiếp nhận" in api.get(f"/api/v1/dossiers/{code}/due").json()["explanation"]


def test_a_dossier_whose_limit_is_unknown_says_why_there_is_no_date(api: Caller, backend: EdgeBackend) -> None:
    opened = api.post("/api/v1/dossiers", json=_any_application(backend, "2.001023"))
    assert opened.status_code == 201, opened.text
    code = opened.json()["code"]
    backend.work()
    complete_first(backend, code, completeness="accept")
    due = api.get(f"/api/v1/dossiers/{code}/due").json()
    assert due["known"] is False
    assert "2.001023" in due["because"]


def test_the_history_comes_with_its_verification_and_without_rounding(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    history = api.get(f"/api/v1/dossiers/{code}/events").json()
    assert history["verification"] == {"holds": True, "events": len(history["events"]), "erased": 0, "seq": None, "reason": None}
    opened = history["events"][0]
    assert opened["content"]["entries"]["child_born_on"] == {"$date": "2026-02-20"}
    assert opened["previous"] == "00" * 32
    assert [event["previous"] for event in history["events"][1:]] == [event["digest"] for event in history["events"][:-1]]


def test_an_altered_history_is_told_with_the_event_that_does_not_fit(
    api: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_birth(backend)
    events = list(backend.store.events(code))
    events[1] = _with_fact(events[1], "status", "returned")
    monkeypatch.setattr(backend.store, "events", lambda code: events)
    told = api.get(f"/api/v1/dossiers/{code}/events").json()["verification"]
    assert (told["holds"], told["seq"]) == (False, 2)


def test_erased_content_stays_erased_and_the_chain_still_holds(
    api: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_birth(backend)
    events = list(backend.store.events(code))
    events[0] = erase_content(events[0])
    monkeypatch.setattr(backend.store, "events", lambda code: events)
    history = api.get(f"/api/v1/dossiers/{code}/events").json()
    assert history["verification"]["holds"] is True
    assert history["verification"]["erased"] == 1
    assert history["events"][0]["content"] is None
    assert history["events"][0]["content_erased"] is True


def test_a_document_is_a_download_under_its_vietnamese_name(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    (slip,) = api.get(f"/api/v1/dossiers/{code}/documents").json()
    assert slip["kind"] == "receipt_slip"
    answer = api.get(f"/api/v1/dossiers/{code}/documents/{slip['id']}")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''Gi%E1%BA%A5y" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_document_of_another_dossier_is_not_found(api: Caller, backend: EdgeBackend) -> None:
    mine, other = open_birth(backend), open_birth(backend)
    complete_first(backend, other, completeness="accept")
    (slip,) = api.get(f"/api/v1/dossiers/{other}/documents").json()
    answer = api.get(f"/api/v1/dossiers/{mine}/documents/{slip['id']}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:motcua:problem:unknown-document"


def test_the_work_list_is_filtered_by_authority_tier_role_and_assignee(api: Caller, backend: EdgeBackend) -> None:
    here = open_birth(backend)
    there = open_birth(backend, authority_code="H05.22")
    complete_first(backend, there, completeness="accept")

    def listed(**filters: str) -> list[str]:
        return [task["dossier_code"] for task in api.get("/api/v1/tasks", params=filters).json()]

    assert listed(authority=COMMUNE) == [here]
    assert listed(role="civil_status_officer") == [there]
    assert listed(tier="province") == []
    assert listed(assignee="officer.lan") == []
    api.post(f"/api/v1/tasks/{open_task(api, here)['id']}/claim")
    assert listed(assignee="officer.lan") == [here]


def test_a_claimed_task_is_completed_by_nobody_else_until_it_is_delegated(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    task = open_task(api, code)
    assert api.post(f"/api/v1/tasks/{task['id']}/claim").json()["assignee"] == "officer.lan"
    form = {"entries": {"completeness": "accept"}}
    refused = api.post(f"/api/v1/tasks/{task['id']}/complete", json=form, headers={"X-Actor": "officer.minh"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:motcua:problem:not-their-task")
    given = api.post(f"/api/v1/tasks/{task['id']}/delegate", json={"to": "officer.minh"}).json()
    assert (given["assignee"], given["delegated_by"]) == ("officer.minh", "officer.lan")
    taken = api.post(f"/api/v1/tasks/{task['id']}/complete", json=form, headers={"X-Actor": "officer.minh"})
    assert taken.json()["status"] == "received"
    assert api.get(f"/api/v1/tasks/{task['id']}").status_code == 404, "it left the work list"


def test_a_form_with_mistakes_is_refused_field_by_field_and_changes_nothing(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    answer = api.post(
        f"/api/v1/tasks/{open_task(api, code)['id']}/complete", json={"entries": {"completeness": "perhaps", "colour": "red"}}
    )
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"completeness", "colour"}
    assert api.get(f"/api/v1/dossiers/{code}").json()["status"] == "filed"


def test_a_message_is_taken_once_however_often_it_is_sent(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    complete_first(backend, code, decision="supplement", missing="Giấy chứng sinh")
    assert api.get(f"/api/v1/dossiers/{code}").json()["status"] == "supplement_requested"
    address = f"/api/v1/dossiers/{code}/messages/paper-117"
    first = api("PUT", address, json={"name": "supplement_received"})
    again = api("PUT", address, json={"name": "supplement_received"})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["delivered_at"] is not None
    assert api.get(f"/api/v1/dossiers/{code}").json()["status"] == "in_process"


def test_a_message_that_the_procedure_never_waits_for_is_refused(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    answer = api("PUT", f"/api/v1/dossiers/{code}/messages/1", json={"name": "lottery_won"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:motcua:problem:message-unknown")


def test_an_incident_is_listed_and_retried_with_a_reason_that_the_history_keeps(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    backend.outside.down.add("documents.receipt_slip")
    complete_first(backend, code, completeness="accept")
    for _ in range(20):
        backend.pass_time(hours=3)
        backend.work()
    (incident,) = api.get("/api/v1/incidents").json()
    assert (incident["operation"], incident["state"]) == ("documents.receipt_slip", "incident")
    backend.outside.down.clear()
    retry = {"key": incident["key"], "dossier_code": code, "reason": "máy in đã sửa"}
    assert api.post("/api/v1/incidents/retry", json=retry).json()["state"] == "queued"
    backend.work()
    assert api.get("/api/v1/incidents").json() == []
    reasons = [
        event["facts"]["reason"]
        for event in api.get(f"/api/v1/dossiers/{code}/events").json()["events"]
        if event["kind"] == "incident_retried"
    ]
    assert reasons == ["máy in đã sửa"]
    assert api.post("/api/v1/incidents/retry", json=retry).status_code == 404, "it is no incident any more"


def test_procedures_are_found_without_diacritics_and_shown_with_sources(api: Caller) -> None:
    listed = api.get("/api/v1/procedures", params={"search": "khai sinh"}).json()
    assert BIRTH in [each["code"] for each in listed]
    shown = api.get(f"/api/v1/procedures/{BIRTH}").json()
    assert shown["facts"]["limits"][0]["source"]
    assert shown["facts"]["cut_off"]["at"] == "15:00:00"
    assert shown["version"]["in_force_from"] == "2025-07-01"
    assert shown["can_be_filed"]
    model = api.get(f"/api/v1/procedures/{BIRTH}/model")
    assert model.headers["content-type"] == "application/xml"
    assert b"bpmn:definitions" in model.content


def test_the_list_of_procedures_is_paged_by_code_and_says_which_can_be_filed(api: Caller, backend: EdgeBackend) -> None:
    first = api.get("/api/v1/procedures", params={"limit": 50})
    next_one = api.get("/api/v1/procedures", params={"limit": 50, "offset": 50})
    codes = [each["code"] for each in (*first.json(), *next_one.json())]
    assert codes == list(backend.catalog.codes()[:100])
    assert first.headers["X-Total-Count"] == str(len(backend.catalog.codes()))
    filed = api.get("/api/v1/procedures", params={"only_filed": True, "limit": 5000}).json()
    assert [each["code"] for each in filed] == list(backend.catalog.modelled_codes())
    assert all(each["can_be_filed"] for each in filed)


def test_a_procedure_without_a_model_is_told_about_and_cannot_be_filed(api: Caller, backend: EdgeBackend) -> None:
    code = next(code for code in backend.catalog.codes() if not backend.catalog.has_model(code))
    shown = api.get(f"/api/v1/procedures/{code}").json()
    assert (shown["can_be_filed"], shown["version"]) == (False, None)
    refused = api.post("/api/v1/dossiers", json=birth_application(procedure_code=code))
    assert refused.status_code == 404
    assert "catalog list" in refused.json()["detail"]


def test_the_receipt_code_alone_tells_nothing_about_a_person(backend: EdgeBackend) -> None:
    code = open_birth(backend)
    public = Caller(create_api(backend))
    answer = public.get(f"/api/v1/tracking/{code}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "filed"
    for personal in ("Ánh", "Đức", "024190001234", "0912", "khai sinh", BIRTH):
        assert personal not in answer.text


@pytest.mark.parametrize("digits", ["5678", "1234"])
def test_the_last_digits_of_phone_or_personal_number_open_the_content(backend: EdgeBackend, digits: str) -> None:
    code = open_birth(backend)
    answer = Caller(create_api(backend)).post(f"/api/v1/tracking/{code}", json={"last_digits": digits})
    assert answer.status_code == 200
    assert answer.json()["applicant_name"] == "Nguyễn Thị Hồng Ánh"
    assert "024190001234" not in answer.text


def test_wrong_digits_are_counted_and_the_right_ones_no_longer_help(backend: EdgeBackend) -> None:
    code = open_birth(backend)
    public = Caller(create_api(backend))
    wrong = [public.post(f"/api/v1/tracking/{code}", json={"last_digits": f"000{n}"}).status_code for n in range(5)]
    assert wrong == [403] * 5
    locked = public.post(f"/api/v1/tracking/{code}", json={"last_digits": "5678"})
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) == 15 * 60 + 1
    backend.pass_time(minutes=16)
    assert public.post(f"/api/v1/tracking/{code}", json={"last_digits": "5678"}).status_code == 200


def test_an_applicant_without_any_number_cannot_be_guessed(backend: EdgeBackend) -> None:
    code = open_birth(backend, applicant={"name": "Nguyễn Văn Không Số"})
    answer = Caller(create_api(backend)).post(f"/api/v1/tracking/{code}", json={"last_digits": "0000"})
    assert answer.status_code == 403


def test_the_server_is_ready_only_while_its_database_answers(api: Caller, backend: EdgeBackend) -> None:
    assert api.get("/health/live").status_code == api.get("/health/ready").status_code == 200
    backend.database_is_up = False
    assert api.get("/health/live").status_code == 200
    assert api.get("/health/ready").status_code == 503


def test_every_operation_is_described_and_asks_who_acts_unless_it_is_public(api: Caller) -> None:
    described = api.get("/api/openapi.json").json()
    public = ("/api/v1/procedures", "/api/v1/tracking", "/callbacks", "/health")
    operations = [(path, method, each) for path, methods in described["paths"].items() for method, each in methods.items()]
    assert len(operations) >= 20
    for path, method, each in operations:
        assert each.get("description"), (method, path)
        assert "application/problem+json" in each["responses"]["4XX"]["content"], (method, path)
        assert "422" not in each["responses"], "errors have one shape"
        headers = [parameter["name"].lower() for parameter in each.get("parameters", ()) if parameter["in"] == "header"]
        assert ("x-actor" in headers) is not path.startswith(public), (method, path)


def _with_fact(event: Any, name: str, value: str) -> Any:
    from dataclasses import replace

    return replace(event, facts={**event.facts, name: value})


def _any_application(backend: EdgeBackend, code: str) -> dict[str, Any]:
    """An application with something in every field of the procedure's form."""
    version = backend.catalog.versions(code)[0]
    start = start_for(backend.engine.publish(version).model, None)
    samples = {"text": "chữ", "integer": 1, "decimal": "1.5", "boolean": True, "date": "2026-02-20"}
    entries = {each.name: each.options[0].value if each.type == "choice" else samples[each.type] for each in start.form}
    return birth_application(procedure_code=code, entries=entries)
