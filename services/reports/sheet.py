"""A sheet: what a book or a report says, before it is known whether it becomes XLSX, CSV or PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from motcua.services.connectors.documents import Letterhead

Cell: TypeAlias = str | int | datetime | None
Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """width: in characters, for spreadsheets.   print_mm: on paper; 0 leaves the column out there.

    Neighbouring columns of the same `group` belong together, such as those of finished dossiers.
    """

    title: str
    width: int
    print_mm: float = 0
    group: str = ""

    @property
    def full_title(self) -> str:
        """The title where groups cannot be shown above it."""
        return f"{self.group}: {self.title}" if self.group else self.title


@dataclass(frozen=True)
class Sheet:
    """file_stem: the name of a file that holds it, without the suffix.   tab: the name of a worksheet, at most 31 characters.

    under: lines below the title.   as_of: the end of the period, an aware instant.   rows: given once.
    signed_by: whose signature closes the printed form, if any.
    """

    file_stem: str
    tab: str
    title: str
    under: tuple[str, ...]
    letterhead: Letterhead
    as_of: datetime
    columns: tuple[Column, ...]
    rows: Iterator[Row]
    signed_by: str | None = None


# A separator within a text may begin a cell for a program that expects another separator than ours.
_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def may_be_formula(text: str) -> bool:
    """Whether a spreadsheet that reads the text from a file might take it, or a part of it, for a formula."""
    return _FORMULA.search(text) is not None


def without_formulas(text: str) -> str:
    """The text with an apostrophe before whatever might be taken for a formula; spreadsheets then show it as text."""
    return _FORMULA.sub(r"\1\2'", text)
