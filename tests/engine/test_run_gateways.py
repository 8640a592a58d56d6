"""Gateways: the inclusive one with its join, loops without a choice, and joins that two flows of one node lead to."""

from __future__ import annotations

import itertools

import pytest

from motcua.bpmn.elements import Definitions, EventKind
from motcua.engine.spiff.run import ModelFailed
from tests.engine.play import Play
from tests.small_models import (
    catch,
    end,
    inclusive,
    on_message,
    parallel,
    person,
    process,
    race,
    script,
    start,
    sub_process,
    xor,
)


def opinions() -> Definitions:
    """Land, tax and police are asked as far as needed; else the file goes to the archive."""
    return process(
        [
            start(),
            inclusive("split"),
            *(person(name) for name in ("land", "tax", "police", "archive")),
            inclusive("join"),
            person("after"),
            end(),
        ],
        "start > split",
        "split > land if ask_land",
        "split > tax if ask_tax",
        "split > police if ask_police",
        "split > archive by default",
        "land > join",
        "tax > join",
        "police > join",
        "archive > join",
        "join > after > end",
    )


@pytest.mark.parametrize("asked", [chosen for n in range(4) for chosen in itertools.combinations(("land", "tax", "police"), n)])
def test_an_inclusive_gateway_asks_exactly_those_whose_condition_holds_and_waits_for_exactly_those(asked: tuple[str, ...]) -> None:
    for order in itertools.permutations(asked or ("archive",)):
        play = Play(opinions(), **{f"ask_{name}": name in asked for name in ("land", "tax", "police")})
        assert play.waits() == set(order)
        for done, name in enumerate(order, 1):
            assert play.waits() == set(order[done - 1 :])
            play.complete(name)
        assert play.waits() == {"after"}
        play.complete("after")
        assert play.done.count("join") == 1
        assert play.run.is_over


def test_an_inclusive_split_without_a_way_out_stops_the_step_and_names_the_gateway() -> None:
    model = process(
        [start(), inclusive("which"), person("a"), person("b"), end()],
        "start > which",
        "which > a if False",
        "which > b if False",
        "a > end",
        "b > end",
    )
    with pytest.raises(ModelFailed, match='"which"'):
        Play(model)


def test_an_inclusive_block_inside_a_loop_joins_once_in_every_round() -> None:
    model = process(
        [
            start(),
            xor("again"),
            inclusive("split"),
            person("a"),
            person("b"),
            inclusive("join"),
            person("judge"),
            xor("ok"),
            end(),
        ],
        "start > again > split",
        "split > a if both",
        "split > b by default",
        "split > b if both",
        "a > join",
        "b > join",
        "join > judge > ok",
        "ok > again if more",
        "ok > end by default",
    )
    play = Play(model, both=True)
    play.complete("a")
    assert play.waits() == {"b"}
    play.complete("b")
    play.complete("judge", more=True, both=False)
    assert play.waits() == {"b"}
    play.complete("b")
    play.complete("judge", more=True, both=True)
    play.complete_all(["b", "a"])
    play.complete("judge", more=False)
    assert play.run.is_over
    assert play.done.count("join") == 3


def test_an_inclusive_join_waits_for_a_token_in_a_loop_that_can_still_come() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("quick"),
            xor("again"),
            person("draft"),
            xor("good"),
            inclusive("join"),
            person("after"),
            end(),
        ],
        "start > split > quick > join",
        "split > again > draft > good",
        "good > again if more",
        "good > join by default",
        "join > after > end",
    )
    play = Play(model)
    play.complete("quick")
    for more in (True, True, False):
        assert play.waits() == {"draft"}
        play.complete("draft", more=more)
    assert play.waits() == {"after"}


