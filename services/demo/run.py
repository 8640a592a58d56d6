"""Sets the stage of the demonstration: counterparts, API server and worker around a throw-away database, then plays it."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from motcua.engine.clock import Clock, ManualClock
from motcua.services.app import App, open_app
from motcua.services.counterparts.national_portal import national_portal
from motcua.services.counterparts.payment_gateway import payment_gateway
from motcua.services.counterparts.running import RunningServer, serve
from motcua.services.demo.director import Director, Story
from motcua.services.demo.report import Report, report
from motcua.services.demo.scenarios import cast_of
from motcua.services.settings import Settings
from motcua.services.storage.throwaway import throwaway_database
from motcua.services.web.site import create_site
from motcua.services.worker import work

FIRST_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 08:00 local time


@dataclass(frozen=True)
class Stage:
    """Everything that stands while the demonstration plays. The counterparts and the database outlive one App on it."""

    settings: Settings
    gateway: RunningServer
    portal: RunningServer


@contextmanager
def stage(settings: Settings, clock: Clock) -> Iterator[Stage]:
    """A throw-away database and folder, and the counterparts. Everything is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motcua-demo-")))
        portal = serve(national_portal())
        stack.callback(portal.stop)
        gateway = serve(payment_gateway(clock=clock, retry_seconds=0.2))
        stack.callback(gateway.stop)
        url = stack.enter_context(throwaway_database(settings.database_url))
        staged = replace(settings, database_url=url, data_dir=folder, portal_url=portal.base_url, gateway_url=gateway.base_url)
        yield Stage(staged, gateway, portal)


@contextmanager
def running_app(settings: Settings, clock: Clock) -> Iterator[tuple[App, Callable[[], int]]]:
    """The API server and a worker over an App. Also gives how many service calls are being made at this moment."""
    with open_app(settings, clock) as app:
        app.publish_catalog()
        counting = Counting(app)
        server = serve(create_site(app), settings.host, settings.port)
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(counting.app, stop), name="motcua-worker", daemon=True)
        worker.start()
        try:
            yield app, counting.busy
        finally:
            stop.set()
            worker.join(30)
            server.stop()


class Counting:
    """Counts the service calls that are being made, so that the director knows when the workers rest."""

    def __init__(self, app: App) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._run = app.runner.run
        app.runner.run = self._counted  # type: ignore[method-assign]
        self.app = app

    def _counted(self, key: str) -> int:
        with self._lock:
            self._running += 1
        try:
            return self._run(key)
        finally:
            with self._lock:
                self._running -= 1

    def busy(self) -> int:
        with self._lock:
            return self._running


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def play(staged: Stage, clock: ManualClock, dossiers: int, progress: Callable[[int], None]) -> tuple[Report, list[Story]]:
    """Carry that many dossiers to their ends, and hold each against how it had to end."""
    stories = [Story(number, procedure, scenario) for number, (procedure, scenario) in enumerate(cast_of(dossiers))]
    with running_app(staged.settings, clock) as (app, busy):
        director = Director(app, clock, staged.settings.public_url, staged.gateway.base_url, staged.portal.base_url, busy)
        try:
            started = time.monotonic()
            director.play(stories, progress)
            seconds = time.monotonic() - started
            portal, gateway = director.portal.get("/_state").json(), director.gateway.get("/_state").json()
        finally:
            director.close()
        return report(app, stories, portal, gateway, director.tasks_completed, seconds), stories
