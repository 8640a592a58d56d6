"""What the tests of the connectors share: counterparts on loopback ports, a dossier's call, and a receiver of call-backs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from motcua.engine.connectors import ServiceCall
from motcua.engine.dossier import Applicant, Channel, DocumentRecord, Dossier, Status
from motcua.engine.values import Value
from motcua.services.counterparts.running import RunningServer, serve

MONDAY_8_AM = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 8:00 in Hà Nội

DOSSIER = Dossier(
    code="H05.12-260302-0001",
    procedure_code="1.004082",
    version_id="v1",
    authority_code="H05.12",
    tier="commune",
    channel=Channel.ONLINE,
    applicant=Applicant(name="Nguyễn Văn An", identifier="001090123456", phone="0912345678"),
    case=None,
    status=Status.RECEIVED,
    filed_at=datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
    received_at=MONDAY_8_AM,
)


def a_call(
    operation: str,
    key: str = "call-1",
    dossier: Dossier = DOSSIER,
    documents: tuple[DocumentRecord, ...] = (),
    attempt: int = 1,
    now: datetime = MONDAY_8_AM,
    **inputs: Value,
) -> ServiceCall:
    return ServiceCall(
        key=key,
        operation=operation,
        inputs=inputs,
        dossier=dossier,
        procedure_name="Xác nhận thông tin về cư trú",
        documents=documents,
        attempt=attempt,
        now=now,
    )


# One client for all tests: each new one would load the certificates of the authorities again.
HTTP = httpx.Client(trust_env=False, timeout=30)


@contextmanager
def running(app: ASGIApp) -> Iterator[RunningServer]:
    server = serve(app)
    try:
        yield server
    finally:
        server.stop()


def tell(server: RunningServer, path: str, **body: Any) -> dict[str, Any]:
    """Direct a counterpart: `tell(gateway, "/_control", outage="garbage", for_requests=1)`."""
    answer = HTTP.post(server.base_url + path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def state_of(server: RunningServer) -> dict[str, Any]:
    return dict(HTTP.get(server.base_url + "/_state").raise_for_status().json())


def wait_until(holds: Callable[[], bool]) -> None:
    """For what another thread brings about. Fails loudly when it never comes."""
    for _ in range(3000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("waited 30 seconds in vain")


class Receiver:
    """The end of a call-back: keeps every body, and acknowledges as `answers` says, then always with "00"."""

    def __init__(self, *answers: dict[str, str] | None) -> None:
        self.bodies: list[dict[str, Any]] = []
        self._answers = list(answers)
        self._came = threading.Condition()

    def app(self) -> Starlette:
        async def take(request: Request) -> JSONResponse:
            body = await request.json()
            with self._came:
                self.bodies.append(body)
                self._came.notify_all()
                answer = self._answers.pop(0) if self._answers else {"MaLoi": "00"}
            return JSONResponse(answer, 200 if answer is not None else 503)

        return Starlette(routes=[Route("/callbacks/payment", take, methods=["POST"])])

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.bodies) >= count, timeout=30), f"only {len(self.bodies)} call-backs came"
            return list(self.bodies)
