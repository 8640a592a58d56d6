"""The special days as announced: a table, because the announcements come late and no computation knows them.

The statutory holidays can be computed; which Saturday is worked for which Friday cannot. So each row of `data/days_off.csv`
says one day, what it is, how sure we are of it and where it comes from. A year is *confirmed* when its announcements are in
the table: that is a statement of a person, and stands in `CONFIRMED_YEARS` with its source, never guessed from the rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from motcua.errors import InvalidInput


class SpecialKind(StrEnum):
    """What makes a day special (Labour Code 2019, art. 111 and 112, and the yearly announcements)."""

    HOLIDAY = "holiday"
    SWAPPED_OFF = "swapped_off"  # a weekday off, for which a Saturday is worked
    COMPENSATORY = "compensatory"  # a weekday off, because a holiday fell on the weekend
    MAKEUP_WORKING_SATURDAY = "makeup_working_saturday"


class Confidence(StrEnum):
    """How sure a day's kind is."""

    CONFIRMED = "confirmed"  # read in the announcement or the law
    TO_CHECK = "to check"  # taken over from elsewhere; a person has still to compare it with the announcement
    COMPUTED = "computed"  # follows from the general rule only: no announcement of that year is known


class DaysOffUnreadable(InvalidInput):
    """A row of a table of special days cannot be used."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One row: the local date, what it is, its Vietnamese name, how sure it is, and where it comes from."""

    on: date
    kind: SpecialKind
    name: str
    confidence: Confidence
    source: str


CONFIRMED_YEARS: Mapping[int, str] = MappingProxyType(
    {
        2025: "Government Office letter 8726/VPCP-KGVX of 2024-11-26 (Tết and other holidays of 2025), as reported",
        2026: "announcement of October 2025 for Tết and National Day 2026 (number not recorded) and Government Office letter "
        "12729/VPCP-KGVX of 2025-12-25 (2 January swapped with 10 January), as reported",
    }
)
"""The years whose announcements are in the packaged table, each with its source."""

_COLUMNS = ["date", "kind", "name", "confidence", "source"]


def read_days_off(text: str, table: str = "the table of special days") -> tuple[SpecialDay, ...]:
    """Read a CSV text with the columns date, kind, name, confidence and source; the days come back in order.

    Raises DaysOffUnreadable naming the line for a missing column, an unknown word, an impossible or repeated date, a make-up
    day that is no Saturday, or a swapped or compensatory day off that falls on a weekend.
    """
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != _COLUMNS:
        raise DaysOffUnreadable(f"{table} must begin with the line {','.join(_COLUMNS)}.", table=table, line=1)
    days: dict[date, SpecialDay] = {}
    for row in reader:
        line = reader.line_num
        try:
            day = SpecialDay(
                date.fromisoformat(row["date"]), SpecialKind(row["kind"]), row["name"], Confidence(row["confidence"]), row["source"]
            )
        except (ValueError, TypeError) as cause:
            raise DaysOffUnreadable(
                f"Line {line} of {table} cannot be read ({cause}). A line is a date such as 2026-01-02, a kind "
                f"({', '.join(SpecialKind)}), a name, a confidence (confirmed, to check) and a source.",
                table=table,
                line=line,
            ) from cause
        fault = _fault(day, days)
        if fault:
            raise DaysOffUnreadable(f"Line {line} of {table}: {fault} Correct the line.", table=table, line=line)
        days[day.on] = day
    return tuple(days[on] for on in sorted(days))


def _fault(day: SpecialDay, earlier: Mapping[date, SpecialDay]) -> str | None:
    if day.on in earlier:
        return f"{day.on} stands in the table twice."
    if day.kind is SpecialKind.MAKEUP_WORKING_SATURDAY and day.on.isoweekday() != 6:
        return f"{day.on} is no Saturday, and only a Saturday is worked for another day."
    if day.kind in (SpecialKind.SWAPPED_OFF, SpecialKind.COMPENSATORY) and day.on.isoweekday() > 5:
        return f"{day.on} falls on a weekend, which is off anyway."
    return None


@cache
def packaged_days_off() -> tuple[SpecialDay, ...]:
    """The table that comes with the product, in order of date."""
    text = files("motcua.procedures_catalog").joinpath("data/days_off.csv").read_text(encoding="utf-8")
    return read_days_off(text, "days_off.csv")
