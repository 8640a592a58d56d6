"""The register as a table, as JSON and as linked data (Core Public Service Vocabulary, CPSV-AP 3.2), and the first two back again.

In the table a text stands as it is and everything else as JSON, so that a spreadsheet shows what matters and nothing is lost on the
way back. Codes are text: a cell that became a number has lost its zero, and is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.register_file import DEFAULTS, KEYS

Facts = Mapping[str, Any]

TEXT_KEYS: Final = frozenset(
    {"code", "name", "maturity", "field", "field_name", "tier_note", "desk", "limit_state", "limit_note", "counting_policy",
     "supplement_policy", "result", "online_level", "issuer", "in_force_from", "validity_source", "source"}
)  # fmt: skip
"""Facts that are text; the others are written as JSON."""

CODE = re.compile(r"\d\.\d{6}")


class TableUnreadable(InvalidInput):
    """A cell of a table, or a place of a JSON document, is no fact of the register."""


def as_table(records: Iterable[Facts]) -> list[list[str]]:
    """A row of titles, then one for each record; an empty cell is the fact's usual value."""
    return [list(KEYS), *([_cell(key, facts) for key in KEYS] for facts in records)]


def as_csv(records: Iterable[Facts]) -> str:
    """The table as CSV."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(as_table(records))
    return lines.getvalue()


def as_json(records: Iterable[Facts]) -> str:
    """A JSON list with every record whole."""
    return json.dumps([{key: facts[key] for key in KEYS if key in facts} for facts in records], ensure_ascii=False, indent=1) + "\n"


def read_table(rows: Sequence[Sequence[str]]) -> tuple[dict[str, Any], ...]:
    """The records of a table. The columns may stand in any order, and be fewer. Raises TableUnreadable with row and column."""
    if not rows:
        raise TableUnreadable("The table is empty; its first row names the columns, such as code, name, field.")
    titles = [title.strip() for title in rows[0]]
    for title in titles:
        if title not in KEYS:
            raise TableUnreadable(f'The table has the unknown column "{title}". The columns are: {", ".join(KEYS)}.', column=title)
    if "code" not in titles:
        raise TableUnreadable("The table has no column code.", column="code")
    records = (_record(dict(zip(titles, row, strict=False)), number) for number, row in enumerate(rows[1:], start=2) if any(row))
    return tuple(records)


def read_json(text: str) -> tuple[dict[str, Any], ...]:
    """The records of a JSON list. Raises TableUnreadable."""
    try:
        records = json.loads(text)
    except ValueError as cause:
        raise TableUnreadable(f"The register is no JSON: {cause}.") from cause
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise TableUnreadable("The register in JSON is a list of objects, one for each procedure.")
    for number, record in enumerate(records, start=1):
        _check_code(record.get("code"), f"record {number}")
        unknown = sorted(set(record) - set(KEYS))
        if unknown:
            raise TableUnreadable(f'Record {number} ({record["code"]}) has the unknown key "{unknown[0]}".', key=unknown[0])
    return tuple(records)


def _cell(key: str, facts: Facts) -> str:
    value = facts.get(key)
    if value is None or (key in DEFAULTS and value == DEFAULTS[key]):
        return ""
    return str(value) if key in TEXT_KEYS else json.dumps(value, ensure_ascii=False)


def _record(cells: Mapping[str, str], number: int) -> dict[str, Any]:
    _check_code(cells["code"], f"row {number}")
    facts: dict[str, Any] = {}
    for key, cell in cells.items():
        if not cell:
            if key in DEFAULTS:
                facts[key] = DEFAULTS[key]
            elif key in TEXT_KEYS:
                facts[key] = ""
        elif key in TEXT_KEYS:
            facts[key] = cell
        else:
            facts[key] = _json_cell(cell, key, number)
    return facts


def _json_cell(cell: str, key: str, number: int) -> Any:
    try:
        return json.loads(cell)
    except ValueError as cause:
        raise TableUnreadable(
            f'Row {number}, column {key}: "{cell[:60]}" is no JSON. Write a list such as ["province"], or a number such as 3.',
            row=number, column=key,
        ) from cause  # fmt: skip


def _check_code(code: object, where: str) -> None:
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise TableUnreadable(
            f'The code {code!r} in {where} is no national code such as "1.002740". '
            "Format the column as text, so that no zero is lost.",
            where=where,
        )


CONTEXT: Final[Mapping[str, Any]] = {
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "schema": "https://schema.org/",
}


def as_json_ld(records: Iterable[Facts]) -> str:
    """CPSV-AP: a public service for each procedure. What is unknown has no statement; nothing is put in its place."""
    graph = [_public_service(facts) for facts in records]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _public_service(facts: Facts) -> dict[str, Any]:
    code = facts["code"]
    service: dict[str, Any] = {
        "@id": f"urn:motcua:procedure:{code}:{facts['in_force_from']}",
        "@type": "cpsv:PublicService",
        "dct:identifier": code,
        "dct:title": _vietnamese(facts["name"]),
        "dct:source": facts["source"],
    }
    if facts["field_name"]:
        service["cv:thematicArea"] = _vietnamese(facts["field_name"])
    if facts["agencies"]:
        service["cv:hasCompetentAuthority"] = [
            {"@type": "cv:PublicOrganisation", "dct:title": _vietnamese(name)} for name in facts["agencies"]
        ]
    if facts["channels"]:
        service["cv:hasChannel"] = [{"@type": "cv:Channel", "dct:type": channel} for channel in facts["channels"]]
    if facts["legal_basis"]:
        service["cv:hasLegalResource"] = [{"@type": "eli:LegalResource", "dct:title": each} for each in facts["legal_basis"]]
    if facts["result"]:
        service["cpsv:produces"] = [{"@type": "cv:Output", "dct:title": _vietnamese(facts["result"])}]
    if facts["limit_state"] in ("known", "sector_rule", "differs_by_case"):
        service["cv:processingTime"] = [_processing_time(limit) for limit in facts["limits"]]
    if facts["fee"]["state"] in ("free", "dated"):
        service["cv:hasCost"] = _costs(facts["fee"])
    return service


def _processing_time(limit: Mapping[str, Any]) -> dict[str, Any]:
    """In words: an xsd:duration knows no working days, and would be another limit."""
    stated = {"schema:description": limit["text"], "dct:source": limit["source"]}
    return {**stated, "schema:name": limit["name"]} if limit["name"] else stated


def _costs(fee: Mapping[str, Any]) -> list[dict[str, Any]]:
    if fee["state"] == "free":
        return [{"@type": "cv:Cost", "cv:value": 0, "cv:currency": "VND", "dct:source": fee["source"]}]
    return [
        {
            "@type": "cv:Cost",
            "cv:value": each["amount_vnd"],
            "cv:currency": "VND",
            **{
                f"schema:{key}": each[own]
                for key, own in (("validFrom", "valid_from"), ("validThrough", "valid_until"))
                if each[own]
            },
            "dct:source": each["source"],
        }
        for each in fee["amounts"]
    ]


def _vietnamese(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "vi"}
