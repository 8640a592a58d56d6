"""Letters as shapes: a picture of some forty letters is then a few kilobytes, where every embedded font adds fifteen.

Every signature adds a revision to a document, and all revisions are kept; with 2,000 dossiers a day that difference counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from motcua.services.connectors.documents.typesetting import font_file


def draw_outlines(canvas: Canvas, left: float, baseline: float, text: str, font: str, size: float) -> None:
    """Fill the shapes of `text` in the canvas's fill colour. A letter that the typeface lacks becomes its empty box."""
    glyphs, names, units = _glyphs(font)
    canvas.saveState()
    canvas.translate(left, baseline)
    canvas.scale(size / units, size / units)
    for letter in text:
        glyph = glyphs[names.get(ord(letter), ".notdef")]
        path = canvas.beginPath()
        glyph.draw(_PathPen(glyphs, path))
        # Overlapping contours belong to one letter, so the winding rule must not cut them out of each other.
        canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
        canvas.translate(glyph.width, 0)
    canvas.restoreState()


@lru_cache
def _glyphs(font: str) -> tuple[Any, dict[int, str], int]:
    file = TTFont(font_file(font))
    return file.getGlyphSet(), file.getBestCmap(), file["head"].unitsPerEm


class _PathPen(BasePen):  # type: ignore[misc]
    """Draws a glyph into a path of reportlab in whole font units: the same letter is the same bytes, which compress well."""

    def __init__(self, glyphs: Any, path: PDFPathObject) -> None:
        super().__init__(glyphs)
        self._path = path

    def _moveTo(self, point: tuple[float, float]) -> None:
        self._path.moveTo(*_whole(point))

    def _lineTo(self, point: tuple[float, float]) -> None:
        self._path.lineTo(*_whole(point))

    def _curveToOne(self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]) -> None:
        self._path.curveTo(*_whole(first, second, end))

    def _closePath(self) -> None:
        self._path.close()


def _whole(*points: tuple[float, float]) -> list[int]:
    return [round(edge) for point in points for edge in point]
