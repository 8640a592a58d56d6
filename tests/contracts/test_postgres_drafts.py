"""The stories of drafts, over the store in PostgreSQL; and that they outlive a process, and nothing of them a completed task."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from motcua.engine.clock import SystemClock
from motcua.engine.drafts import save_draft
from motcua.services.storage.postgres_store import PostgresStore
from tests.contracts.draft_stories import MISSING, DraftStories, at_appraisal, entries_of
from tests.office import Office


class TestDraftsInPostgres(DraftStories):
    @pytest.fixture
    def office(self, database_engine: Engine) -> Office:
        return Office(PostgresStore(database_engine, SystemClock()))

    def test_a_draft_survives_a_restart(self, office: Office, database_engine: Engine) -> None:
        _, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        database_engine.dispose()
        later = Office(PostgresStore(database_engine, SystemClock()), at=office.clock.now())
        assert entries_of(later, task_id) == MISSING
        save_draft(later.engine, task_id, {"missing": "thêm"}, 1, "lan")
        assert entries_of(office, task_id) == {"missing": "thêm"}

    def test_of_a_task_that_was_completed_or_cancelled_no_draft_is_left_in_the_table(
        self, office: Office, database_engine: Engine
    ) -> None:
        code, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        office.do(code, "appraise", decision="supplement", **MISSING)
        other, cancelled = at_appraisal(office)
        save_draft(office.engine, cancelled, MISSING, 0, "lan")
        assert office.tell(other, "withdrawal_requested")
        with database_engine.connect() as connection:
            rows = connection.execute(text("SELECT id, draft FROM motcua.tasks WHERE closed_at IS NOT NULL")).all()
        assert {task_id, cancelled} <= {row.id for row in rows}
        assert [row.draft for row in rows] == [None] * len(rows)
