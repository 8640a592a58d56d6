"""Ruled tables that run over pages: the control slip, the tracking book, the periodic report.

A cell is broken into lines here and set as plain text. Set as paragraphs, a book of 2,000 lines took 13 seconds; so it takes 4.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

from reportlab.lib.colors import black
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Table, TableStyle

from motcua.services.connectors.documents.typesetting import BOLD, CELL, REGULAR

_PADDING = 3.0
# A row cannot be taller than a page, and no text of a form is worth more of it than this.
_MOST_LINES = 24


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """width in points. Neighbouring columns of the same `group` share a title above their own."""

    title: str
    width: float
    group: str = ""
    align: Literal["LEFT", "CENTER", "RIGHT"] = "LEFT"


def ruled_table(columns: Sequence[PrintedColumn], rows: Iterable[Sequence[str]]) -> Table:
    """A table whose head is printed again on every page."""
    grouped = any(column.group for column in columns)
    heads = [[_lines(column.title, column, BOLD) for column in columns]]
    style: list[tuple[Any, ...]] = []
    if grouped:
        heads.insert(0, [])
        for group, members in groupby(enumerate(columns), lambda each: each[1].group):
            places = [place for place, _ in members]
            heads[0] += [group or heads[1][place] for place in places]
            if group:
                style.append(("SPAN", (places[0], 0), (places[-1], 0)))
            else:
                style += [("SPAN", (place, 0), (place, 1)) for place in places]
    head = len(heads)
    cells = [[_lines(cell, column, REGULAR) for cell, column in zip(row, columns, strict=True)] for row in rows]
    table = Table([*heads, *cells], colWidths=[column.width for column in columns], repeatRows=head)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, black),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("VALIGN", (0, 0), (-1, head - 1), "MIDDLE"),
                ("ALIGN", (0, 0), (-1, head - 1), "CENTER"),
                *(("ALIGN", (place, head), (place, -1), column.align) for place, column in enumerate(columns)),
                ("FONT", (0, 0), (-1, head - 1), BOLD, CELL.fontSize, CELL.leading),
                ("FONT", (0, head), (-1, -1), REGULAR, CELL.fontSize, CELL.leading),
                *((f"{side}PADDING", (0, 0), (-1, -1), _PADDING) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
                *style,
            ]
        )
    )
    return table


def _lines(text: str, column: PrintedColumn, font: str) -> str:
    lines = _broken(unicodedata.normalize("NFC", text), column.width - 2 * _PADDING, font)
    return "\n".join(lines if len(lines) <= _MOST_LINES else (*lines[: _MOST_LINES - 1], "…"))


@lru_cache(maxsize=4096)
def _broken(text: str, width: float, font: str) -> tuple[str, ...]:
    """The text in lines of at most `width` points; a word that is wider than that is broken where it must be."""
    lines = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if stringWidth(longer, font, CELL.fontSize) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while stringWidth(word, font, CELL.fontSize) > width and len(word) > 1:
                fitting = next(
                    n for n in range(len(word) - 1, 0, -1) if n == 1 or stringWidth(word[:n], font, CELL.fontSize) <= width
                )
                lines.append(word[:fitting])
                word = word[fitting:]
            line = word
        lines.append(line)
    return tuple(lines)
