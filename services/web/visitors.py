"""Who looks at a page. As in the API, the gateway's header X-Actor says so.

Where there is no gateway, on one's own machine, a name can be entered instead (`/sign-in`). That is no proof of anything, so it
works only for a browser on this machine that came straight to this server.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from motcua.services.api.actors import ActorMissing, read_actor

ACTOR_COOKIE = "motcua_actor"
_LOOPBACK_CLIENTS = ("127.0.0.1", "::1")
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def is_local(request: Request) -> bool:
    """Whether the browser is on this machine and nothing stands between."""
    client = request.client.host if request.client else ""
    return (
        client in _LOOPBACK_CLIENTS
        and request.url.hostname in _LOOPBACK_NAMES
        and not any(name in request.headers for name in _FORWARDED)
    )


def visiting(request: Request) -> str:
    """Who looks. Raises ActorMissing, which sends a browser to the page where a name is entered, or ActorRefused."""
    named = request.headers.get("x-actor")
    if named is None and is_local(request):
        named = request.cookies.get(ACTOR_COOKIE)
    if not named:
        raise ActorMissing("Chưa biết ai đang làm việc. Hãy vào qua cổng của cơ quan, hoặc nhập tên trên máy này.")
    actor = read_actor(named)
    request.state.actor = actor
    return actor


def visitor_if_known(request: Request) -> str | None:
    """Who looks, for pages that anyone may see."""
    try:
        return visiting(request)
    except ActorMissing:
        return None


Visiting = Annotated[str, Depends(visiting)]
PerhapsVisiting = Annotated[str | None, Depends(visitor_if_known)]
