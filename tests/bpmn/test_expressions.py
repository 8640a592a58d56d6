"""The closed expression language: what it computes, what it refuses, and that nothing gets out of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from motcua.bpmn.expressions import (
    ENGINE_NAMES,
    ExpressionFailed,
    ExpressionRefused,
    compile_expression,
    compile_script,
    why_not_a_variable,
)

ESCAPES = [
    # attributes, subscripts, and whatever leads to the interpreter
    "().__class__",
    "x.__class__.__mro__",
    "''.join",
    '"{0.__class__}".format(x)',
    '"%s" % x',
    "x[0]",
    'x["typename"]',
    "x[::-1]",
    "x.y",
    "1 .real",
    "(1).bit_length()",
    "__import__('os')",
    "__builtins__",
    "_private",
    "a__b",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "getattr(x, 'y')",
    "globals()",
    "type(x)",
    "vars()",
    "print(1)",
    "breakpoint()",
    "len.__self__",
    "len(x).real",
    "min(x, key=len)",
    "max(*x)",
    "max(**x)",
    "len",
    "len == len",
    "(len)",
    "(lambda: 1)()",
    "lambda: x",
    "(x)(1)",
    "'a'()",
    "x if y",
    # ways to loop, assign and define
    "[i for i in x]",
    "{i for i in x}",
    "{i: i for i in x}",
    "sum(i for i in x)",
    "(y := 1)",
    "x = 1",
    "x; y",
    "import os",
    "del x",
    "assert x",
    "await x",
    "(yield)",
    "(yield from x)",
    "def f(): pass",
    "[*x]",
    # values of other kinds
    'f"{x}"',
    'f"{x!r:>{y}}"',
    "f'''{x}'''",
    't"{x}"',
    'b"bytes"',
    'r"raw"',
    'u"text"',
    "...",
    "1j",
    "1e5",
    "1e999999",
    "0x10",
    "0b1",
    "0o7",
    ".5",
    "5.",
    "{}",
    "{'a': 1}",
    "{1, 2}",
    "[1, 2]",
    "(1, 2)",
    "()",
    "x in {1, 2}",
    # operators that could grow or reach
    "2 ** 2",
    "9 ** 9 ** 9",
    "2 ** 2 ** 2 ** 2 ** 2",
    "1 << 1000000",
    "1 >> 1",
    "x / 2",
    "x // 2",
    "x % 2",
    "x @ y",
    "x | y",
    "x & y",
    "x ^ y",
    "~x",
    "+x",
    "x is None",
    "x is not None",
    "'a' * 1000000000",
    "1000000000 * 'a'",
    "9" * 1900,
    "1" + "0" * 41,
    "0." + "1" * 60,
    # spellings that could hide something
    "",
    "   ",
    "x # a comment",
    "x \\\n",
    '"\\x41"',
    '"""text"""',
    "'''text'''",
    "x\x00",
    "x\u200b",
    "\ufeffx",
    '"\u202e"',
    "tên",
    "ⅹ",
    "x\x0c",
    "None.x",
    # size and depth
    "x + " * 600 + "x",
    "(" * 500 + "x" + ")" * 500,
    "not " * 400 + "x",
    "-" * 1500 + "1",
    "x if x else " * 100 + "x",
    "is_blank(" * 50 + "x" + ")" * 50,
    "x" * 65,
    "(" * 1999,
    "len()",
    "len(x, y)",
    "round(1, 2, 3)",
    "is_blank()",
]


@pytest.mark.parametrize("text", ESCAPES, ids=lambda text: text[:30])
def test_what_is_outside_the_language_is_refused_when_it_is_compiled(text: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(text)
    assert refused.value.facts["position"] >= 1
    assert "; " in str(refused.value)


def test_the_list_of_escapes_is_long_enough_to_mean_something() -> None:
    assert len(set(ESCAPES)) > 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fee * 2 + 1", 240_001),
        ("fee > 100000 and not married", True),
        ('verdict in ("agree", "refuse")', True),
        ('verdict not in ["agree"]', False),
        ('"gre" in verdict', True),
        ("1 < copies <= 3", True),
        ("copies if married else 0", 0),
        ("area * 1.5", Decimal("18.75")),
        ("0.1 + 0.2 == 0.3", True),
        ("min(copies, 2) + max(1, 5)", 7),
        ("max(shares)", 3),
        ("len(shares) + len(verdict)", 8),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(area)", 13),
        ("round(area, 1)", Decimal("12.5")),
        ("-copies", -3),
        ('"Hồ sơ " + verdict', "Hồ sơ agree"),
        ("born_on < today", True),
        ("nothing == None", True),
        ("is_blank(nothing) and is_blank(blanks) and is_blank(never_entered)", True),
        ("is_blank(copies)", False),
        ("verdict\n  == 'agree'", True),
        ('"# no comment" == blanks', False),
        ("1_000_000", 1_000_000),
        ("True or never_entered", True),
    ],
)
def test_an_expression_means_what_an_analyst_reads(text: str, value: Any) -> None:
    variables = {
        "fee": 120_000,
        "married": False,
        "verdict": "agree",
        "copies": 3,
        "area": Decimal("12.50"),
        "shares": [1, 3, 2],
        "nothing": None,
        "blanks": "  ",
        "born_on": date(1990, 1, 31),
        "today": date(2026, 3, 2),
    }
    result = compile_expression(text).evaluate(variables)
    assert result == value
    assert type(result) is type(value)


def test_the_names_that_an_expression_reads_are_known_without_evaluating_it() -> None:
    assert compile_expression('a + b if is_blank(c) else min(d, "e")').names == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("missing + 1", '"missing" has no value'),
        ("words + 1", "a text is not a number"),
        ("yes + 1", "a yes or no is not a number"),
        ("words < 1", "not supported"),
        ("large * large", "40 digits"),
        ("long + long", "20000 characters"),
        ("fine * fine", "40 digits"),
        ("tiny * tiny", "computed exactly"),
        ("words * 3", "a text is not a number"),
        ("len(7)", "has no length"),
        ("min(7)", "several values"),
        ("max(none)", "empty"),
        ("7 in words", "cannot be in a text"),
        ("7 in none_at_all", "an empty value"),
        ("round(words)", "not a number"),
        ("round(1.5, 99)", "12 digits"),
        ("binary == 0", "type float"),
        ("day + 1", "a date is not a number"),
    ],
)
def test_what_cannot_be_evaluated_fails_with_the_reason(text: str, reason: str) -> None:
    variables = {
        "words": "abc",
        "yes": True,
        "large": 10**30,
        "fine": Decimal("0." + "3" * 30),
        "tiny": Decimal("1." + "3" * 39 + "7"),
        "long": "x" * 15_000,
        "none": [],
        "none_at_all": None,
        "binary": 0.5,
        "day": date(2026, 3, 2),
    }
    with pytest.raises(ExpressionFailed) as failed:
        compile_expression(text).evaluate(variables)
    assert reason in str(failed.value)
    assert text in str(failed.value)


def test_a_variable_cannot_take_the_place_of_a_function() -> None:
    assert compile_expression("len('abc')").evaluate({"len": lambda _: 99}) == 3


def test_an_object_that_is_no_value_is_never_touched() -> None:
    class Trap:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("a foreign object was compared")

        __hash__ = None  # type: ignore[assignment]

    with pytest.raises(ExpressionFailed):
        compile_expression("trap == 1").evaluate({"trap": Trap()})


def _reference_round(value: Any, digits: int | None = None) -> Any:
    rounded = Context(prec=200, rounding=ROUND_HALF_UP).quantize(Decimal(value), Decimal(1).scaleb(-(digits or 0)))
    return value if isinstance(value, int) else int(rounded) if digits is None else rounded


_NAMES = ("a", "b", "c")
_NUMBERS = st.integers(0, 10_000).map(str) | st.decimals(0, 1_000, places=2).map(lambda number: f"{number:.2f}")
_ATOMS = st.sampled_from(_NAMES) | _NUMBERS


def _grow(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(parts, parts)
    return st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*"]), parts).map(lambda found: f"({found[0]} {found[1]} {found[2]})"),
        st.tuples(parts, parts, parts).map(lambda found: f"({found[0]} if {found[1]} > {found[2]} else {found[2]})"),
        pair.map(lambda found: f"min({found[0]}, {found[1]})"),
        pair.map(lambda found: f"max({found[0]}, {found[1]})"),
        parts.map(lambda found: f"(-{found})"),
        parts.map(lambda found: f"round({found})"),
    )


_ARITHMETIC = st.recursive(_ATOMS, _grow, max_leaves=8)
_COMPARISONS = st.tuples(_ARITHMETIC, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _ARITHMETIC).map(" ".join)
_CONDITIONS = st.recursive(
    _COMPARISONS,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(lambda found: f"({found[0]} {found[1]} {found[2]})"),
        parts.map(lambda found: f"(not {found})"),
        st.tuples(_ATOMS, _ATOMS, _ATOMS).map(lambda found: f"({found[0]} in ({found[1]}, {found[2]}))"),
    ),
    max_leaves=5,
)


class _ExactNumbers(ast.NodeTransformer):
    """Python reads 0.1 as a binary fraction; the language reads it as written."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, float):
            return ast.Call(ast.Name("Decimal", ast.Load()), [ast.Constant(f"{node.value:.2f}")], [])
        return node


