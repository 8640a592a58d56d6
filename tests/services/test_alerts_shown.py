"""How near a deadline is stands beside every task and dossier, and stands still while the clock does."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from motcua.engine.calendars import VIETNAM
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.api.application import create_api
from motcua.services.api.backend import Backend
from motcua.services.web.site import create_site
from tests.office import Office
from tests.services.edge import OFFICER, Caller

LAWYER = "1.000828"  # 15 working days; the appraisal has a norm of 16 hours


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def code(office: Office) -> str:
    """A dossier that lies with the officer since Monday 2 March at eight; its norm ends on Wednesday at eight."""
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    return code


@pytest.fixture
def backend(office: Office) -> Backend:
    parts: Any = SimpleNamespace(
        engine=office.engine, store=office.store, clock=office.clock, runner=office.runner, catalog=load_catalog()
    )
    return cast(Backend, parts)


def at(office: Office, text: str) -> None:
    office.clock.move_to(datetime.fromisoformat(text).replace(tzinfo=VIETNAM))


@pytest.mark.parametrize(
    ("now", "level", "hours"),
    [
        ("2026-03-02T08:00", "green", 16),
        ("2026-03-03T14:30", "due_soon", 3.5),  # 14:30 to 17:00, and an hour on Wednesday: less than a quarter of 16
        ("2026-03-04T09:00", "late", -1),
    ],
)
def test_a_task_over_the_api_says_how_near_the_end_of_its_norm_is(
    office: Office, code: str, backend: Backend, now: str, level: str, hours: float
) -> None:
    at(office, now)
    api = Caller(create_api(backend), OFFICER)
    (task,) = api.get("/api/v1/tasks", params={"dossier": code}).json()
    assert (task["alert"]["level"], task["alert"]["remaining_seconds"]) == (level, hours * 3600)
    assert api.get(f"/api/v1/tasks/{task['id']}").json() == task


@pytest.mark.parametrize(
    ("now", "level"), [("2026-03-20T16:00", "green"), ("2026-03-20T17:00", "due_soon"), ("2026-03-24T08:00", "late")]
)
def test_the_due_date_over_the_api_says_how_near_it_is(office: Office, code: str, backend: Backend, now: str, level: str) -> None:
    at(office, now)
    assert Caller(create_api(backend), OFFICER).get(f"/api/v1/dossiers/{code}/due").json()["alert"]["level"] == level


def test_while_a_supplement_is_awaited_the_alert_stands(office: Office, code: str, backend: Backend) -> None:
    at(office, "2026-03-20T16:00")
    office.do(code, "appraise", decision="supplement", missing="Bản sao")
    at(office, "2026-04-01T08:00")
    alert = Caller(create_api(backend), OFFICER).get(f"/api/v1/dossiers/{code}/due").json()["alert"]
    assert (alert["level"], alert["remaining_seconds"]) == ("green", 9 * 3600)


def test_the_work_list_and_the_pages_mark_what_is_near_and_what_is_late(office: Office, code: str, backend: Backend) -> None:
    site = Caller(create_site(backend), OFFICER)
    (task,) = office.tasks(code).values()
    at(office, "2026-03-03T14:30")
    for page in ("/work", f"/work/{task.id}"):
        assert '<span class="due-soon">08:00 04/03/2026</span><br><small>sắp đến hạn</small>' in site.get(page).text
    at(office, "2026-03-20T17:00")
    work = site.get("/work").text
    assert '<span class="late">08:00 04/03/2026</span><br><small>quá hạn</small>' in work
    assert '<span class="due-soon">17:00 23/03/2026</span><br><small>sắp đến hạn</small>' in work
    assert '<span class="due-soon">Sắp đến hạn</span>' in site.get(f"/dossiers/{code}").text
    at(office, "2026-03-24T08:00")
    assert '<span class="late">Quá hạn</span>' in site.get(f"/dossiers/{code}").text


def test_a_vietnamese_explanation_names_vietnamese_sources(code: str, backend: Backend) -> None:
    api = Caller(create_api(backend), OFFICER)
    sources = {
        language: api.get(f"/api/v1/dossiers/{code}/due", params={"language": language}).json()["events"][0]["source"]
        for language in ("vi", "en")
    }
    assert sources == {"vi": "Bộ luật Dân sự 2015, Điều 147", "en": "Civil Code 2015, art. 147"}
