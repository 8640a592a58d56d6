"""Every escape that the expression language refuses is refused where a model is deployed, wherever in the model it hides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from motcua.bpmn.checks import check_model, errors
from motcua.bpmn.elements import Argument, Definitions, EventKind, FormField, LoopKind, Node, NodeKind, OperationUse
from motcua.bpmn.expressions import ENGINE_NAMES
from tests.bpmn.test_expressions import ESCAPES
from tests.engine.test_supported_elements import CONTEXT, officer, procedure
from tests.small_models import call, catch, end, node, person, repeated, script, start, sub_process, xor


def straight(it: Node) -> Definitions:
    return procedure([start(), it, end()], "start > it > end")


def condition(text: str) -> Definitions:
    drawn = procedure([start(), xor("it"), officer("a"), officer("b"), end()], "start > it > a > end", "it > b > end by default")
    (main,) = drawn.processes
    flows = tuple(replace(flow, condition=text) if (flow.source, flow.target) == ("it", "a") else flow for flow in main.flows)
    return replace(drawn, processes=(replace(main, flows=flows),))


PLACES: Mapping[str, Callable[[str], Definitions]] = {
    "condition of a flow": condition,
    "condition of an event": lambda text: straight(catch("it", EventKind.CONDITIONAL, text)),
    "input of an operation": lambda text: straight(
        node("it", NodeKind.SERVICE_TASK, operation=OperationUse("notice.send", (Argument("to", text),)))
    ),
    "argument of a call": lambda text: straight(call("it", "part", arguments=(Argument("x", text),))),
    "number of instances": lambda text: straight(repeated(officer("it"), LoopKind.PARALLEL, cardinality=text)),
    "completion of instances": lambda text: straight(repeated(officer("it"), LoopKind.PARALLEL, cardinality="2", completion=text)),
    "loop": lambda text: straight(repeated(officer("it"), LoopKind.STANDARD, condition=text, maximum=2)),
    "script": lambda text: straight(script("it", f"x = 1\ny = {text}")),
    "script in a sub-process": lambda text: straight(
        sub_process("it", [start("s"), script("in", f"y = {text}"), end("e")], "s > in > e")
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_escape_is_refused_at_deployment_by_an_error_of_the_rule_for_expressions(place: str) -> None:
    for text in ESCAPES:
        if place.startswith("script") and (len(text.splitlines()) != 1 or text == "x\x0c"):
            continue  # a script is read line by line, and is another text then
        if place == "condition of an event" and not text:
            continue  # a condition that is not there has a rule of its own
        found = [finding for finding in errors(check_model(PLACES[place](text), CONTEXT)) if finding.rule == "expression"]
        assert found, f"{text!r} was let through as the {place}"
        assert found[0].element_id
        assert found[0].message


@pytest.mark.parametrize("place", PLACES)
def test_the_same_places_take_an_expression_of_the_language(place: str) -> None:
    assert [f for f in errors(check_model(PLACES[place]("1 + 1 == 2"), CONTEXT)) if f.rule == "expression"] == []


@pytest.mark.parametrize(
    "name", ["len", "min", "max", "round", "is_blank", "__class__", "a__b", "if", "tên", *sorted(ENGINE_NAMES)]
)
def test_a_field_cannot_take_the_name_of_a_function_or_of_what_the_engine_provides(name: str) -> None:
    form = (FormField(name, "text", "x"),)
    found = errors(check_model(straight(person("it", assignment=officer("x").assignment, form=form)), CONTEXT))
    assert [(finding.rule, finding.element_id) for finding in found] == [("variable-name", "it")]
