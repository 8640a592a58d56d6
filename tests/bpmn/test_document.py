"""Reading a BPMN document: what is in it, what is refused, and that nothing is lost in silence."""

from __future__ import annotations

import codecs
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.bpmn.document import MAX_BYTES, ModelUnreadable, read_document
from motcua.bpmn.elements import (
    Argument,
    Assignment,
    ClockStop,
    Definitions,
    EventKind,
    FormField,
    LoopKind,
    Node,
    NodeKind,
    Norm,
    OperationUse,
    Option,
    OutputUse,
    Repetition,
    Retry,
    TimerClock,
    TimerKind,
    bodies,
    walk,
)
from tests.bpmn.conftest import EVERY_EXTENSION, document


@pytest.fixture(scope="module")
def read() -> Definitions:
    return read_document(EVERY_EXTENSION.read_bytes(), "every_extension.bpmn")


def _node(definitions: Definitions, id: str) -> Node:
    return next(node for node in walk(definitions.processes[0]) if node.id == id)


def test_a_process_says_which_procedure_it_executes_and_on_which_line_it_begins(read: Definitions) -> None:
    process = read.processes[0]
    assert (process.id, process.procedure_code, process.is_executable) == ("every_extension", "1.000000", True)
    lines = EVERY_EXTENSION.read_text(encoding="utf-8").splitlines()
    assert "<bpmn:process" in lines[process.line - 1]
    for node in walk(process):
        assert f'id="{node.id}"' in lines[node.line - 1]


def test_a_task_says_who_does_it_in_how_many_hours_and_what_is_entered(read: Definitions) -> None:
    check = _node(read, "check")
    assert check.assignment == Assignment("officer", "commune")
    assert check.norm == Norm(4.5, "assumed", "median of the role")
    options = (Option("agree", "Đồng ý"), Option("refuse", "Từ chối"))
    assert check.form == (FormField("verdict", "choice", "Kết luận", True, options),)
    assert check.act == "start_processing"


def test_a_service_task_says_what_it_asks_and_how_it_tries_again(read: Definitions) -> None:
    collect = _node(read, "collect")
    assert collect.operation == OperationUse(
        "payment.collect",
        (Argument("amount", 'min(fee, 100000) if "agree" == verdict and fee < 5 else fee'),),
        (OutputUse("receipt", "receipt_number"),),
    )
    assert collect.retry == Retry(5, 30.0, 1.5)


def test_an_event_knows_the_message_the_error_or_the_time_it_waits_for(read: Definitions) -> None:
    tax_paid, declined, tax_term, opinion = (_node(read, id).event for id in ("tax_paid", "declined", "tax_term", "opinion"))
    assert tax_paid is not None
    assert (tax_paid.kind, tax_paid.message) == (EventKind.MESSAGE, "tax_paid")
    assert declined is not None
    assert (declined.kind, declined.error_code) == (EventKind.ERROR, "payment_declined")
    assert tax_term is not None
    assert tax_term.timer is not None
    assert (tax_term.timer.kind, tax_term.timer.text, tax_term.timer.clock) == (
        TimerKind.DURATION,
        "30 calendar days",
        TimerClock.APPLICANT,
    )
    assert opinion is not None
    assert opinion.message == "opinion_given"


def test_a_boundary_event_says_where_it_sits_and_whether_it_interrupts(read: Definitions) -> None:
    declined, due_soon = _node(read, "declined"), _node(read, "due_soon")
    assert (declined.attached_to, declined.cancel_activity) == ("collect", True)
    assert (due_soon.attached_to, due_soon.cancel_activity) == ("sign", False)


def test_a_gateway_knows_its_ways_and_which_one_is_the_default(read: Definitions) -> None:
    agreed = _node(read, "agreed")
    assert (agreed.incoming, agreed.outgoing) == (("flow_file_agreed",), ("flow_agreed_refused", "flow_agreed_fee"))
    flows = {flow.id: flow for flow in read.processes[0].flows}
    assert flows["flow_agreed_refused"].is_default
    assert flows["flow_agreed_fee"].condition == 'verdict == "agree" and copies < 100'


def test_the_clock_stops_where_the_model_says_and_by_which_law(read: Definitions) -> None:
    assert _node(read, "tax").stops_clock == ClockStop("tax_payment", "Nghị định, Điều 1")


def test_a_sub_process_holds_its_own_nodes_and_flows(read: Definitions) -> None:
    consult = _node(read, "consult")
    assert consult.body is not None
    assert [node.id for node in consult.body.nodes] == ["consult_start", "opinion", "consult_end"]
    assert len(list(bodies(read.processes[0]))) == 2


