"""The history of a dossier: a hash chain that only grows.

    content ──salt──► content_digest ─┐
    kind, at, actor, facts ───────────┼──► digest ──► next event's `previous`
    previous ─────────────────────────┘

`facts` are about the procedure and stay for ever. `content` is personal; it stands beside the chain under a salted digest,
and can be erased (with its salt) when the law says so: the chain still verifies, and nobody can guess the content back from
its digest.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from motcua.engine.codec import canonical
from motcua.engine.values import Value, Variables

GENESIS = b"\x00" * 32


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last event's number and digest; number 0 and GENESIS before the first event."""

    seq: int = 0
    digest: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a dossier. `seq` counts from 1 without gaps; `digest` and `previous` are 32 bytes."""

    dossier_code: str
    seq: int
    kind: str
    at: datetime
    actor: str
    facts: Variables
    previous: bytes
    digest: bytes
    content: Mapping[str, Value] | None = None
    salt: bytes | None = None
    content_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a chain holds. `seq` and `reason` say where and why not; `erased` counts events whose content is gone."""

    holds: bool
    events: int
    erased: int = 0
    seq: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class Chain:
    """Appends events to a dossier's history; gathers what one command adds."""

    dossier_code: str
    head: ChainHead
    added: list[Event] = field(default_factory=list)

    def append(
        self, kind: str, *, at: datetime, actor: str, facts: Variables, content: Variables | None = None, salt: bytes | None = None
    ) -> Event:
        """Seal one event. `content` needs a random `salt` of at least 16 bytes."""
        if content is not None and (salt is None or len(salt) < 16):
            raise ValueError("Personal content needs a salt of at least 16 bytes.")
        content_digest = None if content is None or salt is None else _content_digest(salt, content)
        seq = self.head.seq + 1
        digest = _digest(self.dossier_code, seq, kind, at, actor, facts, content_digest, self.head.digest)
        event = Event(
            dossier_code=self.dossier_code,
            seq=seq,
            kind=kind,
            at=at,
            actor=actor,
            facts=dict(facts),
            previous=self.head.digest,
            digest=digest,
            content=None if content is None else dict(content),
            salt=None if content is None else salt,
            content_digest=content_digest,
        )
        self.head = ChainHead(seq, digest)
        self.added.append(event)
        return event


def erase_content(event: Event) -> Event:
    """The event without its personal content and salt; its digests stay."""
    return replace(event, content=None, salt=None)


def verify(events: Iterable[Event]) -> Verification:
    """Check numbering, links and digests of a whole history, oldest first."""
    head = ChainHead()
    erased = 0
    for event in events:
        if event.seq != head.seq + 1:
            return Verification(False, head.seq, erased, event.seq, f"event {head.seq + 1} is missing")
        if not hmac.compare_digest(event.previous, head.digest):
            return Verification(False, head.seq, erased, event.seq, "it does not follow from the event before")
        expected = _digest(
            event.dossier_code, event.seq, event.kind, event.at, event.actor, event.facts, event.content_digest, event.previous
        )
        if not hmac.compare_digest(event.digest, expected):
            return Verification(False, head.seq, erased, event.seq, "its digest does not fit what it says")
        if event.content is not None:
            if event.salt is None or event.content_digest is None:
                return Verification(False, head.seq, erased, event.seq, "its content has no salt or no digest")
            if not hmac.compare_digest(event.content_digest, _content_digest(event.salt, event.content)):
                return Verification(False, head.seq, erased, event.seq, "its content does not fit its digest")
        elif event.content_digest is not None:
            erased += 1
        head = ChainHead(event.seq, event.digest)
    return Verification(True, head.seq, erased)


def _content_digest(salt: bytes, content: Variables) -> bytes:
    return hashlib.sha256(salt + canonical(dict(content))).digest()


def _digest(
    dossier_code: str,
    seq: int,
    kind: str,
    at: datetime,
    actor: str,
    facts: Variables,
    content_digest: bytes | None,
    previous: bytes,
) -> bytes:
    header = canonical(
        [dossier_code, seq, kind, at, actor, dict(facts), None if content_digest is None else content_digest.hex(), previous.hex()]
    )
    return hashlib.sha256(header).digest()
