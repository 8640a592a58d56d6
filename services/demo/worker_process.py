"""A worker in a process of its own, on the demonstration's clock: as in production, and on the machine's other processor."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

from motcua.services.demo.shared_clock import SharedClock
from motcua.services.settings import Settings

START_SECONDS = 30
STOP_SECONDS = 30


@contextmanager
def worker_process(settings: Settings, clock_file: Path) -> Iterator[Callable[[], object]]:
    """A worker while the block runs; it finishes what it is doing, and also ends when this process dies.

    Gives a function that waits until the worker is loaded, so that others can get ready beside it.
    """
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    process = context.Process(target=_work, args=(settings, clock_file, ready, stop), name="motcua-worker", daemon=True)
    process.start()
    try:
        yield partial(ready.wait, START_SECONDS)
    finally:
        stop.set()
        process.join(STOP_SECONDS)
        process.kill()


def _work(settings: Settings, clock_file: Path, ready: Event, stop: Event) -> None:
    from motcua.services.app import open_app
    from motcua.services.worker import work

    stopping = threading.Event()
    threading.Thread(target=_end_with_parent, args=(stop, stopping), daemon=True).start()
    with open_app(settings, SharedClock(clock_file)) as app:
        ready.set()
        work(app, stopping)


def _end_with_parent(stop: Event, stopping: threading.Event) -> None:
    parent = multiprocessing.parent_process()
    while not stop.wait(0.5):
        if parent is None or not parent.is_alive():
            break
    stopping.set()