def test_lanes_name_their_nodes_and_nodes_their_innermost_lane() -> None:
    read = document(
        """<bpmn:laneSet id="l"><bpmn:lane id="outer" name="Sở"><bpmn:flowNodeRef>a</bpmn:flowNodeRef>
             <bpmn:childLaneSet id="c"><bpmn:lane id="inner" name="Phòng"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>
             </bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>
           <bpmn:userTask id="a"/>"""
    )
    assert [(lane.id, lane.node_ids) for lane in read.processes[0].lanes] == [("outer", ("a",)), ("inner", ("a",))]
    assert _node(read, "a").lane == "inner"


def test_pools_and_message_flows_are_read_from_the_collaboration() -> None:
    read = document(
        "",
        around="""<bpmn:collaboration id="c"><bpmn:participant id="p" name="Công dân"/>
            <bpmn:participant id="q" name="Sở" processRef="part"/>
            <bpmn:messageFlow id="m" sourceRef="p" targetRef="q"/></bpmn:collaboration>""",
    )
    assert [(each.id, each.process_id) for each in read.participants] == [("p", None), ("q", "part")]
    assert [(each.source, each.target) for each in read.message_flows] == [("p", "q")]


@pytest.mark.parametrize(
    ("loop", "kind"),
    [
        ("<bpmn:standardLoopCharacteristics/>", LoopKind.STANDARD),
        ("<bpmn:multiInstanceLoopCharacteristics/>", LoopKind.PARALLEL),
        ('<bpmn:multiInstanceLoopCharacteristics isSequential="true"/>', LoopKind.SEQUENTIAL),
    ],
)
def test_a_repetition_is_noticed(loop: str, kind: LoopKind) -> None:
    assert _node(document(f'<bpmn:userTask id="a">{loop}</bpmn:userTask>'), "a").loop is kind


def test_how_an_activity_is_repeated_is_read_whole() -> None:
    many = """<bpmn:multiInstanceLoopCharacteristics isSequential="true" behavior="All">
        <bpmn:loopDataInputRef>agencies</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>opinions</bpmn:loopDataOutputRef>
        <bpmn:inputDataItem id="i" name="agency"/><bpmn:outputDataItem id="o" name="opinion"/>
        <bpmn:completionCondition>opinion == "no"</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"""
    read = document(f'<bpmn:userTask id="a">{many}</bpmn:userTask>')
    assert _node(read, "a").repetition == Repetition(
        collection="agencies", item="agency", output_collection="opinions", output_item="opinion", completion='opinion == "no"'
    )
    loop = """<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="3">
        <bpmn:loopCondition>more</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"""
    other = document(f'<bpmn:userTask id="a">{loop}</bpmn:userTask>')
    assert _node(other, "a").repetition == Repetition(condition="more", test_before=True, maximum=3)
    assert read.oddities == other.oddities == ()


def test_an_escalation_is_known_by_its_code_else_by_its_name() -> None:
    event = '<bpmn:intermediateThrowEvent id="a"><bpmn:escalationEventDefinition escalationRef="{}"/></bpmn:intermediateThrowEvent>'
    around = '<bpmn:escalation id="x" escalationCode="LATE" name="Late"/><bpmn:escalation id="y" name="Late"/>'
    events = [_node(document(event.format(ref), around=around), "a").event for ref in "xyz"]
    assert [each.name for each in events if each is not None] == ["LATE", "Late", None]
    assert [oddity.rule for oddity in document(event.format("z"), around=around).oddities] == ["dangling-reference"]


def test_a_link_event_may_repeat_its_other_ends_as_the_standard_has_it() -> None:
    read = document(
        """<bpmn:intermediateThrowEvent id="a"><bpmn:linkEventDefinition id="d" name="far"><bpmn:target>b</bpmn:target>
        </bpmn:linkEventDefinition></bpmn:intermediateThrowEvent>"""
    )
    event = _node(read, "a").event
    assert event is not None
    assert (event.kind, event.name, read.oddities) == (EventKind.LINK, "far", ())


def test_references_may_be_written_with_a_prefix_as_some_tools_do() -> None:
    read = document(
        '<bpmn:intermediateCatchEvent id="a"><bpmn:messageEventDefinition messageRef="tns:m"/></bpmn:intermediateCatchEvent>',
        around='<bpmn:message id="m" name="paid"/>',
    )
    event = _node(read, "a").event
    assert event is not None
    assert event.message == "paid"


