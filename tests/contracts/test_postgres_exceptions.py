"""The stories of exceptions, over the store in PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from motcua.engine.clock import SystemClock
from motcua.services.storage.postgres_store import PostgresStore
from tests.contracts.exception_stories import ExceptionStories
from tests.office import Office


class TestExceptionsInPostgres(ExceptionStories):
    @pytest.fixture
    def office(self, database_engine: Engine) -> Office:
        return Office(PostgresStore(database_engine, SystemClock()))
