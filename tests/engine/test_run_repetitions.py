"""Repeated activities: multi-instance and standard loops, with a scope for each instance."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from motcua.bpmn.elements import Argument, Definitions, EventKind, LoopKind, Node, OperationUse
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.repetition import RepetitionFailed
from motcua.engine.spiff.run import Run
from tests.engine.play import NOW, Play
from tests.small_models import (
    call,
    end,
    end_with,
    inclusive,
    on_error,
    on_message,
    person,
    process,
    repeated,
    script,
    service,
    start,
    sub_process,
)

OVER_LIST = {"collection": "agencies", "item": "agency", "output_item": "opinion", "output_collection": "opinions"}


def consulting(activity: Node | None = None, loop: LoopKind = LoopKind.PARALLEL, **how: Any) -> Definitions:
    work = activity or person("ask")
    return process(
        [start(), repeated(work, loop, **(how or OVER_LIST)), person("after"), end()], f"start > {work.id} > after > end"
    )


def test_every_item_of_the_list_has_an_instance_with_its_own_variables() -> None:
    play = Play(consulting(), agencies=["land", "tax", "police"], agency="nobody")
    assert play.count("ask") == 3
    scopes = [dict(instance.variables.own) for instance in play.run.instances.values()]
    assert scopes == [
        {"loop_counter": number, "number_of_instances": 3, "agency": name}
        for number, name in enumerate(("land", "tax", "police"), 1)
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_outputs_are_collected_in_the_order_of_the_items_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    play = Play(consulting(), agencies=["a", "b", "c"])
    for place, name in enumerate(order):
        play.complete_nth(
            "ask", name - sum(earlier < name for earlier in order[:place]), opinion=f"of {'abc'[name]}", note="private"
        )
    assert play.waits() == {"after"}
    assert play.run.scope == {"agencies": ["a", "b", "c"], "opinions": ["of a", "of b", "of c"]}


def test_a_sequential_multi_instance_takes_one_item_after_the_other_and_its_state_shrinks() -> None:
    play = Play(consulting(loop=LoopKind.SEQUENTIAL), agencies=[f"agency {n}" for n in range(200)])
    sizes = []
    for number in range(200):
        assert play.count("ask") == 1
        sizes.append(len(play.run.save()))
        play.complete("ask", opinion=number)
    assert play.run.scope["opinions"] == list(range(200))
    assert sizes[-1] < sizes[0]


@pytest.mark.parametrize("loop", [LoopKind.PARALLEL, LoopKind.SEQUENTIAL])
def test_an_empty_list_has_no_instance_and_collects_nothing(loop: LoopKind) -> None:
    play = Play(consulting(loop=loop), agencies=[])
    assert play.waits() == {"after"}
    assert play.run.scope["opinions"] == []


def test_a_number_of_instances_is_an_expression() -> None:
    play = Play(consulting(cardinality="copies + 1"), copies=2)
    assert play.count("ask") == 3
    play.complete_all(["ask", "ask", "ask"])
    assert play.waits() == {"after"}
    assert play.done.count("ask") == 3


@pytest.mark.parametrize("value", [-1, True, "3", None, 5_000, [1]])
def test_a_number_that_is_none_stops_the_step_and_names_the_activity(value: Any) -> None:
    with pytest.raises(RepetitionFailed, match='"ask" cannot be repeated'):
        Play(consulting(cardinality="n"), n=value)


@pytest.mark.parametrize("value", ["land", None, {"land": 1}, ["x"] * 1_001])
def test_a_list_that_is_none_stops_the_step(value: Any) -> None:
    with pytest.raises(RepetitionFailed):
        Play(consulting(), agencies=value)


@pytest.mark.parametrize("loop", [LoopKind.PARALLEL, LoopKind.SEQUENTIAL])
def test_the_completion_condition_cancels_the_rest_and_keeps_what_is_done(loop: LoopKind) -> None:
    how: dict[str, Any] = {**OVER_LIST, "completion": 'opinion == "no" or number_of_completed_instances >= 3'}
    play = Play(consulting(loop=loop, **how), agencies=list("abcde"))
    play.complete("ask", opinion="yes")
    play.complete("ask", opinion="no")
    assert play.waits() == {"after"}
    assert play.run.scope["opinions"] == ["yes", "no"]


def test_the_completion_condition_knows_how_many_are_still_at_it() -> None:
    play = Play(consulting(cardinality="3", completion="number_of_active_instances == 1"))
    play.complete("ask")
    assert play.count("ask") == 2
    play.complete("ask")
    assert play.waits() == {"after"}


@pytest.mark.parametrize("loop", [LoopKind.PARALLEL, LoopKind.SEQUENTIAL])
def test_a_repeated_sub_process_keeps_what_its_instances_write_apart(loop: LoopKind) -> None:
    inside = [start("s"), person("x"), script("note", 'opinion = agency + " says " + word'), person("y"), end("e")]
    part = sub_process("part", inside, "s > x > note > y > e")
    play = Play(consulting(part, loop), agencies=["land", "tax"])
    if loop is LoopKind.PARALLEL:
        play.complete_nth("x", 0, word="yes")
        play.complete_nth("x", 0, word="no")
        play.complete_all(["y", "y"])
    else:
        for word in ("yes", "no"):
            play.complete("x", word=word)
            play.complete("y")
    assert play.waits() == {"after"}
    assert play.run.scope == {"agencies": ["land", "tax"], "opinions": ["land says yes", "tax says no"]}


def test_a_repeated_call_activity_gives_its_arguments_to_each_instance() -> None:
    part = process(
        [start(), person("sign"), script("note", "opinion = who + loop_counter"), end()], "start > sign > note > end", id="part"
    )
    main = consulting(call("go", "part", arguments=(Argument("who", "agency * 10"),)))
    play = Play(main, part, agencies=[1, 2])
    play.complete_all(["sign", "sign"])
    assert play.run.scope == {"agencies": [1, 2], "opinions": [11, 22]}


def test_the_inputs_of_a_repeated_service_task_see_the_item_and_its_outputs_stay_apart() -> None:
    work = replace(service("tell"), operation=OperationUse("notice.send", (Argument("to", "agency"),)))
    play = Play(consulting(work), agencies=["land", "tax"])
    assert [play.run.inputs_of(token) for token in play.run.tokens()] == [{"to": "land"}, {"to": "tax"}]
    play.run.write(play.token("tell"), {"reference": "R1"})
    play.complete("tell", opinion="first")
    assert "reference" not in play.run.scope
    play.complete("tell", opinion="second")
    assert play.run.scope["opinions"] == ["first", "second"]


def test_an_interrupting_event_at_its_edge_cancels_all_instances() -> None:
    model = process(
        [
            start(),
            repeated(person("ask"), LoopKind.PARALLEL, cardinality="3"),
            on_message("stop", "ask"),
            person("after"),
            person("stopped"),
            end(),
        ],
        "start > ask > after > end",
        "stop > stopped > end",
    )
    play = Play(model)
    play.complete("ask")
    play.fire("stop")
    assert play.waits() == {"stopped"}
    other = Play(model)
    other.complete_all(["ask"] * 3)
    assert other.waits() == {"after"}


def test_an_error_in_one_instance_ends_them_all() -> None:
    inside = [start("s"), person("x"), inclusive("ok"), end_with("bad", EventKind.ERROR, "BAD"), end("e")]
    part = sub_process("part", inside, "s > x > ok", "ok > bad if bad_luck", "ok > e by default")
    model = process(
        [start(), repeated(part, LoopKind.PARALLEL, cardinality="3"), on_error("caught", "part"), person("mend"), end()],
        "start > part > end",
        "caught > mend > end",
    )
    play = Play(model)
    play.complete("x", bad_luck=False)
    play.complete("x", bad_luck=True)
    assert play.waits() == {"mend"}


def test_multi_instances_may_be_nested_and_each_sees_the_scopes_around_it() -> None:
    inner = repeated(
        script("mark", "mark = agency * 10 + loop_counter"),
        LoopKind.SEQUENTIAL,
        cardinality="2",
        output_item="mark",
        output_collection="opinion",
    )
    part = sub_process("part", [start("s"), person("x"), inner, end("e")], "s > x > mark > e")
    play = Play(consulting(part), agencies=[1, 2])
    play.complete_all(["x", "x"])
    assert play.run.scope["opinions"] == [[11, 12], [21, 22]]


def test_a_standard_loop_goes_on_as_long_as_its_condition_holds_and_writes_outwards() -> None:
    play = Play(consulting(loop=LoopKind.STANDARD, condition="not good"))
    for good in (False, False, True):
        play.complete("ask", good=good)
    assert play.waits() == {"after"}
    assert play.run.scope == {"good": True}
    assert play.done.count("ask") == 3


def test_a_standard_loop_may_be_tested_before_the_first_round() -> None:
    play = Play(consulting(loop=LoopKind.STANDARD, condition="more", test_before=True), more=False)
    assert play.waits() == {"after"}


def test_a_standard_loop_has_at_most_so_many_rounds() -> None:
    play = Play(consulting(loop=LoopKind.STANDARD, condition="True", maximum=3))
    play.complete_all(["ask"] * 3)
    assert play.waits() == {"after"}
    limited = Play(consulting(loop=LoopKind.STANDARD, condition="loop_counter < 2"))
    limited.complete_all(["ask"] * 2)
    assert limited.waits() == {"after"}


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"cardinality": "3", "collection": "xs", "item": "x"},
        {"collection": "xs"},
        {"cardinality": "3", "output_item": "y"},
    ],
)
def test_a_repetition_that_does_not_say_how_is_refused(how: dict[str, str]) -> None:
    model = process([start(), repeated(person("ask"), LoopKind.PARALLEL, **how), end()], "start > ask > end")
    with pytest.raises(ModelNotRunnable, match="parallel user_task"):
        compile_model(model, {})


def test_a_number_larger_than_64_bits_survives_save_and_restore() -> None:
    model = compile_model(consulting(), {})
    large = 10**39
    run = Run.start(model, NOW, {}, {"agencies": [large, -large], "n": large})
    run.advance(lambda node: None)
    restored = Run.restore(model, run.save(), NOW, {})
    assert restored.scope == {"agencies": [large, -large], "n": large}
    assert [instance.variables.own["agency"] for instance in restored.instances.values()] == [large, -large]
