"""Sets the stage of the demonstration: counterparts, API server and worker around a throw-away database, then plays it."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from motcua.services.app import App, open_app
from motcua.services.counterparts.national_portal import national_portal
from motcua.services.counterparts.payment_gateway import payment_gateway
from motcua.services.counterparts.running import RunningServer, serve
from motcua.services.demo.director import Director, Story
from motcua.services.demo.report import Report, report
from motcua.services.demo.scenarios import cast_of
from motcua.services.demo.shared_clock import SharedClock
from motcua.services.demo.worker_process import worker_process
from motcua.services.settings import Settings
from motcua.services.storage.throwaway import throwaway_database
from motcua.services.web.site import create_site

FIRST_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 08:00 local time


@dataclass(frozen=True)
class Stage:
    """Everything that stands while the demonstration plays. The counterparts and the database outlive one App on it."""

    settings: Settings
    clock: SharedClock
    clock_file: Path
    gateway: RunningServer
    portal: RunningServer


@contextmanager
def stage(settings: Settings) -> Iterator[Stage]:
    """A throw-away database and folder, a clock that stands, and the counterparts. Everything is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motcua-demo-")))
        clock_file = folder / "clock"
        clock = SharedClock.create(clock_file, FIRST_MORNING)
        portal = serve(national_portal())
        stack.callback(portal.stop)
        gateway = serve(payment_gateway(clock=clock, retry_seconds=0.2))
        stack.callback(gateway.stop)
        url = stack.enter_context(throwaway_database(settings.database_url))
        staged = replace(settings, database_url=url, data_dir=folder, portal_url=portal.base_url, gateway_url=gateway.base_url)
        yield Stage(staged, clock, clock_file, gateway, portal)


@contextmanager
def running_app(staged: Stage) -> Iterator[App]:
    """The API server over an App, and a worker in a process of its own."""
    settings = staged.settings
    with open_app(settings, staged.clock) as app, worker_process(settings, staged.clock_file) as wait_for_worker:
        app.publish_catalog()
        server = serve(create_site(app), settings.host, settings.port)
        try:
            wait_for_worker()
            yield app
        finally:
            server.stop()


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def play(staged: Stage, dossiers: int, progress: Callable[[int], None]) -> tuple[Report, list[Story]]:
    """Carry that many dossiers to their ends, and hold each against how it had to end."""
    stories = [Story(number, procedure, scenario) for number, (procedure, scenario) in enumerate(cast_of(dossiers))]
    with running_app(staged) as app:
        director = Director(app, staged.clock, staged.settings.public_url, staged.gateway.base_url, staged.portal.base_url)
        try:
            started = time.monotonic()
            director.play(stories, progress)
            seconds = time.monotonic() - started
            portal, gateway = director.portal.get("/_state").json(), director.gateway.get("/_state").json()
        finally:
            director.close()
        return report(app, stories, portal, gateway, director.tasks_completed, seconds), stories
