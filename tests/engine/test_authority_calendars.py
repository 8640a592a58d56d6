"""Each authority by its own office hours and days off, from the date on which they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from motcua.engine.authority_calendars import AuthorityCalendars
from motcua.engine.calendars import VIETNAM, CalendarUnknown, DayKind, default_calendar
from motcua.engine.deadlines import due
from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.procedures_catalog.calendar_tables import CalendarTables, packaged_tables, read_tables
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.time_limit import TimeLimit

AUTHORITIES = load_catalog().authorities
HOURS = "authority,valid_from,valid_until,weekdays,sessions,source\n"
DAYS = "date,kind,name,confidence,source,authority\n"
PROVINCE, COMMUNE, NEIGHBOUR = "H05", "H05.21", "H05.22"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def calendars(hours: str = "", days: str = "") -> AuthorityCalendars:
    own = read_tables({"office_hours.csv": HOURS + hours, "days_off.csv": DAYS + days}, AUTHORITIES)
    return AuthorityCalendars(packaged_tables().amended(own), AUTHORITIES)


SATURDAY_MORNINGS = calendars(f"{COMMUNE},2026-02-01,2026-06-30,sat,07:30-11:30,Decision 12\n")


def test_a_saturday_morning_is_a_working_day_of_the_commune_that_opens_then() -> None:
    commune, neighbour = SATURDAY_MORNINGS.calendar_for(COMMUNE), SATURDAY_MORNINGS.calendar_for(NEIGHBOUR)
    saturday = date(2026, 3, 7)
    assert commune.sessions_on(saturday) == ((local("2026-03-07T07:30"), local("2026-03-07T11:30")),)
    assert commune.day(saturday).kind is DayKind.WORKING
    assert neighbour.sessions_on(saturday) == ()


def test_a_dossier_due_on_a_saturday_morning_is_due_when_the_commune_closes_then() -> None:
    moment = due(local("2026-03-06T09:00"), TimeLimit.parse("1 working day"), SATURDAY_MORNINGS.calendar_for(COMMUNE))
    assert (moment.due_on, moment.due_at) == (date(2026, 3, 7), local("2026-03-07T11:30"))


def test_hours_run_through_the_saturday_morning() -> None:
    # 1:00 until 17:00 on Friday, 3:00 from 07:30 on Saturday
    moment = due(local("2026-03-06T16:00"), TimeLimit.parse("4 hours"), SATURDAY_MORNINGS.calendar_for(COMMUNE))
    assert moment.due_at == local("2026-03-07T10:30")


@pytest.mark.parametrize(
    ("saturday", "worked"), [("2026-01-31", False), ("2026-02-07", True), ("2026-06-27", True), ("2026-07-04", False)]
)
def test_office_hours_hold_from_their_first_day_to_their_last(saturday: str, worked: bool) -> None:
    assert SATURDAY_MORNINGS.calendar_for(COMMUNE).is_working_day(date.fromisoformat(saturday)) is worked


def test_a_make_up_saturday_is_worked_with_the_hours_of_a_friday() -> None:
    commune = calendars(f"{COMMUNE},,,sat,07:30-11:30,Decision 12\n").calendar_for(COMMUNE)
    assert commune.close_of(date(2026, 1, 10)) == local("2026-01-10T17:00")
    assert commune.close_of(date(2026, 1, 17)) == local("2026-01-17T11:30")


def test_a_weekday_that_the_commune_does_not_name_keeps_the_hours_of_the_province() -> None:
    made = calendars(f"{PROVINCE},,,mon-fri,08:00-12:00 13:00-17:00,province\n{COMMUNE},,,fri,08:00-12:00,commune\n")
    commune = made.calendar_for(COMMUNE)
    assert commune.opening_of(date(2026, 3, 2)) == local("2026-03-02T08:00")
    assert commune.close_of(date(2026, 3, 6)) == local("2026-03-06T12:00")
    assert made.calendar_for("H44").opening_of(date(2026, 3, 2)) == local("2026-03-02T07:00")


def test_a_weekday_may_be_closed() -> None:
    commune = calendars(f"{COMMUNE},,,wed,closed,commune\n").calendar_for(COMMUNE)
    assert commune.day(date(2026, 3, 4)).kind is DayKind.WEEKEND
    assert commune.next_working_day(date(2026, 3, 3)) == date(2026, 3, 5)


def test_a_day_off_of_the_province_holds_for_its_communes_unless_they_say_otherwise() -> None:
    made = calendars(days=f"2026-03-04,holiday,flood,confirmed,y,{PROVINCE}\n2026-03-04,ordinary,dry,confirmed,y,{NEIGHBOUR}\n")
    assert not made.calendar_for(COMMUNE).is_working_day(date(2026, 3, 4))
    assert made.calendar_for(NEIGHBOUR).is_working_day(date(2026, 3, 4))
    assert made.calendar_for("H44").is_working_day(date(2026, 3, 4))


def test_an_ordinary_day_takes_a_computed_holiday_back() -> None:
    made = calendars(days="2026-11-24,ordinary,taken back,confirmed,y,\n")
    assert made.for_the_country().is_working_day(date(2026, 11, 24))


def test_an_authority_without_rows_of_its_own_shares_the_calendar_of_the_country() -> None:
    assert SATURDAY_MORNINGS.calendar_for(NEIGHBOUR) is SATURDAY_MORNINGS.for_the_country()
    assert SATURDAY_MORNINGS.calendar_for(COMMUNE) is not SATURDAY_MORNINGS.for_the_country()


def test_an_authority_that_was_merged_away_keeps_its_calendar_for_its_dossiers() -> None:
    assert AUTHORITIES["H02"].in_force_until == date(2025, 6, 30)
    assert SATURDAY_MORNINGS.calendar_for("H02").is_working_day(date(2025, 7, 1))


def test_an_unknown_authority_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownAuthority, match="H99"):
        SATURDAY_MORNINGS.calendar_for("H99")


def test_the_packaged_tables_give_the_default_calendar() -> None:
    packaged = AuthorityCalendars(packaged_tables(), AUTHORITIES).for_the_country()
    default = default_calendar()
    assert packaged.timeline == default.timeline
    assert packaged.special == default.special


def test_a_later_confirmed_year_moves_the_end_of_the_known_years() -> None:
    confirmed = CalendarTables(confirmed_years={2027: "announcement"})
    later = AuthorityCalendars(packaged_tables().amended(confirmed), AUTHORITIES).for_the_country()
    assert later.is_confirmed(2027)
    assert later.day(date(2037, 12, 31)).kind is DayKind.WORKING
    with pytest.raises(CalendarUnknown, match="ends with 2037"):
        later.day(date(2038, 1, 1))
