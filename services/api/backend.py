"""What the HTTP edge needs of the running program: the shape of `services/app.py`, and of the double that the tests run on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from motcua.engine.clock import Clock
from motcua.engine.connectors import Blobs
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.service_calls import CallRunner
from motcua.engine.store import Store
from motcua.procedures_catalog.catalog import Catalog


class Backend(Protocol):
    """The parts that the API and the pages act on. Safe to share between threads: endpoints run in a thread pool."""

    @property
    def clock(self) -> Clock: ...

    @property
    def store(self) -> Store: ...

    @property
    def engine(self) -> DossierEngine: ...

    @property
    def runner(self) -> CallRunner: ...

    @property
    def blobs(self) -> Blobs: ...

    @property
    def catalog(self) -> Catalog: ...

    def take_payment_confirmation(self, body: Mapping[str, Any]) -> dict[str, str]:
        """The gateway's call-back: verified, settled or refunded; the answer is for the gateway."""
        ...

    def ready(self) -> None:
        """Raises Unavailable when the database cannot be used."""
        ...


def backend_of(request: Request) -> Backend:
    """The backend that this server was made for."""
    backend: Backend = request.app.state.backend
    return backend


TheBackend = Annotated[Backend, Depends(backend_of)]
