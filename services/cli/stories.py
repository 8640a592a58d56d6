"""What `motcua demo` prints for people: for each dossier what happened, when it was due and why, then the sums."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import typer

from motcua.engine.deadlines import explain
from motcua.engine.dossier import Dossier
from motcua.engine.event_log import Event
from motcua.services.app import App, open_app
from motcua.services.demo.director import Story
from motcua.services.demo.report import Report
from motcua.services.demo.run import Stage

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def tell_stories(staged: Stage, stories: Sequence[Story], found: Report) -> None:
    """Print every story and the sums."""
    with open_app(staged.settings, staged.clock) as app:
        for story in stories:
            _tell(app, story)
    typer.echo("\nTogether")
    for name, value in found.counts.items():
        if name not in ("by_procedure", "scenarios", "problems"):
            typer.echo(f"  {name}: {value}")
    for problem in found.problems:
        typer.echo(f"  PROBLEM  {problem}", err=True)


def _tell(app: App, story: Story) -> None:
    dossier = app.store.dossier(story.code)
    procedure = app.catalog.procedure(story.procedure)
    typer.echo(f"\n{dossier.code}  {procedure.code} {procedure.name[:70]}  [{story.scenario.name}]")
    typer.echo(f"  {_course(dossier, app.store.events(dossier.code))}")
    typer.echo(f"  {due_line(app, dossier)}")


def _course(dossier: Dossier, events: Sequence[Event]) -> str:
    steps = [
        f"{event.facts['status']} {event.at.astimezone(LOCAL):%d/%m %H:%M}" for event in events if event.kind == "status_changed"
    ]
    return " → ".join(steps) + f"; {dossier.ending.value if dossier.ending else 'open'}"


def due_line(app: App, dossier: Dossier) -> str:
    """When the dossier was due and why, when it ended, and whether that was in time."""
    if dossier.received_at is None:
        return "Never received, so nothing was due."
    moment = app.engine.due_of(dossier)
    if moment is None:
        return f"No due date: {dossier.limit_unknown_because}"
    punctual = {True: "on time", False: "LATE", None: "open"}[dossier.on_time]
    ended = f"{dossier.ended_at.astimezone(LOCAL):%d/%m/%Y %H:%M}" if dossier.ended_at else "not yet"
    return f"{explain(moment, 'en')} Ended {ended}: {punctual}."
