"""Where rules of a table overlap, and which inputs meet none, found without asking for every input.

Each input is cut into pieces on which every test of the table has one answer: below the smallest number named, that number, up to
the next, and so on. A rule is then a set of pieces for each input, as bits of a number, and

    two rules overlap           where they share a piece of every input
    an input meets no rule      where going from input to input, piece by piece, leaves no rule

Columns that ask the same expression are one input. The walk remembers which rules were left where, and gives up after `BUDGET`
steps, which it tells; what it does tell is exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Final

from motcua.bpmn.decisions.elements import Kind, basic
from motcua.bpmn.decisions.tables import Table, shown
from motcua.bpmn.decisions.unary_tests import Equal, Range, UnaryTests

BUDGET: Final = 300_000
_DISCRETE: Final = frozenset({Kind.TEXT, Kind.BOOLEAN})


class Axis:
    """One input, cut into pieces. Bit k stands for the k-th piece; the last bit is the empty value.

    Ordered kinds: bit 2k+1 is the k-th value named, bit 2k what lies below it, down to the one before. Others: a bit for each
    value named, and one for all other texts.
    """

    def __init__(self, label: str, kind: Kind | None, tests: Sequence[UnaryTests], allowed: Sequence[UnaryTests]) -> None:
        self.label = label
        self.kind = kind
        named = {value for each in (*tests, *allowed) for piece in each.pieces for value in _named(piece)}
        self.points: list[Any] = [False, True] if kind is Kind.BOOLEAN else sorted(named)
        self.place = {point: at for at, point in enumerate(self.points)}
        count = len(self.points)
        self.size = count + (kind is not Kind.BOOLEAN) if kind in _DISCRETE else 2 * count + 1
        self.domain = self._all_that_can_come(tests, allowed)

    def mask(self, test: UnaryTests) -> int:
        """The pieces that the test is true of, whether or not they can come."""
        full = (1 << self.size) - 1
        found = 0 if test.pieces else full
        for piece in test.pieces:
            found |= self._piece(piece)
        return (full & ~found if test.negated else found) | (test.matches(None) << self.size)

    def _piece(self, piece: Equal | Range) -> int:
        if isinstance(piece, Equal):
            return 0 if piece.value is None else 1 << self._bit(piece.value)
        low = 0 if piece.low is None else self._bit(piece.low) + (not piece.low_included)
        high = self.size - 1 if piece.high is None else self._bit(piece.high) - (not piece.high_included)
        return (1 << (high + 1)) - (1 << low) if low <= high else 0

    def _bit(self, value: Any) -> int:
        return self.place[value] if self.kind in _DISCRETE else 2 * self.place[value] + 1

    def _all_that_can_come(self, tests: Sequence[UnaryTests], allowed: Sequence[UnaryTests]) -> int:
        """Without allowed values, everything of the kind, and the empty value where a test names it."""
        found = sum(1 << bit for bit in range(self.size) if not self._is_hollow(bit))
        if any(piece == Equal(None) for test in tests for piece in test.pieces) or allowed:
            found |= 1 << self.size
        for each in allowed:
            found &= self.mask(each)
        return found

    def _is_hollow(self, bit: int) -> bool:
        """Whether no value of the kind lies in the piece: between 2 and 3 there is no whole number."""
        if self.kind not in {Kind.INTEGER, Kind.DATE}:
            return False
        if bit % 2:
            return self.kind is Kind.INTEGER and self.points[bit // 2] != int(self.points[bit // 2])
        if bit in {0, self.size - 1}:
            return False
        before, point = self.points[bit // 2 - 1], self.points[bit // 2]
        return bool((point - before).days <= 1 if self.kind is Kind.DATE else math.floor(before) + 1 >= point)

    def told(self, bit: int) -> str:
        """A piece in words."""
        if bit == self.size:
            return f"{self.label} = null"
        if self.kind in _DISCRETE:
            return f"{self.label} = {shown(self.points[bit])}" if bit < len(self.points) else f"{self.label} = any other text"
        if bit % 2:
            return f"{self.label} = {shown(self.points[bit // 2])}"
        low = self.points[bit // 2 - 1] if bit > 0 else None
        high = self.points[bit // 2] if bit < self.size - 1 else None
        if low is None or high is None:
            bound = f" > {shown(low)}" if low is not None else f" < {shown(high)}" if high is not None else " = any value"
            return self.label + bound
        return f"{shown(low)} < {self.label} < {shown(high)}"


def _named(piece: Equal | Range) -> Iterator[Any]:
    for value in (piece.value,) if isinstance(piece, Equal) else (piece.low, piece.high):
        if value is not None:
            yield value


@dataclass(frozen=True, slots=True)
class Regions:
    """A table cut up. `boxes[rule][axis]` are the pieces of which the rule's tests are true, as far as they can come."""

    axes: tuple[Axis, ...]
    boxes: tuple[tuple[int, ...], ...]

    def overlaps(self) -> Iterator[tuple[int, int, str]]:
        """Every two rules that one input meets, by their places from 0, with such an input."""
        for later, box in enumerate(self.boxes):
            for earlier in range(later):
                common = []
                for one, other in zip(self.boxes[earlier], box, strict=True):
                    if not one & other:
                        break
                    common.append(one & other)
                else:
                    yield earlier, later, self._told([_lowest(bits) for bits in common])

    def dead(self) -> list[int]:
        """The rules that no input meets that can come."""
        return [at for at, box in enumerate(self.boxes) if not all(box)]

    def gaps(self, most: int = 3) -> tuple[list[str], bool]:
        """Inputs that meet no rule, at most so many; and whether all of the table was looked through for them."""
        walk = _Walk(self.boxes, [axis.domain for axis in self.axes], BUDGET)
        found = [self._told(path) for path, _ in zip(walk.uncovered(), range(most), strict=False)]
        return found, walk.budget >= 0

    def shadowed(self) -> tuple[list[int], bool]:
        """The rules all of whose inputs meet an earlier one; and whether all rules were looked at."""
        found: list[int] = []
        budget = BUDGET
        for at, box in enumerate(self.boxes):
            before = [other for other in self.boxes[:at] if all(one & two for one, two in zip(other, box, strict=True))]
            walk = _Walk(before, box, budget)
            is_covered = next(walk.uncovered(), None) is None
            budget = walk.budget
            if budget < 0:
                return found, False
            if is_covered and all(box):
                found.append(at)
        return found, True

    def _told(self, path: Sequence[int | None]) -> str:
        told = [axis.told(bit) for axis, bit in zip(self.axes, path, strict=True) if bit is not None]
        return ", ".join(told) or "any input"


