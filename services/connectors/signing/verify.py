"""Judges the signatures of a PDF, each on its own, so that one damaged revision does not hide what can be said of the others.

pyHanko is the judge, by its bottom line and not by the mathematical integrity alone: a page that was altered by an update appended
after the signature leaves the signed bytes intact, and only the comparison of revisions finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from motcua.errors import InvalidInput
from motcua.services.connectors.signing.pdf import UNREADABLE, signature_fields


class Finding(StrEnum):
    """What is wrong with a signature; `valid` when nothing is."""

    VALID = "valid"
    ALTERED = "altered"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """field: the signature's field. signer: the certificate's common name. signed_at: as the signer claims.

    valid: everything holds, including the trust in the issuer. trusted: the certificate leads to one of the roots and was in force.
    covers_whole_document: nothing was appended afterwards; earlier signatures of several do not, and are none the worse for it.
    """

    field: str
    signer: str | None
    signed_at: datetime | None
    valid: bool
    trusted: bool
    covers_whole_document: bool
    finding: Finding
    reason: str


class NotAPdf(InvalidInput):
    """The content cannot be read as a PDF document."""


def verify_pdf(content: bytes, trust: Sequence[bytes], *, at: datetime) -> tuple[SignatureReport, ...]:
    """Judge every signature, in the order in which they were made. No signature gives an empty tuple.

    trust: the roots, PEM or DER. at: the instant at which certificates must be in force. Raises NotAPdf.
    """
    roots = [_certificate(root) for root in trust]
    try:
        reader = PdfFileReader(BytesIO(content))
        fields = signature_fields(reader)
    except UNREADABLE as cause:
        raise NotAPdf(
            "The content is no readable PDF document, so it has no signature to verify; ask for the document again."
        ) from cause
    return tuple(_judge(reader, name, field, roots, at) for name, field in fields)


def _judge(reader: PdfFileReader, name: str, field: Any, roots: Sequence[asn1_x509.Certificate], at: datetime) -> SignatureReport:
    context = ValidationContext(trust_roots=roots, moment=at.astimezone(UTC), allow_fetching=False)
    try:
        return _report(name, validate_pdf_signature(EmbeddedPdfSignature(reader, field, name), context), at)
    except (*UNREADABLE, SignatureValidationError) as cause:
        return SignatureReport(
            field=name,
            signer=None,
            signed_at=None,
            valid=False,
            trusted=False,
            covers_whole_document=False,
            finding=Finding.UNREADABLE,
            reason=f"The signature or the part of the document that it covers is damaged: {cause}",
        )


def _report(name: str, status: PdfSignatureStatus, at: datetime) -> SignatureReport:
    finding, reason = _finding(status, at)
    return SignatureReport(
        field=name,
        signer=status.signing_cert.subject.native.get("common_name"),
        signed_at=status.signer_reported_dt,
        valid=finding is Finding.VALID,
        trusted=status.trusted,
        covers_whole_document=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        finding=finding,
        reason=reason,
    )


def _finding(status: PdfSignatureStatus, at: datetime) -> tuple[Finding, str]:
    certificate = status.signing_cert
    if not (status.intact and status.valid):
        return Finding.ALTERED, "The signed bytes were altered after the signature."
    if status.modification_level == ModificationLevel.OTHER or not status.docmdp_ok:
        return Finding.ALTERED, "An update appended after the signature changed more than forms and signatures."
    if status.revoked:
        return Finding.REVOKED, "The certificate was revoked."
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        return (
            Finding.EXPIRED,
            f"The certificate is in force from {certificate.not_valid_before:%Y-%m-%d} to {certificate.not_valid_after:%Y-%m-%d}.",
        )
    if not status.trusted:
        return Finding.UNKNOWN_ISSUER, f"The certificate leads to no known root; its issuer is {certificate.issuer.human_friendly}."
    if not status.bottom_line:
        return Finding.ALTERED, f"The signature does not hold: {status.summary()}."
    return Finding.VALID, "The signature holds."


def _certificate(root: bytes) -> asn1_x509.Certificate:
    if pem.detect(root):
        _, _, root = pem.unarmor(root)
    return asn1_x509.Certificate.load(root)
