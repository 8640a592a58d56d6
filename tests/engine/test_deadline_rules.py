"""Extensions and supplement requests: once, in time, and refused with the rule that forbids them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from motcua.engine.acts import Moment, perform
from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.deadlines import (
    ExceptionIncomplete,
    ExtensionTooLate,
    NothingToExtend,
    Policy,
    PromiseNotLater,
    RecordedException,
    SecondExtension,
    SecondSupplementRequest,
    check_extension,
    check_supplement,
)
from motcua.engine.dossier import Applicant, Channel, Dossier, Promise, Status
from motcua.engine.values import Value
from motcua.errors import Refused
from motcua.procedures_catalog.catalog import load_catalog

CALENDAR = default_calendar()
DUE_ON = date(2026, 3, 9)  # a Monday


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


DOSSIER = Dossier(
    code="H05.01-260302-0001",
    procedure_code="1.004082",
    version_id="v",
    authority_code="H05.01",
    tier="commune",
    channel=Channel.DIRECT,
    applicant=Applicant("Nguyễn Thị Thử"),
    case=None,
    status=Status.IN_PROCESS,
    filed_at=local("2026-03-02T08:50"),
    received_at=local("2026-03-02T09:00"),
    limit="5 working days",
    due_on=DUE_ON,
    due_at=CALENDAR.close_of(DUE_ON),
    expires_at=CALENDAR.end_of(DUE_ON),
    promises=(Promise(CALENDAR.close_of(DUE_ON), local("2026-03-02T09:00"), "receipt_slip"),),
)


def extend(dossier: Dossier, now: str, promised_on: date = date(2026, 3, 12)) -> None:
    check_extension(dossier, promised_on=promised_on, now=local(now), calendar=CALENDAR)


def test_an_extension_may_be_announced_until_midnight_of_the_day_before_the_due_date() -> None:
    extend(DOSSIER, "2026-03-08T23:59")


def test_an_extension_announced_on_the_due_date_is_too_late() -> None:
    with pytest.raises(ExtensionTooLate, match="announced by 2026-03-08, and now it is 2026-03-09") as refusal:
        extend(DOSSIER, "2026-03-09T00:00")
    assert isinstance(refusal.value, Refused)
    assert {"rule", "source"} <= refusal.value.facts.keys()


def test_a_second_extension_is_refused() -> None:
    apology = Promise(CALENDAR.close_of(date(2026, 3, 11)), local("2026-03-05T09:00"), "apology_letter")
    with pytest.raises(SecondExtension, match="at most once"):
        extend(replace(DOSSIER, promises=(*DOSSIER.promises, apology)), "2026-03-06T09:00")


def test_without_a_due_date_there_is_nothing_to_extend() -> None:
    with pytest.raises(NothingToExtend, match="no due date"):
        extend(replace(DOSSIER, due_on=None), "2026-03-06T09:00")


@pytest.mark.parametrize("promised_on", [DUE_ON - timedelta(3), DUE_ON, date(2026, 3, 14)])
def test_the_new_date_must_be_a_later_working_day(promised_on: date) -> None:
    with pytest.raises(PromiseNotLater, match="from 2026-03-10 on"):
        extend(DOSSIER, "2026-03-06T09:00", promised_on)


def test_a_supplement_is_asked_once() -> None:
    assert check_supplement(0) is None
    with pytest.raises(SecondSupplementRequest, match="asked once, in full"):
        check_supplement(1)


def test_a_second_supplement_request_is_possible_as_an_exception_that_somebody_answers_for() -> None:
    exception = RecordedException("leader@H05.02", "The register's extract was issued anew", "Decision 7")
    assert check_supplement(1, exception) is exception
    assert check_supplement(0, exception) is None


def test_no_exception_makes_a_late_or_a_second_extension_possible() -> None:
    stated: dict[str, Value] = {"exception_reason": "why", "exception_author": "leader", "new_promise_on": date(2026, 3, 12)}
    procedure = load_catalog().procedure("1.000828")
    moment = Moment(local("2026-03-09T08:00"), CALENDAR, Policy(), procedure, stated)
    with pytest.raises(ExtensionTooLate):
        perform("extend", DOSSIER, moment)
    apology = Promise(CALENDAR.close_of(date(2026, 3, 11)), local("2026-03-05T09:00"), "apology_letter")
    with pytest.raises(SecondExtension):
        perform(
            "extend",
            replace(DOSSIER, promises=(*DOSSIER.promises, apology)),
            replace(moment, now=local("2026-03-06T09:00")),
        )


@pytest.mark.parametrize(("author", "reason"), [("", "why"), ("leader", " ")])
def test_an_exception_without_author_or_reason_is_none(author: str, reason: str) -> None:
    with pytest.raises(ExceptionIncomplete, match="State both"):
        RecordedException(author, reason)
