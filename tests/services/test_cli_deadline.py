"""`motcua deadline`, as a person and as a program use it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from motcua.errors import MotcuaError
from motcua.procedures_catalog.procedure import CaseNeeded
from motcua.services.cli import deadline

FIVE_DAYS_OVER_TET = ["--limit", "5 working days", "--received", "2026-02-12T09:00+07:00"]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    deadline.register(app)
    return app


def run(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["deadline", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_limit_and_a_receipt_give_the_date(app: typer.Typer) -> None:
    assert "due on Thursday 2026-02-26, at 17:00" in run(app, *FIVE_DAYS_OVER_TET)


def test_the_explanation_names_tet(app: typer.Typer) -> None:
    told = run(app, *FIVE_DAYS_OVER_TET, "--explain", "--language", "vi")
    assert "16/02 nghỉ lễ: Tết Bính Ngọ (29 tháng Chạp)" in told
    assert "thứ Năm ngày 26/02/2026" in told


def test_the_json_document_tells_each_day_and_event(app: typer.Typer) -> None:
    document = json.loads(run(app, *FIVE_DAYS_OVER_TET, "--json"))
    assert {
        name: document[name] for name in ("procedure", "received_at", "limit", "due_on", "due_at", "expires_at", "provisional")
    } == {
        "procedure": None,
        "received_at": "2026-02-12T09:00:00+07:00",
        "limit": "5 working days",
        "due_on": "2026-02-26",
        "due_at": "2026-02-26T17:00:00+07:00",
        "expires_at": "2026-02-27T00:00:00+07:00",
        "provisional": False,
    }
    assert [day["date"] for day in document["days"] if day["counted"]] == [
        "2026-02-13", "2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26",
    ]  # fmt: skip
    assert document["days"][0]["reason"] == "day_of_receipt"
    assert document["events"][0] == {
        "kind": "receipt",
        "at": "2026-02-12T09:00:00+07:00",
        "until": None,
        "cause": None,
        "moved_from": None,
        "moved_to": "2026-02-26",
        "rule": "day_after_event",
        "words": "the day of receipt is not counted",
        "source": "Civil Code 2015, art. 147",
    }


def test_policy_and_cut_off_change_the_count(app: typer.Typer) -> None:
    from_receipt = json.loads(run(app, *FIVE_DAYS_OVER_TET, "--policy", "from_receipt", "--json"))
    assert from_receipt["due_at"] == "2026-02-26T09:00:00+07:00"
    cut_off = json.loads(run(app, "--limit", "same day", "--received", "2026-03-02T15:01+07:00", "--cut-off", "15:00", "--json"))
    assert (cut_off["due_on"], cut_off["policy"]["cut_off"]) == ("2026-03-03", "15:00")


def test_a_moment_with_a_zone_is_that_instant(app: typer.Typer) -> None:
    told = json.loads(run(app, "--limit", "1 hour", "--received", "2026-03-02T02:00:00+00:00", "--json"))
    assert told["due_at"] == "2026-03-02T10:00:00+07:00"


def test_a_procedure_whose_limit_differs_by_case_wants_a_case(app: typer.Typer) -> None:
    with pytest.raises(CaseNeeded, match=r"1\.012783"):
        run(app, "1.012783", "--received", "2026-03-02T09:00+07:00")


def test_a_procedure_with_its_case_gives_the_date(app: typer.Typer) -> None:
    document = json.loads(run(app, "1.012783", "--case", "3", "--received", "2026-03-02T09:00+07:00", "--json"))
    assert (document["procedure"], document["limit"], document["due_on"]) == ("1.012783", "5 working days", "2026-03-09")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--received", "2026-03-02T09:00+07:00"], "either a procedure"),
        (["1.012783", "--limit", "1 hour", "--received", "2026-03-02T09:00+07:00"], "either a procedure"),
        (["--limit", "soon", "--received", "2026-03-02T09:00+07:00"], "not a time limit"),
        (["--limit", "1 hour", "--received", "2026-03-02"], "time of day is missing"),
        (["--limit", "1 hour", "--received", "yesterday at nine"], "no moment of receipt"),
        (["--limit", "1 hour", "--received", "noon"], "Invalid isoformat string"),
        (
            ["--limit", "1 hour", "--received", "2026-03-02T09:00"],
            r"has no zone. Write it with one, for example 2026-03-02T09:00:00\+07:00",
        ),
        (["--limit", "same day", "--received", "2026-03-02T09:00+07:00", "--cut-off", "three"], "no time of day"),
        (["--limit", "1 hour", "--received", "2024-03-02T09:00+07:00"], "does not know the year 2024"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(app: typer.Typer, arguments: list[str], words: str) -> None:
    with pytest.raises(MotcuaError, match=words) as refusal:
        run(app, *arguments)
    assert refusal.value.exit_status == 2


def test_help_shows_an_example(app: typer.Typer) -> None:
    assert "motcua deadline --limit" in run(app, "--help")
