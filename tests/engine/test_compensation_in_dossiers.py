"""Money that is given back: compensation as a dossier lives through it, with service calls, incidents, officers and operators.

The models are written as an analyst would save them, and go through reading, checking and publishing.
"""

from __future__ import annotations

from typing import Any

import pytest

from motcua.bpmn.checks import ModelRefused
from motcua.engine.dossier import CallState, Ending
from motcua.engine.operators import Because, correct_data, move_token, places, resume, suspend
from tests.engine.test_elements_in_dossiers import ENDS, filed, flow, model, task
from tests.office import Office

AMOUNT = '<motcua:field name="amount" type="integer" label="Amount" required="true"/>'
COLLECT = """<bpmn:serviceTask id="collect"><bpmn:extensionElements><motcua:operation name="payment.collect">
    <motcua:input name="amount_vnd" expression="amount"/><motcua:input name="purpose" expression="'fee'"/>
    <motcua:output name="payment_reference" variable="reference"/><motcua:output name="transaction_no" variable="paid_by"/>
    </motcua:operation></bpmn:extensionElements></bpmn:serviceTask>"""
REFUND = """<bpmn:boundaryEvent id="on_collect" attachedToRef="collect"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>
    <bpmn:serviceTask id="refund" isForCompensation="true"><bpmn:extensionElements><motcua:operation name="payment.refund">
    <motcua:input name="reference" expression="reference"/><motcua:input name="transaction_no" expression="paid_by"/>
    <motcua:input name="amount_vnd" expression="amount"/><motcua:input name="reason" expression="'given up'"/>
    </motcua:operation></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:association id="a" sourceRef="on_collect" targetRef="refund"/>"""
CHOICES = "".join(f'<motcua:option value="{value}" label="{value}"/>' for value in ("again", "stop", "keep"))
NEXT = f'<motcua:form><motcua:field name="then" type="choice" required="true">{CHOICES}</motcua:field></motcua:form>'


def conditional(source: str, target: str, condition: str) -> str:
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )


def fee(edge: str = '<bpmn:errorEventDefinition id="e"/>') -> bytes:
    """A transaction: a fee is named and collected, once or several times, and then given up or kept."""
    inside = f"""
        <bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="again"/>
        {task("name_it", f"<motcua:form>{AMOUNT}</motcua:form>")}
        {COLLECT}{REFUND}{task("look", NEXT)}
        <bpmn:exclusiveGateway id="what" default="what_kept"/><bpmn:endEvent id="kept"/>
        <bpmn:endEvent id="give_up"><bpmn:cancelEventDefinition id="c"/></bpmn:endEvent>
        {flow("s", "again")}{flow("again", "name_it")}{flow("name_it", "collect")}{flow("collect", "look")}{flow("look", "what")}
        {conditional("what", "again", "then == 'again'")}{conditional("what", "give_up", "then == 'stop'")}{flow("what", "kept")}"""
    return model(f"""
        <bpmn:transaction id="deal">{inside}</bpmn:transaction>
        <bpmn:boundaryEvent id="given_up" attachedToRef="deal"><bpmn:cancelEventDefinition id="c2"/></bpmn:boundaryEvent>
        <bpmn:boundaryEvent id="hazard" attachedToRef="deal">{edge}</bpmn:boundaryEvent>
        {task("by_hand")}{task("explain")}{ENDS.format(id="done")}
        {flow("start", "deal")}{flow("deal", "done")}{flow("given_up", "explain")}{flow("explain", "done")}
        {flow("hazard", "by_hand")}{flow("by_hand", "done")}""")


def paid(office: Office, *amounts: int) -> str:
    """A dossier in which the fee was collected so many times; the officer looks at the last."""
    code = filed(office, fee())
    for number, amount in enumerate(amounts, start=1):
        office.do(code, "name_it", amount=amount)
        office.pay(code)
        if number < len(amounts):
            office.do(code, "look", then="again")
    return code


