"""Moving the open dossiers of one published version to another over HTTP: look first, then move them batch by batch.

    POST /api/v1/migrations/check    what would become of the next dossiers; nothing moves
    POST /api/v1/migrations/batch    moves the next dossiers

Both answer with a line for each dossier, how many are left, and `next`, which the following request sends as `after`. The first
batch (without `after`) looks at every open dossier, and moves none unless all can be moved or `leave_refused` is said. Sending a
batch again is safe: a dossier that has moved is no longer on the old version, so it is not met twice. Who stops in the middle, or
is cut off, goes on from the last `next`, or from the beginning.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from motcua.engine import migration
from motcua.engine.migration import Judgement, MigrationPlan
from motcua.services.api.actors import Acting
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.operators import ActTaken
from motcua.services.api.shapes import Given, Taken

router = APIRouter(prefix="/api/v1/migrations", tags=["operators"])

VersionId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="As `GET /api/v1/procedures/{code}` names it.")]
NodeId = Annotated[str, Field(min_length=1, max_length=200)]
After = Annotated[str | None, Field(max_length=80, description="The `next` of the answer before; left out, from the beginning.")]


class PlanTaken(Taken):
    from_version: VersionId
    to_version: VersionId
    renamed: Annotated[
        dict[NodeId, NodeId],
        Field(default_factory=dict, description="Nodes that are called otherwise; equal ids need none.", max_length=500),
    ]
    after: After = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many dossiers in this request.")] = 50

    @property
    def plan(self) -> MigrationPlan:
        return MigrationPlan(self.from_version, self.to_version, self.renamed)


class BatchTaken(PlanTaken, ActTaken):
    leave_refused: Annotated[bool, Field(description="Move the others, and leave those that cannot be moved.")] = False


class JudgementGiven(Given):
    """One dossier: `reasons` why it cannot be moved, none where it can be or was; `losses` what its drafts lose by it."""

    dossier_code: str
    reasons: tuple[str, ...]
    losses: tuple[str, ...]


class BatchGiven(Given):
    """left: how many open dossiers on the old version come after these.   next: what to send as `after`; null when none is left."""

    dossiers: list[JudgementGiven]
    left: int
    next: str | None


@router.post("/check", response_model=BatchGiven)
def check_dossiers(asked: PlanTaken, backend: TheBackend, actor: Acting) -> BatchGiven:
    """A dry run: whether the plan can be used at all, and for each of the next dossiers why it cannot be moved."""
    migration.check_plan(backend.engine, asked.plan)
    codes, left = _next(backend, asked)
    return _answer(list(migration.check(backend.engine, asked.plan, codes)), left)


@router.post("/batch", response_model=BatchGiven)
def move_batch(asked: BatchTaken, backend: TheBackend, actor: Acting) -> BatchGiven:
    """Move the next dossiers, each in a transaction of its own with an event in its history. 409 if one cannot be, and none was."""
    migration.check_plan(backend.engine, asked.plan)
    if asked.after is None and not asked.leave_refused:
        migration.check_all(backend.engine, asked.plan, migration.candidates(backend.engine, asked.plan))
    codes, left = _next(backend, asked)
    judged = migration.migrate(backend.engine, asked.plan, codes, actor, asked.because, leave_refused=asked.leave_refused)
    return _answer(judged, left)


def _next(backend: Backend, asked: PlanTaken) -> tuple[list[str], int]:
    """The codes of this request, and how many dossiers come after them."""
    codes = migration.candidates(backend.engine, asked.plan, after=asked.after)
    return codes[: asked.limit], max(len(codes) - asked.limit, 0)


def _answer(judged: list[Judgement], left: int) -> BatchGiven:
    return BatchGiven(
        dossiers=[JudgementGiven.model_validate(each) for each in judged],
        left=left,
        next=judged[-1].dossier_code if judged and left else None,
    )
