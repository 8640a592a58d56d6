"""What one due moment costs: by arithmetic on the calendar's tables, with its explanation, and by walking day by day.

The walk is the reference implementation that the tests hold the engine against. Both count the same limits from the same
receipts, without and with a supplement pause.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time

from motcua.engine.calendars import default_calendar, vietnam_calendar
from motcua.engine.deadlines import DEFAULT_POLICY, due
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.days_off import packaged_days_off
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from tests.engine import reference_count

ROUNDS = 15
LIMIT = TimeLimit(15, Unit.WORKING_DAYS)


def run() -> dict[str, float | str]:
    """Microseconds for one due moment of 15 working days (best round), and how many times quicker than the walk."""
    calendar = default_calendar()
    first = datetime(2025, 1, 6, 2, tzinfo=UTC)
    receipts = [first + timedelta(hours=17 * step) for step in range(800)]
    paused = [(at, (LegalPause(at + timedelta(days=3), at + timedelta(days=9), "supplement", "ask"),)) for at in receipts]
    work: dict[str, tuple[int, Callable[[], object]]] = {
        "fast": (800, lambda: [due(at, LIMIT, calendar, trace=False) for at in receipts]),
        "fast, paused": (800, lambda: [due(at, LIMIT, calendar, DEFAULT_POLICY, pauses, trace=False) for at, pauses in paused]),
        "explained": (100, lambda: [due(at, LIMIT, calendar) for at in receipts[:100]]),
        "walk": (100, lambda: [reference_count.working_days(at, 15, ()) for at in receipts[:100]]),
        "walk, paused": (100, lambda: [reference_count.working_days(at, 15, pauses) for at, pauses in paused[:100]]),
        "tabulate": (1, lambda: vietnam_calendar(packaged_days_off())),
    }
    cost = _microseconds(work)
    return {
        "microseconds per due moment": cost["fast"],
        "microseconds per due moment with a pause": cost["fast, paused"],
        "microseconds per due moment with its explanation": cost["explained"],
        "times quicker than walking day by day": cost["walk"] / cost["fast"],
        "times quicker than walking day by day, with a pause": cost["walk, paused"] / cost["fast, paused"],
        "milliseconds to tabulate the calendar": cost["tabulate"] / 1000,
    }


def _microseconds(work: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """Processor time of one piece of each work, the best of all rounds; the works take turns, so that a busy machine hits all."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, (pieces, piece) in work.items():
            started = process_time()
            piece()
            best[name] = min(best[name], (process_time() - started) / pieces * 1e6)
    return best
