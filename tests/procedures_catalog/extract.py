"""A small real extract of the published national list: rows of every shape that its limits and fees have."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from motcua.procedures_catalog.catalog import DATA
from motcua.procedures_catalog.fields import read_fields
from motcua.procedures_catalog.national_list import belongs_to_the_register, facts_of, read_national_list

EXTRACT = Path(__file__).parent / "national_extract.csv"


@cache
def rows() -> tuple[dict[str, str], ...]:
    """As the list has them."""
    return tuple(csv.DictReader(EXTRACT.read_text(encoding="utf-8").splitlines()))


def row(code: str) -> dict[str, str]:
    (found,) = [each for each in rows() if each["code"] == code]
    return found


@cache
def facts() -> dict[str, dict[str, Any]]:
    """Code → the facts that the register has of it, for the rows that belong there."""
    listed = [each for each in read_national_list(EXTRACT.read_text(encoding="utf-8")) if belongs_to_the_register(each)]
    fields = read_fields((DATA / "fields.csv").read_text(encoding="utf-8")).with_new(each["field"] for each in listed)
    return {each["code"]: facts_of(each, fields) for each in listed}
