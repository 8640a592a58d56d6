"""Rules about pools and message flows: a sound model of two pools with one fault gives that finding, on its element."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from motcua.bpmn.checks import CheckContext, check_model, errors
from motcua.bpmn.collaboration import inner_flows, main_process, other_processes, reached_only_inside
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Definitions, walk
from tests.bpmn.conftest import TWO_POOLS, document

_SOUND = TWO_POOLS.read_text(encoding="utf-8")
_TAX_START = '<bpmn:messageEventDefinition id="request_in_message" messageRef="message_request"/>'
_TAX_PAYLOAD = (
    '<motcua:payload><motcua:field name="taxed_area" type="decimal" label="Diện tích tính thuế" required="true"/></motcua:payload>'
)
_MAIN_START = '<bpmn:messageEventDefinition id="filed_message" messageRef="message_application"/>'
_FORM = '<motcua:form><motcua:field name="area" type="decimal" label="Diện tích" required="true"/></motcua:form>'
_AREA = '<motcua:input name="taxed_area" expression="area"/>'
_TIMER = "<bpmn:timerEventDefinition>{}<bpmn:{}>{}</bpmn:{}></bpmn:timerEventDefinition>"
_WALL = '<bpmn:extensionElements><motcua:timer clock="wall"/></bpmn:extensionElements>'
_MONTHLY = _TIMER.format(_WALL, "timeCycle", "every 30 calendar days", "timeCycle")
_ONCE = _TIMER.format(_WALL, "timeDuration", "30 calendar days", "timeDuration")
_COMPUTE = '<bpmn:userTask id="compute_tax" name="Tính thuế">'
_ASSESS = '<bpmn:userTask id="assess" name="Thẩm định hồ sơ">'
_ACT = '<bpmn:extensionElements><motcua:act name="process"/></bpmn:extensionElements>'
_PARALLEL = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
)
_SENT = '<bpmn:messageEventDefinition id="send_to_tax_message" messageRef="message_request"/>'
_REQUEST_FLOW = 'sourceRef="send_to_tax" targetRef="request_in"'


def read(text: str) -> Definitions:
    return read_document(text.encode(), "two_pools.bpmn")


def changed(old: str, new: str) -> Definitions:
    assert old in _SOUND, old
    return read(_SOUND.replace(old, new))


def test_a_sound_model_of_two_pools_has_no_finding(context: CheckContext) -> None:
    assert check_model(read(_SOUND), context) == ()


def test_the_process_that_names_the_procedure_is_the_main_one_wherever_it_stands() -> None:
    model = read(_SOUND)
    for each in (model, replace(model, processes=model.processes[::-1])):
        main = main_process(each)
        assert main is not None
        assert main.id == "land_transfer"
        assert [process.id for process in other_processes(each)] == ["tax_office"]


def test_only_flows_between_processes_are_delivered_inside() -> None:
    model = read(_SOUND)
    assert [flow.id for flow, _, _ in inner_flows(model)] == ["message_flow_request", "message_flow_notice"]
    assert reached_only_inside(model) == {"request_in", "tax_notice"}
    also_from_outside = changed('targetRef="filed"', 'targetRef="tax_notice"')
    assert reached_only_inside(also_from_outside) == {"request_in"}


@pytest.mark.parametrize(
    ("old", "new", "rule", "element_id"),
    [
        # what starts a process
        (_MAIN_START, _ONCE, "unsupported-event", "filed"),
        (_MAIN_START, '<bpmn:signalEventDefinition signalRef="s"/>', "unsupported-event", "filed"),
        (_MAIN_START, "<bpmn:conditionalEventDefinition><bpmn:condition>area &gt; 1</bpmn:condition>"
         "</bpmn:conditionalEventDefinition>", "unsupported-event", "filed"),
        (_TAX_START, "<bpmn:conditionalEventDefinition><bpmn:condition>1 &gt; 0</bpmn:condition>"
         "</bpmn:conditionalEventDefinition>", "unsupported-event", "request_in"),
        (_TAX_START, "<bpmn:errorEventDefinition/>", "unsupported-event", "request_in"),
        (_ASSESS, f'<bpmn:startEvent id="again">{_MAIN_START.replace("filed_message", "twice")}</bpmn:startEvent>{_ASSESS}',
         "start-event", "land_transfer"),
        (_COMPUTE, f'<bpmn:startEvent id="one"/><bpmn:startEvent id="two"/>{_COMPUTE}', "start-event", "tax_office"),
        (_FORM, _FORM.replace("motcua:form", "motcua:payload"), "message", "filed"),
        ("</bpmn:startEvent>\n    <bpmn:userTask id=\"compute_tax\"", "</bpmn:startEvent>\n    <bpmn:startEvent id=\"monthly\">"
         f"{_MONTHLY}</bpmn:startEvent><bpmn:receiveTask id=\"hear\" messageRef=\"message_notice\"/>"
         "<bpmn:userTask id=\"compute_tax\"", "pool", "tax_office"),
        # processes and pools
        ('<motcua:procedure code="1.000000"/>', "", "process", "definitions_two_pools"),
        ('<bpmn:process id="tax_office" name="Xác định nghĩa vụ tài chính" isExecutable="true">',
         '<bpmn:process id="tax_office" isExecutable="true"><bpmn:extensionElements><motcua:procedure code="1.000000"/>'
         "</bpmn:extensionElements>", "process", "definitions_two_pools"),
        (' processRef="tax_office"', "", "pool", "tax_office"),
        (' processRef="tax_office"', ' processRef="land_transfer"', "pool", "land_transfer"),
        ('name="Xác định nghĩa vụ tài chính" isExecutable="true"', "", "process", "tax_office"),
        # message flows
        (_REQUEST_FLOW, 'sourceRef="send_to_tax" targetRef="gone"', "dangling-reference", "message_flow_request"),
        (_REQUEST_FLOW, 'sourceRef="gone" targetRef="request_in"', "dangling-reference", "message_flow_request"),
        (_REQUEST_FLOW, 'sourceRef="send_to_tax" targetRef="tax_notice"', "message-flow", "message_flow_request"),
        (_REQUEST_FLOW, 'sourceRef="send_to_tax" targetRef="pool_tax"', "message-flow", "message_flow_request"),
        (_REQUEST_FLOW, 'sourceRef="assess" targetRef="request_in"', "message-flow", "message_flow_request"),
        (_REQUEST_FLOW, 'sourceRef="send_to_tax" targetRef="compute_tax"', "message-flow", "message_flow_request"),
        ('sourceRef="notice_out" targetRef="tax_notice"', 'sourceRef="notice_out" targetRef="filed"',
         "message-flow", "message_flow_notice"),
        (_SENT, '<bpmn:messageEventDefinition id="send_to_tax_message"/>', "message-flow", "send_to_tax"),
        (_SENT, _SENT.replace("message_request", "message_notice"), "message-flow", "message_flow_request"),
        ('id="message_flow_result" name="Kết quả" sourceRef="returned"', 'id="message_flow_result" sourceRef="send_to_tax"',
         "message-flow", "send_to_tax"),
        (f"<motcua:arguments>{_AREA}</motcua:arguments>", '<motcua:operation name="notice.send"/>', "operation", "send_to_tax"),
        (_COMPUTE, f"{_COMPUTE}{_PARALLEL}", "", ""),
        # what a message carries
        (_AREA, "", "message-flow", "send_to_tax"),
        (_AREA, f'{_AREA}<motcua:input name="secret" expression="area"/>', "message-flow", "send_to_tax"),
        (_AREA, f"{_AREA}{_AREA}", "message-flow", "send_to_tax"),
        (_AREA, _AREA.replace('expression="area"', 'expression="vnd_per_square_metre"'), "unknown-name", "send_to_tax"),
        ("round(taxed_area", "round(area", "unknown-name", "notice_out"),
        # errors stay in their process
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>',
         '<bpmn:endEvent id="reminded"><bpmn:errorEventDefinition/></bpmn:endEvent>', "error-end", "reminded"),
        # what the law counts
        ('name="vnd_per_square_metre" type="integer"', 'name="exception_reason" type="text"', "pool", "compute_tax"),
        (_COMPUTE, f"{_COMPUTE}{_ACT}", "pool", "compute_tax"),
        ('<motcua:assignment role="leader"/>', '<motcua:assignment role="leader"/><motcua:clock stops="authority" cause="x" '
         'source="y"/>', "pool", "compute_tax"),
        (_WALL.replace("<bpmn:extensionElements>", "").replace("</bpmn:extensionElements>", ""), "", "pool", "late"),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_stands(context: CheckContext, old: str, new: str, rule: str, element_id: str) -> None:
    found = {(finding.rule, finding.element_id) for finding in errors(check_model(changed(old, new), context))}
    assert (rule, element_id) in found if rule else not found, found


def test_a_message_flow_may_not_begin_in_a_parallel_multi_instance_activity(context: CheckContext) -> None:
    sends = """<bpmn:subProcess id="each">{loop}<bpmn:startEvent id="es"/>
        <bpmn:sendTask id="ask" messageRef="message_request"><bpmn:extensionElements>
          <motcua:arguments><motcua:input name="taxed_area" expression="area"/></motcua:arguments></bpmn:extensionElements>
        </bpmn:sendTask><bpmn:endEvent id="ee"/><bpmn:sequenceFlow id="ef1" sourceRef="es" targetRef="ask"/>
        <bpmn:sequenceFlow id="ef2" sourceRef="ask" targetRef="ee"/></bpmn:subProcess>
        <bpmn:sequenceFlow id="ef3" sourceRef="processed" targetRef="each"/>
        <bpmn:sequenceFlow id="ef4" sourceRef="each" targetRef="returned"/>"""
    text = _SOUND.replace('<bpmn:sequenceFlow id="flow_processed_returned" sourceRef="processed" targetRef="returned"/>', sends)
    text = text.replace(
        '<bpmn:messageFlow id="message_flow_result"',
        '<bpmn:messageFlow id="ask_flow" sourceRef="ask" targetRef="request_in"/><bpmn:messageFlow id="message_flow_result"',
    )
    at_once = errors(check_model(read(text.format(loop=_PARALLEL)), context))
    assert [(each.rule, each.element_id) for each in at_once] == [("message-flow", "ask_flow")]
    one_by_one = _PARALLEL.replace("Characteristics>", 'Characteristics isSequential="true">', 1)
    assert not errors(check_model(read(text.format(loop=one_by_one)), context))


def test_a_shared_part_has_one_process_and_one_start_without_a_trigger(context: CheckContext) -> None:
    two = _SOUND.replace('<bpmn:extensionElements><motcua:procedure code="1.000000"/></bpmn:extensionElements>', "")
    assert "process" in {each.rule for each in errors(check_model(read(two), context))}
    started = document(
        '<bpmn:startEvent id="s"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent><bpmn:endEvent id="e"/>'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>',
        around='<bpmn:message id="m" name="m"/>',
    )
    assert {each.rule for each in errors(check_model(started, context))} == {"unsupported-event"}


def test_a_legal_act_hidden_in_a_shared_part_of_the_other_pool_is_found_at_its_call(context: CheckContext) -> None:
    part = document(
        f'<bpmn:startEvent id="s"/><bpmn:endEvent id="e">{_ACT}</bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>',
        id="hidden",
    )
    knows = replace(context, shared_parts={"hidden": part})
    call = '<bpmn:callActivity id="compute_tax" calledElement="hidden"/>'
    start, stop = _SOUND.index(_COMPUTE), _SOUND.index("</bpmn:userTask>", _SOUND.index(_COMPUTE))
    model = read(_SOUND[:start] + call + _SOUND[stop + len("</bpmn:userTask>") :])
    assert ("pool", "compute_tax") in {(each.rule, each.element_id) for each in errors(check_model(model, knows))}


@pytest.mark.parametrize(("start", "several"), [(_ONCE, False), (_MONTHLY, True)])
def test_a_process_that_may_run_several_times_at_once_takes_no_messages(context: CheckContext, start: str, several: bool) -> None:
    """A timer that comes once starts one instance, which may wait for a message; a cycle may start many."""
    text = _SOUND.replace(_TAX_START, start).replace(_TAX_PAYLOAD, "")
    text = text.replace(_REQUEST_FLOW, 'sourceRef="send_to_tax" targetRef="hear"')
    text = text.replace('sourceRef="request_in" targetRef="compute_tax"', 'sourceRef="hear" targetRef="compute_tax"')
    text = text.replace(
        _COMPUTE,
        f'<bpmn:receiveTask id="hear" messageRef="message_request"><bpmn:extensionElements>{_TAX_PAYLOAD}</bpmn:extensionElements>'
        f'</bpmn:receiveTask><bpmn:sequenceFlow id="more" sourceRef="request_in" targetRef="hear"/>{_COMPUTE}',
    )
    found = [(each.rule, each.element_id) for each in errors(check_model(read(text), context))]
    assert found == ([("pool", "tax_office")] if several else [])


def test_of_all_ways_to_draw_a_message_flow_only_the_right_one_is_accepted(context: CheckContext) -> None:
    """Every pair of elements and pools: what is sent must leave a sender, reach a receiver, and carry what that takes."""
    model = read(_SOUND)
    places = [*(node.id for process in model.processes for node in walk(process)), *(pool.id for pool in model.participants)]
    accepted = [
        (source, target)
        for source, target in itertools.product(places, places)
        if not errors(check_model(changed(_REQUEST_FLOW, f'sourceRef="{source}" targetRef="{target}"'), context))
    ]
    assert accepted == [("send_to_tax", "request_in")]
