"""What operators and outside systems reach: incidents, the gateway's call-back, and whether the server lives and is ready."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from motcua.engine.operators import Because
from motcua.services.api.actors import Acting
from motcua.services.api.backend import TheBackend
from motcua.services.api.shapes import CallGiven, RetryTaken

router = APIRouter()


@router.get("/api/v1/incidents", tags=["incidents"], response_model=list[CallGiven])
def list_incidents(backend: TheBackend, actor: Acting, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[CallGiven]:
    """Service calls whose attempts are used up: each waits for an operator."""
    return [CallGiven.model_validate(call) for call in backend.store.incidents(limit)]


@router.post("/api/v1/incidents/retry", tags=["incidents"], response_model=CallGiven)
def retry_incident(retry: RetryTaken, backend: TheBackend, actor: Acting) -> CallGiven:
    """Have an incident tried again, with fresh attempts. The reason goes into the dossier's history."""
    backend.runner.retry(retry.key, retry.dossier_code, actor, Because(retry.reason, retry.legal_basis))
    return next(CallGiven.model_validate(call) for call in backend.store.calls(retry.dossier_code) if call.key == retry.key)


@router.post("/callbacks/payment", tags=["call-backs"])
def payment_confirmed(body: Annotated[dict[str, Any], Body()], backend: TheBackend) -> dict[str, str]:
    """The payment gateway's CONFIRM. Its seal is checked; nobody is believed for being able to reach this address."""
    return backend.take_payment_confirmation(body)


@router.get("/health/live", tags=["health"])
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready", tags=["health"])
def ready(backend: TheBackend) -> dict[str, str]:
    """The process can do its work: its database answers. 503 otherwise."""
    backend.ready()
    return {"status": "ready"}
