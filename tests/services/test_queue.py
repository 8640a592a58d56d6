"""The queue wakes workers up; what a worker may do, the service call's own row decides."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Engine, text

from motcua.engine.clock import ManualClock, SystemClock
from motcua.services.storage.database import open_engine
from motcua.services.storage.postgres_store import PostgresStore
from motcua.services.storage.queue import enqueue, prune_queue, run_worker
from tests.factories import MONDAY, a_call, an_opening, next_change, open_dossier

PATIENCE_SECONDS = 60


@contextmanager
def working(url: str, handle: Callable[[str], None], *, threads: int = 4) -> Iterator[threading.Thread]:
    stop = threading.Event()
    quick = {"heartbeat": timedelta(seconds=2), "poll": timedelta(seconds=1)}
    worker = threading.Thread(target=run_worker, args=(url, handle, stop), kwargs={"threads": threads, **quick})
    worker.start()
    try:
        yield worker
    finally:
        stop.set()
        worker.join(PATIENCE_SECONDS)
        assert not worker.is_alive()


class Seen:
    """The keys that were handled, and a way to wait for them."""

    def __init__(self, until: int) -> None:
        self.keys: list[str] = []
        self._until = until
        self._changed = threading.Condition()

    def __call__(self, key: str) -> None:
        with self._changed:
            self.keys.append(key)
            self._changed.notify_all()

    def wait(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.keys) >= self._until, PATIENCE_SECONDS)


@pytest.fixture
def store(database_engine: Engine) -> PostgresStore:
    return PostgresStore(database_engine, ManualClock(MONDAY))


def jobs(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT convert_from(payload, 'UTF8'), status::text FROM motcua.pgqueuer ORDER BY 1"))
        return [(key, status) for key, status in rows]


def test_a_worker_is_handed_every_call_that_was_committed_and_no_other(store: PostgresStore, database_url: str) -> None:
    seen = Seen(until=31)
    open_dossier(store, an_opening(calls=(a_call("before"),)))
    with working(database_url, seen):
        for number in range(30):
            code = f"H05-260302-{number:04}"
            open_dossier(store, an_opening(code, calls=(a_call(f"call-{number}", code),)))
        seen.wait()
    assert sorted(seen.keys) == sorted(["before", *(f"call-{number}" for number in range(30))])


def test_two_workers_share_the_calls_and_each_call_is_handed_out_once(store: PostgresStore, database_url: str) -> None:
    seen = Seen(until=40)
    with working(database_url, seen), working(database_url, seen):
        open_dossier(store, an_opening(calls=tuple(a_call(f"call-{number}") for number in range(40))))
        seen.wait()
    assert sorted(seen.keys) == sorted(f"call-{number}" for number in range(40))


def test_a_handler_that_fails_is_tried_again(store: PostgresStore, database_url: str) -> None:
    seen = Seen(until=2)

    def fail_once(key: str) -> None:
        seen(key)
        if len(seen.keys) == 1:
            raise RuntimeError("the first time always fails")

    open_dossier(store, an_opening(calls=(a_call(),)))
    with working(database_url, fail_once):
        seen.wait()
    assert seen.keys == ["call-1", "call-1"]


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(
    store: PostgresStore, database_url: str, database_engine: Engine
) -> None:
    begun, let_go, finished = threading.Event(), threading.Event(), threading.Event()

    def slow(_: str) -> None:
        begun.set()
        assert let_go.wait(PATIENCE_SECONDS)
        finished.set()

    open_dossier(store, an_opening(calls=(a_call(),)))
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(database_url, slow, stop))
    worker.start()
    assert begun.wait(PATIENCE_SECONDS)
    stop.set()
    let_go.set()
    worker.join(PATIENCE_SECONDS)
    assert finished.is_set()
    assert jobs(database_engine) == []


def test_a_worker_outlives_the_loss_of_its_connections(store: PostgresStore, database_url: str) -> None:
    before, after = Seen(until=1), Seen(until=1)

    def handle(key: str) -> None:
        (before if key == "before" else after)(key)

    with working(database_url, handle):
        open_dossier(store, an_opening(calls=(a_call("before"),)))
        before.wait()
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        # A store of its own: the pool of the other one may not have heard yet that its connections are gone.
        engine = open_engine(database_url)
        next_change(PostgresStore(engine, SystemClock()), calls=(a_call("after"),))
        engine.dispose()
        after.wait()
    assert after.keys == ["after"]


# A worker process that takes a job, says so, and never finishes it.
_STUCK = """
import sys, threading
from motcua.services.storage.queue import run_worker
def hang(key):
    print(key, flush=True)
    threading.Event().wait()
run_worker(sys.argv[1], hang, threading.Event())
"""


def test_the_job_of_a_worker_that_was_killed_is_taken_over(store: PostgresStore, database_url: str) -> None:
    open_dossier(store, an_opening(calls=(a_call(),)))
    stuck = subprocess.Popen([sys.executable, "-c", _STUCK, database_url], stdout=subprocess.PIPE, text=True)
    assert stuck.stdout is not None
    assert stuck.stdout.readline() == "call-1\n"
    stuck.kill()
    stuck.communicate(timeout=PATIENCE_SECONDS)
    seen = Seen(until=1)
    with working(database_url, seen):
        seen.wait()
    assert seen.keys == ["call-1"]


def test_a_call_has_at_most_one_job_at_a_time(database_engine: Engine) -> None:
    for _ in range(2):
        with database_engine.begin() as connection:
            enqueue(connection, ["b", "a", "b"])
    assert jobs(database_engine) == [("a", "queued"), ("b", "queued")]


def test_old_lines_of_the_queue_are_pruned_and_waiting_jobs_stay(database_engine: Engine) -> None:
    with database_engine.begin() as connection:
        enqueue(connection, ["waiting", "failed"])
        connection.execute(text("UPDATE motcua.pgqueuer SET status = 'failed' WHERE payload = 'failed'"))
        connection.execute(text("UPDATE motcua.pgqueuer SET updated = now() - interval '40 days'"))
        connection.execute(text("UPDATE motcua.pgqueuer_log SET created = now() - interval '40 days'"))
    assert prune_queue(database_engine) == 3
    assert jobs(database_engine) == [("waiting", "queued")]
    assert prune_queue(database_engine) == 0
