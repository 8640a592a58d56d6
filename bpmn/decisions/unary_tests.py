"""FEEL unary tests: what an input entry of a decision table says of a value (DMN 1.3, 10.3.1.2, as far as docs/decision-tables.md
goes).

    -    "a"    3    true    null    date("2026-01-31")    < 3    [1..5)    1, 3, > 10    not("a", "b")

A test is true, false, or unknown: an ordering asked of an empty value is unknown, as in FEEL, and only a true one makes a rule
apply. Where FEEL makes `null` of a mistake, such as a number compared with a text, the table refuses the value instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from motcua.bpmn.decisions.elements import KIND_NAMES, Kind, kind_of
from motcua.bpmn.expression_values import ExpressionFailed, Value, bounded
from motcua.errors import InvalidInput

MAX_LENGTH: Final = 2_000
_TOKENS: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+) | (?P<number>-?[0-9]+(?:\.[0-9]+)?) | (?P<text>"[^"\\]*") | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark>\.\.|<=|>=|[<>\[\](),]|-)""",
    re.VERBOSE,
)
_CONSTANTS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}
_ORDERED: Final = frozenset({Kind.NUMBER, Kind.DATE})


class EntryRefused(InvalidInput):
    """An entry of a decision table cannot be read. Facts: `text`, `position` (the character, from 1), `remedy`."""

    def __init__(self, text: str, position: int, objection: str, remedy: str) -> None:
        shown = text if len(text) <= 120 else text[:117] + "…"
        super().__init__(f"At character {position} of {shown!r}: {objection}.", text=text, position=position, remedy=remedy)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Equal:
    """The value itself; the empty value is equal to itself alone."""

    value: Value

    def holds(self, value: Value) -> bool | None:
        return value is None if self.value is None else value is not None and value == self.value


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, each included or not; None is without bound. Unknown for an empty value."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool

    def holds(self, value: Any) -> bool | None:
        if value is None:
            return None
        above = self.low is None or value > self.low or (self.low_included and value == self.low)
        below = self.high is None or value < self.high or (self.high_included and value == self.high)
        return bool(above and below)


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """An input entry. Without `pieces` it is true of everything; with them, if one of them is, or with `negated` none.

    kind: of the values that it speaks of; None where it speaks of none.
    """

    text: str
    pieces: tuple[Equal | Range, ...] = ()
    negated: bool = False
    kind: Kind | None = field(default=None, compare=False)

    def outcome(self, value: Value) -> bool | None:
        """True, false, or None for unknown, by the logic of three values."""
        if not self.pieces:
            return True
        is_unknown = False
        for piece in self.pieces:
            holds = piece.holds(value)
            if holds:
                return not self.negated
            is_unknown = is_unknown or holds is None
        return None if is_unknown else self.negated

    def matches(self, value: Value) -> bool:
        return self.outcome(value) is True

    @property
    def texts(self) -> frozenset[str]:
        """The texts that it names."""
        return frozenset(piece.value for piece in self.pieces if isinstance(piece, Equal) and isinstance(piece.value, str))

    @property
    def values(self) -> tuple[Value, ...] | None:
        """The values that it lists, in their order; None when it is more than such a list."""
        if not self.pieces or self.negated or not all(isinstance(piece, Equal) for piece in self.pieces):
            return None
        return tuple(piece.value for piece in self.pieces if isinstance(piece, Equal))


def read_tests(text: str) -> UnaryTests:
    """The tests that a text means. An empty text is `-`, as tools write it. Raises EntryRefused."""
    if len(text) > MAX_LENGTH:
        raise EntryRefused(text, MAX_LENGTH, f"an entry may have {MAX_LENGTH} characters", "split the rule")
    if text in {"", "-"}:
        return UnaryTests(text)
    reader = _Reader(text)
    negated = reader.takes("name", "not")
    if negated:
        reader.expect("(")
    pieces = [reader.piece()]
    while reader.takes("mark", ","):
        pieces.append(reader.piece())
    if negated:
        reader.expect(")")
    reader.expect_end()
    kinds = {kind for piece in pieces for kind in _kinds(piece)}
    if len(kinds) > 1:
        named = " and ".join(sorted(KIND_NAMES[kind] for kind in kinds))
        raise EntryRefused(text, 1, f"it compares with {named}", "compare with values of one kind")
    return UnaryTests(text, tuple(pieces), negated, next(iter(kinds), None))


