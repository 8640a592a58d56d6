"""Which days and hours an authority works, and arithmetic on them.

A calendar knows a closed range of years, from the first whose special days are known to ten years after the last; outside it
every question is an error, so that no term silently forgets a Tết. Inside it everything is tabulated once (one row a day, one
a session), and each question is an index or a binary search. Instants go in and come out aware, in UTC; dates are local.
Instants are read at whole seconds, downwards, so that the parts of an interval always add up to the whole.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from motcua.engine.statutory_holidays import fixed_holidays, statutory_holidays
from motcua.engine.timelines import Timeline, local_instant, tabulate
from motcua.errors import InvalidInput
from motcua.procedures_catalog.calendar_tables import CalendarTables, packaged_tables
from motcua.procedures_catalog.days_off import Confidence, SpecialDay, SpecialKind

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
YEARS_AHEAD = 10
"""How many provisional years follow the last confirmed one (TIME.md, Calendars)."""


class CalendarUnknown(InvalidInput):
    """The question reaches a year that the calendar does not know."""


class NaiveInstant(InvalidInput):
    """An instant came without its zone, so nobody can say when it is."""


def check_aware(instant: datetime) -> None:
    """Raises NaiveInstant for an instant without a zone, before it meets one that has it."""
    if instant.tzinfo is None:
        raise _naive(instant)


def _naive(instant: datetime) -> NaiveInstant:
    return NaiveInstant(
        f"The instant {instant.isoformat()} has no zone. Write it with one, for example {instant.isoformat()}+07:00.",
        instant=instant,
    )


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of office hours, local time; it begins at `start` and is over at `end`."""

    start: time
    end: time


Week = tuple[tuple[Session, ...], ...]
"""The sessions of the seven weekdays, Monday first; none on a day off."""


@dataclass(frozen=True, slots=True)
class OfficeWeek:
    """The week that an authority works from a date on, until the next one begins."""

    from_on: date
    week: Week


def weekdays(sessions: tuple[Session, ...]) -> tuple[OfficeWeek, ...]:
    """Monday to Friday at the same hours, always."""
    return (OfficeWeek(date.min, (sessions,) * 5 + ((), ())),)


SESSIONS = (Session(time(7, 0), time(11, 30)), Session(time(13, 30), time(17, 0)))
"""The usual sessions, 8 hours together; an authority may have others."""


class DayKind(StrEnum):
    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SWAPPED_OFF = "swapped_off"
    MAKEUP_WORKING = "makeup_working"
    COMPENSATORY = "compensatory"


_WORKING_KINDS = frozenset({DayKind.WORKING, DayKind.MAKEUP_WORKING})
_KIND_OF_SPECIAL = {
    SpecialKind.HOLIDAY: DayKind.HOLIDAY,
    SpecialKind.SWAPPED_OFF: DayKind.SWAPPED_OFF,
    SpecialKind.COMPENSATORY: DayKind.COMPENSATORY,
    SpecialKind.MAKEUP_WORKING_SATURDAY: DayKind.MAKEUP_WORKING,
}


@dataclass(frozen=True, slots=True)
class DayReason:
    """Why a day is worked or off. `name` is the Vietnamese name of a special day and `source` who says so, else empty."""

    kind: DayKind
    name: str
    confidence: Confidence
    source: str = ""


