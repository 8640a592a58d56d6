"""Messages from outside, within one command: given to the activity that waits for them, kept for one that will, or reported.

received ──► delivered            somebody waited for it
   │  ▲
   │  └── kept until `keep_until`, and again offered after every move
   └────► expired                 nobody came, or what it brought did not fit
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from motcua.engine.dossier import MessageRecord
from motcua.engine.forms import FormRefused, read_entries
from motcua.engine.spiff.run import Wait

if TYPE_CHECKING:
    from datetime import datetime

    from motcua.engine.session import DossierSession


def take_message(session: DossierSession, message: MessageRecord) -> bool:
    """Give a message to the activity that waits for it, or keep it for one that will. Returns whether it was delivered."""
    _keep(session, message)
    session.record(
        "message_received", {"message": message.name, "message_id": message.id}, content={"payload": dict(message.payload)}
    )
    _deliver(session, message, refuse=True)
    session.move_on()
    return session.messages[message.id].delivered_at is not None


def deliver_kept(session: DossierSession, until: datetime | None = None) -> bool:
    """Deliver the first kept message (received by `until`, if given) that somebody waits for. Returns whether there was one."""
    return any(
        _deliver(session, message, refuse=False) for message in _kept(session) if until is None or message.received_at <= until
    )


def expire_messages(session: DossierSession) -> None:
    """Report, once, the messages that nobody came to wait for."""
    for message in _kept(session) if session.dossier.suspension is None else ():
        if message.keep_until <= session.now:
            _keep(session, replace(message, expired_at=session.now))
            session.record("message_expired", {"message": message.name, "message_id": message.id})


def _kept(session: DossierSession) -> list[MessageRecord]:
    """Those that wait for somebody who waits for them, in the order in which they came."""
    kept = [each for each in session.messages.values() if each.delivered_at is None and each.expired_at is None]
    return sorted(kept, key=lambda message: (message.received_at, message.id))


def _deliver(session: DossierSession, message: MessageRecord, *, refuse: bool) -> bool:
    """Try to give a message to the oldest token that waits for it. What does not fit is refused or, later, reported."""
    waiting = [
        t
        for t in session.run.tokens()
        if t.wait is Wait.MESSAGE and t.node.event is not None and t.node.event.message == message.name
    ]
    is_held = session.dossier.suspension is not None
    if not waiting or (is_held and not refuse):
        return False
    token = min(waiting, key=lambda t: t.at)
    try:
        values = read_entries(token.node.payload, message.payload, f'The message "{message.name}"')
    except FormRefused as refusal:
        if refuse:
            raise
        _keep(session, replace(message, expired_at=session.now))
        session.record("message_refused", {"message": message.name, "message_id": message.id, "why": str(refusal)})
        return False
    if is_held:
        return False
    _keep(session, replace(message, delivered_at=session.now))
    session.record("message_delivered", {"message": message.name, "message_id": message.id, "activity_id": token.node.id})
    session.finished[token.id] = "completed"
    session.run.fire(token.id, values)
    return True


def _keep(session: DossierSession, message: MessageRecord) -> None:
    session.messages[message.id] = message
    session.gathered.messages[message.id] = message
