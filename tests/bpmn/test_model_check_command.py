"""`motcua model check`: what an analyst sees, what a program reads, and when the exit status is 0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from motcua.bpmn.checks import check_decisions, check_model, errors
from motcua.bpmn.document import read_document
from motcua.services.cli.model import packaged_context, packaged_decisions, packaged_shared_parts, register
from tests.bpmn.conftest import EVERY_EXTENSION, PACKAGED
from tests.house import ROOT


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.stem)
def test_every_model_that_comes_with_motcua_has_no_error(path: Path) -> None:
    findings = check_model(read_document(path.read_bytes(), str(path.relative_to(ROOT))), packaged_context())
    assert [finding.as_text(path.name) for finding in errors(findings)] == []


def test_every_shared_part_is_in_a_file_of_its_own_name() -> None:
    assert set(packaged_shared_parts()) == {path.stem for path in PACKAGED if path.parent.name == "shared"}


def test_a_sound_model_is_told_so_and_the_status_is_0(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["model", "check", str(PACKAGED[0])])
    assert result.exit_code == 0, result.output
    assert "2 files checked: 0 errors, 0 warnings" in result.output, "the model, and the decision table of its fee"


def test_an_error_is_told_with_its_line_and_remedy_and_the_status_is_1(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["model", "check", str(EVERY_EXTENSION)])
    assert result.exit_code == 1
    assert f"{EVERY_EXTENSION}:" in result.output
    assert 'every_extension procedure: "1.000000" is no procedure of the catalog →' in result.output


def test_a_program_reads_the_findings_as_json(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["model", "check", "--json", str(EVERY_EXTENSION), str(PACKAGED[0])])
    read = json.loads(result.stdout)
    assert result.exit_code == 1
    assert read["errors"] == sum(finding["severity"] == "error" for finding in read["findings"]) > 0
    assert {"file", "line", "element", "rule", "severity", "message", "remedy"} == set(read["findings"][0])


def test_a_file_that_is_no_model_is_an_error_among_the_others(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "photo.bpmn").write_bytes(b"\xff\xd8 no xml")
    result = CliRunner().invoke(app, ["model", "check", "--json", str(tmp_path / "photo.bpmn"), str(PACKAGED[0])])
    assert result.exit_code == 2
    assert [finding["rule"] for finding in json.loads(result.stdout)["findings"] if finding["severity"] == "error"] == [
        "unreadable"
    ]


def test_the_help_shows_an_example(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["model", "check", "--help"])
    assert "motcua model check bpmn/models/" in result.output


TABLE = EVERY_EXTENSION.with_name("fee_discount.dmn")


def _checked(app: typer.Typer, *files: Path) -> tuple[int, list[tuple[str, str]]]:
    result = CliRunner().invoke(app, ["model", "check", "--json", *map(str, files)])
    return result.exit_code, [(Path(each["file"]).name, each["rule"]) for each in json.loads(result.stdout)["findings"]]


def test_a_decision_table_is_checked_alone(app: typer.Typer, tmp_path: Path) -> None:
    assert _checked(app, TABLE) == (0, [])
    (tmp_path / "fee.dmn").write_text(TABLE.read_text(encoding="utf-8").replace("&lt; 20000", "&lt; x"), encoding="utf-8")
    assert _checked(app, tmp_path / "fee.dmn") == (1, [("fee.dmn", "decision-test")])
    (tmp_path / "fee.dmn").write_text("<definitions/>", encoding="utf-8")
    assert _checked(app, tmp_path / "fee.dmn") == (2, [("fee.dmn", "unreadable")])


def test_a_model_is_checked_with_the_tables_beside_it_and_those_that_are_given(app: typer.Typer, tmp_path: Path) -> None:
    model, beside, given = tmp_path / "model.bpmn", tmp_path / "fee_discount.dmn", tmp_path / "given" / "fee_discount.dmn"
    model.write_bytes(EVERY_EXTENSION.read_bytes())
    _, without = _checked(app, model)
    assert ("model.bpmn", "decision") in without
    beside.write_text(TABLE.read_text(encoding="utf-8").replace("0.5 * amount", "0.5 / amount"), encoding="utf-8")
    _, found = _checked(app, model)
    assert {("model.bpmn", "decision"), ("fee_discount.dmn", "decision-expression")} <= set(found)
    given.parent.mkdir()
    given.write_bytes(TABLE.read_bytes())
    _, found = _checked(app, model, given)
    assert not {rule for _, rule in found if rule.startswith("decision")}


def test_a_table_beside_a_model_that_cannot_be_read_is_told(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "model.bpmn").write_bytes(EVERY_EXTENSION.read_bytes())
    (tmp_path / "fee_discount.dmn").write_bytes(b"\xff")
    status, found = _checked(app, tmp_path / "model.bpmn")
    assert status == 2
    assert {("fee_discount.dmn", "unreadable"), ("model.bpmn", "decision")} <= set(found)


def test_every_decision_table_that_comes_with_motcua_is_without_findings_and_in_a_file_of_its_own_name() -> None:
    for name, document in packaged_decisions().items():
        assert check_decisions(document) == ()
        assert name in {decision.id for decision in document.decisions}
