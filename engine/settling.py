"""After a move: what the tokens now wait for becomes work items, service calls, legal pauses, an end, and a wake-up time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from motcua.bpmn.elements import Node, Timer
from motcua.engine import acts
from motcua.engine.deadlines import DueMoment, parse_timer, timer_instant
from motcua.engine.dossier import CallState, OpenTask, ServiceCallRecord
from motcua.engine.spiff.run import ModelFailed, Token, Wait
from motcua.engine.store import TaskClosed
from motcua.engine.values import Variables

if TYPE_CHECKING:
    from motcua.engine.session import DossierSession

FINISHED_CALLS = (CallState.DONE, CallState.FAILED, CallState.CANCELLED)
ATTEMPTS = 8


def settle(session: DossierSession) -> None:
    """Compare the tokens with those that the command found, and gather what follows."""
    after = {token.id: token for token in session.run.tokens()}
    for token in session.before.values():
        if token.id not in after:
            _left(session, token)
    for token in after.values():
        if token.id not in session.before:
            _arrived(session, token)
        if token.wait is Wait.TIMER:
            _tell_if_never(session, token)
    _settle_clock(session, after.values())
    _settle_end(session)


def timers(session: DossierSession) -> list[tuple[datetime, Token]]:
    """The timers that run, each with the instant at which it falls due as things stand."""
    waiting = [token for token in session.run.tokens() if token.wait is Wait.TIMER]
    due = acts.compute_due(session.dossier, session.moment) if waiting else None
    found = [(_timer_instant(session, token, token.round, due), token) for token in waiting]
    return [(at, token) for at, token in found if at is not None]


def next_round(session: DossierSession, token: Token) -> int:
    """Of a timer that repeats, the round to wait for after one that fell due: the first in the future, however many were missed.

    0 when there is none any more.
    """
    timer = parse_timer(_timer(token).text)
    if not timer.repeats:
        return 0
    due = acts.compute_due(session.dossier, session.moment)

    def is_past(number: int) -> bool:
        at = _timer_instant(session, token, number, due)
        return at is not None and at <= session.now

    passed, ahead = token.round, token.round + 1
    while is_past(ahead):
        passed, ahead = ahead, ahead + 2 * (ahead - passed)
    while ahead - passed > 1:
        middle = (passed + ahead) // 2
        passed, ahead = (middle, ahead) if is_past(middle) else (passed, middle)
    return ahead if timer.times is None or ahead <= timer.times else 0


def _timer(token: Token) -> Timer:
    assert token.node.event is not None
    assert token.node.event.timer is not None
    return token.node.event.timer


def _timer_instant(session: DossierSession, token: Token, number: int, due: DueMoment | None) -> datetime | None:
    timer = _timer(token)
    return timer_instant(
        timer.text,
        token.at,
        session.around.calendar,
        session.compiled.policy,
        due=due,
        clock=timer.clock.value,
        pauses=session.dossier.pauses,
        round=number,
    )


def next_wake(session: DossierSession) -> datetime | None:
    """When the dossier wants to be looked at again: its next timer, or the end of a kept message's time; suspended, never."""
    if session.dossier.suspension is not None:
        return None
    wakes = [at for at, _ in timers(session)]
    wakes += [m.keep_until for m in session.messages.values() if m.delivered_at is None and m.expired_at is None]
    return min(wakes, default=None)


def new_call(session: DossierSession, key: str, operation: str, inputs: Variables, order: int, token: Token | None) -> None:
    """A service call to be made; `token` waits for it, if any."""
    retry = token.node.retry if token is not None else None
    declared = session.around.operations.get(operation)
    session.keep_call(
        ServiceCallRecord(
            key=key,
            dossier_code=session.dossier.code,
            operation=operation,
            inputs=dict(inputs),
            asked_at=session.now,
            task_id=token.id if token else None,
            activity_id=token.node.id if token else None,
            lane=declared.lane if declared else None,
            order=order,
            next_attempt_at=session.now,
            max_attempts=retry.attempts if retry else ATTEMPTS,
        )
    )


def _arrived(session: DossierSession, token: Token) -> None:
    if token.wait is Wait.PERSON:
        task = open_task_of(session, token)
        session.gathered.opened.append(task)
        session.record("task_opened", {"task_id": token.id, "activity_id": token.node.id, "role": task.role})
    elif token.wait is Wait.SERVICE and token.node.operation is not None:
        operation = token.node.operation.name
        event = session.record("service_asked", {"operation": operation, "activity_id": token.node.id})
        new_call(session, f"{session.dossier.code}/{token.id}", operation, session.run.inputs_of(token), event.seq, token)


