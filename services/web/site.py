"""Pages and API as one server: `create_site(app)` is what `motcua serve` hands to uvicorn.

    /api/…, /callbacks/…, /health/…   services/api, JSON, problems as RFC 9457 documents
    everything else                   the pages, HTML, problems as pages

Two applications and not one, because their errors, bodies and headers differ in everything.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from motcua.errors import MotcuaError
from motcua.services.api.actors import ActorMissing
from motcua.services.api.application import create_api
from motcua.services.api.backend import Backend
from motcua.services.api.guard import guarded
from motcua.services.api.problems import extra_headers, unexpected
from motcua.services.api.tracking import WrongDigits
from motcua.services.web import officer_pages, public_pages
from motcua.services.web.build import HERE
from motcua.services.web.rendering import page

_API = ("/api/", "/callbacks/", "/health/")


def create_site(backend: Backend) -> ASGIApp:
    """The whole server over a running program."""
    api = create_api(backend)
    pages = create_pages(backend, api.state.wrong_digits)

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] != "lifespan" and not f"{scope['path']}/".startswith(_API)
        await (pages if is_page else api)(scope, receive, send)

    return site


class Pages(FastAPI):
    """The pages behind the guard: forms only, and headers on every answer."""

    def build_middleware_stack(self) -> ASGIApp:
        return guarded(super().build_middleware_stack(), accepted="application/x-www-form-urlencoded")


class StaticAssets(StaticFiles):
    """Our own style sheet and bundles; a browser asks each time whether they changed, so that an upgrade is seen at once."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_pages(backend: Backend, wrong_digits: WrongDigits) -> FastAPI:
    """The pages alone. `wrong_digits` is shared with the API, so that guesses at both are counted together."""
    pages = Pages(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    pages.state.backend = backend
    pages.state.wrong_digits = wrong_digits
    pages.include_router(public_pages.router)
    pages.include_router(officer_pages.router)
    pages.mount("/static", StaticAssets(directory=HERE / "static", check_dir=False))
    _handle_problems(pages)
    return pages


_WORDS = {
    400: "Yêu cầu không đọc được.",
    403: "Yêu cầu bị từ chối.",
    404: "Không có trang này.",
    405: "Trang này không nhận yêu cầu như vậy.",
    422: "Địa chỉ hoặc nội dung không hợp lệ.",
}


def _handle_problems(pages: FastAPI) -> None:
    @pages.exception_handler(MotcuaError)
    async def ours(request: Request, error: MotcuaError) -> Response:
        if isinstance(error, ActorMissing) and request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}", 303)
        response = page(request, "problem.html", error.http_status, number=error.http_status, sentence=str(error), kind=error.slug)
        response.headers.update(extra_headers(error))
        return response

    @pages.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return page(request, "problem.html", 422, number=422, sentence=_WORDS[422], kind="invalid-request")

    @pages.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        number = error.status_code
        sentence = _WORDS.get(number, HTTPStatus(number).phrase)
        return page(request, "problem.html", number, number=number, sentence=sentence, kind=HTTPStatus(number).phrase)

    @pages.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        unexpected(error)
        sentence = "Có lỗi ở phía chúng tôi. Hãy thử lại, và báo người vận hành nếu lỗi còn."
        return page(request, "problem.html", 500, number=500, sentence=sentence, kind="internal-error")
