"""The timers of models: texts such as "15 working days", "1 working day before due", "half the time limit" or "every 5 working
days", and when they fall due.

The texts are those of docs/extension.md, Timers. Whose clock a timer is on decides what stops it: legal pauses stop the
authority's, never the applicant's; the wall clock is plain time, except that days are still days of the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final, Literal

from motcua.engine.calendars import Calendar, check_aware
from motcua.engine.counting import closed_stops, count
from motcua.engine.dossier import LegalPause
from motcua.engine.due_moments import DueMoment, Policy
from motcua.engine.limit_parts import part_of_limit
from motcua.errors import InvalidInput
from motcua.procedures_catalog.time_limit import TimeLimit, TimeLimitUnreadable, Unit

ClockName = Literal["authority", "applicant", "wall"]


class TimerUnreadable(InvalidInput):
    """The text is no timer, or not one for this clock."""


@dataclass(frozen=True, slots=True)
class Timer:
    """Exactly one of the first five is set: a time limit, minutes of the wall clock, working days before the due date, an instant,
    a part of the dossier's time limit.

    repeats: whether it falls due again after each further such time, at most `times` times.
    """

    after: TimeLimit | None = None
    wall_minutes: int | None = None
    working_days_before_due: int | None = None
    instant: datetime | None = None
    part_of_limit: Fraction | None = None
    repeats: bool = False
    times: int | None = None

    @property
    def needs_due_date(self) -> bool:
        """Whether it can fall due only in a dossier whose time limit is known."""
        return self.working_days_before_due is not None or self.part_of_limit is not None


_PARTS: Final = {
    "half": Fraction(1, 2),
    "half of": Fraction(1, 2),
    "a third of": Fraction(1, 3),
    "two thirds of": Fraction(2, 3),
    "a quarter of": Fraction(1, 4),
    "three quarters of": Fraction(3, 4),
}


def parse_timer(text: str, clock: ClockName | None = None) -> Timer:
    """Read a timer text; with `clock`, also check that it makes sense on that clock. Raises TimerUnreadable."""
    words = " ".join(text.lower().split())
    if match := re.fullmatch(r"(?:(\d{1,3}) times? )?every (.*)", words):
        again = parse_timer(match[2], clock)
        if again.needs_due_date or again.instant is not None or again.repeats or match[1] == "0":
            raise _unreadable(text)
        return replace(again, repeats=True, times=int(match[1]) if match[1] else None)
    if re.match(r"\d{4}-", words):
        return Timer(instant=_instant(text))
    if match := re.fullmatch(r"(\d{1,4}) working days? before due", words):
        timer = Timer(working_days_before_due=int(match[1]))
    elif match := re.fullmatch(r"(\d{1,6}) minutes?", words):
        timer = Timer(wall_minutes=int(match[1]))
    elif match := re.fullmatch(r"(.+) the time limit", words):
        return Timer(part_of_limit=_part(match[1], text, clock))
    else:
        try:
            limit = TimeLimit.parse(words)
        except TimeLimitUnreadable as cause:
            raise _unreadable(text) from cause
        if limit.unit is Unit.SAME_DAY:
            raise _unreadable(text)
        return Timer(after=limit)
    if timer.wall_minutes == 0 or timer.working_days_before_due == 0:
        raise _unreadable(text)
    if timer.wall_minutes is not None and clock not in (None, "wall"):
        raise TimerUnreadable(
            f'The timer "{text}" is in minutes, which only the wall clock counts. Put it on clock="wall", or write hours or days.',
            text=text,
            clock=clock,
        )
    return timer


def _part(words: str, text: str, clock: ClockName | None) -> Fraction:
    percent = re.fullmatch(r"([1-9]\d?)(?: ?%| percent) of", words, re.ASCII)
    part = Fraction(int(percent[1]), 100) if percent else _PARTS.get(words)
    if part is None:
        raise _unreadable(text)
    if clock not in (None, "authority"):
        raise TimerUnreadable(
            f'The timer "{text}" is on the {clock} clock, but the time limit is the authority\'s. Put it on clock="authority".',
            text=text,
            clock=clock,
        )
    return part


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as cause:
        raise _unreadable(text) from cause
    if instant.tzinfo is None:
        raise TimerUnreadable(
            f'"{text}" has no zone. Write for example "2026-03-31T17:00:00+07:00".',
            text=text,
        )
    return instant.astimezone(UTC)


def _unreadable(text: str) -> TimerUnreadable:
    return TimerUnreadable(
        f'"{text}" is no timer. Write "15 working days", "20 calendar days", "8 hours", "2 months", "1 working day before due", '
        '"half the time limit", "two thirds of the time limit", "60% of the time limit", on the wall clock "30 minutes", the '
        'instant "2026-03-31T17:00:00+07:00", or, to repeat, "every 5 working days" and "3 times every 8 hours".',
        text=text,
    )


def timer_instant(
    text: str,
    started_at: datetime,
    calendar: Calendar,
    policy: Policy,
    *,
    due: DueMoment | None,
    clock: ClockName,
    pauses: Sequence[LegalPause] = (),
    round: int = 1,
) -> datetime | None:
    """When the timer falls due that a token started at `started_at`.

    A duration in days falls due at the end of its last day (`expires_at`), in hours at the instant, and one before the due
    date at the opening of that working day. One that repeats falls due for the n-th time, n being `round`, after n such times;
    None when that is more than it may. Only the authority's clock is moved by `pauses`. None when the due date is
    unknown and the timer needs it, and while an open pause keeps the authority's clock from getting there: ask again when it runs.
    Raises TimerUnreadable, CalendarUnknown, NaiveInstant.
    """
    check_aware(started_at)
    timer = parse_timer(text, clock)
    if timer.instant is not None:
        return timer.instant
    if timer.times is not None and round > timer.times:
        return None
    if timer.wall_minutes is not None:
        return started_at.astimezone(UTC) + timedelta(minutes=timer.wall_minutes * round)
    standing = [pause.started_at for pause in pauses if pause.ended_at is None] if clock == "authority" else []
    if timer.working_days_before_due is not None:
        if due is None:
            return None
        reached_at = falls_due_at = calendar.opening_of(calendar.working_day_before(due.due_on, timer.working_days_before_due))
    elif timer.part_of_limit is not None:
        if due is None:
            return None
        past = closed_stops([pause for pause in pauses if pause.ended_at is not None], None)
        reached_at, falls_due_at = part_of_limit(due.received_at, due.limit, timer.part_of_limit, calendar, due.policy, past)
    else:
        assert timer.after is not None
        after = replace(timer.after, amount=timer.after.amount * round)
        if clock == "wall" and after.unit is Unit.HOURS:
            return started_at.astimezone(UTC) + timedelta(hours=after.amount)
        # Late receipt, cut-off and starting again from zero belong to the dossier's limit, not to a token's timer.
        plain = replace(policy, late_receipt=None, cut_off=None, supplement="resume")
        closed = [pause for pause in pauses if pause.ended_at is not None] if clock == "authority" else []
        counted = count(started_at, after, calendar, plain, closed_stops(closed, None))
        reached_at, falls_due_at = counted.due_at, counted.expires_at
    return None if standing and reached_at > min(standing) else falls_due_at
