"""VietQR texts, held against the standard's check value, a published package, and their own inverse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vietnam_qr_pay import QRPay

from motcua.services.connectors.payment.vietqr import (
    VietQr,
    VietQrFieldUnusable,
    VietQrUnreadable,
    ascii_purpose,
    build_vietqr,
    crc16,
    parse_vietqr,
    qr_png,
    qr_svg,
)

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

codes = st.builds(
    VietQr,
    bank_bin=st.text(DIGITS, min_size=6, max_size=6),
    account=st.text(DIGITS + LETTERS, min_size=1, max_size=19),
    amount_vnd=st.none() | st.integers(1, 10**13 - 1),
    purpose=st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=25),
)


def test_the_crc_is_the_one_that_the_catalogue_of_crcs_calls_ccitt_false() -> None:
    assert crc16("123456789") == "29B1"


def test_a_dynamic_code_has_its_fields_in_the_order_of_the_standard() -> None:
    text = build_vietqr(VietQr(bank_bin="970436", account="1012345678", amount_vnd=15000, purpose="MC1"))
    body = "00020101021238540010A00000072701240006970436011010123456780208QRIBFTTA53037045405150005802VN62070803MC1"
    assert text == body + "6304" + crc16(body + "6304")


def test_a_static_code_leaves_the_amount_to_the_payer() -> None:
    text = build_vietqr(VietQr(bank_bin="970436", account="1012345678"))
    assert text.startswith("000201010211")
    assert parse_vietqr(text).amount_vnd is None


@given(codes)
def test_a_published_package_writes_the_same_text_byte_for_byte(qr: VietQr) -> None:
    amount = None if qr.amount_vnd is None else str(qr.amount_vnd)
    theirs = QRPay.init_viet_qr(qr.bank_bin, qr.account, amount=amount, purpose=qr.purpose).build()
    assert build_vietqr(qr) == theirs


@given(codes)
def test_reading_gives_back_what_was_written(qr: VietQr) -> None:
    assert parse_vietqr(build_vietqr(qr)) == qr


@given(codes, st.data())
def test_one_altered_character_is_noticed(qr: VietQr, data: st.DataObject) -> None:
    text = build_vietqr(qr)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda sign: sign != text[at]))
    with pytest.raises(VietQrUnreadable):
        parse_vietqr(text[:at] + other + text[at + 1 :])


@given(st.text(max_size=150))
def test_no_other_text_is_read_as_a_vietqr(text: str) -> None:
    with pytest.raises(VietQrUnreadable):
        parse_vietqr(text)


@given(st.text("0123456789ACV", max_size=120))
def test_a_right_crc_alone_makes_no_vietqr(body: str) -> None:
    with pytest.raises(VietQrUnreadable):
        parse_vietqr(body + "6304" + crc16(body + "6304"))


def test_a_code_with_a_merchant_name_is_not_silently_shortened() -> None:
    body = build_vietqr(VietQr(bank_bin="970436", account="1012345678"))[:-8] + "5905NGUYE"
    with pytest.raises(VietQrUnreadable, match="no plain VietQR"):
        parse_vietqr(body + "6304" + crc16(body + "6304"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bank_bin", "97043"),
        ("bank_bin", "٩٧٠٤٣٦"),
        ("account", ""),
        ("account", "12 34"),
        ("amount_vnd", 0),
        ("amount_vnd", 10**13),
    ]
    + [("purpose", "Lệ phí"), ("purpose", "x" * 26), ("purpose", "")],
)
def test_what_the_code_cannot_carry_is_refused_by_name(field: str, value: str | int) -> None:
    fields: dict[str, object] = {"bank_bin": "970436", "account": "1012345678", field: value}
    with pytest.raises(VietQrFieldUnusable, match=field):
        VietQr(**fields)  # type: ignore[arg-type]


def test_a_vietnamese_purpose_loses_its_diacritics_and_nothing_else() -> None:
    assert ascii_purpose("Lệ phí đăng ký – 1.004082") == "Le phi dang ky 1.004082"


@given(st.text(max_size=80))
def test_whatever_its_words_a_purpose_fits_or_is_empty(text: str) -> None:
    purpose = ascii_purpose(text)
    assert purpose == "" or VietQr(bank_bin="970436", account="1", purpose=purpose).purpose == purpose


def test_the_code_is_drawn_as_svg_and_png() -> None:
    text = build_vietqr(VietQr(bank_bin="970436", account="1012345678", amount_vnd=15000))
    assert qr_svg(text).startswith("<svg")
    assert qr_png(text).startswith(b"\x89PNG")
