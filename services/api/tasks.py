"""The work list over HTTP: what waits for whom; claim, delegate, complete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from motcua.engine import drafts
from motcua.engine.dossier import OpenTask
from motcua.engine.store import TaskFilter
from motcua.services.api.actors import Acting, read_actor
from motcua.services.api.backend import TheBackend
from motcua.services.api.identifiers import TaskId
from motcua.services.api.shapes import DelegationTaken, DossierGiven, DraftGiven, DraftTaken, EntriesTaken, TaskGiven

router = APIRouter(prefix="/api/v1/tasks", tags=["work list"])

Filter = Annotated[str | None, Query(max_length=100)]


@router.get("", response_model=list[TaskGiven])
def list_tasks(
    backend: TheBackend,
    actor: Acting,
    authority: Filter = None,
    tier: Filter = None,
    role: Filter = None,
    assignee: Filter = None,
    dossier: Filter = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[TaskGiven]:
    """The open tasks, the one that waits longest first."""
    found = backend.store.open_tasks(TaskFilter(authority, tier, role, assignee, dossier, limit))
    return [TaskGiven.model_validate(task) for task in found]


@router.get("/{task_id}", response_model=TaskGiven)
def show_task(task_id: TaskId, backend: TheBackend, actor: Acting) -> TaskGiven:
    """An open task with its form."""
    return TaskGiven.model_validate(backend.store.task(task_id))


@router.post("/{task_id}/claim", response_model=TaskGiven)
def claim_task(task_id: TaskId, backend: TheBackend, actor: Acting) -> TaskGiven:
    """Take an unassigned task."""
    return TaskGiven.model_validate(backend.engine.claim(task_id, actor))


@router.post("/{task_id}/delegate", response_model=TaskGiven)
def delegate_task(task_id: TaskId, delegation: DelegationTaken, backend: TheBackend, actor: Acting) -> TaskGiven:
    """Give a task to somebody else; who gave it stays on the task."""
    return TaskGiven.model_validate(backend.engine.delegate(task_id, read_actor(delegation.to), actor))


@router.get("/{task_id}/draft", response_model=DraftGiven)
def show_draft(task_id: TaskId, backend: TheBackend, actor: Acting) -> DraftGiven:
    """What was entered so far."""
    return _draft(backend.store.task(task_id))


@router.put("/{task_id}/draft", response_model=DraftGiven)
def save_draft(task_id: TaskId, draft: DraftTaken, backend: TheBackend, actor: Acting) -> DraftGiven:
    """Keep what is in the form, complete or not; it is erased when the task is completed. 409 if somebody saved meanwhile."""
    return _draft(drafts.save_draft(backend.engine, task_id, draft.entries, draft.revision, actor))


def _draft(task: OpenTask) -> DraftGiven:
    if task.draft is None:
        return DraftGiven(entries={}, revision=0, saved_by=None, saved_at=None)
    return DraftGiven.model_validate(task.draft)


@router.post("/{task_id}/complete", response_model=DossierGiven)
def complete_task(task_id: TaskId, form: EntriesTaken, backend: TheBackend, actor: Acting) -> DossierGiven:
    """Hand in the task's form. The answer is the dossier afterwards."""
    return DossierGiven.model_validate(backend.engine.complete_task(task_id, form.entries, actor))
