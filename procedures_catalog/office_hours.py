"""The office hours that an authority announces: which weekdays it works, in which sessions, from when until when.

A row of `office_hours.csv` is an authority (empty: all), its validity, weekdays and sessions, such as
`H05.21,2026-01-01,,sat,07:30-11:30,Decision 12 of the commune`. A weekday that no row of the authority names keeps the hours of
the authority above it. `closed` takes a weekday off. A weekday with sessions is a working day of that authority, also in limits
by days: an assumption, since no source says otherwise for Saturday mornings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import UnknownAuthority

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COLUMNS = ["authority", "valid_from", "valid_until", "weekdays", "sessions", "source"]


class OfficeHoursUnreadable(InvalidInput):
    """A row of a table of office hours cannot be used."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """One row. Both days of validity are included; `weekdays` are numbers, Monday is 0; no sessions means closed."""

    authority_code: str
    valid_from: date
    valid_until: date
    weekdays: tuple[int, ...]
    sessions: tuple[tuple[time, time], ...]
    source: str

    def covers(self, weekday: int, on: date) -> bool:
        """Whether the row says what that weekday is like on a date."""
        return weekday in self.weekdays and self.valid_from <= on <= self.valid_until


def read_office_hours(
    text: str, table: str = "the table of office hours", authorities: Container[str] = frozenset()
) -> tuple[OfficeHours, ...]:
    """Read a CSV text. Raises OfficeHoursUnreadable naming the line, also where two rows of one authority say different things
    of a day, and UnknownAuthority.
    """
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != _COLUMNS:
        raise OfficeHoursUnreadable(f"{table} must begin with the line {','.join(_COLUMNS)}.", table=table, line=1)
    rows: list[OfficeHours] = []
    for row in reader:
        line = reader.line_num
        try:
            hours = OfficeHours(
                row["authority"],
                date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min,
                date.fromisoformat(row["valid_until"]) if row["valid_until"] else date.max,
                _weekdays(row["weekdays"]),
                _sessions(row["sessions"]),
                row["source"],
            )
            if hours.valid_until < hours.valid_from:
                raise ValueError("it ends before it begins")
            if not hours.source:
                raise ValueError("the source is missing")
        except (ValueError, TypeError, AttributeError) as cause:
            raise OfficeHoursUnreadable(
                f"Line {line} of {table} cannot be read ({cause}). A line is an authority (or nothing), two dates (or nothing), "
                "weekdays such as mon-fri or sat, sessions such as 07:00-11:30 13:30-17:00 or closed, and a source.",
                table=table,
                line=line,
            ) from cause
        if hours.authority_code and hours.authority_code not in authorities:
            raise UnknownAuthority(hours.authority_code)
        if any(_overlap(hours, earlier) for earlier in rows):
            raise OfficeHoursUnreadable(
                f"Line {line} of {table} says of a weekday what an earlier line of the same authority says already. "
                "End the earlier one with valid_until.",
                table=table,
                line=line,
            )
        rows.append(hours)
    return tuple(rows)


def _overlap(one: OfficeHours, other: OfficeHours) -> bool:
    return (
        one.authority_code == other.authority_code
        and not set(one.weekdays).isdisjoint(other.weekdays)
        and one.valid_from <= other.valid_until
        and other.valid_from <= one.valid_until
    )


def _weekdays(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found.update(range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1))
    if not found:
        raise ValueError("no weekday is named")
    return tuple(sorted(found))


def _sessions(text: str) -> tuple[tuple[time, time], ...]:
    if text == "closed":
        return ()
    pairs = [part.split("-") for part in text.split()]
    sessions = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs)
    moments = [moment for session in sessions for moment in session]
    if not moments or any(a >= b for a, b in pairwise(moments)):
        raise ValueError("sessions follow each other, each ending after it starts")
    return sessions
