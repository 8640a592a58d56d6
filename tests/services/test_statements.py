"""A command costs a fixed small number of SQL statements, whatever the dossier's history."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from benchmarks.bench_commands import PROCEDURE, steps
from motcua.engine.clock import SystemClock
from motcua.services.storage.database import count_statements
from motcua.services.storage.postgres_store import PostgresStore
from tests.office import Office

# Reads before the lock (task, version) + lock 2 + look-ups under it + save 1 + queue 2.
BOUNDS = {
    "open a dossier": 7,
    "make a service call (lease, outcome)": 9,
    "complete a task": 7,
    "deliver a message": 6,
    "fire a due timer": 6,
}


@pytest.fixture
def office(database_engine: Engine) -> Office:
    office = Office(PostgresStore(database_engine, SystemClock()))
    office.publish(PROCEDURE)
    return office


def statements_of_a_round(office: Office, engine: Engine) -> dict[str, int]:
    found = {}
    for name, step in steps(office):
        with count_statements(engine) as counted:
            step()
        found[name] = counted.statements
    return found


def test_every_command_keeps_to_its_bound_of_statements(office: Office, database_engine: Engine) -> None:
    statements_of_a_round(office, database_engine)  # the first round also reads and compiles the version
    found = statements_of_a_round(office, database_engine)
    assert found.keys() == BOUNDS.keys()
    assert {name: number for name, number in found.items() if number > BOUNDS[name]} == {}


def test_the_statements_do_not_grow_with_the_number_of_dossiers(office: Office, database_engine: Engine) -> None:
    statements_of_a_round(office, database_engine)
    early = statements_of_a_round(office, database_engine)
    for _ in range(5):
        statements_of_a_round(office, database_engine)
    assert statements_of_a_round(office, database_engine) == early
