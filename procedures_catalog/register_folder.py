"""The register's files as one: where each code stands, and its records, read when they are asked for.

Reading every file as text takes some milliseconds, reading every record a few tenths of a second: a command about one procedure
pays only the first. `data/register/<field>.yaml`, see `register_file`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from motcua.errors import InvalidInput
from motcua.procedures_catalog.procedure import Procedure
from motcua.procedures_catalog.register import RegisterRowInvalid, procedure_from_row
from motcua.procedures_catalog.register_file import DEFAULTS, VALIDITY, Record, read_records, record_places


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A procedure's row and when it is in force, first and last day included, and who says so."""

    procedure: Procedure
    in_force_from: date
    in_force_until: date | None
    source: str

    def in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


@dataclass(frozen=True, slots=True)
class RegisterFolder:
    """texts: name of a file → its text.   places: code → file, start, end and first line of each of its records."""

    texts: Mapping[str, str]
    places: Mapping[str, tuple[tuple[str, int, int, int], ...]]

    def records(self, code: str) -> tuple[Record, ...]:
        """The records of a code, the oldest first. Raises KeyError, RegisterFileUnreadable."""
        found = [record for place in self.places[code] for record in self._read(*place)]
        return tuple(sorted(found, key=lambda record: str(record.fact("in_force_from") or "")))

    def every_record(self) -> Iterator[Record]:
        """All records, file by file. Raises RegisterFileUnreadable."""
        for file, text in sorted(self.texts.items()):
            yield from read_records(text, file)

    def _read(self, file: str, start: int, end: int, line: int) -> tuple[Record, ...]:
        return read_records(self.texts[file][start:end], file, first_line=line)


def read_register_folder(folder: Path) -> RegisterFolder:
    """The files of a folder; one that is not there has none."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    places: dict[str, list[tuple[str, int, int, int]]] = {}
    for file, text in texts.items():
        for code, start, end, line in record_places(text):
            places.setdefault(code, []).append((file, start, end, line))
    return RegisterFolder(texts, {code: tuple(found) for code, found in places.items()})


def dated_row(record: Record) -> DatedRow:
    """The procedure of a record, and when it holds. Raises RegisterRowInvalid."""
    try:
        row = row_of(record.facts)
        return DatedRow(
            procedure_from_row(row), day(record.fact("in_force_from")), perhaps_day(record.fact("in_force_until")),
            str(record.fact("validity_source")),
        )  # fmt: skip
    except (InvalidInput, TypeError, ValueError, KeyError) as cause:
        raise RegisterRowInvalid(
            f"{record.file}, line {record.line}: {cause} `motcua catalog check` names every such place.",
            code=record.code, file=record.file, line=record.line,
        ) from cause  # fmt: skip


def row_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a record as a row of the register: what is left out filled in, what only files have left out."""
    row = {**DEFAULTS, **facts}
    return {key: value for key, value in row.items() if key not in VALIDITY and key != "unknown"}


def day(text: object) -> date:
    """Raises ValueError where the text is no date such as 2025-07-01."""
    if not isinstance(text, str):
        raise ValueError(f'{text!r} is no date; write one such as "2025-07-01".')
    return date.fromisoformat(text)


def perhaps_day(text: object) -> date | None:
    return None if text is None else day(text)
