"""A decision table, ready to decide: a pure function of variables, by its hit policy (DMN 1.3, 8.2.10).

    the value of each input ──► the rules whose tests all hold ──► their outputs ──► one result by the hit policy

What the specification leaves undefined or makes `null`, fails and says which rules and inputs are meant: two rules of a UNIQUE
table, differing outputs of an ANY table, no rule at all without a default, a value of the wrong kind or outside the allowed ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from motcua.bpmn.decisions.elements import KIND_NAMES, LISTS, Aggregation, HitPolicy, Kind, is_of_kind, kind_of
from motcua.bpmn.decisions.unary_tests import UnaryTests
from motcua.bpmn.expression_values import ExpressionFailed, Value, add
from motcua.bpmn.expressions import Expression
from motcua.errors import InvalidInput

PRIORITIES: Final = frozenset({HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER})


class DecisionFailed(InvalidInput):
    """The decision cannot be made with these variables. Facts: `decision`, and `rules` (their numbers) where some are at fault."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an output entry gives: a value that is written out, or that an expression computes."""

    text: str
    value: Value = None
    expression: Expression | None = None

    def evaluate(self, variables: Mapping[str, Any]) -> Value:
        return self.value if self.expression is None else self.expression.evaluate(variables)


@dataclass(frozen=True, slots=True)
class InputColumn:
    """allowed: None where every value of the kind may come."""

    expression: Expression
    kind: Kind | None
    allowed: UnaryTests | None

    @property
    def label(self) -> str:
        """How messages name it."""
        return self.expression.text


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """kind: as stated, else that of all its entries, where they are written out."""

    name: str
    kind: Kind | None
    allowed: UnaryTests | None
    default: Entry | None


