"""The command `motcua`. Every sub-command lives in a module of its own and registers itself here.

Errors that motcua raises on purpose end here: one sentence on standard error (or a problem document with --json), and their
exit status. Anything else is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

import json
import sys

import typer

from motcua import __version__
from motcua.errors import MotcuaError
from motcua.services.cli import catalog, counterparts, deadline, demo, dossier, model, serve

app = typer.Typer(
    name="motcua",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Administrative procedures as BPMN, run for every dossier. For example: motcua demo --dossiers 30",
)

for module in (demo, serve, catalog, model, deadline, dossier, counterparts):
    module.register(app)


@app.command()
def version() -> None:
    """Print the version. For example: motcua version"""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; a MotcuaError becomes one sentence and its exit status."""
    try:
        app()
    except MotcuaError as error:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps(error.as_problem(), ensure_ascii=False) + "\n")
        sys.stderr.write(f"motcua: {error}\n")
        raise SystemExit(error.exit_status) from error
