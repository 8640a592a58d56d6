"""The officers' pages: the work list, a task with its form, and a dossier with its history, due date and diagrams."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from motcua.engine import drafts
from motcua.engine.dossier import CallState, Draft, OpenTask
from motcua.engine.drafts import DraftConflict
from motcua.engine.event_log import verify
from motcua.engine.forms import FormRefused
from motcua.engine.store import TaskFilter
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.documents import download, find_document
from motcua.services.api.due_view import due_view
from motcua.services.api.identifiers import DocumentId, DossierCode, TaskId
from motcua.services.api.reports import control_slip_of
from motcua.services.web.form_posts import PREFIX, FormUnreadable, Posted, entries_of
from motcua.services.web.rendering import page, query_of
from motcua.services.web.visitors import Visiting
from motcua.services.web.whereabouts import Whereabouts, model_of, whereabouts

router = APIRouter()

LISTED = 200
Filter = Annotated[str, Query(max_length=100)]


@router.get("/work")
def work_list(
    request: Request,
    backend: TheBackend,
    actor: Visiting,
    authority: Filter = "",
    tier: Filter = "",
    role: Filter = "",
    assignee: Filter = "",
) -> Response:
    """The open tasks, the one that waits longest first."""
    wanted = TaskFilter(authority or None, tier or None, role or None, assignee or None, limit=LISTED)
    tasks = backend.store.open_tasks(wanted)
    return page(
        request,
        "work.html",
        tasks=tasks,
        dossiers={task.dossier_code: backend.store.dossier(task.dossier_code) for task in tasks},
        authorities=backend.catalog.authorities,
        wanted=wanted,
        listed=LISTED,
        now=backend.clock.now(),
        filters=query_of(authority=authority, tier=tier, role=role, assignee=assignee),
    )


@router.get("/work/{task_id}")
def task_form(
    request: Request, task_id: TaskId, backend: TheBackend, actor: Visiting, saved: Annotated[str, Query(max_length=1)] = ""
) -> Response:
    """One task with its form, and in it what was saved as a draft."""
    return _task_page(request, backend, backend.store.task(task_id), saved=bool(saved))


@router.post("/work/{task_id}")
def complete_task(request: Request, task_id: TaskId, backend: TheBackend, actor: Visiting, fields: Posted) -> Response:
    """Hand in the form; with mistakes in it, the page comes back with what was entered and each mistake at its field."""
    task = backend.store.task(task_id)
    try:
        backend.engine.complete_task(task_id, entries_of(fields, task.form), actor)
    except FormRefused as refusal:
        entered = {name.removeprefix(PREFIX): text for name, text in fields.items() if name.startswith(PREFIX)}
        return _task_page(request, backend, task, status=422, entered=entered, problems=refusal.facts["fields"])
    return RedirectResponse(f"/dossiers/{task.dossier_code}?done={task.activity_id}", 303)


@router.post("/work/{task_id}/draft")
def save_draft(request: Request, task_id: TaskId, backend: TheBackend, actor: Visiting, fields: Posted) -> Response:
    """Keep what is in the form; where somebody saved meanwhile, or it cannot be kept, the page comes back with what was entered."""
    task = backend.store.task(task_id)
    entered = {name.removeprefix(PREFIX): text for name, text in fields.items() if name.startswith(PREFIX)}
    revision = fields.get("draft_revision", "")
    if re.fullmatch(r"[0-9]{1,9}", revision) is None:
        raise FormUnreadable("Không đọc được biểu mẫu. Hãy tải lại trang và gửi lại.")
    try:
        drafts.save_draft(backend.engine, task_id, entries_of(fields, task.form), int(revision), actor)
    except FormRefused as refusal:
        return _task_page(request, backend, task, status=422, entered=entered, problems=refusal.facts["fields"])
    except DraftConflict:
        return _task_page(request, backend, backend.store.task(task_id), status=409, entered=entered, conflict=True)
    return RedirectResponse(f"/work/{task_id}?saved=1", 303)


@router.post("/work/{task_id}/claim")
def claim_task(task_id: TaskId, backend: TheBackend, actor: Visiting, fields: Posted) -> Response:
    """Take the task."""
    backend.engine.claim(task_id, actor)
    return RedirectResponse(f"/work/{task_id}", 303)


@router.get("/dossiers/{code}")
def dossier(
    request: Request, code: DossierCode, backend: TheBackend, actor: Visiting, done: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Everything about a dossier on one page."""
    found = backend.store.dossier(code)
    return _dossier_page(request, backend, found.code, done=done)


