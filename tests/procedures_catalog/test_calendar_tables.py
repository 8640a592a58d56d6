"""The tables that an administrator edits: office hours, and how they amend the packaged ones."""

from __future__ import annotations

from datetime import date, time

import pytest

from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.procedures_catalog.calendar_tables import CalendarTables, CalendarTableUnknown, packaged_tables, read_tables
from motcua.procedures_catalog.days_off import SpecialKind
from motcua.procedures_catalog.office_hours import OfficeHoursUnreadable, read_office_hours

HOURS = "authority,valid_from,valid_until,weekdays,sessions,source\n"
DAYS = "date,kind,name,confidence,source\n"
KNOWN = {"H05", "H05.21"}


def test_a_commune_opens_on_saturday_mornings_from_a_date_on() -> None:
    (row,) = read_office_hours(HOURS + "H05.21,2026-01-01,,sat,07:30-11:30,Decision 12\n", authorities=KNOWN)
    assert (row.weekdays, row.sessions) == ((5,), ((time(7, 30), time(11, 30)),))
    assert row.covers(5, date(2026, 1, 1))
    assert not row.covers(5, date(2025, 12, 31))
    assert not row.covers(4, date(2026, 1, 2))


def test_the_last_day_of_validity_is_included() -> None:
    (row,) = read_office_hours(HOURS + ",,2025-06-30,mon-wed fri,closed,y\n")
    assert (row.weekdays, row.sessions) == ((0, 1, 2, 4), ())
    assert row.covers(0, date(2025, 6, 30))
    assert not row.covers(0, date(2025, 7, 1))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",2026-13-01,,sat,07:00-11:00,y", "Line 2"),
        (",,,caturday,07:00-11:00,y", "weekdays such as mon-fri"),
        (",,,,07:00-11:00,y", "no weekday is named"),
        (",,,fri-mon,07:00-11:00,y", "no weekday is named"),
        (",,,sat,,y", "sessions follow each other"),
        (",,,sat,11:00-07:00,y", "sessions follow each other"),
        (",,,sat,07:00-11:00 10:00-12:00,y", "sessions follow each other"),
        (",,,sat,morning,y", "sessions such as"),
        (",,,sat,07:00-11:00,", "the source is missing"),
        (",2026-02-01,2026-01-01,sat,07:00-11:00,y", "it ends before it begins"),
        (",,,sat", "Line 2"),
        (",,,mon-fri,07:00-11:00,y\n,2026-01-01,,fri,08:00-11:00,y", "Line 3.*valid_until"),
    ],
)
def test_wrong_office_hours_are_refused_with_their_line(row: str, words: str) -> None:
    with pytest.raises(OfficeHoursUnreadable, match=words):
        read_office_hours(HOURS + row + "\n")


def test_office_hours_without_their_columns_are_refused() -> None:
    with pytest.raises(OfficeHoursUnreadable, match="must begin with the line authority,valid_from"):
        read_office_hours("authority,sessions\n")


def test_office_hours_of_an_authority_that_does_not_exist_are_refused() -> None:
    with pytest.raises(UnknownAuthority, match=r"H99"):
        read_office_hours(HOURS + "H99,,,sat,07:30-11:30,y\n", authorities=KNOWN)


def test_one_row_may_follow_another_of_the_same_authority() -> None:
    rows = HOURS + "H05,,2025-06-30,mon-fri,07:00-11:00,y\nH05,2025-07-01,,mon-fri,08:00-12:00,y\n"
    assert len(read_office_hours(rows, authorities=KNOWN)) == 2


def test_a_file_that_nobody_reads_is_refused_by_its_name() -> None:
    with pytest.raises(CalendarTableUnknown, match=r"days-off\.csv.*days_off\.csv"):
        read_tables({"days-off.csv": DAYS})


def test_a_row_of_the_administrator_takes_the_place_of_the_packaged_one() -> None:
    packaged = read_tables({"days_off.csv": DAYS + "2026-09-01,holiday,a,confirmed,y\n2026-09-02,holiday,b,confirmed,y\n"})
    own = read_tables(
        {"days_off.csv": DAYS + "2026-09-01,ordinary,c,confirmed,y\n", "confirmed_years.csv": "year,source\n2027,z\n"}
    )
    amended = packaged.amended(own)
    assert [(day.on.day, day.kind) for day in amended.special_days] == [(1, SpecialKind.ORDINARY), (2, SpecialKind.HOLIDAY)]
    assert amended.confirmed_years == {2027: "z"}


def test_the_administrators_office_hours_of_an_authority_take_the_place_of_all_its_packaged_ones() -> None:
    packaged = read_tables({"office_hours.csv": HOURS + ",,,mon-fri,07:00-11:00,y\nH05,,,sat,07:00-11:00,y\n"}, KNOWN)
    own = read_tables({"office_hours.csv": HOURS + ",,,mon-thu,08:00-12:00,z\n"}, KNOWN)
    assert [(row.authority_code, row.source) for row in packaged.amended(own).office_hours] == [("H05", "y"), ("", "z")]


def test_no_amendment_changes_nothing() -> None:
    assert packaged_tables().amended(CalendarTables()) == packaged_tables()
