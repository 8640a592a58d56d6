"""Where signatures, initials, the seal, the number and the date go on a page.

The form that is printed says where; the one who signs asks. They meet in the PDF itself: a place is a named destination with a
rectangle (ISO 32000-1, 12.3.2: /FitR), and the number and the parts of the date are read-only text fields, because a field may
still be filled after a signature without breaking it. Lengths are in points (72 to the inch), the origin is the lower left corner.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName
from reportlab.pdfgen.canvas import Canvas

SIGNATURE_WIDTH = 54 * mm
SIGNATURE_HEIGHT = 26 * mm
# An assumption: decree 30/2020 does not give the size of a digital seal in millimetres.
SEAL_DIAMETER = 34 * mm
INITIALS_WIDTH = 30 * mm
INITIALS_HEIGHT = 11 * mm


class Place(StrEnum):
    """A spot for one signature's picture."""

    OFFICER = "officer"
    DIVISION_HEAD = "division_head"
    LEADER = "leader"
    SEAL = "seal"


class NumberedField(StrEnum):
    """What the clerk fills in when the document gets its number."""

    NUMBER = "number"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def destination_name(place: Place) -> str:
    return f"motcua.place.{place}"


def field_name(field: NumberedField) -> str:
    return f"motcua_{field}"


def seal_left_of(signature_left: float, signature_width: float) -> float:
    """The left edge of a seal that covers a third of the signature, on its left (decree 30/2020, art. 33)."""
    return signature_left + signature_width / 3 - SEAL_DIAMETER


def mark_place(canvas: Canvas, place: Place, left: float, bottom: float, width: float, height: float) -> None:
    """Name a rectangle of the page that is being drawn, given in the canvas's present coordinates."""
    x0, y0 = canvas.absolutePosition(left, bottom)
    x1, y1 = canvas.absolutePosition(left + width, bottom + height)
    # reportlab writes only those destinations that a link of its own leads to, so these go into the catalogue by hand.
    document = cast(Any, canvas)._doc
    destinations = document.Catalog.Dests = getattr(document.Catalog, "Dests", None) or PDFDictionary({})
    edges = [round(edge, 2) for edge in (x0, y0, x1, y1)]
    destinations.dict[destination_name(place)] = PDFArray([document.thisPageRef(), PDFName("FitR"), *edges])


def mark_field(canvas: Canvas, field: NumberedField, left: int, bottom: int, width: int, height: int) -> None:
    """Put an empty read-only text field here, given in the canvas's present coordinates."""
    canvas.acroForm.textfield(
        name=field_name(field),
        x=left,
        y=bottom,
        width=width,
        height=height,
        value="",
        borderWidth=0,
        fillColor=None,
        borderColor=None,
        fieldFlags="readOnly",
        annotationFlags="print",
        relative=True,
    )
