"""Every error of the API leaves as an RFC 9457 problem document: what is wrong, where, and what to do; never a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from motcua.errors import MotcuaError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(JSONResponse):
    media_type = MEDIA_TYPE


def problem(status: int, kind: str, detail: str, **facts: Any) -> dict[str, Any]:
    """A problem document for what has no MotcuaError of its own."""
    return {"type": f"urn:motcua:problem:{kind}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **facts}


def invalid_request(errors: Any) -> dict[str, Any]:
    """The problem of a request that does not fit its description. What was sent is not repeated: it may be personal."""
    found = [{"where": ".".join(str(part) for part in error["loc"]), "what": str(error["msg"])} for error in list(errors)[:50]]
    listed = "; ".join(f"{each['where']}: {each['what']}" for each in found[:5])
    return problem(422, "invalid-request", f"The request does not fit its description at /api/docs: {listed}.", errors=found)


def http_problem(error: HTTPException, path: str) -> dict[str, Any]:
    """The problem of an error that the framework raised itself."""
    words = {
        404: f"There is nothing at {path[:200]}. The addresses are listed at /api/docs.",
        405: "This address does not take that method. The addresses are listed at /api/docs.",
        400: "The body is not JSON that can be read. Send one JSON object in UTF-8.",
    }
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, kind, words.get(error.status_code, HTTPStatus(error.status_code).description))


def unexpected(cause: Exception) -> dict[str, Any]:
    """A fault of ours: told to the log in full and to the caller in one sentence."""
    log.error("A request failed unexpectedly.", exc_info=cause)
    return problem(500, "internal-error", "Something failed on our side. Try again, and tell the operator if it stays.")


def handle_problems(api: FastAPI) -> None:
    """Register the handlers, so that no error leaves in another shape."""

    @api.exception_handler(MotcuaError)
    async def ours(request: Request, error: MotcuaError) -> Problem:
        if error.http_status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error)
        # A fact of the error may bear the name of a member that RFC 9457 defines, such as `status`; the RFC's meaning holds.
        document = {**error.as_problem(), "status": error.http_status, "title": type(error).__name__, "detail": str(error)}
        return Problem(jsonable_encoder(document), error.http_status, headers=extra_headers(error))

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Problem:
        return Problem(invalid_request(error.errors()), 422)

    @api.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Problem:
        return Problem(http_problem(error, request.url.path), error.status_code, headers=error.headers)

    @api.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Problem:
        return Problem(unexpected(error), 500)


def extra_headers(error: MotcuaError) -> dict[str, str]:
    """Retry-After where the error says when trying again makes sense."""
    seconds = getattr(error, "retry_after_seconds", None)
    return {} if seconds is None else {"Retry-After": str(seconds)}
