"""One due moment, wherever it is shown: an authority that works on Saturday mornings has its dossiers due earlier, everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from motcua.engine.authority_calendars import AuthorityCalendars
from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Dossier
from motcua.engine.recomputation import recompute
from motcua.procedures_catalog.calendar_tables import packaged_tables, read_tables
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.api.application import create_api
from motcua.services.api.backend import Backend
from motcua.services.app import App
from motcua.services.cli import stories
from motcua.services.reports.control_slip import print_control_slip
from motcua.services.web.site import create_site
from tests.office import Office
from tests.services.edge import OFFICER, Caller
from tests.services.papers import text_of

LAWYER = "1.000828"  # 15 working days, received by H05.02
CATALOG = load_catalog()
HOURS = (
    "authority,valid_from,valid_until,weekdays,sessions,source\n"
    "H05.02,,,mon-fri,07:00-11:30 13:30-17:00,Decision 12\n"
    "H05.02,,,sat,07:30-11:30,Decision 12\n"
)
CALENDARS = AuthorityCalendars(
    packaged_tables().amended(read_tables({"office_hours.csv": HOURS}, CATALOG.authorities)), CATALOG.authorities
)
# Received on Monday 2 March: 3–7 are days 1–5 with the Saturday, 9–14: 6–11, 16–19: 12–15. Without Saturdays it is the 23rd.
DUE_ON = date(2026, 3, 19)
DUE_AT = datetime(2026, 3, 19, 17, 0, tzinfo=VIETNAM).astimezone(UTC)


@pytest.fixture
def office() -> Office:
    return Office(calendar=CALENDARS.calendar_for)


@pytest.fixture
def backend(office: Office) -> Any:
    """What the API, the pages and the stories look at."""
    return SimpleNamespace(engine=office.engine, store=office.store, clock=office.clock, runner=office.runner, catalog=CATALOG)


@pytest.fixture
def dossier(office: Office) -> Dossier:
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    return office.dossier(code)


def test_the_dossier_keeps_the_date_of_its_authoritys_calendar(dossier: Dossier) -> None:
    assert (dossier.due_on, dossier.due_at) == (DUE_ON, DUE_AT)


def test_counted_again_it_is_the_same_date_and_a_recomputation_has_nothing_to_move(office: Office, dossier: Dossier) -> None:
    moment = office.engine.due_of(dossier)
    assert moment is not None
    assert (moment.due_on, moment.due_at, moment.expires_at) == (dossier.due_on, dossier.due_at, dossier.expires_at)
    assert moment.days[-1].on == DUE_ON
    assert list(recompute([dossier], CALENDARS.calendar_for, CALENDARS.calendar_for, lambda each: moment.policy)) == []


def test_the_api_and_the_page_show_it(backend: Any, dossier: Dossier) -> None:
    api, site = (Caller(made(cast(Backend, backend)), OFFICER) for made in (create_api, create_site))
    told = api.get(f"/api/v1/dossiers/{dossier.code}/due").json()
    assert (told["due_on"], datetime.fromisoformat(told["due_at"])) == ("2026-03-19", DUE_AT)
    assert told["days"][-1]["on"] == "2026-03-19"
    page = site.get(f"/dossiers/{dossier.code}").text
    assert '<p class="due-line"><strong>17:00 19/03/2026</strong>' in page


def test_the_control_slip_measures_a_stage_by_the_saturday_too(office: Office, dossier: Dossier) -> None:
    office.wait_until(datetime(2026, 3, 6, 16, 0, tzinfo=VIETNAM))  # a Friday
    office.do(dossier.code, "appraise")
    (task,) = office.tasks(dossier.code).values()
    assert (task.activity_id, task.norm_hours) == ("division_head_review", 4)
    office.wait_until(datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM))
    office.do(dossier.code, "division_head_review")
    slip = print_control_slip(office.store, CATALOG, CALENDARS.calendar_for, dossier.code)
    # 1:00 on Friday until 17:00, 3:00 on Saturday from 07:30
    assert "định mức 4 giờ, đến 10:30 07/03/2026" in text_of(slip.content)


def test_the_story_that_the_demonstration_tells_names_it(backend: Any, dossier: Dossier) -> None:
    assert "It is due on Thursday 2026-03-19, at 17:00" in stories.due_line(cast(App, backend), dossier)


def test_what_was_never_received_was_never_due(office: Office) -> None:
    assert office.engine.due_of(office.dossier(office.file(LAWYER))) is None
