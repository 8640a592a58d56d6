"""A running program without a database, for the tests of the API and the pages: memory store, a standing clock, fakes."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.types import ASGIApp

from motcua.engine.calendars import default_calendar
from motcua.engine.clock import ManualClock
from motcua.engine.connectors import Done, NewDocument, Outcome, ServiceCall, TechnicalFailure
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.memory_store import MemoryStore
from motcua.engine.service_calls import CallRunner
from motcua.engine.store import TaskFilter
from motcua.errors import NotFound, Unavailable
from motcua.procedures_catalog.catalog import Catalog, load_catalog
from motcua.services.api.filing import file_application
from motcua.services.api.shapes import ApplicationTaken
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
    with store.transaction() as tx:
        for version in catalog.versions(BIRTH):
            tx.publish(version)
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


class Caller:
    """A client of an ASGI application, without a socket. Keeps its cookies, follows no redirects."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self.headers = dict(headers or {})
        self.cookies = httpx.Cookies()

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send(method, path, {**options, "headers": {**self.headers, **options.get("headers", {})}}))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self("POST", path, **options)

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=self.cookies) as client:
            response = await client.request(method, path, **options)
            self.cookies = client.cookies
            return response


def token_in(html: str) -> str:
    """The token that the page's forms carry."""
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found is not None, "the page has a form with a token"
    return found[1]


def open_birth(backend: EdgeBackend, **changes: Any) -> str:
    """A filed dossier; its code."""
    taken = ApplicationTaken.model_validate(birth_application(**changes))
    dossier, _ = file_application(backend, taken, "desk", None)
    backend.work()
    return dossier.code


def complete_first(backend: EdgeBackend, code: str, **entries: Any) -> None:
    """Hand in the first open task of the dossier, and let the workers do what follows."""
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    backend.engine.complete_task(task.id, entries, "desk")
    backend.work()
