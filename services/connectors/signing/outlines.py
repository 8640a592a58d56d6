"""Letters as shapes: a picture of some forty letters is then a few kilobytes, where every embedded font adds fifteen.

Every signature adds a revision to a document, and all revisions are kept; with 2,000 dossiers a day that difference counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from reportlab.pdfgen.canvas import Canvas

from motcua.services.connectors.documents.typesetting import font_file

_Point: TypeAlias = tuple[float, float]
_Stroke: TypeAlias = tuple[str, tuple[int, ...]]  # a method of reportlab's path, and its arguments


def draw_outlines(canvas: Canvas, left: float, baseline: float, text: str, font: str, size: float) -> None:
    """Fill the shapes of `text` in the canvas's fill colour. A letter that the typeface lacks becomes its empty box."""
    _, _, units = _glyphs(font)
    canvas.saveState()
    canvas.translate(left, baseline)
    canvas.scale(size / units, size / units)
    for letter in text:
        strokes, width = _shape(font, letter)
        path = canvas.beginPath()
        for draw, edges in strokes:
            getattr(path, draw)(*edges)
        # Overlapping contours belong to one letter, so the winding rule must not cut them out of each other.
        canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
        canvas.translate(width, 0)
    canvas.restoreState()


@lru_cache
def _glyphs(font: str) -> tuple[Any, dict[int, str], int]:
    file = TTFont(font_file(font))
    return file.getGlyphSet(), file.getBestCmap(), file["head"].unitsPerEm


@lru_cache(maxsize=1024)
def _shape(font: str, letter: str) -> tuple[tuple[_Stroke, ...], float]:
    """The strokes of a letter and its width, in font units."""
    glyphs, names, _ = _glyphs(font)
    glyph = glyphs[names.get(ord(letter), ".notdef")]
    pen = _StrokePen(glyphs)
    glyph.draw(pen)
    return tuple(pen.strokes), glyph.width


class _StrokePen(BasePen):  # type: ignore[misc]
    """Takes a glyph down in whole font units: the same letter is then the same bytes, which compress well."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.strokes: list[_Stroke] = []

    def _moveTo(self, point: _Point) -> None:
        self._note("moveTo", point)

    def _lineTo(self, point: _Point) -> None:
        self._note("lineTo", point)

    def _curveToOne(self, first: _Point, second: _Point, end: _Point) -> None:
        self._note("curveTo", first, second, end)

    def _closePath(self) -> None:
        self._note("close")

    def _note(self, draw: str, *points: _Point) -> None:
        self.strokes.append((draw, tuple(round(edge) for point in points for edge in point)))