def test_an_inclusive_join_opens_when_the_other_token_takes_a_way_that_does_not_lead_there() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("a"),
            person("b"),
            xor("or_not"),
            inclusive("join"),
            person("after"),
            end(),
            end("off"),
        ],
        "start > split > a > join",
        "split > b > or_not",
        "or_not > join if comes",
        "or_not > off by default",
        "join > after > end",
    )
    play = Play(model)
    play.complete("a")
    assert play.waits() == {"b"}, "b may still come"
    play.complete("b", comes=False)
    assert play.waits() == {"after"}


def test_an_inclusive_join_waits_for_a_token_that_could_come_over_a_boundary_event() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("a"),
            person("b"),
            on_message("late", "b"),
            person("c"),
            inclusive("join"),
            person("after"),
            end(),
            end("off"),
        ],
        "start > split > a > join",
        "split > b > off",
        "late > c > join",
        "join > after > end",
    )
    play = Play(model)
    play.complete("a")
    assert "after" not in play.waits()
    play.fire("late")
    play.complete("c")
    assert play.waits() == {"after"}
    other = Play(model)
    other.complete("a")
    other.complete("b")
    assert other.waits() == {"after"}


def test_an_inclusive_join_counts_what_waits_behind_an_event_based_gateway_as_one_token() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("a"),
            race("which"),
            catch("here", EventKind.MESSAGE, "here"),
            catch("there", EventKind.MESSAGE, "there"),
            inclusive("join"),
            person("after"),
            end(),
            end("off"),
        ],
        "start > split > a > join",
        "split > which",
        "which > here > join",
        "which > there > off",
        "join > after > end",
    )
    play = Play(model)
    play.complete("a")
    assert play.waits() == {"here", "there"}
    play.fire("there")
    assert play.waits() == {"after"}


def test_inclusive_blocks_may_be_nested_in_each_other_and_in_sub_processes() -> None:
    inner = sub_process(
        "inner",
        [start("s"), inclusive("in_split"), person("x"), person("y"), inclusive("in_join"), end("e")],
        "s > in_split",
        "in_split > x if True",
        "in_split > y by default",
        "in_split > y if True",
        "x > in_join",
        "y > in_join",
        "in_join > e",
    )
    model = process(
        [start(), inclusive("split"), inner, person("z"), inclusive("join"), person("after"), end()],
        "start > split",
        "split > inner if True",
        "split > z by default",
        "split > z if True",
        "inner > join",
        "z > join",
        "join > after > end",
    )
    for order in itertools.permutations("xyz"):
        play = Play(model)
        play.complete_all(order)
        assert play.waits() == {"after"}


def test_two_flows_from_one_gateway_to_a_join_are_two_flows() -> None:
    model = process(
        [start(), parallel("split"), person("a"), parallel("join"), person("after"), end()],
        "start > split > a > join",
        "split > join",
        "split > join",
        "join > after > end",
    )
    play = Play(model)
    assert play.waits() == {"a"}
    play.complete("a")
    assert play.waits() == {"after"}
    assert play.done.count("join") == 1


def test_a_loop_through_an_event_based_gateway_needs_no_choice() -> None:
    model = process(
        [start(), person("ask"), race("wait"), catch("came", EventKind.MESSAGE, "came"), catch("over", EventKind.TIMER), end()],
        "start > ask > wait > came > ask",
        "wait > over > end",
    )
    play = Play(model)
    for _ in range(3):
        play.complete("ask")
        assert play.waits() == {"came", "over"}
        play.fire("came")
    play.complete("ask")
    play.fire("over")
    assert play.run.is_over


def test_a_model_whose_join_can_never_open_is_stopped_and_names_the_join() -> None:
    model = process(
        [start(), xor("which"), script("a", "x = 1"), script("b", "x = 2"), parallel("join"), end()],
        "start > which",
        "which > a if True",
        "which > b by default",
        "a > join",
        "b > join",
        "join > end",
    )
    with pytest.raises(ModelFailed, match='stuck: tokens wait at "join"'):
        Play(model)


def test_a_node_may_have_any_name_that_xml_allows() -> None:
    play = Play(process([start("Start"), person("root"), end("End")], "Start > root > End"))
    play.complete("root")
    assert play.run.is_over
