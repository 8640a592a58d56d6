"""The typeface, the page and the printing press: everything of reportlab that the forms share.

The typeface is Spectral (SIL Open Font License 1.1), which has every Vietnamese letter in the upright, bold and italic cuts; it
comes with the package `fontpkg-spectral`, and a subset of it is embedded in each document. Printing is invariant: the same story
gives the same bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

REGULAR, BOLD, ITALIC, BOLD_ITALIC = "Spectral", "Spectral-Bold", "Spectral-Italic", "Spectral-BoldItalic"

# Decree 30/2020, annex I: 20–25 mm above and below, 30–35 mm on the left, 15–20 mm on the right.
MARGIN_TOP, MARGIN_BOTTOM, MARGIN_LEFT, MARGIN_RIGHT = 20 * mm, 20 * mm, 30 * mm, 18 * mm
TEXT_WIDTH = A4[0] - MARGIN_LEFT - MARGIN_RIGHT

# reportlab keeps font subsets and parsers in shared objects; printing takes milliseconds, so one press is enough for a process.
_PRESS = threading.RLock()


def font_file(name: str) -> Path:
    """Where the cut `name` of the typeface lies."""
    cut = name if "-" in name else f"{name}-Regular"
    return Path(str(files("fontpkg_spectral"))) / "files" / f"{cut}.ttf"


def _load_typeface() -> None:
    if REGULAR in pdfmetrics.getRegisteredFontNames():
        return
    for name in (BOLD, ITALIC, BOLD_ITALIC, REGULAR):
        pdfmetrics.registerFont(TTFont(name, str(font_file(name))))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)


BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=12, leading=17, alignment=TA_JUSTIFY, spaceAfter=4)
LINE = ParagraphStyle("line", parent=BODY, alignment=0, spaceAfter=2)
INDENTED = ParagraphStyle("indented", parent=BODY, firstLineIndent=10 * mm)
TITLE = ParagraphStyle(
    "title", parent=BODY, fontName=BOLD, fontSize=14, leading=19, alignment=TA_CENTER, spaceBefore=8, spaceAfter=2
)
SUBTITLE = ParagraphStyle("subtitle", parent=BODY, fontName=BOLD, fontSize=12, leading=16, alignment=TA_CENTER, spaceAfter=10)
HEAD = ParagraphStyle("head", parent=BODY, fontSize=10.5, leading=14, alignment=TA_CENTER, spaceAfter=0)
HEAD_BOLD = ParagraphStyle("head bold", parent=HEAD, fontName=BOLD)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=9.5, leading=13, alignment=0, spaceAfter=0)
CELL = ParagraphStyle("cell", parent=SMALL, fontSize=9, leading=11.5)


def print_story(title: str, author: str, story: Callable[[], Sequence[Flowable]], page: tuple[float, float] = A4) -> bytes:
    """Set a story on pages of this size and return the PDF. The story is made inside, because paragraphs need the typeface."""
    with _PRESS:
        _load_typeface()
        output = BytesIO()
        document = BaseDocTemplate(
            output,
            pagesize=page,
            invariant=1,
            title=title,
            author=author,
            creator="motcua",
            producer="motcua",
            lang="vi-VN",
            initialFontName=REGULAR,
        )
        frame = Frame(
            MARGIN_LEFT,
            MARGIN_BOTTOM,
            page[0] - MARGIN_LEFT - MARGIN_RIGHT,
            page[1] - MARGIN_TOP - MARGIN_BOTTOM,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        document.addPageTemplates(PageTemplate(frames=[frame], onPage=_number_later_pages))
        document.build(list(story()))
        return output.getvalue()


def print_drawing(width: float, height: float, draw: Callable[[Canvas], None]) -> bytes:
    """One page of exactly this size, in points, with nothing on it but the drawing: the picture of a signature."""
    with _PRESS:
        _load_typeface()
        output = BytesIO()
        canvas = Canvas(output, pagesize=(width, height), invariant=1)
        draw(canvas)
        canvas.showPage()
        canvas.save()
        return output.getvalue()


def _number_later_pages(canvas: Canvas, document: BaseDocTemplate) -> None:
    """Decree 30/2020, annex I: page numbers stand centred in the upper margin, and not on the first page."""
    if document.page > 1:
        canvas.setFont(REGULAR, 12)
        width, height = document.pagesize
        canvas.drawCentredString(width / 2, height - 13 * mm, str(document.page))
