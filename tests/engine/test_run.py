"""How tokens move: the semantics of each element that the engine runs, also across save and restore after every step."""

from __future__ import annotations

import pytest

from motcua.bpmn.elements import Argument, Definitions, Node
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.run import ModelFailed, Run, StateUnreadable, TokenGone, Wait
from tests.engine.play import NOW, Play
from tests.small_models import (
    call,
    end,
    error_end,
    message,
    on_error,
    on_message,
    parallel,
    person,
    process,
    race,
    script,
    service,
    start,
    sub_process,
    terminate,
    xor,
)


def test_a_token_waits_at_a_user_task_and_goes_on_when_it_is_completed() -> None:
    play = Play(process([start(), person("ask"), end()], "start > ask > end"))
    assert play.waits() == {"ask"}
    play.complete("ask")
    assert play.run.is_over
    assert play.done == ["start", "ask", "end"]


def test_a_service_task_waits_until_its_outcome_comes_from_outside() -> None:
    play = Play(process([start(), service("sign"), end()], "start > sign > end"))
    assert [t.wait for t in play.run.tokens()] == [Wait.SERVICE]
    play.complete("sign", document="abc")
    assert play.run.is_over
    assert play.run.scope == {"document": "abc"}


def choice() -> Definitions:
    return process(
        [start(), person("decide"), xor("which"), person("yes"), person("no"), end()],
        "start > decide > which",
        'which > yes if decision == "approve"',
        "which > no by default",
        "yes > end",
        "no > end",
    )


@pytest.mark.parametrize(("decision", "next_task"), [("approve", "yes"), ("refuse", "no")])
def test_an_exclusive_gateway_takes_the_first_flow_whose_condition_holds_else_the_default(decision: str, next_task: str) -> None:
    play = Play(choice())
    play.complete("decide", decision=decision)
    assert play.waits() == {next_task}


def test_a_condition_that_cannot_be_evaluated_stops_the_step_and_names_the_variable() -> None:
    play = Play(choice())
    play.run.complete(play.token("decide"), {})
    with pytest.raises(Exception, match="decision"):
        play.run.advance(lambda node: None)


def consultation() -> Definitions:
    return process(
        [start(), parallel("split"), person("a"), person("b"), person("c"), parallel("join"), person("after"), end()],
        "start > split > a > join",
        "split > b > join",
        "split > c > join",
        "join > after > end",
    )


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_a_parallel_join_waits_for_every_branch_in_whatever_order_they_end(order: str) -> None:
    play = Play(consultation())
    assert play.waits() == {"a", "b", "c"}
    play.complete_all(order[:2])
    assert play.waits() == {order[2]}
    play.complete(order[2])
    assert play.waits() == {"after"}
    play.complete("after")
    assert play.run.is_over
    assert play.done.count("join") == 1


def test_what_one_branch_writes_the_other_branch_does_not_overwrite_with_a_stale_copy() -> None:
    play = Play(consultation(), opinion="none yet", note="from the start")
    play.complete("a", opinion="agreed")
    play.complete("b", other="seen")
    play.complete("c")
    assert play.run.scope == {"opinion": "agreed", "note": "from the start", "other": "seen"}


def test_a_parallel_block_inside_a_loop_joins_once_in_every_round() -> None:
    play = Play(
        process(
            [
                start(),
                xor("again"),
                parallel("split"),
                person("a"),
                person("b"),
                parallel("join"),
                person("judge"),
                xor("ok"),
                end(),
            ],
            "start > again > split > a > join",
            "split > b > join",
            "join > judge > ok",
            "ok > again if more",
            "ok > end by default",
        )
    )
    for more in (True, True, False):
        play.complete("b")
        play.complete("a")
        play.complete("judge", more=more)
    assert play.run.is_over
    assert play.done.count("join") == 3


