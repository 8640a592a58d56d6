"""SQL statements and time of the engine's commands over PostgreSQL, beside the same commands over the store in memory.

Embedded server with every safety on (fsync, synchronous commit). One dossier of a lawyer's certificate a round, from filing to a
supplement. `tests/services/test_statements.py` holds the statements to a bound.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from time import perf_counter

from motcua.engine.clock import SystemClock
from motcua.services.storage.database import StatementCount, count_statements, open_engine
from motcua.services.storage.embedded import start_embedded
from motcua.services.storage.migrations import migrate
from motcua.services.storage.postgres_store import PostgresStore
from tests.office import Office

ROUNDS = 25
PROCEDURE = "1.000828"

Step = tuple[str, Callable[[], object]]


def steps(office: Office) -> Iterator[Step]:
    """The commands of one round, in their order, each with what it does. What stands between them is not measured."""
    codes: list[str] = []
    yield "open a dossier", lambda: codes.append(office.engine.open(office.application(PROCEDURE)).code)
    (code,) = codes
    (call,) = office.store.ready_calls(office.clock.now())
    yield "make a service call (lease, outcome)", lambda: office.runner.run(call)
    desk = office.tasks(code)["check_completeness"]
    yield "complete a task", lambda: office.engine.complete_task(desk.id, {"completeness": "accept"}, "desk")
    office.serve()
    office.pay(code)
    office.do(code, "assign_officer")
    office.do(code, "appraise", decision="supplement", missing="x")
    yield "deliver a message", lambda: office.engine.deliver_message(code, "supplement_received", {}, "m-1", "citizen")
    office.serve()
    office.clock.move_to(office.dossier(code).wake_at or office.clock.now())
    yield "fire a due timer", lambda: office.engine.advance_time(code)
    office.serve()


def run() -> dict[str, float | str]:
    """Statements, milliseconds (median), and how many times the milliseconds of the same command in memory."""
    with tempfile.TemporaryDirectory(prefix="motcua-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start_embedded(Path(folder))
        try:
            engine = open_engine(server.url)
            migrate(engine)
            stored, statements = measured(lambda: Office(PostgresStore(engine, SystemClock())), lambda: count_statements(engine))
            engine.dispose()
        finally:
            server.stop()
    memory, _ = measured(Office, None)
    figures: dict[str, float | str] = {}
    for name, milliseconds in stored.items():
        figures[f"SQL statements, {name}"] = float(statements[name])
        figures[f"ms, {name}"] = milliseconds
        figures[f"× in memory, {name}"] = milliseconds / memory[name]
    return figures


def measured(
    new_office: Callable[[], Office], counting: Callable[[], AbstractContextManager[StatementCount]] | None
) -> tuple[dict[str, float], dict[str, int]]:
    """Median milliseconds of each command, and its statements where there is a database to count them."""
    office = new_office()
    office.publish(PROCEDURE)
    taken: dict[str, list[float]] = {}
    statements: dict[str, int] = {}
    for number in range(ROUNDS):
        for name, step in steps(office):
            started = perf_counter()
            if number == 1 and counting is not None:
                with counting() as counted:
                    step()
                statements[name] = counted.statements
            else:
                step()
            if number > 1:
                taken.setdefault(name, []).append((perf_counter() - started) * 1000)
    return {name: median(each) for name, each in taken.items()}, statements
