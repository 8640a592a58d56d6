"""The table of special days: what it holds, and how a wrong row is refused."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.procedures_catalog.calendar_tables import packaged_tables
from motcua.procedures_catalog.days_off import (
    Confidence,
    DaysOffUnreadable,
    SpecialKind,
    read_confirmed_years,
    read_days_off,
)

DAYS, CONFIRMED_YEARS = packaged_tables().special_days, packaged_tables().confirmed_years
HEAD = "date,kind,name,confidence,source\n"


def test_every_special_day_names_its_source() -> None:
    assert all(day.source and day.name for day in DAYS)


def test_the_packaged_days_are_in_order_and_lie_in_confirmed_years() -> None:
    days = [day.on for day in DAYS]
    assert days == sorted(days)
    assert {day.year for day in days} == set(CONFIRMED_YEARS)
    assert all(CONFIRMED_YEARS.values())


@pytest.mark.parametrize("year", sorted(CONFIRMED_YEARS))
def test_for_each_swapped_day_off_a_saturday_is_worked(year: int) -> None:
    kinds = Counter(day.kind for day in DAYS if day.on.year == year)
    assert kinds[SpecialKind.SWAPPED_OFF] == kinds[SpecialKind.MAKEUP_WORKING_SATURDAY] > 0


def test_a_row_keeps_how_sure_it_is() -> None:
    (day,) = read_days_off(HEAD + "2026-08-22,makeup_working_saturday,làm bù cho 31/8,to check,thông báo\n")
    assert (day.on, day.confidence, day.name) == (date(2026, 8, 22), Confidence.TO_CHECK, "làm bù cho 31/8")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-02-30,holiday,x,confirmed,y", "Line 2"),
        ("30/04/2026,holiday,x,confirmed,y", "a date such as 2026-01-02"),
        ("2026-04-30,vacation,x,confirmed,y", "makeup_working_saturday"),
        ("2026-04-30,holiday,x,sure,y", "to check"),
        ("2026-04-30,holiday", "Line 2"),
        ("2026-01-09,makeup_working_saturday,x,confirmed,y", "no Saturday"),
        ("2026-01-03,swapped_off,x,confirmed,y", "weekend"),
        ("2026-04-26,compensatory,x,confirmed,y", "weekend"),
        ("2026-04-30,holiday,x,confirmed,y\n2026-04-30,holiday,x,confirmed,y", "Line 3.*twice"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(row: str, words: str) -> None:
    with pytest.raises(DaysOffUnreadable, match=words):
        read_days_off(HEAD + row + "\n")


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(DaysOffUnreadable, match="must begin with the line date,kind,name,confidence,source"):
        read_days_off("date,kind\n2026-04-30,holiday\n")


def test_a_day_of_one_authority_stands_beside_the_same_day_of_the_country() -> None:
    text = (
        "date,kind,name,confidence,source,authority\n2026-09-01,holiday,x,confirmed,y,\n2026-09-01,ordinary,x,confirmed,y,H05.21\n"
    )
    days = read_days_off(text, authorities={"H05.21"})
    assert [(day.authority_code, day.kind) for day in days] == [("", SpecialKind.HOLIDAY), ("H05.21", SpecialKind.ORDINARY)]


def test_a_day_of_an_authority_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownAuthority, match=r"H99\.1"):
        read_days_off(HEAD.replace("source", "source,authority") + "2026-09-01,holiday,x,confirmed,y,H99.1\n", authorities={"H05"})


def test_an_authority_that_works_on_saturdays_may_have_one_off() -> None:
    text = HEAD.replace("source", "source,authority") + "2026-03-07,swapped_off,x,confirmed,y,H05.21\n"
    assert read_days_off(text, authorities={"H05.21"})[0].on == date(2026, 3, 7)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("2027,a\n2027,b", "Line 3.*confirmed twice"),
        ("soon,a", "Line 2.*a year such as 2027"),
        ("2027,", "the announcement that confirms it"),
        ("27,a", "a year such as 2027"),
    ],
)
def test_a_wrong_confirmed_year_is_refused_with_its_line(rows: str, words: str) -> None:
    with pytest.raises(DaysOffUnreadable, match=words):
        read_confirmed_years(f"year,source\n{rows}\n")


def test_confirmed_years_without_their_columns_are_refused() -> None:
    with pytest.raises(DaysOffUnreadable, match="must begin with the line year,source"):
        read_confirmed_years("2027,letter\n")
