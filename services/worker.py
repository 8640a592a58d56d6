"""A worker: makes service calls as the queue wakes it, and looks every tick for what fell due without a job.

queue ──key──► CallRunner.run
tick  ──────► dossiers whose timers are due, calls to be tried again, calls whose worker died

A call whose worker died is taken over when its lease is over, at the next tick. An embedded database that was killed is started
again by the tick, for every process that uses it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from motcua.errors import MotcuaError
from motcua.services.app import App
from motcua.services.storage.database import DatabaseUnreachable, translated
from motcua.services.storage.embedded import start_embedded
from motcua.services.storage.queue import HEARTBEAT, enqueue, prune_queue, run_worker

log = logging.getLogger("motcua.worker")

TICKS_BETWEEN_PRUNINGS = 3600


def work(app: App, stop: threading.Event) -> None:
    """Work until `stop` is set, then drain. Several workers on one database share the work.

    Raises the error of the calendar tables before anything is done, where they cannot be used.
    """
    app.check_calendars()
    ticker = threading.Thread(target=_tick_until, args=(app, stop), name="motcua-tick", daemon=True)
    ticker.start()
    # The queue holds a dead worker's job until a heartbeat is missed. Longer than the lease, and it would hold up the call.
    heartbeat = min(HEARTBEAT, timedelta(seconds=app.settings.lease_seconds))
    threads = app.settings.worker_threads
    run_worker(app.database_url, guarded(app.runner.run), stop, threads=threads, heartbeat=heartbeat, poll=heartbeat / 2)
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
        except Exception:  # a fault of ours; the log tells it in full
            log.exception("%s failed unexpectedly", subject)

    return guard


def _tick_until(app: App, stop: threading.Event) -> None:
    """Nothing ends the ticking but `stop`: without it no timer fires, and no call is tried again."""
    ticks = 0
    while not stop.wait(app.settings.tick_seconds):
        try:
            tick(app)
            ticks += 1
            if ticks % TICKS_BETWEEN_PRUNINGS == 0:
                prune_queue(app.database)
        except DatabaseUnreachable as error:
            log.warning("tick: %s", error)
            if app.settings.database_url is None:
                guarded(_start_again)(str(app.settings.data_dir))
        except MotcuaError as error:
            log.warning("tick: %s", error)
        except Exception:
            log.exception("tick failed unexpectedly")


def _start_again(data_dir: str) -> None:
    """An embedded database that was killed has nobody else who starts it; one at an address is not ours to start."""
    # Leaving at once does not stop it again, because this process is its user already.
    start_embedded(Path(data_dir)).stop()
