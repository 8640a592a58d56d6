"""Business rule tasks as a dossier lives through them: what they set, what a failure leaves, and which table a dossier keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from motcua.bpmn.checks import ModelRefused, check_model
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.decisions.tables import DecisionFailed
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Argument, DecisionUse, LoopKind, NodeKind, OutputUse
from motcua.engine.operators import correctable_of
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.procedures_catalog.version import DecisionMissing, ProcedureVersion, build_closure
from motcua.services.cli.model import packaged_context
from tests.bpmn.decision_files import column, decision, dmn
from tests.engine.play import Play
from tests.engine.test_elements_in_dossiers import CODE, ENDS, REGISTER, flow, model, task
from tests.office import Office
from tests.small_models import end, node, person, process, repeated, rule, start, sub_process

# ---- in a run


def test_a_business_rule_task_sets_the_variables_that_take_its_outputs() -> None:
    play = Play(process([start(), person("ask"), rule("decide", "rounds"), person("after"), end()],
                        "start > ask > decide > after > end"), rounds=0)  # fmt: skip
    play.complete("ask", rounds=41)
    assert play.waits() == {"after"}
    assert play.run.scope == {"rounds": 42}, "the input was given to the decision, and not to the dossier"


def test_every_instance_decides_in_its_own_scope_and_the_outputs_are_collected() -> None:
    inside = sub_process("each", [start("s"), rule("decide", "item"), person("look"), end("e")], "s > decide > look > e")
    many = repeated(inside, LoopKind.PARALLEL, collection="items", item="item", output_collection="found", output_item="item")
    play = Play(process([start(), many, person("after"), end()], "start > each > after > end"), items=[1, 200, 3])
    for number in (2, 0, 0):
        play.complete_nth("look", number)
    assert play.run.scope["found"] == [2, 0, 4]


def test_a_business_rule_task_can_be_repeated_itself() -> None:
    again = repeated(rule("decide", "rounds"), LoopKind.STANDARD, condition="rounds < 5")
    assert Play(process([start(), again, end()], "start > decide > end"), rounds=0).run.scope == {"rounds": 5}


@pytest.mark.parametrize(
    "use", [None, DecisionUse("gone"), DecisionUse("step", (Argument("number_of_rounds", "1"),), (OutputUse("gone", "x"),))]
)
def test_a_task_without_a_decision_or_its_output_does_not_compile(use: DecisionUse | None) -> None:
    with pytest.raises(ModelNotRunnable):
        Play(process([start(), node("decide", NodeKind.BUSINESS_RULE_TASK, decision=use), end()], "start > decide > end"))


# ---- in an office

FORM = (
    '<motcua:form><motcua:field name="pages" type="integer"/><motcua:field name="kind" type="choice">'
    '<motcua:option value="A"/><motcua:option value="B"/></motcua:field></motcua:form>'
)
DECIDE = """<bpmn:businessRuleTask id="decide"><bpmn:extensionElements><motcua:decision name="fee">
    <motcua:input name="n" expression="pages"/><motcua:output name="vnd" variable="fee_vnd"/></motcua:decision>
    </bpmn:extensionElements></bpmn:businessRuleTask>"""
FLOWS = flow("start", "ask") + flow("ask", "decide") + flow("decide", "after") + flow("after", "done")
ASKING = model(task("ask", FORM) + DECIDE + task("after") + ENDS.format(id="done") + FLOWS)
COLUMNS = [column("n", "integer"), column("kind", "string", '"A", "B"')]


def table(*rules: tuple[str, ...], **how: Any) -> bytes:
    return dmn(decision(COLUMNS, [column("vnd", "number")], rules, **how))


TARIFF = table(("[1..2]", "-", "2000 * n"), ("> 2", '"A"', "5000.5"), ("> 2", '"B"', "7000"))


def version(tariff: bytes = TARIFF, content: bytes = ASKING) -> ProcedureVersion:
    return build_closure(CODE, content, {}, REGISTER, in_force_from=date(2026, 1, 1), decisions={"fee": tariff, "other": b""})


def filed(office: Office) -> str:
    return office.engine.open(office.application(CODE, entries={})).code


def scope(office: Office, code: str) -> dict[str, Any]:
    with office.engine.command(code, "test") as session:
        return dict(session.run.scope)


def test_a_decision_belongs_to_the_version_and_one_that_is_not_used_does_not() -> None:
    first, again = version(), version()
    assert dict(first.decisions) == {"fee": TARIFF}
    assert first.version_id == again.version_id
    with pytest.raises(DecisionMissing, match=r"Add bpmn/shared/fee\.dmn"):
        build_closure(CODE, ASKING, {}, REGISTER, in_force_from=date(2026, 1, 1))


def test_a_changed_table_makes_a_new_version_and_a_running_dossier_keeps_its_own() -> None:
    office = Office()
    office.engine.publish(version())
    old = filed(office)
    dearer = version(TARIFF.replace(b"7000", b"9000"))
    assert dearer.version_id != office.dossier(old).version_id
    office.engine.publish(dearer)
    new = filed(office)
    for code in (old, new):
        office.do(code, "ask", pages=5, kind="B")
    assert scope(office, old)["fee_vnd"] == 7000
    assert scope(office, new)["fee_vnd"] == 9000


def test_what_a_decision_computed_is_exact_after_saving_and_can_be_corrected() -> None:
    office = Office()
    office.engine.publish(version())
    code = filed(office)
    office.do(code, "ask", pages=5, kind="A")
    assert scope(office, code)["fee_vnd"] == Decimal("5000.5")
    assert correctable_of(office.engine, code)["fee_vnd"].type == "decimal"


def test_a_decision_that_fails_is_told_to_the_officer_and_the_dossier_stays_as_it_was() -> None:
    office = Office()
    office.engine.publish(version())
    code = filed(office)
    before = office.store.state(code), office.kinds(code)
    with pytest.raises(DecisionFailed, match='In the decision "fee" no rule applies to n = 0, kind = "A"'):
        office.do(code, "ask", pages=0, kind="A")
    assert (office.store.state(code), office.kinds(code)) == before
    office.do(code, "ask", pages=1, kind="A")
    assert set(office.tasks(code)) == {"after"}


def test_a_decision_that_fails_after_a_service_call_makes_its_incident() -> None:
    call = """<bpmn:serviceTask id="call"><bpmn:extensionElements><motcua:operation name="documents.refusal">
        <motcua:input name="reason" expression="'x'"/></motcua:operation>
        <motcua:retry attempts="2" firstSeconds="1" factor="1"/></bpmn:extensionElements></bpmn:serviceTask>"""
    flows = flow("start", "ask") + flow("ask", "call") + flow("call", "decide") + flow("decide", "after") + flow("after", "done")
    office = Office()
    office.engine.publish(
        version(content=model(task("ask", FORM) + call + DECIDE + task("after") + ENDS.format(id="done") + flows))
    )
    code = filed(office)
    office.do(code, "ask", pages=0, kind="A")
    for _ in range(4):
        office.wait(hours=3)
    (incident,) = [each for each in office.store.incidents() if each.operation == "documents.refusal"]
    assert 'In the decision "fee" no rule applies to n = 0' in str(incident.error)
    assert "fee_vnd" not in scope(office, code)


@pytest.mark.parametrize(
    ("tariff", "content", "why"),
    [
        (table(("> 1", "-", "1"), ("5", "-", "2")), ASKING, "fee.dmn:7 fee_r2 decision-overlap: the rules 1 and 2 both apply"),
        (table(("> 1", "-", "n / 2")), ASKING, "fee_r1o1 decision-expression"),
        (dmn(decision(COLUMNS, [column("vnd")], [("-", "-", "1")], id="another")), ASKING, "stands there under another id"),
        (TARIFF, ASKING.replace(b'"vnd"', b'"euro"'), 'has no output "euro" → its outputs: vnd'),
        (TARIFF, ASKING.replace(b'"fee_vnd"', b'"len"'), '"len" is the name of a function'),
        (TARIFF, ASKING.replace(b'"fee_vnd"', b'"kind"'), 'the output "vnd" is number, and the field "kind" of the type choice'),
        (TARIFF, ASKING.replace(b'input name="n"', b'input name="m"'), 'does not ask for "m"'),
        (
            TARIFF,
            ASKING.replace(b'input name="n"', b'input name="m"'),
            'the decision "fee" uses "n", which nothing in the model sets',
        ),
        (TARIFF, ASKING.replace(b'expression="pages"', b'expression="gone"'), 'uses "gone", which nothing in the model sets'),
        (TARIFF, ASKING.replace(b'expression="pages"', b'expression="pages.real"'), "a dot reaches into a value"),
        (TARIFF, ASKING.replace(b'expression="pages"', b'expression="kind"'), "of the type choice, and the decision"),
        (TARIFF, ASKING.replace(b'name="kind" type="choice"', b'name="sort" type="choice"'), 'uses "kind", which nothing'),
        (TARIFF, ASKING.replace(b'<motcua:output name="vnd" variable="fee_vnd"/>', b""), "takes no output of its decision"),
        (
            TARIFF,
            ASKING.replace(b'<motcua:input name="n"', b'<motcua:input name="n" expression="1"/><motcua:input name="n"'),
            'the input "n" is given twice',
        ),
        (
            TARIFF,
            ASKING.replace(b"<motcua:output", b'<motcua:output name="vnd" variable="fee_vnd"/><motcua:output'),
            'two outputs go into the variable "fee_vnd"',
        ),
        (table(("-", "-", "1"), policy="COLLECT"), ASKING.replace(b'"fee_vnd"', b'"pages"'), 'the output "vnd" is a list'),
    ],
)
def test_a_task_that_does_not_fit_its_decision_is_refused_when_published(tariff: bytes, content: bytes, why: str) -> None:
    with pytest.raises(ModelRefused) as refused:
        Office().engine.publish(version(tariff, content))
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("tariff", "content", "doubt"),
    [
        (TARIFF, ASKING, None),
        (TARIFF.replace(b'"B"', b'"b"'), ASKING, 'kind may be "b", which is no option of that choice'),
        (TARIFF, ASKING.replace(b'value="B"', b'value="C"'), 'kind may not be "C", which is an option of that choice'),
    ],
)
def test_a_table_that_names_other_texts_than_a_choice_offers_is_doubted(tariff: bytes, content: bytes, doubt: str | None) -> None:
    context = replace(packaged_context(), decisions={"fee": read_decisions(tariff, "fee.dmn")})
    found = [each.message for each in check_model(read_document(content, "model"), context) if each.rule == "decision-type"]
    assert any(doubt in message for message in found) if doubt else not found


def test_a_decision_that_was_compiled_before_is_shared_and_never_changed() -> None:
    drawn = process([start(), rule("decide", "rounds"), end()], "start > decide > end")
    first, second = Play(drawn, rounds=1), Play(drawn, rounds=1)
    assert first.run.scope == second.run.scope == {"rounds": 2}
    with pytest.raises(ModelNotRunnable):
        compile_model(drawn, {})
