"""VietQR texts: what a banking application reads from the screen or from paper.

A VietQR is an EMVCo merchant-presented text of tag, two-digit length and value (TLV), closed by a CRC:

    000201 010212 38…(A000000727: bank and account) 5303704 5405… 5802VN 62…(08: purpose) 6304 CRC

Builder and parser are each other's inverse: whatever `parse_vietqr` accepts, `build_vietqr` gives back byte for byte, and
everything else is refused. Sources: EMVCo QR Code Specification for Payment Systems, merchant-presented mode; NAPAS VietQR
(account transfer, service QRIBFTTA).
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass

import segno

from motcua.errors import InvalidInput

PURPOSE_MAX_LENGTH = 25  # EMVCo: a sub-field of tag 62 holds at most 25 characters
AMOUNT_MAX_DIGITS = 13  # EMVCo: tag 54 holds at most 13 characters

_NAPAS = "A000000727"
_TRANSFER_TO_ACCOUNT = "QRIBFTTA"
_DONG = "704"


class VietQrUnreadable(InvalidInput):
    """The text is no VietQR of the kind that motcua writes."""


class VietQrFieldUnusable(InvalidInput):
    """A field cannot be written into a VietQR."""


@dataclass(frozen=True, slots=True)
class VietQr:
    """What a VietQR says.

    bank_bin: six digits. account: 1 to 19 letters and digits. amount_vnd: whole dong, or None for a static code in which the
    payer enters it. purpose: printable ASCII, at most 25 characters; the bank hands it back with the transfer.
    """

    bank_bin: str
    account: str
    amount_vnd: int | None = None
    purpose: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{6}", self.bank_bin):
            raise _unusable("bank_bin", self.bank_bin, "six digits, such as 970436")
        if not re.fullmatch(r"[0-9A-Za-z]{1,19}", self.account):
            raise _unusable("account", self.account, "1 to 19 letters and digits without spaces")
        if self.amount_vnd is not None and not 0 < self.amount_vnd < 10**AMOUNT_MAX_DIGITS:
            raise _unusable(
                "amount_vnd", str(self.amount_vnd), f"a whole number of dong above 0, of at most {AMOUNT_MAX_DIGITS} digits"
            )
        if self.purpose is not None and not re.fullmatch(rf"[ -~]{{1,{PURPOSE_MAX_LENGTH}}}", self.purpose):
            raise _unusable("purpose", self.purpose, f"1 to {PURPOSE_MAX_LENGTH} ASCII characters; `ascii_purpose` makes one")


def build_vietqr(qr: VietQr) -> str:
    """The text to draw as a QR code; ASCII."""
    account = _tlv("00", _NAPAS) + _tlv("01", _tlv("00", qr.bank_bin) + _tlv("01", qr.account)) + _tlv("02", _TRANSFER_TO_ACCOUNT)
    body = _tlv("00", "01") + _tlv("01", "11" if qr.amount_vnd is None else "12") + _tlv("38", account) + _tlv("53", _DONG)
    if qr.amount_vnd is not None:
        body += _tlv("54", str(qr.amount_vnd))
    body += _tlv("58", "VN")
    if qr.purpose is not None:
        body += _tlv("62", _tlv("08", qr.purpose))
    return _with_crc(body)


def parse_vietqr(text: str) -> VietQr:
    """Read what `build_vietqr` wrote. Raises VietQrUnreadable for a wrong CRC, length, order, or any unknown field."""
    if not text.isascii() or text[-8:-4] != "6304" or _with_crc(text[:-8]) != text:
        raise VietQrUnreadable("The VietQR text is damaged: its CRC does not fit. Scan it again, or ask for a new code.", text=text)
    fields = _read_tlv(text[:-8], text)
    merchant = _read_tlv(fields.get("38", ""), text)
    beneficiary = _read_tlv(merchant.get("01", ""), text)
    amount = fields.get("54")
    try:
        qr = VietQr(
            bank_bin=beneficiary.get("00", ""),
            account=beneficiary.get("01", ""),
            amount_vnd=None if amount is None else int(amount),
            purpose=_read_tlv(fields["62"], text).get("08", "") if "62" in fields else None,
        )
    except (VietQrFieldUnusable, ValueError) as cause:
        raise VietQrUnreadable(f"The VietQR text holds a field that cannot be used: {cause}", text=text) from cause
    if build_vietqr(qr) != text:
        raise VietQrUnreadable(
            "The text is an EMVCo code, but no plain VietQR account transfer in dong; only those can be read here.", text=text
        )
    return qr


def ascii_purpose(text: str, max_length: int = PURPOSE_MAX_LENGTH) -> str:
    """Vietnamese text as banks accept it: without diacritics, letters, digits, spaces, dots and hyphens, cut to `max_length`."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(sign if re.fullmatch(r"[0-9A-Za-z.\- ]", sign) else " " for sign in plain if not unicodedata.combining(sign))
    return " ".join(kept.split())[:max_length].strip()


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, not reflected) of ASCII text, as four upper-case hex digits."""
    remainder = 0xFFFF
    for byte in text.encode("ascii"):
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ 0x1021 if remainder & 0x8000 else remainder << 1
        remainder &= 0xFFFF
    return f"{remainder:04X}"


def qr_svg(text: str, module_size: int = 4) -> str:
    """The QR code of a text as an inline SVG element, with the quiet zone that scanners need."""
    return segno.make_qr(text, error="m").svg_inline(scale=module_size, border=4)


def qr_png(text: str, module_size: int = 8) -> bytes:
    """The QR code of a text as a PNG image; `module_size` in pixels."""
    image = io.BytesIO()
    segno.make_qr(text, error="m").save(image, kind="png", scale=module_size, border=4)
    return image.getvalue()


def _tlv(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def _with_crc(body: str) -> str:
    return f"{body}6304{crc16(body + '6304')}"


def _read_tlv(text: str, whole: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = re.fullmatch(r"([0-9]{2})([0-9]{2})", text[at : at + 4])
        if head is None or at + 4 + int(head[2]) > len(text) or head[1] in fields:
            raise VietQrUnreadable(
                f"The VietQR text is broken at its field {text[at : at + 2]!r}: a length does not fit, or a field comes twice.",
                text=whole,
            )
        fields[head[1]] = text[at + 4 : at + 4 + int(head[2])]
        at += 4 + int(head[2])
    return fields


def _unusable(name: str, value: str, wanted: str) -> VietQrFieldUnusable:
    return VietQrFieldUnusable(f'A VietQR cannot hold "{value}" as its {name}: it needs {wanted}.', name=name, value=value)
