"""The signing connector: initials, signature and seal on the latest document of a kind, each once.

The name of the signature's field is made from the role and the call's idempotency key. A second attempt finds the field and
gives the document back as it stands; so nobody signs twice, whatever crashed in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from motcua.engine.connectors import Blobs, Connector, Done, NewDocument, Operation, Outcome, ServiceCall, TechnicalFailure
from motcua.engine.dossier import DocumentRecord
from motcua.errors import MotcuaError
from motcua.services.connectors.documents.letterhead import Letterhead, Letterheads, letterhead_from_code
from motcua.services.connectors.documents.places import SIGNATURE_WIDTH, NumberedField, field_name
from motcua.services.connectors.documents.wording import local_day, month_number, two_digit_day
from motcua.services.connectors.signing import pictures
from motcua.services.connectors.signing.authority import DevelopmentAuthority, Identities
from motcua.services.connectors.signing.pdf import Box, SignedDocument, Signing, sign
from motcua.services.connectors.signing.placement import SEALER, SIGNERS, seal_box, signature_box, title_of

OPERATIONS: tuple[Operation, ...] = (
    Operation("signing.sign", inputs={"signer": True, "kind": False}, outputs=("document", "signatures"), lane="signing"),
    Operation("signing.seal", inputs={"kind": False, "number": False}, outputs=("document", "signatures"), lane="signing"),
)


class NothingToSign(TechnicalFailure):
    """The document that should be signed is not there, or cannot be signed as it stands; an operator decides."""


class SignerUnknown(TechnicalFailure):
    """A model names a signer for whom there is neither a certificate nor a place on the page."""


class SigningConnector:
    """Signs and seals. Safe to call from several threads; calls of one dossier are kept in order by the lane."""

    def __init__(self, blobs: Blobs, identities: Identities, letterheads: Letterheads = letterhead_from_code) -> None:
        self._blobs = blobs
        self._identities = identities
        self._letterheads = letterheads

    def call(self, call: ServiceCall) -> Outcome:
        """Raises NothingToSign, SignerUnknown or another TechnicalFailure; there are no business failures."""
        if call.operation not in {operation.name for operation in OPERATIONS}:
            raise TechnicalFailure(
                f"{call.operation} is no operation of the signing connector; correct the model.", operation=call.operation
            )
        signer = SEALER if call.operation == "signing.seal" else _signer(call)
        record = _latest(call)
        try:
            content = self._blobs.get(record.sha256)
            document = SignedDocument(content)
            field = f"{signer}-{hashlib.sha256(call.key.encode()).hexdigest()[:16]}"
            signatures = len(document.signatures)
            if field not in document.signatures:
                content = sign(content, self._prepare(call, document, signer, field))
                signatures += 1
        except TechnicalFailure:
            raise
        except MotcuaError as cause:
            raise NothingToSign(
                f"The {record.kind} of dossier {call.dossier.code} cannot be signed: {cause}",
                dossier_code=call.dossier.code,
                document_kind=record.kind,
            ) from cause
        return Done(
            outputs={"document": hashlib.sha256(content).hexdigest(), "signatures": signatures},
            documents=(NewDocument(record.kind, record.name, record.media_type, content),),
        )

    def _prepare(self, call: ServiceCall, document: SignedDocument, signer: str, field: str) -> Signing:
        letterhead = self._letterheads(call.dossier.authority_code)
        box = seal_box(document) if signer == SEALER else signature_box(document, SIGNERS[signer])
        if box is None:
            raise NothingToSign(
                f"The document of dossier {call.dossier.code} bears no signature yet, and no unsigned paper is sealed; "
                "have it signed first.",
                dossier_code=call.dossier.code,
            )
        return Signing(
            field=field,
            box=box,
            picture=_picture(signer, box, letterhead, call.now),
            identity=self._identities.identity(call.dossier.authority_code, signer, call.now),
            at=call.now,
            reason=_reason(signer),
            place_name=letterhead.place,
            filled=_number_and_date(call, document) if signer == SEALER else {},
            locked=tuple(field_name(field) for field in NumberedField) if signer == SEALER else (),
        )


def build(blobs: Blobs, pki_folder: Path, now: datetime, letterheads: Letterheads = letterhead_from_code) -> dict[str, Connector]:
    """Operation name → connector, with the development authority in `pki_folder`, which is founded at `now` if it is not there."""
    connector = SigningConnector(blobs, DevelopmentAuthority(pki_folder, now), letterheads)
    return {operation.name: connector for operation in OPERATIONS}


def _signer(call: ServiceCall) -> str:
    signer = call.inputs.get("signer")
    if not isinstance(signer, str) or signer not in SIGNERS:
        raise SignerUnknown(
            f'{call.operation} of dossier {call.dossier.code}: "{signer}" cannot sign; name one of {", ".join(SIGNERS)}.',
            signer=signer,
        )
    return signer


def _latest(call: ServiceCall) -> DocumentRecord:
    kind = call.inputs.get("kind") or "result"
    # Python's max keeps the first of equals, and the later one of the same instant is wanted.
    of_kind = [document for document in reversed(call.documents) if document.kind == kind]
    if not of_kind:
        raise NothingToSign(
            f'Dossier {call.dossier.code} has no document of the kind "{kind}" to sign; draft or upload it, then try again.',
            dossier_code=call.dossier.code,
            document_kind=kind,
        )
    return max(of_kind, key=lambda document: document.created_at)


def _reason(signer: str) -> str:
    return "Đóng dấu cơ quan" if signer == SEALER else f"Ký: {title_of(signer)}"


def _picture(signer: str, box: Box, letterhead: Letterhead, at: datetime) -> bytes:
    if signer == SEALER:
        return pictures.seal(letterhead.authority, at)
    if box.right - box.left >= SIGNATURE_WIDTH - 1:
        return pictures.signature(title_of(signer), letterhead.authority, at)
    return pictures.initials(title_of(signer), at)


def _number_and_date(call: ServiceCall, document: SignedDocument) -> Mapping[str, tuple[str, bytes]]:
    """What the clerk writes where the form has room for it. What a seal has closed stays as it is."""
    number = str(call.inputs.get("number") or "")
    rooms = {field: room for field in NumberedField if (room := document.text_field(field_name(field))) is not None}
    if any(name.startswith(SEALER) for name in document.signatures):
        given = rooms[NumberedField.NUMBER].value if NumberedField.NUMBER in rooms else ""
        if number not in ("", given):
            raise NothingToSign(
                f'The document of dossier {call.dossier.code} was sealed with the number "{given}", so it cannot get "{number}"; '
                "a sealed paper is never changed: draft it anew.",
                dossier_code=call.dossier.code,
            )
        return {}
    day = local_day(call.now)
    values = {
        NumberedField.NUMBER: number,
        NumberedField.DAY: two_digit_day(day),
        NumberedField.MONTH: month_number(day),
        NumberedField.YEAR: str(day.year),
    }
    return {
        field_name(field): (values[field], _field_picture(field, values[field], room.box))
        for field, room in rooms.items()
        if values[field]
    }


def _field_picture(field: NumberedField, value: str, box: Box) -> bytes:
    return pictures.field_text(value, box.right - box.left, box.top - box.bottom, italic=field is not NumberedField.NUMBER)
