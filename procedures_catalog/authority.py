"""Authorities are data with validity dates: departments and communes come and go, and old dossiers keep theirs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from motcua.errors import InvalidInput, NotFound


class UnknownAuthority(NotFound):
    """No authority has that code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f'No authority has the code "{code}". Codes are listed in procedures_catalog/data/authorities.yaml and authorities/.',
            code=code,
        )


class AuthorityRowInvalid(InvalidInput):
    """A row of the list of authorities cannot be used."""


TABLE_COLUMNS: Final = (
    "code", "name", "tier", "kind", "parent", "in_force_from", "in_force_until", "code_is_assumed", "division_code", "successor",
    "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority and when it exists, first and last day included; None means not known, or no end.

    code: level by level, such as H05.20.   code_is_assumed: no source confirms the code.
    kind: what procedures name as competent.   division_code: of the district or commune, by the general statistics office.
    successor: the code of the authority that took over; None where none did, or where it is not known who.
    """

    code: str
    name: str
    tier: str
    kind: str
    parent: str | None
    in_force_from: date | None
    in_force_until: date | None
    code_is_assumed: bool
    division_code: str | None
    source: str
    successor: str | None = None

    def in_force(self, on: date) -> bool:
        return (self.in_force_from or date.min) <= on <= (self.in_force_until or date.max)


def authorities_from_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, Authority]:
    """The authorities by code. Raises AuthorityRowInvalid for a repeated code, an unknown parent or an unreadable row."""
    found: dict[str, Authority] = {}
    for row in rows:
        try:
            authority = Authority(
                **{**row, "in_force_from": _day(row["in_force_from"]), "in_force_until": _day(row["in_force_until"])}
            )
        except (TypeError, KeyError, ValueError) as cause:
            raise AuthorityRowInvalid(f"The row of authority {row.get('code')} cannot be read: {cause}.") from cause
        if authority.code in found or (authority.parent and authority.parent not in found):
            raise AuthorityRowInvalid(
                f"The authority {authority.code} is listed twice, or before its parent {authority.parent}; list it once, after it.",
                code=authority.code,
            )
        found[authority.code] = authority
    return found


def authority_rows(table: str) -> tuple[dict[str, Any], ...]:
    """The rows of a CSV table of authorities, for `authorities_from_rows`. An empty cell is None. Raises AuthorityRowInvalid."""
    found: list[dict[str, Any]] = []
    for number, row in enumerate(csv.DictReader(io.StringIO(table, newline="")), start=2):
        if set(row) != set(TABLE_COLUMNS) or None in row.values():
            raise AuthorityRowInvalid(
                f"Line {number} of a table of authorities has other cells than {', '.join(TABLE_COLUMNS)}; write one for each.",
                line=number,
            )
        cells = {column: cell or None for column, cell in row.items()}
        found.append({**cells, "code_is_assumed": row["code_is_assumed"] == "yes", "source": row["source"]})
    return tuple(found)


def write_authority_table(authorities: Iterable[Authority]) -> str:
    """The table that `authority_rows` reads."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(TABLE_COLUMNS)
    for each in authorities:
        cells = [getattr(each, column) for column in TABLE_COLUMNS]
        table.writerow([{True: "yes", False: "no", None: ""}.get(cell, cell) for cell in cells])
    return lines.getvalue()


def successor(authorities: Mapping[str, Authority], code: str, on: date) -> Authority | None:
    """Who has the affairs of an authority on that day: itself while it exists, then whoever is named to have taken them over.

    None where that is not known, and before the authority began. Raises UnknownAuthority.
    """
    if code not in authorities:
        raise UnknownAuthority(code)
    heir = authorities[code]
    if on < (heir.in_force_from or date.min):
        return None
    passed = {code}
    while not heir.in_force(on):
        if heir.successor is None or heir.successor in passed or heir.successor not in authorities:
            return None
        passed.add(heir.successor)
        heir = authorities[heir.successor]
    return heir


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
