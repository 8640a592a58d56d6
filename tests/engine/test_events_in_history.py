"""What is thrown inside a dossier, who catches it and which condition was met stand in its history, and the chain verifies."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import Any

import pytest

from motcua.engine.event_log import verify
from motcua.procedures_catalog.version import build_closure
from motcua.services.web.words import event_title
from tests.engine.test_elements_in_dossiers import CODE, ENDS, REGISTER, flow, model, task
from tests.house import ROOT
from tests.office import Office


def flows(*ways: str) -> str:
    steps = [way.split(" > ") for way in ways]
    return "".join(flow(source, target) for way in steps for source, target in itertools.pairwise(way))


def filed(office: Office, content: bytes) -> str:
    office.engine.publish(build_closure(CODE, content, {}, REGISTER, in_force_from=date(2026, 1, 1)))
    code = office.engine.open(office.application(CODE, entries={})).code
    office.serve()
    return code


def told(office: Office, code: str) -> list[tuple[str, dict[str, Any]]]:
    """The events about what happened inside the process; the whole history must verify."""
    events = office.store.events(code)
    assert verify(events).holds
    kinds = ("signal_", "error_", "escalation_", "transaction_", "condition_")
    return [(event.kind, dict(event.facts)) for event in events if event.kind.startswith(kinds)]


HEARD = '<bpmn:signalEventDefinition signalRef="s"/>'
LATER = "<bpmn:timerEventDefinition><bpmn:timeDuration>8 hours</bpmn:timeDuration></bpmn:timerEventDefinition>"


def signals(also: str) -> bytes:
    """One branch tells what the other waits for, at a task and, if `also` is a signal, at an event beside it."""
    return model(
        f"""
    <bpmn:parallelGateway id="both"/>
    {task("check")}
    <bpmn:intermediateThrowEvent id="tell"><bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateThrowEvent>
    <bpmn:endEvent id="told"/>
    {task("wait")}
    <bpmn:boundaryEvent id="heard" attachedToRef="wait"><bpmn:signalEventDefinition signalRef="s"/></bpmn:boundaryEvent>
    <bpmn:intermediateCatchEvent id="also">{also}</bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="one"/><bpmn:endEvent id="two"/>{ENDS.format(id="three")}
    {flows("start > both > check > tell > told", "both > wait > one", "both > also > two", "heard > three")}""",
        '<bpmn:signal id="s" name="found"/>',
    )


def test_a_signal_is_told_once_as_thrown_and_once_for_everyone_who_catches_it() -> None:
    office = Office()
    code = filed(office, signals(HEARD))
    assert told(office, code) == []
    office.do(code, "check")
    thrown, *caught = told(office, code)
    assert thrown == ("signal_thrown", {"activity_id": "tell", "code": "found"})
    assert sorted((kind, facts["activity_id"], facts["thrown_by"], facts["code"]) for kind, facts in caught) == [
        ("signal_caught", "also", "tell", "found"),
        ("signal_caught", "heard", "tell", "found"),
    ]


def test_a_signal_that_nobody_waits_for_any_more_is_told_as_thrown_only() -> None:
    office = Office()
    code = filed(office, signals(LATER))
    office.do(code, "wait")
    office.do(code, "check")
    assert told(office, code) == [("signal_thrown", {"activity_id": "tell", "code": "found"})]


def test_a_condition_that_is_met_is_told_where_it_was_waited_for() -> None:
    office = Office()
    form = '<motcua:form><motcua:field name="amount" type="integer"/></motcua:form>'
    content = model(
        f"""
        {task("ask", form)}{task("look")}{ENDS.format(id="done")}
        <bpmn:boundaryEvent id="much" attachedToRef="look"><bpmn:conditionalEventDefinition>
          <bpmn:condition>not is_blank(amount) and amount > 5</bpmn:condition></bpmn:conditionalEventDefinition>
          </bpmn:boundaryEvent>
        {ENDS.format(id="at_once")}{flows("start > ask > look > done", "much > at_once")}""".replace("> 5", "&gt; 5")
    )
    code = filed(office, content)
    office.do(code, "ask", amount=7)
    assert told(office, code) == [("condition_met", {"activity_id": "much"})]
    small = filed(office, content)
    office.do(small, "ask", amount=3)
    assert told(office, small) == []


def test_an_error_and_an_escalation_are_told_with_what_threw_them_and_what_caught_them() -> None:
    office = Office()
    code = filed(
        office,
        model(
            f"""
        <bpmn:subProcess id="inside"><bpmn:startEvent id="in"/>{task("try_it")}
          <bpmn:intermediateThrowEvent id="up"><bpmn:escalationEventDefinition escalationRef="c"/></bpmn:intermediateThrowEvent>
          <bpmn:endEvent id="fail"><bpmn:errorEventDefinition errorRef="e"/></bpmn:endEvent>
          {flows("in > try_it > up > fail")}</bpmn:subProcess>
        <bpmn:boundaryEvent id="chief" attachedToRef="inside" cancelActivity="false">
          <bpmn:escalationEventDefinition escalationRef="c"/></bpmn:boundaryEvent><bpmn:endEvent id="seen"/>
        <bpmn:boundaryEvent id="caught" attachedToRef="inside"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>
        <bpmn:endEvent id="fine"/>{ENDS.format(id="bad")}
        {flows("start > inside > fine", "chief > seen", "caught > bad")}""",
            '<bpmn:escalation id="c" escalationCode="look"/><bpmn:error id="e" errorCode="wrong"/>',
        ),
    )
    office.do(code, "try_it")
    assert told(office, code) == [
        ("escalation_thrown", {"activity_id": "up", "code": "look"}),
        ("escalation_caught", {"activity_id": "chief", "thrown_by": "up", "code": "look"}),
        ("error_caught", {"activity_id": "caught", "thrown_by": "fail", "code": "wrong"}),
    ]
    assert office.dossier(code).closed_at is not None


def test_a_cancelled_transaction_is_told() -> None:
    office = Office()
    code = filed(
        office,
        model(f"""
        <bpmn:transaction id="deal"><bpmn:startEvent id="in"/>{task("agree")}
          <bpmn:endEvent id="off"><bpmn:cancelEventDefinition/></bpmn:endEvent>{flows("in > agree > off")}</bpmn:transaction>
        <bpmn:boundaryEvent id="undone" attachedToRef="deal"><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>
        <bpmn:endEvent id="fine"/>{ENDS.format(id="bad")}{flows("start > deal > fine", "undone > bad")}"""),
    )
    office.do(code, "agree")
    assert told(office, code) == [("transaction_cancelled", {"activity_id": "undone", "thrown_by": "off", "code": None})]


RECORDED = re.compile(r'(?:\brecord\(\s*|_happened\(|change_call\([^"]*|EventKind\.[A-Z]+: )"([a-z]+_?[a-z_]*)"')
KINDS = sorted({kind for path in (ROOT / "engine").rglob("*.py") for kind in RECORDED.findall(path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_has_words_for_the_dossier_s_page(kind: str) -> None:
    event = type("AnEvent", (), {"kind": kind})()
    assert event_title(event) != kind


def test_the_kinds_of_events_are_found_in_the_engine() -> None:
    assert {"opened", "signal_thrown", "signal_caught", "suspended", "migrated", "incident", "condition_met"} <= set(KINDS)
