"""Named lists of procedures: what a province reported that it has, as a documented selection of real codes.

The historical lists are not public. A selection takes procedures of the register by a rule that is written beside it, in an order
that is the same every time, until the reported number is reached. It reproduces the number, never the list, and says so.

`data/selections.yaml` holds for each: its name, the province, the reported number with its source, and the rule:

    of          another selection, or "register"
    desks       whose desks, in this order; "" is the administration itself
    prefer      facts that come first, in this order, such as `online_level: Toàn trình`
    only        facts that a procedure must have
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from motcua.errors import InvalidInput, NotFound
from motcua.procedures_catalog.maturity import maturity
from motcua.procedures_catalog.procedure import Procedure

_KEYS: Final = frozenset({"name", "title", "province", "year", "count", "of", "desks", "only", "prefer", "rule", "source"})


class SelectionUnreadable(InvalidInput):
    """A selection's rule cannot be read, or there are too few procedures for it."""


class UnknownSelection(NotFound):
    """No selection has that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f'No selection is called "{name}". There are: {", ".join(known)}.', name=name)


@dataclass(frozen=True, slots=True)
class Selection:
    """count: how many the province reported.   rule: in words, for people.   source: of the number."""

    name: str
    title: str
    province: str
    year: int
    count: int
    of: str
    desks: tuple[str, ...]
    only: Mapping[str, tuple[str, ...]]
    prefer: tuple[tuple[str, str], ...]
    rule: str
    source: str


def read_selections(path: Path) -> dict[str, Selection]:
    """The selections by name. Raises SelectionUnreadable."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: dict[str, Selection] = {}
    for row in document["selections"]:
        if not isinstance(row, dict) or set(row) != _KEYS or row["name"] in found:
            raise SelectionUnreadable(
                f"A selection in {path.name} has a name of its own and the keys {', '.join(sorted(_KEYS))}: {row}.", path=str(path)
            )
        only = {key: tuple(values) for key, values in row["only"].items()}
        prefer = tuple((each["fact"], each["is"]) for each in row["prefer"])
        found[row["name"]] = Selection(**{**row, "desks": tuple(row["desks"]), "only": only, "prefer": prefer})
    return found


def select(name: str, selections: Mapping[str, Selection], procedures: Iterable[Procedure]) -> tuple[str, ...]:
    """The codes of a selection, sorted. Raises UnknownSelection, or SelectionUnreadable where there are too few procedures."""
    if name not in selections:
        raise UnknownSelection(name, tuple(selections))
    selection = selections[name]
    among = tuple(procedures)
    if selection.of != "register":
        wider = set(select(selection.of, selections, among))
        among = tuple(procedure for procedure in among if procedure.code in wider)
    fitting = [each for each in among if _desk(each) in selection.desks and _has(each, selection.only)]
    if len(fitting) < selection.count:
        raise SelectionUnreadable(
            f"The selection {name} takes {selection.count} procedures, and only {len(fitting)} fit its rule. "
            "Widen the rule in data/selections.yaml.",
            name=name,
        )
    ordered = sorted(fitting, key=lambda each: (selection.desks.index(_desk(each)), _rank(each, selection), each.code))
    return tuple(sorted(each.code for each in ordered[: selection.count]))


def _has(procedure: Procedure, only: Mapping[str, tuple[str, ...]]) -> bool:
    return all(_fact(procedure, key) & set(values) for key, values in only.items())


def _rank(procedure: Procedure, selection: Selection) -> tuple[bool, ...]:
    return tuple(value not in _fact(procedure, fact) for fact, value in selection.prefer)


def _fact(procedure: Procedure, key: str) -> set[Any]:
    value = maturity(procedure) if key == "maturity" else getattr(procedure, key)
    return set(value) if isinstance(value, tuple) else {value}


def _desk(procedure: Procedure) -> str:
    """Whose desk it is; rows that are kept by hand say so by the kind of their authority."""
    return procedure.desk or ("police" if procedure.authority_kinds == ("provincial_police",) else "")