def _python(text: str, variables: Mapping[str, Any]) -> Any:
    tree = ast.fix_missing_locations(_ExactNumbers().visit(ast.parse(text, mode="eval")))
    names = {"min": min, "max": max, "round": _reference_round, "Decimal": Decimal, "__builtins__": {}}
    return eval(compile(tree, "reference", "eval"), names, dict(variables))  # noqa: S307 - the reference of the test


@given(_ARITHMETIC | _CONDITIONS, st.fixed_dictionaries(dict.fromkeys(_NAMES, st.integers(-50, 50))))
@example("round(2.50)", {"a": 0, "b": 0, "c": 0})
def test_an_expression_agrees_with_python(text: str, variables: dict[str, int]) -> None:
    value = compile_expression(text).evaluate(variables)
    assert value == _python(text, variables)
    assert not isinstance(value, float)


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=True)
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.floats(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)
_UNTYPED = [
    "a + b",
    "a - b",
    "a * b",
    "-a",
    "a < b <= c",
    "a == b",
    "a in b",
    "a not in (b, c)",
    "min(a, b)",
    "max(a)",
    "len(a)",
    "round(a)",
    "round(a, 2)",
    "round(a, b)",
    "is_blank(a)",
    "a if b else c",
    "a and b or not c",
    "a * b * c + a",
    "missing",
]