def refunds(office: Office) -> list[dict[str, Any]]:
    return [dict(call.inputs) for call in office.outside.made("payment.refund")]


def test_every_payment_is_given_back_with_its_own_numbers_the_last_one_first() -> None:
    office = Office()
    code = paid(office, 10_000, 25_000)
    references = [call.outputs["payment_reference"] for call in office.store.calls(code) if call.operation == "payment.collect"]
    office.do(code, "look", then="stop")
    assert [(each["reference"], each["amount_vnd"]) for each in refunds(office)] == [
        (references[1], 25_000),
        (references[0], 10_000),
    ]
    assert len({each["transaction_no"] for each in refunds(office)}) == 2
    assert set(office.tasks(code)) == {"explain"}
    office.do(code, "explain")
    assert office.dossier(code).ending is Ending.NOT_ACCEPTED
    told = [dict(event.facts) for event in office.store.events(code) if event.kind == "compensation_thrown"]
    assert told == [{"activity_id": "give_up", "undoes": ["collect", "collect"]}]


def test_what_is_kept_is_not_given_back() -> None:
    office = Office()
    code = paid(office, 10_000)
    office.do(code, "look", then="keep")
    assert refunds(office) == []
    assert office.dossier(code).ending is Ending.NOT_ACCEPTED


def test_a_refund_that_does_not_come_through_is_an_incident_and_is_tried_again_before_the_next_one() -> None:
    office = Office()
    code = paid(office, 10_000, 25_000)
    office.outside.failures["payment.refund"] = 8
    office.do(code, "look", then="stop")
    for _ in range(8):
        office.wait(hours=3)
    (incident,) = [call for call in office.store.calls(code) if call.state is CallState.INCIDENT]
    assert (incident.operation, office.tasks(code)) == ("payment.refund", {})
    office.runner.retry(incident.key, code, "operator", Because("the gateway is back"))
    office.serve()
    assert [each["amount_vnd"] for each in refunds(office)] == [25_000] * 9 + [10_000]
    assert set(office.tasks(code)) == {"explain"}


def test_a_refund_that_is_refused_is_a_hazard_which_an_officer_settles_by_hand() -> None:
    office = Office()
    code = paid(office, 10_000)
    office.outside.refusals["payment.refund"] = "REFUND_REFUSED"
    office.do(code, "look", then="stop")
    assert set(office.tasks(code)) == {"by_hand"}


def test_an_operator_corrects_the_number_by_which_the_money_is_given_back() -> None:
    office = Office()
    code = paid(office, 10_000)
    correct_data(office.engine, code, {"paid_by": "T-right"}, "operator", Because("the gateway told a wrong number"))
    office.do(code, "look", then="stop")
    assert [each["transaction_no"] for each in refunds(office)] == ["T-right"]


def test_a_suspended_dossier_undoes_nothing_until_it_is_resumed() -> None:
    office = Office()
    code = paid(office, 10_000, 25_000)
    office.outside.failures["payment.refund"] = 1
    office.do(code, "look", then="stop")
    suspend(office.engine, code, "operator", Because("audit"))
    office.wait(hours=3)
    assert len(refunds(office)) == 1
    resume(office.engine, code, "operator", Because("audit is over"))
    office.wait(hours=3)
    assert [each["amount_vnd"] for each in refunds(office)] == [25_000, 25_000, 10_000]


def test_an_operator_does_not_put_a_token_where_something_is_undone() -> None:
    office = Office()
    code = paid(office, 10_000)
    token = next(token.id for token in places(office.engine, code) if token.node.id == "look")
    with pytest.raises(Exception, match="only undoes"):
        move_token(office.engine, code, token, "refund", "operator", Because("by mistake"))


def test_a_model_that_does_not_say_what_undoes_is_not_published() -> None:
    text = fee().replace(b'<bpmn:association id="a" sourceRef="on_collect" targetRef="refund"/>', b"")
    with pytest.raises(ModelRefused, match='on_collect compensation: "on_collect" is associated with 0 activities'):
        filed(Office(), text)
