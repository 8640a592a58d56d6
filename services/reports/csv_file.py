"""A sheet as CSV (RFC 4180): one line of titles, then one for each row; for programs.

Instants are written with their zone, such as 2026-03-02T08:15:00+07:00. No cell can be taken for a formula.
"""

from __future__ import annotations

import csv
import unicodedata
from datetime import datetime
from io import TextIOWrapper
from typing import BinaryIO

from motcua.engine.calendars import VIETNAM
from motcua.services.reports.sheet import Cell, Sheet, without_formulas


def write_csv(sheet: Sheet, output: BinaryIO, *, encoding: str = "utf-8-sig") -> None:
    """encoding: `utf-8-sig` marks the file as UTF-8, without which Excel shows broken letters; `utf-8` leaves the mark out."""
    text = TextIOWrapper(output, encoding=encoding, newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([column.full_title for column in sheet.columns])
    for row in sheet.rows:
        lines.writerow([_plain(cell) for cell in row])
    text.flush()
    text.detach()


def _plain(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return cell.astimezone(VIETNAM).isoformat(timespec="seconds")
    if isinstance(cell, str):
        return without_formulas(unicodedata.normalize("NFC", cell))
    return "" if cell is None else cell
