"""What tables decide, against an oracle that asks rule by rule, and what the checks see in them, against asking for every input."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.bpmn.checks import Severity, check_decisions, errors
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.decisions.regions import cut_up
from motcua.bpmn.decisions.tables import DecisionFailed
from motcua.bpmn.decisions.unary_tests import EntryRefused, read_tests
from motcua.bpmn.document import ModelUnreadable
from tests.bpmn.decision_files import (
    KINDS,
    Cell,
    RandomTable,
    cells,
    column,
    compiled,
    decision,
    dmn,
    document,
    random_tables,
    values,
)

# ---- tests of one value


@given(KINDS.flatmap(lambda kind: st.tuples(cells(kind), st.sampled_from(values(kind)))))
def test_an_entry_says_of_a_value_what_it_means(asked: tuple[Cell, Any]) -> None:
    cell, value = asked
    assert read_tests(cell.text).outcome(value) is cell.says(value)


@pytest.mark.parametrize(
    ("text", "true_of", "not_true_of"),
    [
        ("[1..5)", [1, Decimal("4.99")], [0, 5, None]),
        ("]1..5[", [2], [1, 5]),
        ("(1 .. 5]", [5], [1]),
        ("[-2..-1]", [-2, Decimal("-1.5")], [0]),
        ("0.3", [Decimal("0.3"), Decimal("0.30")], [0, None]),
        ("not(< 5)", [5, 6], [4, None]),
        ("not(5)", [4, None], [5]),
        ("null, < 5", [None, 4], [5]),
        ("not(null)", [0, 5], [None]),
        ('"a", "not(b)"', ["a", "not(b)"], ["b", None]),
        ('date("2026-01-31")', [date(2026, 1, 31)], [date(2026, 1, 30)]),
        ('>= date("2026-01-31")', [date(2026, 1, 31), date(2027, 1, 1)], [date(2026, 1, 30), None]),
        ("-", [None, 0, "", False], []),
    ],
)
def test_the_tests_of_feel_by_example(text: str, true_of: list[Any], not_true_of: list[Any]) -> None:
    tests = read_tests(text)
    assert [tests.matches(value) for value in true_of] == [True] * len(true_of)
    assert [tests.matches(value) for value in not_true_of] == [False] * len(not_true_of)


@pytest.mark.parametrize(
    "text",
    [
        "< ", '< "a"', '[1.."a"]', "[5..1]", "(5..5]", "[1..5", "1..5", "1,", ", 1", "1 2", "- 5", "-, 1", "= 5", "!= 5", "not 5",
        "not(not(5))", "not()", "not(-)", "x", "x > 5", "? > 5", "count(?) > 1", '"a" + "b"', "'a'", '"a', '"a\\n"', "True", "None",
        "5 + 1", "2 ** 9999999999", "9" * 41, "9" * 1_000_000, "1e9", ".5", "5.", "٥", 'date("2026-02-30")', 'date("26-1-1")',
        'date and time("2026-01-31T00:00:00")', '@"2026-01-31"', 'duration("P1D")', '1, "a"', '[1..date("2026-01-31")]',
        "(" * 1_000_000, "not(" * 500, "__import__('os')", "().__class__", '{"a": 1}', "[1, 2, 3]", "for x in y return x",
        "\u200b1", '"\u202e"',
    ],
)  # fmt: skip
def test_what_is_no_test_of_the_subset_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        read_tests(text)
    assert refused.value.remedy
    assert len(str(refused.value)) < 400


# ---- hit policies


def _single(results: list[Any]) -> Any:
    return results[0]


ORDER = ["2", "0", "3", "1"]


def _by_priority(results: list[Any]) -> list[Any]:
    return sorted(results, key=lambda each: ORDER.index(str(each)))


POLICIES: Mapping[tuple[str, str | None], Callable[[list[Any]], Any]] = {
    ("UNIQUE", None): lambda results: _single(results) if len(results) == 1 else DecisionFailed,
    ("FIRST", None): _single,
    ("ANY", None): lambda results: _single(results) if len(set(results)) == 1 else DecisionFailed,
    ("PRIORITY", None): lambda results: _single(_by_priority(results)),
    ("COLLECT", None): list,
    ("RULE ORDER", None): list,
    ("OUTPUT ORDER", None): _by_priority,
    ("COLLECT", "SUM"): sum,
    ("COLLECT", "MIN"): min,
    ("COLLECT", "MAX"): max,
    ("COLLECT", "COUNT"): len,
}
WITHOUT_HIT: Mapping[tuple[str, str | None], Any] = {
    ("COLLECT", None): [],
    ("RULE ORDER", None): [],
    ("OUTPUT ORDER", None): [],
    ("COLLECT", "COUNT"): 0,
}


@st.composite
def asked_tables(draw: st.DrawFn) -> tuple[RandomTable, list[Any], tuple[str, str | None], str | None]:
    table = draw(random_tables())
    policy = draw(st.sampled_from(sorted(POLICIES, key=str)))
    default = None if policy in WITHOUT_HIT else draw(st.sampled_from([None, "7"]))
    return table, [draw(st.sampled_from(values(kind))) for kind in table.kinds], policy, default


@given(asked_tables())
def test_a_table_decides_as_asking_rule_by_rule_does(
    asked: tuple[RandomTable, list[Any], tuple[str, str | None], str | None],
) -> None:
    table, given_values, policy, default = asked
    ranked = ", ".join([*ORDER, "7"]) if policy[0] in {"PRIORITY", "OUTPUT ORDER"} else None
    made = compiled(table.text(policy[0], aggregation=policy[1], values=ranked, default=default))
    variables = dict(zip("abc", given_values, strict=False))
    results = [int(table.outputs[at]) for at in table.hits(given_values)]
    expected = POLICIES[policy](results) if results else WITHOUT_HIT.get(policy, DecisionFailed if default is None else 7)
    if expected is DecisionFailed:
        with pytest.raises(DecisionFailed, match='In the decision "fee"'):
            made.decide(variables)
    else:
        assert made.decide(variables) == {"out": expected}
    assert list(variables.values()) == given_values, "a decision changes nothing"


TWO = [column("name", values='"high", "low"'), column("fee", "number", "[0..9]")]
ANSWERS = [("> 0", '"low"', "1"), ("> 1", '"high"', "2"), ("> 2", '"low"', "3")]


@pytest.mark.parametrize(
    ("policy", "given_number", "expected"),
    [
        ("FIRST", 3, {"name": "low", "fee": 1}),
        ("COLLECT", 3, {"name": ["low", "high", "low"], "fee": [1, 2, 3]}),
        ("RULE ORDER", 2, {"name": ["low", "high"], "fee": [1, 2]}),
        ("UNIQUE", 1, {"name": "low", "fee": 1}),
        ("ANY", 1, {"name": "low", "fee": 1}),
    ],
)
def test_several_outputs_are_decided_together(policy: str, given_number: int, expected: dict[str, Any]) -> None:
    assert compiled(decision([column("n", "number")], TWO, ANSWERS, policy=policy)).decide({"n": given_number}) == expected


def test_of_several_outputs_the_first_decides_on_priority_and_the_next_where_it_ties() -> None:
    outputs = [column("name", values='"high", "low"'), column("fee", values="3, 2, 1")]
    rules = [("-", '"low"', "1"), ("-", '"low"', "3"), ("> 1", '"high"', "1")]
    ordered = compiled(decision([column("n")], outputs, rules, policy="OUTPUT ORDER"))
    assert ordered.decide({"n": 2}) == {"name": ["high", "low", "low"], "fee": [1, 3, 1]}
    assert compiled(decision([column("n")], outputs, rules, policy="PRIORITY")).decide({"n": 1}) == {"name": "low", "fee": 3}


def test_two_rules_of_a_unique_table_that_apply_are_named_with_the_input() -> None:
    made = compiled(decision([column("n", "number")], [column("fee")], [("> 1", "1"), ("5", "2")]))
    with pytest.raises(DecisionFailed) as failed:
        made.decide({"n": 5})
    assert str(failed.value) == 'In the decision "fee" the rules 1 and 2 apply to n = 5, and UNIQUE allows one; mend the table.'
    assert failed.value.facts == {"decision": "fee", "rules": [1, 2]}


def test_an_input_that_meets_no_rule_is_named() -> None:
    made = compiled(decision([column("n", "number"), column("kind")], [column("fee")], [("> 1", '"A"', "1")]))
    with pytest.raises(DecisionFailed, match='no rule applies to n = null, kind = "B"; add a rule or a default output'):
        made.decide({"n": None, "kind": "B"})


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"n": "5"}, "is not a whole number"),
        ({"n": Decimal("1.5")}, "is not a whole number"),
        ({"n": True}, "is not a whole number"),
        ({"n": date(2026, 1, 1)}, "is not a whole number"),
        ({"n": 11}, "is none of the allowed values"),
        ({"n": None}, "is none of the allowed values"),
        ({"n": [1]}, "is a list, a record or an instant"),
        ({"n": datetime(2026, 1, 1, tzinfo=UTC)}, "is a list, a record or an instant"),
        ({}, 'The variable "n" has no value yet'),
        ({"n": 7}, "is none of the allowed values"),
        ({"n": 8}, "a yes or no is not a number"),
        ({"n": 9}, "is not a number"),
    ],
)
def test_what_feel_would_make_null_of_fails_and_says_why(variables: dict[str, Any], why: str) -> None:
    rules = [("< 7", "n * 2"), ("7", "n * 9"), ("8", "True * 2"), ("9", "n == 9"), ("10", "0")]
    made = compiled(decision([column("n", "integer", "[1..10]")], [column("fee", "number", "[0..20]")], rules))
    assert made.decide({"n": Decimal("6.0")}) == {"fee": 12}
    with pytest.raises(DecisionFailed, match=why):
        made.decide(variables)


def test_a_sum_of_what_is_no_number_fails() -> None:
    made = compiled(decision([column("n")], [column("fee")], [("-", "n"), ("-", "1")], policy="COLLECT", aggregation="SUM"))
    assert made.decide({"n": Decimal("0.1")}) == {"fee": Decimal("1.1")}
    for wrong in ("a", None, True):
        with pytest.raises(DecisionFailed, match="the SUM of the outputs fails"):
            made.decide({"n": wrong})


def test_dates_have_a_smallest_and_a_greatest() -> None:
    rules = [("-", 'date("2026-03-01")'), ("-", "n")]
    made = compiled(decision([column("n")], [column("on")], rules, policy="COLLECT", aggregation="MIN"))
    assert made.decide({"n": date(2026, 2, 1)}) == {"on": date(2026, 2, 1)}


# ---- requirements

BASE = decision([column("pages", "integer")], [column("a", "number")], [("< 3", "2"), (">= 3", "1")], id="base")
REQUIRES = '<variable name="{}"/><informationRequirement id="{}"><requiredDecision href="#{}"/></informationRequirement>'


def test_a_decision_uses_the_results_of_those_that_it_requires_and_each_is_made_once() -> None:
    double = (
        '<decision id="double" name="d">'
        + REQUIRES.format("twice", "q1", "base")
        + ("<literalExpression><text>base * 2</text></literalExpression></decision>")
    )
    top = decision([column("base", "number"), column("twice")], [column("fee")], [("2", "4", "pages"), ("-", "< 4", "twice")],
                   before=REQUIRES.format("fee", "q2", "base") + REQUIRES.format("x", "q3", "double"), policy="FIRST")  # fmt: skip
    made = compiled(top.replace('<variable name="x"/>', ""), double, BASE)
    assert made.decide({"pages": 1}) == {"fee": 1}
    assert made.decide({"pages": 5}) == {"fee": 2}
    assert made.names == {"pages"}
    assert [name for name, _ in made.steps] == ["base", "twice", "fee"]


def _literal(id: str, text: str, *requires: str) -> str:
    required = "".join(f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>' for each in requires)
    return f'<decision id="{id}" name="{id}">{required}<literalExpression><text>{text}</text></literalExpression></decision>'


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([_literal("a", "b", "b"), _literal("b", "a", "a")], "require each other without end"),
        ([_literal("a", "1", "a")], "require each other without end"),
        ([_literal("a", "1", "gone")], '"gone", which is not in this file'),
        ([_literal("a", "b"), _literal("b", "1")], 'which "a" does not require'),
        ([_literal("a", "1", "b"), _literal("b", "1").replace('name="b"', 'name="Lệ phí"')], 'is called "Lệ phí"'),
        ([_literal("a", "1", "b"), decision([column("n")], TWO, ANSWERS, id="b")], "has several outputs"),
        ([_literal("a", "1").replace("<literal", '<informationRequirement><requiredDecision href="other.dmn#b"/>'
                                                 "</informationRequirement><literal")], "leads out of this file"),
    ],
)  # fmt: skip
def test_what_a_decision_requires_must_be_there_and_have_one_named_result(parts: list[str], message: str) -> None:
    found = errors(check_decisions(document(*parts)))
    assert any(message in finding.message and finding.remedy and finding.line for finding in found)


# ---- what the checks see


def _everything_that_can_come(table: RandomTable) -> list[tuple[Any, ...]]:
    named_null = [any("null" in rule[at].text for rule in table.rules) for at in range(len(table.kinds))]
    ranges = [values(kind, with_null=null) for kind, null in zip(table.kinds, named_null, strict=True)]
    return list(itertools.product(*ranges))


@given(random_tables())
def test_the_rules_that_overlap_are_those_that_some_input_meets_both(table: RandomTable) -> None:
    regions = cut_up(compiled(table.text("COLLECT")).table)
    met = [table.hits(each) for each in _everything_that_can_come(table)]
    assert {(one, other) for one, other, _ in regions.overlaps()} == {
        pair for hits in met for pair in itertools.combinations(hits, 2)
    }


@given(random_tables())
def test_there_is_a_gap_exactly_if_some_input_meets_no_rule(table: RandomTable) -> None:
    gaps, all_looked_at = cut_up(compiled(table.text("COLLECT")).table).gaps()
    assert all_looked_at
    assert bool(gaps) == any(not table.hits(each) for each in _everything_that_can_come(table))


@given(random_tables())
def test_a_rule_is_unreachable_exactly_if_no_input_comes_to_it(table: RandomTable) -> None:
    regions = cut_up(compiled(table.text("FIRST")).table)
    met = [table.hits(each) for each in _everything_that_can_come(table)]
    every = set(range(len(table.rules)))
    assert set(regions.dead()) == every - {at for hits in met for at in hits}
    shadowed, all_looked_at = regions.shadowed()
    assert all_looked_at
    assert set(regions.dead()) | set(shadowed) == every - {hits[0] for hits in met if hits}


@given(random_tables())
def test_a_unique_table_without_findings_never_fails_on_what_can_come(table: RandomTable) -> None:
    found = {(finding.rule, finding.severity) for finding in check_decisions(document(table.text("UNIQUE")))}
    met = [len(table.hits(each)) for each in _everything_that_can_come(table)]
    assert (("decision-overlap", Severity.ERROR) in found) == (max(met) > 1)
    assert (("decision-gap", Severity.WARNING) in found) == (min(met) == 0)


@given(random_tables())
def test_an_any_table_is_refused_exactly_if_overlapping_rules_write_different_outputs(table: RandomTable) -> None:
    found = {finding.rule for finding in errors(check_decisions(document(table.text("ANY"))))}
    met = [{table.outputs[at] for at in table.hits(each)} for each in _everything_that_can_come(table)]
    assert ("decision-overlap" in found) == any(len(outputs) > 1 for outputs in met)


N = column("n", "number")
FEE = column("fee", "number")


def _warnings(text: str) -> list[tuple[str, str | None, str]]:
    found = check_decisions(document(text))
    return [(each.rule, each.element_id, each.message) for each in found if each.severity is Severity.WARNING]


def test_a_gap_is_told_by_the_inputs_that_lie_in_it() -> None:
    inputs = [column("pages", "integer"), column("kind", "string")]
    rules = [("[1..2]", '"A"', "1"), ("> 3", "-", "2"), ("<= 3", '"B"', "3")]
    assert _warnings(decision(inputs, [FEE], rules)) == [
        ("decision-gap", "fee", 'no rule applies to pages < 1, kind = "A"'),
        ("decision-gap", "fee", "no rule applies to pages = 1, kind = any other text"),
    ]


def test_between_two_whole_numbers_lies_no_third_and_the_allowed_values_bound_what_can_come() -> None:
    rules = [("[1..2]", "1"), ("[3..9]", "2")]
    assert _warnings(decision([column("n", "integer", "[1..9]")], [FEE], rules)) == []
    assert _warnings(decision([column("n", "number", "[1..9]")], [FEE], rules)) == [
        ("decision-gap", "fee", "no rule applies to 2 < n < 3")
    ]
    assert _warnings(decision([column("n", "integer", "[1..9], null")], [FEE], rules)) == [
        ("decision-gap", "fee", "no rule applies to n = null")
    ]


def test_an_overlap_of_computed_inputs_is_doubtful_and_two_columns_of_one_expression_are_one_input() -> None:
    rules = [("> 1", "> 1", "1"), ("> 2", "> 2", "2"), ("<= 1", "-", "3")]
    computed = decision([column("n + m"), column("n - m")], [FEE], rules)
    assert {(each.rule, each.severity) for each in check_decisions(document(computed))} == {
        ("decision-overlap", Severity.WARNING),
        ("decision-gap", Severity.WARNING),
    }
    overlapping = [("> 1", "1"), ("5", "2")]
    required = decision([column("base", "number")], [FEE], overlapping, before=REQUIRES.format("fee", "q", "base"))
    assert errors(check_decisions(document(required, BASE))) == ()
    halves = [("> 1", "< 5", "1"), ("<= 1", "-", "2"), ("-", ">= 5", "3")]
    assert check_decisions(document(decision([N, N], [FEE], halves))) == ()


def test_a_rule_behind_one_that_takes_all_is_told() -> None:
    found = _warnings(decision([N], [FEE], [("< 3", "1"), ("< 2", "2"), ("-", "3"), ("5", "4")], policy="FIRST"))
    assert [(rule, element) for rule, element, _ in found] == [
        ("decision-unreachable", "fee_r2"),
        ("decision-unreachable", "fee_r4"),
    ]


GOOD = decision([N], [FEE], [("< 3", "1"), (">= 3", "n * 2")])


@pytest.mark.parametrize(
    ("old", "new", "rule", "element_id"),
    [
        ("&lt; 3", "&lt; x", "decision-test", "fee_r1i1"),
        ("n * 2", "n ** 2", "decision-expression", "fee_r2o1"),
        ("n * 2", "true and n", "decision-expression", "fee_r2o1"),
        ("n * 2", "", "decision-expression", "fee_r2o1"),
        ("n * 2", "-", "decision-expression", "fee_r2o1"),
        ("n * 2", "[1, 2]", "decision-expression", "fee_r2o1"),
        ("n * 2", '"two"', "decision-type", "fee_r2o1"),
        ("n * 2", "9" * 50, "decision-expression", "fee_r2o1"),
        ("n * 2", 'date("2026-02-30")', "decision-expression", "fee_r2o1"),
        ("&gt;= 3", '"x"', "decision-type", "fee_r2i1"),
        ("<text>n</text>", "<text>n.real</text>", "decision-expression", "fee_i1"),
        ("<text>n</text>", "", "decision-expression", "fee_i1"),
        ("<text>n</text>", "<text>__import__('os')</text>", "decision-expression", "fee_i1"),
        ('typeRef="number"><text>', 'typeRef="tFee"><text>', "decision-type", "fee_i1"),
        ('name="fee" typeRef="number"', 'name="fee" typeRef="context"', "decision-type", "fee_o1"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="unique"', "decision-table", "fee_table"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="UNIQUE" aggregation="SUM"', "decision-table", "fee_table"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="COLLECT" aggregation="AVERAGE"', "decision-table", "fee_table"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="PRIORITY"', "decision-table", "fee_o1"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="OUTPUT ORDER"', "decision-table", "fee_o1"),
        ('<outputEntry id="fee_r1o1"><text>1</text></outputEntry>', "", "decision-table", "fee_r1"),
        ('<rule id="fee_r2"', '<rule id="fee_r1"', "duplicate-id", "fee_r1"),
        ('<decision id="fee"', "<decision", "missing-id", None),
        ('<inputExpression typeRef', '<inputExpression expressionLanguage="feel" typeRef', "unsupported-attribute", "fee_i1"),
        ('<rule id="fee_r1"', '<rule id="fee_r1" weight="2"', "unsupported-attribute", "fee_r1"),
        ("<text>1</text>", "<text>1<sub/>2</text>", "unsupported-element", "fee_r1o1"),
        ("<decisionTable", "<context/><decisionTable", "unsupported-element", "fee"),
        ("<decisionTable", "<knowledgeRequirement/><decisionTable", "unsupported-element", "fee"),
        ("<decision ", '<businessKnowledgeModel id="b"/><decision ', "unsupported-element", "b"),
        ("<decision ", '<import namespace="x"/><decision ', "unsupported-element", "definitions"),
        ("<decisionTable", '<variable name="x" typeRef="string"/><decisionTable', "decision-type", "fee_o1"),
        ("<decisionTable", '<variable name="x" typeRef="tFee"/><decisionTable', "decision-type", "fee"),
        ("</output>", "</output><output id='o2' name='fee'/>", "decision-table", "fee_o1"),
        ("</input>", "<inputValues><text>1..2</text></inputValues></input>", "decision-test", "fee_i1"),
        ("</input>", "<inputValues><text>\"a\"</text></inputValues></input>", "decision-type", "fee_i1"),
        ("</output>", "<defaultOutputEntry id='d'><text>\"a\"</text></defaultOutputEntry></output>", "decision-type", "d"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_found_where_it_is(old: str, new: str, rule: str, element_id: str | None) -> None:
    assert check_decisions(document(GOOD)) == ()
    assert old in GOOD
    found = {
        (finding.rule, finding.element_id): finding for finding in errors(check_decisions(document(GOOD.replace(old, new, 1))))
    }
    assert (rule, element_id) in found or (rule, "fee") in found, found
    assert all(finding.line > 1 and finding.remedy and finding.message for finding in found.values())


def test_the_type_of_a_result_is_that_of_its_variable_and_a_list_has_none() -> None:
    cases = (("COUNT", "number", True), ("COUNT", "string", False), ("SUM", "number", True), (None, "number", False))
    for aggregation, type, sound in cases:
        text = decision([N], [column("fee")], [("1", "1")], policy="COLLECT", aggregation=aggregation,
                        before=f'<variable name="x" typeRef="{type}"/>')  # fmt: skip
        assert [each.rule for each in errors(check_decisions(document(text)))] == ([] if sound else ["decision-type"])
    twice = '<decision id="fee" name="f"><variable name="x" typeRef="string"/><literalExpression typeRef="number"><text>1</text>'
    assert "decision-type" in {each.rule for each in check_decisions(document(twice + "</literalExpression></decision>"))}


def test_an_entry_that_cannot_be_read_is_told_once() -> None:
    text = decision([N], [column("fee", "number", "[1..9]")], [("1", "1 / 2")])
    assert [each.rule for each in errors(check_decisions(document(text)))] == ["decision-expression"]


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER"])
def test_a_default_beside_an_empty_list_is_refused(policy: str) -> None:
    text = decision([N], [column("fee", default="0")], [("1", "1")], policy=policy)
    assert [finding.rule for finding in errors(check_decisions(document(text)))] == ["decision-table"]


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_its_lines() -> None:
    broken = GOOD.replace("&lt; 3", "&lt; x").replace("n * 2", "n ** 2") + decision([N], [], [("< y",)], id="other")
    found = errors(check_decisions(document(broken)))
    assert [finding.rule for finding in found] == ["decision-test", "decision-expression", "decision-table", "decision-test"]
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)


def test_what_only_documents_a_decision_changes_nothing() -> None:
    about = (
        "<question>Bao nhiêu?</question>"
        "<authorityRequirement id='a'><requiredAuthority href='#law'/></authorityRequirement>"
        "<informationRequirement id='q'><requiredInput href='#n'/></informationRequirement>"
    )
    text = GOOD.replace("<decisionTable", f"{about}<decisionTable", 1)
    text = text.replace("</output>", "</output><annotation name='Căn cứ'/>", 1)
    text = text.replace("</rule>", "<annotationEntry><text>khoản 1</text></annotationEntry></rule>", 1)
    beside = "<inputData id='n' name='n'/><knowledgeSource id='law' name='Thông tư'/><textAnnotation id='t'/>"
    assert check_decisions(document(text, beside)) == ()
    assert compiled(text, beside).decide({"n": 4}) == {"fee": 8}


# ---- hostile files


def _hostile() -> Mapping[str, tuple[str, ...]]:
    many = [(f"[{10 * n}..{10 * n + 9}]", str(n)) for n in range(1_000)]
    nested = [(f"[{n}..{2_000 - n}]", str(n)) for n in range(1_000)]
    wide = [column(f"v{n}", "number") for n in range(12)]
    crossing = [(*(str((at * 7 + n) % 5) for n in range(12)), "1") for at in range(400)]
    return {
        "a thousand rules": (decision([N], [FEE], many),),
        "a thousand rules that all overlap": (decision([N], [FEE], nested),),
        "a thousand rules behind each other": (decision([N], [FEE], nested, policy="FIRST"),),
        "many columns that cross": (decision(wide, [FEE], crossing),),
        "many columns that cross, the first counts": (decision(wide, [FEE], crossing, policy="FIRST"),),
        "many long lists": (decision([N], [FEE], [(", ".join(["1"] * 600), "1")] * 80, policy="FIRST"),),
        "too many rules": (decision([N], [FEE], [("-", "1")] * 1_100, policy="COLLECT"),),
        "too many columns": (decision([column(f"v{n}") for n in range(100)], [FEE], [(*["-"] * 100, "1")]),),
        "long lists": (decision([N], [FEE], [(", ".join(["1"] * 600), "1")] * 200, policy="COLLECT"),),
        "huge powers": (decision([column("9 ** 9 ** 9")], [FEE], [("-", "2 ** 99999999")]),),
        "deep nesting": (decision([column("(" * 900 + "n" + ")" * 900)], [FEE], [("not(" * 400, "-" * 1_900 + "1")]),),
        "a long chain of requirements": tuple(_literal(f"d{n}", f"d{n + 1} + 0", f"d{n + 1}") for n in range(2_000)),
        "a chain of requirements": tuple(_literal(f"d{n}", f"d{n + 1} + 0", f"d{n + 1}") for n in range(100)),
    }


@pytest.mark.parametrize("name", _hostile())
def test_a_hostile_file_is_judged_all_the_same(name: str) -> None:
    found = check_decisions(document(*_hostile()[name]))
    assert found
    assert len(found) <= 1_002, "at most one for each rule, and what is said of the whole"


def test_a_huge_table_says_that_it_was_not_looked_through_for_gaps() -> None:
    assert "the table is too large to be looked through for gaps" in {
        finding.message for finding in check_decisions(document(*_hostile()["a thousand rules behind each other"]))
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'<!DOCTYPE d [<!ENTITY a "aaaa">]><d/>', "has a document type"),
        (b"<definitions", "is not well-formed XML"),
        (b"\xff\xfe", "is not UTF-8"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20180521/MODEL/"/>', "give a DMN 1.3 file"),
        (b"<x>" * 61 + b"</x>" * 61, "give a DMN 1.3 file"),
        (dmn("<a>" * 61 + "</a>" * 61), "nested more than 60"),
        (dmn("<a/>" * 12_000), "more than 12,000 elements"),
        (b" " * 500_001, "500,000 that a model may have"),
    ],
)
def test_what_is_no_readable_table_is_refused_with_its_file(content: bytes, why: str) -> None:
    with pytest.raises(ModelUnreadable, match=f"^fee.dmn.*{why}"):
        read_decisions(content, "fee.dmn")


def test_a_file_without_decisions_and_parts_of_other_tools_are_told() -> None:
    assert [finding.rule for finding in check_decisions(document())] == ["decision-table"]
    foreign = GOOD.replace("<input ", '<input xmlns:c="urn:camunda" c:inputVariable="x" ', 1)
    assert [(each.rule, each.severity) for each in check_decisions(document(foreign))] == [("foreign-extension", Severity.WARNING)]
    other = '<o:decision xmlns:o="urn:other" id="x"/>'
    assert [(each.rule, each.severity) for each in check_decisions(document(GOOD, other))] == [
        ("foreign-extension", Severity.WARNING)
    ]
