"""The payment desk: what a gateway's call-back does to the dossier that waits for the money.

In one transaction, under the dossier's lock: the confirmation is judged, the bank transaction is booked once, and either the
waiting service call is done or a refund is asked for. Only then is the gateway told that we took it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from motcua.engine.dossier import CallState, ServiceCallRecord
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.session import DossierSession
from motcua.engine.store import PaymentReceipt
from motcua.errors import Conflict, InvalidInput
from motcua.services.connectors.payment.messages import Confirmation, confirmation_reply, read_confirmation, whole_dong
from motcua.services.connectors.payment.settlement import Decision, decide_settlement

SETTLED = "settled"
REFUND_DUE = "refund_due"


class OrderNotKnownYet(Conflict):
    """The confirmation names an order that no committed service call has; the gateway sends it again."""


class PaymentDesk:
    """Takes the gateway's confirmations. Safe to share between threads."""

    def __init__(self, engine: DossierEngine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def take(self, body: Mapping[str, Any]) -> dict[str, str]:
        """Judge one call-back and answer it. A forged or malformed one is answered with its fault and changes nothing."""
        try:
            confirmation = read_confirmation(body, self._secret)
        except InvalidInput as problem:
            return confirmation_reply(problem)
        order = self._engine.store.call_by_reference(confirmation.reference)
        if order is None:
            raise OrderNotKnownYet(
                f'No payment order "{confirmation.reference}" is known here (yet). Send the confirmation again later.',
                reference=confirmation.reference,
            )
        with self._engine.command(order.dossier_code, "payment_gateway") as session:
            self._judge(session, order, confirmation)
        return confirmation_reply()

    def _judge(self, session: DossierSession, order: ServiceCallRecord, confirmation: Confirmation) -> None:
        current = session.calls.get(order.key)
        state = current.state if current is not None else self._state_of_finished(order)
        settlement = decide_settlement(
            state,
            whole_dong(order.inputs.get("amount_vnd")) or 0,
            already_settled=state is CallState.DONE,
            known_transaction=session.tx.receipt(confirmation.transaction_no) is not None,
            confirmation=confirmation,
        )
        if settlement.decision is Decision.IGNORE:
            session.record("payment_ignored", {"reference": confirmation.reference, "reason": settlement.reason})
            return
        settles = settlement.decision is Decision.SETTLE
        session.add_receipt(
            PaymentReceipt(
                transaction_no=confirmation.transaction_no,
                reference=confirmation.reference,
                dossier_code=order.dossier_code,
                amount_vnd=confirmation.amount_vnd,
                received_at=session.now,
                state=SETTLED if settles else REFUND_DUE,
                reason=settlement.reason,
            )
        )
        if settles:
            assert current is not None
            session.finish_call(order.key, {**current.outputs, "transaction_no": confirmation.transaction_no})
        else:
            session.ask(
                "payment.refund",
                {
                    "reference": confirmation.reference,
                    "transaction_no": confirmation.transaction_no,
                    "amount_vnd": confirmation.amount_vnd,
                    "reason": settlement.reason,
                },
                key=f"refund/{confirmation.transaction_no}",
            )

    def _state_of_finished(self, order: ServiceCallRecord) -> CallState:
        """The order is not among the session's unfinished calls: read again, under the lock, how it ended."""
        found = self._engine.store.call_by_reference(str(order.reference))
        return order.state if found is None else found.state
