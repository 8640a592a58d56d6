"""A sheet as an XLSX workbook; for offices.

Every text is stored as text, whatever it begins with; instants are dates of the zone of Vietnam. The workbook is written row by
row and keeps one row in memory.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import BinaryIO

import xlsxwriter

from motcua.engine.calendars import VIETNAM
from motcua.errors import InvalidInput
from motcua.services.reports.sheet import Sheet, may_be_formula

MOST_ROWS = 1_000_000  # a worksheet ends after 1,048,576
_LONGEST_TEXT = 32_767
_A4 = 9


class TooLongForXlsx(InvalidInput):
    """A worksheet has no room for so many rows."""


def write_xlsx(sheet: Sheet, output: BinaryIO) -> None:
    """Raises TooLongForXlsx."""
    workbook = xlsxwriter.Workbook(output, {"constant_memory": True})
    # The library would otherwise write the present time into the file, and the same sheet would not give the same bytes.
    workbook.set_properties({"title": sheet.title, "company": sheet.letterhead.authority, "created": _local(sheet.as_of)})
    title = workbook.add_format({"bold": True, "font_size": 14})
    head = workbook.add_format({"bold": True, "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"})
    text = workbook.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    # Without it a text that begins with "=" becomes a formula as soon as somebody edits the cell.
    literal = workbook.add_format({"border": 1, "text_wrap": True, "valign": "top", "quote_prefix": True})
    number = workbook.add_format({"border": 1, "num_format": "#,##0", "valign": "top"})
    instant = workbook.add_format({"border": 1, "num_format": "hh:mm dd/mm/yyyy", "valign": "top", "align": "left"})
    page = workbook.add_worksheet(sheet.tab)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, sheet.title, title)
    for line, words in enumerate((sheet.letterhead.authority, *sheet.under), start=1):
        page.write_string(line, 0, words)
    first = len(sheet.under) + 3
    for place, column in enumerate(sheet.columns):
        page.write_string(first - 1, place, column.full_title, head)
    page.repeat_rows(first - 1)
    page.freeze_panes(first, 0)
    for line, row in enumerate(sheet.rows, start=first):
        if line - first >= MOST_ROWS:
            raise TooLongForXlsx(f"A worksheet holds at most {MOST_ROWS:,} rows. Choose a shorter period, or ask for CSV.")
        for place, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(line, place, _local(cell), instant)
            elif isinstance(cell, int):
                page.write_number(line, place, cell, number)
            elif cell is None:
                page.write_blank(line, place, None, text)
            else:
                words = unicodedata.normalize("NFC", cell)
                page.write_string(line, place, _shortened(words), literal if may_be_formula(words) else text)
    workbook.close()


def _shortened(text: str) -> str:
    """A cell holds no more; the library would cut the text without a sign."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _local(at: datetime) -> datetime:
    return at.astimezone(VIETNAM).replace(tzinfo=None)
