"""`motcua operator pass-on`: open dossiers of authorities that ended go to those that took over."""

from __future__ import annotations

import json
from dataclasses import asdict
from getpass import getuser
from typing import Annotated

import typer

from motcua.engine import successions
from motcua.engine.operators import Because
from motcua.services.api.actors import read_actor
from motcua.services.app import open_app
from motcua.services.settings import read_settings


def pass_on(
    reason: Annotated[str, typer.Option(help="Why; kept in each dossier's history.")],
    legal_basis: Annotated[str | None, typer.Option(help="The provision that allows it, if there is one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell which dossiers would go where.")] = False,
    actor: Annotated[str, typer.Option(help="Who acts. By default your user name on this machine.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Pass the open dossiers of authorities that ended to their named successors; each in a transaction of its own.

    Exit status 0 only if every such dossier went to somebody (or, with --dry-run, can).

    Example: motcua operator pass-on --reason "merged from 1 July 2025" --legal-basis "202/2025/QH15" --dry-run
    """
    because, who = Because(reason, legal_basis), read_actor(actor or getuser())
    with open_app(read_settings()) as app:
        authorities = app.catalog.authorities
        found = successions.passings(app.engine, authorities)
        if not dry_run:
            done = [successions.pass_on(app.engine, authorities, each.dossier_code, who, because) for each in found]
            found = [each for each in done if each is not None]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            where = f"→ {each.to_authority}" if each.to_authority else f"stays: {each.why_not}"
            typer.echo(f"{each.dossier_code}  {each.from_authority} {where}")
        passed = sum(each.to_authority is not None for each in found)
        typer.echo(f"{passed} of {len(found)} dossiers {'can go' if dry_run else 'went'} to a successor.")
    if any(each.to_authority is None for each in found):
        raise typer.Exit(1)
