"""`motcua report …`: books, reports and slips as files, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from motcua.errors import MotcuaError
from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.services.cli import report as commands
from motcua.services.cli.main import command_line
from motcua.services.cli.report import FileNotWritten, FormatUnclear
from motcua.services.reports.period import NothingToReport, PeriodBackwards, PeriodNotOver
from tests.services.edge import EdgeBackend, complete_first, edge_backend, open_birth

ASKED = ("--authority", "H05.21", "--from", "2026-03-01", "--until", "2026-03-02")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> EdgeBackend:
    backend = edge_backend()

    @contextmanager
    def open_app(settings: object) -> Iterator[EdgeBackend]:
        yield backend

    monkeypatch.setattr(commands, "open_app", open_app)
    monkeypatch.setattr(commands, "read_settings", lambda: None)
    return backend


def motcua(*arguments: str) -> str:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, MotcuaError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def received(backend: EdgeBackend) -> str:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    return code


def test_the_command_line_knows_the_reports() -> None:
    told = CliRunner().invoke(command_line(["report"]), ["report", "--help"]).stdout
    assert all(name in told for name in ("book", "period", "control-slip"))


@pytest.mark.parametrize(("suffix", "start"), [("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfSTT"), ("PDF", b"%PDF")])
def test_the_name_of_the_file_says_the_format(backend: EdgeBackend, tmp_path: Path, suffix: str, start: bytes) -> None:
    received(backend)
    book, report = tmp_path / f"book.{suffix}", tmp_path / f"period.{suffix}"
    told = json.loads(motcua("report", "book", *ASKED, "--output", str(book), "--json"))
    assert told["sha256"] == hashlib.sha256(book.read_bytes()).hexdigest()
    assert "Wrote" in motcua("report", "period", *ASKED, "--output", str(report))
    assert book.read_bytes().startswith(start)
    assert report.read_bytes().startswith(start)
    assert sorted(tmp_path.iterdir()) == [book, report], "nothing is left lying about"


def test_a_format_that_is_named_needs_no_suffix_and_csv_no_mark(backend: EdgeBackend, tmp_path: Path) -> None:
    code = received(backend)
    motcua("report", "book", *ASKED, "--output", str(tmp_path / "book"), "--format", "csv", "--no-bom")
    assert (tmp_path / "book").read_bytes().startswith(b"STT,")
    assert code in (tmp_path / "book").read_text(encoding="utf-8")


def test_the_periodic_report_can_be_read_on_the_terminal_and_by_programs(backend: EdgeBackend) -> None:
    received(backend)
    assert "received online                 1" in motcua("report", "period", *ASKED)
    told = json.loads(motcua("report", "period", *ASKED, "--score", "last_promise", "--json"))
    assert (told["score"], told["from"], told["total"]["in_process_within_limit"]) == ("last_promise", "2026-03-01", 1)


def test_the_control_slip_of_a_dossier_is_written(backend: EdgeBackend, tmp_path: Path) -> None:
    code, slip = received(backend), tmp_path / "slip.pdf"
    motcua("report", "control-slip", code, "--output", str(slip))
    assert slip.read_bytes().startswith(b"%PDF-")


def test_a_report_that_cannot_be_made_leaves_the_file_that_was_there(backend: EdgeBackend, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"last month's")
    with pytest.raises(NothingToReport):
        motcua("report", "book", *ASKED, "--output", str(book))
    received(backend)
    with pytest.raises(PeriodBackwards):
        motcua("report", "book", *ASKED[:2], "--from", "2026-03-02", "--until", "2026-03-01", "--output", str(book))
    with pytest.raises(PeriodNotOver):
        motcua("report", "book", *ASKED[:4], "--until", "2026-03-03", "--output", str(book))
    with pytest.raises(UnknownAuthority):
        motcua("report", "book", "--authority", "H99", *ASKED[2:], "--output", str(book))
    assert book.read_bytes() == b"last month's"
    assert list(tmp_path.iterdir()) == [book]


def test_where_nothing_can_be_written_or_no_format_is_named_one_sentence_says_so(backend: EdgeBackend, tmp_path: Path) -> None:
    received(backend)
    with pytest.raises(FileNotWritten, match="No such file or directory"):
        motcua("report", "book", *ASKED, "--output", str(tmp_path / "nowhere" / "book.csv"))
    with pytest.raises(FormatUnclear, match=r"\.xlsx, \.csv or \.pdf"):
        motcua("report", "book", *ASKED, "--output", str(tmp_path / "book.docx"))
