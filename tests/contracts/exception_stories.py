"""Acts that a rule forbids and somebody answers for: stories that hold over every store.

Local time is UTC+7; 2 March 2026 is a Monday, and no holiday falls in that month.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from motcua.engine import operators
from motcua.engine.deadlines import SecondSupplementRequest, explain
from motcua.engine.dossier import Dossier, Status
from motcua.engine.event_log import Event, verify
from motcua.engine.operators import Because
from motcua.engine.recorded_exceptions import RecordedException
from motcua.engine.scorecard import on_time
from motcua.procedures_catalog.version import ProcedureVersion
from tests.contracts.operator_stories import catalogued, changed
from tests.office import Office

LAWYER = "1.000828"  # 15 working days
OFFICER = "officer@H05.02"
FIELDS = (
    '<motcua:field name="exception_reason" type="text" label="Yêu cầu bổ sung lần nữa: lý do ngoại lệ" required="false"/>',
    '<motcua:field name="exception_basis" type="text" label="Yêu cầu bổ sung lần nữa: căn cứ pháp lý" required="false"/>',
)
REVIEW = '<motcua:field name="review_note"'


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def in_the_review() -> ProcedureVersion:
    """The procedure with the exception's fields in the form of the division head, and not in the officer's."""
    return changed(catalogued(LAWYER), *((field, "") for field in FIELDS), (REVIEW, "".join(FIELDS) + REVIEW))


def appraised(office: Office, version: ProcedureVersion) -> str:
    """A dossier that lies with the officer, received on Monday at eight."""
    office.engine.publish(version)
    code = office.engine.open(office.application(LAWYER)).code
    office.serve()
    office.do_until(code, "appraise")
    return code


def ask(office: Office, code: str, reason: str = "", basis: str = "") -> Dossier:
    given = {"exception_reason": reason, "exception_basis": basis} if _has_fields(office, code) else {}
    return office.do(code, "appraise", decision="supplement", missing="Bản sao bằng cử nhân luật", **given)


def _has_fields(office: Office, code: str) -> bool:
    return any(field["name"] == "exception_reason" for field in office.tasks(code)["appraise"].form)


def recorded(office: Office, code: str) -> list[Event]:
    return [event for event in office.store.events(code) if event.kind == "exception_recorded"]


class ExceptionStories:
    """Subclass with a fixture `office`."""

    def test_a_supplement_asked_again_is_written_down_with_who_answers_for_it_why_and_by_which_law(self, office: Office) -> None:
        code = appraised(office, catalogued(LAWYER))
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        asked = ask(office, code, "Sở cấp lại bản sao có sai sót", "61/2018/NĐ-CP, Điều 17")
        assert (asked.status, asked.supplement_requests) == (Status.SUPPLEMENT_REQUESTED, 2)
        assert [pause.exception for pause in asked.pauses] == [
            None,
            RecordedException(OFFICER, "Sở cấp lại bản sao có sai sót", "61/2018/NĐ-CP, Điều 17"),
        ]
        (event,) = recorded(office, code)
        assert dict(event.facts) == {
            "act": "ask_supplement",
            "author": OFFICER,
            "reason": "Sở cấp lại bản sao có sai sót",
            "legal_basis": "61/2018/NĐ-CP, Điều 17",
            "rule": "A supplement is asked once, in full, with reasons.",
        }
        assert verify(office.store.events(code)).holds

    def test_the_explanation_names_the_exception_and_the_count_stays_right(self, office: Office) -> None:
        code = appraised(office, catalogued(LAWYER))
        ask(office, code)
        office.wait_until(local(4, 9))
        office.tell(code, "supplement_received", "s-1")
        office.wait_until(local(5, 9))
        ask(office, code, "Sở cấp lại bản sao có sai sót", "Điều 17")
        office.wait_until(local(9, 9))
        office.tell(code, "supplement_received", "s-2")
        moment = office.engine.due_of(office.dossier(code))
        assert moment is not None
        # The clock stood on 2, 3 and 4 March, where it ran again, and from the 5th to the 9th: 10 is day 1, 30 is day 15.
        assert moment.due_on == office.dossier(code).due_on == date(2026, 3, 30)
        assert [(event.kind, event.rule) for event in moment.events] == [
            ("receipt", "day_after_event"),
            ("pause", "resume"),
            ("exception", "supplement_once"),
            ("pause", "resume"),
        ]
        assert moment.events[2].exception == RecordedException(OFFICER, "Sở cấp lại bản sao có sai sót", "Điều 17")
        assert f"Exception by {OFFICER}, “Sở cấp lại bản sao có sai sót” (Điều 17): a supplement is asked once" in explain(
            moment, "en"
        )
        assert f"Ngoại lệ do {OFFICER}, “Sở cấp lại bản sao có sai sót” (Điều 17): chỉ được yêu cầu bổ sung một lần" in explain(
            moment, "vi"
        )

    def test_a_dossier_with_such_an_exception_counts_as_late_however_early_it_ends(self, office: Office) -> None:
        code = appraised(office, catalogued(LAWYER))
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        ask(office, code, "Sở cấp lại bản sao có sai sót")
        office.tell(code, "supplement_received", "s-2")
        ended = office.finish(code)
        assert ended.expires_at is not None
        assert ended.ended_at is not None
        assert ended.ended_at < ended.expires_at
        assert on_time(ended) is ended.on_time is False

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_without_a_reason_it_is_refused_with_the_rule_and_nothing_changes(self, office: Office, reason: str) -> None:
        code = appraised(office, catalogued(LAWYER))
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        before = office.dossier(code)
        with pytest.raises(SecondSupplementRequest, match=r"asked once, in full.*exception_reason") as refusal:
            ask(office, code, reason)
        assert refusal.value.facts["rule"] == "A supplement is asked once, in full, with reasons."
        assert office.dossier(code) == before

    def test_an_exception_serves_once(self, office: Office) -> None:
        code = appraised(office, in_the_review())
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        office.do(code, "appraise", decision="approve")
        office.do(code, "division_head_review", review="return", exception_reason="Sở cấp lại bản sao", exception_basis="")
        ask(office, code)
        office.tell(code, "supplement_received", "s-2")
        with pytest.raises(SecondSupplementRequest):
            ask(office, code)
        assert [event.facts["legal_basis"] for event in recorded(office, code)] == [None]

    def test_the_author_is_who_gave_the_reason_and_not_who_does_the_next_step(self, office: Office) -> None:
        code = appraised(office, in_the_review())
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        office.do(code, "appraise", decision="approve")
        office.do(code, "division_head_review", review="return", exception_reason="Sở cấp lại bản sao", exception_basis="")
        ask(office, code)
        (event,) = recorded(office, code)
        assert (event.facts["author"], event.actor) == ("division_head@H05.02", OFFICER)

    def test_a_reason_given_where_none_was_needed_does_not_serve_later(self, office: Office) -> None:
        code = appraised(office, in_the_review())
        office.do(code, "appraise", decision="approve")
        office.do(code, "division_head_review", review="return", exception_reason="phòng khi cần", exception_basis="")
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        with pytest.raises(SecondSupplementRequest):
            ask(office, code)
        assert recorded(office, code) == []

    def test_a_reason_that_is_taken_back_leaves_no_author_behind(self, office: Office) -> None:
        code = appraised(office, in_the_review())
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        for reason in ("Sở cấp lại bản sao", ""):
            office.do(code, "appraise", decision="approve")
            office.do(code, "division_head_review", review="return", exception_reason=reason, exception_basis="")
        with pytest.raises(SecondSupplementRequest):
            ask(office, code)

    def test_an_operator_who_corrects_the_reason_becomes_its_author(self, office: Office) -> None:
        code = appraised(office, in_the_review())
        ask(office, code)
        office.tell(code, "supplement_received", "s-1")
        operators.correct_data(
            office.engine, code, {"exception_reason": "Theo chỉ đạo"}, "operator.hoa", Because("Cán bộ vắng mặt")
        )
        ask(office, code)
        (event,) = recorded(office, code)
        assert (event.facts["author"], event.facts["reason"]) == ("operator.hoa", "Theo chỉ đạo")
