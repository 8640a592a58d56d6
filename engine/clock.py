"""The clock is the only reader of the time. Everything else is told what time it is.

Instants are aware datetimes in UTC; the calendar of an authority knows its zone.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, aware, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, and never goes back. Safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("A clock needs an aware instant, for example 2026-03-02T08:00:00+07:00.")
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def move_to(self, instant: datetime) -> None:
        """Move forward to `instant`; an earlier instant is ignored, since time does not go back."""
        with self._lock:
            self._now = max(self._now, instant.astimezone(UTC))

    def advance(self, step: timedelta) -> None:
        self.move_to(self.now() + step)
