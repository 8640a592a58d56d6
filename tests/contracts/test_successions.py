"""The stories of authorities that end, over both stores."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from motcua.engine.clock import SystemClock
from motcua.services.storage.postgres_store import PostgresStore
from tests.contracts.succession_stories import SuccessionStories
from tests.office import Office


class TestSuccessionsInMemory(SuccessionStories):
    @pytest.fixture
    def office(self) -> Office:
        return Office()


class TestSuccessionsInPostgres(SuccessionStories):
    @pytest.fixture
    def office(self, database_engine: Engine) -> Office:
        return Office(PostgresStore(database_engine, SystemClock()))
