"""What becomes of a dossier whose authority ends: stories that hold over every store.

Local time is UTC+7; 2 March 2026 is a Monday. The department of justice ends with Friday 6 March.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from motcua.engine.calendars import SESSIONS, Calendar, OfficeWeek, default_calendar
from motcua.engine.event_log import verify
from motcua.engine.operators import Because
from motcua.engine.store import TaskFilter
from motcua.engine.successions import pass_on, passings
from motcua.procedures_catalog.authority import Authority
from motcua.procedures_catalog.catalog import load_catalog
from tests.office import Office

LAWYER, BIRTH = "1.000828", "1.001193"
WHY = Because("Sáp nhập từ ngày 07/3/2026", "202/2025/QH15")
JUSTICE, HEIR = "H05.02", "H05.03"


def authorities(*, heir: str | None = HEIR, tier: str = "province") -> dict[str, Authority]:
    listed = load_catalog().authorities
    ended = replace(listed[JUSTICE], in_force_until=date(2026, 3, 6), successor=heir)
    return {**listed, JUSTICE: ended, HEIR: replace(listed[HEIR], tier=tier)}


class SuccessionStories:
    """Subclass with a fixture `office`."""

    def test_while_the_authority_exists_its_dossiers_stay(self, office: Office) -> None:
        code = office.file(LAWYER)
        assert passings(office.engine, authorities()) == []
        assert pass_on(office.engine, authorities(), code, "hoa", WHY) is None
        assert office.dossier(code).authority_code == JUSTICE

    def test_when_it_has_ended_its_open_dossiers_pass_to_the_named_successor_with_their_tasks(self, office: Office) -> None:
        code, other = office.file(LAWYER), office.file(BIRTH)
        office.do_until(code, "appraise")
        office.clock.move_to(datetime(2026, 3, 9, 1, 0, tzinfo=UTC))
        before = office.dossier(code)
        assert [each.dossier_code for each in passings(office.engine, authorities())] == [code]
        passing = pass_on(office.engine, authorities(), code, "hoa", WHY)
        assert passing is not None
        assert (passing.from_authority, passing.to_authority) == (JUSTICE, HEIR)
        after = office.dossier(code)
        assert after.authority_code == HEIR
        assert (after.code, after.version_id, after.due_on, after.promises) == (
            code,
            before.version_id,
            before.due_on,
            before.promises,
        )
        assert list(office.store.open_tasks(TaskFilter(authority_code=JUSTICE))) == []
        assert {task.dossier_code for task in office.store.open_tasks(TaskFilter(authority_code=HEIR))} == {code}
        assert office.dossier(other).authority_code == "H05.21"
        assert passings(office.engine, authorities()) == [], "it is done once"

    def test_the_passing_is_an_event_with_author_reason_and_basis_and_the_dossier_goes_on(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.clock.move_to(datetime(2026, 3, 9, 1, 0, tzinfo=UTC))
        pass_on(office.engine, authorities(), code, "hoa", WHY)
        (event,) = [event for event in office.store.events(code) if event.kind == "authority_passed"]
        assert event.actor == "hoa"
        assert event.facts == {"reason": WHY.reason, "legal_basis": WHY.legal_basis, "from": JUSTICE, "to": HEIR}
        office.do_until(code, "appraise")
        assert {task.authority_code for task in office.tasks(code).values()} == {HEIR}
        assert verify(office.store.events(code)).holds

    def test_where_nobody_is_named_or_of_another_tier_the_dossier_stays_and_says_why(self, office: Office) -> None:
        code = office.file(LAWYER)
        office.clock.move_to(datetime(2026, 3, 9, 1, 0, tzinfo=UTC))
        for listed, words in ((authorities(heir=None), "is not known"), (authorities(tier="commune"), "of the tier commune")):
            passing = pass_on(office.engine, listed, code, "hoa", WHY)
            assert passing is not None
            assert passing.to_authority is None
            assert words in passing.why_not
            assert passings(office.engine, listed) == [passing]
        assert office.dossier(code).authority_code == JUSTICE
        assert "authority_passed" not in [event.kind for event in office.store.events(code)]

    def test_the_due_date_is_counted_anew_by_the_successors_calendar(self, office: Office) -> None:
        usual = default_calendar()
        closed_on_mondays = _without_mondays(usual)
        office.engine.calendar_for = lambda code: closed_on_mondays if code == HEIR else usual
        code = office.file(LAWYER)
        office.do_until(code, "appraise")
        before = office.dossier(code)
        office.clock.move_to(datetime(2026, 3, 9, 1, 0, tzinfo=UTC))
        pass_on(office.engine, authorities(), code, "hoa", WHY)
        after = office.dossier(code)
        assert before.due_on == date(2026, 3, 23), "fifteen working days after Monday 2 March"
        assert after.due_on is not None
        assert after.due_on > before.due_on
        assert after.promises == before.promises, "a promise is never edited"
        assert [event.kind for event in office.store.events(code)][-2:] == ["authority_passed", "due_changed"]


def _without_mondays(calendar: Calendar) -> Calendar:
    """An office that is closed on Mondays."""
    return replace(calendar, weeks=(OfficeWeek(date.min, ((), *(SESSIONS,) * 4, (), ())),))
