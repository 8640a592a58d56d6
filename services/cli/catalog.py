"""`motcua catalog`: which procedures there are, what is known of each, and whether the data are in order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from motcua.procedures_catalog.catalog import BPMN, DATA, Catalog, load_catalog
from motcua.services.cli.catalog_exchange import DataFolder, export, import_register

if TYPE_CHECKING:
    from motcua.procedures_catalog.procedure import Procedure

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(name="catalog", no_args_is_help=True, help="The catalogue of procedures. For example: motcua catalog list")
    group.command("list")(list_procedures)
    group.command("show")(show)
    group.command("check")(check)
    group.command("import")(import_register)
    group.command("export")(export)
    app.add_typer(group)


def list_procedures(
    words: Annotated[str, typer.Argument(help="Words of the code, the name or the field; diacritics do not matter.")] = "",
    field: Annotated[str, typer.Option(help="Only this field, by its folder, such as dat_dai.")] = "",
    tier: Annotated[str, typer.Option(help="Only this tier: province, commune, district, ministry or other.")] = "",
    maturity: Annotated[str, typer.Option(help='Only "complete", "limit unknown" or "name only".')] = "",
    selection: Annotated[str, typer.Option(help="Only a province's list, such as bac_giang; `--selection list` names them.")] = "",
    modelled: Annotated[bool, typer.Option("--modelled", help="Only procedures that have a model and so can be filed.")] = False,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> None:
    """List the procedures with their limits. A star stands before those that have a model and so can be filed.

    Example: motcua catalog list "khai sinh" --tier commune --json
    """
    if selection == "list":
        _list_selections(data, as_json)
        return
    _refuse_unknown(field, tier, maturity, data)
    catalog = load_catalog(data)
    procedures = _filtered(catalog, words, field, tier, maturity)
    if selection:
        chosen = _selected(catalog, selection, data)
        procedures = [each for each in procedures if each.code in chosen]
    drawn = frozenset(catalog.modelled_codes())
    if modelled:
        procedures = [each for each in procedures if each.code in drawn]
    if as_json:
        typer.echo(json.dumps([{**_plain(p), "has_model": p.code in drawn} for p in procedures], ensure_ascii=False, indent=2))
        return
    for p in procedures:
        typer.echo(f"{'*' if p.code in drawn else ' '} {p.code}  {_limit(p):42}  {p.field_name or 'unclassified'}: {p.name[:80]}")
    typer.echo(f"{len(procedures)} procedures, {len({p.code for p in procedures} & drawn)} with a model.")


def show(
    code: Annotated[str, typer.Argument(help="The national code, such as 1.000828.")],
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> None:
    """Show what is known of one procedure, with the source of each figure, and what is not known.

    Example: motcua catalog show 1.000828
    """
    catalog = load_catalog(data)
    procedure = catalog.procedure(code)
    drawn = catalog.has_model(code)
    if as_json:
        rows = [
            {"in_force_from": row.in_force_from, "in_force_until": row.in_force_until, "source": row.source}
            for row in catalog.dated_rows(code)
        ]
        document = {**_plain(procedure), "has_model": drawn, "unknown": _unknown(procedure), "versions": rows}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        return
    for line in _page(procedure, drawn=drawn):
        typer.echo(line)
    for row in catalog.dated_rows(code):
        until = f" until {row.in_force_until}" if row.in_force_until else ""
        typer.echo(f"In force from {row.in_force_from}{until} [{row.source}]")


def check(
    data: DataFolder = DATA,
    models: Annotated[Path, typer.Option(help="The folder of models/ and shared/.", file_okay=False)] = BPMN,
    as_json: AsJson = False,
) -> None:
    """Name everything that is wrong with the register, the authorities and the selections, and count what is unknown.

    Exit status 0 only when nothing is wrong.

    Example: motcua catalog check --json
    """
    from motcua.procedures_catalog.catalog_checks import check_catalog

    report = check_catalog(data, models)
    if as_json:
        problems = [asdict(problem) for problem in report.problems]
        typer.echo(json.dumps({"errors": len(problems), "problems": problems, **report.counts}, ensure_ascii=False, indent=2))
    else:
        for problem in report.problems:
            typer.echo(str(problem))
        for name, value in report.counts.items():
            told = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
            typer.echo(f"{name.replace('_', ' ')}: {told}")
        typer.echo(f"{len(report.problems)} errors.")
    if report.problems:
        raise typer.Exit(1)


def _filtered(catalog: Catalog, words: str, field: str, tier: str, maturity: str) -> list[Procedure]:
    from motcua.procedures_catalog.maturity import maturity as maturity_of

    return [
        each
        for each in catalog.find(words)
        if field in ("", each.field) and (not tier or tier in each.tiers) and maturity in ("", maturity_of(each))
    ]


def _refuse_unknown(field: str, tier: str, maturity: str, data: Path) -> None:
    from motcua.procedures_catalog.fields import UNCLASSIFIED, read_fields
    from motcua.procedures_catalog.maturity import MATURITIES
    from motcua.procedures_catalog.tiers import TIERS

    if tier and tier not in TIERS:
        raise typer.BadParameter(f"{tier!r} is no tier; choose one of {', '.join(TIERS)}.", param_hint="--tier")
    if maturity and maturity not in MATURITIES:
        raise typer.BadParameter(f"{maturity!r} is none; choose one of {', '.join(MATURITIES)}.", param_hint="--maturity")
    if field and field != UNCLASSIFIED and field not in read_fields((data / "fields.csv").read_text(encoding="utf-8")).names:
        raise typer.BadParameter(f"{field!r} is no field; data/fields.csv lists them.", param_hint="--field")


def _selected(catalog: Catalog, name: str, data: Path) -> frozenset[str]:
    from motcua.procedures_catalog.selections import read_selections, select

    selections = read_selections(data / "selections.yaml")
    return frozenset(select(name, selections, catalog.find()))


def _list_selections(data: Path, as_json: bool) -> None:
    from motcua.procedures_catalog.selections import read_selections

    selections = read_selections(data / "selections.yaml").values()
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in selections], ensure_ascii=False, indent=2))
        return
    for each in selections:
        typer.echo(f"{each.name}: {each.count}, {each.title} ({each.year})\n  {each.rule}\n  A selection, not the historical list.")


def _page(procedure: Procedure, *, drawn: bool) -> Iterable[str]:
    """The procedure for a reader: what is known with its source in brackets, then what is not."""
    from motcua.procedures_catalog.maturity import maturity

    yield f"{procedure.code}  {procedure.name}"
    yield f"Maturity: {maturity(procedure)}. It {'can be filed: it has a model' if drawn else 'cannot be filed: it has no model'}."
    yield f"Field: {procedure.field_name or 'unknown'} ({procedure.field})"
    yield f"Tiers: {', '.join(procedure.tiers) or 'unknown'}{f' [{procedure.tier_note}]' if procedure.tier_note else ''}"
    authorities = ", ".join((*procedure.agencies, *(f"kind {kind}" for kind in procedure.authority_kinds)))
    yield f"Authorities: {authorities or 'unknown'}"
    yield f"Time limit: {procedure.limit_state.value}{f' ({procedure.limit_note})' if procedure.limit_note else ''}"
    for limit in procedure.limits:
        named = f"case {limit.name}: " if limit.name else ""
        channels = f" ({', '.join(limit.channels)})" if limit.channels else ""
        yield f"  {named}{limit.text}{channels} [{limit.source}]"
    rule = f": {procedure.fee.rule}" if procedure.fee.rule else ""
    yield f"Fee: {procedure.fee.state.value}{rule} [{procedure.fee.source}]"
    for amount in procedure.fee.amounts:
        yield f"  {amount.amount_vnd:,} đồng, {amount.valid_from or '…'} to {amount.valid_until or '…'} [{amount.source}]"
    yield f"Papers: {procedure.papers_count or 'unknown'}"
    yield f"Result: {procedure.result or 'unknown'}"
    yield f"Online: {procedure.online_level or 'unknown'}; channels: {', '.join(procedure.channels) or 'unknown'}"
    yield f"Who may file: {', '.join(procedure.subjects) or 'unknown'}"
    yield f"Legal basis: {', '.join(procedure.legal_basis) or 'unknown'}"
    for hint in procedure.hints:
        yield f"Hint, never used: {hint.text} [{hint.source}]"
    yield f"Unknown: {', '.join(_unknown(procedure)) or 'nothing'}"
    yield f"Source: {procedure.source}"


def _unknown(procedure: Procedure) -> list[str]:
    from motcua.procedures_catalog.maturity import unknown_figures

    return list(unknown_figures(_plain(procedure)))


def _limit(procedure: Procedure) -> str:
    texts = " / ".join(limit.text for limit in procedure.limits)
    return f"{texts} ({procedure.limit_state.value})" if texts else procedure.limit_state.value


def _plain(procedure: Procedure) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(procedure), default=str))
    return plain
