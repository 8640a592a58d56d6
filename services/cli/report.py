"""`motcua report …`: the tracking book, the periodic report and the control slip, as files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import Authority
from motcua.services.api.backend import Backend
from motcua.services.api.reports import report_given
from motcua.services.app import open_app
from motcua.services.connectors.documents import Letterhead, letterhead_from_catalog
from motcua.services.reports.book import tracking_book
from motcua.services.reports.control_slip import print_control_slip
from motcua.services.reports.formats import Format, writer
from motcua.services.reports.period import Period, period_of
from motcua.services.reports.periodic import periodic_report, periodic_sheet
from motcua.services.settings import read_settings

reports = typer.Typer(no_args_is_help=True, help="Make the tracking book, the periodic report and the control slip.")


class FormatUnclear(InvalidInput):
    """Neither --format nor the name of the file says what is wanted."""


class FileNotWritten(InvalidInput):
    """The file cannot be written where it is wanted."""


class Score(StrEnum):
    """What on time is judged against."""

    AS_LAW = "as_law"
    LAST_PROMISE = "last_promise"


AuthorityCode = Annotated[str, typer.Option("--authority", help="The code of the authority, such as H05.21.")]
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")]
Last = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day, included.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write; one that exists is replaced.")]
Wanted = Annotated[Format | None, typer.Option("--format", help="The file's format; by default the end of its name says it.")]
NoMark = Annotated[bool, typer.Option("--no-bom", help="CSV: leave out the mark that tells Excel the encoding.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(reports, name="report")


@reports.command("book")
def book(
    authority: AuthorityCode,
    first: First,
    last: Last,
    output: Output,
    wanted: Wanted = None,
    no_bom: NoMark = False,
    as_json: AsJson = False,
) -> None:
    """Write the tracking book: the dossiers that an authority received in a period.

    Example: motcua report book --authority H05.21 --from 2026-03-01 --until 2026-03-31 --output book.xlsx
    """
    write = writer(_format(wanted, output), byte_order_mark=not no_bom)
    with open_app(read_settings()) as app:
        sheet = tracking_book(app.store, *_about(app, authority, first, last))
        _write(output, lambda file: write(sheet, file))
    _tell_file(output, as_json)


@reports.command("period")
def period(
    authority: AuthorityCode,
    first: First,
    last: Last,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; without it the sums are printed.")
    ] = None,
    wanted: Wanted = None,
    score: Annotated[Score, typer.Option(help="What on time is judged against: the law, or the last promise.")] = Score.AS_LAW,
    no_bom: NoMark = False,
    as_json: AsJson = False,
) -> None:
    """Count what came in, was finished early, on time and late, and is in process. With --json, print the counts as JSON.

    Example: motcua report period --authority H05.21 --from 2026-03-01 --until 2026-03-31 --output march.pdf
    """
    write = None if output is None else writer(_format(wanted, output), byte_order_mark=not no_bom)
    with open_app(read_settings()) as app:
        of, letterhead, days = _about(app, authority, first, last)
        report = periodic_report(app.store, of, days, score.value)
    if output is not None and write is not None:
        _write(output, lambda file: write(periodic_sheet(report, letterhead), file))
    given = report_given(report)
    if as_json:
        typer.echo(json.dumps(given.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2))
    elif output is not None:
        _tell_file(output, as_json)
    else:
        typer.echo(f"{of.name}, {days.first} to {days.last}, on time judged {score.value}:")
        for name, number in given.total.model_dump().items():
            typer.echo(f"  {name.replace('_', ' '):<24}{number:>9,}")


@reports.command("control-slip")
def control_slip(
    dossier: Annotated[str, typer.Argument(metavar="DOSSIER", help="The dossier's code.")], output: Output, as_json: AsJson = False
) -> None:
    """Print the control slip of a dossier as PDF: every handover, and whether the stage was in time.

    Example: motcua report control-slip H05.21-260302-0001 --output slip.pdf
    """
    with open_app(read_settings()) as app:
        slip = print_control_slip(app.store, app.catalog, app.engine.calendar_for, dossier)

    def write(file: BinaryIO) -> None:
        file.write(slip.content)

    _write(output, write)
    _tell_file(output, as_json)


def _about(app: Backend, authority: str, first: datetime, last: datetime) -> tuple[Authority, Letterhead, Period]:
    of = app.catalog.authority(authority)
    days = period_of(first.date(), last.date(), app.engine.calendar_for(of.code), app.clock.now())
    return of, letterhead_from_catalog(app.catalog, of.code), days


def _format(wanted: Format | None, output: Path) -> Format:
    if wanted is not None:
        return wanted
    try:
        return Format(output.suffix.lower().lstrip("."))
    except ValueError as cause:
        raise FormatUnclear(
            f'The name "{output.name}" does not say the format. End it in .xlsx, .csv or .pdf, or give --format.',
            output=str(output),
        ) from cause


def _write(output: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write the file whole or not at all."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            write(file)
        os.replace(unfinished, output)
    except OSError as cause:
        raise FileNotWritten(f"{output} cannot be written: {cause.strerror}. Choose another place.", output=str(output)) from cause
    finally:
        unfinished.unlink(missing_ok=True)


def _tell_file(output: Path, as_json: bool) -> None:
    content = output.read_bytes()
    if as_json:
        told = {"output": str(output), "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"Wrote {output} ({len(content):,} bytes).")
