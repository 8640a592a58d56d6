"""A procedure as a row of the register: read from YAML, and written as canonical JSON that a version keeps.

The row that a dossier was received under is read again years later, so the shape is checked on the way in, and writing then
reading gives the same procedure. Canonical means: keys sorted, no blanks, UTF-8, no escapes, a final newline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from datetime import date, time
from typing import Any, TypeVar

from motcua.errors import InvalidInput
from motcua.procedures_catalog.procedure import (
    CutOff,
    Fee,
    FeeAmount,
    FeeState,
    Hint,
    LimitCase,
    LimitState,
    Procedure,
)
from motcua.procedures_catalog.time_limit import TimeLimit

T = TypeVar("T")

_LATER: Mapping[str, object] = {each.name: each.default for each in fields(Procedure) if each.default is not MISSING}
"""The facts that earlier rows do not have, with what they are there."""


class RegisterRowInvalid(InvalidInput):
    """A row of the register lacks something or says something that cannot be."""


def register_of(procedure: Procedure) -> bytes:
    """The canonical JSON of a procedure's row."""
    row = {key: value for key, value in asdict(procedure).items() if key not in _LATER or value != _LATER[key]}
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain).encode() + b"\n"


def procedure_from_register(register: bytes) -> Procedure:
    """The procedure that `register_of` wrote. Raises RegisterRowInvalid."""
    try:
        row = json.loads(register)
    except ValueError as cause:
        raise RegisterRowInvalid(f"The stored row of the register is no JSON: {cause}.") from cause
    if not isinstance(row, dict):
        raise RegisterRowInvalid("The stored row of the register is no JSON object.")
    return procedure_from_row(row)


def procedure_from_row(row: Mapping[str, Any]) -> Procedure:
    """The procedure of a row, from YAML or JSON: texts, whole numbers, lists; dates as 2025-07-01, times as 15:00.

    Raises RegisterRowInvalid.
    """
    code = row.get("code")
    try:
        procedure = _procedure(row)
    except KeyError as cause:
        raise RegisterRowInvalid(f"The register's row of {code} lacks {cause}.", code=code) from cause
    except (TypeError, ValueError, AttributeError, InvalidInput) as cause:
        raise RegisterRowInvalid(f"The register's row of {code} cannot be read: {cause}.", code=code) from cause
    _check(procedure)
    return procedure


def _procedure(row: Mapping[str, Any]) -> Procedure:
    unknown = set(row) - set(Procedure.__dataclass_fields__)
    if unknown:
        raise ValueError(f"it has the unknown key {min(unknown)!r}")
    cut_off = row["cut_off"]
    papers = row["papers_count"]
    return Procedure(
        code=_text(row["code"]),
        name=_text(row["name"]),
        field=_text(row["field"]),
        field_name=_text(row["field_name"]),
        tiers=_each(row["tiers"], _text),
        authority_kinds=_each(row["authority_kinds"], _text),
        limit_state=LimitState(row["limit_state"]),
        limits=_each(row["limits"], _limit),
        limit_note=_text(row["limit_note"]),
        cut_off=CutOff(time.fromisoformat(_text(cut_off["at"])), _text(cut_off["source"])) if cut_off else None,
        counting_policy=_text(row["counting_policy"]),
        supplement_policy=_text(row["supplement_policy"]),
        fee=_fee(row["fee"]),
        hints=_each(row["hints"], lambda hint: Hint(_text(hint["text"]), _text(hint["source"]))),
        result=_text(row["result"]),
        papers_count=None if papers is None else int(papers),
        online_level=_text(row["online_level"]),
        legal_basis=_each(row["legal_basis"], _text),
        maturity=_text(row["maturity"]),
        source=_text(row["source"]),
        tier_note=_text(row.get("tier_note", "")),
        agencies=_each(row.get("agencies", []), _text),
        channels=_each(row.get("channels", []), _text),
        subjects=_each(row.get("subjects", []), _text),
        steps_count=row.get("steps_count"),
        issuer=_text(row.get("issuer", "")),
        desk=_text(row.get("desk", "")),
    )


def _limit(row: Mapping[str, Any]) -> LimitCase:
    limit = LimitCase(_text(row["name"]), _text(row["text"]), _each(row["channels"], _text), _text(row["source"]))
    TimeLimit.parse(limit.text)
    return limit


def _fee(row: Mapping[str, Any]) -> Fee:
    def amount(each: Mapping[str, Any]) -> FeeAmount:
        return FeeAmount(int(each["amount_vnd"]), _day(each["valid_from"]), _day(each["valid_until"]), _text(each["source"]))

    return Fee(FeeState(row["state"]), _each(row["amounts"], amount), _text(row["rule"]), _text(row["source"]))


def _check(procedure: Procedure) -> None:
    """What the state of a limit demands of its list."""
    count = len(procedure.limits)
    names = {limit.name for limit in procedure.limits}
    fits = {
        LimitState.KNOWN: count == 1,
        LimitState.SECTOR_RULE: count == 1,
        LimitState.DIFFERS_BY_CASE: count > 1 and len(names) == count and "" not in names,
        LimitState.CONFLICT: count > 1,
        LimitState.PLACEHOLDER: count == 0,
        LimitState.UNKNOWN: count == 0,
    }[procedure.limit_state]
    if not fits:
        raise RegisterRowInvalid(
            f'The limit of {procedure.code} is "{procedure.limit_state}", which {count} stated limits with these names cannot be. '
            "One limit is known, several with names differ by case, several without are in conflict, none is unknown.",
            code=procedure.code,
        )


def _text(value: object) -> str:
    """Text as it stands. A code without quotation marks in YAML is a number, and has lost its zeros."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} should be text; put it in quotation marks")
    return value


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(_text(value))


def _each(rows: object, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(rows, list):
        raise ValueError(f"{rows!r} should be a list")
    return tuple(read(row) for row in rows)


def _plain(value: object) -> str:
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
