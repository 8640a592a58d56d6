"""What a confirmation does to an order: by table, and as a law over every order and repetition of call-backs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.dossier import CallState
from motcua.services.connectors.payment.messages import Confirmation
from motcua.services.connectors.payment.settlement import Decision, decide_settlement
from tests.services.outside_systems import MONDAY_8_AM

PAID = Confirmation(reference="MC1", transaction_no="GD1", amount_vnd=15000, paid=True, bank="LOCALBANK", at=MONDAY_8_AM)
OTHER_AMOUNT = replace(PAID, amount_vnd=14000)
FAILED = replace(PAID, paid=False)


@pytest.mark.parametrize(
    ("state", "settled", "known", "told", "decision", "reason"),
    [
        (CallState.WAITING, False, False, PAID, Decision.SETTLE, "in full"),
        (CallState.RUNNING, False, False, PAID, Decision.SETTLE, "in full"),
        (CallState.QUEUED, False, False, PAID, Decision.SETTLE, "in full"),
        (CallState.INCIDENT, False, False, PAID, Decision.SETTLE, "in full"),
        (CallState.WAITING, False, False, OTHER_AMOUNT, Decision.REFUND, "not the amount asked for, 15000 VND"),
        (CallState.WAITING, True, False, PAID, Decision.REFUND, "a second time"),
        (CallState.DONE, False, False, PAID, Decision.REFUND, "a second time"),
        (CallState.CANCELLED, False, False, PAID, Decision.REFUND, "after the order had ended"),
        (CallState.FAILED, False, False, PAID, Decision.REFUND, "after the order had ended"),
        (None, False, False, PAID, Decision.REFUND, "nothing is to be paid"),
        (CallState.DONE, True, True, PAID, Decision.IGNORE, "told before"),
        (CallState.CANCELLED, False, True, PAID, Decision.IGNORE, "told before"),
        (CallState.WAITING, False, False, FAILED, Decision.IGNORE, "did not succeed"),
        (CallState.CANCELLED, True, True, FAILED, Decision.IGNORE, "did not succeed"),
    ],
)
def test_each_confirmation_is_settled_refunded_or_ignored_for_a_stated_reason(
    state: CallState | None, settled: bool, known: bool, told: Confirmation, decision: Decision, reason: str
) -> None:
    settlement = decide_settlement(state, 15000, settled, known, told)
    assert settlement.decision is decision
    assert reason in settlement.reason


transfers = st.dictionaries(
    keys=st.sampled_from([f"GD{number}" for number in range(6)]),
    values=st.tuples(st.sampled_from([14000, 15000, 15001]), st.booleans()),
    min_size=1,
)


@given(transfers, st.data())
def test_money_taken_is_money_settled_plus_money_refunded_whatever_the_order_and_repetition(
    transfers: dict[str, tuple[int, bool]], data: st.DataObject
) -> None:
    told = [replace(PAID, transaction_no=number, amount_vnd=amount, paid=paid) for number, (amount, paid) in transfers.items()]
    every = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=10))))
    cancelled_before = data.draw(st.integers(0, len(every)) | st.none())
    state, known, settled, refunded = CallState.WAITING, set[str](), list[Confirmation](), list[Confirmation]()
    for position, confirmation in enumerate(every):
        if position == cancelled_before and state is CallState.WAITING:
            state = CallState.CANCELLED
        decision = decide_settlement(state, 15000, bool(settled), confirmation.transaction_no in known, confirmation).decision
        if decision is Decision.SETTLE:
            state = CallState.DONE
            settled.append(confirmation)
        elif decision is Decision.REFUND:
            refunded.append(confirmation)
        if decision is not Decision.IGNORE:
            known.add(confirmation.transaction_no)

    taken = sum(amount for amount, paid in transfers.values() if paid)
    assert taken == sum(one.amount_vnd for one in settled) + sum(one.amount_vnd for one in refunded)
    assert [one.amount_vnd for one in settled] in ([], [15000])
    assert len({one.transaction_no for one in settled + refunded}) == len(settled + refunded)
