"""Migration over HTTP: looked at first, moved batch by batch, begun again without moving anything twice."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.engine import operators
from motcua.engine.operators import Because
from motcua.engine.store import TaskFilter
from motcua.procedures_catalog.version import ProcedureVersion
from motcua.services.api.application import create_api
from tests.contracts.operator_stories import catalogued, changed
from tests.services.edge import BIRTH, OFFICER, Caller, EdgeBackend, complete_first, edge_backend, open_birth

WHY = {"reason": "mẫu mới theo quyết định", "legal_basis": "Luật Hộ tịch 2014, Điều 28"}


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


@pytest.fixture
def new(backend: EdgeBackend) -> ProcedureVersion:
    return published(backend)


def published(backend: EdgeBackend) -> ProcedureVersion:
    """Another version, in which a task is called otherwise; from then on dossiers are filed under it."""
    version = changed(catalogued(BIRTH), ('"appraise"', '"study"'))
    backend.engine.publish(version)
    return version


def opened(backend: EdgeBackend, number: int) -> list[str]:
    """Dossiers at the task `appraise` of the old version, oldest first."""
    codes = []
    for _ in range(number):
        codes.append(open_birth(backend))
        complete_first(backend, codes[-1], completeness="accept")
        backend.pass_time(minutes=1)
    return codes


def plan(new: ProcedureVersion, **more: Any) -> dict[str, Any]:
    return {"from_version": catalogued(BIRTH).version_id, "to_version": new.version_id, "renamed": {"appraise": "study"}, **more}


def version_of(backend: EdgeBackend, code: str) -> str:
    return backend.store.dossier(code).version_id


def test_a_migration_is_looked_at_and_then_moved_in_batches_with_what_is_left(api: Caller, backend: EdgeBackend) -> None:
    codes = opened(backend, 5)
    new = published(backend)
    looked = api.post("/api/v1/migrations/check", json=plan(new, limit=3)).json()
    assert [each["dossier_code"] for each in looked["dossiers"]] == codes[:3]
    assert {tuple(each["reasons"]) for each in looked["dossiers"]} == {()}
    assert (looked["left"], looked["next"]) == (2, codes[2])
    assert {version_of(backend, code) for code in codes} == {catalogued(BIRTH).version_id}, "nothing has moved"
    first = api.post("/api/v1/migrations/batch", json={**plan(new, limit=2), **WHY}).json()
    assert ([each["dossier_code"] for each in first["dossiers"]], first["left"], first["next"]) == (codes[:2], 3, codes[1])
    second = api.post("/api/v1/migrations/batch", json={**plan(new, limit=2, after=first["next"]), **WHY}).json()
    again = api.post("/api/v1/migrations/batch", json={**plan(new, limit=2, after=first["next"]), **WHY}).json()
    assert [each["dossier_code"] for each in (*second["dossiers"], *again["dossiers"])] == codes[2:], (
        "sent again, nobody moves twice"
    )
    assert (again["left"], again["next"]) == (0, None)
    assert {version_of(backend, code) for code in codes} == {new.version_id}
    for code in codes:
        (event,) = [event for event in backend.store.events(code) if event.kind == "migrated"]
        assert (event.actor, event.facts["reason"], event.facts["legal_basis"]) == (
            "officer.lan",
            WHY["reason"],
            WHY["legal_basis"],
        )


def test_a_migration_that_was_cut_off_is_begun_again_from_the_beginning(
    api: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = opened(backend, 4)
    new = published(backend)
    take_up, moves = backend.engine.take_up, iter(range(10))

    def cut_off(*arguments: Any) -> Any:
        if next(moves) == 2:
            raise KeyError("the process died here")
        return take_up(*arguments)

    monkeypatch.setattr(backend.engine, "take_up", cut_off)
    assert api.post("/api/v1/migrations/batch", json={**plan(new), **WHY}).status_code == 500
    monkeypatch.undo()
    done = api.post("/api/v1/migrations/batch", json={**plan(new), **WHY}).json()
    assert {each["dossier_code"] for each in done["dossiers"]} < set(codes)
    assert {version_of(backend, code) for code in codes} == {new.version_id}
    assert {[event.kind for event in backend.store.events(code)].count("migrated") for code in codes} == {1}


def test_nothing_moves_while_one_cannot_and_the_problem_says_which_and_why(api: Caller, backend: EdgeBackend) -> None:
    codes = opened(backend, 3)
    new = published(backend)
    unmapped = {**plan(new), "renamed": {}}
    looked = api.post("/api/v1/migrations/check", json=unmapped).json()
    assert all('"appraise" has no place' in each["reasons"][0] for each in looked["dossiers"])
    refused = api.post("/api/v1/migrations/batch", json={**unmapped, **WHY, "limit": 1})
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["type"], problem["refused"]) == ("urn:motcua:problem:migration-refused", 3)
    assert set(problem["refusals"]) == set(codes)
    assert {version_of(backend, code) for code in codes} == {catalogued(BIRTH).version_id}
    left = api.post("/api/v1/migrations/batch", json={**unmapped, **WHY, "leave_refused": True}).json()
    assert [bool(each["reasons"]) for each in left["dossiers"]] == [True, True, True]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to_version": "0" * 64}, 404),
        ({"to_version": "short"}, 422),
        ({"to_version": catalogued(BIRTH).version_id}, 422),
        ({"renamed": {"nowhere": "study"}}, 422),
        ({"after": "H05.21-260302-9999"}, 404),
        ({"limit": 0}, 422),
        ({"limit": 501}, 422),
        ({"renamed": {"a": ""}}, 422),
        ({"unknown": 1}, 422),
    ],
)
def test_a_plan_that_cannot_be_right_is_a_problem(
    api: Caller, backend: EdgeBackend, new: ProcedureVersion, change: dict[str, Any], status: int
) -> None:
    for path in ("check", "batch"):
        more = WHY if path == "batch" else {}
        answer = api.post(f"/api/v1/migrations/{path}", json={**plan(new), **more, **change})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_without_a_reason_is_refused(api: Caller, new: ProcedureVersion) -> None:
    assert api.post("/api/v1/migrations/batch", json=plan(new)).status_code == 422
    assert api.post("/api/v1/migrations/batch", json={**plan(new), "reason": " "}).status_code == 422


def test_where_there_is_nothing_to_move_the_answer_is_empty(api: Caller, new: ProcedureVersion) -> None:
    assert api.post("/api/v1/migrations/batch", json={**plan(new), **WHY}).json() == {"dossiers": [], "left": 0, "next": None}


def test_suspended_dossiers_move_and_stay_suspended(api: Caller, backend: EdgeBackend) -> None:
    (code,) = opened(backend, 1)
    operators.suspend(backend.engine, code, "hoa", Because("trùng hồ sơ"))
    new = published(backend)
    assert api.post("/api/v1/migrations/batch", json={**plan(new), **WHY}).json()["dossiers"][0]["reasons"] == []
    assert backend.store.dossier(code).suspension is not None
    assert backend.store.open_tasks(TaskFilter(dossier_code=code))[0].activity_id == "study"
