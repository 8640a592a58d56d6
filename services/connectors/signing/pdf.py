"""Signing a PDF: one signature, or the clerk's number, date and seal, as one update appended to what is already there.

What is there is never rewritten, so the signatures before keep their meaning. This is the only module that drives pyHanko's writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from motcua.errors import InvalidInput
from motcua.services.connectors.documents.places import Place, destination_name
from motcua.services.connectors.signing.authority import Identity

# Of a PAdES B-B signature without its certificates; an RSA key of 4,096 bits takes 512 bytes of it.
_ATTRIBUTES_AND_SIGNATURE_BYTES = 2048

# What the library raises on broken bytes: a missing key or a wrong type is as much a sign of damage as its own errors.
UNREADABLE = (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError)


class NotSignable(InvalidInput):
    """The content is no PDF, is damaged, or does not allow another signature."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the lower left corner. Pages are counted from 0."""

    page: int
    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        apart = self.right <= other.left or other.right <= self.left or self.top <= other.bottom or other.top <= self.bottom
        return self.page == other.page and not apart


@dataclass(frozen=True, slots=True)
class Signing:
    """One signature to be made.

    filled: text field → its value and its picture, written in the same update.
    locked: text fields that nobody may change afterwards.
    """

    field: str
    box: Box
    picture: bytes
    identity: Identity
    at: datetime
    reason: str
    place_name: str | None
    filled: Mapping[str, tuple[str, bytes]]
    locked: tuple[str, ...]


def sign(content: bytes, signing: Signing) -> bytes:
    """Append a PAdES B-B signature (ETSI EN 319 142-1) and return the longer document. Raises NotSignable."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    for name, (value, picture) in signing.filled.items():
        _fill_field(writer, name, value, picture)
    certificates = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    certificates.register_multiple(signing.identity.chain)
    box = signing.box
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=list(signing.locked)) if signing.locked else None
    edges = (round(box.left), round(box.bottom), round(box.right), round(box.top))
    signer = _PdfSignerAt(
        signing.at,
        PdfSignatureMetadata(
            field_name=signing.field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=signing.reason,
            location=signing.place_name,
        ),
        SimpleSigner(signing.identity.certificate, signing.identity.key, certificates),
        stamp_style=StaticStampStyle(border_width=0, background=_Drawing(signing.picture), background_layout=_WHOLE_BOX),
        new_field_spec=SigFieldSpec(sig_field_name=signing.field, on_page=box.page, box=edges, field_mdp_spec=lock),
    )
    output = BytesIO()
    try:
        signer.sign_pdf(writer, output=output, bytes_reserved=_room_for(signing.identity))
    except (PdfError, SigningError) as cause:
        raise NotSignable(f"it allows no further signature ({cause}); draft it anew.") from cause
    return output.getvalue()


def _room_for(identity: Identity) -> int:
    """Hexadecimal digits to keep free for the signature. Untold, the library signs once for trial, a third of the whole time."""
    certificates = sum(len(certificate.dump()) for certificate in (identity.certificate, *identity.chain))
    return 2 * (certificates + _ATTRIBUTES_AND_SIGNATURE_BYTES)


def signature_fields(reader: PdfFileReader) -> list[tuple[str, Any]]:
    """Name and field of every signature that was made, in the order of signing, without reading the signatures themselves."""
    fields = [(name, reference.get_object()) for name, _, reference in enumerate_sig_fields(reader, filled_status=True)]
    signatures = [(name, field) for name, field in fields if field["/V"].get("/Type", "/Sig") == "/Sig"]
    return sorted(signatures, key=lambda named: named[1]["/V"]["/ByteRange"][2])


@dataclass(frozen=True, slots=True)
class TextField:
    """Room for a text, and what is written there by now. Its box is meant for its size."""

    box: Box
    value: str


class SignedDocument:
    """What a document says about its places and its signatures. `signatures` has field name → box, in the order of signing."""

    def __init__(self, content: bytes) -> None:
        """Raises NotSignable."""
        try:
            self._read(content)
        except UNREADABLE as cause:
            raise NotSignable(f"it is no readable PDF ({cause}); draft or upload it again.") from cause

    def _read(self, content: bytes) -> None:
        self._reader = PdfFileReader(BytesIO(content))
        self._root: Any = self._reader.root
        self._pages = {kid.reference.idnum: index for index, kid in enumerate(_page_references(self._root["/Pages"]))}
        self.page_count = len(self._pages)
        self.signatures = {name: self._box(field.raw_get("/P"), field["/Rect"]) for name, field in signature_fields(self._reader)}

    def place(self, place: Place) -> Box | None:
        """Where the form wants this picture; None when it has no such place."""
        name = "/" + destination_name(place)
        if "/Dests" not in self._root or name not in self._root["/Dests"]:
            return None
        destination = self._root["/Dests"][name]
        return self._box(destination.raw_get(0), list(destination)[2:])

    def text_field(self, name: str) -> TextField | None:
        """The text field of this name; None when there is none."""
        field = _text_field(self._root, name)
        return None if field is None else TextField(self._box(field.raw_get("/P"), field["/Rect"]), str(field["/V"]))

    def _box(self, page: Any, edges: Any) -> Box:
        left, bottom, right, top = (float(edge) for edge in edges)
        return Box(self._pages[page.reference.idnum], left, bottom, right, top)


class _PdfSignerAt(PdfSigner):
    """A signer that claims the time it is given instead of reading the computer's clock."""

    def __init__(self, at: datetime, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at = at

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session


_WHOLE_BOX = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID,
    y_align=AxisAlignment.ALIGN_MID,
    margins=Margins(0, 0, 0, 0),
    inner_content_scaling=InnerScaling.NO_SCALING,
)


class _Drawing(PdfContent):
    """The only page of a small PDF, brought into the document that is being signed."""

    def __init__(self, picture: bytes) -> None:
        super().__init__()
        self._picture = picture

    def render(self) -> bytes:
        drawing, self.box = _import_picture(self._ensure_writer, self._picture)
        self.resources.xobject["/Drawing"] = drawing
        return b"/Drawing Do"


def _import_picture(writer: BasePdfFileWriter, picture: bytes) -> tuple[Any, BoxConstraints]:
    drawing = writer.import_page_as_xobject(PdfFileReader(BytesIO(picture)))
    x0, y0, x1, y1 = drawing.get_object()["/BBox"]
    return drawing, BoxConstraints(width=x1 - x0, height=y1 - y0)


def _fill_field(writer: IncrementalPdfFileWriter, name: str, value: str, picture: bytes) -> None:
    field = _text_field(writer.root, name)
    if field is None:
        return
    drawing, _ = _import_picture(writer, picture)
    field[pdf_name("/V")] = generic.TextStringObject(value)
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): drawing})  # type: ignore[no-untyped-call]
    writer.update_container(field)


def _text_field(root: Any, name: str) -> Any:
    if "/AcroForm" not in root:
        return None
    fields = (reference.get_object() for reference in root["/AcroForm"]["/Fields"])
    return next((field for field in fields if "/V" in field and field["/T"] == name), None)


def _page_references(node: Any) -> list[Any]:
    """The references to the pages below a node of the page tree, in order."""
    found: list[Any] = []
    for index in range(len(node["/Kids"])):
        kid = node["/Kids"].raw_get(index)
        found.extend(_page_references(kid.get_object()) if kid.get_object()["/Type"] == "/Pages" else [kid])
    return found
