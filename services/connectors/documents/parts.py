"""The parts of a page that the forms share: head, title, labelled lines, tracking code, closing with its signature places.

The head follows decree 30/2020, annex I: the authority on the left over a short rule, the state's name and motto on the right over
a rule as long as the motto, below them the number and the place with its date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import segno
from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from motcua.services.connectors.documents.letterhead import Letterhead
from motcua.services.connectors.documents.places import (
    INITIALS_HEIGHT,
    INITIALS_WIDTH,
    SEAL_DIAMETER,
    SIGNATURE_HEIGHT,
    SIGNATURE_WIDTH,
    NumberedField,
    Place,
    mark_field,
    mark_place,
    seal_left_of,
)
from motcua.services.connectors.documents.typesetting import (
    BOLD,
    HEAD,
    HEAD_BOLD,
    ITALIC,
    LINE,
    REGULAR,
    SMALL,
    SUBTITLE,
    TEXT_WIDTH,
    TITLE,
)
from motcua.services.connectors.documents.wording import month_number, plain, two_digit_day

_LEFT_COLUMN = 70 * mm
_RIGHT_COLUMN = TEXT_WIDTH - _LEFT_COLUMN
_STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_MOTTO = "Độc lập - Tự do - Hạnh phúc"
_FAINT = Color(0.72, 0.72, 0.72)


class _Rule(Flowable):
    """A thin centred rule under a line of the head."""

    def __init__(self, length: float, column: float) -> None:
        super().__init__()
        self.length, self.width, self.height = length, column, 5.0

    def draw(self) -> None:
        self.canv.setLineWidth(0.6)
        self.canv.line((self.width - self.length) / 2, 3, (self.width + self.length) / 2, 3)


class _NumberLine(Flowable):
    """`Số:` with room for the number that the clerk gives."""

    def __init__(self) -> None:
        super().__init__()
        self.width, self.height = _LEFT_COLUMN, 15.0

    def draw(self) -> None:
        self.canv.setFont(REGULAR, 11)
        self.canv.drawString(9 * mm, 4, "Số:")
        mark_field(self.canv, NumberedField.NUMBER, 48, 0, 130, 14)


class _DateLine(Flowable):
    """Place and date. Without a day there is room for the one on which the document gets its number."""

    def __init__(self, place: str | None, day: date | None) -> None:
        super().__init__()
        self.place, self.day = place, day
        self.width, self.height = _RIGHT_COLUMN, 15.0

    def draw(self) -> None:
        pieces: list[tuple[str, NumberedField | None, float]] = []
        for word, field, value, room in (
            ("ngày", NumberedField.DAY, self.day and two_digit_day(self.day), 6.5 * mm),
            ("tháng", NumberedField.MONTH, self.day and month_number(self.day), 6.5 * mm),
            ("năm", NumberedField.YEAR, self.day and str(self.day.year), 11 * mm),
        ):
            text = f"{word} {value} " if value else f"{word} "
            pieces.append((text, None if value else field, room))
        head = f"{self.place}, " if self.place else ""
        total = stringWidth(head, ITALIC, 11) + sum(
            stringWidth(t, ITALIC, 11) + (room if field else 0) for t, field, room in pieces
        )
        self.canv.setFont(ITALIC, 11)
        x = (self.width - total) / 2
        self.canv.drawString(x, 4, head)
        x += stringWidth(head, ITALIC, 11)
        for text, unfilled, room in pieces:
            self.canv.drawString(x, 4, text)
            x += stringWidth(text, ITALIC, 11)
            if unfilled is not None:
                mark_field(self.canv, unfilled, round(x) - 1, 0, round(room) - 2, 14)
                x += room


def page_head(letterhead: Letterhead, *, under_authority: str | None, place_and_day: date | None) -> list[Flowable]:
    """`under_authority` stands in the place of the number (the dossier's code, on slips); without it there is room for a number."""
    left: list[Flowable] = []
    if letterhead.parent:
        left.append(Paragraph(plain(letterhead.parent.upper()), HEAD))
    left.append(Paragraph(plain(letterhead.authority.upper()), HEAD_BOLD))
    left.append(_Rule(min(26 * mm, _LEFT_COLUMN / 2), _LEFT_COLUMN))
    right: list[Flowable] = [
        Paragraph(_STATE, HEAD_BOLD),
        Paragraph(_MOTTO, HEAD_BOLD),
        _Rule(stringWidth(_MOTTO, BOLD, HEAD_BOLD.fontSize), _RIGHT_COLUMN),
    ]
    number: Flowable = Paragraph(plain(under_authority), HEAD) if under_authority is not None else _NumberLine()
    table = Table([[left, right], [number, _DateLine(letterhead.place, place_and_day)]], colWidths=[_LEFT_COLUMN, _RIGHT_COLUMN])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_NO_PADDING, ("TOPPADDING", (0, 1), (-1, 1), 4)]))
    return [table, Spacer(1, 6 * mm)]


_NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def heading(title: str, subtitle: str | None = None) -> list[Flowable]:
    return [Paragraph(plain(title), TITLE), *([Paragraph(plain(subtitle), SUBTITLE)] if subtitle else [])]


def labelled(label: str, value: str) -> Paragraph:
    """`Label: value`, with the value in bold."""
    return Paragraph(f"{plain(label)}: <b>{plain(value)}</b>", LINE)


