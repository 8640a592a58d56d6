"""A spreadsheet (XLSX) as rows of text and back: what people edit a register in.

Read are the cells of the first sheet as they are stored. A number is refused: a spreadsheet that took 1.002740 for one has already
lost its zero, and nobody can tell.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import xlsxwriter
from lxml import etree

from motcua.errors import InvalidInput

_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_LARGEST = 200_000_000
"""Bytes of one part once unpacked: a register of a province has a few million."""


class SpreadsheetUnreadable(InvalidInput):
    """The file is no spreadsheet, or one of its cells is no text."""


def read_rows(content: bytes) -> list[list[str]]:
    """The rows of the first sheet, each as long as its last cell. Raises SpreadsheetUnreadable with the cell."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            texts = _shared_texts(parts)
            sheet = _parsed(parts, "xl/worksheets/sheet1.xml")
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as cause:
        raise SpreadsheetUnreadable("The file is no XLSX spreadsheet with a first sheet; save it as .xlsx, or as CSV.") from cause
    rows: list[list[str]] = []
    for number, row in enumerate(sheet.iterfind("m:sheetData/m:row", _NS), start=1):
        rows += [[] for _ in range(int(row.get("r", number)) - len(rows) - 1)]
        cells: list[str] = []
        for cell in row.iterfind("m:c", _NS):
            column = _column(cell.get("r", ""))
            cells += [""] * (column - len(cells))
            cells.append(_text(cell, texts))
        rows.append(cells)
    return rows


def write_rows(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook with one sheet in which every cell is text, also one that looks like a number."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    sheet = book.add_worksheet("register")
    as_text = book.add_format({"num_format": "@"})
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell, as_text)
    sheet.freeze_panes(1, 1)
    book.close()
    return written.getvalue()


def _parsed(parts: zipfile.ZipFile, name: str) -> etree._Element:
    if parts.getinfo(name).file_size > _LARGEST:
        raise SpreadsheetUnreadable(f"The part {name} of the spreadsheet is larger than {_LARGEST:,} bytes; split the register.")
    return etree.fromstring(parts.read(name), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _shared_texts(parts: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in parts.namelist():
        return []
    table = _parsed(parts, "xl/sharedStrings.xml")
    return ["".join(text.text or "" for text in item.iterfind(".//m:t", _NS)) for item in table.iterfind("m:si", _NS)]


def _text(cell: etree._Element, texts: Sequence[str]) -> str:
    kind, value = cell.get("t"), cell.findtext("m:v", None, _NS)
    if kind == "inlineStr":
        return "".join(text.text or "" for text in cell.iterfind(".//m:t", _NS))
    if value is None:
        return ""
    if kind == "s":
        return texts[int(value)]
    if kind == "str":
        return value
    raise SpreadsheetUnreadable(
        f"The cell {cell.get('r')} holds the number {value}, and the register's cells are text. Format the column as text and "
        "enter it again, so that no zero is lost.",
        cell=str(cell.get("r")), value=value,
    )  # fmt: skip


def _column(reference: str) -> int:
    """The column's number from 0: "A1" is 0, "AB7" is 27. Raises SpreadsheetUnreadable."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        raise SpreadsheetUnreadable(f"The spreadsheet has a cell without a place: {reference!r}. Save it again.")
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
