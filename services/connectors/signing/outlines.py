"""Letters as shapes: a picture of some forty letters is then a few kilobytes, where every embedded font adds fifteen.

Every signature adds a revision to a document, and all revisions are kept; with 2,000 dossiers a day that difference counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from motcua.services.connectors.documents.typesetting import font_file

_Point: TypeAlias = tuple[float, float]


def draw_outlines(canvas: Canvas, left: float, baseline: float, text: str, font: str, size: float) -> None:
    """Fill the shapes of `text` in the canvas's fill colour. A letter that the typeface lacks becomes its empty box."""
    _, _, units = _glyphs(font)
    canvas.saveState()
    canvas.translate(left, baseline)
    canvas.scale(size / units, size / units)
    for letter in text:
        path, width = _shape(font, letter)
        # Overlapping contours belong to one letter, so the winding rule must not cut them out of each other.
        canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
        canvas.translate(width, 0)
    canvas.restoreState()


@lru_cache
def _glyphs(font: str) -> tuple[Any, dict[int, str], int]:
    file = TTFont(font_file(font))
    return file.getGlyphSet(), file.getBestCmap(), file["head"].unitsPerEm


@lru_cache(maxsize=1024)
def _shape(font: str, letter: str) -> tuple[PDFPathObject, float]:
    """The path of a letter and its width, in font units. Once drawn here it is only read, so threads may share it."""
    glyphs, names, _ = _glyphs(font)
    glyph = glyphs[names.get(ord(letter), ".notdef")]
    pen = _PathPen(glyphs)
    glyph.draw(pen)
    return pen.path, glyph.width


class _PathPen(BasePen):  # type: ignore[misc]
    """Takes a glyph down in whole font units: the same letter is then the same bytes, which compress well."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.path = PDFPathObject()

    def _moveTo(self, point: _Point) -> None:
        self.path.moveTo(*_whole(point))

    def _lineTo(self, point: _Point) -> None:
        self.path.lineTo(*_whole(point))

    def _curveToOne(self, first: _Point, second: _Point, end: _Point) -> None:
        self.path.curveTo(*_whole(first, second, end))

    def _closePath(self) -> None:
        self.path.close()


def _whole(*points: _Point) -> tuple[int, ...]:
    return tuple(round(edge) for point in points for edge in point)
