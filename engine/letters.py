"""Messages from one pool of a dossier to another, as its history tells them: sent, delivered, or reported when nobody came.

The run delivers them itself (`spiff/mail.py`) and keeps what waits; messages from outside are rows of the store (`messages.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from motcua.engine.spiff.run import Letter

if TYPE_CHECKING:
    from motcua.engine.session import DossierSession


def expire_letters(session: DossierSession) -> None:
    """Report those that were kept as long as a message from outside is."""
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