@pytest.mark.parametrize(
    ("process", "rule"),
    [
        ('<bpmn:userTask id="a" startQuantity="2"/>', "unsupported-attribute"),
        ('<bpmn:userTask id="a" completionQuantity="0"/>', "unsupported-attribute"),
        ('<bpmn:exclusiveGateway id="a" isForCompensation="true"/>', "unsupported-attribute"),
        ('<bpmn:receiveTask id="a" instantiate="true"/>', "unsupported-attribute"),
        ('<bpmn:eventBasedGateway id="a" eventGatewayType="Parallel"/>', "unsupported-attribute"),
        ('<bpmn:userTask id="a" default_="x"/>', "unsupported-attribute"),
        ('<bpmn:userTask id="a" other:assignee="x"/>', "foreign-extension"),
        ('<bpmn:userTask id="a"><bpmn:potentialOwner id="b"/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><bpmn:ioSpecification/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><bpmn:timerEventDefinition/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><other:thing/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><motcua:act name="process"/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:choreographyTask id="a"/>', "unsupported-element"),
        ('<bpmn:subProcess id="a"><bpmn:laneSet/></bpmn:subProcess>', "unsupported-element"),
        ('<bpmn:dataObject id="a"/>', "data-object"),
        ('<bpmn:userTask id="a"><bpmn:dataInputAssociation id="b"/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><bpmn:dataOutputAssociation id="b"/></bpmn:userTask>', "unsupported-element"),
        ('<bpmn:userTask id="a"><bpmn:incoming>nowhere</bpmn:incoming></bpmn:userTask>', "listed-flow"),
        (
            '<bpmn:sequenceFlow id="a" sourceRef="b" targetRef="c">'
            '<bpmn:conditionExpression language="javascript">x</bpmn:conditionExpression></bpmn:sequenceFlow>',
            "unsupported-attribute",
        ),
        (
            '<bpmn:intermediateCatchEvent id="a"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>',
            "dangling-reference",
        ),
        ('<bpmn:boundaryEvent id="a"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>', "dangling-reference"),
        ('<bpmn:intermediateCatchEvent id="a"><bpmn:timerEventDefinition/></bpmn:intermediateCatchEvent>', "timer"),
    ],
)
def test_what_has_no_place_in_the_elements_is_kept_as_an_oddity(process: str, rule: str) -> None:
    read = document(f"\n{process}")
    assert [oddity.rule for oddity in read.oddities] == [rule]
    assert read.oddities[0].line == read.processes[0].line + 1
    assert read.oddities[0].remedy


@pytest.mark.parametrize(
    ("extension", "rule"),
    [
        ('<motcua:asignment role="officer"/>', "unknown-extension"),
        ('<motcua:assignment role="officer" teir="commune"/>', "unknown-extension"),
        ('<motcua:assignment role="officer">text</motcua:assignment>', "unknown-extension"),
        ('<motcua:assignment role="officer"/><motcua:assignment role="leader"/>', "unknown-extension"),
        ('<motcua:form><motcua:fields name="a" type="text"/></motcua:form>', "unknown-extension"),
        ('<motcua:form><other:field name="a" type="text"/></motcua:form>', "unknown-extension"),
        ("<motcua:assignment/>", "invalid-extension"),
        ('<motcua:form><motcua:field name="a"/></motcua:form>', "invalid-extension"),
        ('<motcua:form><motcua:field name="a" type="text" required="yes"/></motcua:form>', "invalid-extension"),
        ('<motcua:norm hours="four" basis="assumed"/>', "invalid-extension"),
        ('<motcua:norm hours="nan" basis="assumed"/>', "invalid-extension"),
        ('<motcua:norm hours="-1" basis="assumed"/>', "invalid-extension"),
        ('<motcua:clock stops="applicant" cause="supplement"/>', "invalid-extension"),
        ('<motcua:operation name="payment.collect"/>', "misplaced-extension"),
        ('<motcua:procedure code="1.000000"/>', "misplaced-extension"),
        ('<other:properties><other:property name="a"/></other:properties>', "foreign-extension"),
    ],
)
def test_an_extension_that_cannot_be_used_is_kept_as_an_oddity(extension: str, rule: str) -> None:
    read = document(f'<bpmn:userTask id="a"><bpmn:extensionElements>{extension}</bpmn:extensionElements></bpmn:userTask>')
    assert [(oddity.rule, oddity.element_id) for oddity in read.oddities] == [(rule, "a")]


@pytest.mark.parametrize(
    "retry",
    [
        'attempts="0" firstSeconds="1" factor="2"',
        'attempts="1.5" firstSeconds="1" factor="2"',
        'attempts="3" firstSeconds="1" factor="0.5"',
    ],
)
def test_a_retry_that_would_not_end_or_not_begin_is_no_retry(retry: str) -> None:
    read = document(
        f'<bpmn:serviceTask id="a"><bpmn:extensionElements><motcua:retry {retry}/></bpmn:extensionElements></bpmn:serviceTask>'
    )
    assert [oddity.rule for oddity in read.oddities] == ["invalid-extension"]
    assert _node(read, "a").retry is None