def cut_up(table: Table) -> Regions:
    """The regions of a compiled table."""
    inputs: dict[tuple[str, Kind | None], list[int]] = {}
    for at, column in enumerate(table.inputs):
        inputs.setdefault((column.expression.text, None if column.kind is None else basic(column.kind)), []).append(at)
    axes: list[Axis] = []
    boxes: list[list[int]] = [[] for _ in table.rows]
    for (text, stated), group in inputs.items():
        allowed = [test for at in group if (test := table.inputs[at].allowed) is not None]
        kind = Kind.INTEGER if any(table.inputs[at].kind is Kind.INTEGER for at in group) else stated
        axis = Axis(text, kind, [row.tests[at] for row in table.rows for at in group], allowed)
        written = {row.tests[at].text: row.tests[at] for row in table.rows for at in group}
        bits_of = {text: axis.mask(test) for text, test in written.items()}
        for row, box in zip(table.rows, boxes, strict=True):
            box.append(reduce(and_, (bits_of[row.tests[at].text] for at in group), axis.domain))
        axes.append(axis)
    return Regions(tuple(axes), tuple(tuple(box) for box in boxes))


class _Walk:
    """Goes through the pieces of `domain`, input by input, with the rules that are left as bits of a number.

    budget: the steps that it may still take; below 0 it has given up.
    """

    def __init__(self, boxes: Sequence[tuple[int, ...]], domain: Sequence[int], budget: int) -> None:
        self.domain = domain
        self.budget = budget - len(boxes) * len(domain) - sum(pieces.bit_length() for pieces in domain)
        self.everything = (1 << len(boxes)) - 1
        self.rules_at = [_rules_at([box[axis] for box in boxes], pieces) for axis, pieces in enumerate(domain)]
        # Rules that take everything from this input on: while one of them is left, nothing is uncovered.
        self.covering = [self.everything] * (len(domain) + 1)
        for axis in reversed(range(len(domain))):
            takes_all = sum(1 << at for at, box in enumerate(boxes) if not domain[axis] & ~box[axis])
            self.covering[axis] = self.covering[axis + 1] & takes_all
        self.seen: set[tuple[int, int]] = set()

    def uncovered(self) -> Iterator[list[int | None]]:
        """A piece for each input, where no rule is left; None for an input that does not matter there."""
        if all(self.domain):
            yield from self._from(0, self.everything, [])

    def _from(self, axis: int, left: int, path: list[int | None]) -> Iterator[list[int | None]]:
        if not left:
            yield path + [None] * (len(self.domain) - axis)
            return
        if left & self.covering[axis] or (axis, left) in self.seen:
            return
        self.seen.add((axis, left))
        self.budget -= len(self.rules_at[axis])
        if self.budget < 0:
            return
        ways: dict[int, int] = {}
        for bit, rules in self.rules_at[axis]:
            ways.setdefault(left & rules, bit)
        for still, bit in ways.items():
            yield from self._from(axis + 1, still, [*path, bit if len(ways) > 1 else None])


def _rules_at(masks: Sequence[int], pieces: int) -> list[tuple[int, int]]:
    """Each piece with the rules that take it, by going along the pieces and noting where the runs of each rule begin and end."""
    turns: dict[int, int] = {}
    for at, mask in enumerate(masks):
        for bit in _bits(mask ^ (mask << 1)):
            turns[bit] = turns.get(bit, 0) ^ (1 << at)
    found, rules = [], 0
    for bit in range(pieces.bit_length()):
        rules ^= turns.get(bit, 0)
        if pieces >> bit & 1:
            found.append((bit, rules))
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield _lowest(mask)
        mask &= mask - 1


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
