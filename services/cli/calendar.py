"""`motcua calendar`: the working calendar of an authority, the check of an administrator's tables, and what a change moves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.calendars import calendars_of, changing, load_calendars, load_calendars_before, read_folder, tables_folder
from motcua.services.settings import read_settings

if TYPE_CHECKING:
    from motcua.engine.calendars import OfficeWeek
    from motcua.engine.dossier import Dossier
    from motcua.engine.recomputation import DueChange

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Working calendars. For example: motcua calendar show H05.21 --year 2026")
    group.command("show")(show)
    group.command("check")(check)
    group.command("apply")(apply)
    app.add_typer(group, name="calendar")


def show(
    authority: Annotated[str | None, typer.Argument(help="Code of the authority; without it, the whole country.")] = None,
    year: Annotated[int | None, typer.Option(help="One year only; without it, every confirmed year.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show office hours, special days and how sure they are.

    Example: motcua calendar show H05.21 --year 2026
    """
    calendars = load_calendars(read_settings().data_dir, load_catalog().authorities)
    calendar = calendars.calendar_for(authority) if authority else calendars.for_the_country()
    years = sorted(calendar.confirmed_years) if year is None else [year]
    calendar.day(date(years[0], 1, 1))
    days = [(on, reason) for on, reason in sorted(calendar.special.items()) if on.year in years]
    weeks = [{"from": None if week.from_on == date.min else week.from_on, "week": _week(week)} for week in calendar.weeks]
    if as_json:
        document = {
            "authority": authority,
            "confirmed_years": {each: calendars.tables.confirmed_years[each] for each in sorted(calendar.confirmed_years)},
            "known_until": calendar.last_year,
            "weeks": weeks,
            "days": [{"date": on, **asdict(reason)} for on, reason in days],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        return
    for week in weeks:
        typer.echo(f"Office hours {'from ' + str(week['from']) if week['from'] else 'at first'}: {week['week']}")
    for each in years:
        state = "confirmed" if calendar.is_confirmed(each) else "provisional: its announcements are not in the tables"
        typer.echo(f"{each}: {state}")
    for on, reason in days:
        weekday = _WEEKDAYS[on.weekday()]
        typer.echo(f"{on}  {weekday}  {reason.kind.value:15}  {reason.confidence.value:9}  {reason.name}  [{reason.source}]")


def check(
    folder: Annotated[Path | None, typer.Argument(help="A folder with tables; without it, those in the data folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check calendar tables: every row is read, and every authority's calendar is made of them.

    Example: motcua calendar check ./calendar-2027
    """
    authorities = load_catalog().authorities
    tables = read_folder(folder or tables_folder(read_settings().data_dir), authorities)
    calendars = calendars_of(tables, authorities)
    for code in authorities:
        calendars.calendar_for(code)
    counts = {
        "special_days": len(tables.special_days),
        "confirmed_years": len(tables.confirmed_years),
        "office_hours": len(tables.office_hours),
    }
    typer.echo(json.dumps(counts) if as_json else "The tables hold: " + ", ".join(f"{name} {n}" for name, n in counts.items()))


def apply(
    folder: Annotated[Path, typer.Argument(help="The folder with the new tables: it takes the place of all earlier ones.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put new tables in place and count every open dossier anew; each date that moves is reported, and written to its history.

    Processes that run already keep the old calendar until they are started again: stop them first.

    Example: motcua calendar apply ./calendar-2027 --dry-run
    """
    from motcua.engine import recomputation
    from motcua.engine.deadlines import Policy
    from motcua.services.app import open_app

    settings, authorities = read_settings(), load_catalog().authorities
    new = calendars_of(read_folder(folder, authorities), authorities)
    for code in authorities:
        new.calendar_for(code)
    old = load_calendars_before(settings.data_dir, authorities)
    with nullcontext() if dry_run else changing(folder, settings.data_dir), open_app(settings) as app:

        def policy_of(dossier: Dossier) -> Policy:
            return app.engine.procedures.get(dossier.version_id).policy

        dossiers = recomputation.running(app.store)
        if dry_run:
            changes: Iterable[DueChange] = recomputation.recompute(dossiers, old.calendar_for, new.calendar_for, policy_of)
        else:
            batches = recomputation.apply(app.engine, (each.code for each in dossiers), old.calendar_for, policy_of)
            changes = (change for batch in batches for change in batch)
        found = [_reported(change, as_json) for change in changes]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo(f"{len(found)} due dates {'would move' if dry_run else 'moved'}.")


def _reported(change: DueChange, as_json: bool) -> dict[str, object]:
    if not as_json:
        moved = f"{change.old_due_on} → {change.new_due_on}"
        typer.echo(f"{change.dossier_code}  {moved}{'  provisional' if change.provisional else ''}  {change.cause}")
    return asdict(change)


def _week(office: OfficeWeek) -> str:
    days = []
    for name, sessions in zip(_WEEKDAYS, office.week, strict=True):
        if sessions:
            days.append(f"{name} " + " ".join(f"{each.start:%H:%M}-{each.end:%H:%M}" for each in sessions))
    return ", ".join(days)
