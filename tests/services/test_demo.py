"""The demonstration: its shares are fixed, its sums add up, and it says so when a dossier did not end as it should."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.dossier import Ending
from motcua.services.connectors.national_portal.mapping import STATUS_CODES
from motcua.services.demo.people import AUTHORITY_OF, application
from motcua.services.demo.scenarios import ROUNDS, Scenario, cast_of
from motcua.services.demo.shared_clock import SharedClock

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEYS = [
    "dossiers",
    "returned",
    "refused",
    "withdrawn",
    "closed_unsupplemented",
    "on_time",
    "late",
    "tasks_completed",
    "signatures_verified",
    "payments_settled",
    "payments_refunded",
    "incidents_open",
    "portal_status",
    "by_procedure",
    "seconds",
]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "motcua", "demo", *arguments], capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="module")
def ten_dossiers() -> dict[str, Any]:
    ended = demo("--dossiers", "10", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    counts: dict[str, Any] = json.loads(ended.stdout)
    return counts


def test_the_demonstration_ends_with_status_0_and_every_promised_count(ten_dossiers: dict[str, Any]) -> None:
    assert [key for key in KEYS if key not in ten_dossiers] == []
    assert ten_dossiers["problems"] == []
    assert ten_dossiers["incidents_open"] == 0


def test_every_dossier_is_counted_under_one_ending(ten_dossiers: dict[str, Any]) -> None:
    endings = [ten_dossiers[key] for key in ("returned", "refused", "withdrawn", "closed_unsupplemented")]
    assert sum(endings) == ten_dossiers["dossiers"] == 10
    assert sum(ten_dossiers["portal_status"].values()) == 10
    assert sum(each["dossiers"] for each in ten_dossiers["by_procedure"].values()) == 10


def test_every_result_carries_three_verified_signatures(ten_dossiers: dict[str, Any]) -> None:
    assert ten_dossiers["signatures_verified"] == 3 * ten_dossiers["returned"]


def test_the_counts_are_those_of_the_cast(ten_dossiers: dict[str, Any]) -> None:
    scenarios = [scenario for _, scenario in cast_of(10)]
    assert ten_dossiers["returned"] == sum(s.ending is Ending.RETURNED for s in scenarios)
    assert ten_dossiers["payments_refunded"] == sum(s.refunds for s in scenarios)
    assert ten_dossiers["late"] == ten_dossiers["apologies"] == sum(s.runs_late for s in scenarios)


def every_scenario() -> Iterator[Scenario]:
    for scenarios in ROUNDS.values():
        yield from scenarios


@given(st.integers(0, 60))
def test_any_thirty_dossiers_in_a_row_meet_every_scenario_and_every_procedure(skipped: int) -> None:
    cast = cast_of(skipped + 30)[skipped:]
    assert {s.name for _, s in cast} == {s.name for s in every_scenario()}
    assert {procedure for procedure, _ in cast} == set(AUTHORITY_OF)


def test_every_scenario_expects_a_status_that_the_portal_has() -> None:
    assert {s.portal_code for s in every_scenario()} <= set(STATUS_CODES.values())


def test_everybody_in_the_cast_is_somebody_else() -> None:
    identifiers = [application(n, procedure)["applicant"]["identifier"] for n, (procedure, _) in enumerate(cast_of(200))]
    assert len(set(identifiers)) == 200
    assert {len(identifier) for identifier in identifiers} == {12}


def test_a_demonstration_without_a_database_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://lan:matkhau@127.0.0.1:1/motcua")
    ended = demo("--dossiers", "1")
    assert ended.returncode == 2
    assert "cannot be reached" in ended.stderr
    assert "matkhau" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


@given(st.lists(st.integers(-(10**9), 10**9), max_size=8))
def test_a_shared_clock_stands_where_it_was_moved_and_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, moves: list[int]
) -> None:
    path = tmp_path_factory.mktemp("clock") / "clock"
    mover, reader = SharedClock.create(path, START), SharedClock(path)
    highest = START
    for seconds in moves:
        mover.move_to(START + timedelta(seconds=seconds))
        highest = max(highest, START + timedelta(seconds=seconds))
        assert mover.now() == reader.now() == highest


def test_a_clock_that_is_let_run_goes_on_from_where_it_stood(tmp_path: Path) -> None:
    clock = SharedClock.create(tmp_path / "clock", START)
    clock.let_run()
    first, second = clock.now(), SharedClock(tmp_path / "clock").now()
    assert START <= first <= second < START + timedelta(minutes=5)
