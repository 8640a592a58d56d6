"""The whole way of the money, over HTTP: order, citizen, call-backs, decision, refund, and the gateway's own books at the end."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from motcua.engine.connectors import Done, Waiting
from motcua.engine.dossier import CallState
from motcua.errors import InvalidInput
from motcua.services.connectors.payment.connector import CALLBACK_PATH, PaymentConnector, PaymentSettings
from motcua.services.connectors.payment.messages import Confirmation, confirmation_reply, read_confirmation
from motcua.services.connectors.payment.settlement import Decision, decide_settlement
from motcua.services.counterparts import LOCAL_PARTNER, LOCAL_SECRET
from motcua.services.counterparts.payment_gateway import payment_gateway
from tests.services.outside_systems import a_call, running, state_of, tell, wait_until

FEE = 15000


class Desk:
    """One order of ours: books each transaction once under a lock, as a store does in one transaction, and then acknowledges."""

    def __init__(self, fails_first: int) -> None:
        self.state = CallState.WAITING
        self.booked: dict[str, tuple[Decision, Confirmation]] = {}
        self._fails_left = fails_first
        self._lock = threading.Lock()

    def take(self, body: dict[str, Any]) -> tuple[int, dict[str, str]]:
        try:
            told = read_confirmation(body, LOCAL_SECRET)
        except InvalidInput as problem:
            return 200, confirmation_reply(problem)
        with self._lock:
            if self._fails_left:
                self._fails_left -= 1
                return 503, {}
            settled = any(decision is Decision.SETTLE for decision, _ in self.booked.values())
            known = told.transaction_no in self.booked
            decision = decide_settlement(self.state, FEE, settled, known, told).decision
            if decision is not Decision.IGNORE:
                self.booked[told.transaction_no] = (decision, told)
            if decision is Decision.SETTLE:
                self.state = CallState.DONE
            return 200, confirmation_reply()

    def app(self) -> Starlette:
        async def callback(request: Request) -> JSONResponse:
            status, answer = await run_in_threadpool(self.take, await request.json())
            return JSONResponse(answer, status)

        return Starlette(routes=[Route(CALLBACK_PATH, callback, methods=["POST"])])


def give_back(connector: PaymentConnector, told: Confirmation) -> Done:
    done = connector.call(
        a_call(
            "payment.refund",
            key=f"refund {told.transaction_no}",
            reference=told.reference,
            transaction_no=told.transaction_no,
            amount_vnd=told.amount_vnd,
            reason="Nộp thừa",
        )
    )
    assert isinstance(done, Done)
    return done


payments = st.fixed_dictionaries(
    {
        "amount_vnd": st.sampled_from([FEE, FEE, FEE - 1]),
        "copies": st.integers(1, 3),
        "succeeds": st.sampled_from([True, True, False]),
    }
)


@settings(max_examples=8, deadline=None)
@given(st.lists(payments, min_size=1, max_size=4), st.none() | st.integers(0, 4), st.integers(0, 3))
def test_what_the_gateway_keeps_at_the_end_is_the_fee_or_nothing(
    payments: list[dict[str, Any]], cancelled_before: int | None, failing_callbacks: int
) -> None:
    desk = Desk(failing_callbacks)
    with running(payment_gateway(retry_seconds=0.01)) as gateway, running(desk.app()) as ours:
        connector = PaymentConnector(
            PaymentSettings(gateway.base_url, LOCAL_PARTNER, LOCAL_SECRET, "970436", "1012345678", ours.base_url)
        )
        order = connector.call(a_call("payment.collect", amount_vnd=FEE, purpose="Lệ phí"))
        assert isinstance(order, Waiting)
        for position, payment in enumerate(payments):
            if position == cancelled_before and desk.state is CallState.WAITING:
                desk.state = CallState.CANCELLED
            tell(gateway, "/_citizen/pay", reference=order.reference, **payment)
        wait_until(lambda: not any(one["callbacks_owed"] for one in state_of(gateway)["transactions"].values()))
        for decision, told in desk.booked.values():
            if decision is Decision.REFUND:
                assert give_back(connector, told) == give_back(connector, told)
        connector.close()
        books = state_of(gateway)
    settled = [told.amount_vnd for decision, told in desk.booked.values() if decision is Decision.SETTLE]
    assert settled in ([], [FEE])
    assert books["money_taken_vnd"] - books["money_refunded_vnd"] == sum(settled)
