"""The one way out to other systems: every answer that is no answer becomes a technical failure that says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from motcua.engine.connectors import LeaseOver, TechnicalFailure
from motcua.services.connectors.http_exchange import (
    ANSWER_MAX_BYTES,
    JsonExchange,
    OutsideAnswerUnreadable,
    OutsideTimedOut,
    OutsideUnreachable,
    OutsideUnwell,
)
from motcua.services.counterparts.running import RunningServer
from tests.services.outside_systems import running


async def dripping(request: Request) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        while not await request.is_disconnected():
            yield b" "
            await asyncio.sleep(0.02)

    return StreamingResponse(drops(), media_type="application/json")


HEARD: list[bytes] = []


async def echo(request: Request) -> Response:
    HEARD.append(await request.body())
    return Response(HEARD[-1], media_type="application/json")


NO_OBJECTS = {"list": b"[1]", "text": b'"ok"', "bytes": b"\xff", "deep": b"[" * 100_000, "nothing": b""}


async def no_object(request: Request) -> Response:
    return Response(NO_OBJECTS[request.path_params["what"]])


ROUTES = [
    Route("/echo", echo, methods=["POST"]),
    Route("/drip", dripping, methods=["POST"]),
    Route("/large", lambda request: Response(b" " * (ANSWER_MAX_BYTES + 1)), methods=["POST"]),
    Route("/elsewhere", lambda request: RedirectResponse("/echo", 307), methods=["POST"]),
    Route("/answer/{what}", no_object, methods=["POST"]),
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running(Starlette(routes=ROUTES)) as server:
        yield server


@pytest.fixture(scope="module")
def exchange(server: RunningServer) -> Iterator[JsonExchange]:
    exchange = JsonExchange("The echo", server.base_url, timeout_seconds=10)
    yield exchange
    exchange.close()


def test_a_json_object_goes_out_and_comes_back(exchange: JsonExchange) -> None:
    assert exchange.post("/echo", {"tên": "Nguyễn Văn An"}) == {"tên": "Nguyễn Văn An"}


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_request_that_may_not_be_sent_any_more_arrives_nowhere_be_it_between_its_head_and_its_body(
    server: RunningServer, allowed: int
) -> None:
    asked: list[bool] = []

    def lease() -> None:
        asked.append(True)
        if len(asked) > allowed:
            raise LeaseOver("over")

    exchange = JsonExchange("The echo", server.base_url, timeout_seconds=10)
    before = len(HEARD)
    with pytest.raises(LeaseOver):
        exchange.post("/echo", {"status": "old"}, may_send=lease)
    assert exchange.post("/echo", {"status": "new"}, may_send=lambda: None) == {"status": "new"}
    assert HEARD[before:] == [b'{"status":"new"}']
    exchange.close()


@pytest.mark.parametrize("what", list(NO_OBJECTS))
def test_an_answer_that_is_no_json_object_is_unreadable(exchange: JsonExchange, what: str) -> None:
    with pytest.raises(OutsideAnswerUnreadable, match=r"^The echo at http.*/answer/"):
        exchange.post(f"/answer/{what}", {})


def test_an_answer_without_end_is_not_read_to_its_end(exchange: JsonExchange) -> None:
    with pytest.raises(OutsideAnswerUnreadable, match="more than 1000000 bytes"):
        exchange.post("/large", {})


def test_a_redirect_is_not_followed_with_the_citizens_data(exchange: JsonExchange) -> None:
    with pytest.raises(OutsideUnwell, match="307"):
        exchange.post("/elsewhere", {"SoDinhDanh": "001090123456"})


def test_a_path_that_is_not_there_is_trouble_for_the_operator(exchange: JsonExchange) -> None:
    with pytest.raises(OutsideUnwell, match="404"):
        exchange.post("/nowhere", {})


def test_an_answer_that_drips_is_given_up_on_as_a_whole(server: RunningServer) -> None:
    hasty = JsonExchange("The echo", server.base_url, timeout_seconds=0.3)
    with pytest.raises(OutsideTimedOut):
        hasty.post("/drip", {})
    hasty.close()


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://host.invalid", "nonsense", "http://[", "http://a b"])
def test_an_address_that_leads_nowhere_is_said(address: str) -> None:
    lost = JsonExchange("The echo", address, timeout_seconds=10)
    with pytest.raises(OutsideUnreachable, match="Check its address"):
        lost.post("/echo", {})
    lost.close()


def test_every_failure_is_one_that_a_later_attempt_may_mend() -> None:
    assert all(
        issubclass(failure, TechnicalFailure) and failure.exit_status == 2
        for failure in (OutsideAnswerUnreadable, OutsideTimedOut, OutsideUnreachable, OutsideUnwell)
    )
