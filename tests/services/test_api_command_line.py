"""The same acts from the command line: `motcua dossier …` and `motcua verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from motcua.engine.store import TaskFilter, UnknownDossier
from motcua.services.cli import dossier as commands
from motcua.services.cli.dossier import ChainBroken, EntryUnreadable, read_entry_options
from tests.services.edge import BIRTH, COMMUNE, EdgeBackend, complete_first, edge_backend, open_birth

ENTRIES = [
    "-e",
    "child_name=Nguyễn Minh Đức",
    "-e",
    "child_born_on=2026-02-20",
    "-e",
    "child_sex=male",
    "-e",
    "birth_place=Bắc Ninh",
]


class CommandLine:
    """`motcua` on a backend without a database."""

    def __init__(self) -> None:
        self.app = typer.Typer()
        commands.register(self.app)

    def __call__(self, *arguments: str) -> str:
        result = CliRunner().invoke(self.app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> EdgeBackend:
    backend = edge_backend()

    @contextmanager
    def open_app(settings: object) -> Iterator[EdgeBackend]:
        yield backend

    monkeypatch.setattr(commands, "open_app", open_app)
    monkeypatch.setattr(commands, "read_settings", lambda: None)
    return backend


@pytest.fixture
def motcua(backend: EdgeBackend) -> CommandLine:
    return CommandLine()


def test_a_dossier_is_opened_worked_on_and_verified(motcua: CommandLine, backend: EdgeBackend) -> None:
    opened = motcua.json("dossier", "open", BIRTH, "--authority", COMMUNE, "--name", "Nguyễn Thị Lan", *ENTRIES)
    code = opened["code"]
    (task,) = motcua.json("dossier", "tasks", "--dossier", code)
    assert "completeness: accept | decline, required" in motcua("dossier", "tasks", "--dossier", code)
    done = motcua.json("dossier", "complete", task["id"], "-e", "completeness=accept", "--actor", "lan")
    assert done["status"] == "received"
    backend.work()
    assert [each["code"] for each in motcua.json("dossier", "list", "--status", "in_process")] == [code]
    shown = motcua.json("dossier", "show", code)
    assert shown["due"]["due_on"] == shown["dossier"]["due_on"] == "2026-03-02"
    assert [each["kind"] for each in shown["documents"]] == ["receipt_slip"]
    assert motcua.json("verify", code)["holds"] is True


def test_the_words_say_what_the_json_says(motcua: CommandLine, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    shown = motcua("dossier", "show", code, "--english")
    assert f"Dossier:    {code}" in shown
    assert "due on the day of receipt" in shown
    assert "Document:   receipt_slip" in shown
    assert code in motcua("dossier", "list")
    assert "holds: " in motcua("verify", code)


def test_a_message_moves_the_dossier_on_once(motcua: CommandLine, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    complete_first(backend, code, decision="supplement", missing="Giấy chứng sinh")
    for _ in range(2):
        assert "delivered" in motcua("dossier", "message", code, "supplement_received", "--id", "paper-117", "--actor", "lan")
    assert backend.store.dossier(code).status == "in_process"
    assert len(backend.store.messages(code)) == 1


def test_an_altered_history_fails_the_verification(
    motcua: CommandLine, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_birth(backend)
    events = [event for event in backend.store.events(code) if event.seq != 2]
    monkeypatch.setattr(backend.store, "events", lambda code: events)
    with pytest.raises(ChainBroken, match="event 3") as broken:
        motcua("verify", code)
    assert broken.value.exit_status == 1


def test_what_does_not_exist_is_said_by_the_error_of_the_engine(motcua: CommandLine) -> None:
    with pytest.raises(UnknownDossier):
        motcua("dossier", "show", "H05.21-260302-9999")


def test_nothing_is_saved_by_a_form_with_mistakes(motcua: CommandLine, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    with pytest.raises(Exception, match="completeness"):
        motcua("dossier", "complete", task.id, "--actor", "lan")
    assert backend.store.dossier(code).status == "filed"


@pytest.mark.parametrize("options", [["no-equals"], ["=value"], ["a=1", "a=2"]])
def test_an_entry_is_a_name_and_a_value_once(options: list[str]) -> None:
    with pytest.raises(EntryUnreadable):
        read_entry_options(options)


@given(name=st.text(min_size=1).filter(lambda text: "=" not in text), value=st.text())
def test_a_value_may_hold_anything_even_an_equals_sign(name: str, value: str) -> None:
    assert read_entry_options([f"{name}={value}"]) == {name: value}


@pytest.mark.parametrize(
    "command", [["dossier", each] for each in ("open", "list", "show", "tasks", "complete", "message")] + [["verify"]]
)
def test_every_command_has_an_example_in_its_help(motcua: CommandLine, command: list[str]) -> None:
    assert "Example: motcua" in motcua(*command, "--help")
