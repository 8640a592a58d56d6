"""Decision tables for tests: written out as DMN from texts, and composed at random, each cell with what it means in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from motcua.bpmn.decisions.compile import CompiledDecision, compile_decision
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.decisions.elements import DecisionDocument

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def column(name: str, type: str | None = None, values: str | None = None, default: str | None = None) -> dict[str, str | None]:
    return {"name": name, "type": type, "values": values, "default": default}


def decision(
    inputs: Sequence[dict[str, str | None]],
    outputs: Sequence[dict[str, str | None]],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str | None = None,
    id: str = "fee",
    before: str = "",
) -> str:
    """One decision; a rule is the texts of its cells. Ids tell the place: `r2` is the second rule, `r2i1` its first input entry."""
    lines = [f'<decision id="{id}" name="{id}">{before}<decisionTable id="{id}_table" hitPolicy="{policy}"']
    lines[0] += f' aggregation="{aggregation}">' if aggregation else ">"
    for number, each in enumerate(inputs, 1):
        values = f"<inputValues><text>{escape(each['values'])}</text></inputValues>" if each["values"] else ""
        lines.append(
            f'<input id="{id}_i{number}"><inputExpression{_type(each)}><text>{escape(each["name"] or "")}</text></inputExpression>'
            f"{values}</input>"
        )
    for number, each in enumerate(outputs, 1):
        values = f"<outputValues><text>{escape(each['values'])}</text></outputValues>" if each["values"] else ""
        default = f"<defaultOutputEntry><text>{escape(each['default'])}</text></defaultOutputEntry>" if each["default"] else ""
        lines.append(f'<output id="{id}_o{number}" name={quoteattr(each["name"] or "")}{_type(each)}>{values}{default}</output>')
    for number, cells in enumerate(rules, 1):
        entries = [
            f'<inputEntry id="{id}_r{number}i{at}"><text>{escape(cell)}</text></inputEntry>'
            for at, cell in enumerate(cells[: len(inputs)], 1)
        ]
        entries += [
            f'<outputEntry id="{id}_r{number}o{at}"><text>{escape(cell)}</text></outputEntry>'
            for at, cell in enumerate(cells[len(inputs) :], 1)
        ]
        lines.append(f'<rule id="{id}_r{number}">{"".join(entries)}</rule>')
    return "\n".join([*lines, "</decisionTable></decision>"])


def _type(each: dict[str, str | None]) -> str:
    return f' typeRef="{each["type"]}"' if each["type"] else ""


def dmn(*parts: str) -> bytes:
    head = f'<definitions xmlns="{NAMESPACE}" id="definitions" name="t" namespace="t">'
    return "\n".join([head, *parts, "</definitions>"]).encode()


def document(*parts: str) -> DecisionDocument:
    return read_decisions(dmn(*parts), "fee.dmn")


def compiled(*parts: str, id: str = "fee") -> CompiledDecision:
    return compile_decision(document(*parts), id)


# ---- at random, with their meaning


@dataclass(frozen=True)
class Cell:
    """A text, and what it says of a value: true, false, or None for unknown."""

    text: str
    says: Callable[[Any], bool | None]

    def applies(self, value: Any) -> bool:
        return self.says(value) is True

    def __repr__(self) -> str:
        return self.text


def _equal(value: Any, text: str) -> Cell:
    return Cell(text, lambda v: type(v) is type(value) and v == value)


def _ordered(text: str, holds: Callable[[Any], bool]) -> Cell:
    return Cell(text, lambda v: None if v is None else holds(v))


def _between(low: Any, high: Any, opening: str, closing: str, write: Callable[[Any], str]) -> Cell:
    def holds(v: Any) -> bool:
        return bool((v >= low if opening == "[" else v > low) and (v <= high if closing == "]" else v < high))

    return _ordered(f"{opening}{write(low)}..{write(high)}{closing}", holds)


def _any_of(cells: list[Cell], negated: bool) -> Cell:
    def says(value: Any) -> bool | None:
        answers = [cell.says(value) for cell in cells]
        if any(answers):
            return not negated
        return None if None in answers else negated

    text = ", ".join(cell.text for cell in cells)
    return Cell(f"not({text})" if negated else text, says)


EVERYTHING = st.sampled_from([Cell("-", lambda v: True), Cell("", lambda v: True)])
NULL = Cell("null", lambda v: v is None)
BEGINNING = date(2026, 1, 1)


def _pieces(kind: str) -> st.SearchStrategy[Cell]:
    if kind == "string":
        return st.sampled_from([_equal(text, f'"{text}"') for text in "abc"] + [NULL])
    if kind == "boolean":
        return st.sampled_from([_equal(True, "true"), _equal(False, "false"), NULL])

    def write(point: int) -> str:
        return f'date("{BEGINNING + timedelta(point)}")' if kind == "date" else str(point)

    def value(point: int) -> Any:
        return BEGINNING + timedelta(point) if kind == "date" else point

    def comparisons(n: int) -> list[Cell]:
        v = value(n)
        return [
            Cell(write(n), lambda x: x is not None and x == v),
            _ordered(f"< {write(n)}", lambda x: x < v),
            _ordered(f"<= {write(n)}", lambda x: x <= v),
            _ordered(f">{write(n)}", lambda x: x > v),
            _ordered(f">= {write(n)}", lambda x: x >= v),
        ]

    points = st.integers(0, 5)
    brackets = st.tuples(st.sampled_from("[(]"), st.sampled_from("])["))
    intervals = st.tuples(points, points, brackets).filter(
        lambda each: each[0] < each[1] or (each[0] == each[1] and each[2] == ("[", "]"))
    )
    return st.one_of(
        points.flatmap(lambda n: st.sampled_from(comparisons(n))),
        intervals.map(
            lambda each: _between(
                value(each[0]), value(each[1]), *each[2], lambda v: write((v - value(0)).days if kind == "date" else v)
            )
        ),
        st.just(NULL),
    )


def cells(kind: str) -> st.SearchStrategy[Cell]:
    """Entries of a column of this kind."""
    several = st.tuples(st.lists(_pieces(kind), min_size=1, max_size=3), st.booleans())
    return st.one_of(EVERYTHING, several.map(lambda each: _any_of(*each)))


def values(kind: str, *, with_null: bool = True) -> list[Any]:
    """A value from each place that the tests of `cells` can tell apart."""
    found: dict[str, list[Any]] = {
        "string": ["a", "b", "c", "z"],
        "boolean": [True, False],
        "integer": list(range(-1, 7)),
        "number": [Decimal(n) / 2 for n in range(-2, 14)],
        "date": [BEGINNING + timedelta(n) for n in range(-1, 7)],
    }
    return found[kind] + ([None] if with_null else [])


KINDS = st.sampled_from(["string", "boolean", "integer", "number", "date"])


@dataclass(frozen=True)
class RandomTable:
    """Kinds of the inputs a, b, …; the cells of each rule; the text of the output of each rule."""

    kinds: tuple[str, ...]
    rules: tuple[tuple[Cell, ...], ...]
    outputs: tuple[str, ...]

    def text(self, policy: str, *, aggregation: str | None = None, values: str | None = None, default: str | None = None) -> str:
        return decision(
            [column(name, kind) for name, kind in zip("abc", self.kinds, strict=False)],
            [column("out", "string" if self.outputs[0].startswith('"') else "number", values, default)],
            [(*(cell.text for cell in rule), output) for rule, output in zip(self.rules, self.outputs, strict=True)],
            policy=policy,
            aggregation=aggregation,
        )

    def hits(self, given: Sequence[Any]) -> list[int]:
        """The rules that apply, from 0, asked one by one."""
        return [at for at, rule in enumerate(self.rules) if all(cell.applies(v) for cell, v in zip(rule, given, strict=True))]


@st.composite
def random_tables(draw: st.DrawFn, outputs: st.SearchStrategy[str] | None = None) -> RandomTable:
    kinds = tuple(draw(st.lists(KINDS, min_size=1, max_size=3)))
    rules = draw(st.lists(st.tuples(*(cells(kind) for kind in kinds)), min_size=1, max_size=5))
    texts = st.integers(0, 3).map(str) if outputs is None else outputs
    return RandomTable(kinds, tuple(rules), tuple(draw(texts) for _ in rules))
