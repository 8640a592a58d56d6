"""What the expressions of a model compute with: the values, their bounds, and the operations on them.

Numbers are `int` and `Decimal`; a float never appears. Arithmetic is exact: a result that would have to be rounded, or is larger
than the bounds, fails. Every function here raises only ExpressionFailed, TypeError, ValueError or ArithmeticError.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, Final, TypeAlias

from motcua.errors import InvalidInput

Value: TypeAlias = bool | int | Decimal | str | date | datetime | list["Value"] | dict[str, "Value"] | None

MAX_DIGITS: Final = 40
MAX_TEXT: Final = 20_000
_LARGEST: Final = 10**MAX_DIGITS
_EXACT: Final = Context(prec=2 * MAX_DIGITS, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
_ROUNDING: Final = Context(prec=2 * MAX_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow, DivisionByZero])


class ExpressionFailed(InvalidInput):
    """The expression is sound, but cannot be evaluated with these variables."""


def bounded(value: Any) -> Value:
    """The value itself, when an expression may hold it; so nothing but the closed set of values enters or leaves."""
    if value is None or isinstance(value, bool | date):
        return value
    if isinstance(value, int):
        if -_LARGEST < value < _LARGEST:
            return value
        raise ExpressionFailed(f"A number has more than {MAX_DIGITS} digits; keep numbers smaller.")
    if isinstance(value, Decimal):
        if value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS and value.as_tuple().exponent >= -MAX_DIGITS:  # type: ignore[operator]
            return value
        raise ExpressionFailed(f"A number has more than {MAX_DIGITS} digits, or is none; keep numbers smaller.")
    if isinstance(value, str):
        if len(value) <= MAX_TEXT:
            return value
        raise ExpressionFailed(f"A text has more than {MAX_TEXT} characters; keep texts shorter.")
    if isinstance(value, list | dict):
        return value
    raise ExpressionFailed(
        f"A value of the type {type(value).__name__} cannot be used; variables hold texts, numbers, dates and lists."
    )


def _number(value: Value) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{describe(value)} is not a number")
    return value


def describe(value: Value) -> str:
    if value is None:
        return "an empty value"
    kinds: dict[type, str] = {bool: "a yes or no", str: "a text", list: "a list", dict: "a record"}
    return kinds.get(type(value), "a date" if isinstance(value, date) else "a number")


def _exact(whole: Callable[[int, int], int], fraction: Callable[[Decimal, Decimal], Decimal], left: Value, right: Value) -> Value:
    a, b = _number(left), _number(right)
    if isinstance(a, int) and isinstance(b, int):
        return bounded(whole(a, b))
    return bounded(fraction(Decimal(a), Decimal(b)))


def add(left: Value, right: Value) -> Value:
    """The sum of two numbers, or two texts joined."""
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    return _exact(operator.add, _EXACT.add, left, right)


def subtract(left: Value, right: Value) -> Value:
    return _exact(operator.sub, _EXACT.subtract, left, right)


def multiply(left: Value, right: Value) -> Value:
    return _exact(operator.mul, _EXACT.multiply, left, right)


def negate(value: Value) -> Value:
    return subtract(0, value)


def contains(item: Value, container: Any) -> bool:
    """Whether a list or a literal group has the item, or a text has the text in it."""
    if isinstance(container, str) and not isinstance(item, str):
        raise TypeError(f"{describe(item)} cannot be in a text")
    if not isinstance(container, str | list | tuple):
        raise TypeError(f"nothing can be in {describe(container)}")
    return item in container


COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "In": contains,
    "NotIn": lambda item, container: not contains(item, container),
}


def _len(value: Value) -> Value:
    if not isinstance(value, str | list):
        raise TypeError(f"{describe(value)} has no length")
    return len(value)


def _extreme(pick: Callable[[Any], Value], values: tuple[Value, ...]) -> Value:
    candidates = values[0] if len(values) == 1 else list(values)
    if not isinstance(candidates, list):
        raise TypeError(f"min and max compare several values or the items of a list, not {describe(candidates)}")
    return bounded(pick(candidates))


def _min(*values: Value) -> Value:
    return _extreme(min, values)


def _max(*values: Value) -> Value:
    return _extreme(max, values)


def _round(value: Value, digits: Value = None) -> Value:
    """Half away from zero, as fees are rounded; to a whole number, or to so many digits after the point."""
    number = _number(value)
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 12):
        raise ValueError("round keeps from 0 to 12 digits")
    if isinstance(number, int):
        return number
    rounded = _ROUNDING.quantize(number, Decimal(1).scaleb(-(digits or 0)))
    return int(rounded) if digits is None else bounded(rounded)


def is_blank(value: Value) -> bool:
    """Nothing was entered: an empty value, a text of blanks only, an empty list."""
    return value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, list | dict) and not value)


FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Value], int, int]]] = {
    "len": (_len, 1, 1),
    "min": (_min, 1, 100),
    "max": (_max, 1, 100),
    "round": (_round, 1, 2),
    "is_blank": (is_blank, 1, 1),
}
"""Name → the function, the fewest and the most arguments."""
