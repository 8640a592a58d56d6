"""The stretch of days that a book or a report covers, first and last day included, and what it is asked of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from motcua.engine.calendars import Calendar
from motcua.errors import InvalidInput, NotFound
from motcua.procedures_catalog.authority import Authority


class PeriodBackwards(InvalidInput):
    """The period ends before it starts."""


class PeriodNotOver(InvalidInput):
    """The period reaches into the future, where nothing has happened."""


class PeriodTooEarly(InvalidInput):
    """The period begins before there was anything to count."""


class NothingToReport(NotFound):
    """There is no dossier to put on the sheet."""


EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """first, last: local dates. start (included) and end (excluded): the instants of their midnights."""

    first: date
    last: date
    start: datetime
    end: datetime

    @property
    def words(self) -> str:
        return f"Từ ngày {self.first:%d/%m/%Y} đến ngày {self.last:%d/%m/%Y}"


def period_of(first: date, last: date, calendar: Calendar, now: datetime) -> Period:
    """Raises PeriodBackwards, PeriodNotOver or PeriodTooEarly."""
    today = calendar.local_date(now)
    if last < first:
        raise PeriodBackwards(
            f"The period ends on {last}, before it starts on {first}. Give the earlier day first.", first=first, last=last
        )
    if last > today:
        raise PeriodNotOver(f"The period ends on {last}, which is still to come. End it today, {today}, at the latest.", last=last)
    if first < EARLIEST:
        raise PeriodTooEarly(f"The period starts on {first}; no dossier is older than {EARLIEST}. Start it then.", first=first)

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(0), calendar.zone).astimezone(UTC)

    return Period(first, last, midnight(first), midnight(last + timedelta(1)))


def nothing_to_report(what: str, authority: Authority, period: Period) -> NothingToReport:
    """what: the sentence's beginning, such as "No dossier was received"."""
    return NothingToReport(
        f"{what} at {authority.code} ({authority.name}) from {period.first} to {period.last}. Choose another period or authority.",
        authority_code=authority.code,
        first=period.first,
        last=period.last,
    )
