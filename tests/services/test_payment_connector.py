"""The payment connector against the local gateway, over HTTP: orders, refunds, cancellations, and everything going wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from motcua.engine.connectors import BusinessFailure, Connector, Done, TechnicalFailure, Waiting
from motcua.engine.values import Value
from motcua.services.connectors.http_exchange import OutsideAnswerUnreadable, OutsideTimedOut, OutsideUnreachable, OutsideUnwell
from motcua.services.connectors.payment.connector import (
    CALLBACK_PATH,
    OPERATIONS,
    GatewayRefused,
    PaymentConnector,
    PaymentInputUnusable,
    PaymentSettings,
)
from motcua.services.connectors.payment.messages import read_confirmation
from motcua.services.connectors.payment.vietqr import parse_vietqr
from motcua.services.counterparts import LOCAL_PARTNER, LOCAL_SECRET
from motcua.services.counterparts.payment_gateway import payment_gateway
from motcua.services.counterparts.running import RunningServer, serve
from tests.services.outside_systems import HTTP, Receiver, a_call, running, state_of, tell

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def gateway() -> Iterator[RunningServer]:
    with running(payment_gateway(retry_seconds=0.02)) as server:
        yield server


def settings_for(gateway: RunningServer, callback_base_url: str = NOWHERE) -> PaymentSettings:
    return PaymentSettings(
        gateway_url=gateway.base_url,
        partner_id=LOCAL_PARTNER,
        secret=LOCAL_SECRET,
        bank_bin="970436",
        account="1012345678",
        callback_base_url=callback_base_url,
        timeout_seconds=10,
    )


@pytest.fixture
def connector(gateway: RunningServer) -> Iterator[PaymentConnector]:
    connector = PaymentConnector(settings_for(gateway))
    yield connector
    connector.close()


def collect(connector: PaymentConnector, key: str = "call-1", amount_vnd: Value = 15000) -> Waiting:
    outcome = connector.call(a_call("payment.collect", key=key, amount_vnd=amount_vnd, purpose="Lệ phí | cư trú"))
    assert isinstance(outcome, Waiting)
    return outcome


def pay(gateway: RunningServer, reference: str, **more: int | bool) -> str:
    return str(tell(gateway, "/_citizen/pay", reference=reference, **more)["transactions"][0])


def refund(
    connector: PaymentConnector, reference: str, transaction_no: str, amount_vnd: int = 15000, key: str = "refund-1"
) -> Done | BusinessFailure:
    outcome = connector.call(
        a_call(
            "payment.refund",
            key=key,
            reference=reference,
            transaction_no=transaction_no,
            amount_vnd=amount_vnd,
            reason="Nộp hai lần",
        )
    )
    assert isinstance(outcome, Done | BusinessFailure)
    return outcome


def test_the_connector_answers_exactly_the_operations_that_it_declares(connector: PaymentConnector) -> None:
    port: Connector = connector
    for operation in OPERATIONS:
        with pytest.raises(PaymentInputUnusable):
            port.call(a_call(operation.name))


def test_collecting_waits_for_the_citizen_and_gives_a_code_to_scan(connector: PaymentConnector, gateway: RunningServer) -> None:
    outcome = collect(connector)
    qr = parse_vietqr(str(outcome.outputs["qr"]))
    assert (qr.bank_bin, qr.account, qr.amount_vnd, qr.purpose) == ("970436", "1012345678", 15000, outcome.reference)
    assert outcome.outputs["payment_reference"] == outcome.reference
    assert state_of(gateway)["orders"] == {outcome.reference: {"amount_vnd": 15000, "purpose": "Lệ phí cư trú", "state": "waiting"}}


def test_the_page_to_pay_at_shows_the_amount_and_takes_the_money(connector: PaymentConnector, gateway: RunningServer) -> None:
    url = str(collect(connector).outputs["payment_url"])
    assert "15.000 đồng" in HTTP.get(url).text
    assert "Đã thanh toán" in HTTP.post(url).text
    assert state_of(gateway)["money_taken_vnd"] == 15000


def test_a_repeated_attempt_finds_the_same_order(connector: PaymentConnector, gateway: RunningServer) -> None:
    assert collect(connector) == collect(connector)
    assert len(state_of(gateway)["orders"]) == 1
    assert state_of(gateway)["counts"]["repeated_init"] == 1


def test_an_order_whose_answer_was_lost_is_found_again_and_not_made_twice(
    connector: PaymentConnector, gateway: RunningServer
) -> None:
    tell(gateway, "/_control", outage="lost_answer", for_requests=1)
    with pytest.raises(OutsideUnreachable):
        collect(connector)
    assert len(state_of(gateway)["orders"]) == 1
    collect(connector)
    assert len(state_of(gateway)["orders"]) == 1


def test_eight_threads_with_one_key_make_one_order(connector: PaymentConnector, gateway: RunningServer) -> None:
    outcomes: list[Waiting] = []
    threads = [threading.Thread(target=lambda: outcomes.append(collect(connector))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [outcomes[0]] * 8
    assert len(state_of(gateway)["orders"]) == 1


def test_an_amount_that_is_no_money_is_refused_before_anything_is_sent(connector: PaymentConnector, gateway: RunningServer) -> None:
    amounts: list[Value] = [0, -1, True, "15000", None, Decimal("0.5"), Decimal("NaN"), 10**13]
    for amount in amounts:
        with pytest.raises(PaymentInputUnusable, match="amount_vnd"):
            collect(connector, amount_vnd=amount)
    assert state_of(gateway)["orders"] == {}


def test_a_whole_decimal_is_an_amount(connector: PaymentConnector) -> None:
    assert parse_vietqr(str(collect(connector, amount_vnd=Decimal("15000.00")).outputs["qr"])).amount_vnd == 15000


def test_an_amount_above_what_the_gateway_takes_is_an_error_of_the_procedure(connector: PaymentConnector) -> None:
    outcome = connector.call(a_call("payment.collect", amount_vnd=10**12, purpose="Tiền sử dụng đất"))
    assert isinstance(outcome, BusinessFailure)
    assert outcome.code == "PAYMENT_REFUSED"


def test_a_wrong_secret_is_for_the_operator_and_opens_no_order(gateway: RunningServer) -> None:
    stranger = PaymentConnector(replace(settings_for(gateway), secret="guessed"))
    with pytest.raises(GatewayRefused, match="secret"):
        collect(stranger)
    assert state_of(gateway)["orders"] == {}
    stranger.close()


def test_the_secret_is_not_printed_with_the_settings(gateway: RunningServer) -> None:
    assert LOCAL_SECRET not in repr(settings_for(gateway))


@pytest.mark.parametrize(
    ("outage", "failure"),
    [("refuse", OutsideUnreachable), ("error500", OutsideUnwell), ("garbage", OutsideAnswerUnreadable)],
)
def test_an_outage_is_a_technical_failure_and_the_next_attempt_succeeds(
    connector: PaymentConnector, gateway: RunningServer, outage: str, failure: type[TechnicalFailure]
) -> None:
    tell(gateway, "/_control", outage=outage, for_requests=1)
    with pytest.raises(failure, match="The payment gateway at http"):
        collect(connector)
    assert state_of(gateway)["orders"] == {}
    assert collect(connector).reference


def test_a_gateway_that_keeps_silent_is_given_up_on(gateway: RunningServer) -> None:
    hasty = PaymentConnector(replace(settings_for(gateway), timeout_seconds=0.3))
    tell(gateway, "/_control", outage="timeout", for_requests=1)
    with pytest.raises(OutsideTimedOut, match=r"within 0\.3 seconds"):
        collect(hasty)
    hasty.close()


def test_a_gateway_that_is_not_there_is_a_technical_failure_with_its_address(gateway: RunningServer) -> None:
    lost = PaymentConnector(settings_for(gateway))
    gateway.stop()
    with pytest.raises(OutsideUnreachable, match=gateway.base_url):
        collect(lost)
    lost.close()


def test_a_killed_gateway_that_comes_back_with_its_state_still_knows_the_order(tmp_path: Path) -> None:
    with running(payment_gateway(state_file=tmp_path / "gateway.sqlite")) as first:
        connector = PaymentConnector(settings_for(first))
        before = collect(connector)
        port = first.port
    again = serve(payment_gateway(state_file=tmp_path / "gateway.sqlite"), port=port)
    assert collect(connector).reference == before.reference
    assert state_of(again)["counts"] == {"repeated_init": 1}
    connector.close()
    again.stop()


def test_a_payment_is_told_by_a_call_back_that_we_can_verify(gateway: RunningServer) -> None:
    receiver = Receiver()
    with running(receiver.app()) as ours:
        connector = PaymentConnector(settings_for(gateway, ours.base_url))
        reference = collect(connector).reference
        transaction_no = pay(gateway, reference)
        confirmation = read_confirmation(receiver.wait_for(1)[0], LOCAL_SECRET)
    assert (confirmation.reference, confirmation.transaction_no) == (reference, transaction_no)
    assert (confirmation.amount_vnd, confirmation.paid) == (15000, True)
    assert CALLBACK_PATH == "/callbacks/payment"
    connector.close()


def test_an_unacknowledged_call_back_comes_again_and_an_ordered_duplicate_too(gateway: RunningServer) -> None:
    receiver = Receiver(None, {"MaLoi": "01"})
    with running(receiver.app()) as ours:
        connector = PaymentConnector(settings_for(gateway, ours.base_url))
        transaction_no = pay(gateway, collect(connector).reference, copies=2)
        bodies = receiver.wait_for(4)
    assert [body["MaGiaoDich"] for body in bodies] == [transaction_no] * 4  # 503, refused, taken, and the copy that was asked for
    connector.close()


def test_money_for_a_cancelled_order_still_arrives_and_can_be_refunded_once(
    connector: PaymentConnector, gateway: RunningServer
) -> None:
    reference = collect(connector).reference
    assert connector.call(a_call("payment.cancel", reference=reference)) == Done(outputs={"cancelled_reference": reference})
    transaction_no = pay(gateway, reference)
    first = refund(connector, reference, transaction_no)
    again = refund(connector, reference, transaction_no)
    assert isinstance(first, Done)
    assert first == again
    state = state_of(gateway)
    assert (state["money_taken_vnd"], state["money_refunded_vnd"]) == (15000, 15000)
    assert state["counts"]["repeated_refund"] == 1


def test_a_refund_whose_answer_was_lost_gives_the_money_back_once(connector: PaymentConnector, gateway: RunningServer) -> None:
    reference = collect(connector).reference
    transaction_no = pay(gateway, reference)
    tell(gateway, "/_control", outage="lost_answer", for_requests=1)
    with pytest.raises(OutsideUnreachable):
        refund(connector, reference, transaction_no)
    assert isinstance(refund(connector, reference, transaction_no), Done)
    assert state_of(gateway)["money_refunded_vnd"] == 15000


def test_of_two_payments_one_is_refunded_and_the_order_stays_paid(connector: PaymentConnector, gateway: RunningServer) -> None:
    reference = collect(connector).reference
    _, second = tell(gateway, "/_citizen/pay", reference=reference, times=2)["transactions"]
    assert isinstance(refund(connector, reference, second), Done)
    queried = connector.call(a_call("payment.query", reference=reference))
    assert queried == Done(outputs={"payment_state": "paid", "paid_vnd": 30000, "refunded_vnd": 15000})


@pytest.mark.parametrize(("transaction_no", "amount", "key"), [("GD9", 15000, "a"), (None, 14000, "b"), (None, 15000, "c")])
def test_what_cannot_be_refunded_is_an_error_of_the_procedure(
    connector: PaymentConnector, gateway: RunningServer, transaction_no: str | None, amount: int, key: str
) -> None:
    reference = collect(connector).reference
    paid = pay(gateway, reference)
    if key == "c":
        refund(connector, reference, paid, key="an earlier refund")
    outcome = refund(connector, reference, transaction_no or paid, amount, key)
    assert isinstance(outcome, BusinessFailure)
    assert outcome.code == "REFUND_REFUSED"


def test_a_paid_order_is_not_cancelled(connector: PaymentConnector, gateway: RunningServer) -> None:
    reference = collect(connector).reference
    pay(gateway, reference)
    outcome = connector.call(a_call("payment.cancel", reference=reference))
    assert isinstance(outcome, BusinessFailure)
    assert outcome.code == "ALREADY_PAID"


def test_a_cancelled_order_is_not_opened_again(connector: PaymentConnector) -> None:
    reference = collect(connector).reference
    connector.call(a_call("payment.cancel", reference=reference))
    connector.call(a_call("payment.cancel", reference=reference))
    outcome = connector.call(a_call("payment.collect", amount_vnd=15000, purpose="Lệ phí"))
    assert isinstance(outcome, BusinessFailure)


def test_cancelling_or_asking_about_an_unknown_order_is_no_failure(connector: PaymentConnector) -> None:
    assert isinstance(connector.call(a_call("payment.cancel", reference="MC404")), Done)
    queried = connector.call(a_call("payment.query", reference="MC404"))
    assert queried == Done(outputs={"payment_state": "unknown", "paid_vnd": 0, "refunded_vnd": 0})
