"""A worker's turn at a service call: lease, call, outcome. The row decides; a lost or doubled wake-up does no harm.

queued ──lease──► running ──► done | waiting (call-back awaited) | failed (BPMN error)
   ▲                 │
   └── backoff ◄─────┤ technical failure
                     └──► incident, when the attempts are used up; an operator retries
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from motcua.engine.clock import Clock, SystemClock
from motcua.engine.connectors import (
    Blobs,
    BusinessFailure,
    Connector,
    Done,
    NewDocument,
    Outcome,
    ServiceCall,
    TechnicalFailure,
    Waiting,
)
from motcua.engine.dossier import CallState, DocumentRecord, Dossier, ServiceCallRecord
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.operators import Because
from motcua.engine.session import DossierSession
from motcua.engine.settling import FINISHED_CALLS
from motcua.engine.store import LeasedCall
from motcua.errors import InvalidInput, MotcuaError, NotFound

FIRST_PAUSE = timedelta(seconds=5)
PAUSE_FACTOR = 3
LONGEST_PAUSE = timedelta(hours=2)


class UnknownCall(NotFound):
    """There is no such service call to act on."""


class CallRunner:
    """Makes service calls through the connectors and brings their outcomes home."""

    def __init__(
        self,
        engine: DossierEngine,
        connectors: Mapping[str, Connector],
        blobs: Blobs,
        *,
        lease: timedelta = timedelta(seconds=60),
        first_pause: timedelta = FIRST_PAUSE,
        wall: Clock | None = None,
    ) -> None:
        """`wall` tells the real time, on which leases run."""
        self.engine = engine
        self.connectors = connectors
        self.blobs = blobs
        self.lease = lease
        self.first_pause = first_pause
        self.wall = wall or SystemClock()

    def run(self, key: str) -> int:
        """Attempt the call, if it is to be made now, and then those that waited for it in its lane. Returns how many attempts."""
        attempts = 0
        next_key: str | None = key
        while next_key is not None:
            lease_until = self.wall.now() + self.lease  # taken before the lease itself, so never later
            leased = self.engine.store.lease_call(next_key, self.engine.clock.now(), self.lease)
            if leased is None:
                break
            attempts += 1
            next_key = self._settle(leased, self._attempt(leased, lease_until))
        return attempts

    def _attempt(self, leased: LeasedCall, lease_until: datetime) -> Outcome | MotcuaError:
        if leased.call.attempts > leased.call.max_attempts:
            return TechnicalFailure("Every earlier attempt ended without an answer, perhaps with its worker.")
        try:
            return self._connector(leased.call).call(self._request(leased, lease_until))
        except (TechnicalFailure, InvalidInput) as failure:
            return failure
        except Exception as fault:  # a fault of the connector itself: an incident, never a dead worker
            return TechnicalFailure(f"The connector for {leased.call.operation} failed: {type(fault).__name__}: {fault}")

    def retry(self, key: str, dossier_code: str, actor: str, because: Because) -> None:
        """An operator has an incident tried again, with fresh attempts. Raises UnknownCall."""
        with self.engine.command(dossier_code, actor) as session:
            call = session.calls.get(key)
            if call is None or call.state is not CallState.INCIDENT:
                raise UnknownCall(f'There is no incident "{key}" in dossier {dossier_code}.', key=key)
            again = replace(call, state=CallState.QUEUED, attempts=0, next_attempt_at=session.now, error=None)
            session.change_call(again, "incident_retried", because.facts)

    def _connector(self, call: ServiceCallRecord) -> Connector:
        try:
            return self.connectors[call.operation]
        except KeyError:
            raise TechnicalFailure(
                f"No connector is configured for the operation {call.operation}. Configure one and retry.", operation=call.operation
            ) from None

    def _request(self, leased: LeasedCall, lease_until: datetime) -> ServiceCall:
        return ServiceCall(
            key=leased.call.key,
            operation=leased.call.operation,
            inputs=leased.call.inputs,
            dossier=leased.dossier,
            procedure_name=self.engine.procedures.get(leased.dossier.version_id).procedure.name,
            documents=leased.documents,
            attempt=leased.call.attempts,
            now=max(self.engine.clock.now(), leased.dossier.filed_at),
            is_current=lambda: self.wall.now() < lease_until,
        )

    def _settle(self, leased: LeasedCall, outcome: Outcome | MotcuaError) -> str | None:
        """Commit the outcome. Returns the key of the call that waited for this one in its lane, if any."""
        key = leased.call.key
        documents: tuple[DocumentRecord, ...] = ()
        if isinstance(outcome, Done | Waiting):
            documents = tuple(self._store_document(leased.dossier, key, document) for document in outcome.documents)
        try:
            with self.engine.command(leased.dossier.code, f"worker:{leased.call.operation}") as session:
                if holds_lease(session, leased.call):
                    apply_outcome(session, leased.call, outcome, documents, self.first_pause)
                return next_in_lane(session, leased.call)
        except MotcuaError as refused:
            if isinstance(outcome, MotcuaError):
                raise
            return self._settle(leased, TechnicalFailure(f"The outcome could not be taken: {refused}"))

    def _store_document(self, dossier: Dossier, key: str, document: NewDocument) -> DocumentRecord:
        sha256 = self.blobs.put(document.content)
        return DocumentRecord(
            id=hashlib.sha256(f"{dossier.code}/{key}/{document.kind}/{sha256}".encode()).hexdigest()[:32],
            dossier_code=dossier.code,
            kind=document.kind,
            name=document.name,
            media_type=document.media_type,
            sha256=sha256,
            size_bytes=len(document.content),
            created_at=max(self.engine.clock.now(), dossier.filed_at),
            made_by=key,
        )


def next_in_lane(session: DossierSession, done: ServiceCallRecord) -> str | None:
    """The earliest queued call of the lane, once nothing before it is unfinished."""
    if done.lane is None:
        return None
    waiting = [c for c in session.calls.values() if c.lane == done.lane and c.state not in FINISHED_CALLS]
    first = min(waiting, key=lambda call: call.order, default=None)
    return first.key if first is not None and first.key != done.key and first.state is CallState.QUEUED else None


def holds_lease(session: DossierSession, leased: ServiceCallRecord) -> bool:
    """Whether this attempt is still the one that counts: not cancelled, finished or leased again meanwhile."""
    current = session.calls.get(leased.key)
    return current is not None and current.state is CallState.RUNNING and current.fence == leased.fence


def apply_outcome(
    session: DossierSession,
    leased: ServiceCallRecord,
    outcome: Outcome | MotcuaError,
    documents: tuple[DocumentRecord, ...],
    first_pause: timedelta = FIRST_PAUSE,
) -> None:
    """What an attempt's outcome does to the dossier."""
    if isinstance(outcome, Done):
        session.finish_call(leased.key, outcome.outputs, documents)
    elif isinstance(outcome, Waiting):
        session.await_call(leased.key, outcome.reference, outcome.outputs, documents)
    elif isinstance(outcome, BusinessFailure):
        session.fail_call(leased.key, outcome.code, outcome.message)
    elif leased.attempts >= leased.max_attempts or isinstance(outcome, InvalidInput):  # bad input stays bad
        call = replace(session.calls[leased.key], state=CallState.INCIDENT, lease_until=None, error=str(outcome))
        session.change_call(call, "incident", {"error": str(outcome), "attempts": leased.attempts})
    else:
        pause = min(first_pause * PAUSE_FACTOR ** (leased.attempts - 1), LONGEST_PAUSE)
        call = replace(
            session.calls[leased.key],
            state=CallState.QUEUED,
            lease_until=None,
            next_attempt_at=session.now + pause,
            error=str(outcome),
        )
        session.change_call(call, "call_failed", {"error": str(outcome), "attempts": leased.attempts})