class TrackingCode(Flowable):
    """A QR code, drawn as squares, with its address printed below."""

    def __init__(self, address: str, side: float = 26 * mm) -> None:
        super().__init__()
        self.address, self.side = address, side
        self.width, self.height = side, side

    def draw(self) -> None:
        matrix = segno.make(self.address, error="m", micro=False).matrix
        module = self.side / len(matrix)
        self.canv.setFillColor(black)
        path = self.canv.beginPath()
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    path.rect(column * module, self.side - (row + 1) * module, module, module)
        self.canv.drawPath(path, stroke=0, fill=1)


class Closing(Flowable):
    """Recipients and initials on the left; title, signature and, over its left third, the seal on the right. Never split."""

    def __init__(self, recipients: Sequence[str], title: str, signer: Place, *, note: str | None = None) -> None:
        super().__init__()
        self.recipients, self.title, self.signer, self.note = tuple(recipients), title, signer, note
        self.width, self.height = TEXT_WIDTH, 62 * mm

    def draw(self) -> None:
        self._draw_recipients()
        centre = _LEFT_COLUMN + _RIGHT_COLUMN / 2 + 6 * mm
        top = self.height - 12
        title = Paragraph(plain(self.title.upper()), HEAD_BOLD)
        _, title_height = title.wrap(_RIGHT_COLUMN - 8 * mm, self.height)
        title.drawOn(self.canv, centre - (_RIGHT_COLUMN - 8 * mm) / 2, top - title_height + 12)
        if self.note:
            self.canv.setFont(ITALIC, 10)
            self.canv.drawCentredString(centre, top - title_height, self.note)
        left, bottom = centre - SIGNATURE_WIDTH / 2, 8 * mm
        self._outline(left, bottom, SIGNATURE_WIDTH, SIGNATURE_HEIGHT, "chữ ký")
        mark_place(self.canv, self.signer, left, bottom, SIGNATURE_WIDTH, SIGNATURE_HEIGHT)
        seal_left = seal_left_of(left, SIGNATURE_WIDTH)
        seal_bottom = bottom + (SIGNATURE_HEIGHT - SEAL_DIAMETER) / 2
        self._draw_seal_outline(seal_left, seal_bottom)
        mark_place(self.canv, Place.SEAL, seal_left, seal_bottom, SEAL_DIAMETER, SEAL_DIAMETER)

    def _draw_recipients(self) -> None:
        y = self.height - 12
        self.canv.setFont("Spectral-BoldItalic", 10)
        self.canv.drawString(0, y, "Nơi nhận:")
        for recipient in self.recipients:
            line = Paragraph(f"- {plain(recipient)};", SMALL)
            _, height = line.wrap(_LEFT_COLUMN - 4 * mm, self.height)
            y -= height
            line.drawOn(self.canv, 0, y - 3)
        initials = [place for place in (Place.OFFICER, Place.DIVISION_HEAD) if place is not self.signer]
        if self.signer is not Place.LEADER:
            return
        for index, place in enumerate(initials):
            left, bottom = index * (INITIALS_WIDTH + 2 * mm), 10 * mm
            self._outline(left, bottom, INITIALS_WIDTH, INITIALS_HEIGHT, "ký nháy")
            mark_place(self.canv, place, left, bottom, INITIALS_WIDTH, INITIALS_HEIGHT)

    def _outline(self, left: float, bottom: float, width: float, height: float, caption: str) -> None:
        self.canv.saveState()
        self.canv.setStrokeColor(_FAINT)
        self.canv.setFillColor(_FAINT)
        self.canv.setLineWidth(0.4)
        self.canv.setDash(1, 2)
        self.canv.roundRect(left, bottom, width, height, 3)
        self.canv.setFont(ITALIC, 6.5)
        self.canv.drawRightString(left + width - 3, bottom - 7, caption)
        self.canv.restoreState()

    def _draw_seal_outline(self, left: float, bottom: float) -> None:
        self.canv.saveState()
        self.canv.setStrokeColor(_FAINT)
        self.canv.setFillColor(_FAINT)
        self.canv.setLineWidth(0.4)
        self.canv.setDash(1, 2)
        self.canv.circle(left + SEAL_DIAMETER / 2, bottom + SEAL_DIAMETER / 2, SEAL_DIAMETER / 2)
        self.canv.setFont(ITALIC, 6.5)
        self.canv.drawCentredString(left + SEAL_DIAMETER / 2 - 6 * mm, bottom - 7, "dấu")
        self.canv.restoreState()


class TwoSignatures(Flowable):
    """The closing of a slip: who hands in on the left, signing by hand, and the officer who receives on the right."""

    def __init__(self, left_title: str, right_title: str) -> None:
        super().__init__()
        self.left_title, self.right_title = left_title, right_title
        self.width, self.height = TEXT_WIDTH, 46 * mm

    def draw(self) -> None:
        for centre, title in ((TEXT_WIDTH / 4, self.left_title), (TEXT_WIDTH * 3 / 4, self.right_title)):
            self.canv.setFont(BOLD, 11)
            self.canv.drawCentredString(centre, self.height - 12, title.upper())
            self.canv.setFont(ITALIC, 9.5)
            self.canv.drawCentredString(centre, self.height - 25, "(Ký và ghi rõ họ tên)")
        left, bottom = TEXT_WIDTH * 3 / 4 - SIGNATURE_WIDTH / 2, 5 * mm
        mark_place(self.canv, Place.OFFICER, left, bottom, SIGNATURE_WIDTH, SIGNATURE_HEIGHT)
        seal_bottom = bottom + (SIGNATURE_HEIGHT - SEAL_DIAMETER) / 2
        mark_place(self.canv, Place.SEAL, seal_left_of(left, SIGNATURE_WIDTH), seal_bottom, SEAL_DIAMETER, SEAL_DIAMETER)