@router.post("/dossiers/{code}/messages")
def record_message(request: Request, code: DossierCode, backend: TheBackend, actor: Visiting, fields: Posted) -> Response:
    """Record what came in at the desk: supplements, a wish to withdraw. The page's own id makes a double click one message."""
    name, message_id = fields.get("message", ""), fields.get("message_id", "")
    awaited = next((each for each in _whereabouts(backend, code).awaited if each.message == name), None)
    form = [] if awaited is None else [{"name": field.name, "type": field.type} for field in awaited.payload]
    try:
        backend.engine.deliver_message(code, name, entries_of(fields, form), message_id or secrets.token_urlsafe(16), actor)
    except FormRefused as refusal:
        return _dossier_page(request, backend, code, status=422, problem=str(refusal))
    return RedirectResponse(f"/dossiers/{code}", 303)


@router.get("/dossiers/{code}/documents/{document_id}")
def document(code: DossierCode, document_id: DocumentId, backend: TheBackend, actor: Visiting) -> Response:
    """A document as a download."""
    record = find_document(backend.store, code, document_id)
    return download(record, backend.blobs.get(record.sha256))


@router.get("/dossiers/{code}/forms/control-slip")
def control_slip(code: DossierCode, backend: TheBackend, actor: Visiting) -> Response:
    """The control slip as a download."""
    return control_slip_of(backend, code)


@router.get("/dossiers/{code}/model/{part}")
def model(
    code: DossierCode, part: Annotated[str, Path(max_length=100, pattern=r"^\w+$")], backend: TheBackend, actor: Visiting
) -> Response:
    """The diagram of the version that the dossier runs under."""
    content = model_of(backend, backend.store.dossier(code), part)
    return Response(content, media_type="application/xml", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


def typed_of(draft: Draft | None) -> dict[str, str]:
    """A draft's entries as the form's fields hold them."""
    entries = {} if draft is None else draft.entries
    return {name: str(entry).lower() if isinstance(entry, bool) else str(entry) for name, entry in entries.items()}


def _whereabouts(backend: Backend, code: str) -> Whereabouts:
    return whereabouts(backend, backend.store.dossier(code), tuple(backend.store.events(code)))


def _task_page(
    request: Request,
    backend: Backend,
    task: OpenTask,
    status: int = 200,
    entered: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    conflict: bool = False,
    saved: bool = False,
) -> Response:
    found = backend.store.dossier(task.dossier_code)
    return page(
        request,
        "task.html",
        status,
        task=task,
        dossier=found,
        procedure_name=backend.engine.procedures.get(found.version_id).procedure.name,
        authorities=backend.catalog.authorities,
        prefix=PREFIX,
        labels={field["name"]: field["label"] for field in task.form},
        entered=typed_of(task.draft) if entered is None else entered,
        draft=task.draft,
        conflict=conflict,
        saved=saved,
        problems=problems or {},
        now=backend.clock.now(),
    )


def _dossier_page(request: Request, backend: Backend, code: str, status: int = 200, done: str = "", problem: str = "") -> Response:
    found = backend.store.dossier(code)
    events = tuple(backend.store.events(code))
    standing = whereabouts(backend, found, events)
    calls = backend.store.calls(code)
    return page(
        request,
        "dossier.html",
        status,
        dossier=found,
        procedure_name=backend.engine.procedures.get(found.version_id).procedure.name,
        authorities=backend.catalog.authorities,
        due=due_view(backend, found, "vi"),
        events=events,
        verification=verify(events),
        standing=standing,
        tasks=backend.store.open_tasks(TaskFilter(dossier_code=code)),
        documents=backend.store.documents(code),
        calls=calls,
        incidents=[call for call in calls if call.state is CallState.INCIDENT],
        receipts=backend.store.receipts(code),
        prefix=PREFIX,
        message_id=secrets.token_urlsafe(16),
        just_done=standing.activities.get(done, ""),
        problem=problem,
        now=backend.clock.now(),
    )
