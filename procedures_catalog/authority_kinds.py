"""Which kind of authority an agency is that the national list names in words: "Sở Tư pháp Thành phố Hà Nội" is a department of
justice.

`data/authority_kinds.csv` says how the words begin, in plain letters. Words that no line matches give no kind: a department that no
longer exists ("Sở Thông tin và Truyền thông") is not taken for its successor here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from motcua.procedures_catalog.plain_letters import plain_letters


@dataclass(frozen=True, slots=True)
class KindWords:
    """kind: as authorities and procedures name it.   label: as officers read it.   begins: plain letters."""

    kind: str
    label: str
    begins: str


@cache
def kind_words() -> tuple[KindWords, ...]:
    """The lines of the table, those with the most words first."""
    path = files("motcua.procedures_catalog").joinpath("data", "authority_kinds.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    found = [KindWords(row["kind"], row["label"], plain_letters(row["begins"])) for row in rows]
    return tuple(sorted(found, key=lambda each: (-len(each.begins), each.begins)))


def kinds() -> frozenset[str]:
    """Every kind that a procedure may name."""
    return frozenset(each.kind for each in kind_words())


def kinds_of(agencies: Iterable[str]) -> tuple[str, ...]:
    """The kinds of the agencies that are known, each once, in the order of the agencies."""
    found: dict[str, None] = {}
    for agency in agencies:
        words = plain_letters(agency)
        kind = next((each.kind for each in kind_words() if words.startswith(each.begins)), None)
        if kind:
            found[kind] = None
    return tuple(found)
