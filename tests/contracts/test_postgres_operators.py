"""The operators' stories, over the store in PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from motcua.engine.clock import SystemClock
from motcua.services.storage.postgres_store import PostgresStore
from tests.contracts.operator_stories import OperatorStories
from tests.office import Office


class TestOperatorsInPostgres(OperatorStories):
    @pytest.fixture
    def office(self, database_engine: Engine) -> Office:
        return Office(PostgresStore(database_engine, SystemClock()))
