"""The elements of a DMN 1.3 document as frozen values, as the file has them; nothing here is judged or compiled.

DecisionDocument ─┬─ Decision ── DecisionTable ─┬─ InputClause, OutputClause
                  │                             └─ Rule ── Cell
                  └─ Oddity (what has no place here; the checks report each)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from motcua.bpmn.elements import Oddity
from motcua.bpmn.expression_values import Value


class HitPolicy(StrEnum):
    """What the rules that apply make of their outputs (DMN 1.3, 8.2.10)."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


LISTS: Final = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})
"""The policies under which every rule that applies gives an output."""


class Aggregation(StrEnum):
    """What COLLECT makes of the outputs that it collected."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


class Kind(StrEnum):
    """The kinds of values that a column can have; INTEGER is a number that is whole."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "string"
    BOOLEAN = "boolean"
    DATE = "date"


def basic(kind: Kind) -> Kind:
    """The kind of which this one is a part: whole numbers are numbers."""
    return Kind.NUMBER if kind is Kind.INTEGER else kind


def kind_of(value: Value) -> Kind | None:
    """The kind of a value; None for an empty one, and for lists, records and instants, which no column can have."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | Decimal):
        return Kind.NUMBER
    if isinstance(value, str):
        return Kind.TEXT
    return Kind.DATE if isinstance(value, date) and not isinstance(value, datetime) else None


def is_of_kind(value: Value, kind: Kind | None) -> bool:
    """Whether a column of this kind may hold the value; an empty one fits everywhere, and everything fits no stated kind."""
    if value is None or kind is None:
        return True
    if kind is Kind.INTEGER:
        return kind_of(value) is Kind.NUMBER and value == int(value)  # type: ignore[arg-type]
    return kind_of(value) is kind


KIND_NAMES: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number",
    Kind.TEXT: "a text",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of the table, and where it stands."""

    id: str
    text: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class InputClause:
    """An input column. `type` is the typeRef as written, `allowed` the inputValues."""

    id: str
    expression: str
    type: str | None = None
    allowed: Cell | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OutputClause:
    """An output column. `allowed` are the outputValues; `default` is given when no rule applies."""

    id: str
    name: str
    type: str | None = None
    allowed: Cell | None = None
    default: Cell | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: an entry for each input and each output, in the order of the columns."""

    id: str
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DecisionTable:
    id: str
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    line: int = field(default=0, compare=False)

    @property
    def gives_one_value(self) -> bool:
        return len(self.outputs) == 1 and (self.aggregation is not None or self.hit_policy not in LISTS)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: a table, or one expression (`literal`). `variable` is the name under which others see its result.

    requires: the ids of the decisions whose results it uses.
    """

    id: str
    name: str
    variable: str
    type: str | None
    requires: tuple[str, ...]
    table: DecisionTable | None
    literal: Cell | None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DecisionDocument:
    """A whole file. `ids` holds every id in it with its line, repeated where the document repeats it."""

    id: str
    decisions: tuple[Decision, ...]
    oddities: tuple[Oddity, ...] = ()
    ids: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    source: str = field(default="", compare=False)
