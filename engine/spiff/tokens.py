"""What the outside sees of a run: the places where the dossier waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from motcua.bpmn.elements import ClockStop, EventKind, Node, NodeKind
from motcua.engine.spiff import specs
from motcua.engine.spiff.events import CatchEvent
from motcua.errors import Conflict


class TokenGone(Conflict):
    """The token that was to be moved is not there (any more)."""


class Wait(StrEnum):
    PERSON = "person"
    SERVICE = "service"
    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    CONDITION = "condition"
    OTHER = "other"  # a join, an error boundary, a running sub-process


@dataclass(frozen=True, slots=True)
class Token:
    """A place where the dossier waits. `at` is when the token arrived; `stops_clock` when the wait is off the authority's clock.

    round: of a timer that repeats, which of its instants is waited for, from 1.
    takes_messages: whether a message from outside may be given to it now, if it waits for one.
    """

    id: str
    node: Node
    process: str
    wait: Wait
    at: datetime
    stops_clock: ClockStop | None
    round: int = 1
    takes_messages: bool = True


def token_gone(token_id: str) -> TokenGone:
    """The error for a token that is not there any more."""
    return TokenGone(f'The task "{token_id}" is not open any more: it was completed or cancelled meanwhile.', token_id=token_id)


def token_of(task: Any) -> Token:
    return Token(
        id=str(task.id),
        node=task.task_spec.node,
        process=task.workflow.spec.name,
        wait=wait_of(task),
        at=datetime.fromisoformat(task.internal_data["at"]),
        stops_clock=_clock_stop_of(task),
        round=task.internal_data.get("round", 1),
        takes_messages=not _is_closed_to_outside(task),
    )


def _is_closed_to_outside(task: Any) -> bool:
    spec = task.task_spec
    return isinstance(spec, CatchEvent) and (spec.only_from_inside or spec.is_busy(task))


def wait_of(task: Any) -> Wait:
    spec = task.task_spec
    if isinstance(spec, specs.PersonTask):
        return Wait.PERSON
    if isinstance(spec, specs.ServiceTask):
        return Wait.SERVICE
    if isinstance(spec, CatchEvent) and spec.node is not None:
        return Wait.MESSAGE if spec.node.kind is NodeKind.RECEIVE_TASK else _WAITS.get(spec.node.event_kind, Wait.OTHER)
    return Wait.OTHER


def can_be_moved(task: Any) -> bool:
    """Whether somebody or something outside of the run can move it. A message from another pool comes from inside."""
    spec = task.task_spec
    return wait_of(task) in _FROM_OUTSIDE and not (isinstance(spec, CatchEvent) and spec.only_from_inside)


_FROM_OUTSIDE = frozenset({Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER, Wait.CONDITION})
_WAITS = {
    EventKind.TIMER: Wait.TIMER,
    EventKind.MESSAGE: Wait.MESSAGE,
    EventKind.SIGNAL: Wait.SIGNAL,
    EventKind.CONDITIONAL: Wait.CONDITION,
}


def _clock_stop_of(task: Any) -> ClockStop | None:
    """Of the node itself, or of the event-based gateway that it waits behind."""
    waits = [task.task_spec.node]
    if task.parent is not None and isinstance(task.parent.task_spec, specs.EventBasedGateway):
        waits.append(task.parent.task_spec.node)
    return next((node.stops_clock for node in waits if node is not None and node.stops_clock is not None), None)
