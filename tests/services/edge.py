"""A running program without a database, for the tests of the API and the pages: memory store, a clock that stands, fake connectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.engine.calendars import default_calendar
from motcua.engine.clock import ManualClock
from motcua.engine.connectors import Done, NewDocument, Outcome, ServiceCall, TechnicalFailure
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.memory_store import MemoryStore
from motcua.engine.service_calls import CallRunner
from motcua.errors import NotFound, Unavailable
from motcua.procedures_catalog.catalog import Catalog, load_catalog
from motcua.services.operations import OPERATIONS
from motcua.services.payments import PaymentDesk

# Monday 2 March 2026, 08:00 in Vietnam.
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BIRTH = "1.001193"
COMMUNE = "H05.21"
SECRET = "a secret of the tests"
OFFICER = {"X-Actor": "officer.lan"}


class MemoryBlobs:
    """`Blobs` in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._kept[sha256] = content
        return sha256

    def get(self, sha256: str) -> bytes:
        if sha256 not in self._kept:
            raise NotFound(f"No document with the hash {sha256} is stored.", sha256=sha256)
        return self._kept[sha256]


class Obliging:
    """A connector that does whatever it is asked; documents get a few bytes of their own. Fails while it is `down`."""

    def __init__(self) -> None:
        self.down: set[str] = set()

    def call(self, call: ServiceCall) -> Outcome:
        if call.operation in self.down:
            raise TechnicalFailure(f"{call.operation} does not answer.")
        if call.operation.startswith("documents."):
            kind = call.operation.removeprefix("documents.")
            content = f"%PDF-1.7 {kind} of {call.dossier.code}".encode()
            return Done({}, (NewDocument(kind, f"Giấy tiếp nhận {call.dossier.code}.pdf", "application/pdf", content),))
        return Done()


@dataclass
class EdgeBackend:
    """What `services/api/backend.py` asks for."""

    clock: ManualClock
    store: MemoryStore
    engine: DossierEngine
    runner: CallRunner
    blobs: MemoryBlobs
    catalog: Catalog
    payments: PaymentDesk
    outside: Obliging
    database_is_up: bool = field(default=True)

    def take_payment_confirmation(self, body: Mapping[str, Any]) -> dict[str, str]:
        return self.payments.take(body)

    def ready(self) -> None:
        if not self.database_is_up:
            raise Unavailable("The database does not answer. Start it, or correct MOTCUA_DATABASE_URL.")

    def work(self) -> None:
        """A worker's turn: every call that can be made is made, until none is left."""
        while ready := self.store.ready_calls(self.clock.now()):
            for key in ready:
                self.runner.run(key)

    def pass_time(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))


def edge_backend() -> EdgeBackend:
    """Everything empty but for birth registration, published."""
    clock = ManualClock(MORNING)
    store = MemoryStore(clock)
    engine = DossierEngine(store, clock, default_calendar(), OPERATIONS)
    catalog = load_catalog()
    blobs, outside = MemoryBlobs(), Obliging()
    runner = CallRunner(engine, dict.fromkeys(OPERATIONS, outside), blobs)
    for code in (BIRTH, "2.001023", "1.012783"):
        for version in catalog.versions(code):
            engine.publish(version)
    return EdgeBackend(clock, store, engine, runner, blobs, catalog, PaymentDesk(engine, SECRET), outside)


def birth_application(**changes: Any) -> dict[str, Any]:
    """The JSON of an application for the registration of a birth."""
    return {
        "procedure_code": BIRTH,
        "authority_code": COMMUNE,
        "channel": "online",
        "applicant": {"name": "Nguyễn Thị Hồng Ánh", "identifier": "024190001234", "phone": "0912 345 678"},
        "entries": {"child_name": "Nguyễn Minh Đức", "child_born_on": "2026-02-20", "child_sex": "male", "birth_place": "Bắc Ninh"},
        **changes,
    }
