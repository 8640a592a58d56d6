"""What one due moment costs: by arithmetic on the calendar's tables, with its explanation, by walking day by day, and in arrays;
and what the scorecard of a million dossiers costs.

The walk is the reference implementation that the tests hold the engine against. Both count the same limits from the same
receipts, without and with a supplement pause. The scorecard is taken twice: over records of dossiers, and over columns whose
due dates are counted anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import process_time

import numpy as np
from numpy.typing import NDArray

from motcua.engine.calendars import Calendar, calendar_of, default_calendar
from motcua.engine.deadlines import DEFAULT_POLICY, due
from motcua.engine.dossier import Applicant, Channel, Dossier, LegalPause, Status
from motcua.engine.due_arrays import due_array
from motcua.engine.scorecard import PeriodReport, period_report
from motcua.engine.scorecard_arrays import CHANNELS, DossierColumns, period_report_of_columns
from motcua.procedures_catalog.calendar_tables import packaged_tables
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from tests.engine import reference_count

ROUNDS = 25
LIMIT = TimeLimit(15, Unit.WORKING_DAYS)
HOURS = TimeLimit(60, Unit.HOURS)
LIMITS = (TimeLimit(20, Unit.CALENDAR_DAYS), HOURS, TimeLimit(2, Unit.MONTHS), TimeLimit(0, Unit.SAME_DAY))
MILLION = 1_000_000
YEAR = (datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC))


def run() -> dict[str, float | str]:
    """Microseconds for one due moment of 15 working days (best round), and how many times quicker than the walk."""
    calendar = default_calendar()
    first = datetime(2025, 1, 6, 2, tzinfo=UTC)
    receipts = [first + timedelta(hours=17 * step) for step in range(800)]
    paused = [(at, (LegalPause(at + timedelta(days=3), at + timedelta(days=9), "supplement", "ask"),)) for at in receipts]
    rng = np.random.default_rng(1)
    many = rng.integers(int(YEAR[0].timestamp()), int(YEAR[1].timestamp()), MILLION)
    ended = many + rng.integers(3600, 40 * 86_400, MILLION)
    channels = rng.integers(0, len(CHANNELS), MILLION).astype(np.int8)
    dossiers = _dossiers(many[:20_000].tolist(), ended[:20_000].tolist())
    work: dict[str, tuple[int, Callable[[], object]]] = {
        "fast": (800, partial(_one_by_one, receipts, LIMIT, calendar)),
        "fast, paused": (800, lambda: [due(at, LIMIT, calendar, DEFAULT_POLICY, pauses, trace=False) for at, pauses in paused]),
        **{str(limit): (800, partial(_one_by_one, receipts, limit, calendar)) for limit in LIMITS},
        "local date": (800, lambda: [at.astimezone(calendar.zone).date() for at in receipts]),
        "explained": (100, lambda: [due(at, LIMIT, calendar) for at in receipts[:100]]),
        "walk": (100, lambda: [reference_count.working_days(at, 15, ()) for at in receipts[:100]]),
        "walk, paused": (100, lambda: [reference_count.working_days(at, 15, pauses) for at, pauses in paused[:100]]),
        "arrays": (MILLION, lambda: due_array(many, LIMIT, calendar)),
        "arrays, hours": (MILLION, lambda: due_array(many, HOURS, calendar)),
        "score": (len(dossiers), lambda: period_report(dossiers, *YEAR)),
        "score, arrays": (MILLION, lambda: _recomputed(many, ended, channels)),
        "tabulate": (1, lambda: calendar_of(packaged_tables())),
    }
    cost = _microseconds(work)
    return {
        "microseconds per due moment": cost["fast"],
        "local dates that cost as much as one due moment": cost["fast"] / cost["local date"],
        **{f"microseconds per due moment, {limit}": cost[str(limit)] for limit in LIMITS},
        **{f"times one of 15 working days, {limit}": cost[str(limit)] / cost["fast"] for limit in LIMITS},
        "microseconds per due moment with a pause": cost["fast, paused"],
        "microseconds per due moment with its explanation": cost["explained"],
        "times quicker than walking day by day": cost["walk"] / cost["fast"],
        "times quicker than walking day by day, with a pause": cost["walk, paused"] / cost["fast, paused"],
        "million due moments a second, in arrays, working days": 1 / cost["arrays"],
        "million due moments a second, in arrays, hours": 1 / cost["arrays, hours"],
        "times quicker in arrays than one by one": cost["fast"] / cost["arrays"],
        "seconds for the scorecard of a million dossiers, from 20,000 records": cost["score"],
        "seconds for a million due dates counted anew, with their scorecard": cost["score, arrays"],
        "milliseconds to tabulate the calendar": cost["tabulate"] / 1000,
    }


def _one_by_one(receipts: list[datetime], limit: TimeLimit, calendar: Calendar) -> None:
    for at in receipts:
        due(at, limit, calendar, trace=False)


def _dossiers(received: list[int], ended: list[int]) -> list[Dossier]:
    """Records as a store gives them, one in ten still running."""
    calendar = default_calendar()
    pattern = Dossier("", "1.004082", "v", "H05.21", "commune", Channel.ONLINE, Applicant(""), None, Status.PROCESSED, YEAR[0])
    found = []
    for number, (start, end) in enumerate(zip(received, ended, strict=True)):
        received_at, ended_at = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC) if number % 10 else None
        moment = due(received_at, LIMIT, calendar, trace=False)
        found.append(
            replace(
                pattern,
                received_at=received_at,
                limit=str(LIMIT),
                due_on=moment.due_on,
                due_at=moment.due_at,
                expires_at=moment.expires_at,
                processed_at=ended_at,
                ended_at=ended_at,
            )
        )
    return found


def _recomputed(received: NDArray[np.int64], ended: NDArray[np.int64], channels: NDArray[np.int8]) -> PeriodReport:
    moments = due_array(received, LIMIT, default_calendar())
    expires_at = moments.expires_at.astype("datetime64[s]").astype("datetime64[us]")
    never = np.zeros(len(received), dtype=np.bool_)
    columns = DossierColumns(
        received.astype("datetime64[s]").astype("datetime64[us]"),
        ended.astype("datetime64[s]").astype("datetime64[us]"),
        channels,
        moments.due_on,
        expires_at,
        expires_at,
        never,
        never,
    )
    return period_report_of_columns(columns, *YEAR)


def _microseconds(work: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """Processor time of one piece of each work, the best of all rounds; the works take turns, so that a busy machine hits all."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, (pieces, piece) in work.items():
            started = process_time()
            piece()
            best[name] = min(best[name], (process_time() - started) / pieces * 1e6)
    return best
