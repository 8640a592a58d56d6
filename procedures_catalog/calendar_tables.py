"""The three tables that make a calendar, packaged and as an administrator amends them.

    packaged:     data/days_off.csv     data/confirmed_years.csv     data/office_hours.csv
    amended by:   files of the same names in the data folder, each optional

A row of the administrator replaces the packaged row of the same day and authority, and the administrator's office hours of an
authority replace all packaged ones of that authority.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from motcua.errors import InvalidInput
from motcua.procedures_catalog.days_off import SpecialDay, in_order, read_confirmed_years, read_days_off
from motcua.procedures_catalog.office_hours import OfficeHours, read_office_hours

DAYS_OFF, CONFIRMED_YEARS, OFFICE_HOURS = "days_off.csv", "confirmed_years.csv", "office_hours.csv"
TABLES = (DAYS_OFF, CONFIRMED_YEARS, OFFICE_HOURS)


class CalendarTableUnknown(InvalidInput):
    """A file among the calendar's tables has a name that nobody reads."""


@dataclass(frozen=True, slots=True)
class CalendarTables:
    """confirmed_years: the years whose announcements are among the special days, each with its source."""

    special_days: tuple[SpecialDay, ...] = ()
    confirmed_years: Mapping[int, str] = field(default_factory=dict)
    office_hours: tuple[OfficeHours, ...] = ()

    def amended(self, by: CalendarTables) -> CalendarTables:
        """These tables with the rows of others put in their place."""
        days = {(day.authority_code, day.on): day for day in (*self.special_days, *by.special_days)}
        replaced = {hours.authority_code for hours in by.office_hours}
        return CalendarTables(
            in_order(days.values()),
            {**self.confirmed_years, **by.confirmed_years},
            (*(hours for hours in self.office_hours if hours.authority_code not in replaced), *by.office_hours),
        )


def read_tables(texts: Mapping[str, str], authorities: Container[str] = frozenset()) -> CalendarTables:
    """Read tables by their file names; one that is missing is empty.

    Raises CalendarTableUnknown, DaysOffUnreadable, OfficeHoursUnreadable, or UnknownAuthority.
    """
    for name in texts:
        if name not in TABLES:
            raise CalendarTableUnknown(f"No calendar table is called {name}. The tables are {', '.join(TABLES)}.", table=name)
    return CalendarTables(
        read_days_off(texts[DAYS_OFF], DAYS_OFF, authorities) if DAYS_OFF in texts else (),
        read_confirmed_years(texts[CONFIRMED_YEARS], CONFIRMED_YEARS) if CONFIRMED_YEARS in texts else {},
        read_office_hours(texts[OFFICE_HOURS], OFFICE_HOURS, authorities) if OFFICE_HOURS in texts else (),
    )


@cache
def packaged_tables() -> CalendarTables:
    """The tables that come with the product; they hold for the whole country."""
    folder = files("motcua.procedures_catalog").joinpath("data")
    return read_tables({name: folder.joinpath(name).read_text(encoding="utf-8") for name in TABLES})
