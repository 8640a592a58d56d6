"""The messages of the national payment platform: how they are written, sealed and read. Pure functions.

A message is a flat JSON object. Its seal `MaXacThuc` is the SHA-256, in hex, of some of its fields joined by "|" with the shared
secret at the end; which fields, and in which order, stands in the tables below. No field may hold a "|", or two messages could
share one seal.

Sources: INIT, CONFIRM and QUERY as public systems in production write them. Assumptions, to be checked against the platform's
own document before it is used: REFUND and CANCEL, which those systems do not send; the address for the call-back, which the
platform may keep per partner instead; every `MaLoi` other than "00".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from motcua.errors import InvalidInput

VERSION = "1.0.6"
TAKEN = "00"
LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TIME_FORMAT = "%Y%m%d%H%M%S"

SEALED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "INIT": (
        "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan", "MaThietBi",
        "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
    ),
    "CONFIRM": (
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
        "ThongTinGiaoDich",
    ),
    "QUERY": ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"),
    "CANCEL": ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"),
    "REFUND": (
        "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "MaGiaoDich", "SoTien", "MaHoanTien", "ThongTinGiaoDich", "ThoiGianGD",
    ),
}  # fmt: skip


class MalformedConfirmation(InvalidInput):
    """A call-back of which a field is missing or has the wrong shape."""


class BadChecksum(InvalidInput):
    """A call-back whose seal does not fit: not written by the gateway, or changed on the way."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the gateway says of one bank transaction. `transaction_no` is the gateway's, unique over all orders."""

    reference: str
    transaction_no: str
    amount_vnd: int
    paid: bool
    bank: str
    at: datetime


def reference_for(key: str) -> str:
    """The reference of the order that a call makes: the same for every attempt, 22 upper-case letters and digits.

    It also travels as the purpose of the bank transfer, which holds 25 characters; 80 bits keep two calls apart.
    """
    return "MC" + hashlib.sha256(key.encode()).hexdigest()[:20].upper()


def whole_dong(value: object) -> int | None:
    """An amount as a process variable holds it, if it is money that can be paid: whole, above 0, at most 13 digits; else None."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**13 else None


def seal(message: Mapping[str, str], secret: str) -> str:
    """`MaXacThuc` of a message, by its `LoaiBanTin`."""
    fields = [message[name] for name in SEALED_FIELDS[message["LoaiBanTin"]]]
    return hashlib.sha256("|".join([*fields, secret]).encode()).hexdigest()


def sealed(message: Mapping[str, str], secret: str) -> dict[str, str]:
    """The message with its seal, ready to send."""
    return {**message, "MaXacThuc": seal(message, secret)}


def local_time(at: datetime) -> str:
    """yyyyMMddHHmmss at UTC+7."""
    return at.astimezone(LOCAL_ZONE).strftime(TIME_FORMAT)


def read_confirmation(body: Mapping[str, Any], secret: str) -> Confirmation:
    """Read the gateway's call-back CONFIRM.

    The seal is compared in constant time before any field is believed. Raises MalformedConfirmation and BadChecksum.
    """
    names = SEALED_FIELDS["CONFIRM"]
    fields = {name: _text(body, name) for name in (*names, "MaXacThuc")}
    if fields["LoaiBanTin"] != "CONFIRM":
        raise _malformed("LoaiBanTin", "CONFIRM")
    if any("|" in fields[name] for name in names):
        raise MalformedConfirmation(
            'A field of the confirmation holds a "|", which separates fields; the message is refused.', field="|"
        )
    if not hmac.compare_digest(fields["MaXacThuc"].lower().encode(), seal(fields, secret).encode()):
        raise BadChecksum(
            f'The seal of the confirmation for "{fields["MaThamChieu"]}" does not fit; nothing is booked. '
            "Compare the secret that the gateway uses with ours.",
            reference=fields["MaThamChieu"],
        )
    return _confirmation(fields)


def confirmation_reply(problem: InvalidInput | None = None) -> dict[str, str]:
    """What to answer the gateway, with HTTP 200. "00" only after the confirmation is committed; anything else is sent again."""
    if problem is None:
        return {"MaLoi": TAKEN, "MoTaLoi": "Da ghi nhan"}
    return {"MaLoi": "01" if isinstance(problem, BadChecksum) else "02", "MoTaLoi": str(problem)}


def _confirmation(fields: Mapping[str, str]) -> Confirmation:
    paid = fields["MaLoi"] == TAKEN
    wanted = {
        "MaLoi": (r"[0-9A-Za-z]{1,10}", "a short code"),
        "MaThamChieu": (r"[0-9A-Za-z._-]{1,35}", "at most 35 letters and digits"),
        "SoTien": (r"[1-9][0-9]{0,12}" if paid else r"0|[1-9][0-9]{0,12}", "a whole number of dong"),
        "MaTienTe": ("VND", "VND"),
        "MaGiaoDich": (r"[0-9A-Za-z._-]{1,50}" if paid else r"[0-9A-Za-z._-]{0,50}", "at most 50 letters and digits"),
        "ThoiGianGD": (r"[0-9]{14}", "yyyyMMddHHmmss"),
    }
    for name, (pattern, words) in wanted.items():
        if re.fullmatch(pattern, fields[name]) is None:
            raise _malformed(name, words)
    try:
        at = datetime.strptime(fields["ThoiGianGD"], TIME_FORMAT).replace(tzinfo=LOCAL_ZONE).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise _malformed("ThoiGianGD", "a moment, written yyyyMMddHHmmss") from cause
    return Confirmation(
        reference=fields["MaThamChieu"],
        transaction_no=fields["MaGiaoDich"],
        amount_vnd=int(fields["SoTien"]),
        paid=paid,
        bank=fields["MaNganHang"],
        at=at,
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and name == "SoTien" and abs(value) < 10**13:
        return str(value)
    if not isinstance(value, str) or len(value) > 1000 or not value.isprintable():
        raise _malformed(name, "text")
    return value


def _malformed(name: str, words: str) -> MalformedConfirmation:
    return MalformedConfirmation(
        f"The field {name} of the confirmation is missing or wrong: it must be {words}. Nothing is booked.", field=name
    )