def test_drawing_only_elements_and_values_that_the_standard_gives_anyway_are_no_oddities() -> None:
    read = document(
        """<bpmn:userTask id="a" implementation="##unspecified" startQuantity="1" completionQuantity="1" isForCompensation="false"/>
           <bpmn:textAnnotation id="t"><bpmn:text>Ghi chú</bpmn:text></bpmn:textAnnotation>
           <bpmn:association id="s" sourceRef="a" targetRef="t"/><bpmn:group id="g"/>""",
        around="<!-- a remark --><?tool hint?>",
    )
    assert read.oddities == ()


def test_equality_ignores_the_lines_and_nothing_else() -> None:
    process = '<bpmn:userTask id="a" name="Xem"/>'
    assert document(process) == document(f"\n\n{process}")
    assert document(process) != document(process.replace("Xem", "Xét"))


def _refused(content: bytes) -> ModelUnreadable:
    with pytest.raises(ModelUnreadable) as refused:
        read_document(content, "model.bpmn")
    assert str(refused.value).startswith("model.bpmn")
    return refused.value


_EMPTY = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<definitions",
        b"<definitions/>",
        b"<html/>",
        b'<?xml version="1.0"?><!DOCTYPE definitions>' + _EMPTY,
        b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + _EMPTY,
        b'<!DOCTYPE d SYSTEM "http://localhost/x.dtd">' + _EMPTY,
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>',
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>&undefined;</definitions>",
        _EMPTY.decode().encode("utf-16"),
        codecs.BOM_UTF16_LE + '<!DOCTYPE d [<!ENTITY a "a">]><d/>'.encode("utf-16-le"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d+AD4-' + _EMPTY,
        b"\xff\xfe" + _EMPTY,
        b"\x00" + _EMPTY,
        b" " * (MAX_BYTES + 1),
        b"<a>" * 100_000,
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">' + b"<b/>" * 30_001 + b"</definitions>",
        b'<a xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">' + b"<b>" * 200 + b"</b>" * 200 + b"</a>",
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">' + b"<b>" * 100 + b"</b>" * 100 + b"</definitions>",
    ],
)
def test_a_file_that_is_no_safe_bpmn_document_is_refused_with_its_line(content: bytes) -> None:
    assert isinstance(_refused(content).facts["line"], int)


def test_the_line_of_a_fault_is_told() -> None:
    assert _refused(b"<definitions>\n<process>\n</definitions>").facts["line"] == 3
    assert "model.bpmn:2 has a document type" in str(_refused(b"<?xml version='1.0'?>\n<!DOCTYPE d><d/>"))


def test_an_encoding_that_is_declared_otherwise_hides_nothing() -> None:
    content = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + _EMPTY.replace(b"/>", ' id="đ"/>'.encode())
    assert read_document(content, "model.bpmn").id == "đ"


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_document(codecs.BOM_UTF8 + _EMPTY, "model.bpmn").processes == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        read_document(content, "model.bpmn")
    except ModelUnreadable:
        return


_TEXT = EVERY_EXTENSION.read_text(encoding="utf-8")


@given(st.integers(0, len(_TEXT) - 1), st.integers(1, 40), st.sampled_from(["", "x", '"', "<", "&amp;", "motcua:", "bpmn:task"]))
def test_a_damaged_model_is_read_or_refused_and_nothing_else(at: int, length: int, instead: str) -> None:
    try:
        read = read_document((_TEXT[:at] + instead + _TEXT[at + length :]).encode(), "model.bpmn")
    except ModelUnreadable:
        return
    assert dataclasses.is_dataclass(read)


def test_the_flows_of_an_id_that_stands_twice_belong_to_the_first() -> None:
    read = document('<bpmn:userTask id="a"/><bpmn:userTask id="a"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="a"/>')
    assert [(node.incoming, node.outgoing) for node in read.processes[0].nodes] == [(("f",), ("f",)), ((), ())]


def test_every_kind_of_node_is_read() -> None:
    def tag(kind: NodeKind) -> str:
        first, *rest = kind.value.split("_")
        return first + "".join(word.capitalize() for word in rest)

    read = document("".join(f'<bpmn:{tag(kind)} id="{kind.value}"/>' for kind in NodeKind))
    assert [node.kind for node in read.processes[0].nodes] == list(NodeKind)
    assert read.oddities == ()
