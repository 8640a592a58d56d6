"""What a signature looks like on the page: drawn by us, in vectors, on a page of exactly the picture's size.

Initials and signatures are blue, the seal is red (the usual colours; decree 30/2020 leaves the exact shades open). The strokes are
the same for everyone, because a development certificate belongs to an office and not to a person; and the seal says that it is for
trial, so that nobody takes the paper for a real one.
"""

from __future__ import annotations

import math
from datetime import datetime

from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from motcua.services.connectors.documents.places import (
    INITIALS_HEIGHT,
    INITIALS_WIDTH,
    SEAL_DIAMETER,
    SIGNATURE_HEIGHT,
    SIGNATURE_WIDTH,
)
from motcua.services.connectors.documents.typesetting import BOLD, ITALIC, REGULAR, print_drawing
from motcua.services.connectors.documents.wording import LOCAL_ZONE
from motcua.services.connectors.signing.outlines import draw_outlines

_BLUE = Color(0.09, 0.2, 0.58)
_RED = Color(0.83, 0.08, 0.1)
_TRIAL = "BẢN THỬ NGHIỆM"

# Curves of a made-up flourish, as fractions of the box: start, then control, control, end …
_FLOURISH = (
    (0.10, 0.42),
    (0.16, 0.98, 0.26, 1.02, 0.24, 0.55),
    (0.22, 0.18, 0.10, 0.30, 0.22, 0.52),
    (0.34, 0.78, 0.40, 0.74, 0.40, 0.50),
    (0.40, 0.34, 0.48, 0.40, 0.52, 0.60),
    (0.56, 0.78, 0.56, 0.36, 0.64, 0.50),
    (0.72, 0.66, 0.72, 0.40, 0.94, 0.66),
)
_UNDERLINE = ((0.06, 0.30), (0.40, 0.44, 0.70, 0.42, 0.98, 0.50))


def initials(title: str, at: datetime) -> bytes:
    """The small mark of someone who prepared or checked the text."""

    def draw(canvas: Canvas) -> None:
        _stroke(canvas, _FLOURISH[:4], INITIALS_WIDTH, INITIALS_HEIGHT, 1.0)
        _lines(canvas, [title, _moment(at)], INITIALS_WIDTH * 0.40, INITIALS_HEIGHT * 0.58, 5.2, INITIALS_WIDTH * 0.58)

    return print_drawing(INITIALS_WIDTH, INITIALS_HEIGHT, draw)


def signature(title: str, authority: str, at: datetime) -> bytes:
    """The signature of the one who answers for the document, with who and when in small type, clear of the seal."""

    def draw(canvas: Canvas) -> None:
        _stroke(canvas, _FLOURISH, SIGNATURE_WIDTH, SIGNATURE_HEIGHT, 1.5)
        _stroke(canvas, _UNDERLINE, SIGNATURE_WIDTH, SIGNATURE_HEIGHT, 0.9)
        lines = [f"Ký số: {title}", authority, _moment(at)]
        _lines(canvas, lines, SIGNATURE_WIDTH * 0.36, SIGNATURE_HEIGHT * 0.25, 5.6, SIGNATURE_WIDTH * 0.63)

    return print_drawing(SIGNATURE_WIDTH, SIGNATURE_HEIGHT, draw)


def seal(authority: str, at: datetime) -> bytes:
    """The round red seal: the authority around a star, and that it is for trial."""
    radius = SEAL_DIAMETER / 2

    def draw(canvas: Canvas) -> None:
        canvas.translate(radius, radius)
        canvas.setStrokeColor(_RED)
        canvas.setFillColor(_RED)
        canvas.setLineWidth(1.6)
        canvas.circle(0, 0, radius - 1.2)
        canvas.setLineWidth(0.6)
        canvas.circle(0, 0, radius - 3.6)
        canvas.circle(0, 0, radius * 0.58)
        _around(canvas, authority.upper(), radius * 0.68)
        _below(canvas, "· MOTCUA ·", radius * 0.80)
        _star(canvas, 0, radius * 0.12, radius * 0.26)
        for offset, text, size in ((-0.26, _TRIAL, 4.6), (-0.40, f"{at.astimezone(LOCAL_ZONE):%d/%m/%Y}", 4.6)):
            draw_outlines(canvas, -stringWidth(text, BOLD, size) / 2, radius * offset, text, BOLD, size)

    return print_drawing(SEAL_DIAMETER, SEAL_DIAMETER, draw)


def field_text(text: str, width: float, height: float, *, italic: bool) -> bytes:
    """The number, or a part of the date, for its field."""

    def draw(canvas: Canvas) -> None:
        font = ITALIC if italic else REGULAR
        draw_outlines(canvas, 1, 4, text, font, _fitting(text, font, 11, width - 1))

    return print_drawing(width, height, draw)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}"


def _stroke(canvas: Canvas, curves: tuple[tuple[float, ...], ...], width: float, height: float, thickness: float) -> None:
    canvas.setStrokeColor(_BLUE)
    canvas.setLineWidth(thickness)
    canvas.setLineCap(1)
    path = canvas.beginPath()
    path.moveTo(curves[0][0] * width, curves[0][1] * height)
    for x1, y1, x2, y2, x3, y3 in curves[1:]:
        path.curveTo(x1 * width, y1 * height, x2 * width, y2 * height, x3 * width, y3 * height)
    canvas.drawPath(path)


def _lines(canvas: Canvas, lines: list[str], left: float, top: float, size: float, room: float) -> None:
    canvas.setFillColor(_BLUE)
    for number, line in enumerate(lines):
        draw_outlines(canvas, left, top - number * (size + 1), line, REGULAR, _fitting(line, REGULAR, size, room))


def _fitting(text: str, font: str, size: float, room: float) -> float:
    """The largest size up to `size` at which the text fits."""
    width = stringWidth(text, font, size)
    return size if width <= room else size * room / width


def _around(canvas: Canvas, text: str, radius: float) -> None:
    """Letters along the upper arc, read clockwise, over at most 250 degrees."""
    size = 6.4
    width = stringWidth(text, BOLD, size)
    longest = math.radians(250) * radius
    size *= min(1.0, longest / width)
    angle = math.pi / 2 + min(width, longest) / radius / 2
    for letter in text:
        step = stringWidth(letter, BOLD, size) / radius
        angle -= step / 2
        _letter(canvas, letter, size, radius, angle, math.degrees(angle) - 90)
        angle -= step / 2


def _below(canvas: Canvas, text: str, radius: float) -> None:
    """Letters along the lower arc, read from left to right."""
    size = 5.2
    angle = -math.pi / 2 - stringWidth(text, BOLD, size) / radius / 2
    for letter in text:
        step = stringWidth(letter, BOLD, size) / radius
        angle += step / 2
        _letter(canvas, letter, size, radius, angle, math.degrees(angle) + 90)
        angle += step / 2


def _letter(canvas: Canvas, letter: str, size: float, radius: float, angle: float, turn: float) -> None:
    canvas.saveState()
    canvas.translate(radius * math.cos(angle), radius * math.sin(angle))
    canvas.rotate(turn)
    draw_outlines(canvas, -stringWidth(letter, BOLD, size) / 2, 0, letter, BOLD, size)
    canvas.restoreState()


def _star(canvas: Canvas, x: float, y: float, radius: float) -> None:
    path = canvas.beginPath()
    for point in range(10):
        reach = radius if point % 2 == 0 else radius * 0.382
        angle = math.pi / 2 + point * math.pi / 5
        (path.lineTo if point else path.moveTo)(x + reach * math.cos(angle), y + reach * math.sin(angle))
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
