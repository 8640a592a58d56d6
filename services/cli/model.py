"""`motcua model`: what an analyst asks about a BPMN model before anybody runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from motcua.bpmn.checks import CheckContext, Finding
    from motcua.bpmn.decisions.elements import DecisionDocument
    from motcua.bpmn.elements import Definitions
    from motcua.errors import InvalidInput

UNREADABLE = "unreadable"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    model = typer.Typer(help="Check BPMN models and decision tables.", no_args_is_help=True)
    model.callback()(_about)
    model.command("check")(check)
    app.add_typer(model, name="model")


def _about() -> None:
    """Check BPMN models and decision tables: what is wrong, on which line, and what to do instead."""


def check(
    model_files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="BPMN 2.0 and DMN 1.3 files.", exists=True, dir_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Tell whether models and decision tables can be run, and what to mend.

    The decision tables that a model uses are checked with it: those given, else those beside the model, else those of motcua.
    Exit status 0 only when no file has an error; 1 when one has, 2 when a file is no model at all.

    Example: motcua model check bpmn/models/ho_tich/2.001023.bpmn
    """
    from motcua.bpmn.checks import errors

    found: dict[str, tuple[Finding, ...]] = {}
    for path in model_files:
        found.update(_findings(path, model_files))
    total = sum(len(findings) for findings in found.values())
    error_count = sum(len(errors(findings)) for findings in found.values())
    if as_json:
        records = [finding.as_record(source) for source, findings in found.items() for finding in findings]
        summary = {"errors": error_count, "warnings": total - error_count, "findings": records}
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        for source, findings in found.items():
            for finding in findings:
                typer.echo(f"{finding.severity.value:<8} {finding.as_text(source)}")
        counts = f"{_counted(error_count, 'error')}, {_counted(total - error_count, 'warning')}"
        typer.echo(f"{_counted(len(found), 'file')} checked: {counts}.")
    if any(finding.rule == UNREADABLE for findings in found.values() for finding in findings):
        raise typer.Exit(2)
    if error_count:
        raise typer.Exit(1)


def _findings(path: Path, given: Sequence[Path]) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """What is wrong with a file, and with each of the decision tables that it uses, by the names of the files."""
    from motcua.bpmn.checks import check_decisions, check_model, decision_names, used_decisions
    from motcua.bpmn.decisions.document import read_decisions
    from motcua.bpmn.document import ModelUnreadable, read_document

    if _is_table(path):
        try:
            yield str(path), check_decisions(read_decisions(_content(path), str(path)))
        except ModelUnreadable as unreadable:
            yield str(path), (_unreadable(unreadable, "give a DMN 1.3 file"),)
        return
    try:
        definitions = read_document(_content(path), str(path))
    except ModelUnreadable as unreadable:
        yield str(path), (_unreadable(unreadable, "give a BPMN 2.0 file"),)
        return
    context = packaged_context()  # which takes longer to load than an unreadable file to refuse
    decisions = dict(context.decisions)
    beside = {table.stem: table for table in (*sorted(path.parent.glob("*.dmn")), *filter(_is_table, given))}
    for name in decision_names(definitions) & beside.keys():
        decisions.pop(name, None)
        try:
            decisions[name] = read_decisions(_content(beside[name]), str(beside[name]))
        except ModelUnreadable as unreadable:
            yield str(beside[name]), (_unreadable(unreadable, "give a DMN 1.3 file"),)
    context = replace(context, decisions=decisions)
    yield str(path), check_model(definitions, context)
    for document in used_decisions(definitions, decisions).values():
        yield document.source, check_decisions(document)


def _content(path: Path) -> bytes:
    """A file as far as it may be read; a larger one is refused by its size, however large it is."""
    from motcua.bpmn.safe_xml import MAX_BYTES

    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _is_table(path: Path) -> bool:
    return path.suffix == ".dmn"


def _unreadable(unreadable: InvalidInput, remedy: str) -> Finding:
    from motcua.bpmn.checks import Finding, Severity

    return Finding(UNREADABLE, Severity.ERROR, None, unreadable.facts["line"], str(unreadable), remedy)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@cache
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
        decisions=packaged_decisions(),
    )


def packaged_shared_parts() -> dict[str, Definitions]:
    """The shared parts that come with motcua, by the id of their process."""
    from motcua.bpmn.document import read_document

    def read(part: Traversable) -> Definitions:
        return read_document(part.read_bytes(), part.name)

    parts = [read(part) for part in files("motcua.bpmn").joinpath("shared").iterdir() if part.name.endswith(".bpmn")]
    return {process.id: part for part in parts for process in part.processes}


def packaged_decisions() -> dict[str, DecisionDocument]:
    """The decision tables that come with motcua, by the name of the decision that a task may use."""
    from motcua.bpmn.decisions.document import read_decisions

    tables = [part for part in files("motcua.bpmn").joinpath("shared").iterdir() if part.name.endswith(".dmn")]
    return {part.name.removesuffix(".dmn"): read_decisions(part.read_bytes(), str(part)) for part in tables}
