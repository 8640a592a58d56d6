"""Rows 16 to 18 and 27: what the library ignores or takes in silence, and motcua refuses."""

from __future__ import annotations

import io

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.document import ModelUnreadable, read_document
from motcua.engine.dossier_engine import MessageUnknown
from motcua.engine.forms import FormRefused
from tests.hazards.library import case, complete, drawn, end, message, node, person, ready, send, start, waiting
from tests.hazards.marking import library, motcua
from tests.hazards.ours import BIRTH, is_refused
from tests.office import Office

PAID = '<bpmn:message id="m" name="paid"/>'
AWAITING = drawn(
    start(),
    node("intermediateCatchEvent", "wait", message()),
    person("after"),
    end(),
    flows="start > wait > after > end",
    around=PAID,
)


@library(16)
def test_in_the_library_quantities_behaviours_and_unconnected_nodes_are_ignored_in_silence() -> None:
    quantities = drawn(
        start(), node("userTask", "a", startQuantity="2", completionQuantity="3"), person("alone"), end(), flows="start > a > end"
    )
    workflow = case(quantities)
    assert waiting(workflow) == ["a"]
    complete(workflow, "a")
    assert workflow.is_completed()
    assert len([task for task in workflow.get_tasks(state=TaskState.COMPLETED) if task.task_spec.name == "end"]) == 1
    several = '<bpmn:multiInstanceLoopCharacteristics behavior="None"><bpmn:loopCardinality>2</bpmn:loopCardinality>'
    several += "</bpmn:multiInstanceLoopCharacteristics>"
    assert len(waiting(case(drawn(start(), node("userTask", "a", several), end(), flows="start > a > end")))) == 2


@motcua(16)
@pytest.mark.parametrize(
    ("attributes", "inner", "rule"),
    [
        ('startQuantity="2"', "", "unsupported-attribute"),
        ('completionQuantity="3"', "", "unsupported-attribute"),
        (
            "",
            '<bpmn:multiInstanceLoopCharacteristics behavior="None"><bpmn:loopCardinality>2</bpmn:loopCardinality>'
            "</bpmn:multiInstanceLoopCharacteristics>",
            "unsupported-attribute",
        ),
    ],
)
def test_what_would_have_no_effect_is_refused_where_it_stands(attributes: str, inner: str, rule: str) -> None:
    task = f'<bpmn:userTask id="a" name="a" {attributes}>{inner}</bpmn:userTask>'
    assert is_refused(drawn(start(), task, end(), flows="start > a > end"), rule, "a", "<bpmn:userTask")


@motcua(16)
def test_a_node_that_nothing_leads_to_is_refused() -> None:
    document = drawn(start(), person("a"), person("alone"), end(), flows="start > a > end")
    assert is_refused(document, "unreachable", "alone", 'id="alone"')


@library(17)
def test_in_the_library_a_case_takes_a_message_that_is_meant_for_another() -> None:
    workflow = case(AWAITING)
    send(workflow, "paid", dossier={"code": "of another case"})
    assert waiting(workflow) == ["after"]


@motcua(17)
def test_a_message_reaches_the_dossier_that_it_names_and_no_other() -> None:
    office = Office()
    one, other = office.file("1.000828"), office.file("1.000828")
    for code in (one, other):
        office.do_until(code, "appraise")
        office.do(code, "appraise", decision="supplement", missing="Bản sao bằng cử nhân luật")
    assert office.tell(one, "supplement_received")
    assert "take_supplement" in office.acts(one)
    assert "take_supplement" not in office.acts(other)
    assert office.store.messages(other) == []
    with pytest.raises(MessageUnknown):
        office.tell(other, "tax_paid")


@library(18)
def test_in_the_library_a_message_writes_whatever_it_brings_into_the_variables() -> None:
    workflow = case(AWAITING, decision="refuse")
    send(workflow, "paid", {"decision": "approve"})
    assert ready(workflow)[0].data["decision"] == "approve"


@motcua(18)
def test_a_message_or_a_form_sets_the_fields_that_the_model_declares_and_nothing_else() -> None:
    office = Office()
    code = office.file(BIRTH)
    with pytest.raises(FormRefused, match="child_sex"):
        office.do(code, "check_completeness", child_sex="male")
    office.do(code, "check_completeness")
    with pytest.raises(FormRefused, match="decision"):
        office.tell(code, "withdrawal_requested", decision="approve")


ENTITY = '<!DOCTYPE d [<!ENTITY e "expanded">]>\n' + drawn(start(), person("&e;"), end(), flows="start > end")


@library(27)
def test_in_the_library_entities_of_a_document_are_expanded() -> None:
    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(ENTITY.encode()))
    process: etree._Element = parser.process_parsers["p"].node
    assert [element.get("id") for element in process.iter() if element.get("id") == "expanded"] == ["expanded"]


@motcua(27)
def test_a_document_with_a_document_type_is_refused_with_its_line() -> None:
    with pytest.raises(ModelUnreadable, match=r"model\.bpmn:1 has a document type") as refused:
        read_document(ENTITY.encode(), "model.bpmn")
    assert refused.value.facts["line"] == 1
