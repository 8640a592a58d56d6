"""Compiles one decision, column by column. Whatever is wrong in it is noted with its cell, so that all of it is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from motcua.bpmn.decisions.elements import (
    Aggregation,
    Cell,
    Decision,
    DecisionTable,
    HitPolicy,
    InputClause,
    Kind,
    OutputClause,
    basic,
    kind_of,
)
from motcua.bpmn.decisions.tables import PRIORITIES, Entry, InputColumn, OutputColumn, Row, Table, objection_to, shown
from motcua.bpmn.decisions.unary_tests import EntryRefused, UnaryTests, read_literal, read_tests
from motcua.bpmn.elements import Oddity
from motcua.bpmn.expressions import Expression, ExpressionRefused, compile_expression

MAX_RULES: Final = 1_000
MAX_COLUMNS: Final = 60
_FEEL_WORDS: Final[Mapping[str, str]] = {"true": "True", "false": "False", "null": "None"}
_EVERYTHING: Final = UnaryTests("-")
_UNREAD: Final = Entry("")
_T = TypeVar("_T")


class _Place(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def line(self) -> int: ...


def compile_table(decision: Decision, faults: list[Oddity]) -> Table | None:
    """The decision as a table; None when it has faults, which are added to `faults`. An expression is a table of one default."""
    compiling = _Compiling(decision, faults)
    if decision.literal is not None:
        return compiling.expression(decision.literal)
    return compiling.table(decision.table) if decision.table is not None else None


class _Compiling:
    def __init__(self, decision: Decision, faults: list[Oddity]) -> None:
        self.decision = decision
        self.faults = faults
        self.before = len(faults)

    def wrong(self, rule: str, place: _Place, message: str, remedy: str) -> None:
        self.faults.append(Oddity(rule, place.id or self.decision.id, message, remedy, place.line or self.decision.line))

    @property
    def is_sound(self) -> bool:
        return len(self.faults) == self.before

    def expression(self, cell: Cell) -> Table | None:
        entry = self.entry(cell)
        column = OutputColumn(self.decision.id, self.kind(self.decision.type, self.decision), None, entry)
        self.check_entry(cell, entry, column)
        return Table(self.decision.id, HitPolicy.UNIQUE, None, (), (column,), ()) if self.is_sound else None

    def table(self, table: DecisionTable) -> Table | None:
        if not self.is_of_bearable_size(table):
            return None
        rules = []
        for number, rule in enumerate(table.rules, 1):
            if (len(rule.inputs), len(rule.outputs)) == (len(table.inputs), len(table.outputs)):
                rules.append((number, rule))
            else:
                self.wrong("decision-table", rule, f"the rule {number} has not one entry for each column", "save the table again")
        inputs = [self.input(clause, [rule.inputs[at] for _, rule in rules]) for at, clause in enumerate(table.inputs)]
        outputs = [self.output(clause, table, [rule.outputs[at] for _, rule in rules]) for at, clause in enumerate(table.outputs)]
        rows = tuple(
            Row(
                number,
                rule.id,
                rule.line,
                tuple(tests[at] for _, tests in inputs),
                tuple(entries[at] for _, entries in outputs),
            )
            for at, (number, rule) in enumerate(rules)
        )
        found = Table(
            self.decision.id,
            table.hit_policy,
            table.aggregation,
            tuple(column for column, _ in inputs if column is not None),
            tuple(column for column, _ in outputs),
            rows,
        )
        self.check_policy(found, table)
        self.check_type(table)
        return found if self.is_sound else None

    # ---- columns

    def input(self, clause: InputClause, cells: Sequence[Cell]) -> tuple[InputColumn | None, list[UnaryTests]]:
        expression = self.noted("decision-expression", clause, lambda: _own_language(clause.expression))
        allowed = None if clause.allowed is None else self.tests(clause.allowed)
        tests = [self.tests(cell) for cell in cells]
        told = [*([] if allowed is None else [allowed]), *tests]
        kind = self.kind(clause.type, clause) or next((each.kind for each in told if each.kind is not None), None)
        for cell, test in zip([*([clause.allowed] if clause.allowed else []), *cells], told, strict=True):
            if test.kind is not None and kind is not None and test.kind is not basic(kind):
                message = f"{test.text!r} speaks of {test.kind}, and its column of {kind}"
                self.wrong("decision-type", cell, message, "keep one kind of values in a column, or correct its type")
        if expression is None:
            return None, tests
        return InputColumn(expression, kind, allowed), tests

    def output(self, clause: OutputClause, table: DecisionTable, cells: Sequence[Cell]) -> tuple[OutputColumn, list[Entry]]:
        allowed = None if clause.allowed is None else self.tests(clause.allowed)
        entries = [self.entry(cell) for cell in cells]
        default = None if clause.default is None else self.entry(clause.default)
        kind = self.kind(clause.type, clause)
        if table.gives_one_value:
            whole = self.kind(self.decision.type, self.decision)
            given = Kind.INTEGER if table.aggregation is Aggregation.COUNT else kind
            if given is not None and whole not in {given, basic(given), None}:
                message = f"the output is of the type {given}, and the variable of its decision {whole}"
                self.wrong("decision-type", clause, message, "state the same type for both")
            kind = kind or (None if table.aggregation is Aggregation.COUNT else whole)
        name = clause.name or (self.decision.id if len(table.outputs) == 1 else "")
        column = OutputColumn(name, kind or _kind_of_all([*entries, *([default] if default else [])]), allowed, default)
        for cell, entry in zip(
            [*cells, *([clause.default] if clause.default else [])], [*entries, *([default] if default else [])], strict=True
        ):
            self.check_entry(cell, entry, column)
        return column, entries

    def kind(self, written: str | None, place: _Place) -> Kind | None:
        if written is None or written == "Any":
            return None
        try:
            return Kind(written)
        except ValueError:
            known = ", ".join((*Kind, "Any"))
            self.wrong("decision-type", place, f'the type "{written}" is not known', f"use one of {known}")
            return None

    # ---- cells

    def tests(self, cell: Cell) -> UnaryTests:
        return self.noted("decision-test", cell, lambda: read_tests(cell.text)) or _EVERYTHING

    def entry(self, cell: Cell) -> Entry:
        def read() -> Entry:
            literal = read_literal(cell.text)
            return Entry(cell.text, literal[0]) if literal else Entry(cell.text, expression=_own_language(cell.text))

        return self.noted("decision-expression", cell, read) or _UNREAD

    def check_entry(self, cell: Cell, entry: Entry, column: OutputColumn) -> None:
        """What is written out is judged here, what is computed when it is."""
        objection = objection_to(entry.value, column) if entry.expression is None and entry is not _UNREAD else None
        if objection:
            self.wrong("decision-type", cell, f"the output {shown(entry.value)} {objection}", "correct the entry or the column")

    def noted(self, rule: str, place: _Place, read: Callable[[], _T]) -> _T | None:
        """What `read` gives; None when it refuses, which is noted."""
        try:
            return read()
        except EntryRefused as refused:
            self.wrong(rule, place, str(refused).removesuffix("."), refused.remedy)
        except ExpressionRefused as refused:
            self.wrong(rule, place, str(refused).removesuffix("."), "see docs/extension.md, Expressions")
        return None

    # ---- the table as a whole

    def check_type(self, table: DecisionTable) -> None:
        """No type of ours is that of a list or of several outputs."""
        if not table.gives_one_value and self.decision.type not in {None, "Any"}:
            message = f"the variable of the decision is of the type {self.decision.type}, and its table gives more than one value"
            self.wrong("decision-type", table, message, "remove the typeRef of the variable")

    def is_of_bearable_size(self, table: DecisionTable) -> bool:
        """Whether the table is worth reading on; its names are judged on the way."""
        if not table.outputs or not table.rules:
            self.wrong("decision-table", table, "the table has no output or no rule", "give it at least one of each")
        limits = ((table.rules, MAX_RULES, "rules"), (table.inputs, MAX_COLUMNS, "inputs"), (table.outputs, MAX_COLUMNS, "outputs"))
        for parts, most, what in limits:
            if len(parts) > most:
                self.wrong("decision-table", table, f"the table has {len(parts)} {what}", f"split it: {most} {what} are the most")
                return False
        names = Counter(clause.name for clause in table.outputs)
        for clause in table.outputs if len(table.outputs) > 1 else ():
            if not clause.name or names[clause.name] > 1:
                message = f'of several outputs, one is called "{clause.name}"'
                self.wrong("decision-table", clause, message, "give each a name of its own")
        return True

    def check_policy(self, table: Table, written: DecisionTable) -> None:
        if table.aggregation is not None and table.policy is not HitPolicy.COLLECT:
            message = f"the hit policy {table.policy} does not aggregate"
            self.wrong("decision-table", written, message, 'write hitPolicy="COLLECT", or remove the aggregation')
        if table.aggregation is not None and len(table.outputs) > 1:
            self.wrong("decision-table", written, "several outputs cannot be aggregated", "make a decision for each output")
        for clause, column in zip(written.outputs, table.outputs, strict=True):
            if column.default is not None and table.accepts_no_hit:
                message = f"where no rule applies, {table.policy} gives an empty list or the number 0"
                self.wrong("decision-table", clause, message, "remove the default output")
            if column.default is None and any(each.default is not None for each in table.outputs):
                self.wrong(
                    "decision-table", clause, "other outputs have a default, and this has none", "give one to all or to none"
                )
            if table.policy in PRIORITIES and (column.allowed is None or column.allowed.values is None):
                message = f"nothing says which output goes first under {table.policy}"
                self.wrong("decision-table", clause, message, 'list the outputValues, the first ones first: "high", "low"')
            if column.kind in _NOT_FOR.get(table.aggregation, frozenset()):
                message = f"there is no {table.aggregation} of the type {column.kind}"
                self.wrong("decision-type", clause, message, "collect numbers, or remove the aggregation")


_NOT_FOR: Final[Mapping[Aggregation | None, frozenset[Kind | None]]] = {
    Aggregation.SUM: frozenset({Kind.TEXT, Kind.BOOLEAN, Kind.DATE}),
    Aggregation.MIN: frozenset({Kind.BOOLEAN, Kind.TEXT}),
    Aggregation.MAX: frozenset({Kind.BOOLEAN, Kind.TEXT}),
}


def _own_language(text: str) -> Expression:
    """An expression of the closed language. FEEL's words in it would be read as names of variables, so they are refused."""
    found = compile_expression(text)
    for word in sorted(found.names & _FEEL_WORDS.keys()):
        raise EntryRefused(text, text.find(word) + 1, f'"{word}" has no meaning inside an expression', f"write {_FEEL_WORDS[word]}")
    return found


def _kind_of_all(entries: Sequence[Entry]) -> Kind | None:
    """The kind of entries that are all written out and of one kind, empty ones aside."""
    kinds = {kind_of(entry.value) for entry in entries if entry.value is not None or entry.expression is not None}
    return next(iter(kinds)) if len(kinds) == 1 and all(entry.expression is None for entry in entries) else None
