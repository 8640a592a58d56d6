"""`motcua operator …`: what operators do by hand. Each act needs a reason, and is an event in the dossier's history."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from typing import Annotated, Any

import typer

from motcua.engine import migration, operators
from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Dossier
from motcua.engine.migration import Judgement, MigrationPlan
from motcua.engine.operators import Because
from motcua.errors import InvalidInput
from motcua.services.api.actors import read_actor
from motcua.services.api.shapes import CallGiven, DossierGiven
from motcua.services.app import App, open_app
from motcua.services.cli.dossier import read_entry_options
from motcua.services.settings import read_settings

commands = typer.Typer(no_args_is_help=True, help="What operators do by hand: incidents, corrections, suspension, migration.")

Code = Annotated[str, typer.Argument(metavar="DOSSIER", help="The dossier's code.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the dossier's history.")]
LegalBasis = Annotated[str | None, typer.Option(help="The provision that allows it, if there is one.")]
Actor = Annotated[str, typer.Option(help="Who acts. By default your user name on this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class MappingUnreadable(InvalidInput):
    """A --map option is not OLD=NEW, or maps a node twice."""


class VersionOfAnother(InvalidInput):
    """The version belongs to another procedure."""


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(commands, name="operator")


@commands.command("incidents")
def incidents(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List service calls whose attempts are used up, the oldest first.

    Example: motcua operator incidents
    """
    with open_app(read_settings()) as app:
        found = app.store.incidents(limit)
    if as_json:
        _print_json([CallGiven.model_validate(call).model_dump(mode="json") for call in found])
        return
    for call in found:
        typer.echo(f"{call.key}\n    {call.dossier_code}  {call.operation}  {call.attempts} attempts  {call.error}")
    if not found:
        typer.echo("No incident.")