def read_literal(text: str) -> tuple[Value] | None:
    """The one value that a text writes out in FEEL; None for anything else. Raises EntryRefused for a value that is none."""
    try:
        reader = _Reader(text)
        value = reader.literal()
        reader.expect_end()
    except EntryRefused as refused:
        if isinstance(refused.__cause__, ExpressionFailed) or re.match(r"date\s*\(", text):
            raise
        return None
    return (value,)


def _kinds(piece: Equal | Range) -> Iterator[Kind]:
    for value in (piece.value,) if isinstance(piece, Equal) else (piece.low, piece.high):
        kind = kind_of(value)
        if kind is not None:
            yield kind


class _Reader:
    """Goes through the tokens of one entry from left to right; nothing is nested, so nothing recurses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens = list(self._split())

    def _split(self) -> Iterator[tuple[str, str, int]]:
        position = 0
        while position < len(self.text):
            found = _TOKENS.match(self.text, position)
            if found is None:
                raise EntryRefused(self.text, position + 1, f"{self.text[position]!r} has no meaning in a test", _REMEDY)
            if found.lastgroup != "blank":
                yield str(found.lastgroup), found[0], position + 1
            position = found.end()

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", len(self.text) + 1)

    def takes(self, kind: str, word: str) -> bool:
        """Whether the next token is this one; then it is passed."""
        here = self._peek()[:2] == (kind, word)
        self.at += here
        return here

    def expect(self, mark: str) -> None:
        if not self.takes("mark", mark):
            raise self._refused(f'"{mark}" is missing here')

    def expect_end(self) -> None:
        if self._peek()[0] != "end":
            raise self._refused(f'"{self._peek()[1]}" does not belong here')

    def _refused(self, objection: str, remedy: str | None = None) -> EntryRefused:
        return EntryRefused(self.text, self._peek()[2], objection, remedy or _REMEDY)

    def piece(self) -> Equal | Range:
        for mark in ("<=", ">=", "<", ">"):
            if self.takes("mark", mark):
                bound, included = self._bound(), "=" in mark
                return Range(None, bound, False, included) if mark[0] == "<" else Range(bound, None, included, False)
        for opening, low_included in (("[", True), ("(", False), ("]", False)):
            if self.takes("mark", opening):
                low = self._bound()
                self.expect("..")
                high = self._bound()
                high_included = self._closing()
                return self._interval(low, high, low_included, high_included)
        return Equal(self.literal())

    def _closing(self) -> bool:
        for closing, included in (("]", True), (")", False), ("[", False)):
            if self.takes("mark", closing):
                return included
        raise self._refused("the interval is not closed", "end it with ] (the value included) or ) (not included)")

    def _interval(self, low: Any, high: Any, low_included: bool, high_included: bool) -> Range:
        if kind_of(low) is not kind_of(high):
            raise self._refused("the ends of the interval are of two kinds", "write two numbers or two dates")
        if low > high or (low == high and not (low_included and high_included)):
            raise self._refused("the interval holds no value", "write the smaller end first, and include one value with [5..5]")
        return Range(low, high, low_included, high_included)

    def _bound(self) -> Any:
        value = self.literal()
        if kind_of(value) not in _ORDERED:
            raise self._refused("only numbers and dates have an order here", 'compare texts by their equality, as in "a", "b"')
        return value

    def literal(self) -> Value:
        kind, word, position = self._peek()
        self.at += 1
        if kind == "number":
            try:
                return bounded(Decimal(word) if "." in word else int(word) if len(word) <= 60 else Decimal("Infinity"))
            except ExpressionFailed as cause:
                raise EntryRefused(self.text, position, "the number is too large", "write one with fewer digits") from cause
        if kind == "text":
            if not word.isprintable():
                raise EntryRefused(self.text, position, "an invisible character has no meaning here", "remove it")
            return word[1:-1]
        if kind == "name" and word in _CONSTANTS:
            return _CONSTANTS[word]
        if kind == "name" and word == "date":
            return self._date()
        self.at -= 1
        if kind == "name":
            raise self._refused(
                f'"{word}" is no value', "write the value; what is computed belongs into an input column of its own"
            )
        raise self._refused("a value is missing here")

    def _date(self) -> date:
        self.expect("(")
        kind, word, position = self._peek()
        if kind == "text" and re.fullmatch(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}"', word):
            try:
                value = date.fromisoformat(word[1:-1])
            except ValueError:
                raise EntryRefused(self.text, position, f"{word} is no day of the calendar", "correct the date") from None
            self.at += 1
            self.expect(")")
            return value
        raise self._refused("this is no date", 'write date("2026-01-31")')


_REMEDY: Final = 'write -, a value, < <= > >= with a value, an interval [1..5], several with commas, or not(…); texts in "quotes"'
