"""Puts the HTTP API together: routes, problems, limits, and its own page of documentation.

    GET  /api/v1/…   POST /api/v1/…   PUT /api/v1/…      what services drive dossiers with
    POST /callbacks/payment                               the payment gateway
    GET  /health/live   GET /health/ready                 the operator's probes
    GET  /api/docs      GET /api/openapi.json             this, described

Who acts is said by the header X-Actor (`actors.py`): keep the server behind the authority's gateway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from motcua import __version__
from motcua.services.api import dossiers, migrations, operations, operators, procedures, reports, tasks, tracking
from motcua.services.api.backend import Backend
from motcua.services.api.guard import guarded
from motcua.services.api.problems import handle_problems

ABOUT = """
Drives the dossiers of administrative procedures.

* **Who acts** stands in the header `X-Actor`. It is believed, so the server belongs behind the authority's own gateway, which
  signs people in, sets the header, and removes one that comes from outside. By default the server listens on loopback only.
* **Errors** are problem documents (RFC 9457): `type` names the kind for programs, `detail` says what to do.
* **Sending again is safe**: `Idempotency-Key` for a new dossier, the message's own id for a message.
* **Nothing is rounded**: instants are in UTC, decimals are sent as text, and variables of several types are tagged,
  such as `{"$decimal": "1.50"}` and `{"$date": "2026-02-13"}`.
"""

STATIC = Path(__file__).parent.parent / "web" / "static" / "built"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)


_PROBLEM = {
    "description": "A problem document (RFC 9457): `type` names the kind, `detail` says what to do; further members are its data.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "examples": ["urn:motcua:problem:unknown-dossier"]},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            }
        }
    },
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": _PROBLEM, "5XX": _PROBLEM}


class Api(FastAPI):
    """FastAPI behind the guard, which must stand outside everything, the framework's own error handling included."""

    def build_middleware_stack(self) -> ASGIApp:
        return guarded(super().build_middleware_stack(), accepted="application/json")


def create_api(backend: Backend) -> FastAPI:
    """The API over a running program: an `App` of services/app.py, or whatever has its shape."""
    api = Api(
        title="motcua",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        responses=_PROBLEMS,
    )
    api.state.backend = backend
    api.state.wrong_digits = tracking.WrongDigits()
    handle_problems(api)
    for module in (procedures, dossiers, tasks, tracking, reports, operations, operators, migrations):
        api.include_router(module.router)
    _add_documentation(api)
    return api


def _add_documentation(api: FastAPI) -> None:
    @api.get("/api/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Swagger UI from our own bundle; without the bundle a page that says how to get it."""
        built = (STATIC / "api_docs.js").is_file()
        return HTMLResponse(_WITH_BUNDLE if built else _WITHOUT_BUNDLE, headers={"Content-Security-Policy": _DOCS_POLICY})

    @api.get("/api/docs/{name}", include_in_schema=False)
    def asset(name: str) -> FileResponse:
        kinds = {"api_docs.js": "text/javascript", "api_docs.css": "text/css"}
        if name not in kinds or not (STATIC / name).is_file():
            raise HTTPException(404)
        return FileResponse(STATIC / name, media_type=kinds[name])


_HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>motcua: HTTP API</title><link rel="icon" href="data:,">'
_WITH_BUNDLE = (
    f'{_HEAD}<link rel="stylesheet" href="/api/docs/api_docs.css"></head><body>'
    '<main id="api-docs" data-openapi="/api/openapi.json"></main><script src="/api/docs/api_docs.js"></script></body></html>'
)
_WITHOUT_BUNDLE = (
    f"{_HEAD}</head><body><main><h1>motcua: HTTP API</h1>"
    "<p>The interactive page is not built. Run <code>make assets</code>, then reload. "
    'The description itself is at <a href="/api/openapi.json">/api/openapi.json</a>.</p></main></body></html>'
)
