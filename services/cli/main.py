"""The command `motcua`. Every command lives in a module of its own and registers itself; only the one that is asked for is loaded.

Errors that motcua raises on purpose end here: one sentence on standard error (or a problem document with --json), and their
exit status. Anything else is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import typer

from motcua import __version__
from motcua.errors import MotcuaError

# Command → the module that registers it. Loading all of them takes seconds, which nobody should wait for a version number.
MODULES: Mapping[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "worker": "serve",
    "catalog": "catalog",
    "model": "model",
    "deadline": "deadline",
    "calendar": "calendar",
    "dossier": "dossier",
    "verify": "dossier",
    "report": "report",
    "operator": "operator",
    "counterparts": "counterparts",
}


def command_line(arguments: Sequence[str]) -> typer.Typer:
    """The command line for these arguments: with the one command that they name, or with all of them."""
    app = typer.Typer(
        name="motcua",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Administrative procedures as BPMN, run for every dossier. For example: motcua demo --dossiers 30",
    )
    app.callback()(_nothing)
    app.command()(version)
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    if named != "version":
        for module in [MODULES[named]] if named in MODULES else dict.fromkeys(MODULES.values()):
            import_module(f"motcua.services.cli.{module}").register(app)
    return app


def _nothing() -> None:
    """Keeps `motcua COMMAND` a group of commands, also where only one of them is loaded."""


def version() -> None:
    """Print the version. For example: motcua version"""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; a MotcuaError becomes one sentence and its exit status."""
    try:
        command_line(sys.argv[1:])()
    except MotcuaError as error:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps(error.as_problem(), ensure_ascii=False) + "\n")
        sys.stderr.write(f"motcua: {error}\n")
        raise SystemExit(error.exit_status) from error
