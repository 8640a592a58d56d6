"""Stories of dossiers that hold over every store. `test_memory_stories.py` and `test_postgres_stories.py` run them.

Local time is UTC+7; 2 March 2026 is a Monday, and no holiday falls in that month.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from motcua.engine.acts import ActOutOfOrder
from motcua.engine.codec import ValueRefused
from motcua.engine.connectors import Done, ServiceCall
from motcua.engine.deadlines import ExtensionTooLate, SecondSupplementRequest
from motcua.engine.dossier import Applicant, CallState, Ending, Status
from motcua.engine.dossier_engine import (
    ApplicationRefused,
    DossierClosed,
    MessageUnknown,
    NotTheirTask,
    ProcedureNotPublished,
)
from motcua.engine.event_log import verify
from motcua.engine.forms import FormRefused
from motcua.engine.operators import Because
from motcua.engine.service_calls import apply_outcome, holds_lease
from motcua.engine.spiff.run import TokenGone
from motcua.engine.store import UnknownTask
from motcua.procedures_catalog.procedure import CaseNeeded
from tests.office import Office

LAWYER, BIRTH, SHOP, LAND, COPIES = "1.000828", "1.001193", "1.001612", "1.012783", "2.000815"


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


class DossierStories:
    """Subclass with a fixture `office`."""

    # ---- filing

    def test_a_lawyers_certificate_goes_from_the_desk_to_the_applicant_and_every_step_is_in_the_history(
        self, office: Office
    ) -> None:
        code = office.file(LAWYER)
        dossier = office.finish(code)
        assert dossier.ending is Ending.RETURNED
        assert dossier.on_time
        assert office.acts(code) == ["ask_payment", "receive", "start_processing", "process", "return"]
        assert verify(office.store.events(code)).holds
        assert office.kinds(code)[-2:] == ["closed", "service_done"], "the portal is told last of all"

    def test_dossiers_are_numbered_by_authority_and_day(self, office: Office) -> None:
        assert [office.file(BIRTH), office.file(BIRTH)] == ["H05.21-260302-0001", "H05.21-260302-0002"]
        assert office.file(LAWYER) == "H05.02-260302-0001"
        office.wait(days=1)
        assert office.file(BIRTH) == "H05.21-260303-0001"

    def test_the_same_request_sent_twice_opens_one_dossier(self, office: Office) -> None:
        first = office.file(BIRTH, request_id="r-1")
        assert office.file(BIRTH, request_id="r-1") == first
        assert office.file(BIRTH, request_id="r-2") != first

    def test_opening_tells_whether_the_request_came_before(self, office: Office) -> None:
        office.publish(BIRTH)
        first, again = (office.engine.open(office.application(BIRTH, request_id="r-1")) for _ in range(2))
        assert (first.is_new, again.is_new) == (True, False)
        assert again.dossier == first.dossier

    def test_a_procedure_that_is_not_published_is_refused_with_its_code(self, office: Office) -> None:
        with pytest.raises(ProcedureNotPublished, match=LAWYER):
            office.engine.open(office.application(LAWYER))

    def test_an_application_without_a_required_field_names_it_and_opens_nothing(self, office: Office) -> None:
        office.publish(BIRTH)
        with pytest.raises(FormRefused) as refusal:
            office.engine.open(office.application(BIRTH, entries={"child_name": "An", "surprise": 1}))
        assert {"child_born_on", "child_sex", "birth_place", "surprise"} <= set(refusal.value.facts["fields"])
        assert office.file(BIRTH).endswith("-0001"), "no number was used up"

    def test_a_limit_that_differs_by_case_needs_the_case_when_filed(self, office: Office) -> None:
        with pytest.raises(CaseNeeded):
            office.file(LAND)
        assert office.file(LAND, case="2")

    def test_an_applicant_needs_a_name_and_a_personal_number_has_twelve_digits(self, office: Office) -> None:
        office.publish(BIRTH)
        for applicant in (Applicant(" "), Applicant("An", identifier="12345"), Applicant("An", kind="alien")):
            with pytest.raises(ApplicationRefused):
                office.engine.open(office.application(BIRTH, applicant=applicant))

    # ---- deadlines

    def test_fifteen_working_days_from_monday_end_three_weeks_later(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do(code, "check_completeness")
        office.pay(code)
        dossier = office.dossier(code)
        assert dossier.due_on == date(2026, 3, 23)  # 3–6 March are days 1–4, 9–13: 5–9, 16–20: 10–14, 23: 15
        assert dossier.due_at == local(23, 17)
        assert dossier.expires_at == local(24, 0)
        assert [p.by for p in dossier.promises] == ["receipt_slip"]

    @pytest.mark.parametrize(("hour", "minute", "due_on"), [(8, 0, 2), (15, 0, 2), (15, 1, 3)])
    def test_a_birth_received_after_three_in_the_afternoon_is_due_on_the_next_working_day(
        self, office: Office, hour: int, minute: int, due_on: int
    ) -> None:
        code = office.file(BIRTH)
        office.wait_until(local(2, hour, minute))
        office.do(code, "check_completeness")
        assert office.dossier(code).due_on == date(2026, 3, due_on)

    def test_where_the_limit_is_unknown_there_is_no_due_date_and_the_reason_is_kept(self, office: Office) -> None:
        code = office.file(SHOP)
        office.do(code, "check_completeness", fee_vnd=0)
        dossier = office.dossier(code)
        assert dossier.status is Status.RECEIVED
        assert dossier.due_on is None
        assert dossier.promises == ()
        assert "not known" in str(dossier.limit_unknown_because)
        assert office.finish(code).on_time is None

    def test_a_supplement_request_stops_the_clock_and_keeps_the_days_left(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.wait_until(local(5, 9))
        office.do(code, "appraise", decision="supplement", missing="Bản sao văn bằng")
        assert office.dossier(code).status is Status.SUPPLEMENT_REQUESTED
        office.wait_until(local(10, 14))
        assert office.tell(code, "supplement_received", supplement_note="đã nộp")
        dossier = office.dossier(code)
        # Days 1 and 2 are 3 and 4 March. The clock stood from Thursday 5 to Tuesday 10; day 3 is the 11th, day 15 the 27th.
        assert dossier.due_on == date(2026, 3, 27)
        assert dossier.status is Status.IN_PROCESS
        assert office.finish(code).on_time

    def test_a_second_supplement_request_is_refused_and_the_task_stays_open(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="x")
        office.tell(code, "supplement_received")
        before = office.dossier(code)
        with pytest.raises(SecondSupplementRequest):
            office.do(code, "appraise", decision="supplement", missing="y")
        assert office.dossier(code) == before
        assert "appraise" in office.tasks(code)

    def test_a_dossier_that_is_never_supplemented_closes_when_the_applicants_term_is_over(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="x")
        office.wait_until(local(23, 23, 59))  # 15 working days after 2 March: the whole of the 23rd is still the applicant's
        assert office.dossier(code).closed_at is None
        office.wait_until(local(24, 0))
        dossier = office.dossier(code)
        assert dossier.ending is Ending.UNSUPPLEMENTED
        assert dossier.closed_at is not None
        assert office.tasks(code) == {}

    def test_the_citizens_tax_payment_is_off_the_authoritys_clock(self, office: Office) -> None:
        code = office.file(LAND, case="3")  # 5 working days
        office.do_until(code, "send_to_tax", fee_vnd=0)
        office.wait_until(local(3, 9))
        office.do(code, "send_to_tax")
        assert office.dossier(code).pauses[-1].cause == "tax_payment"
        office.wait_until(local(12, 15))
        assert office.tell(code, "tax_paid", tax_receipt_number="77", tax_paid_on="2026-03-12")
        dossier = office.dossier(code)
        assert dossier.pauses[-1].ended_at == local(12, 15)
        # Nothing counts from Tuesday 3 to Thursday 12; day 1 is Friday 13, day 5 Thursday 19.
        assert dossier.due_on == date(2026, 3, 19)

    def test_the_day_before_the_due_date_the_leader_may_extend_with_an_apology_and_only_then(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.wait_until(local(20, 7))
        assert "decide_extension" in office.tasks(code)
        office.do(code, "decide_extension", extension_reason="chờ xác minh", new_promise_on="2026-03-27")
        dossier = office.dossier(code)
        assert [p.by for p in dossier.promises] == ["receipt_slip", "apology_letter"]
        assert dossier.promises[1].promised_at == local(27, 17)
        assert dossier.due_on == date(2026, 3, 23), "an apology moves the promise, not the legal limit"
        assert office.outside.made("documents.apology")
        office.wait_until(local(26, 9))
        assert office.finish(code).on_time is False

    def test_an_extension_on_the_due_date_itself_is_refused_by_the_rule(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.wait_until(local(23, 8))
        with pytest.raises(ExtensionTooLate):
            office.do(code, "decide_extension", extension_reason="x", new_promise_on="2026-03-27")
        assert "decide_extension" in office.tasks(code)

    # ---- endings

    def test_a_refusal_on_the_merits_stops_the_dossier_with_its_letter(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="refuse", refusal_reason="không đủ điều kiện")
        assert office.finish(code).ending is Ending.REFUSED
        assert office.dossier(code).status is Status.STOPPED
        assert office.outside.made("documents.refusal")[0].inputs["reason"] == "không đủ điều kiện"

    def test_a_dossier_declined_at_the_desk_was_never_received(self, office: Office) -> None:
        code = office.file(BIRTH)
        office.do(code, "check_completeness", completeness="decline", decline_reason="thiếu giấy chứng sinh")
        dossier = office.dossier(code)
        assert (dossier.status, dossier.ending, dossier.received_at) == (Status.NOT_ACCEPTED, Ending.NOT_ACCEPTED, None)
        assert dossier.closed_at is not None

    def test_a_withdrawal_cancels_every_open_task_and_ends_the_dossier_once_confirmed(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        assert office.tell(code, "withdrawal_requested", withdrawal_reason="đổi ý")
        assert list(office.tasks(code)) == ["confirm_withdrawal"]
        assert office.dossier(code).status is Status.WITHDRAWAL_REQUESTED
        office.do(code, "confirm_withdrawal")
        assert office.dossier(code).ending is Ending.WITHDRAWN

    # ---- tasks

    def test_a_form_that_does_not_fit_changes_nothing(self, office: Office) -> None:
        code = office.file(LAWYER)
        before = office.dossier(code)
        with pytest.raises(FormRefused, match="completeness"):
            office.do(code, "check_completeness", completeness="perhaps")
        assert office.dossier(code) == before

    def test_a_task_is_completed_once(self, office: Office) -> None:
        code = office.file(LAWYER)
        task = office.tasks(code)["check_completeness"]
        office.do(code, "check_completeness")
        with pytest.raises((UnknownTask, TokenGone)):
            office.engine.complete_task(task.id, {"completeness": "accept"}, "desk")

    def test_a_claimed_task_is_completed_by_nobody_else_until_it_is_delegated(self, office: Office) -> None:
        code = office.file(LAWYER)
        task = office.tasks(code)["check_completeness"]
        office.engine.claim(task.id, "lan")
        with pytest.raises(NotTheirTask, match="lan"):
            office.engine.claim(task.id, "hoa")
        with pytest.raises(NotTheirTask, match="lan"):
            office.engine.complete_task(task.id, {"completeness": "accept"}, "hoa")
        office.engine.delegate(task.id, "hoa", "lan")
        assert office.tasks(code)["check_completeness"].delegated_by == "lan"
        office.engine.complete_task(task.id, {"completeness": "accept"}, "hoa")

    def test_an_open_task_carries_its_authority_tier_role_and_norm(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        task = office.tasks(code)["appraise"]
        assert (task.authority_code, task.tier, task.role, task.norm_hours) == ("H05.02", "province", "officer", 16.0)
        assert task.norm_due_at == local(4, 8)  # from Monday 08:00: 7 h on Monday, 8 h on Tuesday, 1 h on Wednesday from 07:00

    # ---- messages

    def test_a_message_that_nobody_waits_for_is_kept_and_delivered_when_somebody_does(self, office: Office) -> None:
        code = office.file(LAWYER)
        assert not office.tell(code, "supplement_received", supplement_note="sớm")
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="x")
        assert office.store.messages(code)[0].delivered_at is not None
        assert office.dossier(code).status is Status.IN_PROCESS

    def test_the_same_message_twice_is_one_message(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="x")
        assert office.tell(code, "supplement_received", message_id="s-1")
        events = len(office.store.events(code))
        assert office.tell(code, "supplement_received", message_id="s-1")
        assert len(office.store.events(code)) == events
        assert len(office.store.messages(code)) == 1

    def test_a_message_that_nobody_ever_waits_for_is_reported_when_its_time_is_over(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.tell(code, "supplement_received")
        office.wait(days=31)
        assert "message_expired" in office.kinds(code)
        assert office.store.messages(code)[0].expired_at is not None

    def test_a_message_that_the_model_does_not_know_is_refused_with_those_it_knows(self, office: Office) -> None:
        code = office.file(BIRTH)
        with pytest.raises(MessageUnknown, match="withdrawal_requested"):
            office.tell(code, "tax_paid")

    def test_a_message_with_an_undeclared_field_reaches_no_variable(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        with pytest.raises(FormRefused, match="decision"):
            office.tell(code, "withdrawal_requested", decision="approve")
        assert not office.store.messages(code)

    def test_a_payload_that_cannot_be_kept_is_refused_with_the_path_of_the_field(self, office: Office) -> None:
        code = office.file(LAWYER)
        with pytest.raises(ValueRefused, match=r"withdrawal_reason"):
            office.tell(code, "withdrawal_requested", withdrawal_reason={"ratio": 0.1})

    def test_a_closed_dossier_takes_no_more_messages(self, office: Office) -> None:
        code = office.file(BIRTH)
        office.finish(code)
        with pytest.raises(DossierClosed):
            office.tell(code, "withdrawal_requested")

    # ---- service calls

    def test_the_portal_is_told_every_status_in_order_and_once(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.finish(code)
        told = [call.inputs["status"] for call in office.outside.made("national_portal.report_status")]
        assert told == ["filed", "payment_requested", "received", "in_process", "processed", "returned"]

    def test_while_the_portal_is_out_of_order_the_dossier_goes_on_and_the_reports_follow_in_order(self, office: Office) -> None:
        office.outside.failures["national_portal.report_status"] = 3
        code = office.file(BIRTH)
        office.do(code, "check_completeness")
        assert office.dossier(code).received_at is not None
        office.finish(code)
        for _ in range(6):
            office.wait(minutes=10)
        done = [c for c in office.store.calls(code) if c.operation == "national_portal.report_status"]
        assert {c.state for c in done} == {CallState.DONE}
        told = [call.inputs["status"] for call in office.outside.made("national_portal.report_status")]
        assert told == ["filed"] * 4 + ["received", "in_process", "processed", "returned"]

    def test_a_call_that_keeps_failing_becomes_an_incident_that_an_operator_retries(self, office: Office) -> None:
        office.outside.failures["documents.receipt_slip"] = 8
        code = office.file(BIRTH)
        office.do(code, "check_completeness")
        for _ in range(8):
            office.wait(hours=3)
        (incident,) = office.store.incidents()
        assert incident.operation == "documents.receipt_slip"
        assert incident.attempts == 8
        assert "out of order" in str(incident.error)
        office.runner.retry(incident.key, code, "operator", Because("hệ thống đã khôi phục", "61/2018/NĐ-CP, Điều 17"))
        office.serve()
        assert not office.store.incidents()
        assert "appraise" in office.tasks(code)
        (retried,) = [event for event in office.store.events(code) if event.kind == "incident_retried"]
        assert (retried.actor, retried.facts["reason"]) == ("operator", "hệ thống đã khôi phục")
        assert retried.facts["legal_basis"] == "61/2018/NĐ-CP, Điều 17"

    def test_the_outcome_of_a_worker_that_lost_its_lease_changes_nothing(self, office: Office) -> None:
        office.publish(BIRTH)
        code = office.engine.open(office.application(BIRTH)).code
        (key,) = office.store.ready_calls(office.clock.now())
        slow = office.store.lease_call(key, office.clock.now(), timedelta(seconds=-1))
        quick = office.store.lease_call(key, office.clock.now(), timedelta(minutes=1))
        assert slow is not None
        assert quick is not None
        with office.engine.command(code, "slow") as session:
            assert not holds_lease(session, slow.call)
            assert holds_lease(session, quick.call)
            apply_outcome(session, quick.call, Done(), ())
            assert not holds_lease(session, quick.call)

    def test_an_order_that_nobody_waits_for_any_more_is_cancelled_at_the_gateway(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do(code, "check_completeness")
        (first,) = office.awaited(code)
        office.wait_until(local(24, 0))  # the applicant's 15 working days to pay are over
        office.do(code, "remind_to_pay")
        assert office.outside.made("payment.cancel")[0].inputs["reference"] == first.reference
        (second,) = office.awaited(code)
        assert second.reference != first.reference
        assert office.finish(code).ending is Ending.RETURNED

    def test_the_fee_for_copies_is_counted_by_the_page(self, office: Office) -> None:
        code = office.file(COPIES)  # 5 pages, 2 copies: (2 × 2,000 + 3 × 1,000) × 2
        office.do(code, "check_completeness")
        assert office.outside.made("payment.collect")[0].inputs["amount_vnd"] == 14_000

    # ---- faults

    def test_a_command_that_fails_in_the_middle_leaves_no_trace(self, office: Office) -> None:
        code = office.file(LAWYER)
        before = (office.dossier(code), len(office.store.events(code)), office.tasks(code).keys())
        task_id = office.tasks(code)["check_completeness"].id

        def fail_in_the_middle() -> None:
            with office.engine.command(code, "nobody") as session:
                session.complete_task(task_id, {"completeness": "accept"})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_in_the_middle()
        assert (office.dossier(code), len(office.store.events(code)), office.tasks(code).keys()) == before

    def test_an_act_that_does_not_follow_from_the_status_is_refused(self, office: Office) -> None:
        from motcua.engine import acts

        code = office.file(LAWYER)
        with office.engine.command(code, "x") as session, pytest.raises(ActOutOfOrder, match="return"):
            acts.perform("return", session.dossier, session.moment)

    def test_a_call_that_can_never_succeed_becomes_an_incident_at_once(self, office: Office) -> None:
        def refuse(call: ServiceCall) -> None:
            if call.operation == "documents.receipt_slip":
                raise ValueRefused("This cannot be printed.")

        office.outside.during = refuse
        code = office.file(BIRTH)
        office.do(code, "check_completeness")
        (incident,) = office.store.incidents()
        assert incident.attempts == 1
