"""Whom a message reaches: in its dossier, the token that has waited longest for one of its name; or nobody yet.

Then it is kept. Messages from outside are rows of the store, since their senders ask what became of them. Those from one pool to
another are part of the run (`spiff/mail.py`), which delivers them itself; here they are written into the history, and reported
when their time is over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from motcua.engine.dossier import MessageRecord
from motcua.engine.forms import FormRefused, read_entries
from motcua.engine.spiff.run import Letter, Wait

if TYPE_CHECKING:
    from motcua.engine.session import DossierSession


def kept_messages(session: DossierSession) -> list[MessageRecord]:
    """Those from outside that wait for somebody who waits for them, in the order in which they came."""
    kept = [each for each in session.messages.values() if each.delivered_at is None and each.expired_at is None]
    return sorted(kept, key=lambda message: (message.received_at, message.id))


def deliver(session: DossierSession, message: MessageRecord, *, refuse: bool) -> bool:
    """Try to give a message to the oldest token that waits for it. What does not fit is refused or, later, reported."""
    waiting = [
        t
        for t in session.run.tokens()
        if t.wait is Wait.MESSAGE and t.takes_messages and t.node.event is not None and t.node.event.message == message.name
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
        session.keep_message(replace(message, expired_at=session.now))
        session.record("message_refused", {"message": message.name, "message_id": message.id, "why": str(refusal)})
        return False
    if is_held:
        return False
    session.keep_message(replace(message, delivered_at=session.now))
    session.record("message_delivered", {"message": message.name, "message_id": message.id, "activity_id": token.node.id})
    session.finished[token.id] = "completed"
    session.run.fire(token.id, values)
    return True


def expire_messages(session: DossierSession) -> None:
    """Report those whose time is over, from outside and from other pools."""
    for message in kept_messages(session):
        if message.keep_until <= session.now:
            session.keep_message(replace(message, expired_at=session.now))
            session.record("message_expired", {"message": message.name, "message_id": message.id})
    for letter in list(session.run.mail):
        if letter.sent_at + session.around.message_term <= session.now:
            _report(session, letter)


def report_undelivered(session: DossierSession) -> None:
    """Report every message between pools that is left: no process runs any more that could take it."""
    for letter in list(session.run.mail):
        _report(session, letter)


def record_letter(session: DossierSession, letter: Letter, is_delivered: bool) -> None:
    """Write into the history that a message between pools was sent, or that it was delivered."""
    route = session.run.model.routes[letter.flow]
    facts = {"message": route.message, "message_id": letter.id, "flow": letter.flow}
    if is_delivered:
        session.record("message_delivered", {**facts, "activity_id": route.target})
    else:
        sent = {**facts, "activity_id": route.sender}
        session.record("message_sent", sent, content={"payload": dict(letter.values)} if letter.values else None)


def _report(session: DossierSession, letter: Letter) -> None:
    session.run.mail.remove(letter)
    route = session.run.model.routes[letter.flow]
    session.record("message_expired", {"message": route.message, "message_id": letter.id, "flow": letter.flow})
