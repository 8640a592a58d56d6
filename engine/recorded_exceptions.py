"""Acts that a rule forbids and the law still allows as an exception: done by somebody who answers for it, with a reason.

    a form with the field `exception_reason` is handed in      the engine adds who did: `exception_author`
    the act comes, at once or later, and its rule forbids it   the exception is taken, and written into the history
    the act is done                                            all three names are emptied, so no exception serves twice

Only a person's task may state an exception; a model that sets these names in another way is refused (bpmn/checks/people.py).
Today one rule has an exception: a supplement is asked once. An extension has none, because what is late stays late.
"""

from __future__ import annotations

from dataclasses import dataclass

from motcua.engine.values import Value, Variables
from motcua.errors import InvalidInput

REASON, BASIS, AUTHOR = "exception_reason", "exception_basis", "exception_author"
NAMES = (REASON, BASIS, AUTHOR)


class ExceptionIncomplete(InvalidInput):
    """An exception without an author or a reason is none."""


@dataclass(frozen=True, slots=True)
class RecordedException:
    """An act that a rule forbids, done all the same by somebody who answers for it. It belongs into the dossier's history.

    basis: the legal basis, where the author names one.
    """

    author: str
    reason: str
    basis: str = ""

    def __post_init__(self) -> None:
        if not self.author.strip() or not self.reason.strip():
            raise ExceptionIncomplete("An exception is recorded with its author and its reason. State both.", author=self.author)


def signed(entries: Variables, author: str) -> dict[str, Value]:
    """What a person entered, with the person's name to the exception that is stated in it; without a reason, with nobody's."""
    if REASON not in entries:
        return dict(entries)
    return {**entries, AUTHOR: author if _text(entries, REASON) else None}


def stated_exception(variables: Variables) -> RecordedException | None:
    """The exception that somebody has stated and no act has used; None where there is none."""
    reason, author = _text(variables, REASON), _text(variables, AUTHOR)
    return RecordedException(author, reason, _text(variables, BASIS)) if reason and author else None


def forget_exception(variables: dict[str, Value]) -> None:
    """Empty the names of the exception, so that it serves once."""
    variables.update(dict.fromkeys(variables.keys() & NAMES))


def _text(variables: Variables, name: str) -> str:
    value = variables.get(name)
    return value.strip() if isinstance(value, str) else ""