@given(st.sampled_from(_UNTYPED), _VALUES, _VALUES, _VALUES)
@example("a == b", Decimal("sNaN"), 1, 1)
@example("a + b", Decimal("1E+999999"), 1, 1)
@example("round(a, 2)", Decimal("1E+39"), 1, 1)
@example("a < b <= c", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), 1)
def test_an_evaluation_gives_a_value_or_fails_and_nothing_else(text: str, a: Any, b: Any, c: Any) -> None:
    try:
        compile_expression(text).evaluate({"a": a, "b": b, "c": c})
    except ExpressionFailed:
        return


@given(st.text(max_size=60) | st.text(alphabet="abx1 .()[]{}'\"\\+-*/<>=!:#,\n%_@~&|^", max_size=60))
def test_any_text_compiles_or_is_refused_and_nothing_else(text: str) -> None:
    compilers: tuple[Callable[[str], Any], ...] = (compile_expression, compile_script)
    for compiler in compilers:
        try:
            compiler(text)
        except ExpressionRefused:
            continue


def test_a_script_assigns_line_by_line_and_each_line_sees_the_ones_before() -> None:
    script = compile_script("fee = copies * 8000\n\n  reduced = fee < 20000 and not married\nfee = fee if not reduced else 0\n")
    assert script.names == {"copies", "married"}
    assert script.assigned == {"fee", "reduced"}
    assert script.run({"copies": 2, "married": False}) == {"fee": 0, "reduced": True}
    assert script.run({"copies": 3, "married": False}) == {"fee": 24_000, "reduced": False}


def test_a_script_changes_nothing_that_it_was_given() -> None:
    variables = {"copies": 2}
    compile_script("copies = copies + 1").run(variables)
    assert variables == {"copies": 2}


@pytest.mark.parametrize(
    "text",
    [
        "fee",
        "fee == 1",
        "= 1",
        "1 = 1",
        "a, b = 1",
        "a.b = 1",
        "a[0] = 1",
        "a += 1",
        "a = ",
        "len = 1",
        "__x = 1",
        "_x = 1",
        "if = 1",
        "tên = 1",
        "import os",
        "a = b = 1",
        "a = 1; b = 2",
        "\n".join(f"v{number} = 1" for number in range(101)),
        *(f"{name} = 1" for name in ENGINE_NAMES),
    ],
)
def test_a_script_is_assignments_only(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        compile_script(text)


@pytest.mark.parametrize(
    ("name", "objection"),
    [("len", "function"), ("dossier_code", "engine"), ("_a", "no name"), ("a__b", "no name"), ("1a", "no name"), ("in", "no name")],
)
def test_some_names_are_not_for_variables(name: str, objection: str) -> None:
    assert objection in (why_not_a_variable(name) or "")


def test_ordinary_names_are_for_variables() -> None:
    assert why_not_a_variable("new_promise_on") is None
