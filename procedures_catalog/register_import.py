"""An updated register against the one that is there: what is new, what changed, what is no longer listed, and the files afterwards.

An update is a published national list, or a table or JSON that `register_export` wrote and somebody edited. What is kept by hand is
compared and never written. Without a day, a change corrects the row that is there; with one, the row that is there ends on the day
before and a new one begins, so that dossiers of earlier days keep theirs. Nothing is ever taken out: what is abolished ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.fields import UNCLASSIFIED, FieldNames
from motcua.procedures_catalog.maturity import MATURITIES, maturity_of, unknown_figures
from motcua.procedures_catalog.register_file import DEFAULTS, VALIDITY, write_records

Facts = Mapping[str, Any]
_DERIVED: Final = ("maturity", "unknown")


class ImportRefused(InvalidInput):
    """The update cannot be put into the register."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update would do. All by code, in the order of the codes.

    changed: code → key → the fact before and after.   kept_by_hand: the same, for rows that the import leaves alone.
    """

    added: tuple[str, ...]
    changed: Mapping[str, Mapping[str, tuple[Any, Any]]]
    abolished: tuple[str, ...]
    kept_by_hand: Mapping[str, Mapping[str, tuple[Any, Any]]]
    unchanged: int

    @property
    def none(self) -> bool:
        return not (self.added or self.changed or self.abolished)


def whole(facts: Facts) -> dict[str, Any]:
    """The facts with nothing left out, and what follows from them."""
    filled = {**DEFAULTS, **facts}
    if filled.get("maturity") in (None, "", *MATURITIES):
        filled["maturity"] = maturity_of(filled)
    filled["unknown"] = list(unknown_figures(filled))
    return filled


def compare(register: Iterable[Facts], by_hand: Iterable[Facts], update: Iterable[Facts], *, partial: bool) -> Changes:
    """What `update` says differently. A partial update is silent about what it does not list; a full one abolishes that."""
    current, own = _latest(register), _latest(by_hand)
    new = _latest(update)
    compared = {code: differences(current[code], facts) for code, facts in new.items() if code in current}
    of_hand = {code: differences(own[code], facts) for code, facts in new.items() if code in own}
    gone = () if partial else tuple(code for code in sorted(current) if code not in new and not current[code]["in_force_until"])
    return Changes(
        added=tuple(sorted(code for code in new if code not in current and code not in own)),
        changed={code: found for code, found in sorted(compared.items()) if found},
        abolished=gone,
        kept_by_hand={code: found for code, found in sorted(of_hand.items()) if found},
        unchanged=sum(not found for found in compared.values()),
    )


def differences(before: Facts, after: Facts) -> dict[str, tuple[Any, Any]]:
    """Key → the fact in `before` and in `after`. An update that names no validity leaves its beginning as it is.

    What had ended and is listed again is in force again.
    """
    old = whole(before)
    new = whole({**_as_it_began(old), **after})
    return {key: (old[key], new[key]) for key in sorted(old) if key not in _DERIVED and old[key] != new.get(key)}


def put_in(
    register: Iterable[Facts], update: Iterable[Facts], changes: Changes, starts_on: date | None
) -> tuple[dict[str, Any], ...]:
    """Every record afterwards. Raises ImportRefused where a change would begin before the row that it changes."""
    rows = [whole(facts) for facts in register]
    latest = _latest(rows)
    new = _latest(update)
    replaced: dict[str, list[dict[str, Any]]] = {}
    for code in changes.changed:
        replaced[code] = _changed(latest[code], new[code], starts_on)
    if starts_on is not None:
        for code in changes.abolished:
            replaced[code] = [_ended(latest[code], starts_on)]
    after: list[dict[str, Any]] = []
    for row in rows:
        after += replaced.get(row["code"], [row]) if row is latest[row["code"]] else [row]
    begins = {} if starts_on is None else {"in_force_from": starts_on.isoformat(), "validity_source": "imported register"}
    after += [whole({**new[code], **({} if "in_force_from" in new[code] else begins)}) for code in changes.added]
    return tuple(sorted(after, key=lambda row: (row["code"], row["in_force_from"] or "")))


def _changed(old: dict[str, Any], new: Facts, starts_on: date | None) -> list[dict[str, Any]]:
    kept = _as_it_began(old)
    if starts_on is None:
        return [whole({**kept, **new})]
    begins = {**kept, "in_force_from": starts_on.isoformat(), "in_force_until": None, "validity_source": "imported register"}
    return [_ended(old, starts_on), whole({**new, **begins})]


def _as_it_began(row: Facts) -> dict[str, Any]:
    return {**{key: row[key] for key in VALIDITY}, "in_force_until": None}


def _ended(row: dict[str, Any], starts_on: date) -> dict[str, Any]:
    if row["in_force_until"] is not None and row["in_force_until"] < starts_on.isoformat():
        return row
    if (row["in_force_from"] or "") >= starts_on.isoformat():
        raise ImportRefused(
            f"The row of {row['code']} is in force from {row['in_force_from']}, and cannot end before {starts_on.isoformat()}. "
            "Name a later day, or leave the day out to correct the row itself.",
            code=row["code"],
        )
    return {**row, "in_force_until": (starts_on - timedelta(days=1)).isoformat()}


def files_of(records: Iterable[Facts], fields: FieldNames) -> dict[str, str]:
    """Name of each file → its text: a file for each field, its procedures in the order of their codes."""
    by_field: dict[str, list[Facts]] = {}
    for record in sorted(records, key=lambda row: (row["code"], row["in_force_from"] or "")):
        by_field.setdefault(record["field"], []).append(record)
    return {f"{field}.yaml": write_records(rows, _heading(field, fields)) for field, rows in sorted(by_field.items())}


def _heading(field: str, fields: FieldNames) -> str:
    return "The source names no field." if field == UNCLASSIFIED else fields.names.get(field, field)


def _latest(records: Iterable[Facts]) -> dict[str, Any]:
    """The last record of each code."""
    found: dict[str, Any] = {}
    for facts in records:
        there = found.get(facts["code"])
        if there is None or (facts.get("in_force_from") or "") >= (there.get("in_force_from") or ""):
            found[facts["code"]] = facts
    return found