@commands.command("retry")
def retry(
    key: Annotated[str, typer.Argument(help="The call's key, as `motcua operator incidents` shows it.")],
    dossier: Annotated[str, typer.Option(help="The dossier's code.")],
    reason: Reason,
    legal_basis: LegalBasis = None,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Have an incident tried again, with fresh attempts.

    Example: motcua operator retry H05.21-260302-0001/status/3 --dossier H05.21-260302-0001 --reason "the portal is back"
    """
    with open_app(read_settings()) as app:
        app.runner.retry(key, dossier, _actor(actor), Because(reason, legal_basis))
    if as_json:
        _print_json({"key": key, "dossier_code": dossier, "state": "queued"})
    else:
        typer.echo(f"{key} is tried again.")


@commands.command("stuck")
def stuck(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Look at so many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Let everything fire that is due, and list the dossiers whose timers cannot, with what stands in the way.

    Exit status 0 only if there are none.

    Example: motcua operator stuck
    """
    with open_app(read_settings()) as app:
        found = operators.stuck(app.engine, limit)
    if as_json:
        _print_json([{"dossier_code": each.dossier_code, "since": each.since.isoformat(), "why": each.why} for each in found])
    for each in found if not as_json else ():
        typer.echo(f"{each.dossier_code}  since {each.since.astimezone(VIETNAM):%Y-%m-%d %H:%M}  {each.why}")
    if found:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("No dossier is stuck.")


@commands.command("tokens")
def tokens(code: Code, as_json: AsJson = False) -> None:
    """List where a dossier waits: what `move` can take.

    Example: motcua operator tokens H05.21-260302-0001
    """
    with open_app(read_settings()) as app:
        found = operators.places(app.engine, code)
    if as_json:
        _print_json(
            [
                {
                    "id": token.id,
                    "node_id": token.node.id,
                    "name": token.node.name,
                    "process": token.process,
                    "waits_for": token.wait.value,
                    "at": token.at.isoformat(),
                }
                for token in found
            ]
        )
        return
    for token in found:
        since = f"{token.at.astimezone(VIETNAM):%Y-%m-%d %H:%M}"
        typer.echo(f"{token.id}  {token.process}  {token.node.id} ({token.node.name})  {token.wait.value} since {since}")


@commands.command("correct")
def correct(
    code: Code,
    reason: Reason,
    entry: Annotated[list[str], typer.Option("--entry", "-e", metavar="NAME=VALUE", help="A variable; repeat it for each.")],
    legal_basis: LegalBasis = None,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Put right what was entered or computed; only names that the model declares.

    Example: motcua operator correct H05.21-260302-0001 -e child_name="Trần Bảo Anh" --reason "misread on the paper"
    """
    with open_app(read_settings()) as app:
        entries = _typed(app, code, entry)
        dossier = operators.correct_data(app.engine, code, entries, _actor(actor), Because(reason, legal_basis))
    _tell(dossier, f"Corrected in {code}: {', '.join(sorted(entries))}.", as_json)


@commands.command("move")
def move(
    code: Code,
    token: Annotated[str, typer.Argument(help="The token's id, as `motcua operator tokens` shows it.")],
    to: Annotated[str, typer.Argument(help="The id of a node of the same process or sub-process.")],
    reason: Reason,
    legal_basis: LegalBasis = None,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Cancel a waiting token and place one elsewhere in the same process, where that breaks no parallel block.

    Example: motcua operator move H05.21-260302-0001 4f2c… appraise --reason "approved by mistake"
    """
    with open_app(read_settings()) as app:
        dossier = operators.move_token(app.engine, code, token, to, _actor(actor), Because(reason, legal_basis))
    _tell(dossier, f"Moved. {code} is now {dossier.status.value}.", as_json)


@commands.command("suspend")
def suspend(code: Code, reason: Reason, legal_basis: LegalBasis = None, actor: Actor = "", as_json: AsJson = False) -> None:
    """Stop a dossier for a technical reason. Both clocks run on; timers and calls are held; no task can be completed.

    Example: motcua operator suspend H05.21-260302-0001 --reason "filed twice, being cleared up"
    """
    with open_app(read_settings()) as app:
        dossier = operators.suspend(app.engine, code, _actor(actor), Because(reason, legal_basis))
    _tell(dossier, f"{code} is suspended.", as_json)


@commands.command("resume")
def resume(code: Code, reason: Reason, legal_basis: LegalBasis = None, actor: Actor = "", as_json: AsJson = False) -> None:
    """End a suspension; what fell due meanwhile happens now.

    Example: motcua operator resume H05.21-260302-0001 --reason "cleared up"
    """
    with open_app(read_settings()) as app:
        dossier = operators.resume(app.engine, code, _actor(actor), Because(reason, legal_basis))
    _tell(dossier, f"{code} goes on; it is {dossier.status.value}.", as_json)


@commands.command("migrate")
def migrate(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The procedure's code, such as 1.001193.")],
    from_version: Annotated[str, typer.Option("--from", help="The version that the dossiers run on.")],
    to_version: Annotated[str, typer.Option("--to", help="The version that they are to run on.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="OLD=NEW", help="A node that is called otherwise; equal ids need none.")
    ] = None,
    reason: Reason = "",
    legal_basis: LegalBasis = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and say which dossiers cannot be moved and why.")] = False,
    leave_refused: Annotated[bool, typer.Option("--leave-refused", help="Move the others, and leave those that cannot.")] = False,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Move the open dossiers of a procedure from one published version to another. Nothing moves before all is validated.

    Exit status 0 only if every dossier was moved (or, with --dry-run, can be).

    Example: motcua operator migrate 1.001193 --from 41c0… --to 9be2… --map review=head_review --dry-run
    """
    plan = MigrationPlan(from_version, to_version, _mapping(mapping))
    with open_app(read_settings()) as app:
        _check_procedure(app, code, plan)
        migration.check_plan(app.engine, plan)
        found = migration.candidates(app.engine, plan)
        with _progress(len(found), shown=not as_json and sys.stderr.isatty()) as told:
            if dry_run:
                judged = []
                for judgement in migration.check(app.engine, plan, found):
                    judged.append(judgement)
                    told(judgement)
            else:
                judged = migration.migrate(
                    app.engine,
                    plan,
                    found,
                    _actor(actor),
                    Because(reason, legal_basis),
                    leave_refused=leave_refused,
                    progress=told,
                )
    _report(plan, judged, dry_run=dry_run, as_json=as_json)


def _report(plan: MigrationPlan, judged: list[Judgement], *, dry_run: bool, as_json: bool) -> None:
    refused = [each for each in judged if each.reasons]
    if as_json:
        _print_json(
            {
                "from": plan.from_version,
                "to": plan.to_version,
                "dry_run": dry_run,
                "moved": [] if dry_run else [each.dossier_code for each in judged if not each.reasons],
                "movable": [each.dossier_code for each in judged if not each.reasons] if dry_run else [],
                "refused": {each.dossier_code: list(each.reasons) for each in refused},
                "losses": {each.dossier_code: list(each.losses) for each in judged if each.losses},
            }
        )
    else:
        for each in judged:
            for line in (*each.reasons, *each.losses):
                typer.echo(f"{each.dossier_code}: {line}")
        typer.echo(f"{len(judged) - len(refused)} of {len(judged)} dossiers {'can be moved' if dry_run else 'were moved'}.")
    if refused:
        raise typer.Exit(1)


def _check_procedure(app: App, code: str, plan: MigrationPlan) -> None:
    found = app.engine.procedures.get(plan.from_version).procedure.code
    if found != code:
        raise VersionOfAnother(
            f"The version {plan.from_version[:12]} is of procedure {found}, not of {code}. Name the procedure that it belongs to.",
            code=code,
            version=plan.from_version,
        )


def _mapping(options: list[str] | None) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for option in options or ():
        old, equals, new = option.partition("=")
        if not (old and equals and new) or old in renamed:
            raise MappingUnreadable(
                f'"{option}" is no mapping, or maps a node twice. Write OLD=NEW, once for each node.', option=option
            )
        renamed[old] = new
    return renamed


def _typed(app: App, code: str, options: list[str]) -> dict[str, Any]:
    """The entries; true and false are booleans where the variable is one, and an empty value empties an optional one."""
    known = operators.correctable_of(app.engine, code)
    return read_entry_options(options, {name: str(field.type) for name, field in known.items()})


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[Judgement], None]]:
    """A bar that moves with each dossier, on standard error."""
    if not shown:
        yield lambda judgement: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Dossiers", total=total)
        yield lambda judgement: bar.advance(task)


def _actor(given: str) -> str:
    return read_actor(given or getuser())


def _tell(dossier: Dossier, words: str, as_json: bool) -> None:
    if as_json:
        _print_json(DossierGiven.model_validate(dossier).model_dump(mode="json"))
    else:
        typer.echo(words)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
