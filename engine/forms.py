"""What people and outside systems enter, against the fields that the model declares. Nothing undeclared reaches the variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from motcua.bpmn.elements import FieldType, FormField
from motcua.engine.values import Value
from motcua.errors import InvalidInput

MAX_TEXT = 20_000


class FormRefused(InvalidInput):
    """The entries do not fit the form. `fields` maps each field's name to what is wrong with it."""

    def __init__(self, where: str, fields: Mapping[str, str]) -> None:
        listed = "; ".join(f'"{name}" {problem}' for name, problem in fields.items())
        super().__init__(f"{where} was not taken, and nothing was saved: {listed}.", where=where, fields=dict(fields))


def read_entries(fields: Sequence[FormField], entries: Mapping[str, Any], where: str) -> dict[str, Value]:
    """One value per declared field (None where an optional one is left out). Raises FormRefused with every problem at once.

    where: what was entered, for the sentence, such as "The form of task thẩm định".
    """
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    declared = {field.name: field for field in fields}
    for name in entries:
        if name not in declared:
            known = ", ".join(declared) or "none"
            problems[name] = f"is not a field of this form (its fields: {known})"
    for name, field in declared.items():
        entry = entries.get(name)
        if entry is None or entry == "":
            values[name] = None
            if field.required:
                problems[name] = f"is missing ({field.label})"
            continue
        try:
            values[name] = _READERS[FieldType(field.type)](entry, field)
        except ValueError as problem:
            problems[name] = str(problem)
    if problems:
        raise FormRefused(where, problems)
    return values


def _text(entry: Any, field: FormField) -> Value:
    if not isinstance(entry, str):
        raise ValueError("must be a text")
    if len(entry) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT:,} characters")
    if "\x00" in entry:
        raise ValueError("holds the character U+0000, which cannot be stored")
    return entry


def _integer(entry: Any, field: FormField) -> Value:
    if isinstance(entry, bool) or not isinstance(entry, int | str) or len(str(entry)) > 30:
        raise ValueError("must be a whole number")
    try:
        return int(entry)
    except ValueError:
        raise ValueError(f"must be a whole number, not {entry!r}") from None


def _decimal(entry: Any, field: FormField) -> Value:
    if isinstance(entry, bool) or not isinstance(entry, int | float | str | Decimal) or len(str(entry)) > 60:
        raise ValueError('must be a number, such as "12.5"')
    try:
        number = Decimal(str(entry))
    except InvalidOperation:
        raise ValueError(f'must be a number, such as "12.5", not {entry!r}') from None
    if not number.is_finite():
        raise ValueError("must be a finite number")
    return number


def _boolean(entry: Any, field: FormField) -> Value:
    if not isinstance(entry, bool):
        raise ValueError("must be true or false")
    return entry


def _date(entry: Any, field: FormField) -> Value:
    if isinstance(entry, date):
        return entry
    try:
        return date.fromisoformat(str(entry))
    except ValueError:
        raise ValueError(f"must be a date such as 2026-02-13, not {entry!r}") from None


def _choice(entry: Any, field: FormField) -> Value:
    answers = [option.value for option in field.options]
    if entry not in answers:
        raise ValueError(f"must be one of {', '.join(answers)}, not {entry!r}")
    return str(entry)


_READERS = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
}
