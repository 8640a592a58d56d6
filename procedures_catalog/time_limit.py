"""A time limit as a procedure states it: a number and a unit, or "same day". How it is counted is the engine's affair."""

from __future__ import annotations

import re
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


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """`amount` is a whole number of `unit`; it is 0 for "same day"."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        if self.unit is Unit.SAME_DAY:
            return "same day"
        return f"{self.amount} {self.unit.value if self.amount != 1 else self.unit.value[:-1]}"

    @classmethod
    def parse(cls, text: str) -> TimeLimit:
        """Read "15 working days", "20 calendar days", "8 hours", "2 months" or "same day" (singular forms too)."""
        words = " ".join(text.lower().split())
        if words == "same day":
            return cls(0, Unit.SAME_DAY)
        match = re.fullmatch(r"(\d{1,4}) (working day|calendar day|hour|month)s?", words)
        if match is None or int(match[1]) == 0:
            raise TimeLimitUnreadable(
                f'"{text}" is not a time limit. Write a number and a unit, such as "15 working days", "20 calendar days", '
                '"8 hours" or "2 months", or write "same day".',
                text=text,
            )
        return cls(int(match[1]), Unit(match[2] + "s"))
