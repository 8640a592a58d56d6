"""Where a token may be put: the branches of parallel blocks, and what an operator's move would break."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import Definitions, EventDefinition, EventKind, LoopKind, NodeKind
from motcua.engine.blocks import branches, is_join
from motcua.engine.operators import why_not_there
from motcua.engine.spiff.compile import compile_model
from motcua.engine.spiff.remap import move_token
from motcua.engine.spiff.run import ModelFailed, Run, Wait
from tests.composed_models import VARIABLES, Block, whole
from tests.small_models import DECISIONS, end, message, node, on_message, parallel, person, process, race, start, xor
from tests.strategies import composed_blocks

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def consultation() -> Definitions:
    """before → split → (a → a2 | b, itself split into c and d) → join → after, with a way back from after to before."""
    return process(
        [
            start(),
            xor("again"),
            person("before"),
            parallel("split"),
            person("a"),
            person("a2"),
            parallel("inner"),
            person("c"),
            person("d"),
            parallel("inner_join"),
            parallel("join"),
            person("after"),
            xor("ok"),
            end(),
        ],
        "start > again > before > split > a > a2 > join",
        "split > inner > c > inner_join > join",
        "inner > d > inner_join",
        "join > after > ok",
        "ok > again if more",
        "ok > end by default",
    )


def test_a_node_lies_in_the_branch_between_its_split_and_its_join_and_nowhere_else() -> None:
    lies_in = branches({node.id: node for node in consultation().processes[0].nodes})
    assert {each: {split for split, _ in lies_in[each]} for each in ("before", "a", "a2", "c", "inner", "join", "after")} == {
        "before": set(),
        "a": {"split"},
        "a2": {"split"},
        "c": {"split", "inner"},
        "inner": {"split"},
        "join": set(),
        "after": set(),
    }
    assert lies_in["a"] == lies_in["a2"] != lies_in["inner"]
    assert lies_in["c"] != lies_in["d"]


@pytest.mark.parametrize(
    ("source", "target", "objection"),
    [
        ("before", "after", None),
        ("after", "before", None),
        ("after", "split", None),
        ("a", "a2", None),
        ("a2", "a", None),
        ("before", "end", None),
        ("a", "after", "different branches"),
        ("after", "a", "different branches"),
        ("a", "inner", "different branches"),
        ("c", "d", "different branches"),
        ("c", "inner", "different branches"),
        ("a", "join", "counts the tokens"),
        ("join", "after", "waits at a join"),
    ],
)
def test_a_token_changes_its_place_only_within_its_branch(source: str, target: str, objection: str | None) -> None:
    nodes = {node.id: node for node in consultation().processes[0].nodes}
    found = why_not_there(nodes, source, target)
    assert found is None if objection is None else objection in str(found)


def test_a_token_beside_a_boundary_event_moves_with_its_activity_only() -> None:
    nodes = [
        start(),
        person("work"),
        on_message("asked", "work", interrupting=False),
        person("answer"),
        person("check"),
        end(),
        end("end2"),
    ]
    model = process(nodes, "start > work > check > end", "asked > answer > end2")
    drawn = {node.id: node for node in model.processes[0].nodes}
    assert "move the token of the activity" in str(why_not_there(drawn, "asked", "check"))
    assert "only beside its activity" in str(why_not_there(drawn, "check", "asked"))
    assert "different branches" in str(why_not_there(drawn, "answer", "check")), "the reminder's token runs beside the others"
    assert why_not_there(drawn, "work", "check") is None


def test_a_token_is_put_before_an_event_based_gateway_and_not_behind_it() -> None:
    model = process(
        [start(), person("ask"), race("wait"), message("came"), message("late"), end(), end("end2")],
        "start > ask > wait > came > end",
        "wait > late > end2",
    )
    drawn = {node.id: node for node in model.processes[0].nodes}
    assert "name the event-based gateway" in str(why_not_there(drawn, "ask", "came"))
    assert why_not_there(drawn, "ask", "wait") is None
    assert why_not_there(drawn, "came", "ask") is None


def test_links_and_flows_without_a_gateway_are_ways_like_others() -> None:
    link = EventDefinition(EventKind.LINK, name="L")
    model = process(
        [
            start(),
            person("ask"),
            person("a"),
            person("b"),
            node("out", NodeKind.INTERMEDIATE_THROW_EVENT, event=link),
            node("in", NodeKind.INTERMEDIATE_CATCH_EVENT, event=link),
            person("c"),
            end(),
            end("end2"),
        ],
        "start > ask > a > out",
        "ask > b > end",
        "in > c > end2",
    )
    drawn = {each.id: each for each in model.processes[0].nodes}
    assert why_not_there(drawn, "a", "c") is None, "the link leads there"
    assert "different branches" in str(why_not_there(drawn, "a", "b")), "two flows that leave a task are two branches"


def test_what_waits_for_an_event_beside_the_process_or_is_repeated_stays_where_it_is() -> None:
    nodes = {
        each.id: each for each in process([start(), person("a"), person("b"), end()], "start > a > b > end").processes[0].nodes
    }
    listener = node("paid", NodeKind.START_EVENT, event=EventDefinition(EventKind.MESSAGE, message="paid"))
    handler = node("on_paid", NodeKind.SUB_PROCESS, triggered_by_event=True)
    repeated = node("each", NodeKind.USER_TASK, loop=LoopKind.PARALLEL)
    drawn = {**nodes, "paid": listener, "on_paid": handler, "each": repeated}
    assert "starts by its own event" in str(why_not_there(drawn, "paid", "b"))
    assert "starts by its own event" in str(why_not_there(drawn, "a", "on_paid"))
    assert "repeated" in str(why_not_there(drawn, "a", "each"))


def moved(run: Run, source: str, target: str) -> Run:
    """The run after the move, saved and restored."""
    move_token(run, next(token.id for token in run.tokens() if token.node.id == source), target)
    run.advance(lambda node: None)
    return Run.restore(run.model, run.save(), NOW, {})


def test_moving_one_of_two_awaited_events_takes_both() -> None:
    model = process(
        [start(), person("ask"), race("wait"), message("came"), message("late"), end(), end("end2")],
        "start > ask > wait > came > end",
        "wait > late > end2",
    )
    run = Run.start(compile_model(model, {}), NOW, {}, {})
    run.advance(lambda node: None)
    run = moved(run, "ask", "wait")
    assert {token.node.id for token in run.tokens()} == {"came", "late"}
    assert {token.node.id for token in moved(run, "late", "ask").tokens()} == {"ask"}


def test_a_token_put_at_an_activity_gets_its_boundary_events_and_leaves_its_own_behind() -> None:
    model = process(
        [
            start(),
            person("first"),
            on_message("x", "first"),
            person("second"),
            on_message("y", "second"),
            end(),
            end("e2"),
            end("e3"),
        ],
        "start > first > second > end",
        "x > e2",
        "y > e3",
    )
    run = Run.start(compile_model(model, {}), NOW, {}, {})
    run.advance(lambda node: None)
    assert {token.node.id for token in moved(run, "first", "second").tokens()} == {"second", "y"}


@given(composed_blocks, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_wherever_a_move_is_allowed_the_process_still_comes_to_its_end(block: Block, chance: Random) -> None:
    drawn = whole(block)
    model = compile_model(drawn.model, drawn.shared, DECISIONS)
    run = Run.start(model, NOW, {}, VARIABLES)
    run.advance(lambda node: None)
    for step in itertools.count():
        assert step < 600, "a token was lost or doubled"
        tokens = [token for token in run.tokens() if token.wait in (Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER)]
        if not tokens:
            break
        token = chance.choice([each for each in tokens if not each.node.id.startswith(("stop", "more"))] or tokens)
        nodes = model.nodes[token.process]
        allowed = [each for each in nodes if why_not_there(nodes, token.node.id, each) is None]
        if step < 6 and allowed:
            before = run.save()
            move_token(run, token.id, chance.choice(allowed))
            try:
                run.advance(lambda node: None)
            except ModelFailed:  # what an operator is told; nothing is saved
                run = Run.restore(model, before, NOW, {})
            continue
        if token.wait in (Wait.MESSAGE, Wait.TIMER):
            run.fire(token.id, {})
        else:
            run.complete(token.id, {"left": True, "right": True, "more": False} if token.wait is Wait.PERSON else {})
        run.advance(lambda node: None)
        run = Run.restore(model, run.save(), NOW, {})
    assert run.is_over


def test_a_join_is_a_gateway_where_tokens_wait_for_each_other() -> None:
    nodes = {node.id: node for node in consultation().processes[0].nodes}
    assert {each for each in nodes if is_join(nodes[each])} == {"join", "inner_join"}
