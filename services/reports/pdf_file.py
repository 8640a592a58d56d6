"""A sheet as PDF, on landscape pages; for paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer

from motcua.errors import InvalidInput
from motcua.services.connectors.documents.parts import Closing, heading, page_head
from motcua.services.connectors.documents.places import Place
from motcua.services.connectors.documents.tables import PrintedColumn, ruled_table
from motcua.services.connectors.documents.typesetting import HEAD, MARGIN_LEFT, MARGIN_RIGHT, print_story
from motcua.services.connectors.documents.wording import moment_in_figures, plain
from motcua.services.reports.sheet import Cell, Column, Sheet

MOST_ROWS = 5_000
"""Some 500 pages and 10 seconds; whoever needs more needs a spreadsheet."""


class TooLongForPaper(InvalidInput):
    """So many rows are no book that anybody prints."""


def write_pdf(sheet: Sheet, output: BinaryIO) -> None:
    """Raises TooLongForPaper."""
    page = landscape(A4)
    printed = [place for place, column in enumerate(sheet.columns) if column.print_mm]
    taken = list(islice(sheet.rows, MOST_ROWS + 1))
    if len(taken) > MOST_ROWS:
        raise TooLongForPaper(
            f"The sheet has more than {MOST_ROWS:,} rows, too many for paper. Choose a shorter period, or ask for XLSX or CSV.",
            most_rows=MOST_ROWS,
        )
    numbers = [_holds_numbers([row[place] for row in taken]) for place in printed]
    columns = _columns([sheet.columns[place] for place in printed], numbers, page[0])
    rows = [[_text(row[place]) for place in printed] for row in taken]

    def story() -> Sequence[Flowable]:
        closing: list[Flowable] = []
        if sheet.signed_by is not None:
            signatures = Closing(("Lưu: VT",), sheet.signed_by, Place.LEADER)
            signatures.hAlign = "RIGHT"
            closing = [Spacer(1, 6 * mm), signatures]
        return [
            *(page_head(sheet.letterhead, under_authority=None, place_and_day=None) if sheet.signed_by else ()),
            *heading(sheet.title),
            *(Paragraph(plain(line), HEAD) for line in sheet.under),
            Spacer(1, 4 * mm),
            ruled_table(columns, rows),
            *closing,
        ]

    output.write(print_story(f"{sheet.title} {sheet.file_stem}", sheet.letterhead.authority, story, page))


def _holds_numbers(cells: Sequence[Cell]) -> bool:
    kinds = {type(cell) for cell in cells if cell is not None}
    return kinds == {int}


def _columns(columns: Sequence[Column], numeric: Sequence[bool], page_width: float) -> list[PrintedColumn]:
    """As wide as they ask to be, and together as wide as the page."""
    room = (page_width - MARGIN_LEFT - MARGIN_RIGHT) / sum(column.print_mm for column in columns)
    return [
        PrintedColumn(column.title, column.print_mm * room, column.group, "RIGHT" if right else "LEFT")
        for column, right in zip(columns, numeric, strict=True)
    ]


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return moment_in_figures(cell)
    return f"{cell:,}".replace(",", ".") if isinstance(cell, int) else cell or ""
