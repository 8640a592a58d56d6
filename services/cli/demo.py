"""`motcua demo`: real dossiers of ten real procedures, from filing to their end, on a throw-away database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer

from motcua.services.cli.console import wait_for_stop
from motcua.services.cli.stories import tell_stories
from motcua.services.demo.run import free_port, play, running_app, stage
from motcua.services.settings import Settings, read_settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    dossiers: Annotated[int, typer.Option(min=1, max=400, help="How many dossiers; any thirty in a row meet every scenario.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the counts, and nothing else.")] = False,
    and_serve: Annotated[bool, typer.Option("--serve", help="Afterwards serve the API and the pages with these dossiers.")] = False,
) -> None:
    """Carry dossiers through everything: forms, fees, signatures, portal, supplements, refusals, outages, apologies.

    The time is simulated; the database, the queue, the signatures, the HTTP exchanges are real. Exit status 0 only if every
    dossier ended as it should.

    Example: motcua demo --dossiers 30 --json
    """
    settings = _settings(read_settings(), fixed_port=and_serve)
    with stage(settings) as staged:
        with _progress(dossiers, shown=not as_json and sys.stderr.isatty()) as progress:
            found, stories = play(staged, dossiers, progress)
        if as_json:
            typer.echo(json.dumps(found.counts, ensure_ascii=False, indent=2))
        else:
            tell_stories(staged, stories, found)
        if and_serve:
            staged.clock.let_run()
            with running_app(staged):
                typer.echo(f"\nThe API and the pages are at {settings.public_url} (API: {settings.public_url}/api/docs).")
                typer.echo("The dossiers above are there; the clock goes on from where it stood. Stop with Ctrl+C.")
                wait_for_stop()
    if found.problems:
        raise typer.Exit(1)


def _settings(settings: Settings, *, fixed_port: bool) -> Settings:
    """Served afterwards, the port is the one that people know; else any free one."""
    if fixed_port:
        return settings
    port = free_port(settings.host)
    return replace(settings, port=port, public_url=f"http://{settings.host}:{port}")


@contextmanager
def _progress(dossiers: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    if not shown:
        yield lambda closed: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("Dossiers closed", total=dossiers)
        yield lambda closed: bar.update(line, completed=closed)
