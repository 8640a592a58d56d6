"""`motcua serve` and `motcua worker`: the two processes of an installation. Any number of each share one database."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Annotated

import typer

from motcua.services.app import open_app
from motcua.services.cli.console import stop_event
from motcua.services.counterparts.running import serve as serve_app
from motcua.services.settings import read_settings
from motcua.services.web.site import create_site
from motcua.services.worker import work


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; by default MOTCUA_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; by default MOTCUA_PORT, else 8350.")] = None,
) -> None:
    """Serve the API and the pages, until stopped. Publishes the catalogue's procedures first.

    Example: motcua serve --port 8350
    """
    settings = read_settings()
    chosen = replace(settings, host=host or settings.host, port=port or settings.port)
    if settings.public_url == f"http://{settings.host}:{settings.port}":
        chosen = replace(chosen, public_url=f"http://{chosen.host}:{chosen.port}")
    stopping = stop_event()
    with open_app(chosen) as app:
        app.check_calendars()
        app.publish_catalog()
        server = serve_app(create_site(app), chosen.host, chosen.port)
        typer.echo(f"motcua serves at {server.base_url} (API: {server.base_url}/api/docs). Stop with Ctrl+C.")
        stopping.wait()
        server.stop()


def worker() -> None:
    """Make service calls and fire timers, until stopped; what is being done is finished first.

    Example: motcua worker
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settings = read_settings()
    stopping = stop_event()
    with open_app(settings) as app:
        typer.echo("motcua works. Stop with Ctrl+C.")
        work(app, stopping)
