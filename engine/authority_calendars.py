"""Each authority by its own calendar: its office hours and days off, where it has any, else those of the authority above it.

Most authorities have no rows of their own and share one calendar, so that a province with hundreds of them tabulates a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from motcua.engine.calendars import Calendar, calendar_of
from motcua.procedures_catalog.authority import Authority, UnknownAuthority
from motcua.procedures_catalog.calendar_tables import CalendarTables

CalendarFor = Callable[[str], Calendar]
"""An authority's calendar by its code; the empty code asks for the country's."""


@dataclass(frozen=True)
class AuthorityCalendars:
    """The calendars that the tables give to the authorities. Each is made when it is first asked for, and kept."""

    tables: CalendarTables
    authorities: Mapping[str, Authority]
    _made: dict[tuple[str, ...], Calendar] = field(default_factory=dict, init=False, repr=False, compare=False)

    def calendar_for(self, authority_code: str) -> Calendar:
        """The calendar of an authority, also of one that exists no more. Raises UnknownAuthority."""
        return self._of(self._chain(authority_code))

    def for_the_country(self) -> Calendar:
        """What holds where no authority says otherwise."""
        return self._of(("",))

    def _of(self, chain: tuple[str, ...]) -> Calendar:
        if chain not in self._made:
            self._made[chain] = calendar_of(self.tables, chain)
        return self._made[chain]

    def _chain(self, code: str) -> tuple[str, ...]:
        """The country, and then of the authorities from the top down to this one those that have rows of their own."""
        own = {day.authority_code for day in self.tables.special_days} | {row.authority_code for row in self.tables.office_hours}
        chain: list[str] = []
        above: str | None = code
        while above:
            if above not in self.authorities:
                raise UnknownAuthority(above)
            if above in own:
                chain.append(above)
            above = self.authorities[above].parent
        return ("", *reversed(chain))
