"""Timers at a part of the time limit as a dossier lives through them: each command saves it and restores it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from motcua.bpmn.checks import Severity, check_model, errors
from motcua.bpmn.document import read_document
from motcua.engine import operators
from motcua.engine.calendars import VIETNAM
from motcua.engine.operators import Because
from motcua.procedures_catalog.version import build_closure
from motcua.services.cli.model import packaged_context
from tests.engine.test_elements_in_dossiers import CODE, REGISTER, fired, flow, model, task
from tests.office import MONDAY_MORNING, Office

LIMIT = {"name": "", "text": "10 working days", "channels": [], "source": "test"}
LIMITED = {**json.loads(REGISTER), "limit_state": "known", "limits": [LIMIT]}
RECEIVE = '<motcua:act name="receive"/>'
HALF = "<bpmn:timeDuration>half the time limit</bpmn:timeDuration>"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


PROCESS = f"""
    {task("receive", RECEIVE)}{task("work")}
    <bpmn:boundaryEvent id="half" attachedToRef="work" cancelActivity="false">
      <bpmn:timerEventDefinition>{HALF}</bpmn:timerEventDefinition></bpmn:boundaryEvent>
    {task("hurry")}<bpmn:endEvent id="hurried"/>
    <bpmn:intermediateThrowEvent id="asked"><bpmn:extensionElements><motcua:act name="ask_supplement"/></bpmn:extensionElements>
      </bpmn:intermediateThrowEvent>
    {task("bring", '<motcua:act name="take_supplement"/>')}
    {task("end_it", '<motcua:act name="refuse"/>')}<bpmn:endEvent id="done"/>
    <bpmn:boundaryEvent id="lacking" attachedToRef="work" cancelActivity="false"><bpmn:messageEventDefinition messageRef="m"/>
      </bpmn:boundaryEvent><bpmn:endEvent id="brought"/>
    {flow("start", "receive")}{flow("receive", "work")}{flow("work", "end_it")}{flow("end_it", "done")}
    {flow("half", "hurry")}{flow("hurry", "hurried")}{flow("lacking", "asked")}{flow("asked", "bring")}{flow("bring", "brought")}"""
MODEL = model(PROCESS, '<bpmn:message id="m" name="lacking"/>')


def filed(office: Office, content: bytes, register: bytes = json.dumps(LIMITED).encode()) -> str:
    office.engine.publish(build_closure(CODE, content, {}, register, in_force_from=date(2026, 1, 1)))
    return office.engine.open(office.application(CODE, entries={})).code


def test_a_reminder_comes_when_half_of_the_limit_has_passed() -> None:
    office = Office()
    code = filed(office, MODEL)
    office.wait(days=2)
    office.do(code, "receive")  # on Wednesday 4 March, so that 5, 6, 9, 10 and 11 March are the first half
    assert office.dossier(code).wake_at == local("2026-03-12T00:00")
    office.wait_until(local("2026-03-11T23:59"))
    assert "hurry" not in office.tasks(code)
    office.wait_until(local("2026-03-12T00:00"))
    assert "hurry" in office.tasks(code)
    assert fired(office, code) == [local("2026-03-12T00:00")]
    assert office.dossier(code).wake_at is None


def test_a_supplement_stops_the_half_and_moves_it() -> None:
    office = Office()
    code = filed(office, MODEL)
    office.do(code, "receive")  # on Monday 2 March
    assert office.dossier(code).wake_at == local("2026-03-10T00:00")
    office.wait_until(local("2026-03-05T10:00"))
    assert office.tell(code, "lacking")
    assert office.dossier(code).wake_at is None, "the clock stands"
    office.wait_until(local("2026-03-20T10:00"))
    assert "hurry" not in office.tasks(code)
    office.do(code, "bring")  # on Friday 20 March: 3 and 4 counted, then 23, 24 and 25
    assert office.dossier(code).wake_at == local("2026-03-26T00:00")
    assert office.dossier(code).due_on == date(2026, 4, 1)


def test_a_half_that_falls_due_in_a_suspension_comes_when_the_dossier_is_resumed() -> None:
    office = Office()
    code = filed(office, MODEL)
    office.do(code, "receive")
    operators.suspend(office.engine, code, "an", Because("filed twice"))
    office.wait_until(local("2026-03-12T09:00"))
    assert fired(office, code) == []
    operators.resume(office.engine, code, "an", Because("cleared up"))
    assert fired(office, code) == [local("2026-03-10T00:00")], "the authority's clock ran on"
    assert "hurry" in office.tasks(code)


def test_in_a_dossier_whose_limit_is_unknown_the_half_never_comes_and_the_history_says_why() -> None:
    office = Office()
    code = filed(office, MODEL, REGISTER)
    office.do(code, "receive")
    assert office.dossier(code).limit is None
    (told,) = [event for event in office.store.events(code) if event.kind == "timer_never_due"]
    assert (told.facts["activity_id"], told.facts["timer"]) == ("half", "half the time limit")
    assert told.facts["why"] == office.dossier(code).limit_unknown_because
    office.wait_until(MONDAY_MORNING + timedelta(days=200))
    office.do(code, "work")
    assert fired(office, code) == []
    assert office.kinds(code).count("timer_never_due") == 1


WAITING = model(
    task("receive", RECEIVE)
    + f'<bpmn:intermediateCatchEvent id="half"><bpmn:timerEventDefinition>{HALF}</bpmn:timerEventDefinition>'
    + "</bpmn:intermediateCatchEvent>"
    + task("work", '<motcua:act name="refuse"/>')
    + '<bpmn:endEvent id="done"/>'
    + "".join(flow(*ends) for ends in (("start", "receive"), ("receive", "half"), ("half", "work"), ("work", "done")))
)
BEFORE_RECEIPT = model(
    f'<bpmn:intermediateCatchEvent id="half"><bpmn:timerEventDefinition>{HALF}</bpmn:timerEventDefinition>'
    + "</bpmn:intermediateCatchEvent>"
    + '<bpmn:parallelGateway id="both"/>'
    + task("receive", RECEIVE)
    + task("hurry")
    + '<bpmn:endEvent id="hurried"/><bpmn:endEvent id="received"/>'
    + "".join(
        flow(*ends)
        for ends in (
            ("start", "both"),
            ("both", "half"),
            ("half", "hurry"),
            ("hurry", "hurried"),
            ("both", "receive"),
            ("receive", "received"),
        )
    )
)


def test_a_timer_that_waits_since_before_the_receipt_has_its_instant_from_then_on() -> None:
    office = Office()
    code = filed(office, BEFORE_RECEIPT)
    assert office.dossier(code).wake_at is None
    office.do(code, "receive")
    assert office.dossier(code).wake_at == local("2026-03-10T00:00")


def test_a_timer_that_waits_since_before_the_receipt_is_told_when_the_limit_turns_out_to_be_unknown() -> None:
    office = Office()
    code = filed(office, BEFORE_RECEIPT, REGISTER)
    assert "timer_never_due" not in office.kinds(code)
    office.do(code, "receive")
    assert office.kinds(code).count("timer_never_due") == 1


@pytest.mark.parametrize(("content", "warned"), [(MODEL, []), (WAITING, ["half"]), (BEFORE_RECEIPT, ["half"])])
def test_an_analyst_is_warned_where_a_token_could_wait_for_a_limit_for_ever(content: bytes, warned: list[str]) -> None:
    context = packaged_context()
    found = check_model(read_document(content, "m"), context)
    assert errors(found) == ()
    assert [f.element_id for f in found if f.rule == "timer" and f.severity is Severity.WARNING] == warned
    asked = content.replace(
        b"<bpmn:startEvent",
        b'<bpmn:scriptTask id="s" scriptFormat="motcua"><bpmn:script>x = limit_known'
        b"</bpmn:script></bpmn:scriptTask><bpmn:startEvent",
    )
    assert not [f for f in check_model(read_document(asked, "m"), context) if f.rule == "timer"]


def test_on_the_applicant_s_clock_half_the_limit_is_refused_at_its_line() -> None:
    clock = '<bpmn:timerEventDefinition><bpmn:extensionElements><motcua:timer clock="applicant"/></bpmn:extensionElements>'
    content = MODEL.replace(f"<bpmn:timerEventDefinition>{HALF}".encode(), f"{clock}{HALF}".encode())
    (finding,) = errors(check_model(read_document(content, "m"), packaged_context()))
    assert (finding.rule, finding.element_id) == ("timer", "half")
    assert 'clock="authority"' in finding.remedy
