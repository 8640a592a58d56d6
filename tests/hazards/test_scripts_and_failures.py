"""Rows 6 to 8 and 24 to 26: service calls, errors, saved versions, scripts and decisions."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import msgpack
import pytest
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.camunda.parser import CamundaParser

from motcua.bpmn.checks import check_decisions, errors
from motcua.bpmn.decisions.compile import compile_decision
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.decisions.tables import DecisionFailed
from motcua.bpmn.expressions import ExpressionRefused
from motcua.engine.connectors import ServiceCall
from motcua.engine.dossier import CallState
from motcua.engine.spiff.compile import compile_model
from motcua.engine.spiff.run import Run, StateUnreadable
from tests import small_models as small
from tests.hazards.library import case, drawn, end, node, person, ready, restored, saved, script, start
from tests.hazards.marking import library, motcua
from tests.hazards.ours import BIRTH, NOW, Case, is_refused
from tests.office import Office

ASKED = drawn(start(), person("ask"), end(), flows="start > ask > end")


@library(6)
def test_in_the_library_a_failing_service_call_is_a_name_error_and_the_cause_is_lost() -> None:
    task = ready(case(ASKED))[0]
    with pytest.raises(NameError, match="script"):
        PythonScriptEngine().call_service(task, operation_name="pay", operation_params={})


@motcua(6)
def test_the_error_of_a_failing_call_stands_on_its_incident_in_its_own_words() -> None:
    office = Office()

    def fail(call: ServiceCall) -> None:
        if call.operation == "documents.receipt_slip":
            raise KeyError("the letterhead of H05.21")

    office.outside.during = fail
    code = office.file(BIRTH)
    office.do(code, "check_completeness")
    for _ in range(8):
        office.wait(hours=3)
    (incident,) = office.store.incidents()
    assert "KeyError: 'the letterhead of H05.21'" in str(incident.error)


@library(7)
def test_in_the_library_an_error_event_does_not_catch_what_a_script_raises() -> None:
    document = drawn(
        start(),
        script("divide", "1 / 0"),
        node("boundaryEvent", "failed", "<bpmn:errorEventDefinition/>", attachedToRef="divide"),
        person("mend"),
        end(),
        end("end2"),
        flows="start > divide > end\nfailed > mend > end2",
    )
    with pytest.raises(WorkflowTaskException, match="division by zero"):
        case(document)


@motcua(7)
def test_a_declared_business_error_goes_to_its_error_event() -> None:
    found = Case(
        small.process(
            [
                small.start(),
                small.service("pay"),
                small.on_error("declined", "pay", "payment_declined"),
                small.person("mend"),
                small.end(),
                small.end("end2"),
            ],
            "start > pay > end",
            "declined > mend > end2",
        )
    )
    found.run.throw_at(found.token("pay"), "payment_declined")
    found.advance()
    assert found.waits() == {"mend"}


@motcua(7)
def test_whatever_else_a_connector_raises_becomes_an_incident_and_the_dossier_stays_where_it_was() -> None:
    office = Office()

    def fail(call: ServiceCall) -> None:
        if call.operation == "documents.receipt_slip":
            raise ZeroDivisionError

    office.outside.during = fail
    code = office.file(BIRTH)
    office.do(code, "check_completeness")
    before = office.store.state(code)
    for _ in range(8):
        office.wait(hours=3)
    assert [call.state for call in office.store.incidents()] == [CallState.INCIDENT]
    assert office.store.state(code) == before


FLOW = '<bpmn:sequenceFlow id="{0}_{1}" sourceRef="{0}" targetRef="{1}"/>'
INSIDE = start("begin") + person("work") + end("finish") + FLOW.format("begin", "work") + FLOW.format("work", "finish")


@library(8)
def test_in_the_library_a_case_with_a_sub_process_saved_by_the_release_before_is_a_name_error() -> None:
    document = drawn(start(), node("subProcess", "sub", INSIDE), end(), flows="start > sub > end")
    state = json.loads(saved(case(document)))
    assert state["serializer_version"] == "1.5"
    with pytest.raises(NameError):
        restored(json.dumps({**state, "serializer_version": "1.4"}))
    assert restored(json.dumps({**state, "serializer_version": "9.9"})), "of a release that nobody knows yet"


@motcua(8)
def test_a_saved_state_names_its_format_and_one_of_another_format_is_refused_before_anything_moves() -> None:
    model = compile_model(
        small.process(
            [
                small.start(),
                small.sub_process(
                    "sub", [small.start("begin"), small.person("work"), small.end("finish")], "begin > work > finish"
                ),
                small.end(),
            ],
            "start > sub > end",
        ),
        {},
    )
    state = Case(model).run.save()
    assert Run.restore(model, state, NOW, {}).save() == state
    for version in (0, 2, 99, "1"):
        other = msgpack.packb({**msgpack.unpackb(state, strict_map_key=False), "v": version})
        with pytest.raises(StateUnreadable, match="Upgrade motcua"):
            Run.restore(model, other, NOW, {})


@library(24)
def test_in_the_library_the_text_of_a_script_task_imports_what_it_likes() -> None:
    workflow = case(drawn(start(), script("s", "import os"), person("ask"), end(), flows="start > s > ask > end"))
    assert isinstance(ready(workflow)[0].data["os"], ModuleType)


@motcua(24)
@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "x = __import__('os')",
        "x = ().__class__",
        "x = name.__globals__",
        "x = [y for y in z]",
        "x = (lambda: 1)()",
        "x = 'a' % b",
        "x = f'{name}'",
        "x = 9 ** 9",
        "x = eval('1')",
        "x = open('f')",
        "len = 1",
        "exec('x = 1')",
        "x = 1; y = 2",
        "def f(): pass",
        "x = " + "-" * 500 + "1",
    ],
)
def test_a_script_in_any_language_but_the_closed_one_is_refused_at_its_line(text: str) -> None:
    inner = f"<bpmn:script>{text.replace('<', '&lt;')}</bpmn:script>"
    document = drawn(start(), node("scriptTask", "s", inner, scriptFormat="motcua"), end(), flows="start > s > end")
    assert is_refused(document, "expression", "s", "scriptTask")
    with pytest.raises(ExpressionRefused):
        compile_model(small.process([small.start(), small.script("s", text), small.end()], "start > s > end"), {})


@motcua(24)
def test_a_script_that_names_python_as_its_language_is_refused() -> None:
    inner = "<bpmn:script>x = 1</bpmn:script>"
    document = drawn(start(), node("scriptTask", "s", inner, scriptFormat="python"), end(), flows="start > s > end")
    assert is_refused(document, "script", "s", "scriptTask")


@library(25)
def test_in_the_library_a_restored_case_has_lost_its_restricted_script_engine() -> None:
    class Restricted(PythonScriptEngine):  # type: ignore[misc]
        pass

    workflow = case(ASKED, engine=Restricted())
    assert type(workflow.script_engine) is Restricted
    assert type(restored(saved(workflow)).script_engine) is PythonScriptEngine


@motcua(25)
def test_a_restored_dossier_computes_with_the_expressions_that_were_compiled_from_its_model() -> None:
    model = small.process(
        [small.start(), small.person("ask"), small.script("fee", "fee = pages * 2000"), small.person("pay"), small.end()],
        "start > ask > fee > pay > end",
    )
    found = Case(model)
    found.complete("ask", pages=3)
    assert found.run.scope["fee"] == 6_000
    assert not hasattr(found.run, "script_engine"), "there is no other that could be lost"


DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t">
<decision id="fee" name="fee"><decisionTable id="t" hitPolicy="{policy}"{aggregation}>
<input id="i" label="pages"><inputExpression id="ie" typeRef="integer"><text>pages</text></inputExpression></input>
<output id="o" label="fee" name="fee" typeRef="integer"/>
<rule id="r1"><inputEntry id="e1"><text>{first}</text></inputEntry><outputEntry id="x1"><text>1000</text></outputEntry></rule>
<rule id="r2"><inputEntry id="e2"><text>&gt; 3</text></inputEntry><outputEntry id="x2"><text>2000</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
RULE_TASK = drawn(
    start(),
    node("businessRuleTask", "decide", **{"camunda:decisionRef": "fee"}),
    person("after"),
    end(),
    flows="start > decide > after > end",
).replace("<bpmn:definitions ", '<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" ', 1)


def decided(policy: str, aggregation: str = "", first: str = "&gt; 1") -> Any:
    parser = CamundaParser()
    parser.add_bpmn_xml(etree.fromstring(RULE_TASK.encode()))
    parser.add_dmn_xml(etree.fromstring(DECISION.format(policy=policy, aggregation=aggregation, first=first).encode()))
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.task_tree.data["pages"] = 5
    workflow.do_engine_steps()
    return ready(workflow)[0].data["fee"]


@library(26)
def test_in_the_library_a_unique_decision_takes_the_first_of_two_that_match_and_its_conditions_are_python() -> None:
    assert decided("UNIQUE") == 1_000, "two rules match, which UNIQUE forbids"
    assert decided("COLLECT", ' aggregation="SUM"') == [1_000, 2_000], "the sum would be 3,000"
    assert decided("UNIQUE", first="? in [n for n in range(9)]") == 1_000, "a comprehension is Python, and no FEEL"


@motcua(26)
def test_two_rules_of_a_unique_decision_are_refused_beforehand_and_fail_when_both_apply_and_a_sum_is_the_sum() -> None:
    unique, collect = (read_decisions(DECISION.format(**each).encode(), "fee.dmn") for each in (
        {"policy": "UNIQUE", "aggregation": "", "first": "&gt; 1"},
        {"policy": "COLLECT", "aggregation": ' aggregation="SUM"', "first": "&gt; 1"},
    ))  # fmt: skip
    assert [(each.rule, each.element_id) for each in errors(check_decisions(unique))] == [("decision-overlap", "r2")]
    with pytest.raises(DecisionFailed, match="the rules 1 and 2 apply to pages = 5"):
        compile_decision(unique, "fee").decide({"pages": 5})
    assert compile_decision(collect, "fee").decide({"pages": 5}) == {"fee": 3_000}


@motcua(26)
def test_a_condition_of_a_decision_that_is_python_is_refused_at_its_line() -> None:
    text = DECISION.format(policy="UNIQUE", aggregation="", first="? in [n for n in range(9)]")
    (finding,) = errors(check_decisions(read_decisions(text.encode(), "fee.dmn")))
    assert (finding.rule, finding.element_id, finding.line) == ("decision-test", "e1", 5)


@motcua(26)
def test_a_decision_of_another_engine_is_refused_at_its_line_with_what_to_write_instead() -> None:
    assert is_refused(RULE_TASK, "decision", "decide", "businessRuleTask")
