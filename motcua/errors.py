"""Every error that motcua raises on purpose, in one tree.

    MotcuaError
    ├── InvalidInput      what was given cannot be used          exit 2   HTTP 422
    ├── NotFound          what was asked for does not exist      exit 2   HTTP 404
    ├── Conflict          not now, or not any more               exit 2   HTTP 409
    ├── Refused           a rule of law forbids it               exit 2   HTTP 409
    └── Unavailable       something we depend on is not there    exit 2   HTTP 503

An error's text is one clear sentence: what, where, what next. Its data is in attributes of the same name as the
constructor's arguments, and `as_problem()` gives both to a program. A foreign error is translated once, at the seam, with
`raise ... from cause`. Each package defines its own errors beside the code that raises them, as leaves of this tree.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class MotcuaError(Exception):
    """The root. A leaf passes its sentence and its data: `super().__init__("sentence", name=value, ...)`."""

    http_status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)

    @property
    def slug(self) -> str:
        """The class name as words with hyphens, stable for programs: `NoVersionInForce` → `no-version-in-force`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()

    def as_problem(self) -> dict[str, Any]:
        """An RFC 9457 problem document, without the instance."""
        facts = {name: value if isinstance(value, str | int | list | dict) else str(value) for name, value in self.facts.items()}
        return {
            **facts,
            "type": f"urn:motcua:problem:{self.slug}",
            "title": type(self).__name__,
            "status": self.http_status,
            "detail": str(self),
        }


class InvalidInput(MotcuaError):
    """What was given cannot be used; the sentence says which part and what would do."""

    http_status = 422
    exit_status = 2


class NotFound(MotcuaError):
    """What was asked for does not exist."""

    http_status = 404
    exit_status = 2


class Conflict(MotcuaError):
    """The thing exists, but its state does not allow this now."""

    http_status = 409
    exit_status = 2


class Refused(MotcuaError):
    """A rule forbids the act. `rule` names it, with its source."""

    http_status = 409
    exit_status = 2


class Unavailable(MotcuaError):
    """Something motcua depends on cannot be reached or used. Trying again may help."""

    http_status = 503
    exit_status = 2
