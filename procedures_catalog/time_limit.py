"""A time limit as a procedure states it: a number and a unit, or "same day". How it is counted is the engine's affair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from motcua.errors import InvalidInput


class Unit(StrEnum):
    WORKING_DAYS = "working days"
    CALENDAR_DAYS = "calendar days"
    HOURS = "hours"
    MONTHS = "months"
    SAME_DAY = "same day"


class TimeLimitUnreadable(InvalidInput):
    """The text is no time limit."""


class TimeLimitOutOfBounds(TimeLimitUnreadable):
    """The limit is shorter than one unit, or longer than any calendar reaches."""


LONGEST: Mapping[Unit, int] = {Unit.WORKING_DAYS: 2_500, Unit.CALENDAR_DAYS: 3_650, Unit.HOURS: 20_000, Unit.MONTHS: 120}
"""About ten years of each unit: a calendar knows no more years ahead (TIME.md, Calendars)."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """`amount` is a whole number of `unit`; it is 0 for "same day". Raises TimeLimitOutOfBounds."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        longest = LONGEST.get(self.unit)
        if longest is None:
            return
        if not 1 <= self.amount <= longest:
            remedy = 'write "same day", or at least 1' if self.amount < 1 else f"the longest that can be counted is {longest}"
            raise TimeLimitOutOfBounds(
                f"A time limit cannot be {self.amount} {self.unit.value}; {remedy}.", amount=self.amount, unit=self.unit.value
            )

    def __str__(self) -> str:
        if self.unit is Unit.SAME_DAY:
            return "same day"
        return f"{self.amount} {self.unit.value if self.amount != 1 else self.unit.value[:-1]}"

    @classmethod
    def parse(cls, text: str) -> TimeLimit:
        """Read "15 working days", "20 calendar days", "8 hours", "2 months" or "same day" (singular forms too).

        Raises TimeLimitUnreadable, and its leaf TimeLimitOutOfBounds for 0 or 10,000 days.
        """
        words = " ".join(text.lower().split())
        if words == "same day":
            return cls(0, Unit.SAME_DAY)
        match = re.fullmatch(r"(-?\d{1,9}) (working day|calendar day|hour|month)s?", words, re.ASCII)
        if match is None:
            raise TimeLimitUnreadable(
                f'"{text}" is not a time limit. Write a number and a unit, such as "15 working days", "20 calendar days", '
                '"8 hours" or "2 months", or write "same day".',
                text=text,
            )
        return cls(int(match[1]), Unit(match[2] + "s"))
