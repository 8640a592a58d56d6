"""The payment connector: orders, refunds and cancellations at the payment gateway.

Every message carries a reference derived from the call's key, so that an attempt repeated after a crash finds what the first one
did. The gateway's word for a settled order comes later, by call-back (`messages.read_confirmation`, `settlement`).

What the gateway refuses is sorted by `MaLoi`: what belongs to the procedure becomes a BPMN error; everything else (a wrong
secret, a message it cannot read, an unknown code) is for an operator and becomes an incident once the attempts are used up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.engine.connectors import BusinessFailure, Done, Operation, Outcome, ServiceCall, TechnicalFailure, Waiting
from motcua.errors import InvalidInput
from motcua.services.connectors.http_exchange import JsonExchange, OutsideAnswerUnreadable
from motcua.services.connectors.payment import messages
from motcua.services.connectors.payment.vietqr import VietQr, build_vietqr

CALLBACK_PATH = "/callbacks/payment"
PURPOSE_MAX_LENGTH = 200
REASON_MAX_LENGTH = 200

# MaLoi of a refusal that belongs to the procedure. Assumed, see `messages`.
UNKNOWN = "04"
ALREADY_PAID = "05"
ALREADY_REFUNDED = "06"
ORDER_CANCELLED = "07"
AMOUNT_NOT_ACCEPTED = "08"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="payment.collect",
        inputs={"amount_vnd": True, "purpose": True},
        # The first three once the order is open; the transaction's number once a call-back has settled it.
        outputs=("qr", "payment_reference", "payment_url", "transaction_no"),
        errors=("PAYMENT_REFUSED",),
        undo="payment.cancel",
    ),
    Operation(
        name="payment.refund",
        inputs={"reference": True, "transaction_no": True, "amount_vnd": True, "reason": True},
        outputs=("refund_no",),
        errors=("REFUND_REFUSED",),
    ),
    Operation(
        name="payment.cancel",
        inputs={"reference": True},
        outputs=("cancelled_reference",),
        errors=("ALREADY_PAID",),
    ),
    Operation(
        name="payment.query",
        inputs={"reference": True},
        outputs=("payment_state", "paid_vnd", "refunded_vnd"),
    ),
)


class PaymentInputUnusable(InvalidInput):
    """The model gave an input that no payment can be made from. Trying again does not help."""


class GatewayRefused(TechnicalFailure):
    """The gateway refused a message for a reason that an operator must look into."""


@dataclass(frozen=True, slots=True)
class PaymentSettings:
    """Where and as whom to collect.

    gateway_url: the one address that takes every message.
    callback_base_url: our own address as the gateway reaches it; CALLBACK_PATH is added.
    bank_bin, account: the account that receives the money.
    sender_ip: what the platform wants to see as the sender's address.
    """

    gateway_url: str
    partner_id: str
    secret: str = field(repr=False)
    bank_bin: str
    account: str
    callback_base_url: str
    timeout_seconds: float = 10.0
    sender_ip: str = "127.0.0.1"


class PaymentConnector:
    """Executes the operations of OPERATIONS. Safe to share between threads."""

    def __init__(self, settings: PaymentSettings) -> None:
        self._settings = settings
        self._gateway = JsonExchange("The payment gateway", settings.gateway_url, settings.timeout_seconds)
        self._operations: Mapping[str, Callable[[ServiceCall], Outcome]] = {
            "payment.collect": self._collect,
            "payment.refund": self._refund,
            "payment.cancel": self._cancel,
            "payment.query": self._query,
        }

    def call(self, call: ServiceCall) -> Outcome:
        return self._operations[call.operation](call)

    def close(self) -> None:
        self._gateway.close()

    def _collect(self, call: ServiceCall) -> Outcome:
        amount = _amount(call)
        reference = messages.reference_for(call.key)
        answer = self._send(
            {
                "LoaiBanTin": "INIT",
                "PhienBan": messages.VERSION,
                "MaDoiTac": self._settings.partner_id,
                "MaThamChieu": reference,
                "SoTien": str(amount),
                "LoaiHinhThanhToan": "PAY",
                "MaKenhThanhToan": "1",
                "MaThietBi": "1",
                "NgonNgu": "vi-VN",
                "MaTienTe": "VND",
                "MaNganHang": "PAYMENT",
                "ThongTinGiaoDich": _words_of(call, "purpose", PURPOSE_MAX_LENGTH),
                "ThoiGianGD": messages.local_time(call.now),
                "Ip": self._settings.sender_ip,
                "UrlNhanKetQua": self._settings.callback_base_url.rstrip("/") + CALLBACK_PATH,
            },
            expected=(ORDER_CANCELLED, AMOUNT_NOT_ACCEPTED),
        )
        if answer["MaLoi"] != messages.TAKEN:
            return BusinessFailure("PAYMENT_REFUSED", f"The payment gateway does not open an order: {_words(answer)}.")
        qr = VietQr(bank_bin=self._settings.bank_bin, account=self._settings.account, amount_vnd=amount, purpose=reference)
        outputs = {"qr": build_vietqr(qr), "payment_reference": reference, "payment_url": self._payment_url(answer)}
        return Waiting(reference=reference, outputs=outputs)

    def _refund(self, call: ServiceCall) -> Outcome:
        answer = self._send(
            {
                **self._head("REFUND", call),
                "MaGiaoDich": _identifier(call, "transaction_no", 50),
                "SoTien": str(_amount(call)),
                "MaHoanTien": messages.reference_for(call.key),
                "ThongTinGiaoDich": _words_of(call, "reason", REASON_MAX_LENGTH),
            },
            expected=(UNKNOWN, ALREADY_REFUNDED, AMOUNT_NOT_ACCEPTED),
        )
        if answer["MaLoi"] != messages.TAKEN:
            return BusinessFailure("REFUND_REFUSED", f"The payment gateway does not refund: {_words(answer)}.")
        return Done(outputs={"refund_no": _field(answer, "SoHoanTien")})

    def _cancel(self, call: ServiceCall) -> Outcome:
        message = self._head("CANCEL", call)
        answer = self._send(message, expected=(UNKNOWN, ALREADY_PAID, ORDER_CANCELLED))
        if answer["MaLoi"] == ALREADY_PAID:
            return BusinessFailure(
                "ALREADY_PAID", f'The order "{message["MaThamChieu"]}" is paid and cannot be cancelled; refund it instead.'
            )
        # An order that the gateway never took, or has already cancelled, cannot be paid by mistake either.
        return Done(outputs={"cancelled_reference": message["MaThamChieu"]})

    def _query(self, call: ServiceCall) -> Outcome:
        answer = self._send(self._head("QUERY", call), expected=(UNKNOWN,))
        if answer["MaLoi"] == UNKNOWN:
            return Done(outputs={"payment_state": "unknown", "paid_vnd": 0, "refunded_vnd": 0})
        return Done(
            outputs={
                "payment_state": _field(answer, "TrangThai"),
                "paid_vnd": _whole(answer, "SoTienDaThu"),
                "refunded_vnd": _whole(answer, "SoTienDaHoan"),
            }
        )

    def _head(self, kind: str, call: ServiceCall) -> dict[str, str]:
        return {
            "LoaiBanTin": kind,
            "PhienBan": messages.VERSION,
            "MaDoiTac": self._settings.partner_id,
            "MaThamChieu": _identifier(call, "reference", 35),
            "ThoiGianGD": messages.local_time(call.now),
        }

    def _send(self, message: Mapping[str, str], expected: tuple[str, ...]) -> dict[str, Any]:
        """The gateway's answer if it took the message or refused it with one of the `expected` codes."""
        answer = self._gateway.post("", messages.sealed(message, self._settings.secret))
        code = _field(answer, "MaLoi")
        if code != messages.TAKEN and code not in expected:
            raise GatewayRefused(
                f'The payment gateway refused {message["LoaiBanTin"]} for "{message["MaThamChieu"]}": {_words(answer)}. '
                "Check the partner id, the secret and the settings, then try the call again.",
                code=code,
            )
        return answer

    def _payment_url(self, answer: Mapping[str, Any]) -> str:
        url = _field(answer, "UrlThanhToan")
        if not url.startswith(("https://", "http://")):
            raise OutsideAnswerUnreadable(
                f'The payment gateway gave "{url}" as the address to pay at, which is no web address.', url=url
            )
        return url


