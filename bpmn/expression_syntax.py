"""The allow-list of the closed expression language: which syntax there is, and the closure that each node of it becomes.

    text ──► what is refused at sight ──► ast.parse ──► allow-list, node by node ──► one closure, and the names it reads

A node that is not in the tables below is refused with its place and what to write instead.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from motcua.bpmn.expression_values import (
    COMPARISONS,
    FUNCTIONS,
    ExpressionFailed,
    Value,
    add,
    bounded,
    is_blank,
    multiply,
    negate,
    subtract,
)
from motcua.errors import InvalidInput

MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 40

LOOP_NAMES: Final = frozenset(
    {"loop_counter", "number_of_instances", "number_of_completed_instances", "number_of_active_instances"}
)
"""Names that the engine provides inside repeated activities only; the last two in completion conditions only."""
ENGINE_NAMES: Final = (
    frozenset(
        {
            "dossier_code",
            "dossier_case",
            "dossier_channel",
            "authority_tier",
            "supplement_requests",
            "limit_known",
            "fee_in_force_vnd",
            "exception_author",
        }
    )
    | LOOP_NAMES
)
"""Names that the engine provides and no model may assign."""

Closure: TypeAlias = Callable[[Mapping[str, Any]], Any]
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_TEXTS: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_MISSING: Final = object()


class ExpressionRefused(InvalidInput):
    """The text is no expression of the closed language. Facts: `text`, `position` (the character, from 1)."""


def why_not_a_variable(name: str) -> str | None:
    """Why a model may not declare or assign a variable of this name; None when it may."""
    if name in FUNCTIONS:
        return "is the name of a function"
    if name in ENGINE_NAMES:
        return "is provided by the engine"
    if not _NAME.fullmatch(name) or "__" in name or keyword.iskeyword(name):
        return "is no name: use letters a-z, digits and single underscores, a letter first"
    return None


def compile_closure(text: str) -> tuple[Closure, frozenset[str]]:
    """What the text computes, and the names that it reads. Raises ExpressionRefused."""
    line = text.strip(" \r\n\t").translate({ord(blank): " " for blank in "\r\n\t"})
    _refuse_at_sight(line)
    try:
        with warnings.catch_warnings():  # Python warns of odd spellings; the tree decides here, not the spelling
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as cause:
        position = cause.offset if isinstance(cause, SyntaxError) and cause.offset else 1
        raise refusal(line, position, "this is no expression", "compare names, numbers and texts, as in fee > 0") from cause
    compiler = _Compiler(line)
    closure = compiler.compile(tree.body, 1)
    return closure, frozenset(compiler.names)


def refusal(text: str, position: int, objection: str, remedy: str) -> ExpressionRefused:
    shown = text if len(text) <= 120 else text[:117] + "…"
    return ExpressionRefused(f"At character {position} of {shown!r}: {objection}; {remedy}.", text=text, position=position)


def _refuse_at_sight(line: str) -> None:
    """What is refused before Python's parser sees it: length, and the spellings that could hide something."""
    if len(line) > MAX_LENGTH:
        raise refusal(line, MAX_LENGTH, f"an expression may have {MAX_LENGTH} characters", "split it over script tasks")
    if not line:
        raise refusal(line, 1, "the expression is empty", "write one, or remove the element")
    outside_texts = _TEXTS.sub(lambda found: " " * len(found[0]), line)
    for mark, where in (("\\", line), ('"""', line), ("'''", line), ("#", outside_texts)):
        position = where.find(mark)
        if position >= 0:
            raise refusal(line, position + 1, f"{mark} has no meaning here", "remove it")
    if line.isprintable() and outside_texts.isascii():
        return
    for position, (character, outside) in enumerate(zip(line, outside_texts, strict=True), 1):
        if not character.isprintable():
            raise refusal(line, position, "an invisible character has no meaning here", "remove it")
        if not outside.isascii():
            # Python would read a look-alike letter as the plain one; people would not see which.
            raise refusal(line, position, f'"{character}" may stand only inside a text', "name variables with letters a-z")


