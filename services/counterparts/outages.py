"""Failing on demand: what a counterpart does to its next requests when `POST /_control` told it to.

    {"outage": "refuse",       "for_requests": 3}    the connection breaks before anything is done
    {"outage": "error500", …}                        HTTP status 500, nothing is done
    {"outage": "timeout", …}                         no answer until the caller goes away, nothing is done
    {"outage": "garbage", …}                         HTTP status 200 with something that is no JSON, nothing is done
    {"outage": "lost_answer", …}                     the request is *carried out*, then the connection breaks
    {"outage": null}                                 well again

Without `for_requests` an outage lasts until it is ended; `after_requests` lets so many pass before it begins. Paths that begin with
"/_" are for the director and never fail.
"""

from __future__ import annotations

import asyncio
import threading
from enum import StrEnum
from typing import Any, TypeGuard

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TIMEOUT_SECONDS = 120.0


class Outage(StrEnum):
    REFUSE = "refuse"
    ERROR_500 = "error500"
    TIMEOUT = "timeout"
    GARBAGE = "garbage"
    LOST_ANSWER = "lost_answer"


class Outages:
    """Which outage the next request meets. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outage: Outage | None = None
        self._spared = 0
        self._left: int | None = None
        self.met = 0

    def order(self, body: dict[str, Any]) -> None:
        """Take the order of `POST /_control`. Raises ValueError when it is none."""
        wanted, spared, count = body.get("outage"), body.get("after_requests", 0), body.get("for_requests")
        if not is_whole(spared, at_least=0) or not (count is None or is_whole(count, at_least=1)):
            raise ValueError("for_requests must be a whole number from 1, and after_requests one from 0")
        with self._lock:
            self._outage = None if wanted is None else Outage(wanted)
            self._spared = spared
            self._left = count

    def next(self) -> Outage | None:
        with self._lock:
            outage = self._outage
            if outage is not None and self._spared > 0:
                self._spared -= 1
                return None
            if outage is not None:
                self.met += 1
                if self._left is not None:
                    self._left -= 1
                    if self._left == 0:
                        self._outage = None
            return outage


class FailOnDemand:
    """ASGI middleware in front of a counterpart."""

    def __init__(self, app: ASGIApp, outages: Outages) -> None:
        self._app = app
        self._outages = outages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        spared = scope["type"] != "http" or scope["path"].startswith("/_")
        outage = None if spared else self._outages.next()
        if outage is None:
            await self._app(scope, receive, send)
        elif outage is Outage.LOST_ANSWER:
            await self._app(scope, receive, _unheard)
            await _break(send)
        elif outage is Outage.REFUSE:
            await _break(send)
        elif outage is Outage.TIMEOUT:
            await _wait_until_caller_leaves(receive)
        else:
            status, content = (500, b"out of order") if outage is Outage.ERROR_500 else (200, b"<html>\xff bao tri he thong")
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": content})


def is_whole(value: object, at_least: int) -> TypeGuard[int]:
    """Whether an order's number is a whole number from `at_least`; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= at_least


async def _unheard(message: Message) -> None:
    """A send that nobody hears."""


async def _break(send: Send) -> None:
    """Promise more than is sent: the server then drops the connection, which the caller sees as a broken answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


async def _wait_until_caller_leaves(receive: Receive) -> None:
    async def caller_left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(caller_left(), TIMEOUT_SECONDS)
    except TimeoutError:
        return