@dataclass(frozen=True, eq=False)
class Calendar:
    """The working time of an authority over the years `first_year`–`last_year`. Never changes once made.

    weeks: the office hours in order of time; the first reaches back to the first year.
    special: every day that is not simply a weekday or a weekend.
    confirmed_years: the years whose announcements are known; the others are provisional.
    Every method raises CalendarUnknown outside the known years, and NaiveInstant for an instant without a zone.
    """

    zone: ZoneInfo
    weeks: tuple[OfficeWeek, ...]
    special: Mapping[date, DayReason]
    confirmed_years: frozenset[int]
    first_year: int
    last_year: int
    timeline: Timeline = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [office.from_on for office in self.weeks]
        if not starts or starts[0] > date(self.first_year, 1, 1) or any(a >= b for a, b in pairwise(starts)):
            raise InvalidInput(f"The office weeks must be given in order of time, the first from before {self.first_year}.")
        for office in self.weeks:
            for sessions in office.week:
                ends = [moment for session in sessions for moment in (session.start, session.end)]
                if any(a >= b for a, b in pairwise(ends)):
                    raise InvalidInput("Sessions must be given in order of time, each ending after it starts, without overlap.")
            if len(office.week) != 7 or not any(office.week):
                raise InvalidInput("A week has seven days, and sessions on one of them at least: an office is open at times.")
        timeline = tabulate(
            date(self.first_year, 1, 1),
            date(self.last_year + 1, 1, 1),
            self.zone,
            lambda day: self.day(day).kind in _WORKING_KINDS,
            lambda day: tuple((session.start, session.end) for session in self._hours_of(day)),
        )
        object.__setattr__(self, "timeline", timeline)

    def _instant(self, day: date, moment: time) -> datetime:
        return local_instant(day, moment, self.zone)

    def _hours_of(self, day: date) -> tuple[Session, ...]:
        """The day's own sessions. A day off has those it would have, and a day that is no weekday of work those of Friday."""
        position = bisect_right(self.weeks, day, key=lambda office: office.from_on) - 1
        week = self.weeks[position].week
        special = self.special.get(day)
        made_up = special is not None and special.kind is DayKind.MAKEUP_WORKING
        own = () if made_up else week[day.weekday()]
        return own or week[4] or next(sessions for sessions in week if sessions)

    def _index(self, day: date) -> int:
        index = day.toordinal() - self.timeline.first
        if not 0 <= index < len(self.timeline.closes):
            raise self.unknown(day.year)
        return index

    def unknown(self, year: int) -> CalendarUnknown:
        """The error for a question that reaches `year`, with what to do about it."""
        first, last = self.first_year, self.last_year
        if year < first:
            remedy = f"It begins with {first}: give an instant in {first} or later, or add the special days of {year} to the table."
        else:
            remedy = f"It ends with {last}, {YEARS_AHEAD} years after the last confirmed one: add later announcements to the table."
        return CalendarUnknown(f"The calendar does not know the year {year}. {remedy}", year=year, first_year=first, last_year=last)

    def local_date(self, instant: datetime) -> date:
        """The date on the authority's wall calendar."""
        if instant.tzinfo is None:
            raise _naive(instant)
        return instant.astimezone(self.zone).date()

    def local_time(self, instant: datetime) -> time:
        """The time on the authority's wall clock."""
        self.local_date(instant)
        return instant.astimezone(self.zone).time()

    def day(self, day: date) -> DayReason:
        """What kind of day it is, what it is called, and how sure that is."""
        if not self.first_year <= day.year <= self.last_year:
            raise self.unknown(day.year)
        special = self.special.get(day)
        if special is not None:
            return special
        position = bisect_right(self.weeks, day, key=lambda office: office.from_on) - 1
        kind = DayKind.WORKING if self.weeks[position].week[day.weekday()] else DayKind.WEEKEND
        return DayReason(kind, "", Confidence.CONFIRMED if day.year in self.confirmed_years else Confidence.COMPUTED)

    def is_working_day(self, day: date) -> bool:
        index = self._index(day)
        worked = self.timeline.worked_through
        return worked[index + 1] > worked[index]

    def is_confirmed(self, year: int) -> bool:
        """Whether the announcements of the year are known."""
        return year in self.confirmed_years

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether the stretch from `first` through `last` touches a year that is not confirmed."""
        if first.year == last.year:
            return last.year not in self.confirmed_years
        return any(year not in self.confirmed_years for year in range(first.year, last.year + 1))

    def sessions_on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The sessions of the day as pairs of instants; none on a day off."""
        if not self.is_working_day(day):
            return ()
        return tuple((self._instant(day, session.start), self._instant(day, session.end)) for session in self._hours_of(day))

    def opening_of(self, day: date) -> datetime:
        """The start of the day's first session, by the ordinary hours also on a day off."""
        self._index(day)
        return self._instant(day, self._hours_of(day)[0].start)

    def close_of(self, day: date) -> datetime:
        """The end of the day's last session, by the ordinary hours also on a day off."""
        return self.timeline.closes[self._index(day)]

    def end_of(self, day: date) -> datetime:
        """24:00 local time of the day."""
        return self.timeline.midnights[self._index(day)]

    def close_and_end_of(self, day: date) -> tuple[datetime, datetime]:
        """`close_of` and `end_of` with one look, because every due moment asks for both."""
        index = self._index(day)
        return self.timeline.closes[index], self.timeline.midnights[index]

    def next_working_day(self, day: date, include: bool = False) -> date:
        """The first working day after `day`, or from `day` on."""
        if not include:
            return self.working_day_after(day, 1)
        index, worked_from = self._index(day), self.timeline.worked_from
        if index >= len(worked_from):
            raise self.unknown(self.last_year + 1)
        return worked_from[index]

    def working_day_after(self, day: date, number: int) -> date:
        """The `number`-th working day after `day`, counting from 1; 0 is the last one up to `day`, -1 the one before that."""
        table, place = self.timeline, day.toordinal() - self.timeline.first + 1
        if not 0 <= place < len(table.worked_through):
            raise self.unknown(day.year)
        position = table.worked_through[place] + number - 1
        if 0 <= position < len(table.working_days):
            return table.working_days[position]
        raise self.unknown(self.first_year - 1 if position < 0 else self.last_year + 1)

    def working_day_before(self, day: date, number: int) -> date:
        """The `number`-th working day before `day`, counting from 1."""
        return self.working_day_after(day, 1 - number - self.is_working_day(day))

    def working_days_in(self, after: date, through: date) -> int:
        """How many working days lie after the one date and up to the other, itself included."""
        return self._worked_through(through) - self._worked_through(after)

    def _worked_through(self, day: date) -> int:
        table = self.timeline
        position = day.toordinal() - table.first + 1
        if not 0 <= position < len(table.worked_through):
            raise self.unknown(day.year)
        return table.worked_through[position]

    def next_opening(self, instant: datetime) -> datetime:
        """The first start of a session at or after the instant."""
        table = self.timeline
        position = bisect_left(table.session_starts, self._second(instant) + (instant.microsecond > 0))
        if position == len(table.session_starts):
            raise self.unknown(self.last_year + 1)
        return datetime.fromtimestamp(table.session_starts[position], UTC)

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """The working time between two instants; negative when `end` lies before `start`."""
        return self._worked_before(end) - self._worked_before(start)

    def add_working_seconds(self, start: datetime, seconds: int) -> datetime:
        """The earliest instant by which `seconds` of working time have passed since `start`; `start` itself for 0."""
        if seconds < 0:
            raise InvalidInput(f"Working time is added, not taken away: {seconds} seconds is below zero.", seconds=seconds)
        return self.worked_off(start, seconds)[0] if seconds else datetime.fromtimestamp(self._second(start), UTC)

    def worked_off(self, start: datetime, seconds: int) -> tuple[datetime, date]:
        """The instant by which `seconds` of working time, more than 0, have passed since `start`, and the day of that session."""
        target, table = self._worked_before(start) + seconds, self.timeline
        position = bisect_left(table.seconds_through, target)
        if position == len(table.seconds_through):
            raise self.unknown(self.last_year + 1)
        second = table.session_starts[position] + target - table.seconds_before[position]
        return datetime.fromtimestamp(second, UTC), table.session_days[position]

    def _second(self, instant: datetime) -> int:
        if instant.tzinfo is None:
            raise _naive(instant)
        table, second = self.timeline, int(instant.timestamp())
        if table.first_second <= second < table.end_second:
            return second
        raise self.unknown(self.local_date(instant).year)

    def _worked_before(self, instant: datetime) -> int:
        table, second = self.timeline, self._second(instant)
        position = bisect_right(table.session_starts, second) - 1
        if position < 0:
            return 0
        return table.seconds_before[position] + min(second, table.session_ends[position]) - table.session_starts[position]


