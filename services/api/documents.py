"""A document as a download that no browser will ever run."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from fastapi.responses import Response

from motcua.engine.dossier import DocumentRecord
from motcua.engine.store import Store
from motcua.errors import NotFound

# Shown to the receiver as what they are; everything else is plain bytes.
KNOWN_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain", "application/xml"})


class UnknownDocument(NotFound):
    def __init__(self, code: str, document_id: str) -> None:
        super().__init__(f'Dossier {code} has no document "{document_id}".', code=code, document_id=document_id)


def find_document(store: Store, code: str, document_id: str) -> DocumentRecord:
    """A document of that dossier and of no other. Raises UnknownDossier or UnknownDocument."""
    for document in store.documents(code):
        if document.id == document_id:
            return document
    raise UnknownDocument(code, document_id)


def download(record: DocumentRecord, content: bytes) -> Response:
    """The bytes as an attachment, under a name without paths or control characters."""
    media_type = record.media_type if record.media_type in KNOWN_TYPES else "application/octet-stream"
    name = _file_name(record.name)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()) or "document"
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "ETag": f'"{record.sha256}"',
        },
    )


def _file_name(name: str) -> str:
    kept = "".join(" " if character in '/\\:*?"<>|' or not character.isprintable() else character for character in name)
    return kept.strip(" .")[:150] or "document"
