"""A worker: makes service calls as the queue wakes it, and looks every tick for what fell due without a job.

queue ──key──► CallRunner.run
tick  ──────► dossiers whose timers are due, calls to be tried again, calls whose worker died
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from motcua.errors import MotcuaError
from motcua.services.app import App
from motcua.services.storage.database import translated
from motcua.services.storage.queue import enqueue, prune_queue, run_worker

log = logging.getLogger("motcua.worker")

TICKS_BETWEEN_PRUNINGS = 3600


def work(app: App, stop: threading.Event) -> None:
    """Work until `stop` is set, then drain. Several workers on one database share the work."""
    ticker = threading.Thread(target=_tick_until, args=(app, stop), name="motcua-tick", daemon=True)
    ticker.start()
    run_worker(app.database_url, guarded(app.runner.run), stop, threads=app.settings.worker_threads)
    stop.set()
    ticker.join()


def tick(app: App) -> int:
    """Fire due timers, and wake workers for calls that are to be made now. Returns how much was found."""
    now = app.clock.now()
    codes = app.store.due_dossiers(now)
    for code in codes:
        guarded(app.engine.advance_time)(code)
    keys = app.store.ready_calls(now)
    if keys:
        with translated(app.database), app.database.begin() as connection:
            enqueue(connection, keys)
    return len(codes) + len(keys)


def guarded(act: Callable[[str], object]) -> Callable[[str], None]:
    """One bad dossier must not stop the others: what goes wrong is logged, and found again at a later tick."""

    def guard(subject: str) -> None:
        try:
            act(subject)
        except MotcuaError as error:
            log.warning("%s: %s", subject, error)

    return guard


def _tick_until(app: App, stop: threading.Event) -> None:
    ticks = 0
    while not stop.wait(app.settings.tick_seconds):
        try:
            tick(app)
            ticks += 1
            if ticks % TICKS_BETWEEN_PRUNINGS == 0:
                prune_queue(app.database)
        except MotcuaError as error:
            log.warning("tick: %s", error)
