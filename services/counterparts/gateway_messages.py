"""How the local gateway checks what it receives: fields, shapes, lengths and the seal, from its own tables."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from motcua.services.counterparts.gateway_ledger import MessageRefused

BAD_SEAL = "01"
MALFORMED = "02"

_REFERENCE = r"[0-9A-Za-z._-]{1,35}"
_AMOUNT = r"[1-9][0-9]{0,12}"
_TEXT = r".{1,255}"
_HEAD = (
    ("LoaiBanTin", r"[A-Z]{4,10}"),
    ("PhienBan", r"[0-9.]{1,10}"),
    ("MaDoiTac", r"[0-9A-Za-z._-]{1,50}"),
    ("MaThamChieu", _REFERENCE),
)
_TIME = ("ThoiGianGD", r"[0-9]{14}")

# In the order in which the seal joins them.
_SEALED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "INIT": (
        *_HEAD,
        ("SoTien", _AMOUNT),
        ("LoaiHinhThanhToan", r"[A-Z]{1,10}"),
        ("MaKenhThanhToan", r"[0-9A-Z]{1,10}"),
        ("MaThietBi", r"[0-9A-Za-z]{1,50}"),
        ("NgonNgu", r"vi-VN|en-US"),
        ("MaTienTe", r"VND"),
        ("MaNganHang", r"[0-9A-Z]{1,20}"),
        ("ThongTinGiaoDich", _TEXT),
        _TIME,
        ("Ip", r"[0-9a-fA-F.:]{3,45}"),
    ),
    "QUERY": (*_HEAD, _TIME),
    "CANCEL": (*_HEAD, _TIME),
    "REFUND": (
        *_HEAD,
        ("MaGiaoDich", r"[0-9A-Za-z._-]{1,50}"),
        ("SoTien", _AMOUNT),
        ("MaHoanTien", _REFERENCE),
        ("ThongTinGiaoDich", _TEXT),
        _TIME,
    ),
}
_CONFIRM = (
    "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
    "ThongTinGiaoDich",
)  # fmt: skip


def checked(body: Mapping[str, Any] | None, partner: str, secret: str) -> dict[str, str]:
    """The message, every sealed field a text of the right shape. Raises MessageRefused."""
    kind = str(body.get("LoaiBanTin")) if body else ""
    if body is None or kind not in _SEALED:
        raise MessageRefused(MALFORMED, "khong ro loai ban tin")
    for name, pattern in _SEALED[kind]:
        value = body.get(name)
        if not isinstance(value, str) or "|" in value or re.fullmatch(pattern, value) is None:
            raise MessageRefused(MALFORMED, f"truong {name} khong hop le")
    if kind == "INIT" and re.fullmatch(r"https?://[^\s|]{1,500}", str(body.get("UrlNhanKetQua"))) is None:
        raise MessageRefused(MALFORMED, "truong UrlNhanKetQua khong hop le")
    _check_moment(body["ThoiGianGD"])
    expected = _digest([body[name] for name, _ in _SEALED[kind]], secret)
    if body["MaDoiTac"] != partner or not hmac.compare_digest(expected.encode(), str(body.get("MaXacThuc")).encode()):
        raise MessageRefused(BAD_SEAL, "sai ma xac thuc")
    return {name: value for name, value in body.items() if isinstance(value, str)}


def confirmation(transaction: Mapping[str, Any], partner: str, secret: str) -> dict[str, str]:
    """The call-back CONFIRM that tells of a booked transaction."""
    message = {
        "LoaiBanTin": "CONFIRM",
        "MaLoi": "00" if transaction["succeeded"] else "24",
        "MaDoiTac": partner,
        "MaThamChieu": transaction["reference"],
        "SoTien": str(transaction["amount"]),
        "MaTienTe": "VND",
        "MaGiaoDich": transaction["transaction_no"],
        "MaNganHang": "LOCALBANK",
        "ThoiGianGD": transaction["booked_at"],
        "ThongTinGiaoDich": transaction["reference"],
    }
    return {**message, "MaXacThuc": _digest([message[name] for name in _CONFIRM], secret)}


def _digest(fields: list[str], secret: str) -> str:
    return hashlib.sha256("|".join([*fields, secret]).encode()).hexdigest()


def _check_moment(text: str) -> None:
    try:
        datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as cause:
        raise MessageRefused(MALFORMED, "ThoiGianGD khong phai la thoi diem") from cause
