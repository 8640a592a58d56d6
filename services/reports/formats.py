"""The formats of a sheet, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import BinaryIO

from motcua.services.reports.csv_file import write_csv
from motcua.services.reports.pdf_file import write_pdf
from motcua.services.reports.sheet import Sheet
from motcua.services.reports.xlsx_file import write_xlsx


class Format(StrEnum):
    """How a sheet can be had."""

    XLSX = "xlsx"
    CSV = "csv"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file of the format is called on the wire, and who writes it."""

    media_type: str
    write: Callable[[Sheet, BinaryIO], None]


FORMATS: Mapping[Format, FileKind] = {
    Format.XLSX: FileKind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    Format.CSV: FileKind("text/csv; charset=utf-8", write_csv),
    Format.PDF: FileKind("application/pdf", write_pdf),
}


def writer(wanted: Format, *, byte_order_mark: bool = True) -> Callable[[Sheet, BinaryIO], None]:
    """Who writes it. The mark concerns CSV only; without it, Excel takes the letters for those of another encoding."""
    if wanted is Format.CSV and not byte_order_mark:
        return partial(write_csv, encoding="utf-8")
    return FORMATS[wanted].write
