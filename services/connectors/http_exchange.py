"""One way to talk JSON with an outside system, with every bound set: time, size, no redirects.

What goes wrong on the way becomes a TechnicalFailure, told apart only as far as an operator can act on it. What the answer
says is the business of the connector that asked. Safe to share between threads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from motcua.engine.connectors import TechnicalFailure

ANSWER_MAX_BYTES = 1_000_000
_BEFORE_SENDING = frozenset({"http11.send_request_headers.started", "http11.send_request_body.started"})


class OutsideUnreachable(TechnicalFailure):
    """No answer: no connection, or the connection broke. Whether the request took effect is unknown."""


class OutsideTimedOut(TechnicalFailure):
    """No complete answer within the time allowed. Whether the request took effect is unknown."""


class OutsideUnwell(TechnicalFailure):
    """An HTTP status that tells of trouble on the other side, or of a wrong address on ours."""


class OutsideAnswerUnreadable(TechnicalFailure):
    """An answer that is no JSON object, or is too large."""


class JsonExchange:
    """Posts JSON objects to one outside system.

    name: what an operator calls the system. base_url: without a trailing path. timeout_seconds: for the whole exchange.
    """

    def __init__(self, name: str, base_url: str, timeout_seconds: float, headers: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.timeout_seconds = timeout_seconds
        # trust_env=False: a proxy variable of the machine must not send citizens' data another way.
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds),
            headers={**(headers or {}), "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
        )

    def post(self, path: str, body: Mapping[str, Any], may_send: Callable[[], object] = lambda: None) -> dict[str, Any]:
        """Post and return the JSON object that came back with HTTP 200. Raises the leaves of TechnicalFailure above.

        may_send: asked last of all, before the head and again before the body leave this machine; what it raises goes out, and
        the other side has no whole request.
        """
        url = self.base_url + path
        try:
            status, content = self._post(url, body, may_send)
        except httpx.TimeoutException as cause:
            raise OutsideTimedOut(
                f"{self.name} at {url} did not answer within {self.timeout_seconds:g} seconds; the call is tried again.", url=url
            ) from cause
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise OutsideUnreachable(
                f"{self.name} at {url} could not be reached ({cause}); the call is tried again. Check its address and the network.",
                url=url,
            ) from cause
        if status != httpx.codes.OK:
            raise OutsideUnwell(
                f"{self.name} at {url} answered with HTTP status {status}; the call is tried again.",
                url=url,
                http_status_seen=status,
            )
        return self._object(url, content)

    def close(self) -> None:
        self._client.close()

    def _post(self, url: str, body: Mapping[str, Any], may_send: Callable[[], object]) -> tuple[int, bytes]:
        def trace(event: str, _: Mapping[str, Any]) -> None:
            if event in _BEFORE_SENDING:
                may_send()

        # httpx bounds each read; a sender that drips one byte at a time is bounded here. Raw bytes, so that nothing unpacks.
        give_up_at = time.monotonic() + self.timeout_seconds
        content = bytearray()
        with self._client.stream("POST", url, json=body, extensions={"trace": trace}) as answer:
            for chunk in answer.iter_raw():
                content += chunk
                if len(content) > ANSWER_MAX_BYTES:
                    raise OutsideAnswerUnreadable(
                        f"{self.name} at {url} answered with more than {ANSWER_MAX_BYTES} bytes, which is no answer to this call.",
                        url=url,
                    )
                if time.monotonic() > give_up_at:
                    raise httpx.ReadTimeout("The answer came too slowly.", request=answer.request)
            return answer.status_code, bytes(content)

    def _object(self, url: str, content: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as cause:
            raise OutsideAnswerUnreadable(
                f"{self.name} at {url} answered with something that is no JSON; the call is tried again.", url=url
            ) from cause
        if not isinstance(answer, dict):
            raise OutsideAnswerUnreadable(
                f"{self.name} at {url} answered with a JSON {type(answer).__name__} where an object was expected; "
                "the call is tried again.",
                url=url,
            )
        return answer
