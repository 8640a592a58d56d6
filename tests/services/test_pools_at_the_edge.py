"""Dossiers of a model with several pools or starts, over HTTP, on the pages and on the command line's words."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.services.api.application import create_api
from motcua.services.web.site import create_site
from motcua.services.web.whereabouts import whereabouts
from tests.pool_models import BUSY, CODE, TWO_STARTS, version
from tests.services.edge import OFFICER, Caller, EdgeBackend, birth_application, edge_backend


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


def application(**changes: Any) -> dict[str, Any]:
    return birth_application(**{"procedure_code": CODE, "entries": {"area": "100.5"}, **changes})


def complete(api: Caller, code: str, activity: str, **entries: Any) -> None:
    tasks = api.get("/api/v1/tasks", params={"dossier": code}).json()
    (task,) = [each for each in tasks if each["activity_id"] == activity]
    done = api("POST", f"/api/v1/tasks/{task['id']}/complete", json={"entries": entries})
    assert done.status_code == 200, done.text


def test_an_application_names_its_start_and_one_that_names_none_is_told_which_there_are(api: Caller, backend: EdgeBackend) -> None:
    backend.engine.publish(version(TWO_STARTS))
    refused = api("POST", "/api/v1/dossiers", json=application())
    assert refused.status_code == 422
    assert '"land_renewal", "land_transfer"' in refused.json()["detail"]
    opened = api("POST", "/api/v1/dossiers", json=application(message="land_transfer"))
    assert opened.status_code == 201


def test_a_key_that_was_used_for_one_start_is_not_used_for_another(api: Caller, backend: EdgeBackend) -> None:
    backend.engine.publish(version(TWO_STARTS))
    key = {"Idempotency-Key": "k1"}
    first = api("POST", "/api/v1/dossiers", json=application(message="land_transfer"), headers=key)
    again = api("POST", "/api/v1/dossiers", json=application(message="land_transfer"), headers=key)
    renewal = application(message="land_renewal", entries={"area": "100.5", "old_certificate": "BA 123"})
    other = api("POST", "/api/v1/dossiers", json=renewal, headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["code"] == again.json()["code"]


def test_the_page_shows_both_pools_in_one_diagram_and_offers_no_message_that_only_the_other_office_sends(
    api: Caller, backend: EdgeBackend
) -> None:
    backend.engine.publish(version(BUSY))
    code = api("POST", "/api/v1/dossiers", json=application()).json()["code"]
    complete(api, code, "assess")
    seen = whereabouts(backend, backend.store.dossier(code), tuple(backend.store.events(code)))
    (diagram,) = seen.diagrams
    assert set(diagram.current) == {"measure", "compute_tax"}
    assert {"filed", "assess", "send_to_tax", "request_in"} <= set(diagram.done)
    complete(api, code, "measure")
    seen = whereabouts(backend, backend.store.dossier(code), tuple(backend.store.events(code)))
    assert seen.awaited == ()
    page = Caller(create_site(backend), OFFICER).get(f"/dossiers/{code}")
    assert page.status_code == 200
    assert "Gửi tin sang quy trình khác của hồ sơ" in page.text


def test_an_operator_corrects_the_data_of_another_pool_over_http(api: Caller, backend: EdgeBackend) -> None:
    backend.engine.publish(version(BUSY))
    code = api("POST", "/api/v1/dossiers", json=application()).json()["code"]
    complete(api, code, "assess")
    correction = {"entries": {"taxed_area": "99"}, "reason": "misread"}
    assert api("POST", f"/api/v1/dossiers/{code}/corrections", json=correction).status_code == 422
    corrected = api("POST", f"/api/v1/dossiers/{code}/corrections", json={**correction, "process": "tax_office"})
    assert corrected.status_code == 200, corrected.text
