"""`motcua catalog`, as a person and as a program use it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner, Result

from motcua.errors import MotcuaError
from motcua.procedures_catalog.catalog import DATA, load_catalog
from motcua.services.cli import catalog
from motcua.services.spreadsheets import SpreadsheetUnreadable, read_rows, write_rows
from tests.procedures_catalog.extract import EXTRACT, facts


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    catalog.register(app)
    return app


@pytest.fixture
def small(tmp_path: Path, app: typer.Typer) -> Path:
    """A data folder whose register is the extract, imported by the command itself."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("authorities.yaml", "fields.csv"):
        shutil.copy(DATA / name, folder / name)
    (folder / "selections.yaml").write_text("selections: []\n")
    shutil.copytree(DATA / "procedures", folder / "procedures")
    shutil.copytree(DATA / "authorities", folder / "authorities")
    run(app, "import", str(EXTRACT), "--data", str(folder), "--write")
    load_catalog.cache_clear()
    return folder


def invoke(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["catalog", *arguments], catch_exceptions=False)


def run(app: typer.Typer, *arguments: str) -> str:
    result = invoke(app, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_is_found_without_diacritics_and_filtered(app: typer.Typer) -> None:
    assert "1.001193" in run(app, "list", "dang ky khai sinh")
    found = json.loads(run(app, "list", "--tier", "commune", "--field", "ho_tich", "--modelled", "--json"))
    assert {"1.000894", "1.001193"} <= {each["code"] for each in found}
    assert all(each["has_model"] and each["field"] == "ho_tich" for each in found)
    names = json.loads(run(app, "list", "--maturity", "name only", "--json"))
    assert all(not each["limits"] for each in names)
    assert len(names) > 500


def test_a_province_list_is_listed_with_its_rule(app: typer.Typer) -> None:
    assert "\n67 procedures, " in run(app, "list", "--selection", "bac_giang_five_on_site")
    assert "A selection, not the historical list." in run(app, "list", "--selection", "list")


@pytest.mark.parametrize("option", [("--tier", "parish"), ("--maturity", "ripe"), ("--field", "nowhere")])
def test_a_filter_that_fits_nothing_ever_is_refused(app: typer.Typer, option: tuple[str, str]) -> None:
    result = invoke(app, "list", *option)
    assert result.exit_code == 2
    assert option[1] in result.output


def test_a_procedure_is_shown_with_its_sources_and_what_is_unknown(app: typer.Typer) -> None:
    told = run(app, "show", "1.012753")
    assert "case 2: 30 working days (post) [national entry, 30 Ngày làm việc]" in told
    assert "Hint, never used: limit: 20 ngày" in told
    assert "Unknown: fee" in told
    assert "cannot be filed: it has no model" in told
    document = json.loads(run(app, "show", "1.012753", "--json"))
    assert (document["unknown"], document["has_model"]) == (["fee"], False)
    assert document["versions"][0]["in_force_from"] == "2025-07-01"


def test_the_check_counts_what_is_unknown_and_ends_well(app: typer.Typer) -> None:
    report = json.loads(run(app, "check", "--json"))
    assert report["errors"] == 0
    assert report["procedures"] >= 2003
    assert report["unknown_figures"]["limit"] == sum(
        report["limit_states"].get(state, 0) for state in ("unknown", "placeholder", "conflict")
    )


def test_the_check_names_every_mistake_and_ends_with_status_1(app: typer.Typer, small: Path) -> None:
    path = small / "register" / "tu_van_phap_luat.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('["province"]', '["parish"]'), encoding="utf-8")
    result = invoke(app, "check", "--data", str(small))
    assert result.exit_code == 1
    assert "register/tu_van_phap_luat.yaml:" in result.output
    assert "'parish' is no tier. For example: tiers:" in result.output
    problems = json.loads(invoke(app, "check", "--data", str(small), "--json").output)["problems"]
    assert {"file", "line", "key", "problem", "example"} == set(problems[0])


def test_the_same_list_imported_twice_gives_the_same_bytes(app: typer.Typer, small: Path) -> None:
    before = {path.name: path.read_bytes() for path in (small / "register").iterdir()}
    assert "0 added, 0 changed, 0 abolished" in run(app, "import", str(EXTRACT), "--data", str(small), "--write")
    assert {path.name: path.read_bytes() for path in (small / "register").iterdir()} == before
    assert run(app, "check", "--data", str(small)).endswith("0 errors.\n")


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_what_is_exported_can_be_imported_and_changes_nothing(app: typer.Typer, small: Path, form: str, tmp_path: Path) -> None:
    file = tmp_path / f"register.{form}"
    run(app, "export", "--form", form, "--output", str(file), "--data", str(small))
    told = run(app, "import", str(file), "--data", str(small))
    assert told == f"0 added, 0 changed, 0 abolished, {len(facts()) - 10} unchanged, 0 kept by hand differ.\n"


def test_an_edited_spreadsheet_shows_its_changes_and_writes_them_from_a_day(app: typer.Typer, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "register.xlsx"
    run(app, "export", "--form", "xlsx", "--output", str(file), "--data", str(small))
    rows = read_rows(file.read_bytes())
    column, line = rows[0].index("papers_count"), next(row for row in rows if row and row[0] == "1.000627")
    line[column] = "7"
    file.write_bytes(write_rows(rows))
    told = run(app, "import", str(file), "--data", str(small), "--from", "2026-07-01", "--write")
    assert "changed    1.000627 papers_count: 3 → 7" in told
    load_catalog.cache_clear()
    old, new = load_catalog(small).dated_rows("1.000627")
    assert (old.procedure.papers_count, str(old.in_force_until)) == (3, "2026-06-30")
    assert (new.procedure.papers_count, str(new.in_force_from)) == (7, "2026-07-01")
    assert run(app, "check", "--data", str(small)).endswith("0 errors.\n")


def test_an_update_with_a_mistake_is_not_written(app: typer.Typer, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "update.json"
    file.write_text(json.dumps([facts()["1.000627"] | {"tiers": ["parish"]}]), encoding="utf-8")
    before = (small / "register" / "tu_van_phap_luat.yaml").read_bytes()
    with pytest.raises(MotcuaError, match="Nothing is written, for the register would have 1 mistakes"):
        run(app, "import", str(file), "--partial", "--write", "--data", str(small))
    assert (small / "register" / "tu_van_phap_luat.yaml").read_bytes() == before


def test_a_list_of_communes_becomes_authorities(app: typer.Typer, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "divisions.csv"
    file.write_text("province_code,province,commune_code,commune\n24,Bắc Ninh,7627,Xã Đại Sơn\n", encoding="utf-8")
    assert "UBND tỉnh Bắc Ninh: 1 districts and communes, authorities/divisions_bac_ninh.csv changed" in run(
        app, "import", str(file), "--data", str(small), "--write"
    )
    assert "H05.7627" in (small / "authorities" / "divisions_bac_ninh.csv").read_text(encoding="utf-8")


def test_a_file_that_is_no_register_is_refused(app: typer.Typer, tmp_path: Path) -> None:
    for name, content in (("x.txt", b"x"), ("x.xlsx", b"no zip"), ("x.csv", b"a,b\n"), ("x.json", b"{")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MotcuaError):
            run(app, "import", str(tmp_path / name))


def test_the_table_and_the_linked_data_hold_every_procedure(app: typer.Typer) -> None:
    table = list(csv.DictReader(io.StringIO(run(app, "export"))))
    assert [row["code"] for row in table] == list(load_catalog().codes())
    graph = json.loads(run(app, "export", "--form", "json-ld"))["@graph"]
    assert [each["dct:identifier"] for each in graph] == list(load_catalog().codes())


def test_a_spreadsheet_needs_a_file(app: typer.Typer) -> None:
    assert invoke(app, "export", "--form", "xlsx").exit_code == 2


def test_a_code_that_a_spreadsheet_took_for_a_number_is_refused_with_its_cell() -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["code", "name"])
    sheet.append([1.00274, "Đăng ký"])
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(SpreadsheetUnreadable, match=r"The cell A2 holds the number 1\.00274"):
        read_rows(content.getvalue())


def test_another_program_reads_the_spreadsheet_and_its_own_is_read_here() -> None:
    rows = [["code", "name", ""], ["1.002740", "Đăng ký, cấp “Giấy”", '["a"]'], [], ["", "=1+1"]]
    sheet: Any = openpyxl.load_workbook(io.BytesIO(write_rows(rows))).active
    assert sheet["A2"].value == "1.002740"
    assert sheet["B4"].value == "=1+1"
    book = openpyxl.Workbook()
    written: Any = book.active
    for row in rows[:2]:
        written.append(row)
    content = io.BytesIO()
    book.save(content)
    assert read_rows(content.getvalue())[1] == rows[1]
    assert read_rows(write_rows(rows))[3] == ["", "=1+1"]
