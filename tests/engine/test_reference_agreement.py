"""The engine and the slow walk day by day agree on 100,000 random cases, of every unit, policy and kind of pause."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest

from motcua.engine.calendars import default_calendar
from motcua.engine.deadlines import Policy, due
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from tests.engine import reference_count as reference

CALENDAR = default_calendar()
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
BATCHES, CASES = 20, 5_000
LONGEST = {Unit.WORKING_DAYS: 30, Unit.CALENDAR_DAYS: 45, Unit.MONTHS: 3, Unit.HOURS: 60}
TIMES = (None, None, time(9), time(15), time(16, 30))


def limit(rng: Random) -> TimeLimit:
    unit = rng.choice(list(Unit))
    return TimeLimit(rng.randint(1, LONGEST[unit]) if unit in LONGEST else 0, unit)


def pauses(rng: Random, received_at: datetime) -> list[LegalPause]:
    """None in half of the cases; else up to three within a fortnight, apart, touching, overlapping or empty."""
    found: list[LegalPause] = []
    for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
        start = received_at + timedelta(minutes=10 * rng.randint(0, 14 * 144))
        if found and rng.random() < 0.3 and found[-1].ended_at is not None:
            start = found[-1].ended_at
        lasts = timedelta(minutes=10 * rng.choice((0, rng.randint(1, 20), 144, rng.randint(1, 5 * 144))))
        found.append(LegalPause(start, start + lasts, rng.choice(("supplement", "verification")), "activity"))
    return found


@pytest.mark.parametrize("seed", range(BATCHES))
def test_the_engine_and_the_walk_day_by_day_agree(seed: int) -> None:
    rng = Random(seed)
    for case in range(CASES):
        received_at = FIRST + timedelta(minutes=10 * rng.randint(0, 560 * 144))
        asked, stops = limit(rng), pauses(rng, received_at)
        policy = Policy(
            rng.choice(("next_day", "from_receipt")), rng.choice(TIMES), rng.choice(TIMES), rng.choice(("resume", "restart"))
        )
        found = due(received_at, asked, CALENDAR, policy, stops, trace=False)
        expected = reference.due(received_at, asked, policy, stops)
        assert (found.due_on, found.due_at, found.expires_at) == expected, (seed, case, received_at, str(asked), policy, stops)
