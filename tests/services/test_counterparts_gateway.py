"""The local payment gateway as such: it refuses what the real one would, books what a bank would, and tells until it is heard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from motcua.services.connectors.payment.messages import read_confirmation
from motcua.services.counterparts.gateway_ledger import MessageRefused
from motcua.services.counterparts.gateway_messages import checked
from motcua.services.counterparts.outages import Outages
from motcua.services.counterparts.payment_gateway import payment_gateway
from motcua.services.counterparts.running import RunningServer, serve
from tests.services.outside_systems import HTTP, Receiver, running, state_of, tell, wait_until

INIT = {
    "LoaiBanTin": "INIT",
    "PhienBan": "1.0.6",
    "MaDoiTac": "MOTCUA",
    "MaThamChieu": "MC0001",
    "SoTien": "15000",
    "LoaiHinhThanhToan": "PAY",
    "MaKenhThanhToan": "1",
    "MaThietBi": "1",
    "NgonNgu": "vi-VN",
    "MaTienTe": "VND",
    "MaNganHang": "PAYMENT",
    "ThongTinGiaoDich": "Lệ phí",
    "ThoiGianGD": "20260302080000",
    "Ip": "127.0.0.1",
}


@pytest.fixture
def gateway() -> Iterator[RunningServer]:
    with running(payment_gateway(secret="s3cret", retry_seconds=0.02)) as server:
        yield server


def init(
    gateway: RunningServer, callback_base_url: str = "http://127.0.0.1:9", secret: str = "s3cret", **changed: str
) -> dict[str, Any]:
    fields = {**INIT, **changed}
    seal = hashlib.sha256("|".join([*fields.values(), secret]).encode()).hexdigest()
    return tell(gateway, "/", **fields, MaXacThuc=seal, UrlNhanKetQua=f"{callback_base_url}/callbacks/payment")


def test_an_order_sealed_by_hand_as_the_platform_describes_is_taken(gateway: RunningServer) -> None:
    assert init(gateway) == {
        "MaLoi": "00",
        "MoTaLoi": "Thanh cong",
        "MaThamChieu": "MC0001",
        "UrlThanhToan": f"{gateway.base_url}/pay/MC0001",
    }


def test_a_reference_is_never_used_for_two_amounts(gateway: RunningServer) -> None:
    init(gateway)
    assert init(gateway, SoTien="16000")["MaLoi"] == "03"
    assert state_of(gateway)["orders"]["MC0001"]["amount_vnd"] == 15000


@pytest.mark.parametrize("changed", [{"secret": "guessed"}, {"MaDoiTac": "OTHER"}])
def test_a_message_that_is_not_the_partners_is_refused(gateway: RunningServer, changed: dict[str, str]) -> None:
    assert init(gateway, **changed)["MaLoi"] == "01"
    assert state_of(gateway)["orders"] == {}


def test_a_field_changed_after_sealing_is_refused(gateway: RunningServer) -> None:
    seal = hashlib.sha256("|".join([*INIT.values(), "s3cret"]).encode()).hexdigest()
    tampered = {**INIT, "SoTien": "1", "MaXacThuc": seal, "UrlNhanKetQua": "http://127.0.0.1:9/"}
    assert tell(gateway, "/", **tampered)["MaLoi"] == "01"


@pytest.mark.parametrize(
    "changed",
    [{"SoTien": "0"}, {"SoTien": "15000.5"}, {"MaTienTe": "USD"}, {"ThoiGianGD": "20260230080000"}, {"ThoiGianGD": "2026"}]
    + [
        {"MaThamChieu": "x" * 36},
        {"MaThamChieu": "a b"},
        {"ThongTinGiaoDich": ""},
        {"ThongTinGiaoDich": "a|b"},
        {"LoaiBanTin": "PAY"},
    ]
    + [{"NgonNgu": "xx"}, {"UrlNhanKetQua": "ftp://x"}],
)
def test_a_misshapen_order_is_refused(changed: dict[str, str]) -> None:
    good = {**INIT, "UrlNhanKetQua": "http://127.0.0.1:9/"}
    with pytest.raises(MessageRefused) as refusal:
        checked({**good, **changed}, "MOTCUA", "s3cret")
    assert refusal.value.code == "02"


def test_what_is_no_json_object_is_refused(gateway: RunningServer) -> None:
    answers = [HTTP.post(gateway.base_url, content=content) for content in (b"", b"[]", b"\xff", b"{", b"null", b"[" * 100_000)]
    assert [answer.json()["MaLoi"] for answer in answers] == ["02"] * 6
    assert state_of(gateway)["counts"] == {"refused_02": 6}


def test_money_for_an_unknown_reference_is_booked_and_told_at_the_partners_latest_address(gateway: RunningServer) -> None:
    receiver = Receiver()
    with running(receiver.app()) as ours:
        init(gateway, ours.base_url)
        tell(gateway, "/_citizen/pay", reference="MC-TYPO", amount_vnd=700)
        confirmation = read_confirmation(receiver.wait_for(1)[0], "s3cret")
    assert (confirmation.reference, confirmation.amount_vnd) == ("MC-TYPO", 700)


def test_an_attempt_to_pay_that_fails_is_told_and_takes_no_money(gateway: RunningServer) -> None:
    receiver = Receiver()
    with running(receiver.app()) as ours:
        init(gateway, ours.base_url)
        tell(gateway, "/_citizen/pay", reference="MC0001", succeeds=False)
        assert not read_confirmation(receiver.wait_for(1)[0], "s3cret").paid
    assert state_of(gateway)["money_taken_vnd"] == 0
    assert state_of(gateway)["orders"]["MC0001"]["state"] == "waiting"


def test_another_amount_than_asked_leaves_the_order_open(gateway: RunningServer) -> None:
    init(gateway)
    tell(gateway, "/_citizen/pay", reference="MC0001", amount_vnd=14000)
    assert state_of(gateway)["orders"]["MC0001"]["state"] == "waiting"
    assert state_of(gateway)["money_taken_vnd"] == 14000


def test_call_backs_wait_for_a_receiver_that_is_down_and_arrive_once_it_is_back(gateway: RunningServer) -> None:
    receiver = Receiver()
    first = serve(receiver.app())
    init(gateway, first.base_url)
    first.stop()
    tell(gateway, "/_citizen/pay", reference="MC0001", times=2)
    wait_until(lambda: all(one["callbacks_sent"] for one in state_of(gateway)["transactions"].values()))
    back = serve(receiver.app(), port=first.port)
    bodies = receiver.wait_for(2)
    back.stop()
    assert sorted(body["MaGiaoDich"] for body in bodies[:2]) == ["GD0000000001", "GD0000000002"]


def test_the_citizen_needs_a_known_reference_or_an_amount(gateway: RunningServer) -> None:
    for body in (
        {"reference": "MC404"},
        {"amount_vnd": 5},
        {"reference": "MC404", "amount_vnd": -5},
        {"reference": "MC404", "times": 0},
    ):
        assert HTTP.post(f"{gateway.base_url}/_citizen/pay", json=body).status_code == 422


@pytest.mark.parametrize(
    "order", [{"outage": "flood"}, {"outage": "garbage", "for_requests": 0}, {"outage": None, "after_requests": -1}]
)
def test_an_outage_that_does_not_exist_is_refused(order: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"flood|whole number"):
        Outages().order(order)


def test_the_director_is_told_what_was_wrong_with_an_order(gateway: RunningServer) -> None:
    assert HTTP.post(f"{gateway.base_url}/_control", json={"outage": "flood"}).status_code == 422


def test_an_outage_without_an_end_lasts_until_it_is_ended(gateway: RunningServer) -> None:
    tell(gateway, "/_control", outage="error500")
    assert [HTTP.post(gateway.base_url).status_code for _ in range(3)] == [500, 500, 500]
    assert tell(gateway, "/_control", outage=None) == {"outage": None}
    assert init(gateway)["MaLoi"] == "00"
    assert state_of(gateway)["outages_met"] == 3
