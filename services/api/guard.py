"""The door of the server: what is too large or of the wrong kind is turned away before anything reads it.

A pure ASGI wrapper, because the framework would turn an error raised while a body is read into another one. Bodies are small
here (forms and commands), so a body is taken in whole, up to the limit, and then handed on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from motcua.services.api.problems import MEDIA_TYPE, problem

MAX_BODY_BYTES = 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024
MAX_ADDRESS_BYTES = 4 * 1024

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def guarded(inner: ASGIApp, accepted: str) -> ASGIApp:
    """`inner` behind limits of size, with bodies of the media type `accepted` only, and with headers that hold for every answer."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        refusal = _refusal(scope, accepted)
        if refusal is not None:
            await _answer(refusal, send)
            return
        body = await _read(receive)
        if body is None:
            await _answer(_too_large(), send)
            return
        await inner(scope, _replay(body, receive), _with_headers(send))

    return door


def _refusal(scope: Scope, accepted: str) -> dict[str, Any] | None:
    headers = scope["headers"]
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        return problem(
            431, "headers-too-large", f"The headers are larger than {MAX_HEADER_BYTES:,} bytes. Send fewer or shorter ones."
        )
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
        return problem(414, "address-too-long", f"The address is longer than {MAX_ADDRESS_BYTES:,} bytes.")
    named = {name.lower(): value for name, value in headers}
    length = named.get(b"content-length", b"0")
    if not length.isdigit():
        return problem(400, "bad-request", "The header Content-Length is not a number.")
    if len(length) > 18 or int(length) > MAX_BODY_BYTES:
        return _too_large()
    has_body = int(length) > 0 or b"transfer-encoding" in named
    media_type = named.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    if has_body and media_type != accepted:
        return problem(415, "media-type-not-taken", f"The body must be {accepted}, and Content-Type say so.", accepted=accepted)
    return None


def _too_large() -> dict[str, Any]:
    return problem(413, "body-too-large", f"The body is larger than {MAX_BODY_BYTES:,} bytes.", limit_bytes=MAX_BODY_BYTES)


async def _read(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message.get("headers", ())}
            more = [(name.lower().encode(), value.encode()) for name, value in ALWAYS.items() if name.lower().encode() not in said]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sending


async def _answer(refusal: dict[str, Any], send: Send) -> None:
    content = json.dumps(refusal).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(content)).encode()), (b"connection", b"close")]
    sending = _with_headers(send)
    await sending({"type": "http.response.start", "status": refusal["status"], "headers": headers})
    await sending({"type": "http.response.body", "body": content})