@dataclass(frozen=True, slots=True)
class Row:
    """A rule by its number in the table, from 1."""

    number: int
    id: str
    line: int
    tests: tuple[UnaryTests, ...]
    outputs: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled decision table. Safe to share between threads."""

    decision: str
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rows: tuple[Row, ...]

    @property
    def gives_lists(self) -> bool:
        return self.policy in LISTS and self.aggregation is None

    @property
    def accepts_no_hit(self) -> bool:
        """Whether it gives an empty list, or the number 0, where no rule applies."""
        return self.gives_lists or self.aggregation is Aggregation.COUNT

    @property
    def has_default(self) -> bool:
        return all(column.default is not None for column in self.outputs)

    def kind_given(self, column: OutputColumn) -> Kind | None:
        """The kind of the value that this output gives, of each item where it gives a list; None where it is not known."""
        return Kind.INTEGER if self.aggregation is Aggregation.COUNT else column.kind

    @property
    def names(self) -> frozenset[str]:
        """The variables that it reads."""
        entries = [entry for row in self.rows for entry in row.outputs]
        entries += [column.default for column in self.outputs if column.default is not None]
        found = [column.expression.names for column in self.inputs]
        found += [entry.expression.names for entry in entries if entry.expression is not None]
        return frozenset().union(*found)

    def decide(self, variables: Mapping[str, Any]) -> dict[str, Value]:
        """The value of each output by its name; a list of them where every rule counts. Raises DecisionFailed."""
        try:
            values = [self._input(column, variables) for column in self.inputs]
            hits = self._hits(values)
            if not hits and not self.accepts_no_hit:
                return self._by_default(values, variables)
            return self._by_policy(hits, values, variables)
        except ExpressionFailed as failure:
            raise DecisionFailed(f'The decision "{self.decision}" cannot be made. {failure}', decision=self.decision) from failure

    def _input(self, column: InputColumn, variables: Mapping[str, Any]) -> Value:
        value = column.expression.evaluate(variables)
        if kind_of(value) is None and value is not None:
            raise self._failed(f"{column.label} is a list, a record or an instant, which no test can be asked of", "give one value")
        if column.kind is not None and not is_of_kind(value, column.kind):
            raise self._failed(f"{column.label} = {shown(value)} is not {KIND_NAMES[column.kind]}", "correct the data")
        if column.allowed is not None and not column.allowed.matches(value):
            raise self._failed(
                f"{column.label} = {shown(value)} is none of the allowed values {column.allowed.text}",
                "correct the data or the table",
            )
        return value

    def _hits(self, values: Sequence[Value]) -> list[Row]:
        """The rules that apply; under FIRST at most one, because no other is looked at."""
        hits: list[Row] = []
        for row in self.rows:
            if all(test.matches(value) for test, value in zip(row.tests, values, strict=True)):
                hits.append(row)
                if self.policy is HitPolicy.FIRST:
                    break
        return hits

    def _by_default(self, values: Sequence[Value], variables: Mapping[str, Any]) -> dict[str, Value]:
        if not self.has_default:
            raise self._failed(f"no rule applies to {self._told(values)}", "add a rule or a default output, or correct the data")
        return {
            column.name: self._checked(column, column.default, variables) for column in self.outputs if column.default is not None
        }

    def _by_policy(self, hits: Sequence[Row], values: Sequence[Value], variables: Mapping[str, Any]) -> dict[str, Value]:
        if self.aggregation is Aggregation.COUNT:
            return {self.outputs[0].name: len(hits)}
        if self.policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise self._failed(
                f"the rules {_listed(hits)} apply to {self._told(values)}, and UNIQUE allows one", "mend the table", hits
            )
        results = [self._outputs(row, variables) for row in hits]
        if self.policy is HitPolicy.ANY and any(_typed(result) != _typed(results[0]) for result in results):
            raise self._failed(
                f"the rules {_listed(hits)} apply to {self._told(values)} with different outputs, which ANY forbids",
                "mend the table",
                hits,
            )
        if self.policy in PRIORITIES:
            results.sort(key=self._rank)
        columns = {column.name: [result[at] for result in results] for at, column in enumerate(self.outputs)}
        if self.aggregation is not None:
            return {name: self._aggregate(outputs) for name, outputs in columns.items()}
        if self.gives_lists:
            return dict(columns)
        return {name: outputs[0] for name, outputs in columns.items()}

    def _outputs(self, row: Row, variables: Mapping[str, Any]) -> tuple[Value, ...]:
        return tuple(self._checked(column, entry, variables) for column, entry in zip(self.outputs, row.outputs, strict=True))

    def _checked(self, column: OutputColumn, entry: Entry, variables: Mapping[str, Any]) -> Value:
        value = entry.evaluate(variables)
        objection = objection_to(value, column)
        if objection:
            raise self._failed(
                f"the output {column.name} = {shown(value)} of {entry.text!r} {objection}", "mend the table or the data"
            )
        return value

    def _rank(self, outputs: tuple[Value, ...]) -> tuple[int, ...]:
        """The place of each output among the allowed values: the first column decides first (DMN 1.3, 8.2.10)."""
        places = [column.allowed.values for column in self.outputs if column.allowed is not None]
        return tuple(allowed.index(value) for allowed, value in zip(places, outputs, strict=True) if allowed is not None)

    def _aggregate(self, outputs: list[Value]) -> Value:
        kinds = {kind_of(value) for value in outputs}
        try:
            if self.aggregation is Aggregation.SUM:
                return reduce(add, outputs) if kinds == {Kind.NUMBER} else _fail_on(kinds)
            if len(kinds) != 1 or kinds & {None, Kind.BOOLEAN, Kind.TEXT}:
                _fail_on(kinds)
            return min(outputs) if self.aggregation is Aggregation.MIN else max(outputs)  # type: ignore[type-var]
        except (TypeError, ArithmeticError) as cause:
            what = "it cannot be computed exactly" if isinstance(cause, ArithmeticError) else str(cause)
            raise self._failed(f"the {self.aggregation} of the outputs fails, because {what}", "mend the table") from cause

    def _told(self, values: Sequence[Value]) -> str:
        return (
            ", ".join(f"{column.label} = {shown(value)}" for column, value in zip(self.inputs, values, strict=True)) or "no input"
        )

    def _failed(self, what: str, remedy: str, rows: Iterable[Row] = ()) -> DecisionFailed:
        return DecisionFailed(
            f'In the decision "{self.decision}" {what}; {remedy}.', decision=self.decision, rules=[row.number for row in rows]
        )


def objection_to(value: Value, column: OutputColumn) -> str | None:
    """Why an output may not have this value; None when it may."""
    if column.kind is not None and not is_of_kind(value, column.kind):
        return f"is not {KIND_NAMES[column.kind]}"
    if column.allowed is not None and not column.allowed.matches(value):
        return f"is none of the allowed values {column.allowed.text}"
    return None


def shown(value: Value) -> str:
    """A value as a test would write it, cut short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _listed(rows: Sequence[Row]) -> str:
    numbers = [str(row.number) for row in rows[:5]] + (["…"] if len(rows) > 5 else [])
    return ", ".join(numbers[:-1]) + " and " + numbers[-1]


def _typed(outputs: tuple[Value, ...]) -> list[tuple[Kind | None, Value]]:
    """True is 1 to Python, and is not here."""
    return [(kind_of(value), value) for value in outputs]


def _fail_on(kinds: Iterable[Kind | None]) -> Value:
    named = sorted("a value without order" if kind is None else KIND_NAMES[kind] for kind in kinds)
    raise TypeError(f"there are among them {' and '.join(named)}")
