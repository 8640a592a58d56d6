"""What every counterpart offers beside its own doors: `GET /_state`, `POST /_control`, and JSON read with care."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from motcua.services.counterparts.outages import FailOnDemand, Outages


def counterpart_app(
    routes: Sequence[Route],
    inspect: Callable[[], Mapping[str, Any]],
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """An ASGI application with `routes`, behind outages on demand; `inspect` gives what `GET /_state` shows."""
    outages = Outages()

    async def control(request: Request) -> JSONResponse:
        body = await json_object(request)
        try:
            outages.order(body or {})
        except ValueError as problem:
            return JSONResponse({"problem": str(problem)}, status_code=422)
        return JSONResponse({"outage": body.get("outage") if body else None})

    async def state(request: Request) -> JSONResponse:
        return JSONResponse({**inspect(), "outages_met": outages.met})

    return Starlette(
        routes=[*routes, Route("/_control", control, methods=["POST"]), Route("/_state", state)],
        middleware=[Middleware(FailOnDemand, outages=outages)],
        lifespan=lifespan,
    )


async def json_object(request: Request) -> dict[str, Any] | None:
    """The request's body, or None when it is no JSON object."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
