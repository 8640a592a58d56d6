"""`motcua calendar`: an administrator looks at a calendar, checks new tables, and puts them in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import motcua.services.app
from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.store import TaskFilter
from motcua.errors import MotcuaError
from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.app import open_app
from motcua.services.calendars import CalendarFolderUnreadable, load_calendars
from motcua.services.cli import calendar, deadline
from motcua.services.operations import OPERATIONS
from motcua.services.settings import Settings, read_settings
from motcua.services.worker import work
from tests.databases import database_url
from tests.office import Office

__all__ = ["database_url"]

LAWYER = "1.000828"
DAYS = "date,kind,name,confidence,source,authority\n"
HOURS = "authority,valid_from,valid_until,weekdays,sessions,source\n"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def new(tmp_path: Path, data_dir: Path) -> Path:
    """A folder with tables that an administrator prepares."""
    folder = tmp_path / "new"
    folder.mkdir()
    return folder


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose engine takes its calendars from the data folder whenever the application is opened."""
    office = Office()

    @contextmanager
    def opened(settings: Settings) -> Iterator[SimpleNamespace]:
        calendars = load_calendars(settings.data_dir, load_catalog().authorities)
        engine = DossierEngine(office.store, office.clock, calendars.calendar_for, OPERATIONS)
        yield SimpleNamespace(engine=engine, store=office.store)

    monkeypatch.setattr(motcua.services.app, "open_app", opened)
    return office


def motcua_(*arguments: str) -> str:
    app = typer.Typer()
    app.callback()(lambda: None)
    calendar.register(app)
    deadline.register(app)
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_year_is_shown_day_by_day_with_its_sources(data_dir: Path) -> None:
    shown = motcua_("calendar", "show", "--year", "2026")
    assert "2026: confirmed" in shown
    assert "2026-01-10  Sat  makeup_working   confirmed  làm bù cho 02/01  [Government Office letter 12729" in shown
    assert "Mon 07:00-11:30 13:30-17:00" in shown


def test_a_year_without_announcements_is_shown_as_provisional(data_dir: Path) -> None:
    shown = json.loads(motcua_("calendar", "show", "H05.21", "--year", "2027", "--json"))
    assert (shown["authority"], shown["known_until"]) == ("H05.21", 2036)
    assert shown["days"][0] == {
        "date": "2027-01-01", "kind": "holiday", "name": "Tết Dương lịch", "confidence": "computed",
        "source": "Labour Code 2019, art. 112",
    }  # fmt: skip
    assert "2027: provisional" in motcua_("calendar", "show", "--year", "2027")