def test_a_loop_of_a_thousand_rounds_keeps_its_saved_state_small() -> None:
    model = process(
        [start(), xor("again"), person("work"), xor("ok"), end()],
        "start > again > work > ok",
        "ok > again if more",
        "ok > end by default",
    )
    play = Play(model)
    play.complete("work", more=True)
    after_one = len(play.run.save())
    for _ in range(1_200):
        play.complete("work", more=True)
    assert len(play.run.save()) == after_one
    play.complete("work", more=False)
    assert play.run.is_over


def test_a_script_that_loops_without_a_wait_is_stopped_and_named() -> None:
    model = process([start(), xor("again"), script("count", "n = n + 1")], "start > again > count > again")
    with pytest.raises(ModelFailed, match="without coming to a wait state"):
        Play(model, n=0)


def supplement() -> Definitions:
    return process(
        [start(), race("wait"), message("came"), message("late"), person("check"), person("close"), end()],
        "start > wait > came > check > end",
        "wait > late > close > end",
    )


@pytest.mark.parametrize(("first", "then"), [("came", "check"), ("late", "close")])
def test_the_first_event_after_an_event_based_gateway_cancels_the_others(first: str, then: str) -> None:
    play = Play(supplement())
    assert play.waits() == {"came", "late"}
    play.fire(first, note="x")
    assert play.waits() == {then}
    assert play.run.scope["note"] == "x"


def withdrawal(*, interrupting: bool) -> Definitions:
    inside = [start(), parallel("split"), person("x"), person("y"), parallel("join"), end()]
    work = sub_process("work", inside, "start > split > x > join > end", "split > y > join")
    return process(
        [
            start(),
            work,
            on_message("withdrawn", "work", interrupting=interrupting),
            person("confirm"),
            person("give"),
            end(),
            end("end2"),
        ],
        "start > work > give > end",
        "withdrawn > confirm > end2",
    )


def test_an_interrupting_event_cancels_everything_inside_the_sub_process_at_once() -> None:
    play = Play(withdrawal(interrupting=True))
    play.complete("x")
    play.fire("withdrawn")
    assert play.waits() == {"confirm"}
    play.complete("confirm")
    assert play.run.is_over


def test_a_non_interrupting_event_may_come_again_and_leaves_the_activity_alone() -> None:
    play = Play(withdrawal(interrupting=False))
    play.fire("withdrawn")
    play.fire("withdrawn")
    assert [t.node.id for t in play.run.tokens() if t.wait is Wait.PERSON].count("confirm") == 2
    play.complete_all(["x", "y"])
    assert "withdrawn" not in play.waits(), "when the activity is done its boundary events are over"
    play.complete_all(["confirm", "give", "confirm"])
    assert play.run.is_over


def test_when_a_sub_process_ends_the_token_goes_on_after_it() -> None:
    play = Play(withdrawal(interrupting=True))
    play.complete_all(["y", "x"])
    assert play.waits() == {"give"}


def test_a_call_activity_runs_the_shared_part_with_its_arguments_in_the_same_scope() -> None:
    part = process([start(), person("ask"), script("note", "answer = who + 1"), end()], "start > ask > note > end", id="part")
    main = process(
        [start(), call("first", "part", arguments=(Argument("who", "base * 2"),)), person("after"), end()],
        "start > first > after > end",
    )
    play = Play(main, part, base=20)
    play.complete("ask")
    assert play.waits() == {"after"}
    assert play.run.scope == {"base": 20, "who": 40, "answer": 41}


def test_nested_shared_parts_survive_save_and_restore_at_every_depth() -> None:
    inner = process([start(), person("deep"), end()], "start > deep > end", id="inner")
    outer = process([start(), call("go", "inner"), end()], "start > go > end", id="outer")
    play = Play(process([start(), call("go", "outer"), end()], "start > go > end"), inner, outer)
    assert play.waits() == {"deep"}
    play.complete("deep")
    assert play.run.is_over


def test_a_call_to_a_part_that_is_not_there_is_refused_with_its_line() -> None:
    with pytest.raises(ModelNotRunnable, match="not among the shared parts"):
        Play(process([start(), call("go", "nowhere"), end()], "start > go > end"))


