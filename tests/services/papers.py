"""A dossier, calls about it, and what a person reads on the paper that comes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

from pypdf import PdfReader

from motcua.engine.connectors import Blobs, Connector, Done, NewDocument, ServiceCall
from motcua.engine.dossier import Applicant, Channel, DocumentRecord, Dossier, Promise, Status
from motcua.engine.values import Value
from motcua.services.connectors.documents import Letterhead

RECEIVED_AT = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)  # 08:15 in Vietnam
PROMISED_AT = datetime(2026, 3, 23, 10, 0, tzinfo=UTC)  # 17:00
NOW = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)

DOSSIER = Dossier(
    code="H05.12-260302-0017",
    procedure_code="1.012783",
    version_id="v1",
    authority_code="H05.12",
    tier="province",
    channel=Channel.ONLINE,
    applicant=Applicant(
        name="Nguyễn Thị Phượng",
        identifier="027185001234",
        phone="0912345678",
        email="phuong@example.vn",
        address="Tổ dân phố Đồng Quỳnh, phường Kinh Bắc",
    ),
    case=None,
    status=Status.RECEIVED,
    filed_at=RECEIVED_AT,
    received_at=RECEIVED_AT,
    limit="15 working days",
    due_at=PROMISED_AT,
    promises=(Promise(PROMISED_AT, RECEIVED_AT, "receipt_slip"),),
)

LETTERHEAD = Letterhead(
    authority="Sở Nông nghiệp và Môi trường",
    parent="Ủy ban nhân dân tỉnh Bắc Ninh",
    desk="Trung tâm Phục vụ hành chính công",
    place="Bắc Ninh",
    head="Giám đốc",
    contact="0222 3888 888",
)


def call(
    operation: str, *, key: str = "key-1", dossier: Dossier = DOSSIER, documents: tuple[DocumentRecord, ...] = (), **inputs: Value
) -> ServiceCall:
    return ServiceCall(key, operation, inputs, dossier, "Cấp đổi Giấy chứng nhận quyền sử dụng đất", documents, 1, NOW)


def made_by(connectors: dict[str, Connector], asked: ServiceCall) -> NewDocument:
    """The one document of a call that succeeds."""
    outcome = connectors[asked.operation].call(asked)
    assert isinstance(outcome, Done)
    [document] = outcome.documents
    return document


def recorded(blobs: Blobs, document: NewDocument, *, made_by: str, minute: int = 0) -> DocumentRecord:
    """The document as the store would keep it."""
    return DocumentRecord(
        id=f"{made_by}-{minute}",
        dossier_code=DOSSIER.code,
        kind=document.kind,
        name=document.name,
        media_type=document.media_type,
        sha256=blobs.put(document.content),
        size_bytes=len(document.content),
        created_at=NOW + timedelta(minutes=minute),
        made_by=made_by,
    )


def text_of(content: bytes) -> str:
    """The words of all pages, with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def without_limit(reason: str) -> Dossier:
    return replace(DOSSIER, limit=None, limit_unknown_because=reason, due_at=None, promises=())
