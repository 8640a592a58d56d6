"""Dossiers over HTTP: open, list, show, the due date explained, the history verified, documents, service calls, messages."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response, status

from motcua.engine.dossier import Status
from motcua.engine.event_log import Event, verify
from motcua.engine.store import DossierFilter
from motcua.services.api.actors import Acting
from motcua.services.api.backend import TheBackend
from motcua.services.api.documents import download, find_document
from motcua.services.api.due_view import due_view
from motcua.services.api.filing import file_application
from motcua.services.api.identifiers import DocumentId, DossierCode, IdempotencyKey, MessageId
from motcua.services.api.shapes import (
    ApplicationTaken,
    CallGiven,
    DocumentGiven,
    DossierGiven,
    DueGiven,
    EventGiven,
    HistoryGiven,
    MessageGiven,
    MessageTaken,
    VerificationGiven,
)

router = APIRouter(prefix="/api/v1/dossiers", tags=["dossiers"])

Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("", status_code=status.HTTP_201_CREATED, response_model=DossierGiven, responses={200: {"model": DossierGiven}})
def open_dossier(
    application: ApplicationTaken, response: Response, backend: TheBackend, actor: Acting, idempotency_key: IdempotencyKey = None
) -> DossierGiven:
    """File an application. With an Idempotency-Key, a request sent again answers the dossier that it opened (200, not 201)."""
    dossier, is_new = file_application(backend, application, actor, idempotency_key)
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    response.headers["Location"] = f"/api/v1/dossiers/{dossier.code}"
    return DossierGiven.model_validate(dossier)


@router.get("", response_model=list[DossierGiven])
def list_dossiers(
    backend: TheBackend,
    actor: Acting,
    authority: Annotated[str | None, Query(max_length=40)] = None,
    procedure: Annotated[str | None, Query(max_length=40)] = None,
    status: Status | None = None,
    limit: Limit = 100,
) -> list[DossierGiven]:
    """The newest dossiers first."""
    found = backend.store.dossiers(DossierFilter(authority, procedure, status, limit))
    return [DossierGiven.model_validate(dossier) for dossier in found]


@router.get("/{code}", response_model=DossierGiven)
def show_dossier(code: DossierCode, backend: TheBackend, actor: Acting) -> DossierGiven:
    """One dossier as it stands after its latest command."""
    return DossierGiven.model_validate(backend.store.dossier(code))


@router.get("/{code}/due", response_model=DueGiven)
def explain_due_date(code: DossierCode, backend: TheBackend, actor: Acting, language: Literal["vi", "en"] = "vi") -> DueGiven:
    """The due date, day by day: which days were counted, which were not and why, what moved it, under which rule."""
    return due_view(backend, backend.store.dossier(code), language)


@router.get("/{code}/events", response_model=HistoryGiven)
def show_history(code: DossierCode, backend: TheBackend, actor: Acting) -> HistoryGiven:
    """Everything that happened, oldest first, and whether the hash chain holds."""
    events = backend.store.events(code)
    return HistoryGiven(
        dossier_code=code,
        verification=VerificationGiven.model_validate(verify(events)),
        events=[_event(event) for event in events],
    )


@router.get("/{code}/documents", response_model=list[DocumentGiven])
def list_documents(code: DossierCode, backend: TheBackend, actor: Acting) -> list[DocumentGiven]:
    """The papers and results of a dossier, oldest first."""
    return [DocumentGiven.model_validate(document) for document in backend.store.documents(code)]


@router.get("/{code}/documents/{document_id}", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
def download_document(code: DossierCode, document_id: DocumentId, backend: TheBackend, actor: Acting) -> Response:
    """The bytes, as an attachment."""
    record = find_document(backend.store, code, document_id)
    return download(record, backend.blobs.get(record.sha256))


@router.get("/{code}/calls", response_model=list[CallGiven])
def list_calls(code: DossierCode, backend: TheBackend, actor: Acting) -> list[CallGiven]:
    """The calls of outside systems, with where each stands."""
    return [CallGiven.model_validate(call) for call in backend.store.calls(code)]


@router.put("/{code}/messages/{message_id}", response_model=MessageGiven)
def deliver_message(
    code: DossierCode, message_id: MessageId, message: MessageTaken, backend: TheBackend, actor: Acting
) -> MessageGiven:
    """Bring a message to whatever waits for it, or have it kept for what will. The same id twice is one message."""
    record = backend.engine.deliver_message(code, message.name, message.payload, message_id, actor)
    return MessageGiven.model_validate(record)


def _event(event: Event) -> EventGiven:
    return EventGiven(
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        actor=event.actor,
        facts=event.facts,
        content=None if event.content is None else dict(event.content),
        content_erased=event.content is None and event.content_digest is not None,
        digest=event.digest.hex(),
        previous=event.previous.hex(),
    )
