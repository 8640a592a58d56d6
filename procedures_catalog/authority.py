"""Authorities are data with validity dates: departments and communes come and go, and old dossiers keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from motcua.errors import InvalidInput, NotFound


class UnknownAuthority(NotFound):
    """No authority has that code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f'No authority has the code "{code}". Codes are listed in procedures_catalog/data/authorities.yaml.', code=code
        )


class AuthorityRowInvalid(InvalidInput):
    """A row of the list of authorities cannot be used."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority and when it exists, first and last day included; None means not known, or no end.

    code: level by level, such as H05.20.   code_is_assumed: no source confirms the code.
    kind: what procedures name as competent.   division_code: of the commune, by the general statistics office.
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


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