def test_a_business_failure_goes_to_the_error_event_with_its_code_and_no_other() -> None:
    nodes: list[Node] = [
        start(),
        service("pay"),
        on_error("no_money", "pay", "NO_MONEY"),
        on_error("any", "pay"),
        person("a"),
        person("b"),
        end(),
    ]
    model = process(nodes, "start > pay > end", "no_money > a > end", "any > b > end")
    play = Play(model)
    play.fail("pay", "NO_MONEY")
    assert play.waits() == {"a"}
    other = Play(model)
    other.fail("pay", "ELSE")
    assert other.waits() == {"b"}


def test_an_error_end_event_is_caught_at_the_sub_process_and_ends_what_runs_beside_it() -> None:
    inside = [start(), parallel("split"), person("x"), person("y"), error_end("broken", "BROKEN"), end()]
    work = sub_process("work", inside, "start > split > x > broken", "split > y > end")
    play = Play(
        process(
            [start(), work, on_error("caught", "work", "BROKEN"), person("mend"), end()],
            "start > work > end",
            "caught > mend > end",
        )
    )
    play.complete("x")
    assert play.waits() == {"mend"}


def test_an_error_that_nobody_catches_fails_the_step_and_says_so() -> None:
    play = Play(process([start(), service("pay"), end()], "start > pay > end"))
    with pytest.raises(ModelFailed, match="caught nowhere"):
        play.fail("pay", "NO_MONEY")


def test_a_terminate_end_event_cancels_the_other_branches_of_its_process_only() -> None:
    inside = [start(), parallel("split"), person("x"), person("y"), terminate("stop"), end()]
    work = sub_process("work", inside, "start > split > x > stop", "split > y > end")
    play = Play(process([start(), work, person("after"), end()], "start > work > after > end"))
    play.complete("x")
    assert play.waits() == {"after"}


def test_several_flows_out_of_an_activity_are_a_parallel_split() -> None:
    play = Play(
        process([start(), person("a"), person("b"), person("c"), end(), end("end2")], "start > a > b > end", "a > c > end2")
    )
    play.complete("a")
    assert play.waits() == {"b", "c"}


def test_two_tokens_that_reach_one_task_by_different_flows_are_two_tasks() -> None:
    play = Play(
        process(
            [start(), parallel("split"), person("a"), person("b"), person("both"), end()],
            "start > split > a > both > end",
            "split > b > both",
        )
    )
    play.complete_all(["a", "b"])
    assert [t.node.id for t in play.run.tokens()] == ["both", "both"]


def test_completing_a_task_that_is_gone_is_an_honest_conflict() -> None:
    play = Play(process([start(), person("ask"), end()], "start > ask > end"))
    gone = play.token("ask")
    play.complete("ask")
    with pytest.raises(TokenGone, match="not open any more"):
        play.run.complete(gone, {})


def test_a_node_named_end_is_only_a_node() -> None:
    play = Play(process([start(), person("End"), person("after"), end()], "start > End > after > end"))
    play.complete("End")
    assert play.waits() == {"after"}


def test_a_state_of_an_unknown_format_is_refused() -> None:
    model = compile_model(choice(), {})
    with pytest.raises(StateUnreadable, match="format"):
        Run.restore(model, b"\x81\xa1v\x63", NOW, {})


def test_running_one_dossier_leaves_the_shared_model_as_it_was() -> None:
    model = compile_model(withdrawal(interrupting=False), {})
    before = {
        key: {name: (list(s._inputs), list(s._outputs)) for name, s in spec.task_specs.items()}
        for key, spec in model.processes.items()
    }
    for _ in range(2):
        run = Run.start(model, NOW, {}, {})
        run.advance(lambda node: None)
        run.fire(next(t.id for t in run.tokens() if t.node.id == "withdrawn"), {})
        run.advance(lambda node: None)
    after = {
        key: {name: (list(s._inputs), list(s._outputs)) for name, s in spec.task_specs.items()}
        for key, spec in model.processes.items()
    }
    assert before == after
