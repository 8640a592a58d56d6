"""What a confirmed payment does to the order it names. One pure decision, so that no money is counted twice or lost.

    paid? ──no──► IGNORE
      │ yes
    transaction known? ──yes──► IGNORE            (the gateway tells at least once)
      │ no
    order settled, ended or not ours; other amount? ──yes──► REFUND
      │ no
    SETTLE

The caller decides under a lock on the order, and in the same transaction records the transaction number as known, whether it
was settled or refunded. Then, whatever the order and repetition of call-backs: money taken = settled + refunded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from motcua.engine.dossier import CallState
from motcua.services.connectors.payment.messages import Confirmation


class Decision(StrEnum):
    SETTLE = "settle"
    REFUND = "refund"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to do with one confirmation, and why, in words for the dossier's history."""

    decision: Decision
    reason: str


# The citizen can pay from the moment the gateway took the order: before our own row says so, and also when the answer was
# lost and the call became an incident.
_PAYABLE = frozenset({CallState.QUEUED, CallState.RUNNING, CallState.WAITING, CallState.INCIDENT})


def decide_settlement(
    call_state: CallState | None,
    expected_amount_vnd: int,
    already_settled: bool,
    known_transaction: bool,
    confirmation: Confirmation,
) -> Settlement:
    """Decide about one confirmation.

    call_state: of the service call that collects under this reference; None when no call of ours does.
    already_settled: whether another transaction has settled the order. known_transaction: whether this one was booked before.
    """
    money = f"Transaction {confirmation.transaction_no} of {confirmation.amount_vnd} VND"
    if not confirmation.paid:
        return Settlement(
            Decision.IGNORE, f'The gateway reports an attempt to pay "{confirmation.reference}" that did not succeed.'
        )
    if known_transaction:
        return Settlement(Decision.IGNORE, f"{money} was told before and is counted once.")
    if call_state is None:
        return Settlement(Decision.REFUND, f'{money} names "{confirmation.reference}", under which nothing is to be paid.')
    if already_settled or call_state is CallState.DONE:
        return Settlement(Decision.REFUND, f"{money} pays a second time what is already paid.")
    if call_state not in _PAYABLE:
        return Settlement(Decision.REFUND, f"{money} came after the order had ended ({call_state.value}).")
    if confirmation.amount_vnd != expected_amount_vnd:
        return Settlement(Decision.REFUND, f"{money} is not the amount asked for, {expected_amount_vnd} VND.")
    return Settlement(Decision.SETTLE, f"{money} pays the order in full.")
