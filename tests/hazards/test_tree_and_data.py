"""Rows 1 to 5 and 21 to 23: the task tree, the data of tokens, and what is saved."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskIterator, TaskState

from motcua.bpmn.elements import Definitions, LoopKind, NodeKind, Repetition
from motcua.engine.codec import ValueRefused, decode, encode
from tests import small_models as small
from tests.hazards.library import case, complete, drawn, end, node, person, ready, restored, saved, script, start, waiting
from tests.hazards.marking import library, motcua
from tests.hazards.ours import Case, is_refused

ROUNDS = 400  # of three nodes each: deeper than a thousand

SPLIT = drawn(
    start(),
    node("parallelGateway", "split"),
    person("a"),
    person("b"),
    node("parallelGateway", "join"),
    person("after"),
    end(),
    flows="start > split > a > join > after > end\nsplit > b > join",
)


def split() -> Definitions:
    return small.process(
        [
            small.start(),
            small.parallel("split"),
            small.person("a"),
            small.person("b"),
            small.parallel("join"),
            small.person("after"),
            small.end(),
        ],
        "start > split > a > join > after > end",
        "split > b > join",
    )


@library(1)
def test_in_the_library_a_case_deeper_than_a_thousand_tasks_is_completed_with_a_task_left() -> None:
    loop = drawn(
        start(),
        node("exclusiveGateway", "again"),
        script("count", "n = n + 1"),
        node("exclusiveGateway", "enough", default="enough_again"),
        person("after"),
        end(),
        flows=f"start > again > count > enough\nenough > after if n &gt;= {ROUNDS}\nenough > again\nafter > end",
    )
    workflow = case(loop, n=0)
    assert workflow.is_completed()
    assert [task.task_spec.name for task in workflow.tasks.values() if task.has_state(TaskState.READY)] == ["again"]


@motcua(1)
def test_a_loop_of_any_length_comes_out_of_it_and_the_dossier_is_not_over() -> None:
    loop = small.process(
        [
            small.start(),
            small.xor("again"),
            small.script("count", "n = n + 1"),
            small.xor("enough"),
            small.person("after"),
            small.end(),
        ],
        "start > again > count > enough",
        f"enough > after if n >= {ROUNDS}",
        "enough > again by default",
        "after > end",
    )
    found = Case(loop, n=0)
    assert found.waits() == {"after"}
    assert not found.run.is_over
    assert found.run.scope["n"] == ROUNDS


@library(2)
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_in_the_library_a_join_overwrites_a_change_with_a_stale_copy_and_brings_deleted_names_back(order: str) -> None:
    workflow = case(SPLIT, opinion="none yet", draft=1)
    first = next(task for task in ready(workflow) if task.task_spec.name == order[0])
    first.data["opinion"] = "agreed"
    del first.data["draft"]
    for name in order:
        complete(workflow, name)
    assert ready(workflow)[0].data == {"opinion": "none yet", "draft": 1}


@motcua(2)
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_what_one_branch_changes_stays_changed_after_the_join_in_either_order(order: str) -> None:
    found = Case(split(), opinion="none yet", draft="1")
    found.complete(order[0], opinion="agreed", draft=None)
    found.complete(order[1])
    assert found.waits() == {"after"}
    assert found.run.scope == {"opinion": "agreed", "draft": None}


@library(3)
def test_in_the_library_a_join_drops_the_second_of_two_equal_items_and_trims_lists() -> None:
    workflow = case(SPLIT, found=[])
    next(task for task in ready(workflow) if task.task_spec.name == "a").data["found"] = [1, 1, 2]
    for name in "ba":
        complete(workflow, name)
    assert ready(workflow)[0].data["found"] == [1, 2]
    assert DeepMerge.merge({"found": [1, 2, 3]}, {"found": [3]}) == {"found": [1]}


@motcua(3)
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_list_is_a_value_that_comes_through_a_join_whole(order: str) -> None:
    found = Case(split(), found=[])
    for name in order:
        found.complete(name, **({"found": [1, 1, 2]} if name == "a" else {}))
    assert found.run.scope["found"] == [1, 1, 2]


@library(4)
def test_in_the_library_a_script_changes_the_history_of_the_tasks_before_it() -> None:
    document = drawn(
        start(), person("a"), script("s", "d['x'].append(2)"), person("after"), end(), flows="start > a > s > after > end"
    )
    workflow = case(document, d={"x": [1]})
    complete(workflow, "a")
    before = next(task for task in workflow.get_tasks(state=TaskState.COMPLETED) if task.task_spec.name == "a")
    assert before.data == {"d": {"x": [1, 2]}}


@motcua(4)
def test_a_script_can_replace_a_value_but_never_reach_into_one() -> None:
    text = "<bpmn:script>d['x'].append(2)</bpmn:script>"
    document = drawn(start(), node("scriptTask", "s", text, scriptFormat="motcua"), end(), flows="start > s > end")
    assert is_refused(document, "expression", "s", "append")
    found = Case(
        small.process(
            [small.start(), small.script("s", "d = 2"), small.person("after"), small.end()],
            "start > s > after > end",
        ),
        d=1,
    )
    given = {"x": [1]}
    found.complete("after", other=given)
    assert given == {"x": [1]}


def repeated(extra: str) -> str:
    output = '<bpmn:loopDataOutputRef>out</bpmn:loopDataOutputRef><bpmn:outputDataItem id="o" name="o"/>'
    characteristics = f"<bpmn:multiInstanceLoopCharacteristics>{extra}{output}</bpmn:multiInstanceLoopCharacteristics>"
    return drawn(start(), node("userTask", "ask", characteristics), person("after"), end(), flows="start > ask > after > end")


@library(5)
def test_in_the_library_the_outputs_of_instances_come_in_the_order_of_their_completion() -> None:
    inputs = '<bpmn:loopDataInputRef>items</bpmn:loopDataInputRef><bpmn:inputDataItem id="item" name="item"/>'
    workflow = case(repeated(inputs), items=["a", "b", "c"])
    for index in (2, 0, 1):
        task = next(task for task in ready(workflow) if task.internal_data.get("key_or_index") == index)
        task.data["o"] = task.data["item"]
        task.run()
        workflow.do_engine_steps()
    assert ready(workflow)[0].data["out"] == ["c", "a", "b"]


@library(5)
def test_in_the_library_a_number_of_instances_with_an_existing_output_is_a_name_error() -> None:
    with pytest.raises(NameError, match="data_ouput"):
        case(repeated("<bpmn:loopCardinality>3</bpmn:loopCardinality>"), out=[])


def asked(**how: Any) -> Definitions:
    repetition = Repetition(output_collection="out", output_item="o", **how)
    ask = small.node("ask", NodeKind.USER_TASK, loop=LoopKind.PARALLEL, repetition=repetition)
    return small.process([small.start(), ask, small.person("after"), small.end()], "start > ask > after > end")


@motcua(5)
def test_the_outputs_of_instances_come_in_the_order_of_the_items() -> None:
    found = Case(asked(collection="items", item="item"), items=["a", "b", "c"])
    tokens = [token.id for token in found.run.tokens() if token.node.id == "ask"]
    for index in (2, 0, 1):
        found.run.complete(tokens[index], {"o": "abc"[index]})
        found.advance()
    assert found.run.scope["out"] == ["a", "b", "c"]


@motcua(5)
def test_a_number_of_instances_replaces_an_output_that_exists() -> None:
    found = Case(asked(cardinality="2"), out=["old"])
    for answer in "xy":
        found.complete("ask", o=answer)
    assert found.run.scope["out"] == ["x", "y"]


@library(21)
@pytest.mark.parametrize(("data", "becomes"), [({"v": (1, 2)}, {"v": [1, 2]}), ({"v": {1: "a"}}, {"v": {"1": "a"}})])
def test_in_the_library_saved_values_come_back_as_others(data: dict[str, Any], becomes: dict[str, Any]) -> None:
    assert restored(saved(case(SPLIT, **data))).get_tasks(state=TaskState.READY)[0].data == becomes


@library(21)
@pytest.mark.parametrize("data", [{"v": Decimal("1.5")}, {"v": date(2026, 3, 2)}, {"v": {"typename": "x"}}])
def test_in_the_library_a_decimal_a_date_or_a_key_called_typename_makes_the_case_unusable(data: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        restored(saved(case(SPLIT, **data)))


@motcua(21)
@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.50"),
        date(2026, 3, 2),
        {"typename": "x"},
        {"__builtins__": {"$decimal": "x"}},
        [{"$map": []}, None, True],
        "x" * 1_000_000,
    ],
)
def test_every_value_that_is_taken_comes_back_as_it_was(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value
    found = Case(split(), v=value)
    assert found.run.scope["v"] == value
    assert type(found.run.scope["v"]) is type(value)


@motcua(21)
@pytest.mark.parametrize(
    ("value", "path"),
    [({"a": {1: "x"}}, "a"), ({"a": [0, 0.5]}, r"a\[1\]"), ({"a": {"b": {2}}}, r"a\.b"), ({"a": "x" * 1_000_001}, "a")],
)
def test_a_value_that_would_come_back_as_another_is_refused_with_the_path_of_the_field(value: Any, path: str) -> None:
    with pytest.raises(ValueRefused, match=f'"{path}"'):
        encode(value)


@library(22)
def test_in_the_library_the_whole_model_and_every_finished_task_with_its_data_are_saved() -> None:
    workflow = case(SPLIT, note="nguyễn văn an")
    complete(workflow, "a")
    text = saved(workflow)
    assert {"split", "join", "after"} <= json.loads(text)["spec"]["task_specs"].keys()
    finished = restored(text).get_tasks(state=TaskState.COMPLETED)
    assert {"start", "split", "a"} <= {task.task_spec.name for task in finished}
    assert all(task.data["note"] == "nguyễn văn an" for task in finished)


@motcua(22)
def test_only_live_tokens_are_saved_and_the_data_once() -> None:
    found = Case(split(), note="nguyễn văn an")
    found.complete("a")
    state = found.run.save()
    assert state.count("nguyễn văn an".encode()) == 1
    assert b"split" not in state, "finished"
    assert b"after" not in state, "not yet reached"
    found.complete("b")
    assert len(found.run.save()) < len(state)


STEPS = (10, 20, 40)


@library(23)
def test_in_the_library_the_work_of_a_case_grows_with_the_square_of_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = _count_looks(monkeypatch)
    looks = []
    for steps in STEPS:
        names = [f"t{number}" for number in range(steps)]
        workflow = case(drawn(start(), *map(person, names), end(), flows=" > ".join(["start", *names, "end"])))
        looked.clear()
        for name in names:
            complete(workflow, name)
        looks.append(len(looked))
    assert looks[1] > 2.5 * looks[0]
    assert looks[2] > 2.5 * looks[1]


@motcua(23)
def test_a_step_costs_the_same_after_ten_steps_and_after_forty(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = _count_looks(monkeypatch)
    looks = set()
    for steps in STEPS:
        looked.clear()
        names = [f"t{number:02}" for number in range(steps)]
        model = small.process([small.start(), *map(small.person, names), small.end()], " > ".join(["start", *names, "end"]))
        found = Case(model)
        sizes = {len(found.run.save())}
        for name in names[:-1]:
            found.complete(name)
            sizes.add(len(found.run.save()))
        assert len(sizes) == 1
        looks.add(len(looked))
    assert len(looks) == 1, "the tree is walked through when a dossier is opened, and never again"


def _count_looks(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    looked: list[None] = []
    walk = TaskIterator._next

    def counted(iterator: Any) -> Any:
        looked.append(None)
        return walk(iterator)

    monkeypatch.setattr(TaskIterator, "_next", counted)
    return looked


def test_the_models_of_both_sides_wait_at_the_same_places() -> None:
    assert waiting(case(SPLIT)) == sorted(Case(split()).waits())
