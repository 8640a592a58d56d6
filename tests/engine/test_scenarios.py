"""The dated situations of tests/scenarios, each a test of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from motcua.engine.authority_calendars import AuthorityCalendars
from motcua.engine.calendars import VIETNAM, Calendar, default_calendar
from motcua.engine.deadlines import Policy, due, explain
from motcua.engine.dossier import LegalPause
from motcua.procedures_catalog.calendar_tables import packaged_tables, read_tables
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.time_limit import TimeLimit

# Every scalar stays text: what is a date, a time or a number is decided here, not by YAML's guesses.
SCENARIOS: list[dict[str, Any]] = [
    scenario
    for name in ("deadlines.yaml", "office_hours.yaml")
    for scenario in yaml.load(
        (Path(__file__).parent.parent / "scenarios" / name).read_text(encoding="utf-8"),
        Loader=yaml.BaseLoader,  # noqa: S506 - builds texts, lists and mappings, nothing else
    )
]
AUTHORITIES = load_catalog().authorities
HEADS = {
    "office_hours": "authority,valid_from,valid_until,weekdays,sessions,source",
    "days_off": "date,kind,name,confidence,source,authority",
}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def policy(entries: dict[str, Any]) -> Policy:
    values: dict[str, Any] = dict(entries)
    for name in values.keys() & {"late_receipt", "cut_off"}:
        values[name] = time.fromisoformat(values[name])
    return Policy(**values)


def calendar(scenario: dict[str, Any]) -> Calendar:
    own = {f"{name}.csv": "\n".join([head, *scenario[name]]) for name, head in HEADS.items() if name in scenario}
    tables = packaged_tables().amended(read_tables(own, AUTHORITIES))
    return AuthorityCalendars(tables, AUTHORITIES).calendar_for("H05.21") if own else default_calendar()


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
        calendar(scenario),
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
    assert len({scenario["name"] for scenario in SCENARIOS}) == len(SCENARIOS) >= 60


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_every_scenario_has_its_source_and_its_count_written_out(scenario: dict[str, Any]) -> None:
    assert scenario["source"]
    assert scenario.get("counted") or scenario.get("because")
