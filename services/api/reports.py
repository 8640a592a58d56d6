"""Books and reports over HTTP, as files; the periodic report also as JSON; and the forms that are printed from the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Literal, cast

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from motcua.engine.scorecard import PeriodReport
from motcua.procedures_catalog.authority import Authority
from motcua.services.api.actors import Acting
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.identifiers import DossierCode
from motcua.services.connectors.documents import Letterhead, letterhead_from_catalog
from motcua.services.reports.book import tracking_book
from motcua.services.reports.control_slip import print_control_slip
from motcua.services.reports.formats import FORMATS, Format, writer
from motcua.services.reports.period import Period, period_of
from motcua.services.reports.periodic import PeriodicReport, periodic_report, periodic_sheet
from motcua.services.reports.sheet import Sheet

router = APIRouter(prefix="/api/v1", tags=["reports"])

_KEPT_IN_MEMORY_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

AuthorityCode = Annotated[str, Query(max_length=40, description="Whose dossiers.", examples=["H05.21"])]
From = Annotated[date, Query(alias="from", description="The first day, local.", examples=["2026-03-01"])]
Until = Annotated[date, Query(alias="until", description="The last day, included.", examples=["2026-03-31"])]
Mark = Annotated[bool, Query(description="CSV: begin with the mark that tells Excel the encoding.")]
Score = Annotated[Literal["as_law", "last_promise"], Query(description="What on time is judged against.")]

_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {kind.media_type.partition(";")[0]: {} for kind in FORMATS.values()}}}


class CountsGiven(BaseModel):
    """The counts of `engine/scorecard.py`. What came in equals what was finished, is in process or waits."""

    carried_over: int
    received_direct: int
    received_online: int
    received_post: int
    finished_early: int
    finished_on_time: int
    finished_late: int
    finished_unmeasured: int
    in_process_within_limit: int
    in_process_past_limit: int
    in_process_unmeasured: int
    waiting_for_supplement: int


class ProcedureCountsGiven(BaseModel):
    procedure_code: str
    procedure_name: str
    counts: CountsGiven


class PeriodicReportGiven(BaseModel):
    """`score`: what on time is judged against."""

    authority_code: str
    authority_name: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="until")
    score: str
    total: CountsGiven
    procedures: list[ProcedureCountsGiven]


@router.get("/dossiers/{code}/forms/control-slip", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
def control_slip(code: DossierCode, backend: TheBackend, actor: Acting) -> Response:
    """The control slip: every handover with giver, receiver, moment and whether the stage was in time."""
    return control_slip_of(backend, code)


@router.get("/reports/book", response_class=StreamingResponse, responses=_FILES)
def book(
    backend: TheBackend,
    actor: Acting,
    authority: AuthorityCode,
    first: From,
    last: Until,
    wanted: Annotated[Format, Query(alias="format")] = Format.XLSX,
    bom: Mark = True,
) -> Response:
    """The tracking book: the dossiers received in the period."""
    about = _about(backend, authority, first, last)
    return sheet_response(tracking_book(backend.store, *about), wanted, byte_order_mark=bom)


@router.get("/reports/period", response_model=PeriodicReportGiven, responses=_FILES)
def period(
    backend: TheBackend,
    actor: Acting,
    authority: AuthorityCode,
    first: From,
    last: Until,
    wanted: Annotated[Literal["json", "xlsx", "csv", "pdf"], Query(alias="format")] = "json",
    score: Score = "as_law",
    bom: Mark = True,
) -> Response | PeriodicReportGiven:
    """The periodic report: how many came in, were finished early, on time and late, and are in process."""
    of, letterhead, days = _about(backend, authority, first, last)
    report = periodic_report(backend.store, of, days, score)
    if wanted == "json":
        return report_given(report)
    return sheet_response(periodic_sheet(report, letterhead), Format(wanted), byte_order_mark=bom)


def control_slip_of(backend: Backend, code: str) -> Response:
    """The slip as a download. Raises UnknownDossier."""
    slip = print_control_slip(backend.store, backend.catalog, backend.engine.calendar_for, code)
    return Response(slip.content, media_type=slip.media_type, headers=_as_file(slip.name))


def report_given(report: PeriodicReport) -> PeriodicReportGiven:
    """The report for programs."""

    def counts(of: PeriodReport) -> CountsGiven:
        return CountsGiven(**asdict(of))

    return PeriodicReportGiven(
        authority_code=report.authority.code,
        authority_name=report.authority.name,
        first=report.period.first,
        last=report.period.last,
        score=report.score,
        total=counts(report.total),
        procedures=[
            ProcedureCountsGiven(procedure_code=each.procedure_code, procedure_name=each.procedure_name, counts=counts(each.counts))
            for each in report.procedures
        ],
    )


def sheet_response(sheet: Sheet, wanted: Format, *, byte_order_mark: bool = True) -> Response:
    """The sheet as a download. It is made whole before the first byte leaves, so that no half of a file is taken for all of it."""
    # Not a context: the file lives until the answer is sent, and vanishes with it.
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES))  # noqa: SIM115
    writer(wanted, byte_order_mark=byte_order_mark)(sheet, file)
    size = file.tell()
    file.seek(0)
    headers = {**_as_file(f"{sheet.file_stem}.{wanted.value}"), "Content-Length": str(size)}
    return StreamingResponse(_chunks(file.read, file.close), media_type=FORMATS[wanted].media_type, headers=headers)


def _chunks(read: Callable[[int], bytes], close: Callable[[], None]) -> Iterator[bytes]:
    try:
        while chunk := read(_CHUNK_BYTES):
            yield chunk
    finally:
        close()


def _about(backend: Backend, authority: str, first: date, last: date) -> tuple[Authority, Letterhead, Period]:
    of = backend.catalog.authority(authority)
    days = period_of(first, last, backend.engine.calendar_for(of.code), backend.clock.now())
    return of, letterhead_from_catalog(backend.catalog, of.code), days


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": "sandbox; default-src 'none'"}
