"""The special days as announced: a table, because the announcements come late and no computation knows them.

The statutory holidays can be computed; which Saturday is worked for which Friday cannot. So each row of `data/days_off.csv`
says one day, what it is, how sure we are of it and where it comes from; an optional last column names the one authority that
it holds for. A year is *confirmed* when its announcements are in the table: that is a statement of a person, and stands in
`data/confirmed_years.csv` with its source, never guessed from the rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import UnknownAuthority


class SpecialKind(StrEnum):
    """What makes a day special (Labour Code 2019, art. 111 and 112, and the yearly announcements)."""

    HOLIDAY = "holiday"
    SWAPPED_OFF = "swapped_off"  # a weekday off, for which a Saturday is worked
    COMPENSATORY = "compensatory"  # a weekday off, because a holiday fell on the weekend
    MAKEUP_WORKING_SATURDAY = "makeup_working_saturday"
    ORDINARY = "ordinary"  # takes back what another table, or the computation, makes of the day


class Confidence(StrEnum):
    """How sure a day's kind is."""

    CONFIRMED = "confirmed"  # read in the announcement or the law
    TO_CHECK = "to check"  # taken over from elsewhere; a person has still to compare it with the announcement
    COMPUTED = "computed"  # follows from the general rule only: no announcement of that year is known


class DaysOffUnreadable(InvalidInput):
    """A row of a table of special days, or of confirmed years, cannot be used."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One row: the local date, what it is, its Vietnamese name, how sure it is, and where it comes from.

    authority_code: the authority that it holds for, with all below it; empty for the whole country.
    """

    on: date
    kind: SpecialKind
    name: str
    confidence: Confidence
    source: str
    authority_code: str = ""


_COLUMNS = ["date", "kind", "name", "confidence", "source"]
_YEAR_COLUMNS = ["year", "source"]


def read_days_off(
    text: str, table: str = "the table of special days", authorities: Container[str] = frozenset()
) -> tuple[SpecialDay, ...]:
    """Read a CSV text with the columns date, kind, name, confidence, source and, if wanted, authority; days come back in order.

    authorities: the codes that the last column may name.
    Raises DaysOffUnreadable naming the line for a missing column, an unknown word, an impossible or repeated date, a make-up
    day that is no Saturday, or a swapped or compensatory day off that falls on a weekend; UnknownAuthority.
    """
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames not in (_COLUMNS, [*_COLUMNS, "authority"]):
        raise DaysOffUnreadable(
            f"{table} must begin with the line {','.join(_COLUMNS)}, to which ,authority may be added.", table=table, line=1
        )
    days: dict[tuple[str, date], SpecialDay] = {}
    for row in reader:
        line = reader.line_num
        try:
            day = SpecialDay(
                date.fromisoformat(row["date"]),
                SpecialKind(row["kind"]),
                row["name"],
                Confidence(row["confidence"]),
                row["source"],
                row.get("authority") or "",
            )
        except (ValueError, TypeError) as cause:
            raise DaysOffUnreadable(
                f"Line {line} of {table} cannot be read ({cause}). A line is a date such as 2026-01-02, a kind "
                f"({', '.join(SpecialKind)}), a name, a confidence (confirmed, to check) and a source.",
                table=table,
                line=line,
            ) from cause
        if day.authority_code and day.authority_code not in authorities:
            raise UnknownAuthority(day.authority_code)
        fault = _fault(day, days)
        if fault:
            raise DaysOffUnreadable(f"Line {line} of {table}: {fault} Correct the line.", table=table, line=line)
        days[day.authority_code, day.on] = day
    return in_order(days.values())


def in_order(days: Iterable[SpecialDay]) -> tuple[SpecialDay, ...]:
    """The days by date, those of the whole country first."""
    return tuple(sorted(days, key=lambda day: (day.on, day.authority_code)))


def _fault(day: SpecialDay, earlier: Mapping[tuple[str, date], SpecialDay]) -> str | None:
    if (day.authority_code, day.on) in earlier:
        return f"{day.on} stands in the table twice."
    if day.kind is SpecialKind.MAKEUP_WORKING_SATURDAY and day.on.isoweekday() != 6:
        return f"{day.on} is no Saturday, and only a Saturday is worked for another day."
    # An authority of its own may work on Saturdays, and then have one off.
    if not day.authority_code and day.kind in (SpecialKind.SWAPPED_OFF, SpecialKind.COMPENSATORY) and day.on.isoweekday() > 5:
        return f"{day.on} falls on a weekend, which is off anyway."
    return None


def read_confirmed_years(text: str, table: str = "the table of confirmed years") -> dict[int, str]:
    """Read a CSV text with the columns year and source. Raises DaysOffUnreadable, also for a year listed twice."""
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != _YEAR_COLUMNS:
        raise DaysOffUnreadable(f"{table} must begin with the line {','.join(_YEAR_COLUMNS)}.", table=table, line=1)
    years: dict[int, str] = {}
    for row in reader:
        words, line = row["year"] or "", reader.line_num
        if not (words.isascii() and words.isdigit() and 2000 <= int(words) <= 2199) or not row["source"]:
            raise DaysOffUnreadable(
                f"Line {line} of {table} cannot be read. A line is a year such as 2027 and the announcement that confirms it.",
                table=table,
                line=line,
            )
        if int(words) in years:
            raise DaysOffUnreadable(f"Line {line} of {table}: {words} is confirmed twice. Keep one line.", table=table, line=line)
        years[int(words)] = row["source"]
    return years