def _tell_if_never(session: DossierSession, token: Token) -> None:
    """A timer that needs the due date of a dossier whose limit is unknown never falls due: said once, when both are so."""
    dossier = session.dossier
    if dossier.received_at is None or dossier.limit is not None or not parse_timer(_timer(token).text).needs_due_date:
        return
    received_now = any(event.kind == "act" and event.facts["act"] == "receive" for event in session.chain.added)
    if token.id not in session.before or received_now:
        session.record(
            "timer_never_due",
            {"activity_id": token.node.id, "timer": _timer(token).text, "why": dossier.limit_unknown_because},
        )


def _left(session: DossierSession, token: Token) -> None:
    how = session.finished.get(token.id, "cancelled")
    if token.wait is Wait.PERSON:
        session.gathered.closed.append(TaskClosed(token.id, session.now, how, session.actor))
        if how == "cancelled":
            session.record("task_cancelled", {"task_id": token.id, "activity_id": token.node.id})
    elif token.wait is Wait.SERVICE and how == "cancelled":
        _cancel_call(session, f"{session.dossier.code}/{token.id}")


def open_task_of(session: DossierSession, token: Token) -> OpenTask:
    """The work item of a token that waits for a person, as the model draws it and opened now."""
    node, dossier = token.node, session.dossier
    hours = node.norm.hours if node.norm else None
    return OpenTask(
        id=token.id,
        dossier_code=dossier.code,
        activity_id=node.id,
        name=node.name,
        role=node.assignment.role if node.assignment else "officer",
        tier=(node.assignment.tier if node.assignment else None) or dossier.tier,
        authority_code=dossier.authority_code,
        opened_at=session.now,
        norm_hours=hours,
        norm_due_at=None if hours is None else session.around.calendar.add_working_seconds(session.now, round(hours * 3600)),
        form=form_of(node),
    )


def form_of(node: Node) -> tuple[dict[str, Any], ...]:
    """The form as a task shows it: each field's name, type, label, options and whether it is required."""
    return tuple(
        {
            "name": f.name,
            "type": str(f.type),
            "label": f.label,
            "required": f.required,
            "options": [{"value": o.value, "label": o.label} for o in f.options],
        }
        for f in node.form
    )


def _cancel_call(session: DossierSession, key: str) -> None:
    """Nobody waits for this call any more; an order that the outside system took already is undone there."""
    call = session.calls.get(key)
    if call is None or call.state in FINISHED_CALLS:
        return
    session.change_call(replace(call, state=CallState.CANCELLED, lease_until=None), "service_cancelled", {})
    declared = session.around.operations.get(call.operation)
    if call.reference is not None and declared is not None and declared.undo is not None:
        session.ask(declared.undo, {"reference": call.reference}, key=f"{key}/undo")


def _settle_clock(session: DossierSession, tokens: Iterable[Token]) -> None:
    """Pause the authority's clock while a token waits off the clock; resume it when that is over."""
    if session.dossier.received_at is None or session.dossier.ended_at is not None:
        return
    stopping = {t.node.id: t.stops_clock.cause for t in tokens if t.stops_clock is not None}
    paused = {p.activity_id: p.cause for p in session.dossier.pauses if p.ended_at is None and p.cause != acts.SUPPLEMENT}
    for activity_id, cause in paused.items():
        if activity_id not in stopping:
            before = session.dossier
            session.dossier = acts.resume(before, session.moment, cause, activity_id)
            session.record("clock_resumed", {"cause": cause, "activity_id": activity_id})
            session.record_changes(before, cause=cause)
    for activity_id, cause in stopping.items():
        if activity_id not in paused:
            session.dossier = acts.pause(session.dossier, session.moment, cause, activity_id)
            session.record("clock_paused", {"cause": cause, "activity_id": activity_id})


def _settle_end(session: DossierSession) -> None:
    dossier = session.dossier
    if not session.run.is_over or dossier.closed_at is not None:
        return
    if dossier.ending is None:
        raise ModelFailed(
            f"The process of dossier {dossier.code} came to its end, but no legal act ended the dossier. Draw one of: "
            "return, decline, refuse, withdraw, close_unsupplemented, stop.",
            dossier=dossier.code,
        )
    session.dossier = replace(dossier, closed_at=session.now)
    session.record("closed", {"ending": dossier.ending.value})
