"""Each rule of the checks: a sound model with one fault gives that finding, on its line, with a remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from motcua.bpmn.checks import CheckContext, Finding, ModelRefused, Severity, check_model, errors
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Definitions
from tests.bpmn.conftest import EVERY_EXTENSION, Signature, document

_SOUND = EVERY_EXTENSION.read_text(encoding="utf-8")
_AFTER_CHECK = '<bpmn:sequenceFlow id="flow_check_file" sourceRef="check" targetRef="file_papers"/>'
_MANUAL = '<bpmn:manualTask id="file_papers" name="Sắp xếp giấy tờ">'
_THREE = "<bpmn:loopCardinality>3</bpmn:loopCardinality>"
_ROLE = '<motcua:assignment role="officer" tier="commune"/>\n        <motcua:norm'


def _read(text: str) -> Definitions:
    return read_document(text.encode(), "model.bpmn")


def _without(*removed: str) -> str:
    text = _SOUND
    for part in removed:
        assert part in text
        text = text.replace(part, "")
    return text


def test_a_sound_model_has_no_finding(context: CheckContext) -> None:
    assert check_model(_read(_SOUND), context) == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "element_id"),
    [
        # what the engine does not run
        ('name="Thẩm định hồ sơ">', 'name="Thẩm định hồ sơ" startQuantity="2">', "unsupported-attribute", "check"),
        ("<bpmn:manualTask ", "<bpmn:potentialOwner/><bpmn:manualTask ", "unsupported-element", "every_extension"),
        ('<bpmn:exclusiveGateway id="after_tax"/>', '<bpmn:complexGateway id="after_tax"/>', "unsupported-element", "after_tax"),
        ('<bpmn:exclusiveGateway id="after_tax"/>', '<bpmn:task id="after_tax"/>', "unsupported-element", "after_tax"),
        ('<bpmn:exclusiveGateway id="after_tax"/>', '<bpmn:businessRuleTask id="after_tax"/>', "decision", "after_tax"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:compensateEventDefinition/>'
         "</bpmn:endEvent>", "compensation", "reminded"),
        # event sub-processes and transactions
        ('<bpmn:subProcess id="consult"', '<bpmn:subProcess triggeredByEvent="true" id="consult"', "event-sub-process", "consult"),
        ('<bpmn:subProcess id="consult"', '<bpmn:subProcess triggeredByEvent="true" id="consult"',
         "unsupported-event", "consult_start"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:cancelEventDefinition/>'
         "</bpmn:endEvent>", "transaction", "reminded"),
        # what finds each other by name
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:messageEventDefinition '
         'messageRef="message_tax_paid"/></bpmn:endEvent>', "operation", "reminded"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:signalEventDefinition/>'
         "</bpmn:endEvent>", "signal", "reminded"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:signalEventDefinition '
         'signalRef="gone"/></bpmn:endEvent>', "dangling-reference", "reminded"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent id="reminded"><bpmn:escalationEventDefinition/>'
         "</bpmn:endEvent>", "escalation", "reminded"),
        (_MANUAL, '<bpmn:intermediateThrowEvent id="jump"><bpmn:linkEventDefinition name="far"/></bpmn:intermediateThrowEvent>'
         + _MANUAL, "link", "jump"),
        (_MANUAL, '<bpmn:intermediateCatchEvent id="land"><bpmn:linkEventDefinition name="far"/></bpmn:intermediateCatchEvent>'
         + _MANUAL, "link", "land"),
        (_MANUAL, '<bpmn:intermediateCatchEvent id="when"><bpmn:conditionalEventDefinition/></bpmn:intermediateCatchEvent>'
         + _MANUAL, "condition", "when"),
        # repetitions
        (_MANUAL, f"{_MANUAL}<bpmn:multiInstanceLoopCharacteristics/>", "repetition", "file_papers"),
        (_MANUAL, f"{_MANUAL}<bpmn:standardLoopCharacteristics/>", "repetition", "file_papers"),
        (_MANUAL, f'{_MANUAL}<bpmn:standardLoopCharacteristics loopMaximum="many"/>', "repetition", "file_papers"),
        (_MANUAL, f'{_MANUAL}<bpmn:multiInstanceLoopCharacteristics behavior="One">{_THREE}'
         "</bpmn:multiInstanceLoopCharacteristics>", "unsupported-attribute", "file_papers"),
        (_MANUAL, f"{_MANUAL}<bpmn:multiInstanceLoopCharacteristics>{_THREE}"
         "<bpmn:completionCondition>gone</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>",
         "unknown-name", "file_papers"),
        ("fee = copies", "fee = loop_counter", "repetition", "count_fee"),
        ('<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">30 calendar days</bpmn:timeDuration>',
         "<bpmn:timeCycle>every 30 calendar days</bpmn:timeCycle>", "timer", "tax_term"),
        ('<bpmn:startEvent id="consult_start"/>', '<bpmn:startEvent id="consult_start"><bpmn:timerEventDefinition>'
         "<bpmn:timeDuration>3 working days</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:startEvent>",
         "unsupported-event", "consult_start"),
        ('messageRef="message_tax_paid"/>', 'messageRef="message_tax_paid"/><bpmn:signalEventDefinition/>',
         "unsupported-event", "tax_paid"),
        ('<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">30 calendar days</bpmn:timeDuration>',
         "<bpmn:timeDate>30 calendar days</bpmn:timeDate>", "timer", "tax_term"),
        ("30 calendar days", "P30D", "timer", "tax_term"),
        ('<bpmn:terminateEventDefinition id="terminate_refused"/>', '<bpmn:errorEventDefinition errorRef="error_declined"/>',
         "error-end", "refused"),
        ('attachedToRef="collect"', 'attachedToRef="check"', "boundary-event", "declined"),
        ('attachedToRef="collect"', 'attachedToRef="notify"', "boundary-event", "declined"),
        ('attachedToRef="collect"', 'attachedToRef="agreed"', "boundary-event", "declined"),
        ('attachedToRef="collect"', 'attachedToRef="gone"', "boundary-event", "declined"),
        ('attachedToRef="collect"', 'attachedToRef="collect" cancelActivity="false"', "boundary-event", "declined"),
        ('scriptFormat="motcua"', 'scriptFormat="python"', "script", "count_fee"),
        ('isExecutable="true"', 'isExecutable="false"', "process", "every_extension"),
        ("  <bpmndi:BPMNDiagram", '  <bpmn:process id="second"/>\n  <bpmndi:BPMNDiagram', "process", "second"),
        ('code="1.000000"', 'code="9.999999"', "procedure", "every_extension"),
        # the graph
        ('id="file_papers"', 'id="check"', "duplicate-id", "check"),
        ('<bpmn:endEvent id="reminded" name="Đã nhắc"/>', '<bpmn:endEvent name="Đã nhắc"/>', "missing-id", ""),
        ('sourceRef="check" targetRef="file_papers"', 'sourceRef="check" targetRef="gone"',
         "dangling-reference", "flow_check_file"),
        ('sourceRef="check" targetRef="file_papers"', 'sourceRef="gone" targetRef="file_papers"',
         "dangling-reference", "flow_check_file"),
        ('sourceRef="check" targetRef="file_papers"', 'sourceRef="check" targetRef="opinion"',
         "dangling-reference", "flow_check_file"),
        ('default="flow_agreed_refused"', 'default="flow_check_file"', "dangling-reference", "agreed"),
        ('messageRef="message_tax_paid"', 'messageRef="gone"', "dangling-reference", "tax_paid"),
        ('<bpmn:startEvent id="consult_start"/>', '<bpmn:startEvent id="consult_start"/><bpmn:startEvent id="again"/>',
         "start-event", "consult"),
        ('<bpmn:endEvent id="consult_end"/>', '<bpmn:manualTask id="consult_end"/>', "end-event", "consult"),
        (_AFTER_CHECK, "", "unreachable", "file_papers"),
        (_AFTER_CHECK, "", "no-way-out", "check"),
        ('<bpmn:sequenceFlow id="flow_declined_stopped" sourceRef="declined" targetRef="stopped"/>', "", "no-way-out", "declined"),
        ('targetRef="reminded"/>', 'targetRef="start"/>', "flow-direction", "start"),
        ('sourceRef="due_soon" targetRef="reminded"', 'sourceRef="refused" targetRef="reminded"', "flow-direction", "refused"),
        (_AFTER_CHECK, f'{_AFTER_CHECK}<bpmn:sequenceFlow id="two" sourceRef="check" targetRef="agreed"/>',
         "implicit-split", "check"),
        (' default="flow_agreed_refused"', "", "default-flow", "agreed"),
        (' default="flow_agreed_refused"', ' default="flow_agreed_fee"', "default-flow", "flow_agreed_fee"),
        (' default="flow_agreed_refused"', "", "condition", "flow_agreed_refused"),
        ('sourceRef="agreed" targetRef="refused"', 'sourceRef="check" targetRef="refused"', "default-flow", "flow_agreed_fee"),
        ("  <bpmn:process ", '  <bpmn:collaboration id="c"><bpmn:participant id="pool" processRef="gone"/></bpmn:collaboration>\n'
         "  <bpmn:process ", "dangling-reference", "pool"),
        ('sourceRef="agreed" targetRef="count_fee"', 'sourceRef="check" targetRef="count_fee"', "condition", "flow_agreed_fee"),
        ('sourceRef="tax" targetRef="tax_term"', 'sourceRef="tax" targetRef="after_tax"', "event-based-gateway", "after_tax"),
        ('sourceRef="notify" targetRef="tax"', 'sourceRef="notify" targetRef="tax_term"', "event-based-gateway", "tax_term"),
        ('<bpmn:sequenceFlow id="flow_tax_term" sourceRef="tax" targetRef="tax_term"/>', "", "event-based-gateway", "tax"),
        ('<bpmndi:BPMNShape id="shape_check" bpmnElement="check">', '<bpmndi:BPMNShape id="shape_check">', "diagram", "check"),
        # variables
        ('verdict == "agree" and', 'verdict.x == "agree" and', "expression", "flow_agreed_fee"),
        ("copies &lt; 100", "copys &lt; 100", "unknown-name", "flow_agreed_fee"),
        ("fee = copies", "dossier_code = copies", "expression", "count_fee"),
        ("fee = copies", "fee = cpies", "unknown-name", "count_fee"),
        ('name="signer"', 'name="other"', "unknown-name", "sign"),
        ('variable="receipt_number"', 'variable="len"', "variable-name", "collect"),
        ('<motcua:field name="opinion"', '<motcua:field name="ý_kiến"', "variable-name", "opinion"),
        ('<motcua:field name="tax_receipt"', '<motcua:field name="limit_known"', "variable-name", "tax_paid"),
        ('name="born_on" type="date"', 'name="born_on" type="day"', "field", "start"),
        ('name="born_on" type="date"', 'name="area" type="date"', "field", "start"),
        ('name="tax_receipt" type="text"', 'name="area" type="text"', "field", "tax_paid"),
        ('name="born_on" type="date"', 'name="born_on" type="choice"', "field", "start"),
        ('name="verdict" type="choice"', 'name="verdict" type="text"', "field", "check"),
        ('<motcua:option value="refuse"', '<motcua:option value="agree"', "field", "check"),
        # what is asked of others
        ('<motcua:operation name="notice.send">', '<motcua:operation name="notice.sned">', "operation", "notify"),
        ('<motcua:input name="text"', '<motcua:input name="txt"', "operation", "notify"),
        ('<motcua:output name="receipt"', '<motcua:output name="recipe"', "operation", "collect"),
        ('<motcua:output name="receipt"', '<motcua:output name="receipt" variable="receipt_number"/><motcua:output name="receipt"',
         "operation", "collect"),
        ('<bpmn:sendTask id="notify"', '<bpmn:serviceTask id="ask"/><bpmn:sendTask id="notify"', "operation", "ask"),
        ('errorCode="payment_declined"', 'errorCode="bank_closed"', "error-code", "declined"),
        ('errorCode="payment_declined"', 'errorCode="bank_closed"', "uncaught-error", "collect"),
        ('calledElement="shared_sign"', 'calledElement="shared_sing"', "shared-part", "sign"),
        ('<motcua:input name="text" expression="&quot;Hồ sơ &quot; + dossier_code"/>',
         '<motcua:input name="text" expression="1"/><motcua:input name="text" expression="2"/>', "operation", "notify"),
        ('name="tax_paid"/>', 'name=""/>', "message", "tax_paid"),
        ('<bpmn:messageEventDefinition id="message_event_tax" messageRef="message_tax_paid"/>',
         "<bpmn:timerEventDefinition><bpmn:timeDuration>3 working days</bpmn:timeDuration></bpmn:timerEventDefinition>",
         "message", "tax_paid"),
        (' messageRef="message_opinion"', "", "message", "opinion"),
        # people
        (_ROLE, "<motcua:norm", "role", "check"),
        (_ROLE, _ROLE.replace("officer", "ofizer"), "role", "check"),
        (_ROLE, _ROLE.replace("commune", "district"), "role", "check"),
        ('basis="assumed"', 'basis="guess"', "norm", "check"),
        ('basis="assumed" source="median of the role"', 'basis="assumed"', "norm", "check"),
        ('<bpmn:startEvent id="consult_start"/>', '<bpmn:startEvent id="consult_start"><bpmn:extensionElements><motcua:form>'
         '<motcua:field name="x" type="text"/></motcua:form></bpmn:extensionElements></bpmn:startEvent>', "form", "consult_start"),
        ('<motcua:act name="process"/>', '<motcua:act name="proces"/>', "act", "processed"),
        ('<motcua:field name="verdict"', '<motcua:field name="exception_reason" type="date" label="Lý do"/>'
         '<motcua:field name="verdict"', "exception", "check"),
        ('name="full_name"', 'name="exception_reason"', "exception", "start"),
        ('name="tax_receipt"', 'name="exception_reason"', "exception", "tax_paid"),
        ('variable="receipt_number"', 'variable="exception_basis"', "exception", "collect"),
        ('<motcua:input name="signer"', '<motcua:input name="exception_reason"', "exception", "sign"),
        ("<bpmn:script>fee = ", '<bpmn:script>exception_reason = "x"\nfee = ', "exception", "count_fee"),
        ("<bpmn:script>fee = ", '<bpmn:script>exception_author = "x"\nfee = ', "expression", "count_fee"),
        (' source="Nghị định, Điều 1"', "", "clock", "tax"),
        (_MANUAL, '<bpmn:manualTask id="file_papers">', "name", "file_papers"),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_is(old: str, new: str, rule: str, element_id: str, context: CheckContext) -> None:
    assert old in _SOUND
    found = {(finding.rule, finding.element_id): finding for finding in check_model(_read(_SOUND.replace(old, new, 1)), context)}
    assert (rule, element_id) in found
    finding = found[rule, element_id]
    assert finding.message
    assert finding.remedy
    assert finding.line or rule == "process"


def test_a_persons_form_may_state_an_exception(context: CheckContext) -> None:
    stated = '<motcua:field name="exception_reason" type="text" label="Lý do"/><motcua:field name="verdict"'
    assert check_model(_read(_SOUND.replace('<motcua:field name="verdict"', stated, 1)), context) == ()


def test_a_finding_names_the_line_in_the_file(context: CheckContext) -> None:
    text = _SOUND.replace(_ROLE, _ROLE.replace("officer", "ofizer"))
    (finding,) = check_model(_read(text), context)
    assert 'role="ofizer"' in text.splitlines()[finding.line - 1]
    assert finding.as_text("model.bpmn") == (
        f'model.bpmn:{finding.line} check role: there is no role "ofizer" → use one of: leader, officer'
    )


def test_lanes_that_mix_roles_are_doubtful(context: CheckContext) -> None:
    read = document(
        """<bpmn:laneSet id="l"><bpmn:lane id="desk" name="Một cửa"><bpmn:flowNodeRef>a</bpmn:flowNodeRef>
             <bpmn:flowNodeRef>b</bpmn:flowNodeRef><bpmn:flowNodeRef>gone</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
           <bpmn:userTask id="a"><bpmn:extensionElements>
             <motcua:assignment role="officer"/></bpmn:extensionElements></bpmn:userTask>
           <bpmn:userTask id="b"><bpmn:extensionElements>
             <motcua:assignment role="leader"/></bpmn:extensionElements></bpmn:userTask>"""
    )
    rules = {(finding.rule, finding.severity, finding.element_id) for finding in check_model(read, context)}
    assert ("lane", Severity.WARNING, "desk") in rules
    assert ("dangling-reference", Severity.ERROR, "desk") in rules


def test_a_shared_part_may_use_names_that_its_callers_bring(context: CheckContext) -> None:
    part = context.shared_parts["shared_sign"]
    assert not errors(check_model(part, context))


def test_a_shared_part_takes_no_application(context: CheckContext) -> None:
    shared = _SOUND.replace('<motcua:procedure code="1.000000"/>', "")
    assert ("form", "start") in {(finding.rule, finding.element_id) for finding in check_model(_read(shared), context)}


def test_a_shared_part_may_end_with_an_error_that_its_caller_catches(context: CheckContext) -> None:
    part = document(
        """<bpmn:startEvent id="s"/><bpmn:endEvent id="e"><bpmn:errorEventDefinition errorRef="x"/></bpmn:endEvent>
           <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>""",
        around='<bpmn:error id="x" errorCode="payment_declined"/>',
        id="shared_fails",
    )
    assert not errors(check_model(part, context))
    with_part = replace(context, shared_parts={**context.shared_parts, "shared_fails": part})
    call = _SOUND.replace('calledElement="shared_sign"', 'calledElement="shared_fails"')
    assert [finding.rule for finding in check_model(_read(call), with_part)] == ["uncaught-error"]
    caught = call.replace('attachedToRef="collect"', 'attachedToRef="sign"')
    assert {(finding.rule, finding.element_id) for finding in check_model(_read(caught), with_part)} == {
        ("uncaught-error", "collect")
    }


def test_shared_parts_that_call_each_other_without_end_are_refused(context: CheckContext) -> None:
    def calling(id: str, other: str) -> Definitions:
        return document(
            f"""<bpmn:startEvent id="s"/><bpmn:callActivity id="c" calledElement="{other}"/><bpmn:endEvent id="e"/>
                <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="c"/><bpmn:sequenceFlow id="g" sourceRef="c" targetRef="e"/>""",
            id=id,
        )

    parts = {"one": calling("one", "two"), "two": calling("two", "one")}
    findings = errors(check_model(parts["one"], replace(context, shared_parts=parts)))
    assert [(finding.rule, finding.element_id) for finding in findings] == [("shared-part", "c")]


def test_an_operation_needs_its_required_inputs_only(context: CheckContext) -> None:
    stricter = replace(
        context, operations={**context.operations, "notice.send": Signature({"text": True, "to": True, "cc": False})}
    )
    (finding,) = check_model(_read(_SOUND), stricter)
    assert 'needs the input "to"' in finding.message


def test_a_document_without_a_diagram_is_told_once(context: CheckContext) -> None:
    start, end = _SOUND.index("  <bpmndi:BPMNDiagram"), _SOUND.index("</bpmn:definitions>")
    (finding,) = check_model(_read(_SOUND[:start] + _SOUND[end:]), context)
    assert (finding.rule, finding.severity) == ("diagram", Severity.WARNING)


def test_a_message_awaited_twice_at_one_gateway_is_refused(context: CheckContext) -> None:
    twice = _SOUND.replace(
        '<bpmn:timerEventDefinition id="timer_event_tax">', '<bpmn:messageEventDefinition messageRef="message_tax_paid"/><!--'
    ).replace("30 calendar days</bpmn:timeDuration>\n      </bpmn:timerEventDefinition>", "-->")
    assert ("event-based-gateway", "tax") in {(finding.rule, finding.element_id) for finding in check_model(_read(twice), context)}


def test_the_findings_come_in_the_order_of_the_file(context: CheckContext) -> None:
    findings = check_model(_read(_without("<motcua:assignment role=", 'name="Thẩm định hồ sơ"')), context)
    assert [finding.line for finding in findings] == sorted(finding.line for finding in findings)


def test_a_refused_model_lists_every_error_a_line_and_leaves_warnings_out(context: CheckContext) -> None:
    text = _SOUND.replace('role="officer"', 'role="ofizer"').replace(' source="Nghị định, Điều 1"', "")
    definitions = _read(text)
    findings = check_model(definitions, context)
    refused = ModelRefused.of(definitions, findings)
    assert len(findings) == 3
    assert len(str(refused).splitlines()) == 3
    assert str(refused).startswith("model.bpmn cannot be run: 2 to mend.\nmodel.bpmn:")
    assert [record["rule"] for record in refused.facts["findings"]] == ["role", "role"]


def test_only_errors_forbid_deployment() -> None:
    warning = Finding("diagram", Severity.WARNING, None, 0, "m", "r")
    error = Finding("role", Severity.ERROR, None, 0, "m", "r")
    assert errors([warning, error]) == (error,)
