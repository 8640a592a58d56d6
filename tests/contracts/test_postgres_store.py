"""The store in PostgreSQL keeps the contract of a store, and what only a database can promise."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from motcua.engine.clock import ManualClock
from motcua.engine.dossier import CallState, Promise
from motcua.engine.store import Change, TaskClosed, TaskFilter
from motcua.services.storage.database import DatabaseBusy, DatabaseUnreachable, count_statements
from motcua.services.storage.postgres_store import PostgresStore
from motcua.services.storage.queue import enqueue
from tests.contracts.store_contract import Interrupted, StoreContract
from tests.factories import (
    CODE,
    HOUR,
    MONDAY,
    a_call,
    a_chain,
    a_document,
    a_dossier,
    a_message,
    a_receipt,
    a_task,
    an_opening,
    next_change,
    open_dossier,
)


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def wall(self) -> ManualClock:
        return ManualClock(MONDAY)

    @pytest.fixture
    def store(self, database_engine: Engine, wall: ManualClock) -> PostgresStore:
        return PostgresStore(database_engine, wall)

    @pytest.mark.parametrize("size", [1, 40])
    def test_a_command_takes_five_statements_however_much_it_writes(
        self, store: PostgresStore, database_engine: Engine, size: int
    ) -> None:
        open_dossier(store, an_opening(tasks_opened=tuple(a_task(f"old-{number}") for number in range(2 * size))))
        with count_statements(database_engine) as count, store.transaction() as transaction:
            stored = transaction.lock(CODE)
            transaction.save(
                Change(
                    a_dossier(revision=2),
                    b"state 2" * size,
                    events=a_chain(after=stored.head, events=size, content={"name": "Lan"}),
                    tasks_opened=tuple(a_task(f"new-{number}") for number in range(size)),
                    tasks_closed=tuple(TaskClosed(f"old-{number}", MONDAY, "completed", "lan") for number in range(size)),
                    tasks_changed=tuple(a_task(f"old-{number}", assignee="hoa") for number in range(size, 2 * size)),
                    calls=tuple(a_call(f"call-{number}") for number in range(size)),
                    documents=tuple(a_document(f"document-{number}") for number in range(size)),
                    messages=tuple(a_message(f"message-{number}") for number in range(size)),
                    receipts=tuple(a_receipt(f"FT{number}") for number in range(size)),
                )
            )
        assert count.statements == 5
        assert len(store.open_tasks(TaskFilter())) == 2 * size

    def test_completing_a_task_takes_three_statements_and_opening_a_dossier_two(
        self, store: PostgresStore, database_engine: Engine
    ) -> None:
        open_dossier(store, an_opening(tasks_opened=(a_task("a"),)))
        with count_statements(database_engine) as completing:
            next_change(store, tasks_closed=(TaskClosed("a", MONDAY, "completed", "lan"),), tasks_opened=(a_task("b"),))
        assert completing.statements == 3
        with count_statements(database_engine) as opening, store.transaction() as transaction:
            number = transaction.next_number("H05.19", MONDAY.date())
            transaction.save(an_opening(f"H05.19-260302-{number + 1:04}"))
        assert opening.statements == 2

    def test_leasing_a_call_takes_three_statements(self, store: PostgresStore, database_engine: Engine) -> None:
        open_dossier(store, an_opening(calls=(a_call(),)))
        with count_statements(database_engine) as count:
            assert store.lease_call("call-1", MONDAY, HOUR) is not None
        assert count.statements == 3

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE motcua.events SET actor = 'someone else'",
            "DELETE FROM motcua.events",
            "TRUNCATE motcua.events CASCADE",
            "UPDATE motcua.event_contents SET content = '{}'",
            "UPDATE motcua.procedure_versions SET model = ''",
            "DELETE FROM motcua.dossiers",
            "UPDATE motcua.dossiers SET promises = '[]'",
            "UPDATE motcua.dossiers SET status = 'lost'",
            "UPDATE motcua.parts SET content = ''",
        ],
    )
    def test_nobody_rewrites_history_even_with_sql(self, store: PostgresStore, database_engine: Engine, statement: str) -> None:
        promised = a_dossier(promises=(Promise(MONDAY, MONDAY, "receipt_slip"),))
        open_dossier(store, an_opening(dossier=promised, events=a_chain(content={"name": "Lan"})))
        with pytest.raises(IntegrityError), database_engine.begin() as connection:
            connection.execute(text(statement))

    def test_the_queue_holds_a_job_for_each_ready_call_of_a_committed_command_only(
        self, store: PostgresStore, database_engine: Engine
    ) -> None:
        def queued() -> list[str]:
            with database_engine.connect() as connection:
                jobs = connection.execute(text("SELECT payload FROM motcua.pgqueuer WHERE status = 'queued' ORDER BY payload"))
                return [bytes(payload).decode() for payload in jobs.scalars()]

        calls = (
            a_call("a"),
            a_call("b", next_attempt_at=MONDAY + HOUR),
            a_call("c", lane="portal", order=1),
            a_call("d", lane="portal", order=2),
            a_call("e", state=CallState.WAITING),
        )
        open_dossier(store, an_opening(calls=calls))
        assert queued() == ["a", "c"]

        def fail() -> None:
            with store.transaction() as transaction:
                transaction.save(an_opening("H05.19-260302-0002", calls=(a_call("f", "H05.19-260302-0002"),)))
                raise Interrupted

        with pytest.raises(Interrupted):
            fail()
        assert queued() == ["a", "c"]
        next_change(store, calls=(a_call("c", lane="portal", order=1, state=CallState.DONE),))
        assert queued() == ["a", "c", "d"]
        with database_engine.begin() as connection:
            enqueue(connection, ["b", "a"])
        assert queued() == ["a", "b", "c", "d"]

    def test_two_calls_with_the_same_order_in_a_lane_go_one_after_another(self, store: PostgresStore) -> None:
        open_dossier(store, an_opening(calls=(a_call("y", lane="portal"), a_call("x", lane="portal"))))
        assert store.ready_calls(MONDAY) == ["x"]

    def test_a_database_restart_costs_the_command_in_progress_and_no_other(self, store: PostgresStore, database_url: str) -> None:
        def restart() -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        def interrupted() -> None:
            with store.transaction() as transaction:
                stored = transaction.lock(CODE)
                restart()
                transaction.save(Change(a_dossier(revision=2), b"two", a_chain(after=stored.head)))

        open_dossier(store, an_opening())
        restart()
        assert store.dossier(CODE).revision == 1
        with pytest.raises(DatabaseUnreachable):
            interrupted()
        next_change(store)
        assert (store.dossier(CODE).revision, len(store.events(CODE))) == (2, 2)

    def test_a_command_that_waits_too_long_for_a_lock_is_told_to_try_again(self, store: PostgresStore) -> None:
        def wait() -> None:
            with store.transaction() as transaction:
                transaction._connection.execute(text("SET LOCAL lock_timeout = '10ms'"))
                transaction.lock(CODE)

        open_dossier(store, an_opening())
        with store.transaction() as holder:
            holder.lock(CODE)
            with pytest.raises(DatabaseBusy):
                wait()
