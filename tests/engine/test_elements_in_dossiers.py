"""What the run cannot show alone: timers that repeat on the clock, and events, sends and instances as a dossier lives through them.

The models are written as an analyst would save them, and go through reading, checking and publishing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from motcua.bpmn.checks import ModelRefused
from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Ending
from motcua.engine.spiff.run import Run, Token
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import build_closure
from tests.office import MONDAY_MORNING, Office

CODE = "1.001612"
REGISTER = load_catalog().versions(CODE)[0].register
ASK = '<bpmn:extensionElements><motcua:assignment role="officer"/>{more}</bpmn:extensionElements>'
ENDS = '<bpmn:endEvent id="{id}"><bpmn:extensionElements><motcua:act name="decline"/></bpmn:extensionElements></bpmn:endEvent>'


def model(process: str, around: str = "") -> bytes:
    return f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:motcua="urn:motcua:bpmn:1.0"
        id="definitions" targetNamespace="urn:motcua:models">
      {around}
      <bpmn:process id="small" isExecutable="true">
        <bpmn:extensionElements><motcua:procedure code="{CODE}"/></bpmn:extensionElements>
        <bpmn:startEvent id="start"/>{process}
      </bpmn:process></bpmn:definitions>""".encode()


def flow(source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def task(id: str, more: str = "", inside: str = "") -> str:
    return f'<bpmn:userTask id="{id}" name="{id}">{ASK.format(more=more)}{inside}</bpmn:userTask>'


def filed(office: Office, content: bytes) -> str:
    office.engine.publish(build_closure(CODE, content, {}, REGISTER, in_force_from=date(2026, 1, 1)))
    return office.engine.open(office.application(CODE, entries={})).code


def reminding(clock: str, cycle: str) -> bytes:
    return model(f"""
        {task("work")}
        <bpmn:boundaryEvent id="again" attachedToRef="work" cancelActivity="false"><bpmn:timerEventDefinition>
          <bpmn:extensionElements><motcua:timer clock="{clock}"/></bpmn:extensionElements>
          <bpmn:timeCycle>{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>
        <bpmn:scriptTask id="remind" scriptFormat="motcua"><bpmn:script>last = "reminded"</bpmn:script></bpmn:scriptTask>
        <bpmn:endEvent id="reminded"/>
        {ENDS.format(id="done")}
        {flow("start", "work")}{flow("work", "done")}{flow("again", "remind")}{flow("remind", "reminded")}""")


def fired(office: Office, code: str) -> list[datetime]:
    return [event.facts["due_at"] for event in office.store.events(code) if event.kind == "timer_fired"]  # type: ignore[misc]


def test_a_cycle_fires_at_each_of_its_instants_counted_from_the_first_arrival() -> None:
    office = Office()
    code = filed(office, reminding("wall", "every 8 hours"))
    for hours in (8, 16, 24):
        assert office.dossier(code).wake_at == MONDAY_MORNING + timedelta(hours=hours)
        office.wait_until(MONDAY_MORNING + timedelta(hours=hours, minutes=1))  # a minute late, and nothing drifts
    assert fired(office, code) == [MONDAY_MORNING + timedelta(hours=hours) for hours in (8, 16, 24)]


def test_after_48_and_a_half_hours_of_downtime_a_cycle_fires_once_and_goes_on_in_the_future() -> None:
    office = Office()
    code = filed(office, reminding("wall", "every 1 hour"))
    size = len(office.store.state(code))
    office.wait_until(MONDAY_MORNING + timedelta(hours=48, minutes=30))
    assert fired(office, code) == [MONDAY_MORNING + timedelta(hours=1)]
    assert office.dossier(code).wake_at == MONDAY_MORNING + timedelta(hours=49)
    assert len(office.store.state(code)) < size + 40, "the state grows by the number of the round, not by 48 tokens"


def test_a_cycle_of_working_days_falls_due_at_the_end_of_every_such_day_and_skips_the_weekend() -> None:
    office = Office()
    code = filed(office, reminding("wall", "every 2 working days"))
    days = []
    for _ in range(4):
        wake = office.dossier(code).wake_at
        assert wake is not None
        days.append(wake.astimezone(VIETNAM).date() - timedelta(days=1))
        office.wait_until(wake)
    # From Monday 2 March: Wednesday 4, Friday 6, Tuesday 10, Thursday 12.
    assert days == [date(2026, 3, day) for day in (4, 6, 10, 12)]


def test_a_cycle_that_may_come_three_times_counts_those_it_missed() -> None:
    office = Office()
    code = filed(office, reminding("wall", "3 times every 8 hours"))
    office.wait(hours=9)
    office.wait(hours=100)
    assert len(fired(office, code)) == 2, "the second and the third together"
    assert office.dossier(code).wake_at is None
    assert "again" not in {token.node.id for token in _tokens(office, code)}


def _tokens(office: Office, code: str) -> list[Token]:
    compiled = office.engine.procedures.get(office.dossier(code).version_id)
    return Run.restore(compiled.model, office.store.state(code), office.clock.now(), {}).tokens()


def test_a_timer_with_a_date_falls_due_at_that_instant() -> None:
    office = Office()
    code = filed(
        office,
        model(f"""
        <bpmn:intermediateCatchEvent id="hearing"><bpmn:timerEventDefinition>
          <bpmn:timeDate>2026-03-31T09:30:00+07:00</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
        {ENDS.format(id="done")}{flow("start", "hearing")}{flow("hearing", "done")}"""),
    )
    assert office.dossier(code).wake_at == datetime(2026, 3, 31, 2, 30, tzinfo=UTC)
    office.wait_until(datetime(2026, 3, 31, 2, 30, tzinfo=UTC))
    assert office.dossier(code).ending is Ending.NOT_ACCEPTED


def test_a_withdrawal_in_an_event_sub_process_cancels_the_tasks_and_sends_its_letter() -> None:
    office = Office()
    code = filed(
        office,
        model(
            f"""
        {task("work")}{ENDS.format(id="done")}{flow("start", "work")}{flow("work", "done")}
        <bpmn:subProcess id="withdrawal" triggeredByEvent="true">
          <bpmn:startEvent id="asked"><bpmn:extensionElements>
            <motcua:payload><motcua:field name="why" type="text"/></motcua:payload></bpmn:extensionElements>
            <bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>
          <bpmn:endEvent id="letter"><bpmn:extensionElements><motcua:act name="decline"/><motcua:operation name="documents.refusal">
            <motcua:input name="reason" expression="why"/></motcua:operation></bpmn:extensionElements>
            <bpmn:messageEventDefinition messageRef="sent"/></bpmn:endEvent>
          {flow("asked", "letter")}
        </bpmn:subProcess>""",
            '<bpmn:message id="m" name="withdrawn"/><bpmn:message id="sent" name="letter"/>',
        ),
    )
    assert set(office.tasks(code)) == {"work"}
    assert office.tell(code, "withdrawn", why="moved away")
    assert office.tasks(code) == {}
    assert [call.inputs["reason"] for call in office.outside.made("documents.refusal")] == ["moved away"]
    assert office.dossier(code).ending is Ending.NOT_ACCEPTED
    with pytest.raises(Exception, match="never waits"):
        office.tell(filed(office, reminding("wall", "every 8 hours")), "letter", "m2")


def test_three_agencies_asked_at_once_have_three_tasks_and_their_answers_come_in_the_order_of_asking() -> None:
    office = Office()
    loop = """<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>
        <bpmn:loopDataOutputRef>opinions</bpmn:loopDataOutputRef><bpmn:outputDataItem id="item" name="opinion"/>
        </bpmn:multiInstanceLoopCharacteristics>"""
    form = '<motcua:form><motcua:field name="opinion" type="text"/></motcua:form>'
    flows = flow("start", "ask") + flow("ask", "after") + flow("after", "done")
    code = filed(office, model(task("ask", form, loop) + task("after") + ENDS.format(id="done") + flows))
    with office.engine.command(code, "test") as session:
        tasks = [token.id for token in session.run.tokens()]
    for number in (2, 0, 1):
        office.engine.complete_task(tasks[number], {"opinion": f"opinion {number}"}, "agency")
    with office.engine.command(code, "test") as session:
        assert session.run.scope == {"opinions": ["opinion 0", "opinion 1", "opinion 2"]}
    assert set(office.tasks(code)) == {"after"}


MANY = "<bpmn:multiInstanceLoopCharacteristics>{how}</bpmn:multiInstanceLoopCharacteristics>"
TWICE = MANY.format(how="<bpmn:loopCardinality>2</bpmn:loopCardinality>")
FROM_NOWHERE = MANY.format(how='<bpmn:loopDataInputRef>xs</bpmn:loopDataInputRef><bpmn:inputDataItem id="d" name="x"/>')
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
END = '<bpmn:endEvent id="e"/>'
TO_END = flow("start", "a") + flow("a", "e")
CANCELLED = '<bpmn:startEvent id="ts"/><bpmn:endEvent id="te"><bpmn:cancelEventDefinition/></bpmn:endEvent>' + flow("ts", "te")
RACE = (
    '<bpmn:receiveTask id="a" messageRef="m"/><bpmn:receiveTask id="b" messageRef="n"/><bpmn:eventBasedGateway id="g"/>'
    '<bpmn:boundaryEvent id="x" attachedToRef="a"><bpmn:messageEventDefinition messageRef="o"/></bpmn:boundaryEvent>'
    + "".join(flow(*each) for each in (("start", "g"), ("g", "a"), ("g", "b"), ("a", "e"), ("b", "e"), ("x", "e")))
)
REFUSED = {
    "signal: nothing in this dossier waits for": f'{task("a")}<bpmn:endEvent id="e">{SIGNAL}</bpmn:endEvent>{TO_END}',
    "signal: nothing in this dossier sends": (
        f'<bpmn:intermediateCatchEvent id="a">{SIGNAL}</bpmn:intermediateCatchEvent>{END}{TO_END}'
    ),
    'the list of items uses "xs", which nothing in the model sets': task("a", inside=FROM_NOWHERE) + END + TO_END,
    'does the legal act "receive" in every instance': task("a", '<motcua:act name="receive"/>', TWICE) + END + TO_END,
    "follows an event-based gateway, but is repeated or has boundary events": RACE + END,
    "can be cancelled, but has no way on then": f'<bpmn:transaction id="a">{CANCELLED}</bpmn:transaction>{END}{TO_END}',
    "the engine does not repeat a transaction": f'<bpmn:transaction id="a">{TWICE}{CANCELLED}</bpmn:transaction>{END}{TO_END}',
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_would_wait_for_ever_or_be_lost_is_refused_when_published(why: str) -> None:
    names = '<bpmn:signal id="s" name="done"/>' + "".join(f'<bpmn:message id="{id}" name="{id}"/>' for id in "mno")
    with pytest.raises(ModelRefused, match=why):
        filed(Office(), model(REFUSED[why], names))
