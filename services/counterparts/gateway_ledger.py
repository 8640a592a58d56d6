"""The books of the local payment gateway: orders, bank transactions, refunds, and which call-backs are still owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from motcua.engine.clock import Clock
from motcua.services.counterparts.state import State, counted

OTHER_AMOUNT = "03"
UNKNOWN = "04"
ALREADY_PAID = "05"
ALREADY_REFUNDED = "06"
ORDER_CANCELLED = "07"
AMOUNT_NOT_ACCEPTED = "08"
AMOUNT_MAX_VND = 500_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE NOT NULL, amount INTEGER NOT NULL, purpose TEXT NOT NULL,
    callback_url TEXT NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS transactions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, amount INTEGER NOT NULL, succeeded INTEGER NOT NULL,
    booked_at TEXT NOT NULL, copies_owed INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS transactions_by_reference ON transactions (reference);
CREATE INDEX IF NOT EXISTS transactions_owed ON transactions (number) WHERE copies_owed > 0;
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE NOT NULL, transaction_number INTEGER UNIQUE NOT NULL);
CREATE VIEW IF NOT EXISTS money AS
    SELECT t.*, printf('GD%010d', t.number) AS transaction_no, r.key IS NOT NULL AS refunded, r.key AS refund_key,
           printf('HT%010d', r.number) AS refund_no
    FROM transactions t LEFT JOIN refunds r ON r.transaction_number = t.number;
"""


