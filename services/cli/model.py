"""`motcua model`: what an analyst asks about a BPMN model before anybody runs it."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from motcua.bpmn.checks import CheckContext, Finding
    from motcua.bpmn.elements import Definitions

UNREADABLE = "unreadable"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    model = typer.Typer(help="Check BPMN models.", no_args_is_help=True)
    model.callback()(_about)
    model.command("check")(check)
    app.add_typer(model, name="model")


def _about() -> None:
    """Check BPMN models: what is wrong, on which line, and what to do instead."""


def check(
    model_files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="BPMN 2.0 files.", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Tell whether models can be run, and what to mend.

    Exit status 0 only when no model has an error; 1 when one has, 2 when a file is no BPMN model at all.

    Example: motcua model check bpmn/models/ho_tich/2.001023.bpmn
    """
    from motcua.bpmn.checks import errors

    context = packaged_context()
    found = {path: _findings(path, context) for path in model_files}
    total = sum(len(findings) for findings in found.values())
    error_count = sum(len(errors(findings)) for findings in found.values())
    if as_json:
        records = [finding.as_record(str(path)) for path, findings in found.items() for finding in findings]
        summary = {"errors": error_count, "warnings": total - error_count, "findings": records}
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        for path, findings in found.items():
            for finding in findings:
                typer.echo(f"{finding.severity.value:<8} {finding.as_text(str(path))}")
        counts = f"{_counted(error_count, 'error')}, {_counted(total - error_count, 'warning')}"
        typer.echo(f"{_counted(len(found), 'model')} checked: {counts}.")
    if any(finding.rule == UNREADABLE for findings in found.values() for finding in findings):
        raise typer.Exit(2)
    if error_count:
        raise typer.Exit(1)


def _findings(path: Path, context: CheckContext) -> tuple[Finding, ...]:
    from motcua.bpmn.checks import Finding, Severity, check_model
    from motcua.bpmn.document import MAX_BYTES, ModelUnreadable, read_document

    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)  # a larger file is refused by its size, however large it is
    try:
        return check_model(read_document(content, str(path)), context)
    except ModelUnreadable as unreadable:
        line = unreadable.facts["line"]
        return (Finding(UNREADABLE, Severity.ERROR, None, line, str(unreadable), "give a BPMN 2.0 file"),)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def packaged_context() -> CheckContext:
    """What models may refer to, as this installation has it: operations, roles, shared parts, procedures, timers."""
    from motcua.bpmn.checks import CheckContext
    from motcua.engine.timers import parse_timer
    from motcua.procedures_catalog.catalog import load_catalog
    from motcua.procedures_catalog.roles import ROLES
    from motcua.services.operations import OPERATIONS

    return CheckContext(
        operations=OPERATIONS,
        roles=frozenset(ROLES),
        shared_parts=packaged_shared_parts(),
        procedure_codes=frozenset(load_catalog().codes()),
        read_timer=lambda text, clock: parse_timer(text, clock.value),
    )


def packaged_shared_parts() -> dict[str, Definitions]:
    """The shared parts that come with motcua, by the id of their process."""
    from motcua.bpmn.document import read_document

    def read(part: Traversable) -> Definitions:
        return read_document(part.read_bytes(), part.name)

    parts = [read(part) for part in files("motcua.bpmn").joinpath("shared").iterdir() if part.name.endswith(".bpmn")]
    return {process.id: part for part in parts for process in part.processes}
