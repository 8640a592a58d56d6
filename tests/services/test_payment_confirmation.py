"""Reading the gateway's call-back: nothing is believed before its seal fits, and nothing misshapen afterwards."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.services.connectors.payment.messages import (
    BadChecksum,
    MalformedConfirmation,
    confirmation_reply,
    read_confirmation,
    reference_for,
    sealed,
)

SECRET = "s3cret"
CONFIRM = {
    "LoaiBanTin": "CONFIRM",
    "MaLoi": "00",
    "MaDoiTac": "MOTCUA",
    "MaThamChieu": "MC0001",
    "SoTien": "15000",
    "MaTienTe": "VND",
    "MaGiaoDich": "GD0000000001",
    "MaNganHang": "VCB",
    "ThoiGianGD": "20260302081500",
    "ThongTinGiaoDich": "Lệ phí",
}


def told(**changed: Any) -> dict[str, Any]:
    """A call-back whose seal fits, with some fields changed before it was sealed."""
    fields = {**CONFIRM, **changed}
    joined = "|".join([*(str(value) for value in fields.values()), SECRET])
    return {**fields, "MaXacThuc": hashlib.sha256(joined.encode()).hexdigest()}


def test_the_seal_is_sha_256_over_the_fields_joined_by_pipes_with_the_secret_last() -> None:
    joined = "CONFIRM|00|MOTCUA|MC0001|15000|VND|GD0000000001|VCB|20260302081500|Lệ phí|s3cret"
    assert sealed(CONFIRM, SECRET)["MaXacThuc"] == hashlib.sha256(joined.encode()).hexdigest()


def test_a_good_confirmation_is_read_with_its_moment_in_utc() -> None:
    confirmation = read_confirmation(told(), SECRET)
    assert (confirmation.reference, confirmation.transaction_no) == ("MC0001", "GD0000000001")
    assert (confirmation.amount_vnd, confirmation.paid, confirmation.bank) == (15000, True, "VCB")
    assert confirmation.at == datetime(2026, 3, 2, 1, 15, tzinfo=UTC)


def test_an_amount_may_come_as_a_number() -> None:
    assert read_confirmation(told(SoTien=15000), SECRET).amount_vnd == 15000


def test_an_attempt_that_failed_is_read_as_not_paid_even_without_a_transaction() -> None:
    confirmation = read_confirmation(told(MaLoi="24", MaGiaoDich="", SoTien="0"), SECRET)
    assert not confirmation.paid


@pytest.mark.parametrize("field", [*CONFIRM, "MaXacThuc"])
def test_a_tampered_field_breaks_the_seal(field: str) -> None:
    body = told()
    body[field] = "1" + body[field] if field != "LoaiBanTin" else "CONFIRM "
    with pytest.raises((BadChecksum, MalformedConfirmation)):
        read_confirmation(body, SECRET)


def test_a_tampered_amount_is_a_bad_checksum_and_not_booked() -> None:
    with pytest.raises(BadChecksum, match="nothing is booked"):
        read_confirmation({**told(), "SoTien": "1"}, SECRET)


def test_another_secret_is_a_bad_checksum() -> None:
    with pytest.raises(BadChecksum):
        read_confirmation(told(), "another")


@pytest.mark.parametrize("field", [*CONFIRM, "MaXacThuc"])
def test_a_missing_field_is_named(field: str) -> None:
    body = told()
    del body[field]
    with pytest.raises(MalformedConfirmation, match=field):
        read_confirmation(body, SECRET)


@pytest.mark.parametrize(
    ("field", "value"),
    [("SoTien", "0"), ("SoTien", "-5"), ("SoTien", "1e4"), ("SoTien", "015000"), ("SoTien", "٥"), ("SoTien", True), ("SoTien", 1.5)]
    + [("MaTienTe", "USD"), ("MaGiaoDich", ""), ("MaGiaoDich", "GD 1"), ("MaThamChieu", "x" * 36), ("LoaiBanTin", "INIT")]
    + [("ThoiGianGD", "20260230080000"), ("ThoiGianGD", "2026-03-02"), ("ThoiGianGD", "00000000000000"), ("MaLoi", "")]
    + [("ThongTinGiaoDich", "a|b"), ("ThongTinGiaoDich", "\ud800"), ("ThongTinGiaoDich", None), ("MaNganHang", ["VCB"])],
)
def test_a_misshapen_field_is_refused_although_its_seal_fits(field: str, value: Any) -> None:
    fields = {**CONFIRM, field: value}
    joined = "|".join([*(str(part) for part in fields.values()), SECRET]).encode(errors="replace")
    with pytest.raises(MalformedConfirmation):
        read_confirmation({**fields, "MaXacThuc": hashlib.sha256(joined).hexdigest()}, SECRET)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@given(st.dictionaries(st.sampled_from([*CONFIRM, "MaXacThuc"]) | st.text(max_size=5), json_values))
def test_whatever_else_arrives_is_refused_and_never_crashes(body: dict[str, Any]) -> None:
    with pytest.raises((MalformedConfirmation, BadChecksum)):
        read_confirmation(body, SECRET)


def test_only_a_committed_confirmation_is_acknowledged() -> None:
    assert confirmation_reply()["MaLoi"] == "00"
    assert confirmation_reply(BadChecksum("no"))["MaLoi"] == "01"
    assert confirmation_reply(MalformedConfirmation("no"))["MaLoi"] == "02"


@given(st.text(), st.text())
def test_a_reference_is_stable_safe_and_its_own(key: str, other: str) -> None:
    reference = reference_for(key)
    assert reference == reference_for(key)
    assert len(reference) <= 25
    assert reference.isalnum()
    assert reference.isascii()
    assert (key == other) == (reference == reference_for(other))
