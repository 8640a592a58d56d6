"""The catalogue over HTTP: which procedures exist, what is known of each, and the model that runs it. Public facts; no actor."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from motcua.errors import NotFound
from motcua.procedures_catalog.maturity import maturity
from motcua.procedures_catalog.procedure import LimitState, Procedure
from motcua.procedures_catalog.version import ProcedureVersion
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.identifiers import ProcedureCode
from motcua.services.api.shapes import Given

router = APIRouter(prefix="/api/v1/procedures", tags=["procedures"])


class ModelNotPublished(NotFound):
    """No version of the procedure is published here and in force today."""

    def __init__(self, code: str, on: date) -> None:
        super().__init__(f'No version of procedure "{code}" is published here and in force on {on}.', code=code, on=on)


class ProcedureLine(Given):
    """One line of the list."""

    code: str
    name: str
    field: str
    field_name: str
    tiers: tuple[str, ...]
    limit_state: LimitState
    maturity: str
    can_be_filed: bool


class VersionGiven(Given):
    version_id: str
    in_force_from: date
    in_force_until: date | None


class ProcedureGiven(Given):
    """The facts of the register's row, each with its source; `version` is the published one in force today, if there is one.

    can_be_filed: whether the procedure has a model. Without one it is only told about.
    """

    facts: Procedure
    can_be_filed: bool
    version: VersionGiven | None


@router.get("", response_model=list[ProcedureLine])
def list_procedures(
    backend: TheBackend,
    response: Response,
    search: Annotated[str, Query(max_length=100, description="Words of the code, the name or the field, diacritics aside.")] = "",
    limit: Annotated[int, Query(ge=1, le=5_000)] = 200,
    offset: Annotated[int, Query(ge=0, le=100_000, description="How many to pass over; pages follow each other by code.")] = 0,
    only_filed: Annotated[bool, Query(description="Only those that have a model and so can be filed.")] = False,
) -> list[ProcedureLine]:
    """The procedures of the catalogue, by code. The header X-Total-Count says how many there are without limit and offset."""
    found = find_procedures(backend, search, only_filed=only_filed)
    response.headers["X-Total-Count"] = str(len(found))
    return [_line(backend, procedure) for procedure in found[offset : offset + limit]]


@router.get("/{code}", response_model=ProcedureGiven)
def show_procedure(code: ProcedureCode, backend: TheBackend) -> ProcedureGiven:
    """What is known of a procedure and what is not."""
    procedure = backend.catalog.procedure(code)
    version = published_version(backend, code)
    given = None if version is None else VersionGiven.model_validate(version)
    return ProcedureGiven(facts=procedure, can_be_filed=backend.catalog.has_model(code), version=given)


@router.get("/{code}/model", response_class=Response, responses={200: {"content": {"application/xml": {}}}})
def show_model(code: ProcedureCode, backend: TheBackend) -> Response:
    """The BPMN 2.0 model of the version in force today."""
    version = published_version(backend, code)
    if version is None:
        raise ModelNotPublished(code, today(backend))
    return Response(version.model, media_type="application/xml", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


def find_procedures(backend: Backend, search: str, *, only_filed: bool = False) -> list[Procedure]:
    """The procedures whose code, name or field contains every word of `search`, diacritics aside."""
    found = backend.catalog.find(search)
    if not only_filed:
        return list(found)
    drawn = frozenset(backend.catalog.modelled_codes())
    return [each for each in found if each.code in drawn]


def _line(backend: Backend, each: Procedure) -> ProcedureLine:
    return ProcedureLine(
        code=each.code,
        name=each.name,
        field=each.field,
        field_name=each.field_name,
        tiers=each.tiers,
        limit_state=each.limit_state,
        maturity=maturity(each),
        can_be_filed=backend.catalog.has_model(each.code),
    )


def published_version(backend: Backend, code: str) -> ProcedureVersion | None:
    return backend.store.version_in_force(code, today(backend))


def today(backend: Backend) -> date:
    """The local date."""
    return backend.engine.calendar.local_date(backend.clock.now())
