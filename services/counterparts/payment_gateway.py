"""A local payment gateway: the national payment platform's messages, a bank, and a citizen who pays.

    POST /                messages INIT, QUERY, CANCEL, REFUND, sealed
    GET, POST /pay/{ref}  the page that a citizen sees, and its button
    POST /_citizen/pay    {"reference", "amount_vnd"?, "times"?, "copies"?, "succeeds"?}: so many transfers, each told so often;
                          with 0 copies the call-back is lost
    GET /_state           orders, transactions, refunds, call-backs, sums and counts

Every transfer is told by a CONFIRM call-back, repeated until it is acknowledged. Money can arrive for an order that is cancelled,
paid or unknown, as in a bank; it is then told at the address that the latest INIT gave.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from motcua.engine.clock import Clock, SystemClock
from motcua.services.counterparts import LOCAL_PARTNER, LOCAL_SECRET
from motcua.services.counterparts.confirmations import ConfirmationSender
from motcua.services.counterparts.director import counterpart_app, json_object
from motcua.services.counterparts.gateway_ledger import GatewayLedger, MessageRefused
from motcua.services.counterparts.gateway_messages import checked
from motcua.services.counterparts.outages import is_whole

TAKEN = {"MaLoi": "00", "MoTaLoi": "Thanh cong"}


def payment_gateway(
    partner: str = LOCAL_PARTNER,
    secret: str = LOCAL_SECRET,
    state_file: Path | None = None,
    clock: Clock | None = None,
    retry_seconds: float = 1.0,
) -> Starlette:
    """The application.

    state_file: where its state outlives it; None for memory. retry_seconds: between two rounds of call-backs.
    """
    ledger = GatewayLedger(clock or SystemClock(), state_file)
    sender = ConfirmationSender(ledger, partner, secret, retry_seconds)

    async def message(request: Request) -> JSONResponse:
        try:
            body = checked(await json_object(request), partner, secret)
            answer = _answer(ledger, body, str(request.base_url))
        except MessageRefused as refusal:
            ledger.count(f"refused_{refusal.code}")
            return JSONResponse({"MaLoi": refusal.code, "MoTaLoi": refusal.reason})
        return JSONResponse({**TAKEN, **answer})

    async def citizen_pays(request: Request) -> JSONResponse:
        body = await json_object(request) or {}
        reference = body.get("reference")
        order = ledger.order(str(reference))
        amount, times, copies = body.get("amount_vnd", order and order["amount"]), body.get("times", 1), body.get("copies", 1)
        if not (isinstance(reference, str) and is_whole(amount, 1) and is_whole(times, 1) and is_whole(copies, 0)):
            problem = "wanted: a reference, whole numbers for times and copies, and for amount_vnd where no such order is known"
            return JSONResponse({"problem": problem}, 422)
        booked = [ledger.book(reference, amount, bool(body.get("succeeds", True)), copies) for _ in range(times)]
        sender.wake()
        return JSONResponse({"transactions": booked})

    async def page(request: Request) -> HTMLResponse:
        order = ledger.order(request.path_params["reference"])
        if order is None:
            return HTMLResponse("<p>Không có yêu cầu thanh toán này.</p>", 404)
        if request.method == "POST":
            ledger.book(order["reference"], order["amount"], succeeded=True, copies=1)
            sender.wake()
            return HTMLResponse(_page(order, "<p>Đã thanh toán.</p>"))
        return HTMLResponse(_page(order, '<form method="post"><button>Thanh toán</button></form>'))

    @asynccontextmanager
    async def telling(app: Starlette) -> AsyncIterator[None]:
        sender.start()
        try:
            yield
        finally:
            sender.stop()
            ledger.close()

    return counterpart_app(
        routes=[
            Route("/", message, methods=["POST"]),
            Route("/pay/{reference}", page, methods=["GET", "POST"]),
            Route("/_citizen/pay", citizen_pays, methods=["POST"]),
        ],
        inspect=ledger.inspect,
        lifespan=telling,
    )


def _answer(ledger: GatewayLedger, body: Mapping[str, str], base_url: str) -> dict[str, str]:
    reference = body["MaThamChieu"]
    if body["LoaiBanTin"] == "INIT":
        ledger.open(reference, int(body["SoTien"]), body["ThongTinGiaoDich"], body["UrlNhanKetQua"])
        return {"MaThamChieu": reference, "UrlThanhToan": f"{base_url}pay/{reference}"}
    if body["LoaiBanTin"] == "CANCEL":
        ledger.cancel(reference)
        return {"MaThamChieu": reference}
    if body["LoaiBanTin"] == "REFUND":
        return {"SoHoanTien": ledger.refund(reference, body["MaGiaoDich"], int(body["SoTien"]), body["MaHoanTien"])}
    return ledger.summary(reference)


def _page(order: Mapping[str, Any], below: str) -> str:
    amount = f"{order['amount']:,}".replace(",", ".")
    return (
        '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Thanh toán</title>'
        f"<h1>Thanh toán</h1><p>{escape(order['purpose'])}</p><p>{amount} đồng</p>{below}</html>"
    )
