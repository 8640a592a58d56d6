"""The closed language of conditions, inputs and script tasks (docs/extension.md): Python's syntax, cut down to what can be proved
harmless.

Nothing is ever given to `eval` or `exec`: each allowed syntax node becomes a closure of ours (`expression_syntax.py`), over the
values and bounds of `expression_values.py`. There is no loop, so an evaluation always ends soon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from motcua.bpmn.expression_syntax import (
    ENGINE_NAMES,
    LOOP_NAMES,
    Closure,
    ExpressionRefused,
    compile_closure,
    refusal,
    why_not_a_variable,
)
from motcua.bpmn.expression_values import ExpressionFailed, Value, bounded

__all__ = [
    "ENGINE_NAMES",
    "LOOP_NAMES",
    "Expression",
    "ExpressionFailed",
    "ExpressionRefused",
    "Script",
    "Value",
    "compile_expression",
    "compile_script",
    "why_not_a_variable",
]

MAX_ASSIGNMENTS: Final = 100
_ASSIGNMENT: Final = re.compile(r"\s*([^\s=]+)\s*=(?!=)(.*)")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names` are the variables it may read. Safe to share between threads."""

    text: str
    names: frozenset[str]
    _closure: Closure = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, Any]) -> Value:
        """The value under these variables. Raises ExpressionFailed for a missing variable, a wrong type or a number too large."""
        try:
            return bounded(self._closure(variables))
        except ExpressionFailed as failure:
            raise ExpressionFailed(f"{failure} In the expression: {self.text}", text=self.text) from failure
        except (TypeError, ValueError, ArithmeticError, RecursionError) as cause:
            reason = "a number cannot be computed exactly" if isinstance(cause, ArithmeticError) else str(cause)
            raise ExpressionFailed(
                f"The expression cannot be evaluated, because {reason}; mend it or the data: {self.text}", text=self.text
            ) from cause


@dataclass(frozen=True, slots=True)
class Script:
    """The assignments of a script task, in order; each sees the ones before it. `names`: what it reads before assigning it."""

    assignments: tuple[tuple[str, Expression], ...]

    @property
    def names(self) -> frozenset[str]:
        assigned: set[str] = set()
        read: set[str] = set()
        for name, expression in self.assignments:
            read |= expression.names - assigned
            assigned.add(name)
        return frozenset(read)

    @property
    def assigned(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.assignments)

    def run(self, variables: Mapping[str, Any]) -> dict[str, Value]:
        """The assigned variables with their values. Raises ExpressionFailed; then nothing is assigned."""
        scope: dict[str, Any] = dict(variables)
        result: dict[str, Value] = {}
        for name, expression in self.assignments:
            scope[name] = result[name] = expression.evaluate(scope)
        return result


@lru_cache(maxsize=4_096)
def compile_expression(text: str) -> Expression:
    """Check and compile one expression; several rules ask for the same one. Raises ExpressionRefused."""
    closure, names = compile_closure(text)
    return Expression(text.strip(), names, closure)


def compile_script(text: str) -> Script:
    """Check and compile the lines `name = expression` of a script task. Raises ExpressionRefused."""
    assignments = []
    written = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(written) > MAX_ASSIGNMENTS:
        raise refusal(text[:80], 1, f"a script may have {MAX_ASSIGNMENTS} assignments", "split the script task")
    for number, line in written:
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            raise refusal(line, 1, f"line {number} of the script is no assignment", "write name = expression, one a line")
        name, expression = match.groups()
        objection = why_not_a_variable(name)
        if objection:
            raise refusal(line, 1, f'"{name}" {objection}', "assign another name")
        assignments.append((name, compile_expression(expression)))
    return Script(tuple(assignments))