def vietnam_calendar(
    special_days: Iterable[SpecialDay],
    confirmed_years: Iterable[int],
    weeks: Sequence[OfficeWeek] = weekdays(SESSIONS),
    zone: ZoneInfo = VIETNAM,
) -> Calendar:
    """The office weeks, less the holidays, with the announced exceptions (Labour Code 2019, art. 111 and 112).

    In a confirmed year the table decides, and of the computed holidays only those that no announcement can move stand beside
    it. In a provisional year all computed holidays hold, and there are no swaps. The table has the last word on each day, and
    in it the last row. The calendar ends ten years after the last confirmed year, even where years between are not confirmed.
    """
    confirmed = frozenset(confirmed_years)
    if not confirmed:
        raise CalendarUnknown("A calendar needs at least one confirmed year: name the years whose announcements are in the table.")
    first_year, last_year = min(confirmed), max(confirmed) + YEARS_AHEAD
    special: dict[date, DayReason] = {}
    for year in range(first_year, last_year + 1):
        computed = fixed_holidays(year) if year in confirmed else statutory_holidays(year)
        for holiday in computed:
            kind = DayKind.COMPENSATORY if holiday.compensatory else DayKind.HOLIDAY
            article = "111" if holiday.compensatory else "112"
            special[holiday.on] = DayReason(kind, holiday.name, Confidence.COMPUTED, f"Labour Code 2019, art. {article}")
    for day in special_days:
        if day.kind is SpecialKind.ORDINARY:
            special.pop(day.on, None)
        else:
            special[day.on] = DayReason(_KIND_OF_SPECIAL[day.kind], day.name, day.confidence, day.source)
    return Calendar(zone, tuple(weeks), special, confirmed, first_year, last_year)


def calendar_of(tables: CalendarTables, chain: Sequence[str] = ("",)) -> Calendar:
    """The calendar of an authority.

    chain: the codes whose rows concern it, from the widest (empty: the whole country) to its own; of two rows about a day the
    narrower one holds. Raises CalendarUnknown without a confirmed year, InvalidInput where no row gives any sessions.
    """
    rank = {code: place for place, code in enumerate(chain)}
    days = sorted((day for day in tables.special_days if day.authority_code in rank), key=lambda day: rank[day.authority_code])
    rows = sorted((row for row in tables.office_hours if row.authority_code in rank), key=lambda row: -rank[row.authority_code])
    starts = {date.min, *(row.valid_from for row in rows)}
    starts |= {row.valid_until + timedelta(1) for row in rows if row.valid_until < date.max}

    def sessions_on(weekday: int, on: date) -> tuple[Session, ...]:
        row = next((row for row in rows if row.covers(weekday, on)), None)
        return tuple(Session(start, end) for start, end in row.sessions) if row else ()

    weeks = [OfficeWeek(on, tuple(sessions_on(weekday, on) for weekday in range(7))) for on in sorted(starts)]
    return vietnam_calendar(days, tables.confirmed_years, weeks)


@cache
def default_calendar() -> Calendar:
    """The calendar of the packaged tables: what holds for the whole country."""
    return calendar_of(packaged_tables())