def _amount(call: ServiceCall) -> int:
    amount = messages.whole_dong(call.inputs.get("amount_vnd"))
    if amount is None:
        raise _unusable(call, "amount_vnd", "a whole number of dong above 0")
    return amount


def _identifier(call: ServiceCall, name: str, max_length: int) -> str:
    value = call.inputs.get(name)
    if not isinstance(value, str) or re.fullmatch(rf"[0-9A-Za-z._-]{{1,{max_length}}}", value) is None:
        raise _unusable(call, name, f"at most {max_length} letters and digits")
    return value


def _words_of(call: ServiceCall, name: str, max_length: int) -> str:
    value = call.inputs.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _unusable(call, name, "text")
    return " ".join(value.replace("|", " ").split())[:max_length]


def _unusable(call: ServiceCall, name: str, wanted: str) -> PaymentInputUnusable:
    return PaymentInputUnusable(
        f"{call.operation} for dossier {call.dossier.code} needs {wanted} as its input {name}; mend the model's expression.",
        operation=call.operation,
        input=name,
    )


def _field(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise OutsideAnswerUnreadable(f"The payment gateway's answer has no {name}; the call is tried again.", field=name)
    return value


def _whole(answer: Mapping[str, Any], name: str) -> int:
    value = _field(answer, name)
    if not (value.isascii() and value.isdigit()):
        raise OutsideAnswerUnreadable(f'The payment gateway\'s answer has "{value}" as its {name}, which is no amount.', field=name)
    return int(value)


def _words(answer: Mapping[str, Any]) -> str:
    return f'"{answer.get("MoTaLoi", "no reason given")}" (MaLoi {answer.get("MaLoi")})'