_INSTEAD: Final[Mapping[type[ast.AST], tuple[str, str]]] = {
    ast.Attribute: ("a dot reaches into a value, which is not possible", "use a variable of its own"),
    ast.Subscript: ("square brackets reach into a value, which is not possible", "use a variable of its own"),
    ast.Lambda: ("a function cannot be defined", "write the condition itself"),
    ast.JoinedStr: ("a text cannot have parts to fill in", 'join texts with +, as in "No. " + code'),
    ast.NamedExpr: ("nothing can be assigned inside an expression", "assign it in a script task"),
    ast.Starred: ("a star has no meaning here", "write the values one by one"),
    ast.ListComp: ("a list cannot be worked through here", "let an operation of a service task do it"),
    ast.SetComp: ("a list cannot be worked through here", "let an operation of a service task do it"),
    ast.DictComp: ("a list cannot be worked through here", "let an operation of a service task do it"),
    ast.GeneratorExp: ("a list cannot be worked through here", "let an operation of a service task do it"),
    ast.Dict: ("a record cannot be written here", "use variables of their own"),
    ast.Set: ("braces have no meaning here", 'write a group as ("a", "b")'),
    ast.List: ("a list may stand only after in", 'write choice in ("a", "b")'),
    ast.Tuple: ("a group may stand only after in", 'write choice in ("a", "b")'),
    ast.Await: ("nothing can be awaited here", "use a message catch event"),
    ast.Yield: ("yield has no meaning here", "remove it"),
    ast.YieldFrom: ("yield has no meaning here", "remove it"),
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Value, Value], Value]]] = {
    ast.Add: add,
    ast.Sub: subtract,
    ast.Mult: multiply,
}


