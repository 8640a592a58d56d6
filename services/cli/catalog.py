"""`motcua catalog`: which procedures there are, and what is known of each."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.procedure import Procedure


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(name="catalog", no_args_is_help=True, help="The catalogue of procedures. For example: motcua catalog list")
    group.command("list")(list_procedures)
    group.command("show")(show)
    app.add_typer(group)


def list_procedures(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False) -> None:
    """List the procedures with their limits.

    Example: motcua catalog list --json
    """
    procedures = [load_catalog().procedure(code) for code in load_catalog().codes()]
    if as_json:
        typer.echo(json.dumps([_plain(p) for p in procedures], ensure_ascii=False, indent=2))
        return
    for p in procedures:
        typer.echo(f"{p.code}  {_limit(p):42}  {p.field_name}: {p.name[:80]}")


def show(
    code: Annotated[str, typer.Argument(help="The national code, such as 1.000828.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Show what is known of one procedure, with the source of each figure.

    Example: motcua catalog show 1.000828
    """
    procedure = load_catalog().procedure(code)
    if as_json:
        typer.echo(json.dumps(_plain(procedure), ensure_ascii=False, indent=2))
        return
    for name, value in _plain(procedure).items():
        typer.echo(f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value}")


def _limit(procedure: Procedure) -> str:
    texts = " / ".join(limit.text for limit in procedure.limits)
    return f"{texts} ({procedure.limit_state.value})" if texts else procedure.limit_state.value


def _plain(procedure: Procedure) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(procedure), default=str))
    return plain
