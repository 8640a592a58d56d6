"""`motcua catalog import` and `export`: the register out of other people's tables, and into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from motcua.errors import InvalidInput
from motcua.procedures_catalog.catalog import DATA

_SHOWN = 20
UpdateFile = Annotated[
    Path, typer.Argument(help="A national list or an exported register: .csv, .xlsx or .json.", exists=True, dir_okay=False)
]
StartsOn = Annotated[
    datetime | None,
    typer.Option("--from", help="From which day changes hold; without it rows are corrected.", formats=["%Y-%m-%d"]),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; without it, CSV and JSON are printed.")]
DataFolder = Annotated[
    Path, typer.Option("--data", help="Another data folder than the one that comes with motcua.", file_okay=False)
]


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSON_LD = "json-ld"


class RegisterFileUnknown(InvalidInput):
    """The file is none of the forms that a register comes in."""


def import_register(
    file: UpdateFile,
    starts_on: StartsOn = None,
    partial: Annotated[bool, typer.Option("--partial", help="The file lists some procedures only: abolish nothing.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the register's files; without it they are only compared.")] = False,
    data: DataFolder = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show what an updated register adds, changes and abolishes, and write it if asked. A list of communes becomes authorities.

    What is kept by hand in procedures/ is never written. With --write, the same file gives the same files.

    Example: motcua catalog import register.xlsx --from 2026-07-01 --write
    """
    from motcua.procedures_catalog.divisions import is_division_list
    from motcua.procedures_catalog.register_import import compare

    text = "" if file.suffix == ".xlsx" else file.read_text(encoding="utf-8-sig")
    if file.suffix == ".csv" and is_division_list(text):
        _import_divisions(text, data, write=write, as_json=as_json)
        return
    register, by_hand = _records(data)
    fields, update = _update(file, text, data, {record["code"] for record in by_hand})
    changes = compare(register, by_hand, update, partial=partial)
    if as_json:
        document = {
            "added": list(changes.added),
            "changed": {code: _told(found) for code, found in changes.changed.items()},
            "abolished": list(changes.abolished),
            "kept_by_hand": {code: _told(found) for code, found in changes.kept_by_hand.items()},
            "unchanged": changes.unchanged,
            "written": write,
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _tell(changes, write=write, dated=starts_on is not None)
    if write:
        _write(data, register, update, changes, fields, starts_on.date() if starts_on else None)


def export(
    form: Annotated[
        Form, typer.Option("--form", help="csv and xlsx can be edited and imported again, and so can json.")
    ] = Form.CSV,
    output: Output = None,
    data: DataFolder = DATA,
) -> None:
    """Give out the register: every record with its sources, as a table, as JSON, or as linked data (CPSV-AP).

    Example: motcua catalog export --form xlsx --output register.xlsx
    """
    from motcua.procedures_catalog.register_export import as_csv, as_json, as_json_ld, as_table

    register, by_hand = _records(data)
    records = sorted([*register, *by_hand], key=lambda row: (row["code"], row["in_force_from"] or ""))
    if form is Form.XLSX:
        from motcua.services.spreadsheets import write_rows

        if output is None:
            raise typer.BadParameter("a spreadsheet needs a file, such as --output register.xlsx", param_hint="--output")
        output.write_bytes(write_rows(as_table(records)))
        return
    text = {Form.CSV: as_csv, Form.JSON: as_json, Form.JSON_LD: as_json_ld}[form](records)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _records(data: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every record, whole: of the register's files, and of those that are kept by hand."""
    from motcua.procedures_catalog.catalog import load_catalog
    from motcua.procedures_catalog.register import register_of
    from motcua.procedures_catalog.register_folder import read_register_folder
    from motcua.procedures_catalog.register_import import whole

    register = [whole(record.facts) for record in read_register_folder(data / "register").every_record()]
    catalog = load_catalog(data)
    by_hand = [
        whole(
            {
                **json.loads(register_of(row.procedure)),
                "in_force_from": row.in_force_from.isoformat(),
                "in_force_until": row.in_force_until.isoformat() if row.in_force_until else None,
                "validity_source": row.source,
            }
        )
        for code in sorted(catalog.rows.kept_by_hand)
        for row in catalog.dated_rows(code)
    ]
    return register, by_hand


def _update(file: Path, text: str, data: Path, by_hand: set[str]) -> tuple[Any, list[dict[str, Any]]]:
    """The fields afterwards, and the records of the update. Raises InvalidInput's leaves, each with the place of the mistake."""
    import csv
    import io

    from motcua.procedures_catalog.fields import read_fields
    from motcua.procedures_catalog.national_list import COLUMNS, belongs_to_the_register, facts_of, read_national_list
    from motcua.procedures_catalog.register_export import read_json, read_table
    from motcua.services.spreadsheets import read_rows

    fields = read_fields((data / "fields.csv").read_text(encoding="utf-8"))
    if file.suffix == ".json":
        return fields, list(read_json(text))
    if file.suffix not in (".csv", ".xlsx"):
        raise RegisterFileUnknown(f"{file.name} is no .csv, .xlsx or .json; save the register as one of these.", file=file.name)
    if file.suffix == ".csv" and set(COLUMNS) <= set(next(csv.reader(io.StringIO(text, newline="")), [])):
        rows = [row for row in read_national_list(text) if belongs_to_the_register(row)]
        fields = fields.with_new(row["field"] for row in rows)
        return fields, [facts_of(row, fields) for row in rows if row["code"] not in by_hand]
    rows_of_text = read_rows(file.read_bytes()) if file.suffix == ".xlsx" else list(csv.reader(io.StringIO(text, newline="")))
    return fields, list(read_table(rows_of_text))


def _write(data: Path, register: Any, update: Any, changes: Any, fields: Any, starts_on: date | None) -> None:
    """Refuses what the checks refuse, and then replaces the register's files by the new ones."""
    from motcua.procedures_catalog.register_checks import problems_of
    from motcua.procedures_catalog.register_file import read_records
    from motcua.procedures_catalog.register_import import ImportRefused, files_of, put_in

    files = files_of(put_in(register, update, changes, starts_on), fields)
    problems = [str(each) for name, text in files.items() for record in read_records(text, name) for each in problems_of(record)]
    if problems:
        raise ImportRefused(
            f"Nothing is written, for the register would have {len(problems)} mistakes. {' '.join(problems[:_SHOWN])}"
        )
    folder = data / "register"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        _replace(folder / name, text)
    for path in folder.glob("*.yaml"):
        if path.name not in files:
            path.unlink()
    _replace(data / "fields.csv", fields.as_csv())


def _replace(path: Path, text: str) -> None:
    """A file is there whole, old or new, also where the machine stops in between."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _import_divisions(text: str, data: Path, *, write: bool, as_json: bool) -> None:
    from motcua.procedures_catalog.authority import authority_rows, write_authority_table
    from motcua.procedures_catalog.catalog import load_authorities
    from motcua.procedures_catalog.divisions import authorities_of_divisions
    from motcua.procedures_catalog.plain_letters import file_name

    listed = load_authorities(data)
    tables = {path.name: path.read_text(encoding="utf-8") for path in sorted((data / "authorities").glob("divisions_*.csv"))}
    imported = {row["code"] for table in tables.values() for row in authority_rows(table)}
    others = {code: authority for code, authority in listed.items() if code not in imported}
    document: list[dict[str, Any]] = []
    for province, units in authorities_of_divisions(text, others).items():
        name = f"divisions_{file_name(listed[province].name.removeprefix('UBND tỉnh '))}.csv"
        table = write_authority_table(units)
        told = "as it is" if tables.get(name) == table else "new" if name not in tables else "changed"
        document.append({"province": listed[province].name, "divisions": len(units), "file": f"authorities/{name}", "is": told})
        if write:
            _replace(data / "authorities" / name, table)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for each in document:
        typer.echo(f"{each['province']}: {each['divisions']} districts and communes, {each['file']} {each['is']}")


def _told(found: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {key: {"before": before, "after": after} for key, (before, after) in found.items()}


def _tell(changes: Any, *, write: bool, dated: bool) -> None:
    for code in changes.added[:_SHOWN]:
        typer.echo(f"added      {code}")
    for code, found in list(changes.changed.items())[:_SHOWN]:
        for key, (before, after) in found.items():
            typer.echo(
                f"changed    {code} {key}: {json.dumps(before, ensure_ascii=False)} → {json.dumps(after, ensure_ascii=False)}"
            )
    for code in changes.abolished[:_SHOWN]:
        typer.echo(f"abolished  {code}{'' if dated else ' (stays: name the day with --from)'}")
    for code, found in list(changes.kept_by_hand.items())[:_SHOWN]:
        typer.echo(f"by hand    {code}: the update differs in {', '.join(found)}; nothing is written there")
    counts = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.abolished)} abolished"
    typer.echo(f"{counts}, {changes.unchanged} unchanged, {len(changes.kept_by_hand)} kept by hand differ.")
    if not write and not changes.none:
        typer.echo("Nothing is written; --write does it.")
