"""An exception that somebody answers for is seen by whoever looks at the dossier: over the API and on its page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.api.application import create_api
from motcua.services.api.backend import Backend
from motcua.services.web.form_posts import PREFIX
from motcua.services.web.site import create_site
from tests.contracts.exception_stories import LAWYER, OFFICER, appraised, ask
from tests.contracts.operator_stories import catalogued
from tests.office import Office
from tests.services.edge import Caller, token_in

REASON, BASIS = "Sở cấp lại bản sao có sai sót", "61/2018/NĐ-CP, Điều 17"


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def code(office: Office) -> str:
    """A dossier for which a supplement was asked and brought."""
    code = appraised(office, catalogued(LAWYER))
    ask(office, code)
    office.tell(code, "supplement_received", "s-1")
    return code


@pytest.fixture
def backend(office: Office) -> Backend:
    parts: Any = SimpleNamespace(
        engine=office.engine, store=office.store, clock=office.clock, runner=office.runner, catalog=load_catalog()
    )
    return cast(Backend, parts)


def asked_again(office: Office, code: str) -> dict[str, Any]:
    (task,) = office.tasks(code).values()
    return {"task": task.id, "entries": {"decision": "supplement", "missing": "Bản sao", "refusal_reason": ""}}


def test_over_the_api_the_rule_refuses_and_a_reason_makes_it_an_exception(office: Office, code: str, backend: Backend) -> None:
    api = Caller(create_api(backend), {"X-Actor": OFFICER})
    asked = asked_again(office, code)
    where = f"/api/v1/tasks/{asked['task']}/complete"
    refused = api.post(where, json={"entries": asked["entries"]})
    assert refused.status_code == 409
    assert refused.json()["rule"] == "A supplement is asked once, in full, with reasons."
    taken = api.post(where, json={"entries": {**asked["entries"], "exception_reason": REASON, "exception_basis": BASIS}})
    assert taken.status_code == 200
    answers_for_it = {"author": OFFICER, "reason": REASON, "basis": BASIS}
    assert [pause["exception"] for pause in api.get(f"/api/v1/dossiers/{code}").json()["pauses"]] == [None, answers_for_it]
    office.wait(days=1)
    moves = api.get(f"/api/v1/dossiers/{code}/due").json()["events"]
    assert [move["exception"] for move in moves if move["kind"] == "exception"] == [answers_for_it]
    events = api.get(f"/api/v1/dossiers/{code}/events").json()["events"]
    (event,) = [each for each in events if each["kind"] == "exception_recorded"]
    assert event["facts"]["legal_basis"] == BASIS


def test_the_page_takes_the_reason_and_shows_the_exception(office: Office, code: str, backend: Backend) -> None:
    site = Caller(create_site(backend), {"X-Actor": OFFICER})
    asked = asked_again(office, code)
    form = site.get(f"/work/{asked['task']}").text
    assert "lý do ngoại lệ" in form
    entered = {f"{PREFIX}{name}": value for name, value in {**asked["entries"], "exception_reason": REASON}.items()}
    sent = site.post(f"/work/{asked['task']}", data={"form_token": token_in(form), **entered})
    assert sent.status_code == 303, sent.text
    office.wait(days=1)
    page = site.get(f"/dossiers/{code}").text
    assert f'<strong class="late">Ngoại lệ</strong> do {OFFICER}: “{REASON}”' in page
    assert "Ghi nhận ngoại lệ" in page
