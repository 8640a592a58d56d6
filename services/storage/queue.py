"""The queue that wakes workers up: PgQueuer's tables, in the same database and the same transaction as the dossier.

A job says no more than "look at this service call"; whether it is made, and by whom, the call's own row decides. So a lost job
costs only time (the worker's tick finds the call again), and a doubled one does nothing. A call has at most one job at a time.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg  # type: ignore[import-untyped]
import pgqueuer
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import NotifyCallback
from pgqueuer.queries import Queries, SyncQueries
from sqlalchemy import Connection, Engine, text

from motcua.services.storage.database import plain_url, translated
from motcua.services.storage.queue_schema import QUEUE_SETTINGS

ENTRYPOINT = "service_call"
HEARTBEAT = timedelta(seconds=10)

_PRUNE_LOG = text("DELETE FROM motcua.pgqueuer_log WHERE created < now() - :keep")
_PRUNE_FAILED = text("DELETE FROM motcua.pgqueuer WHERE status = 'failed' AND updated < now() - :keep")


class _InTransaction:
    """PgQueuer's driver over a connection that is inside our transaction (its own insists on autocommit)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        statement = re.sub(r"\$(\d+)", r"%(p\1)s", query.replace("%", "%%"))
        result = self._connection.exec_driver_sql(statement, {f"p{number}": value for number, value in enumerate(args, 1)})
        return [dict(row) for row in result.mappings()]


class ListensFirst(AsyncpgPoolDriver):
    """PgQueuer asks itself at its start whether it hears its own notices, at times before it listens.

    The question was then lost, and ten seconds later the worker began anew, without need.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self._listens = asyncio.Event()

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await super().add_listener(channel, callback)
        self._listens.set()

    async def notify(self, channel: str, payload: str) -> None:
        await self._listens.wait()
        await super().notify(channel, payload)


def enqueue(connection: Connection, keys: Iterable[str]) -> None:
    """Put the calls on the queue in `connection`'s transaction, in one statement; those that are there already stay as they are."""
    # Sorted, so that two transactions that put the same calls on the queue cannot wait for each other in a circle.
    listed = sorted(set(keys))
    if not listed:
        return
    SyncQueries(_InTransaction(connection), qbq=QueryQueueBuilder(QUEUE_SETTINGS)).enqueue(
        [ENTRYPOINT] * len(listed),
        [key.encode() for key in listed],
        [0] * len(listed),
        dedupe_key=list(listed),
        on_conflict="skip",
    )


def prune_queue(engine: Engine, keep: timedelta = timedelta(days=30)) -> int:
    """Remove log lines and failed jobs older than `keep`; the queue never does so itself. Returns how many rows went."""
    with translated(engine), engine.begin() as connection:
        logged = connection.execute(_PRUNE_LOG, {"keep": keep})
        failed = connection.execute(_PRUNE_FAILED, {"keep": keep})
        return logged.rowcount + failed.rowcount


def run_worker(
    url: str,
    handle: Callable[[str], None],
    stop: threading.Event,
    *,
    threads: int = 8,
    heartbeat: timedelta = HEARTBEAT,
    poll: timedelta = HEARTBEAT / 2,
) -> None:
    """Hand keys of queued calls to `handle`, in at most `threads` threads at a time, until `stop` is set; then drain and return.

    Runs in any thread. When the database goes away it connects again, every second. A worker that dies leaves its jobs to the
    others, who take them over after `heartbeat`, at their next `poll`. A job whose `handle` raises is tried again a few times, then
    kept as failed for people to see; the call itself is found again by `ready_calls`.
    """
    asyncio.run(_run(plain_url(url), handle, stop, threads, heartbeat, poll))


async def _run(
    dsn: str, handle: Callable[[str], None], stop: threading.Event, threads: int, heartbeat: timedelta, poll: timedelta
) -> None:
    shutdown = asyncio.Event()

    async def watch() -> None:
        while not stop.is_set():
            await asyncio.sleep(0.1)
        shutdown.set()

    batch = max(1, threads // 2)
    # Handlers block (they call outside systems): in the event loop they would hold up the heartbeats, and run twice.
    with ThreadPoolExecutor(threads, thread_name_prefix="service-call") as pool:
        watcher = asyncio.create_task(watch())
        try:
            await pgqueuer.run(
                lambda: _consumer(dsn, handle, pool),
                batch_size=batch,
                max_concurrent_tasks=max(threads, 2 * batch),
                dequeue_timeout=poll,
                heartbeat_timeout=heartbeat,
                shutdown=shutdown,
                restart_on_failure=True,
                restart_delay=timedelta(seconds=1),
                shutdown_on_listener_failure=True,
            )
        finally:
            watcher.cancel()


@asynccontextmanager
async def _consumer(dsn: str, handle: Callable[[str], None], pool: ThreadPoolExecutor) -> AsyncIterator[PgQueuer]:
    # One connection listens, the others fetch and report.
    async with asyncpg.create_pool(dsn, min_size=2, max_size=4, timeout=10) as connections:
        driver = ListensFirst(connections)
        queries = Queries(
            driver,
            qbe=QueryBuilderEnvironment(QUEUE_SETTINGS),
            qbq=QueryQueueBuilder(QUEUE_SETTINGS),
            qbs=QuerySchedulerBuilder(QUEUE_SETTINGS),
        )
        consumer = PgQueuer(driver, channel=Channel(QUEUE_SETTINGS.channel), queries=queries)

        @consumer.entrypoint(
            ENTRYPOINT,
            on_failure="hold",
            executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
                parameters, max_attempts=3, initial_delay=timedelta(seconds=1), max_delay=timedelta(seconds=30)
            ),
        )
        async def service_call(job: Job) -> None:
            await asyncio.get_running_loop().run_in_executor(pool, handle, (job.payload or b"").decode())

        yield consumer
