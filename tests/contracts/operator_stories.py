"""What operators do by hand, and dossiers that move to another version: stories that hold over every store.

Local time is UTC+7; 2 March 2026 is a Monday, and no holiday falls in that month.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from motcua.engine import migration, operators
from motcua.engine.dossier import CallState, Ending, Status
from motcua.engine.dossier_engine import DossierClosed
from motcua.engine.event_log import verify
from motcua.engine.forms import FormRefused
from motcua.engine.migration import MigrationPlan, MigrationRefused, PlanRefused
from motcua.engine.operators import AlreadySuspended, Because, MoveRefused, NotSuspended, ReasonMissing
from motcua.engine.session import DossierSuspended
from motcua.engine.spiff.run import TokenGone
from motcua.engine.store import UnknownVersion
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import ProcedureVersion, build_closure
from tests.office import Office

LAWYER, BIRTH, SHOP = "1.000828", "1.001193", "1.001612"
WHY = Because("Phát hiện sai sót khi đối chiếu", "61/2018/NĐ-CP, Điều 17")


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def catalogued(code: str) -> ProcedureVersion:
    (version,) = load_catalog().versions(code)
    return version


def changed(version: ProcedureVersion, *replacements: tuple[str, str], part: str | None = None) -> ProcedureVersion:
    """Another version: the model, or one of its shared parts, with some of its text replaced."""
    text = (version.model if part is None else version.shared[part]).decode()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    model = version.model if part is not None else text.encode()
    library = version.shared if part is None else {**version.shared, part: text.encode()}
    return build_closure(
        version.code, model, library, version.register, in_force_from=version.in_force_from, decisions=version.decisions
    )


RENAMED = ('"division_head_review"', '"head_review"')


class OperatorStories:
    """Subclass with a fixture `office`."""

    # ---- suspension

    def test_the_tasks_of_a_suspended_dossier_cannot_be_completed_and_the_refusal_says_who_stopped_it_and_why(
        self, office: Office
    ) -> None:
        code = office.file(LAWYER)
        operators.suspend(office.engine, code, "hoa", WHY)
        with pytest.raises(DossierSuspended, match=r"by hoa .*Phát hiện sai sót") as refused:
            office.do(code, "check_completeness")
        assert refused.value.facts["reason"] == WHY.reason
        operators.resume(office.engine, code, "hoa", WHY)
        office.do(code, "check_completeness")
        assert office.dossier(code).status is Status.PAYMENT_REQUESTED

    def test_a_suspension_and_its_end_are_events_with_author_reason_and_legal_basis(self, office: Office) -> None:
        code = office.file(LAWYER)
        operators.suspend(office.engine, code, "hoa", WHY)
        operators.resume(office.engine, code, "binh", Because("đã xử lý xong"))
        events = {event.kind: event for event in office.store.events(code)}
        assert (events["suspended"].actor, events["suspended"].facts["legal_basis"]) == ("hoa", WHY.legal_basis)
        assert (events["resumed"].actor, events["resumed"].facts["reason"]) == ("binh", "đã xử lý xong")
        assert verify(office.store.events(code)).holds

    def test_both_clocks_run_on_during_a_suspension(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        due = office.dossier(code).due_at
        operators.suspend(office.engine, code, "hoa", WHY)
        office.wait_until(local(13, 9))
        resumed = operators.resume(office.engine, code, "hoa", WHY)
        assert (resumed.due_at, resumed.pauses) == (due, ())

    def test_a_timer_that_falls_due_during_a_suspension_is_held_and_fires_on_resumption(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        operators.suspend(office.engine, code, "hoa", WHY)
        assert office.dossier(code).wake_at is None
        office.wait_until(local(21, 9))  # the reminder one working day before the due date, 23 March, falls on the 20th
        assert "timer_fired" not in office.kinds(code)
        operators.resume(office.engine, code, "hoa", WHY)
        fired = next(event for event in office.store.events(code) if event.kind == "timer_fired")
        assert fired.facts["due_at"] == local(20, 7)
        assert fired.at == local(21, 9)
        assert "decide_extension" in office.tasks(code)

    def test_what_came_in_before_a_held_timer_fell_due_comes_before_it(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="Bản sao bằng cử nhân luật")
        operators.suspend(office.engine, code, "hoa", WHY)
        office.wait(days=3)
        assert not office.tell(code, "supplement_received"), "it is kept"
        office.wait(days=200)  # the applicant's term is long over
        resumed = operators.resume(office.engine, code, "hoa", WHY)
        assert resumed.status is Status.IN_PROCESS
        assert "close_unsupplemented" not in office.acts(code)

    def test_what_came_in_after_a_held_timer_fell_due_comes_too_late(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="Bản sao bằng cử nhân luật")
        operators.suspend(office.engine, code, "hoa", WHY)
        office.wait(days=200)
        assert not office.tell(code, "supplement_received")
        assert operators.resume(office.engine, code, "hoa", WHY).ending is Ending.UNSUPPLEMENTED

    def test_a_message_kept_through_a_suspension_does_not_expire_in_it(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        operators.suspend(office.engine, code, "hoa", WHY)
        office.tell(code, "withdrawal_requested", withdrawal_reason="đổi ý")
        office.wait(days=60)
        assert operators.resume(office.engine, code, "hoa", WHY).status is Status.WITHDRAWAL_REQUESTED

    def test_no_outside_system_is_called_for_a_suspended_dossier(self, office: Office) -> None:
        office.publish(BIRTH)
        code = office.engine.open(office.application(BIRTH)).code
        operators.suspend(office.engine, code, "hoa", WHY)
        assert office.serve() == 0
        operators.resume(office.engine, code, "hoa", WHY)
        assert office.serve() == 1

    def test_a_dossier_is_suspended_once_and_resumed_only_then(self, office: Office) -> None:
        code = office.file(BIRTH)
        with pytest.raises(NotSuspended):
            operators.resume(office.engine, code, "hoa", WHY)
        operators.suspend(office.engine, code, "hoa", WHY)
        with pytest.raises(AlreadySuspended, match="hoa"):
            operators.suspend(office.engine, code, "binh", WHY)

    def test_a_closed_dossier_is_beyond_the_reach_of_operators(self, office: Office) -> None:
        code = office.file(BIRTH)
        office.finish(code)
        with pytest.raises(DossierClosed):
            operators.suspend(office.engine, code, "hoa", WHY)
        with pytest.raises(DossierClosed):
            operators.correct_data(office.engine, code, {"child_name": "An"}, "hoa", WHY)

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001, "a\x00b"])
    def test_an_act_without_a_usable_reason_is_refused(self, office: Office, reason: str) -> None:
        with pytest.raises(ReasonMissing):
            Because(reason)

    # ---- correcting data

    def test_a_correction_changes_the_variable_and_keeps_the_old_value_as_personal_content(self, office: Office) -> None:
        code = office.file(BIRTH)
        operators.correct_data(office.engine, code, {"child_name": "Trần Bảo Anh"}, "hoa", WHY)
        with office.engine.command(code, "reader") as session:
            assert session.run.scope["child_name"] == "Trần Bảo Anh"
        event = next(event for event in office.store.events(code) if event.kind == "data_corrected")
        assert event.content == {"old": {"child_name": "Trần Bảo An"}, "new": {"child_name": "Trần Bảo Anh"}}
        assert "Trần" not in str(event.facts)
        assert (event.actor, event.facts["names"], event.facts["reason"]) == ("hoa", ["child_name"], WHY.reason)
        with office.store.transaction() as tx:
            tx.erase_content(code, event.seq)
        assert verify(office.store.events(code)).holds

    @pytest.mark.parametrize(
        ("entries", "problem"),
        [
            ({"child_nmae": "An"}, "is no variable that this model declares"),
            ({"dossier_code": "H05"}, "is no variable that this model declares"),
            ({"child_born_on": "20/02/2026"}, "must be a date"),
            ({"child_sex": "unknown"}, "must be one of"),
            ({"child_name": None}, "is missing"),
            ({}, "nothing to correct"),
        ],
    )
    def test_a_correction_is_read_like_the_form_and_changes_nothing_where_it_does_not_fit(
        self, office: Office, entries: dict[str, str | None], problem: str
    ) -> None:
        code = office.file(BIRTH)
        before = len(office.store.events(code))
        with pytest.raises(FormRefused, match=problem):
            operators.correct_data(office.engine, code, entries, "hoa", WHY)
        assert len(office.store.events(code)) == before

    def test_what_was_computed_is_corrected_with_the_type_that_it_has(self, office: Office) -> None:
        code = office.file("2.000815")  # 5 pages, 2 copies: the fee is computed as 14,000
        office.do(code, "check_completeness")
        with office.engine.command(code, "reader") as session:
            (name,) = (name for name, value in session.run.scope.items() if value == 14_000)
        with pytest.raises(FormRefused, match="whole number"):
            operators.correct_data(office.engine, code, {name: "free"}, "hoa", WHY)
        operators.correct_data(office.engine, code, {name: 7_000}, "hoa", WHY)

    # ---- dossiers that are stuck

    def test_a_timer_that_cannot_fire_is_told_with_what_stands_in_the_way_and_the_others_fire(self, office: Office) -> None:
        term = (
            '<bpmn:boundaryEvent id="late" attachedToRef="appraise"><bpmn:timerEventDefinition id="late_timer">'
            "<bpmn:timeDuration>8 hours</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
            '<bpmn:scriptTask id="count" scriptFormat="motcua"><bpmn:script>days = never_set + 1</bpmn:script></bpmn:scriptTask>'
            '<bpmn:endEvent id="counted"/><bpmn:sequenceFlow id="l1" sourceRef="late" targetRef="count"/>'
            '<bpmn:sequenceFlow id="l2" sourceRef="count" targetRef="counted"/>'
        )
        broken = changed(catalogued(BIRTH), ('<bpmn:userTask id="appraise"', f'{term}<bpmn:userTask id="appraise"'))
        sound = office.file(LAWYER)
        office.do_until(sound, "appraise")
        with office.store.transaction() as tx:
            tx.publish(broken)
        code = office.engine.open(office.application(BIRTH)).code
        office.serve()
        office.do(code, "check_completeness")
        office.clock.move_to(local(20, 9))
        (found,) = operators.stuck(office.engine)
        assert found.dossier_code == code
        assert "never_set" in found.why
        assert found.since == office.dossier(code).wake_at
        assert "decide_extension" in office.tasks(sound), "its reminder fired"

    # ---- moving a token

    def token_at(self, office: Office, code: str, node_id: str) -> str:
        return next(token.id for token in operators.places(office.engine, code) if token.node.id == node_id)

    def test_a_token_is_taken_back_to_an_earlier_task_and_the_one_that_waited_is_cancelled(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "division_head_review")
        token = self.token_at(office, code, "division_head_review")
        operators.move_token(office.engine, code, token, "appraise", "hoa", WHY)
        assert list(office.tasks(code)) == ["appraise"]
        moved = next(event for event in office.store.events(code) if event.kind == "token_moved")
        assert (moved.facts["from"], moved.facts["to"], moved.facts["reason"]) == ("division_head_review", "appraise", WHY.reason)
        assert office.kinds(code)[-2:] == ["task_cancelled", "task_opened"]
        assert office.finish(code).ending is Ending.RETURNED

    def test_a_call_whose_token_is_moved_on_is_cancelled(self, office: Office) -> None:
        office.outside.failures["documents.refusal"] = 99
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="refuse", refusal_reason="không đủ điều kiện")
        token = self.token_at(office, code, "write_refusal")
        operators.move_token(office.engine, code, token, "set_refused", "hoa", WHY)
        assert office.dossier(code).ending is Ending.REFUSED
        assert [c.state for c in office.store.calls(code) if c.operation == "documents.refusal"] == [CallState.CANCELLED]

    @pytest.mark.parametrize(
        ("target", "objection"),
        [
            ("return_result", "no such node in the same process or sub-process"),
            ("nowhere", "no such node"),
            ("processing_start", "begins a process"),
        ],
    )
    def test_a_token_stays_in_its_process_and_goes_nowhere_else(self, office: Office, target: str, objection: str) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        before = office.tasks(code).keys()
        with pytest.raises(MoveRefused, match=objection):
            operators.move_token(office.engine, code, self.token_at(office, code, "appraise"), target, "hoa", WHY)
        assert office.tasks(code).keys() == before

    def test_a_token_that_is_gone_cannot_be_moved(self, office: Office) -> None:
        code = office.file(LAWYER)
        token = self.token_at(office, code, "check_completeness")
        office.do(code, "check_completeness")
        with pytest.raises(TokenGone):
            operators.move_token(office.engine, code, token, "check_completeness", "hoa", WHY)

    # ---- versions and migration

    def test_a_dossier_runs_on_the_version_that_was_in_force_when_it_was_received(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.engine.publish(changed(catalogued(LAWYER), RENAMED))
        office.do_until(code, "division_head_review")
        younger = office.engine.open(office.application(LAWYER)).code
        office.serve()
        office.do_until(younger, "head_review")
        assert office.dossier(code).version_id != office.dossier(younger).version_id

    def plan(self, office: Office, new: ProcedureVersion, **renamed: str) -> MigrationPlan:
        office.engine.publish(new)
        return MigrationPlan(catalogued(new.code).version_id, new.version_id, renamed)

    def test_a_dossier_moves_with_its_task_its_deadline_and_its_timers_and_the_history_says_so(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "division_head_review")
        task = office.tasks(code)["division_head_review"]
        office.engine.claim(task.id, "lan")
        before = office.dossier(code)
        new = changed(catalogued(LAWYER), RENAMED, ('name="Lãnh đạo phòng xem xét"', 'name="Trưởng phòng xem xét"'))
        plan = self.plan(office, new, division_head_review="head_review")
        office.wait(days=2)
        assert migration.candidates(office.engine, plan) == [code]
        (judgement,) = migration.migrate(office.engine, plan, [code], "hoa", WHY)
        assert judgement.reasons == ()
        after = office.dossier(code)
        assert after.version_id == new.version_id
        assert (after.due_at, after.due_on, after.promises, after.wake_at) == (
            before.due_at,
            before.due_on,
            before.promises,
            before.wake_at,
        )
        moved = office.tasks(code)["head_review"]
        assert moved.name == "Trưởng phòng xem xét"
        assert (moved.id, moved.assignee, moved.opened_at, moved.norm_due_at) == (task.id, "lan", task.opened_at, task.norm_due_at)
        event = next(event for event in office.store.events(code) if event.kind == "migrated")
        assert event.facts["from"] == before.version_id
        assert event.facts["to"] == new.version_id
        assert event.facts["renamed"] == {"division_head_review": "head_review"}
        assert (event.actor, event.facts["reason"]) == ("hoa", WHY.reason)
        assert verify(office.store.events(code)).holds
        assert migration.candidates(office.engine, plan) == []
        office.engine.complete_task(moved.id, {"review": moved.form[0]["options"][0]["value"], "review_note": "đồng ý"}, "lan")
        office.serve()
        assert office.finish(code).ending is Ending.RETURNED

    def test_nothing_moves_where_one_dossier_cannot_and_the_refusal_says_which_and_why(self, office: Office) -> None:
        stuck, free = office.file(LAWYER), office.file(LAWYER)
        office.do_until(stuck, "division_head_review")
        office.do_until(free, "appraise")
        plan = self.plan(office, changed(catalogued(LAWYER), RENAMED))
        with pytest.raises(MigrationRefused, match='"division_head_review" has no place') as refused:
            migration.migrate(office.engine, plan, [stuck, free], "hoa", WHY)
        assert list(refused.value.facts["refusals"]) == [stuck]
        assert {office.dossier(each).version_id for each in (stuck, free)} == {plan.from_version}

    def test_dossiers_that_cannot_move_may_be_left_and_progress_tells_each(self, office: Office) -> None:
        stuck, free = office.file(LAWYER), office.file(LAWYER)
        office.do_until(stuck, "division_head_review")
        office.do_until(free, "appraise")
        plan = self.plan(office, changed(catalogued(LAWYER), RENAMED))
        told: list[tuple[str, bool]] = []
        migration.migrate(
            office.engine,
            plan,
            [stuck, free],
            "hoa",
            WHY,
            leave_refused=True,
            progress=lambda judgement: told.append((judgement.dossier_code, not judgement.reasons)),
        )
        assert told == [(stuck, False), (free, True)]
        assert office.dossier(stuck).version_id == plan.from_version
        assert office.finish(stuck).ending is office.finish(free).ending is Ending.RETURNED

    def test_an_incident_moves_along_and_is_retried_in_the_new_version(self, office: Office) -> None:
        office.outside.failures["documents.receipt_slip"] = 8
        code = office.file(BIRTH)
        office.do(code, "check_completeness")
        for _ in range(8):
            office.wait(hours=3)
        (incident,) = office.store.incidents()
        migration.migrate(
            office.engine,
            self.plan(office, changed(catalogued(BIRTH), ("Kiểm tra, ghi sổ hộ tịch", "Ghi sổ hộ tịch"))),
            [code],
            "hoa",
            WHY,
        )
        assert office.store.incidents() == [incident]
        office.runner.retry(incident.key, code, "hoa", Because("đã sửa máy in"))
        office.serve()
        assert "appraise" in office.tasks(code)

    def test_an_open_payment_moves_along_and_its_confirmation_finds_the_dossier(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do(code, "check_completeness")
        (awaited,) = office.awaited(code)
        migration.migrate(office.engine, self.plan(office, changed(catalogued(LAWYER), RENAMED)), [code], "hoa", WHY)
        assert office.awaited(code) == [awaited]
        assert office.finish(code).ending is Ending.RETURNED

    def test_a_legal_pause_and_the_applicants_term_run_on_in_the_new_version(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="Bản sao bằng cử nhân luật")
        before = office.dossier(code)
        office.wait(days=4)
        migration.migrate(office.engine, self.plan(office, changed(catalogued(LAWYER), RENAMED)), [code], "hoa", WHY)
        after = office.dossier(code)
        assert (after.pauses, after.wake_at, after.status) == (before.pauses, before.wake_at, Status.SUPPLEMENT_REQUESTED)

    def test_a_suspended_dossier_moves_and_stays_suspended(self, office: Office) -> None:
        code = office.file(LAWYER)
        operators.suspend(office.engine, code, "hoa", WHY)
        migration.migrate(office.engine, self.plan(office, changed(catalogued(LAWYER), RENAMED)), [code], "hoa", WHY)
        assert office.dossier(code).suspension is not None

    def test_a_plan_that_cannot_be_right_is_refused_with_every_reason(self, office: Office) -> None:
        code = office.file(LAWYER)
        plan = self.plan(office, changed(catalogued(LAWYER), RENAMED), no_such_node="appraise", appraise="no_such_place")
        with pytest.raises(PlanRefused) as refused:
            migration.migrate(office.engine, plan, [code], "hoa", WHY)
        assert refused.value.facts["reasons"] == [
            'the old version has no node "no_such_node"',
            'the new version has no node "no_such_place"',
        ]
        with pytest.raises(PlanRefused, match="both versions are the same"):
            migration.check_plan(office.engine, MigrationPlan(plan.from_version, plan.from_version))
        with pytest.raises(UnknownVersion):
            migration.check_plan(office.engine, MigrationPlan(plan.from_version, "0" * 64))

    def test_versions_of_two_procedures_are_no_plan(self, office: Office) -> None:
        office.publish(LAWYER, SHOP)
        plan = MigrationPlan(catalogued(LAWYER).version_id, catalogued(SHOP).version_id)
        with pytest.raises(PlanRefused, match="two procedures"):
            migration.check_plan(office.engine, plan)

    def test_a_dossier_on_another_version_or_closed_is_not_moved(self, office: Office) -> None:
        closed = office.file(LAWYER)
        office.finish(closed)
        plan = self.plan(office, changed(catalogued(LAWYER), RENAMED))
        other = office.engine.open(office.application(LAWYER)).code
        reasons = {each.dossier_code: each.reasons for each in migration.check(office.engine, plan, [closed, other])}
        assert reasons[closed] == ("it is closed",)
        assert "not on" in reasons[other][0]
