"""What one due moment costs: by arithmetic on the calendar's tables, with its explanation, and by walking day by day.

The walk is the reference implementation that the tests hold the engine against. Both count the same limits from the same
receipts, without and with a supplement pause.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from motcua.engine.calendars import default_calendar, vietnam_calendar
from motcua.engine.deadlines import DEFAULT_POLICY, due
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.days_off import packaged_days_off
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from tests.engine import reference_count

ROUNDS = 7
LIMIT = TimeLimit(15, Unit.WORKING_DAYS)


def run() -> dict[str, float | str]:
    """Microseconds for one due moment of 15 working days (best round), and how many times quicker than the walk."""
    calendar = default_calendar()
    first = datetime(2025, 1, 6, 2, tzinfo=UTC)
    receipts = [first + timedelta(hours=17 * step) for step in range(800)]
    paused = [(at, (LegalPause(at + timedelta(days=3), at + timedelta(days=9), "supplement", "ask"),)) for at in receipts]
    fast = _microseconds(lambda: [due(at, LIMIT, calendar, trace=False) for at in receipts], len(receipts))
    fast_paused = _microseconds(
        lambda: [due(at, LIMIT, calendar, DEFAULT_POLICY, pauses, trace=False) for at, pauses in paused], len(receipts)
    )
    explained = _microseconds(lambda: [due(at, LIMIT, calendar) for at in receipts[:100]], 100)
    walk = _microseconds(lambda: [reference_count.working_days(at, 15, ()) for at in receipts[:100]], 100)
    walk_paused = _microseconds(lambda: [reference_count.working_days(at, 15, pauses) for at, pauses in paused[:100]], 100)
    building = _microseconds(lambda: vietnam_calendar(packaged_days_off()), 1)
    return {
        "microseconds per due moment": fast,
        "microseconds per due moment with a pause": fast_paused,
        "microseconds per due moment with its explanation": explained,
        "times quicker than walking day by day": walk / fast,
        "times quicker than walking day by day, with a pause": walk_paused / fast_paused,
        "milliseconds to tabulate the calendar": building / 1000,
    }


def _microseconds(work: Callable[[], object], pieces: int) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        best = min(best, perf_counter() - started)
    return best / pieces * 1e6