@pytest.mark.parametrize("arguments", [("calendar", "show", "H99"), ("calendar", "show", "--year", "1999")])
def test_an_unknown_authority_or_year_is_one_clear_error(data_dir: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(MotcuaError, match=r"H99|1999") as error:
        motcua_(*arguments)
    assert error.value.exit_status == 2


def test_good_tables_are_counted(new: Path) -> None:
    (new / "days_off.csv").write_text("\ufeff" + DAYS + "2026-03-03,holiday,lũ,confirmed,y,\n", encoding="utf-8")
    assert motcua_("calendar", "check", str(new)) == "The tables hold: special_days 1, confirmed_years 0, office_hours 0\n"
    assert json.loads(motcua_("calendar", "check", "--json")) == {"special_days": 0, "confirmed_years": 0, "office_hours": 0}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("days_off.csv", DAYS + "2026-03-03,holiday,a,confirmed,y,\n2026-03-03,holiday,a,confirmed,y,\n", "Line 3.*twice"),
        ("days_off.csv", DAYS + "2026-03-06,makeup_working_saturday,a,confirmed,y,\n", "no Saturday"),
        ("days_off.csv", DAYS + "2026-03-06,holiday,a,confirmed,y,H99\n", "H99"),
        ("office_hours.csv", HOURS + "H99,,,sat,07:00-11:00,y\n", "H99"),
        ("office_hours.csv", HOURS + ",,,mon-sun,closed,y\n", "an office is open at times"),
        ("opening.csv", HOURS, "No calendar table is called opening.csv"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(new: Path, name: str, content: str, words: str) -> None:
    (new / name).write_text(content, encoding="utf-8")
    with pytest.raises(MotcuaError, match=words) as error:
        motcua_("calendar", "check", str(new))
    assert error.value.exit_status == 2


def test_a_table_that_is_not_utf_8_is_refused(new: Path) -> None:
    (new / "days_off.csv").write_bytes(b"\xff\xfe" + "ngày".encode("utf-16-le"))
    with pytest.raises(CalendarFolderUnreadable, match="CSV in UTF-8"):
        motcua_("calendar", "check", str(new))


def test_new_tables_are_tried_first_and_then_put_in_place_and_every_open_dossier_follows(office: Office, new: Path) -> None:
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    (new / "days_off.csv").write_text(DAYS + "2026-03-03,holiday,lũ,confirmed,y,\n", encoding="utf-8")

    tried = motcua_("calendar", "apply", str(new), "--dry-run")
    assert f"{code}  2026-03-23 → 2026-03-24  2026-03-03 holiday (lũ) was working" in tried
    assert "1 due dates would move" in tried
    assert office.dossier(code).due_on == date(2026, 3, 23)
    assert not read_settings().data_dir.exists()

    (change,) = json.loads(motcua_("calendar", "apply", str(new), "--json"))
    assert (change["dossier_code"], change["new_due_on"]) == (code, "2026-03-24")
    assert office.dossier(code).due_on == date(2026, 3, 24)
    assert "0 due dates moved" in motcua_("calendar", "apply", str(new))


def test_tables_that_the_new_folder_lacks_are_taken_away(office: Office, new: Path) -> None:
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    table = new / "days_off.csv"
    table.write_text(DAYS + "2026-03-03,holiday,lũ,confirmed,y,\n", encoding="utf-8")
    motcua_("calendar", "apply", str(new))
    table.unlink()
    told = motcua_("calendar", "apply", str(new))
    assert "2026-03-24 → 2026-03-23  2026-03-03 working was holiday (lũ)" in told
    assert office.dossier(code).due_on == date(2026, 3, 23)


def test_a_change_that_was_interrupted_is_carried_through_with_its_cause(
    office: Office, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [office.file(LAWYER) for _ in range(2)]
    for code in codes:
        office.do_until(code, "appraise")
    (new / "days_off.csv").write_text(DAYS + "2026-03-03,holiday,lũ,confirmed,y,\n", encoding="utf-8")
    kept, asked = office.store.open_tasks, []

    def fail_at_the_second(wanted: TaskFilter) -> Any:
        asked.append(wanted)
        if len(asked) == 2:
            raise ConnectionError("the power failed")
        return kept(wanted)

    with monkeypatch.context() as broken:
        broken.setattr(office.store, "open_tasks", fail_at_the_second)
        with pytest.raises(ConnectionError):
            motcua_("calendar", "apply", str(new))
    assert sorted(str(office.dossier(code).due_on) for code in codes) == ["2026-03-23", "2026-03-24"]
    (change,) = json.loads(motcua_("calendar", "apply", str(new), "--json"))
    assert change["cause"] == "2026-03-03 holiday (lũ) was working"
    assert {office.dossier(code).due_on for code in codes} == {date(2026, 3, 24)}
    assert [each.name for each in read_settings().data_dir.iterdir()] == ["calendar"]


def test_a_wrong_table_is_never_put_in_place(office: Office, new: Path) -> None:
    (new / "days_off.csv").write_text("nonsense", encoding="utf-8")
    with pytest.raises(MotcuaError, match="must begin with the line"):
        motcua_("calendar", "apply", str(new))
    assert not read_settings().data_dir.exists()


def test_a_deadline_is_counted_by_the_authoritys_own_calendar(data_dir: Path) -> None:
    (data_dir / "calendar").mkdir(parents=True)
    (data_dir / "calendar" / "office_hours.csv").write_text(HOURS + "H05.21,,,sat,07:30-11:30,decision\n", encoding="utf-8")
    asked = ("deadline", "--limit", "1 working day", "--received", "2026-03-06T09:00+07:00", "--json")
    assert json.loads(motcua_(*asked))["due_at"] == "2026-03-09T17:00:00+07:00"
    own: dict[str, Any] = json.loads(motcua_(*asked, "--authority", "H05.21"))
    assert (own["authority"], own["due_at"]) == ("H05.21", "2026-03-07T11:30:00+07:00")
    with pytest.raises(UnknownAuthority, match="H99"):
        motcua_(*asked, "--authority", "H99")


def test_the_table_of_a_deadline_names_the_source_of_each_special_day(data_dir: Path) -> None:
    told = motcua_("deadline", "--limit", "2 hours", "--received", "2026-04-24T16:00+07:00", "--table")
    rows = [line for line in told.splitlines() if line.startswith("2026-04-2")]
    assert rows[0] == "2026-04-24  Friday        1 h  counted 1:00 h"
    assert "compensatory day off: nghỉ bù Giỗ Tổ  [Labour Code 2019, art. 111]" in rows[3]
    assert rows[4] == "2026-04-28  Tuesday       1 h  counted 1:00 h"


def test_the_application_runs_each_authority_on_the_tables_of_its_data_folder(data_dir: Path, database_url: str) -> None:
    (data_dir / "calendar").mkdir(parents=True)
    (data_dir / "calendar" / "office_hours.csv").write_text(HOURS + "H05.21,,,sat,07:30-11:30,decision\n", encoding="utf-8")
    settings = read_settings({"MOTCUA_DATA_DIR": str(data_dir), "MOTCUA_DATABASE_URL": database_url})
    with open_app(settings) as app:
        assert app.engine.calendar_for("H05.21").is_working_day(date(2026, 3, 7))
        assert not app.engine.calendar_for("H05.22").is_working_day(date(2026, 3, 7))


def test_tables_that_cannot_be_used_stop_what_counts_time_and_what_runs_for_long_and_nothing_else(
    data_dir: Path, database_url: str
) -> None:
    (data_dir / "calendar").mkdir(parents=True)
    (data_dir / "calendar" / "days_off.csv").write_text("nonsense", encoding="utf-8")
    settings = read_settings({"MOTCUA_DATA_DIR": str(data_dir), "MOTCUA_DATABASE_URL": database_url})
    with open_app(settings) as app:
        assert app.store.incidents() == []
        with pytest.raises(MotcuaError, match="must begin with the line"):
            app.engine.calendar_for("H05.21")
        with pytest.raises(MotcuaError, match="must begin with the line"):
            work(app, Event())
        with pytest.raises(MotcuaError, match="must begin with the line"):
            app.check_calendars()
