"""The stories, over the store in PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from motcua.engine.clock import SystemClock
from motcua.services.storage.postgres_store import PostgresStore
from tests.contracts.dossier_stories import DossierStories
from tests.office import Office


class TestStoriesInPostgres(DossierStories):
    @pytest.fixture
    def office(self, database_engine: Engine) -> Office:
        return Office(PostgresStore(database_engine, SystemClock()))
