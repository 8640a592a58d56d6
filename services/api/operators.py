"""What operators do to one dossier by hand, over HTTP. Each act needs a reason, and is an event in the dossier's history.

Incidents are in `operations.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from motcua.engine import operators
from motcua.engine.operators import Because
from motcua.services.api.actors import Acting
from motcua.services.api.backend import TheBackend
from motcua.services.api.identifiers import DossierCode, TaskId
from motcua.services.api.shapes import DossierGiven, Entries, Given, Taken

router = APIRouter(prefix="/api/v1/dossiers/{code}", tags=["operators"])


class ActTaken(Taken):
    reason: Annotated[str, Field(min_length=1, max_length=operators.MAX_REASON, description="Kept in the dossier's history.")]
    legal_basis: Annotated[str | None, Field(max_length=operators.MAX_REASON, description="The provision that allows it.")] = None

    @property
    def because(self) -> Because:
        return Because(self.reason, self.legal_basis)


class CorrectionTaken(ActTaken):
    entries: Annotated[
        Entries, Field(description="Variables by name, as the model declares them; decimals as text.", max_length=300)
    ]
    process: Annotated[
        str | None, Field(max_length=200, description="The process of another pool; by default the dossier's own variables.")
    ] = None


class MoveTaken(ActTaken):
    to: Annotated[str, Field(min_length=1, max_length=200, description="The id of a node of the same process or sub-process.")]


class TokenGiven(Given):
    """A place where the dossier waits. `process` is the body that the node lies in."""

    id: str
    node_id: str
    name: str
    kind: str
    process: str
    waits_for: str
    at: datetime


@router.get("/tokens", response_model=list[TokenGiven])
def list_tokens(code: DossierCode, backend: TheBackend, actor: Acting) -> list[TokenGiven]:
    """Where the dossier waits now: what can be moved."""
    return [
        TokenGiven(
            id=token.id,
            node_id=token.node.id,
            name=token.node.name,
            kind=token.node.kind.value,
            process=token.process,
            waits_for=token.wait.value,
            at=token.at,
        )
        for token in operators.places(backend.engine, code)
    ]


@router.post("/tokens/{token_id}/move", response_model=DossierGiven)
def move_token(code: DossierCode, token_id: TaskId, move: MoveTaken, backend: TheBackend, actor: Acting) -> DossierGiven:
    """Cancel a waiting token and place one at another node of the same process, where that breaks no parallel block."""
    return DossierGiven.model_validate(operators.move_token(backend.engine, code, token_id, move.to, actor, move.because))


@router.post("/corrections", response_model=DossierGiven)
def correct_data(code: DossierCode, correction: CorrectionTaken, backend: TheBackend, actor: Acting) -> DossierGiven:
    """Put right what was entered or computed; the old and the new value are kept as personal content of the event."""
    corrected = operators.correct_data(
        backend.engine, code, correction.entries, actor, correction.because, process=correction.process
    )
    return DossierGiven.model_validate(corrected)


@router.post("/suspend", response_model=DossierGiven)
def suspend(code: DossierCode, act: ActTaken, backend: TheBackend, actor: Acting) -> DossierGiven:
    """A technical stop: both clocks run on, timers and calls are held, and no task can be completed."""
    return DossierGiven.model_validate(operators.suspend(backend.engine, code, actor, act.because))


@router.post("/resume", response_model=DossierGiven)
def resume(code: DossierCode, act: ActTaken, backend: TheBackend, actor: Acting) -> DossierGiven:
    """End a suspension; what fell due meanwhile happens now."""
    return DossierGiven.model_validate(operators.resume(backend.engine, code, actor, act.because))
