"""When a calendar changes, open dossiers are counted anew: every date that moves is reported and stands in its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import cast

import pytest

from motcua.engine.authority_calendars import AuthorityCalendars
from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.dossier import Dossier
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.due_moments import Policy
from motcua.engine.event_log import verify
from motcua.engine.recomputation import DueChange, apply, recompute, running
from motcua.engine.store import DossierFilter, Store
from motcua.procedures_catalog.calendar_tables import packaged_tables, read_tables
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.operations import OPERATIONS
from tests.office import Office

LAWYER = "1.000828"  # 15 working days
AUTHORITIES = load_catalog().authorities
OLD = AuthorityCalendars(packaged_tables(), AUTHORITIES)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def with_days(*rows: str) -> AuthorityCalendars:
    text = "date,kind,name,confidence,source,authority\n" + "\n".join(rows) + "\n"
    return AuthorityCalendars(packaged_tables().amended(read_tables({"days_off.csv": text}, AUTHORITIES)), AUTHORITIES)


FLOOD = with_days("2026-03-03,holiday,lũ lụt,confirmed,decision,H05.02")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def code(office: Office) -> str:
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    return code


def policy_of(dossier: Dossier) -> Policy:
    return Policy()


def running_on(office: Office, calendars: AuthorityCalendars) -> DossierEngine:
    return DossierEngine(office.store, office.clock, calendars.calendar_for, OPERATIONS)


def applied(office: Office, new: AuthorityCalendars, *codes: str, batch: int = 500) -> list[DueChange]:
    batches = apply(running_on(office, new), codes, OLD.calendar_for, policy_of, batch)
    return [change for changes in batches for change in changes]


def test_a_new_day_off_moves_the_due_date_and_the_history_says_why(office: Office, code: str) -> None:
    before = office.dossier(code)
    assert before.due_on == date(2026, 3, 23)
    (change,) = applied(office, FLOOD, code)
    after = office.dossier(code)
    # Without the 3rd, day 1 is the 4th and day 15 the 24th.
    assert after.due_on == change.new_due_on == date(2026, 3, 24)
    assert after.expires_at == local("2026-03-25T00:00")
    assert change.cause == "2026-03-03 holiday (lũ lụt) was working"
    (event,) = [each for each in office.store.events(code) if each.kind == "due_changed" and each.actor == "calendar"]
    assert event.facts["cause"] == "calendar: 2026-03-03 holiday (lũ lụt) was working"
    assert (event.facts["old"], event.facts["new"]) == (before.due_at, after.due_at)
    assert verify(office.store.events(code)).holds


def test_what_was_promised_is_never_rewritten(office: Office, code: str) -> None:
    promises = office.dossier(code).promises
    applied(office, FLOOD, code)
    assert office.dossier(code).promises == promises


def test_the_norms_of_open_tasks_follow_the_calendar(office: Office, code: str) -> None:
    before = office.tasks(code)["appraise"]
    assert before.norm_hours is not None
    applied(office, FLOOD, code)
    after = office.tasks(code)["appraise"]
    flooded = FLOOD.calendar_for(before.authority_code)
    assert after.norm_due_at == flooded.add_working_seconds(before.opened_at, round(before.norm_hours * 3600))
    assert after.norm_due_at != before.norm_due_at


def test_the_applicants_term_falls_due_a_day_later_too(office: Office, code: str) -> None:
    office.do(code, "appraise", decision="supplement", missing="x")
    assert office.dossier(code).wake_at == local("2026-03-24T00:00")  # 15 working days after 2 March
    applied(office, FLOOD, code)
    assert office.dossier(code).wake_at == local("2026-03-25T00:00")


def test_applying_twice_changes_nothing_the_second_time(office: Office, code: str) -> None:
    assert len(applied(office, FLOOD, code)) == 1
    assert applied(office, FLOOD, code) == []


def test_a_calendar_that_did_not_change_moves_nothing(office: Office, code: str) -> None:
    assert list(recompute([office.dossier(code)], OLD.calendar_for, OLD.calendar_for, policy_of)) == []
    assert applied(office, OLD, code) == []


def test_the_day_off_of_another_province_moves_nothing(office: Office, code: str) -> None:
    elsewhere = with_days("2026-03-03,holiday,lũ lụt,confirmed,decision,H44")
    assert applied(office, elsewhere, code) == []


def test_the_report_beforehand_is_what_applying_then_does(office: Office, code: str) -> None:
    planned = list(recompute(office.store.dossiers(DossierFilter()), OLD.calendar_for, FLOOD.calendar_for, policy_of))
    assert planned == applied(office, FLOOD, code)


def test_while_the_clock_stands_a_pause_moves_nothing_and_a_day_off_does(office: Office, code: str) -> None:
    office.wait_until(local("2026-03-05T09:00"))
    office.do(code, "appraise", decision="supplement", missing="x")
    office.wait_until(local("2026-03-10T09:00"))
    assert applied(office, OLD, code) == []
    (change,) = applied(office, FLOOD, code)
    assert (change.old_due_on, change.new_due_on) == (date(2026, 3, 23), date(2026, 3, 24))


def test_a_dossier_that_is_over_keeps_its_date(office: Office, code: str) -> None:
    office.finish(code)
    due_on = office.dossier(code).due_on
    assert applied(office, FLOOD, code) == []
    assert office.dossier(code).due_on == due_on


def test_changes_come_in_batches_of_dossiers(office: Office, code: str) -> None:
    codes = [code]
    for _ in range(2):
        codes.append(office.file(LAWYER))
        office.do_until(codes[-1], "appraise")
    batches = list(apply(running_on(office, FLOOD), codes, OLD.calendar_for, policy_of, batch=2))
    assert [[change.dossier_code for change in batch] for batch in batches] == [codes[:2], codes[2:]]


def test_every_running_dossier_is_found_with_no_more_than_a_batch_in_memory(office: Office, code: str) -> None:
    codes = [code]
    for _ in range(4):
        codes.append(office.file(LAWYER))
        office.do_until(codes[-1], "appraise")
    office.finish(codes.pop(1))
    office.file(LAWYER)  # not received
    asked: list[int] = []

    class Counting:
        def running_dossiers(self, after: str = "", limit: int = 500) -> Sequence[Dossier]:
            asked.append(limit)
            return office.store.running_dossiers(after, limit)

    assert [dossier.code for dossier in running(cast(Store, Counting()), batch=2)] == codes
    assert asked == [2, 2, 2], "two full pages, and one that is empty"


def test_a_swap_whose_two_days_both_lie_before_the_due_date_is_no_change(office: Office, code: str) -> None:
    swapped = with_days(
        "2026-03-12,swapped_off,hoán đổi với 14/3,confirmed,letter,", "2026-03-14,makeup_working_saturday,làm bù,confirmed,letter,"
    )
    assert applied(office, swapped, code) == []


def test_other_office_hours_on_the_last_day_move_the_appointment_and_are_told(office: Office, code: str) -> None:
    hours = "authority,valid_from,valid_until,weekdays,sessions,source\nH05.02,2026-03-23,,mon,08:00-12:00,decision\n"
    shorter = AuthorityCalendars(packaged_tables().amended(read_tables({"office_hours.csv": hours}, AUTHORITIES)), AUTHORITIES)
    (change,) = applied(office, shorter, code)
    assert change.cause == "2026-03-23 other office hours"
    assert office.dossier(code).due_at == local("2026-03-23T12:00")


def test_confirming_a_year_takes_the_provisional_mark_away(office: Office) -> None:
    office.wait_until(local("2026-12-21T08:00"))
    code = office.file(LAWYER)
    office.do_until(code, "appraise")
    assert office.dossier(code).due_provisional
    announced = read_tables({"confirmed_years.csv": "year,source\n2027,announcement\n"}, AUTHORITIES)
    confirmed = AuthorityCalendars(packaged_tables().amended(announced), AUTHORITIES)
    (change,) = applied(office, confirmed, code)
    assert not change.provisional
    assert not office.dossier(code).due_provisional


def test_each_authority_runs_on_its_own_calendar_from_the_first_command_on(office: Office) -> None:
    office.engine = running_on(office, FLOOD)
    code = office.file(LAWYER)
    office.do(code, "check_completeness")
    office.pay(code)
    assert office.dossier(code).due_on == date(2026, 3, 24)


def test_without_calendars_of_their_own_all_authorities_share_one(office: Office) -> None:
    assert office.engine.calendar_for("H05.02") is office.engine.calendar_for("H44") is default_calendar()
