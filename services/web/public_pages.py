"""The pages that anyone may see: what this is, the procedures, tracking by receipt code, and entering a name."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from motcua.engine.dossier import Status
from motcua.errors import InvalidInput, MotcuaError
from motcua.procedures_catalog.maturity import maturity
from motcua.services.api.actors import read_actor
from motcua.services.api.backend import Backend, TheBackend
from motcua.services.api.identifiers import DossierCode, ProcedureCode
from motcua.services.api.procedures import find_procedures, published_version, show_model, today
from motcua.services.api.tracking import tracking_details_of, tracking_of
from motcua.services.web.form_posts import Posted
from motcua.services.web.rendering import page, set_cookie
from motcua.services.web.visitors import ACTOR_COOKIE, PerhapsVisiting, is_local

router = APIRouter()

LISTED = 100
_DIGITS = re.compile(r"[0-9]{4}")


@router.get("/")
def home(request: Request, backend: TheBackend, actor: PerhapsVisiting) -> Response:
    """What this is, how many dossiers stand where, and where to go."""
    return page(
        request,
        "home.html",
        counts=_counts(backend),
        procedures=len(backend.catalog.codes()),
        drawn=len(backend.catalog.modelled_codes()),
    )


def _counts(backend: Backend) -> list[tuple[str, int]]:
    counts = backend.store.count_by_status()
    return [(status.value, counts.get(status.value, 0)) for status in Status]


@router.get("/procedures")
def procedures(
    request: Request,
    backend: TheBackend,
    actor: PerhapsVisiting,
    search: Annotated[str, Query(max_length=100)] = "",
    filed: Annotated[str, Query(max_length=10, description="Anything: only those that can be filed.")] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The catalogue, page by page, with a search that does not mind diacritics."""
    found = find_procedures(backend, search, only_filed=bool(filed))
    last = max(1, -(-len(found) // LISTED))
    first = (min(number, last) - 1) * LISTED
    return page(
        request,
        "procedures.html",
        procedures=found[first : first + LISTED],
        drawn=frozenset(backend.catalog.modelled_codes()),
        found=len(found),
        search=search,
        filed=filed,
        number=min(number, last),
        last=last,
        filters=urlencode({"search": search, "filed": filed}),
    )


@router.get("/procedures/{code}")
def procedure(request: Request, code: ProcedureCode, backend: TheBackend, actor: PerhapsVisiting) -> Response:
    """What is known of a procedure, with sources; what is not; and its diagram."""
    facts = backend.catalog.procedure(code)
    version = published_version(backend, code)
    return page(
        request,
        "procedure.html",
        facts=facts,
        version=version,
        on=today(backend),
        drawn=backend.catalog.has_model(code),
        matured=maturity(facts),
    )


@router.get("/procedures/{code}/model")
def procedure_model(code: ProcedureCode, backend: TheBackend) -> Response:
    """The diagram of the version in force, for the viewer."""
    return show_model(code, backend)


@router.get("/track")
def track_form(request: Request, actor: PerhapsVisiting, code: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Where a citizen enters the code on the receipt slip."""
    wanted = code.strip().upper()
    if not wanted:
        return page(request, "track.html", code="", problem=None)
    if re.fullmatch(r"[0-9A-Z.]+-(\d{6}|\d{8})-\d{4,7}", wanted) is None:
        problem = "Mã hồ sơ có dạng H05.21-260302-0001, in trên giấy tiếp nhận. Hãy kiểm tra lại."
        return page(request, "track.html", status=422, code=code, problem=problem)
    return RedirectResponse(f"/track/{wanted}", 303)


@router.get("/track/{code}")
def track(request: Request, code: DossierCode, backend: TheBackend, actor: PerhapsVisiting) -> Response:
    """Status and dates; nothing about a person."""
    return page(request, "tracked.html", tracked=tracking_of(backend, backend.store.dossier(code)), details=None, problem=None)


@router.post("/track/{code}")
def track_with_check(request: Request, code: DossierCode, backend: TheBackend, actor: PerhapsVisiting, fields: Posted) -> Response:
    """With the last four digits of the phone or personal number: also what it is about."""
    tracked = tracking_of(backend, backend.store.dossier(code))
    digits = fields.get("last_digits", "").strip()
    try:
        if _DIGITS.fullmatch(digits) is None:
            raise InvalidInput("Four digits are needed.")
        details = tracking_details_of(backend, code, digits, request.app.state.wrong_digits)
    except MotcuaError as error:
        words = {
            429: "Đã nhập sai nhiều lần. Hãy thử lại sau 15 phút, hoặc hỏi bộ phận một cửa.",
            403: "Bốn số này không khớp với hồ sơ. Hãy dùng bốn số cuối của điện thoại hoặc số định danh đã ghi khi nộp.",
            422: "Hãy nhập đúng bốn chữ số.",
        }
        if error.http_status not in words:
            raise
        return page(
            request, "tracked.html", status=error.http_status, tracked=tracked, details=None, problem=words[error.http_status]
        )
    return page(request, "tracked.html", tracked=tracked, details=details, problem=None)


@router.get("/sign-in")
def sign_in_form(request: Request, actor: PerhapsVisiting, next: Annotated[str, Query(max_length=500)] = "/work") -> Response:
    """Where a name is entered on one's own machine."""
    return page(request, "sign_in.html", next=_own_path(next), local=is_local(request), problem=None)


@router.post("/sign-in")
def sign_in(request: Request, fields: Posted) -> Response:
    """Remember the name in a cookie, where that is believed at all."""
    following = _own_path(fields.get("next", ""))
    if not is_local(request):
        return page(request, "sign_in.html", status=403, next=following, local=False, problem=None)
    try:
        actor = read_actor(fields.get("actor", "").strip())
    except InvalidInput:
        problem = "Tên dùng từ 1 đến 100 chữ cái không dấu, chữ số và các dấu . _ : @ + -, ví dụ nguyen.thi.lan."
        return page(request, "sign_in.html", status=422, next=following, local=True, problem=problem)
    response = RedirectResponse(following, 303)
    set_cookie(request, response, ACTOR_COOKIE, actor)
    return response


def _own_path(wanted: str) -> str:
    """A path of this server, so that nobody is sent elsewhere."""
    return wanted if re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", wanted) else "/work"
