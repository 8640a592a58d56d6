"""A clock that several processes share: moved by the director, read by the worker, and at the end let run at the pace of real time.

    bytes 0–7    microseconds since 1970 at which the clock stands, or stood when it was let run
    bytes 8–15   the monotonic nanosecond at which it was let run; 0 while it stands

The monotonic clock counts for the whole machine, so every process reads the same instant.
"""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAYOUT = struct.Struct("<qq")


class SharedClock:
    """`Clock` over a file of 16 bytes. One process moves it, forward only; any number read it."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _LAYOUT.size)

    @classmethod
    def create(cls, path: Path, start: datetime) -> SharedClock:
        """A new clock that stands at `start`."""
        path.write_bytes(_LAYOUT.pack(_microseconds(start), 0))
        return cls(path)

    def now(self) -> datetime:
        stands_at, running_since = _LAYOUT.unpack_from(self._memory)
        passed = (time.monotonic_ns() - running_since) // 1000 if running_since else 0
        return _EPOCH + timedelta(microseconds=stands_at + passed)

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`; an earlier one is ignored, since time does not go back."""
        if instant > self.now():
            _LAYOUT.pack_into(self._memory, 0, _microseconds(instant), 0)

    def let_run(self) -> None:
        """From now on at the pace of real time."""
        _LAYOUT.pack_into(self._memory, 0, _microseconds(self.now()), time.monotonic_ns())


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
