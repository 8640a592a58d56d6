"""Half-filled forms of open tasks: stories that hold over every store."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.engine import migration, operators
from motcua.engine.codec import ValueRefused
from motcua.engine.dossier_engine import NotTheirTask
from motcua.engine.drafts import MAX_DRAFT, DraftConflict, read_draft, save_draft
from motcua.engine.event_log import verify
from motcua.engine.forms import MAX_TEXT, FormRefused
from motcua.engine.migration import MigrationPlan
from motcua.engine.store import TaskFilter, UnknownTask
from tests.contracts.operator_stories import LAWYER, WHY, catalogued, changed
from tests.office import Office

MISSING = {"missing": "Bản sao bằng cử nhân luật"}


def at_appraisal(office: Office) -> tuple[str, str]:
    """A dossier at the task of appraisal, and the id of the task."""
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    return code, office.tasks(code)["appraise"].id


def entries_of(office: Office, task_id: str) -> dict[str, Any]:
    draft = office.store.task(task_id).draft
    return {} if draft is None else dict(draft.entries)


class DraftStories:
    """Subclass with a fixture `office`."""

    def test_a_half_filled_form_is_kept_and_found_again(self, office: Office) -> None:
        code, task_id = at_appraisal(office)
        assert office.store.task(task_id).draft is None
        saved = save_draft(office.engine, task_id, MISSING, 0, "lan")
        draft = office.store.task(task_id).draft
        assert draft == saved.draft
        assert draft is not None
        assert (draft.entries, draft.revision, draft.saved_by, draft.saved_at) == (MISSING, 1, "lan", office.clock.now())
        assert office.store.open_tasks(TaskFilter(dossier_code=code))[0].draft == draft

    def test_a_draft_needs_not_be_complete_or_right_and_an_emptied_field_is_gone(self, office: Office) -> None:
        _, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, {"missing": "a", "refusal_reason": "b", "decision": ""}, 0, "lan")
        save_draft(office.engine, task_id, {"refusal_reason": "b", "missing": ""}, 1, "lan")
        assert entries_of(office, task_id) == {"refusal_reason": "b"}

    def test_a_draft_is_no_part_of_the_history_and_decides_nothing(self, office: Office) -> None:
        code, task_id = at_appraisal(office)
        before, events = office.dossier(code), office.store.events(code)
        save_draft(office.engine, task_id, {"decision": "refuse"}, 0, "lan")
        after = office.dossier(code)
        assert office.store.events(code) == events
        assert (after.status, after.due_at, after.wake_at) == (before.status, before.due_at, before.wake_at)
        office.do(code, "appraise", decision="approve")
        assert verify(office.store.events(code)).holds

    def test_a_completed_or_cancelled_task_leaves_no_draft(self, office: Office) -> None:
        code, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        office.do(code, "appraise", decision="supplement", **MISSING)
        with pytest.raises(UnknownTask):
            save_draft(office.engine, task_id, MISSING, 1, "lan")
        assert office.tell(code, "supplement_received")
        again = office.tasks(code)["appraise"]
        assert again.draft is None, "the same form, opened again, begins empty"

    def test_two_who_fill_in_the_same_form_do_not_overwrite_each_other(self, office: Office) -> None:
        _, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        with pytest.raises(DraftConflict, match="lan has saved another draft") as refused:
            save_draft(office.engine, task_id, {"missing": "khác"}, 0, "binh")
        assert (refused.value.facts["revision"], refused.value.facts["saved_by"]) == (1, "lan")
        assert refused.value.http_status == 409
        assert entries_of(office, task_id) == MISSING
        save_draft(office.engine, task_id, {"missing": "khác"}, 1, "binh")
        assert entries_of(office, task_id) == {"missing": "khác"}
        with pytest.raises(DraftConflict):
            save_draft(office.engine, task_id, MISSING, 9, "lan")

    @pytest.mark.parametrize(
        "entries",
        [
            {"unknown": "x"},
            {"typename": "x"},
            {"decision": "perhaps"},
            {"missing": "x" * (MAX_TEXT + 1)},
            {"missing": "nul \x00"},
            {"missing": "half a letter \ud800"},
            {"missing": True},
            {"missing": 1.5},
            {"missing": ["a"]},
            {"missing": {"$decimal": "1"}},
            {"missing": 2**600},
        ],
    )
    def test_what_a_form_cannot_even_show_is_refused_by_name_and_nothing_is_saved(
        self, office: Office, entries: dict[str, Any]
    ) -> None:
        _, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        with pytest.raises((FormRefused, ValueRefused)) as refused:
            save_draft(office.engine, task_id, {**MISSING, **entries}, 1, "lan")
        assert next(iter(entries)) in str(refused.value)
        assert entries_of(office, task_id) == MISSING

    def test_all_entries_together_have_a_bound(self, office: Office) -> None:
        form = [{"name": f"f{n}", "type": "text", "options": []} for n in range(10)]
        assert len(read_draft(form, {f"f{n}": "x" * (MAX_DRAFT // 10) for n in range(10)}, "It")) == 10
        with pytest.raises(FormRefused, match="too much for a draft"):
            read_draft(form, {f"f{n}": "x" * (MAX_DRAFT // 10 + 1) for n in range(10)}, "It")

    def test_only_who_has_the_task_saves_its_draft_and_the_next_one_finds_it(self, office: Office) -> None:
        _, task_id = at_appraisal(office)
        office.engine.claim(task_id, "lan")
        with pytest.raises(NotTheirTask):
            save_draft(office.engine, task_id, MISSING, 0, "binh")
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        office.engine.delegate(task_id, "binh", "lan")
        assert entries_of(office, task_id) == MISSING
        save_draft(office.engine, task_id, {"missing": "thêm"}, 1, "binh")

    def test_a_draft_can_be_saved_while_the_dossier_is_suspended(self, office: Office) -> None:
        code, task_id = at_appraisal(office)
        operators.suspend(office.engine, code, "hoa", WHY)
        save_draft(office.engine, task_id, MISSING, 0, "lan")
        operators.resume(office.engine, code, "hoa", WHY)
        assert entries_of(office, task_id) == MISSING

    # ---- migration

    def test_a_dossier_that_moves_to_another_version_keeps_the_draft_of_the_task_that_is_mapped(self, office: Office) -> None:
        code, task_id = at_appraisal(office)
        draft = save_draft(office.engine, task_id, MISSING, 0, "lan").draft
        old = catalogued(LAWYER)
        new = changed(old, ('"appraise"', '"study"'))
        office.engine.publish(new)
        plan = MigrationPlan(old.version_id, new.version_id, {"appraise": "study"})
        assert [each.losses for each in migration.check(office.engine, plan, [code])] == [()]
        (moved,) = migration.migrate(office.engine, plan, [code], "hoa", WHY)
        assert (moved.reasons, moved.losses) == ((), ())
        assert office.store.task(task_id).activity_id == "study"
        assert office.store.task(task_id).draft == draft
        assert "draft_shortened" not in office.kinds(code)

    def test_what_the_new_form_cannot_hold_is_dropped_with_a_line_before_and_after_and_an_event(self, office: Office) -> None:
        field = '<motcua:field name="missing"'
        old = changed(catalogued(LAWYER), (field, f'<motcua:field name="note" type="text" label="Ghi chú"/>{field}'))
        new = changed(catalogued(LAWYER), ('name="refusal_reason" type="text"', 'name="refusal_reason" type="boolean"'))
        office.publish(LAWYER)
        office.engine.publish(old)
        code, task_id = at_appraisal(office)
        save_draft(office.engine, task_id, {"decision": "refuse", "note": "Bản sao", "refusal_reason": "x"}, 0, "lan")
        office.engine.publish(new)
        plan = MigrationPlan(old.version_id, new.version_id)
        (judged,) = migration.check(office.engine, plan, [code])
        assert [("note" in line, "refusal_reason" in line) for line in sorted(judged.losses)] == [(True, False), (False, True)]
        (moved,) = migration.migrate(office.engine, plan, [code], "hoa", WHY)
        assert sorted(moved.losses) == sorted(judged.losses)
        assert entries_of(office, task_id) == {"decision": "refuse"}
        (told,) = [event for event in office.store.events(code) if event.kind == "draft_shortened"]
        assert told.facts["losses"] == list(moved.losses)
        assert "Bản sao" not in str(told.facts), "what was entered is personal, and no fact"
        assert verify(office.store.events(code)).holds
