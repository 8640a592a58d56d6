"""From the published list of procedures (a CSV with a row for each national code) to the facts of the register.

Which rows belong to the register: procedures of the province and the commune, then the desks of the police, taxes, social
insurance, the treasury and the State Bank that sit at the centres. Left out are procedures of ministries alone, of customs and
courts, those that the list itself marks as perhaps abolished, and procedures between state bodies (codes that begin with 5 or 6).

What the list does not say stays unknown. A figure of another province is a hint and never a fact. The same list gives the same
facts, byte for byte.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any, Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority_kinds import kinds_of
from motcua.procedures_catalog.fields import UNCLASSIFIED, FieldNames
from motcua.procedures_catalog.maturity import maturity_of, unknown_figures
from motcua.procedures_catalog.national_fees import stated_fee
from motcua.procedures_catalog.national_limits import CUT, StatedLimit, stated_limit
from motcua.procedures_catalog.plain_letters import plain_letters

DESKS: Final = ("", "police", "tax", "social_insurance", "treasury", "bank")
"""In the order in which they belong to the register; "" is the administration of the province and the commune itself."""

COLUMNS: Final = (
    "code", "name", "field", "level", "scope", "agency", "issuer", "excluded", "time_limit_text", "modes", "time_note", "fee_text",
    "fee_flag", "subjects", "n_components", "n_steps", "result", "online_level", "decision", "local_time", "local_fee",
    "local_source", "confidence", "source",
)  # fmt: skip

_TIERS: Final = {
    "cap bo": "ministry",
    "cap tinh": "province",
    "cap huyen": "district",
    "cap xa": "commune",
    "co quan khac": "other",
}
_SCOPES: Final = {"bo": "ministry", "tinh": "province", "huyen": "district", "xa": "commune"}
_OWN_PROVINCES: Final = ("Bắc Ninh", "Phú Thọ")
_OF_A_PROVINCE = re.compile(r"QĐ-(?:UBND|TTPVHCC)$")
_OFFICIALS: Final = "Cán bộ, công chức, viên chức"
_DECISION = re.compile(r".*\d.*|.*Q[ĐD].*")


class NationalListUnreadable(InvalidInput):
    """The file is no list of procedures."""


def read_national_list(text: str) -> tuple[dict[str, str], ...]:
    """The rows of the CSV, by the order of their codes. Raises NationalListUnreadable."""
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    missing = [column for column in COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise NationalListUnreadable(f"The list of procedures lacks the column {missing[0]}.", column=missing[0])
    cells = [{column: " ".join((row[column] or "").split()) for column in COLUMNS} for row in rows]
    return tuple(sorted(cells, key=lambda row: row["code"]))


def belongs_to_the_register(row: Mapping[str, str]) -> bool:
    """Whether the register of the two provinces has this row."""
    scope = row["scope"]
    local = "tinh" in scope or "xa" in scope
    if row["code"][:1] not in ("1", "2", "3") or not local:
        return False
    return row["excluded"] in DESKS[:-1] or (row["excluded"] == "bank" and scope == "tinh")


def facts_of(row: Mapping[str, str], fields: FieldNames) -> dict[str, Any]:
    """The record of one row, with every key that is known."""
    full = row["confidence"] == "full"
    limit = stated_limit(row["time_limit_text"], row["modes"], row["time_note"]) if full else _not_stated()
    fee = stated_fee(row["fee_text"], "fee_suspect_thousands" in row["fee_flag"], row["time_note"]) if full else None
    tiers, tier_note = _tiers(row)
    agencies = _agencies(row["agency"])
    basis, elsewhere = _legal_basis(row)
    hints = [{"text": text, "source": "national entry"} for text in (*limit.hints, *(fee.hints if fee else ()))]
    facts: dict[str, Any] = {
        "code": row["code"],
        "name": row["name"],
        "field": fields.folder(row["field"]) if row["field"] else UNCLASSIFIED,
        "field_name": fields.name(row["field"]) if row["field"] else "",
        "tiers": list(tiers),
        "tier_note": tier_note,
        "agencies": agencies,
        "authority_kinds": list(kinds_of(agencies)),
        "desk": row["excluded"],
        "limit_state": limit.state,
        "limits": list(limit.limits),
        "limit_note": limit.note,
        "fee": fee.fee if fee else {"state": "unknown", "amounts": [], "rule": "the source gives no fee", "source": row["source"]},
        "result": row["result"],
        "papers_count": _count(row["n_components"]),
        "steps_count": _count(row["n_steps"]),
        "online_level": row["online_level"],
        "channels": list(limit.channels),
        "subjects": _subjects(row["subjects"]),
        "issuer": row["issuer"],
        "legal_basis": basis,
        "hints": [*hints, *elsewhere, *_local_hints(row)],
        "source": row["source"],
    }
    facts["maturity"] = maturity_of(facts)
    facts["unknown"] = list(unknown_figures(facts))
    return facts


def _not_stated() -> StatedLimit:
    return StatedLimit("unknown", (), "the source gives no more than the procedure's name and code")


def _tiers(row: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """From the entry's level; without one from the scope, with a word about how that is known."""
    stated = [_TIERS[plain] for plain in (plain_letters(part.strip()) for part in row["level"].split(",")) if plain in _TIERS]
    scope, _, remark = row["scope"].partition(" (")
    named = [_SCOPES[part] for part in scope.split("+") if part in _SCOPES]
    if stated:
        beside = [tier for tier in named if tier not in stated]
        return tuple(stated), f"the list's scope also names: {', '.join(beside)}" if beside else ""
    if named:
        return tuple(sorted(named, key=list(_TIERS.values()).index)), f"from the list's scope ({remark}" if remark else ""
    return (), "province or commune; the source does not say which"


def _agencies(agency: str) -> list[str]:
    parts = dict.fromkeys(part.strip().rstrip(".") for part in agency.split(";"))
    return [part for part in parts if part and part != "Không có thông tin"]


def _subjects(subjects: str) -> list[str]:
    """The list separates by commas, and has two entries with commas of their own."""
    parts = re.split(r", (?![^()]*\))", subjects.replace(_OFFICIALS, _OFFICIALS.replace(", ", "\0")))
    return list(dict.fromkeys(part.replace("\0", ", ") for part in parts if part and CUT not in part))


def _count(text: str) -> int | None:
    return int(text) if text and text != "0" else None


def _legal_basis(row: Mapping[str, str]) -> tuple[list[str], list[dict[str, str]]]:
    """The decision that published the procedure; a decision of another province is only a hint."""
    decision = row["decision"]
    if not decision:
        return [], []
    ours = any(province in row["source"] for province in _OWN_PROVINCES)
    if decision.startswith("Demo") or not _DECISION.fullmatch(decision):
        return [], [{"text": f"decision as stated: {decision}", "source": row["source"]}]
    if _OF_A_PROVINCE.search(decision) and not ours:
        return [], [{"text": f"published elsewhere by decision {decision}", "source": row["source"]}]
    return [decision], []


def _local_hints(row: Mapping[str, str]) -> list[dict[str, str]]:
    """What a province or a commune decided for itself, which does not hold elsewhere."""
    stated = [f"limit: {row['local_time']}" if row["local_time"] else "", f"fee: {row['local_fee']}" if row["local_fee"] else ""]
    return [{"text": text, "source": row["local_source"]} for text in stated if text]