class _Compiler:
    """Turns a syntax tree into closures, and notes the names that it reads."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.bytes = line.encode()  # a syntax tree counts places in UTF-8
        self.names: set[str] = set()

    def refuse(self, node: ast.AST, objection: str, remedy: str) -> ExpressionRefused:
        offset = len(self.bytes[: getattr(node, "col_offset", 0)].decode(errors="ignore"))
        return refusal(self.line, offset + 1, objection, remedy)

    def compile(self, node: ast.expr, depth: int) -> Closure:
        if depth > MAX_DEPTH:
            raise self.refuse(node, f"the expression is nested more than {MAX_DEPTH} deep", "split it over script tasks")
        match node:
            case ast.Constant():
                value = self._constant(node)
                return lambda _: value
            case ast.Name():
                return self._name(node)
            case ast.BoolOp():
                return self._boolean(node, depth)
            case ast.UnaryOp(op=ast.Not()):
                negated = self.compile(node.operand, depth + 1)
                return lambda variables: not negated(variables)
            case ast.UnaryOp(op=ast.USub()):
                operand = self.compile(node.operand, depth + 1)
                return lambda variables: negate(operand(variables))
            case ast.BinOp():
                return self._arithmetic(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.IfExp():
                test, then, other = (self.compile(part, depth + 1) for part in (node.test, node.body, node.orelse))
                return lambda variables: then(variables) if test(variables) else other(variables)
            case ast.Call():
                return self._call(node, depth)
        raise self.refuse(node, *_INSTEAD.get(type(node), ("this has no meaning here", "see docs/extension.md, Expressions")))

    def _constant(self, node: ast.Constant) -> Value:
        written = self.bytes[node.col_offset : node.end_col_offset].decode()
        if node.value is None or isinstance(node.value, bool | str):
            if isinstance(node.value, str) and written[:1] not in {'"', "'"}:
                raise self.refuse(node, "a letter before a text has no meaning here", "remove it")
            return node.value
        if isinstance(node.value, int | float) and re.fullmatch(r"\d[\d_]*(\.\d+)?", written):
            try:
                return bounded(int(written) if isinstance(node.value, int) else Decimal(written.replace("_", "")))
            except ExpressionFailed as cause:
                raise self.refuse(node, "the number is too large", "write one with fewer digits") from cause
        raise self.refuse(node, "this is no number or text", "write numbers as 120 or 1.5 and texts in quotes")

    def _name(self, node: ast.Name) -> Closure:
        name = node.id
        if name in FUNCTIONS:
            raise self.refuse(node, f"{name} is a function", f"call it, as in {name}(value)")
        if name not in ENGINE_NAMES and (objection := why_not_a_variable(name)):
            raise self.refuse(node, f'"{name}" {objection}', "use another name")
        self.names.add(name)

        def look_up(variables: Mapping[str, Any]) -> Value:
            value = variables.get(name, _MISSING)
            if value is _MISSING:
                raise ExpressionFailed(f'The variable "{name}" has no value yet; set it earlier in the process.', name=name)
            return bounded(value)

        return look_up

    def _boolean(self, node: ast.BoolOp, depth: int) -> Closure:
        operands = [self.compile(value, depth + 1) for value in node.values]
        ends_with = isinstance(node.op, ast.Or)

        def first_deciding(variables: Mapping[str, Any]) -> Any:
            value = None
            for operand in operands:
                value = operand(variables)
                if bool(value) is ends_with:
                    return value
            return value

        return first_deciding

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Closure:
        operation = _ARITHMETIC.get(type(node.op))
        if operation is None:
            raise self.refuse(node, "of arithmetic there is only + - and *", "write 0.5 * x for x / 2, and x * x for a square")
        for side in (node.left, node.right):
            if isinstance(node.op, ast.Mult) and isinstance(side, ast.Constant) and isinstance(side.value, str):
                raise self.refuse(node, "a text cannot be multiplied", "write it out")
        left, right = self.compile(node.left, depth + 1), self.compile(node.right, depth + 1)
        return lambda variables: operation(left(variables), right(variables))

    def _comparison(self, node: ast.Compare, depth: int) -> Closure:
        first = self.compile(node.left, depth + 1)
        steps: list[tuple[Callable[[Any, Any], bool], Closure]] = []
        for operation, operand in zip(node.ops, node.comparators, strict=True):
            compare = COMPARISONS.get(type(operation).__name__)
            if compare is None:
                raise self.refuse(node, "is and is not have no meaning here", "compare with == and !=")
            if isinstance(operation, ast.In | ast.NotIn) and isinstance(operand, ast.Tuple | ast.List):
                steps.append((compare, self._group(operand, depth + 1)))
            else:
                steps.append((compare, self.compile(operand, depth + 1)))

        def chain(variables: Mapping[str, Any]) -> bool:
            left = first(variables)
            for compare, operand in steps:
                right = operand(variables)
                if not compare(left, right):
                    return False
                left = right
            return True

        return chain

    def _group(self, node: ast.Tuple | ast.List, depth: int) -> Closure:
        items = [self.compile(item, depth + 1) for item in node.elts]
        return lambda variables: tuple(item(variables) for item in items)

    def _call(self, node: ast.Call, depth: int) -> Closure:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise self.refuse(node, "only " + ", ".join(FUNCTIONS) + " can be called", "use one of them, or a service task")
        if node.keywords:
            raise self.refuse(node, "arguments have no names here", "write the values only")
        function, fewest, most = FUNCTIONS[node.func.id]
        if not fewest <= len(node.args) <= most:
            raise self.refuse(node, f"{node.func.id} takes {fewest} to {most} values, not {len(node.args)}", "mend the call")
        arguments = [self.compile(argument, depth + 1) for argument in node.args]
        if node.func.id == is_blank.__name__ and isinstance(node.args[0], ast.Name):
            # A field that nobody has filled in yet is blank, too.
            name = node.args[0].id
            return lambda variables: is_blank(variables.get(name))
        return lambda variables: function(*(argument(variables) for argument in arguments))
