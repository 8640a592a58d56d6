"""Operators over HTTP and on the command line: every act has an author and a reason, and refusals say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from motcua.engine.migration import MigrationRefused, PlanRefused
from motcua.engine.operators import MoveRefused, ReasonMissing
from motcua.engine.store import TaskFilter
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import build_closure
from motcua.services.api.application import create_api
from motcua.services.cli import operator as commands
from motcua.services.cli.operator import MappingUnreadable, VersionOfAnother
from tests.services.edge import BIRTH, OFFICER, Caller, EdgeBackend, complete_first, edge_backend, open_birth

WHY = {"reason": "đối chiếu giấy chứng sinh", "legal_basis": "Luật Hộ tịch 2014, Điều 28"}


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


def last_event(api: Caller, code: str, kind: str) -> dict[str, Any]:
    events: list[dict[str, Any]] = api.get(f"/api/v1/dossiers/{code}/events").json()["events"]
    return [event for event in events if event["kind"] == kind][-1]


def test_a_suspended_dossier_says_so_and_its_task_is_refused_until_it_is_resumed(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    suspended = api.post(f"/api/v1/dossiers/{code}/suspend", json=WHY).json()
    assert suspended["suspension"] == {"since": "2026-03-02T01:00:00Z", "by": "officer.lan", "reason": WHY["reason"]}
    (task,) = backend.store.open_tasks(TaskFilter(dossier_code=code))
    refused = api.post(f"/api/v1/tasks/{task.id}/complete", json={"entries": {"completeness": "accept"}})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:motcua:problem:dossier-suspended"
    assert refused.json()["reason"] == WHY["reason"]
    assert api.post(f"/api/v1/dossiers/{code}/resume", json=WHY).json()["suspension"] is None
    assert last_event(api, code, "resumed")["facts"]["legal_basis"] == WHY["legal_basis"]


def test_a_correction_stands_in_the_history_with_the_old_value_as_personal_content(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    answer = api.post(f"/api/v1/dossiers/{code}/corrections", json={**WHY, "entries": {"child_born_on": "2026-02-21"}})
    assert answer.status_code == 200
    event = last_event(api, code, "data_corrected")
    assert event["actor"] == "officer.lan"
    assert event["content"]["old"] == {"child_born_on": {"$date": "2026-02-20"}}
    assert event["content"]["new"] == {"child_born_on": {"$date": "2026-02-21"}}
    unknown = api.post(f"/api/v1/dossiers/{code}/corrections", json={**WHY, "entries": {"status": "x"}})
    assert (unknown.status_code, list(unknown.json()["fields"])) == (422, ["status"])


def test_a_token_is_moved_to_where_the_list_of_tokens_says_it_may_stand(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    tokens = api.get(f"/api/v1/dossiers/{code}/tokens").json()
    (token,) = (each for each in tokens if each["waits_for"] == "person")
    assert token["node_id"] == "appraise"
    answer = api.post(f"/api/v1/dossiers/{code}/tokens/{token['id']}/move", json={**WHY, "to": "nowhere"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:motcua:problem:move-refused")
    assert api.post(f"/api/v1/dossiers/{code}/tokens/{token['id']}/move", json={**WHY, "to": "appraise"}).status_code == 200
    assert last_event(api, code, "token_moved")["facts"]["to"] == "appraise"


@pytest.mark.parametrize("act", ["suspend", "resume", "corrections"])
def test_no_act_goes_without_a_reason_or_an_author(api: Caller, backend: EdgeBackend, act: str) -> None:
    code = open_birth(backend)
    entries = {"entries": {"child_name": "An"}} if act == "corrections" else {}
    for reason in ({}, {"reason": ""}, {"reason": "  "}):
        assert api.post(f"/api/v1/dossiers/{code}/{act}", json={**entries, **reason}).status_code == 422
    assert api.post(f"/api/v1/dossiers/{code}/{act}", json={**entries, **WHY}, headers={"X-Actor": ""}).status_code == 401


class CommandLine:
    """`motcua` on a backend without a database."""

    def __init__(self) -> None:
        self.app = typer.Typer()
        commands.register(self.app)

        @self.app.command("other")
        def other() -> None:
            """A second command, so that the first keeps its name."""

    def __call__(self, *arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(self.app, ["operator", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result.stdout


@pytest.fixture
def motcua(backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    @contextmanager
    def open_app(settings: object) -> Iterator[EdgeBackend]:
        yield backend

    monkeypatch.setattr(commands, "open_app", open_app)
    monkeypatch.setattr(commands, "read_settings", lambda: None)
    return CommandLine()


def test_an_incident_is_listed_and_tried_again_with_a_reason(motcua: CommandLine, backend: EdgeBackend) -> None:
    assert motcua("incidents") == "No incident.\n"
    backend.outside.down.add("documents.receipt_slip")
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    for _ in range(8):
        backend.pass_time(hours=3)
        backend.work()
    (incident,) = json.loads(motcua("incidents", "--json"))
    assert "documents.receipt_slip does not answer" in motcua("incidents")
    with pytest.raises(ReasonMissing):
        motcua("retry", incident["key"], "--dossier", code, "--reason", " ")
    backend.outside.down.clear()
    motcua("retry", incident["key"], "--dossier", code, "--reason", "máy in đã sửa", "--actor", "hoa")
    backend.work()
    assert motcua("incidents") == "No incident.\n"


def test_that_nothing_is_stuck_is_said(motcua: CommandLine, backend: EdgeBackend) -> None:
    open_birth(backend)
    assert motcua("stuck") == "No dossier is stuck.\n"
    assert json.loads(motcua("stuck", "--json")) == []


def test_data_is_corrected_and_a_token_moved_from_the_command_line(motcua: CommandLine, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    reason = ("--reason", "đọc nhầm", "--actor", "hoa")
    assert motcua("correct", code, "-e", "child_name=Nguyễn Minh Đăng", *reason) == f"Corrected in {code}: child_name.\n"
    (token,) = (each for each in json.loads(motcua("tokens", code, "--json")) if each["waits_for"] == "person")
    assert token["id"] in motcua("tokens", code)
    with pytest.raises(MoveRefused):
        motcua("move", code, token["id"], "start", *reason)
    motcua("move", code, token["id"], "appraise", *reason)
    assert motcua("suspend", code, *reason) == f"{code} is suspended.\n"
    assert json.loads(motcua("resume", code, *reason, "--json"))["suspension"] is None
    kinds = [event.kind for event in backend.store.events(code) if event.actor == "hoa"]
    assert kinds == ["data_corrected", "token_moved", "task_cancelled", "task_opened", "suspended", "resumed"]


def test_a_migration_is_tried_dry_then_done_and_tells_what_was_left(motcua: CommandLine, backend: EdgeBackend) -> None:
    stuck, free = open_birth(backend), open_birth(backend)
    complete_first(backend, stuck, completeness="accept")
    (old,) = load_catalog().versions(BIRTH)
    text = old.model.decode().replace('"appraise"', '"register"')
    new = build_closure(BIRTH, text.encode(), old.shared, old.register, in_force_from=old.in_force_from)
    backend.engine.publish(new)
    versions = ("--from", old.version_id, "--to", new.version_id, "--reason", "mẫu mới", "--actor", "hoa")
    dry = json.loads(motcua("migrate", BIRTH, *versions, "--dry-run", "--json", exit_code=1))
    assert dry["movable"] == [free]
    assert "has no place" in dry["refused"][stuck][0]
    with pytest.raises(MigrationRefused):
        motcua("migrate", BIRTH, *versions)
    told = motcua("migrate", BIRTH, *versions, "--leave-refused", exit_code=1)
    assert told.endswith("1 of 2 dossiers were moved.\n")
    done = json.loads(motcua("migrate", BIRTH, *versions, "--map", "appraise=register", "--json"))
    assert (done["moved"], done["refused"]) == ([stuck], {})
    assert {backend.store.dossier(code).version_id for code in (stuck, free)} == {new.version_id}


def test_a_mapping_or_a_plan_that_cannot_be_right_is_refused(motcua: CommandLine, backend: EdgeBackend) -> None:
    (version,) = load_catalog().versions(BIRTH)
    versions = ("--from", version.version_id, "--to", version.version_id, "--reason", "x")
    with pytest.raises(PlanRefused):
        motcua("migrate", BIRTH, *versions)
    with pytest.raises(VersionOfAnother):
        motcua("migrate", "1.000828", *versions)
    for mapping in (["--map", "a"], ["--map", "=b"], ["--map", "a=b", "--map", "a=c"]):
        with pytest.raises(MappingUnreadable):
            motcua("migrate", BIRTH, *versions, *mapping)
