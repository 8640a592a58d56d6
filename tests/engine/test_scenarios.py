"""The dated situations of tests/scenarios/deadlines.yaml, each a test of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.deadlines import Policy, due, explain
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.time_limit import TimeLimit

# Every scalar stays text: what is a date, a time or a number is decided here, not by YAML's guesses.
SCENARIOS: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent.parent / "scenarios" / "deadlines.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - builds texts, lists and mappings, nothing else
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def policy(entries: dict[str, Any]) -> Policy:
    values: dict[str, Any] = dict(entries)
    for name in values.keys() & {"late_receipt", "cut_off"}:
        values[name] = time.fromisoformat(values[name])
    return Policy(**values)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_the_date_is_the_one_that_a_person_counts(scenario: dict[str, Any]) -> None:
    pauses = [
        LegalPause(instant(start), None if end == "null" else instant(end), cause, "activity")
        for start, end, cause in scenario.get("pauses", [])
    ]
    as_of = instant(scenario["as_of"]) if "as_of" in scenario else None

    moment = due(
        instant(scenario["received"]),
        TimeLimit.parse(scenario["limit"]),
        default_calendar(),
        policy(scenario.get("policy", {})),
        pauses,
        as_of=as_of,
    )

    due_on = date.fromisoformat(scenario["due_on"])
    assert moment.due_on == due_on
    assert moment.due_at == instant(f"{due_on}T{scenario.get('due_at', '17:00')}")
    assert moment.expires_at == instant(scenario.get("late_after", f"{due_on + timedelta(1)}T00:00"))
    assert moment.provisional is (scenario.get("provisional") == "true")
    if "counted" in scenario:
        assert [day.on.isoformat() for day in moment.days if day.counted] == scenario["counted"]
    assert f"{due_on:%d/%m/%Y}" in explain(moment, "vi")
    assert due_on.isoformat() in explain(moment, "en")


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({scenario["name"] for scenario in SCENARIOS}) == len(SCENARIOS) >= 30
