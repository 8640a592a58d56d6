"""The ten procedures on the engine, from filing to each of their ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from motcua.bpmn.document import read_document
from motcua.engine.dossier import Applicant, Channel, Dossier, Ending, Status
from motcua.engine.dossier_engine import Application
from motcua.procedures_catalog.catalog import load_catalog
from tests.office import Office, fill

CODES = load_catalog().codes()
AUTHORITY = {"commune": "H05.21", "province": "H05.02"}
EXAMPLES: Mapping[str, Any] = {"text": "đã ghi", "integer": 3, "decimal": "1.5", "date": "2026-02-20"}
AWAITED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "1.012783": ("tax_paid", {"tax_receipt_number": "T1", "tax_paid_on": "2026-03-03"}),
    "3.000333": ("agency_replied", {"has_record": "no", "reply_text": "không"}),
}
SUPPLEMENT: tuple[str, Mapping[str, Any]] = ("supplement_received", {"supplement_note": "đã nộp"})


def filed(office: Office, code: str) -> str:
    """A dossier with something in every field of the application, and the first case where there are cases."""
    office.publish(code)
    catalog = load_catalog()
    procedure = catalog.procedure(code)
    start = read_document(catalog.versions(code)[0].model, code).processes[0].nodes[0]
    application = Application(
        procedure_code=code,
        authority_code=AUTHORITY[procedure.tiers[0]],
        tier=procedure.tiers[0],
        applicant=Applicant("Nguyễn Văn An", identifier="024090001234"),
        channel=Channel.DIRECT,
        entries={field.name: field.options[0].value if field.options else EXAMPLES[field.type] for field in start.form},
        case=next(iter(procedure.cases), None),
    )
    opened = office.engine.open(application).code
    office.serve()
    return opened


def carry(office: Office, dossier: str, **answers: list[str]) -> Dossier:
    """Complete whatever is open, giving each answer once and else the first choice; what is awaited from outside comes in."""
    told = 0
    for _ in range(60):
        office.pay(dossier)
        tasks = office.tasks(dossier)
        if tasks:
            task = next(iter(tasks.values()))
            names = {field["name"] for field in task.form}
            given = {name: left.pop(0) for name, left in answers.items() if name in names and left}
            office.do(dossier, task.activity_id, **{**fill(task), **given})
            continue
        if office.dossier(dossier).closed_at:
            break
        told += 1
        there = office.dossier(dossier)
        asked = there.status is Status.SUPPLEMENT_REQUESTED
        name, payload = SUPPLEMENT if asked else AWAITED[there.procedure_code]
        assert office.tell(dossier, name, message_id=f"message-{told}", **payload)
    return office.dossier(dossier)


@pytest.mark.parametrize("code", CODES)
def test_everybody_agrees_and_the_result_is_returned(code: str) -> None:
    office = Office()
    dossier = carry(office, filed(office, code))
    assert (dossier.status, dossier.ending) == (Status.RETURNED, Ending.RETURNED)
    assert dossier.closed_at
    assert office.acts(dossier.code)[-2:] == ["process", "return"]
    assert len(office.outside.made("signing.seal")) == 1
    assert len(office.outside.made("national_portal.publish_result")) == 1


@pytest.mark.parametrize("code", CODES)
def test_the_officer_refuses_and_nothing_is_signed(code: str) -> None:
    office = Office()
    dossier = carry(office, filed(office, code), decision=["refuse"])
    assert (dossier.status, dossier.ending) == (Status.STOPPED, Ending.REFUSED)
    assert dossier.closed_at
    assert len(office.outside.made("documents.refusal")) == 1
    assert office.outside.made("signing.seal") == []


@pytest.mark.parametrize("code", CODES)
def test_the_desk_declines_before_receipt(code: str) -> None:
    office = Office()
    dossier = carry(office, filed(office, code), completeness=["decline"])
    assert (dossier.status, dossier.received_at) == (Status.NOT_ACCEPTED, None)
    assert dossier.closed_at
    assert office.acts(dossier.code) == ["decline"]


@pytest.mark.parametrize("code", CODES)
def test_the_leader_sends_the_file_back_once_and_then_signs(code: str) -> None:
    office = Office()
    dossier = carry(office, filed(office, code), leader_decision=["return"])
    assert dossier.ending is Ending.RETURNED
    assert len(office.outside.made("documents.draft_result")) == 2
    assert len(office.outside.made("signing.seal")) == 1


@pytest.mark.parametrize("code", [code for code in CODES if code != "2.000815"])
def test_the_applicant_supplements_and_the_clock_stood_still_meanwhile(code: str) -> None:
    office = Office()
    dossier = carry(office, filed(office, code), decision=["supplement"])
    assert dossier.ending is Ending.RETURNED
    assert dossier.pauses[0].cause == "supplement"
    assert all(pause.ended_at for pause in dossier.pauses)


def test_the_applicant_never_supplements_and_the_dossier_closes_after_fifteen_working_days() -> None:
    office = Office()
    code = filed(office, "1.009645")
    office.do_until(code, "appraise")
    office.do(code, "appraise", decision="supplement")
    office.wait(days=20)  # Monday 2 March to Sunday 22 March: 14 working days after the first
    assert office.dossier(code).status is Status.SUPPLEMENT_REQUESTED
    office.wait(days=2)
    assert office.dossier(code).ending is Ending.UNSUPPLEMENTED
    assert office.dossier(code).closed_at


def test_the_applicant_withdraws_while_the_officer_appraises() -> None:
    office = Office()
    code = filed(office, "1.000828")
    office.do_until(code, "appraise")
    office.tell(code, "withdrawal_requested", withdrawal_reason="đổi ý")
    assert list(office.tasks(code)) == ["confirm_withdrawal"]
    office.do(code, "confirm_withdrawal")
    assert office.dossier(code).ending is Ending.WITHDRAWN
    assert office.dossier(code).closed_at


@pytest.mark.parametrize("reached", ["check_completeness", "the payment"])
def test_the_applicant_withdraws_before_the_dossier_is_received(reached: str) -> None:
    office = Office()
    code = filed(office, "1.000828")
    if reached == "the payment":
        office.do(code, "check_completeness")
        assert office.dossier(code).status is Status.PAYMENT_REQUESTED
    office.tell(code, "withdrawal_requested", withdrawal_reason="đổi ý")
    office.do(code, "confirm_withdrawal")
    assert office.dossier(code).ending is Ending.WITHDRAWN
    assert office.dossier(code).received_at is None
    assert office.dossier(code).closed_at
    assert len(office.outside.made("payment.cancel")) == (reached == "the payment")


@pytest.mark.parametrize(
    ("filed_at", "fee_vnd"),
    [
        (datetime(2026, 12, 31, 9, 0, tzinfo=UTC), 400_000),  # 31 December, 16:00 in Vietnam
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), 800_000),  # midnight in Vietnam: the first day of the higher fee
    ],
)
def test_the_lawyer_pays_the_fee_of_the_day_of_filing_whenever_it_is_checked(filed_at: datetime, fee_vnd: int) -> None:
    office = Office(at=filed_at)
    code = filed(office, "1.000828")
    office.wait(days=5)
    office.do(code, "check_completeness")
    [order] = office.outside.made("payment.collect")
    assert order.inputs["amount_vnd"] == fee_vnd


def test_nobody_pays_and_the_desk_stops_waiting() -> None:
    office = Office()
    code = filed(office, "1.000828")
    office.do(code, "check_completeness")
    assert office.dossier(code).status is Status.PAYMENT_REQUESTED
    office.wait(days=23)
    office.do(code, "remind_to_pay", payment_reminder="stop")
    assert office.dossier(code).status is Status.NOT_ACCEPTED
    assert office.acts(code) == ["ask_payment", "decline"]


def test_the_payment_gateway_refuses_and_the_desk_tries_again() -> None:
    office = Office()
    office.outside.refusals["payment.collect"] = "PAYMENT_REFUSED"
    code = filed(office, "2.000815")
    office.do(code, "check_completeness")
    office.outside.refusals.clear()
    office.do(code, "remind_to_pay", payment_reminder="remind")
    assert office.outside.made("payment.collect")[-1].inputs["amount_vnd"] == 15_000  # 3 copies of 3 pages at 5,000
    assert carry(office, code).ending is Ending.RETURNED


def test_a_delay_is_announced_a_working_day_before_the_limit_or_not_at_all() -> None:
    office = Office()
    announced, silent = filed(office, "1.000828"), filed(office, "1.000828")
    for code in (announced, silent):
        office.do_until(code, "appraise")
    office.wait(days=18)  # Friday 20 March; the 15 working days end on Monday 23 March
    office.do(
        announced, "decide_extension", extension_decision="extend", extension_reason="chờ xác minh", new_promise_on="2026-03-27"
    )
    office.wait(days=4)
    assert [promise.by for promise in office.dossier(announced).promises] == ["receipt_slip", "apology_letter"]
    assert [promise.by for promise in office.dossier(silent).promises] == ["receipt_slip"]
    assert list(office.tasks(silent)) == ["appraise"]


def test_the_tax_payment_moves_the_due_date_by_the_days_it_took() -> None:
    office = Office()
    code = filed(office, "1.012783")
    office.do_until(code, "send_to_tax")
    before = office.dossier(code).due_on
    office.do(code, "send_to_tax")
    office.wait(days=7)
    office.tell(code, "tax_paid", tax_receipt_number="T1", tax_paid_on="2026-03-09")
    after = office.dossier(code).due_on
    assert before is not None
    assert after is not None
    assert (after - before).days == 7  # a week off the clock, weekend included
    assert carry(office, code).ending is Ending.RETURNED
