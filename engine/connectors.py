"""The port to outside systems: what a service task asks, and what can come back.

A connector is called by a worker, never inside an engine step. It may be called again with the same `key` after a crash, so
it must be idempotent: the outside system is told the key, or the effect is looked up before it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from motcua.engine.dossier import DocumentRecord, Dossier
from motcua.engine.values import Variables
from motcua.errors import Unavailable


class TechnicalFailure(Unavailable):
    """The outside system could not be reached or answered nonsense. The call is tried again, then becomes an incident."""


class LeaseOver(TechnicalFailure):
    """This attempt took so long that another worker may have taken the call over; it must send nothing more."""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One attempt at one call.

    key: idempotency key, the same for every attempt.
    inputs: the operation's declared inputs, evaluated when the token arrived.
    dossier, documents: as they stood when the attempt began.
    now: the instant of the attempt, by the clock.
    is_current: whether this attempt still has the call to itself.
    """

    key: str
    operation: str
    inputs: Variables
    dossier: Dossier
    procedure_name: str
    documents: tuple[DocumentRecord, ...]
    attempt: int
    now: datetime
    is_current: Callable[[], bool] = field(default=lambda: True, compare=False)

    def check_lease(self) -> None:
        """Raises LeaseOver. To be asked as the bytes leave, for each message to a system that believes the last word it hears.

        A worker that was suspended would otherwise, when it wakes up, undo what its successor has told since.
        """
        if not self.is_current():
            raise LeaseOver(f"The lease of {self.operation} ran out before it was made; it is tried again.", key=self.key)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document that a connector made; the worker stores the bytes before the outcome is committed."""

    kind: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The outside system did it. `outputs` become variables as the model's `motcua:output` elements say."""

    outputs: Variables = field(default_factory=dict)
    documents: tuple[NewDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """The outside system took the order; a call-back that names `reference` will bring the outcome."""

    reference: str
    outputs: Variables = field(default_factory=dict)
    documents: tuple[NewDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessFailure:
    """The outside system refused for a reason that belongs to the procedure. Becomes the BPMN error `code`."""

    code: str
    message: str


Outcome: TypeAlias = Done | Waiting | BusinessFailure


class Connector(Protocol):
    """Executes the calls of one or more operations. Raises TechnicalFailure when a later attempt may succeed."""

    def call(self, call: ServiceCall) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """The signature of an operation, against which models are checked.

    inputs: name → required?   outputs: the names it can give   errors: the BPMN error codes it can raise
    lane: calls of one dossier in the same lane keep their order.
    undo: the operation to ask for, with input `reference`, when the process no longer waits for an order that was taken.
    """

    name: str
    inputs: Mapping[str, bool]
    outputs: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    lane: str | None = None
    undo: str | None = None


class Blobs(Protocol):
    """Content-addressed bytes. `put` returns the SHA-256 in hex; the same bytes twice are stored once."""

    def put(self, content: bytes) -> str: ...

    def get(self, sha256: str) -> bytes: ...
