"""A worker in a process of its own, on the demonstration's clock: as in production, and on the machine's other processor."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from motcua.services.demo.shared_clock import SharedClock
from motcua.services.settings import Settings

STOP_SECONDS = 30


@contextmanager
def worker_process(settings: Settings, clock_file: Path) -> Iterator[None]:
    """A worker while the block runs; it finishes what it is doing, and also ends when this process dies."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    process = context.Process(target=_work, args=(settings, clock_file, stop), name="motcua-worker", daemon=True)
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join(STOP_SECONDS)
        process.kill()


def _work(settings: Settings, clock_file: Path, stop: Event) -> None:
    from motcua.services.app import open_app
    from motcua.services.worker import work

    stopping = threading.Event()
    threading.Thread(target=_end_with_parent, args=(stop, stopping), daemon=True).start()
    with open_app(settings, SharedClock(clock_file)) as app:
        work(app, stopping)


def _end_with_parent(stop: Event, stopping: threading.Event) -> None:
    parent = multiprocessing.parent_process()
    while not stop.wait(0.5):
        if parent is None or not parent.is_alive():
            break
    stopping.set()
