"""What one command costs in the database, against a bare one-row commit on the same server in the same minute.

The server is the embedded one with every safety on (fsync, synchronous commit, checksums). A dossier is opened, two of
its tasks are completed, the second of which asks a service; the bare commit is one INSERT of 200 bytes through the driver alone.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import Engine

from motcua.engine.clock import SystemClock
from motcua.engine.dossier import CallState
from motcua.engine.store import Change, TaskClosed, TaskFilter
from motcua.services.storage.database import count_statements, open_engine
from motcua.services.storage.embedded import start_embedded
from motcua.services.storage.migrations import migrate
from motcua.services.storage.postgres_store import PostgresStore
from tests.factories import MONDAY, a_call, a_chain, a_task, a_version, an_opening

ROUNDS = 150
STATE = os.urandom(1500)  # a dossier's saved tokens and variables, compressed, are about as large
CONTENT = {"applicant": "Nguyễn Thị Hồng", "address": "Số 1, phường Đại Phúc", "note": "x" * 200}


def run() -> dict[str, float | str]:
    """Milliseconds (median), statements, and the ratio to a bare commit, for each kind of command."""
    with tempfile.TemporaryDirectory(prefix="motcua-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start_embedded(Path(folder))
        try:
            engine = open_engine(server.url)
            migrate(engine)
            figures = _measure(engine, server.url)
            engine.dispose()
        finally:
            server.stop()
    return figures


def _measure(engine: Engine, url: str) -> dict[str, float | str]:
    store = PostgresStore(engine, SystemClock())
    with store.transaction() as transaction:
        transaction.publish(a_version())
    seconds: dict[str, list[float]] = {}
    statements: dict[str, int] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        started = perf_counter()
        work()
        seconds.setdefault(name, []).append(perf_counter() - started)

    with psycopg.connect(url) as bare:
        bare.execute("CREATE TABLE bare (number integer PRIMARY KEY, content text)")
        bare.commit()
        for number in range(ROUNDS):
            steps = _steps(store, bare, number)
            for name, step in steps.items():
                if number == 0:
                    with count_statements(engine) as count:
                        step()
                    statements[name] = count.statements
                else:
                    timed(name, step)
    typical = {name: median(each) * 1000 for name, each in seconds.items()}
    figures: dict[str, float | str] = {"ms, a bare commit of one row": typical["bare commit"]}
    for name in typical:
        if name != "bare commit":
            figures[f"ms, {name} ({statements[name]} statements)"] = typical[name]
            figures[f"× a bare commit, {name}"] = typical[name] / typical["bare commit"]
    return figures


def _steps(store: PostgresStore, bare: psycopg.Connection[tuple[object, ...]], number: int) -> dict[str, Callable[[], object]]:
    """The works of one round, in their order, by name."""
    code = f"H05.19-260302-{number:06}"
    call = a_call(f"{code}/1", code, inputs={"amount": 20_000})

    def commit_bare() -> None:
        bare.execute("INSERT INTO bare VALUES (%s, %s)", (number, "x" * 200))
        bare.commit()

    def open_dossier() -> None:
        with store.transaction() as transaction:
            transaction.next_number("H05.19", MONDAY.date())
            events = a_chain(code, content=CONTENT)
            transaction.save(an_opening(code, state=STATE, events=events, tasks_opened=(a_task(f"{code}/a", code),)))

    def complete_task() -> None:
        closed = TaskClosed(f"{code}/a", MONDAY, "completed", "lan")
        _command(store, code, tasks_closed=(closed,), tasks_opened=(a_task(f"{code}/b", code),))

    def ask_service() -> None:
        _command(store, code, tasks_closed=(TaskClosed(f"{code}/b", MONDAY, "completed", "lan"),), calls=(call,))

    def lease() -> None:
        assert store.lease_call(call.key, MONDAY, timedelta(minutes=1)) is not None

    def record_outcome() -> None:
        _command(store, code, calls=(replace(call, state=CallState.DONE, fence=1, attempts=1),))

    return {
        "bare commit": commit_bare,
        "open a dossier": open_dossier,
        "complete a task": complete_task,
        "complete a task and ask a service": ask_service,
        "lease a service call": lease,
        "record its outcome": record_outcome,
        "read a work list of 200": lambda: store.open_tasks(TaskFilter(authority_code="H05.19", tier="province", role="officer")),
    }


def _command(store: PostgresStore, code: str, **parts: Any) -> None:
    """One command: `parts` are those of a Change."""
    with store.transaction() as transaction:
        stored = transaction.lock(code)
        dossier = replace(stored.dossier, revision=stored.dossier.revision + 1)
        transaction.save(replace(Change(dossier, STATE, a_chain(code, after=stored.head, events=2)), **parts))
