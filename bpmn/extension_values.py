"""What the `motcua` extension says about an element, as frozen values (docs/extension.md). `elements.py` hands them on.

As everywhere in the elements, the line is where it stood in the file, and takes no part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """The types that a form field or a message field may have."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice field."""

    value: str
    label: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form or of a message's payload; its name becomes a variable. `type` is one of `FieldType` once checked."""

    name: str
    type: str
    label: str
    required: bool = False
    options: tuple[Option, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose work list a task enters. Without a tier, the dossier's own. `lane` is the id of the lane that says it for the task."""

    role: str
    tier: str | None = None
    lane: str | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Norm:
    """The internal norm of a task in working hours. `basis` is decision or assumed; `source` says where the number is from."""

    hours: float
    basis: str
    source: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """A name and the expression that gives its value, in the language of `expressions.py`."""

    name: str
    expression: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OutputUse:
    """An answer of an operation, and the variable that takes it."""

    name: str
    variable: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OperationUse:
    """What a service task asks of a connector."""

    name: str
    inputs: tuple[Argument, ...] = ()
    outputs: tuple[OutputUse, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DecisionUse:
    """The decision that a business rule task has made: `inputs` are names it is given over the variables."""

    name: str
    inputs: tuple[Argument, ...] = ()
    outputs: tuple[OutputUse, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Retry:
    """How technical failures are tried again: `attempts` in all, the first pause in seconds, each pause `factor` times longer."""

    attempts: int
    first_seconds: float
    factor: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ClockStop:
    """While a token waits here the authority's clock is legally paused, for this cause, by this source of law."""

    cause: str
    source: str | None = None
    line: int = field(default=0, compare=False)