class MessageRefused(Exception):
    """The gateway answers with `MaLoi` = code. Never leaves the counterparts."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GatewayLedger:
    """Safe to share between threads."""

    def __init__(self, clock: Clock, file: Path | None) -> None:
        self._clock = clock
        self._state = State(_SCHEMA, file)

    def close(self) -> None:
        self._state.close()

    def count(self, name: str) -> None:
        self._state.count(name)

    def order(self, reference: str) -> Mapping[str, Any] | None:
        found = self._state.rows("SELECT * FROM orders WHERE reference = ?", (reference,))
        return found[0] if found else None

    def open(self, reference: str, amount: int, purpose: str, callback_url: str) -> None:
        """Open an order, or find the same one again."""
        if amount > AMOUNT_MAX_VND:
            raise MessageRefused(AMOUNT_NOT_ACCEPTED, f"so tien vuot qua {AMOUNT_MAX_VND}")
        with self._state.transaction() as rows:
            known = self.order(reference)
            if known is None:
                rows.execute(
                    "INSERT INTO orders (reference, amount, purpose, callback_url) VALUES (?, ?, ?, ?)",
                    (reference, amount, purpose, callback_url),
                )
                return
            if known["amount"] != amount:
                raise MessageRefused(OTHER_AMOUNT, "ma tham chieu da dung cho so tien khac")
            if known["cancelled"]:
                raise MessageRefused(ORDER_CANCELLED, "yeu cau da huy")
            counted(rows, "repeated_init")

    def cancel(self, reference: str) -> None:
        with self._state.transaction() as rows:
            if self.summary(reference)["TrangThai"] == "paid":
                raise MessageRefused(ALREADY_PAID, "da thanh toan")
            rows.execute("UPDATE orders SET cancelled = 1 WHERE reference = ?", (reference,))

    def book(self, reference: str, amount: int, succeeded: bool, copies: int) -> str:
        """Money comes in, or an attempt to pay fails; it is to be told `copies` times. Returns the transaction's number."""
        booked_at = (self._clock.now() + timedelta(hours=7)).strftime("%Y%m%d%H%M%S")
        with self._state.transaction() as rows:
            added = rows.execute(
                "INSERT INTO transactions (reference, amount, succeeded, booked_at, copies_owed) VALUES (?, ?, ?, ?, ?)",
                (reference, amount, succeeded, booked_at, copies),
            )
            return f"GD{added.lastrowid:010d}"

    def refund(self, reference: str, transaction_no: str, amount: int, key: str) -> str:
        """Give one transaction back, whole and once. The same key again gives the same refund number."""
        with self._state.transaction() as rows:
            paid = [row for row in self._money_for(reference) if row["transaction_no"] == transaction_no]
            if not paid:
                raise MessageRefused(UNKNOWN, "khong co giao dich nay")
            if paid[0]["amount"] != amount:
                raise MessageRefused(AMOUNT_NOT_ACCEPTED, "so tien hoan khac so tien giao dich")
            if paid[0]["refunded"]:
                if paid[0]["refund_key"] != key:
                    raise MessageRefused(ALREADY_REFUNDED, "giao dich da duoc hoan")
                counted(rows, "repeated_refund")
                return str(paid[0]["refund_no"])
            added = rows.execute("INSERT INTO refunds (key, transaction_number) VALUES (?, ?)", (key, paid[0]["number"]))
            return f"HT{added.lastrowid:010d}"

    def summary(self, reference: str) -> dict[str, str]:
        """The answer to QUERY: state of the order, money taken and money given back."""
        order = self.order(reference)
        if order is None:
            raise MessageRefused(UNKNOWN, "khong co yeu cau nay")
        money = self._money_for(reference)
        return {
            "TrangThai": _state_of(order, money),
            "SoTienDaThu": str(sum(row["amount"] for row in money)),
            "SoTienDaHoan": str(sum(row["amount"] for row in money if row["refunded"])),
        }

    def owed(self) -> list[Mapping[str, Any]]:
        """Transactions whose call-back is still to be sent, oldest first, each with the address to tell."""
        return self._state.rows(
            "SELECT m.*, coalesce(o.callback_url, (SELECT callback_url FROM orders ORDER BY number DESC LIMIT 1)) AS callback_url "
            "FROM money m LEFT JOIN orders o USING (reference) "
            "WHERE copies_owed > 0 AND EXISTS (SELECT 1 FROM orders) ORDER BY m.number"
        )

    def told(self, number: int, acknowledged: bool) -> None:
        """Record one attempt at a call-back."""
        with self._state.transaction() as rows:
            rows.execute(
                "UPDATE transactions SET attempts = attempts + 1, copies_owed = copies_owed - ?, acknowledged = acknowledged + ? "
                "WHERE number = ?",
                (acknowledged, acknowledged, number),
            )

    def inspect(self) -> dict[str, Any]:
        """Everything, for `GET /_state`."""
        booked = self._state.rows("SELECT * FROM money ORDER BY number")
        by_reference: dict[str, list[Mapping[str, Any]]] = {}
        for row in booked:
            if row["succeeded"]:
                by_reference.setdefault(row["reference"], []).append(row)
        return {
            "orders": {
                order["reference"]: {
                    "amount_vnd": order["amount"],
                    "purpose": order["purpose"],
                    "state": _state_of(order, by_reference.get(order["reference"], [])),
                }
                for order in self._state.rows("SELECT * FROM orders ORDER BY number")
            },
            "transactions": {
                row["transaction_no"]: {
                    "reference": row["reference"],
                    "amount_vnd": row["amount"],
                    "succeeded": bool(row["succeeded"]),
                    "refund_no": row["refund_no"] if row["refunded"] else None,
                    "callbacks_sent": row["attempts"],
                    "callbacks_acknowledged": row["acknowledged"],
                    "callbacks_owed": row["copies_owed"],
                }
                for row in booked
            },
            "money_taken_vnd": sum(row["amount"] for row in booked if row["succeeded"]),
            "money_refunded_vnd": sum(row["amount"] for row in booked if row["refunded"]),
            "counts": self._state.counts(),
        }

    def _money_for(self, reference: str) -> list[Mapping[str, Any]]:
        return self._state.rows("SELECT * FROM money WHERE reference = ? AND succeeded ORDER BY number", (reference,))


def _state_of(order: Mapping[str, Any], money: Sequence[Mapping[str, Any]]) -> str:
    in_full = [row for row in money if row["amount"] == order["amount"]]
    if order["cancelled"]:
        return "cancelled"
    if not in_full:
        return "waiting"
    return "refunded" if all(row["refunded"] for row in in_full) else "paid"
