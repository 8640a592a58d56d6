"""Events that find each other inside a dossier: signals, escalations, conditions, links, thrown messages, timers that repeat."""

from __future__ import annotations

import pytest

from motcua.bpmn.elements import Definitions, EventKind, OperationUse
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.run import Wait
from tests.engine.play import Play
from tests.small_models import (
    boundary,
    call,
    catch,
    definition,
    end,
    end_with,
    on,
    on_error,
    parallel,
    person,
    process,
    race,
    script,
    start,
    sub_process,
    throw,
    xor,
)


def test_a_signal_reaches_everything_that_waits_for_it_at_that_moment_and_nothing_later() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("send"),
            throw("go", EventKind.SIGNAL, "paid"),
            catch("too_late", EventKind.SIGNAL, "paid"),
            catch("one", EventKind.SIGNAL, "paid"),
            catch("other_signal", EventKind.SIGNAL, "refused"),
            person("after_one"),
            sub_process(
                "part",
                [start("s"), catch("two", EventKind.SIGNAL, "paid"), person("after_two"), end("e")],
                "s > two > after_two > e",
            ),
            end(),
        ],
        "start > split > send > go > too_late > end",
        "split > one > after_one > end",
        "split > part > end",
        "split > other_signal > end",
    )
    play = Play(model)
    play.complete("send")
    assert play.waits() == {"too_late", "after_one", "after_two", "other_signal"}


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_boundary_event_hears_what_is_thrown_beside_its_activity(interrupting: bool) -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("send"),
            end_with("stop", EventKind.SIGNAL, "withdrawn"),
            person("work"),
            on("heard", "work", EventKind.SIGNAL, "withdrawn", interrupting=interrupting),
            person("react"),
            end(),
        ],
        "start > split > send > stop",
        "split > work > end",
        "heard > react > end",
    )
    play = Play(model)
    play.complete("send")
    assert play.waits() == ({"react"} if interrupting else {"work", "react", "heard"})


def test_a_signal_thrown_inside_a_sub_process_can_interrupt_that_sub_process() -> None:
    inside = [start("s"), parallel("p"), person("a"), end_with("cry", EventKind.SIGNAL, "fire"), person("b"), end("e")]
    model = process(
        [
            start(),
            sub_process("part", inside, "s > p > a > cry", "p > b > e"),
            on("out", "part", EventKind.SIGNAL, "fire"),
            person("safe"),
            end(),
        ],
        "start > part > end",
        "out > safe > end",
    )
    play = Play(model)
    play.complete("a")
    assert play.waits() == {"safe"}


def test_a_signal_after_an_event_based_gateway_cancels_the_other_events() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("send"),
            throw("go", EventKind.SIGNAL, "paid"),
            race("wait"),
            catch("came", EventKind.SIGNAL, "paid"),
            catch("late", EventKind.TIMER),
            person("check"),
            end(),
        ],
        "start > split > send > go > end",
        "split > wait > came > check > end",
        "wait > late > end",
    )
    play = Play(model)
    play.complete("send")
    assert play.waits() == {"check"}


def escalating(*, interrupting: bool, code: str | None = "LATE") -> Definitions:
    inside = [start("s"), person("a"), throw("tell", EventKind.ESCALATION, "LATE"), person("b"), end("e")]
    return process(
        [
            start(),
            sub_process("part", inside, "s > a > tell > b > e"),
            on("heard", "part", EventKind.ESCALATION, code, interrupting=interrupting),
            person("chief"),
            person("after"),
            end(),
        ],
        "start > part > after > end",
        "heard > chief > end",
    )


@pytest.mark.parametrize("code", ["LATE", None])
def test_an_escalation_that_does_not_interrupt_leaves_the_work_going(code: str | None) -> None:
    play = Play(escalating(interrupting=False, code=code))
    play.complete("a")
    assert play.waits() == {"b", "chief"}
    play.complete_all(["b", "after", "chief"])
    assert play.run.is_over


def test_an_escalation_that_interrupts_ends_the_work() -> None:
    play = Play(escalating(interrupting=True))
    play.complete("a")
    assert play.waits() == {"chief"}


def test_an_escalation_that_nobody_catches_changes_nothing() -> None:
    play = Play(escalating(interrupting=True, code="OTHER"))
    play.complete("a")
    assert play.waits() == {"b"}


def test_an_escalation_end_event_comes_out_of_a_shared_part_and_of_what_it_calls() -> None:
    inner = process([start(), person("a"), end_with("up", EventKind.ESCALATION, "LATE")], "start > a > up", id="inner")
    outer = process([start(), call("go", "inner"), end()], "start > go > end", id="outer")
    model = process(
        [
            start(),
            call("part", "outer"),
            on("heard", "part", EventKind.ESCALATION, "LATE", interrupting=False),
            person("chief"),
            person("after"),
            end(),
        ],
        "start > part > after > end",
        "heard > chief > end",
    )
    play = Play(model, inner, outer)
    play.complete("a")
    assert play.waits() == {"chief", "after"}


def test_of_two_error_events_the_one_with_the_code_goes_before_the_one_for_all() -> None:
    inside = [start("s"), person("a"), end_with("broken", EventKind.ERROR, "BROKEN")]
    model = process(
        [
            start(),
            sub_process("part", inside, "s > a > broken"),
            on_error("any", "part"),
            on_error("exact", "part", "BROKEN"),
            person("x"),
            person("y"),
            end(),
        ],
        "start > part > end",
        "any > x > end",
        "exact > y > end",
    )
    play = Play(model)
    play.complete("a")
    assert play.waits() == {"y"}


def paid() -> Definitions:
    return process(
        [
            start(),
            parallel("split"),
            person("book"),
            script("note", "paid = amount > 0"),
            catch("when_paid", EventKind.CONDITIONAL, "paid"),
            person("go_on"),
            end(),
        ],
        "start > split > book > note > end",
        "split > when_paid > go_on > end",
    )


def test_a_conditional_event_happens_as_soon_as_another_branch_makes_it_true() -> None:
    play = Play(paid(), paid=False)
    assert play.waits() == {"book", "when_paid"}
    play.complete("book", amount=5)
    assert play.waits() == {"go_on"}


def test_a_condition_that_holds_already_lets_the_token_through() -> None:
    assert Play(paid(), paid=True).waits() == {"book", "go_on"}


def test_a_condition_that_does_not_come_true_keeps_the_token() -> None:
    play = Play(paid(), paid=False)
    play.complete("book", amount=0)
    assert play.waits() == {"when_paid"}


def test_an_interrupting_condition_ends_its_activity_before_anything_else_runs() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("raise_alarm"),
            person("work"),
            on("alarm", "work", EventKind.CONDITIONAL, "danger"),
            person("leave"),
            end(),
        ],
        "start > split > raise_alarm > end",
        "split > work > end",
        "alarm > leave > end",
    )
    play = Play(model, danger=False)
    play.complete("raise_alarm", danger=True)
    assert play.waits() == {"leave"}


def test_a_non_interrupting_condition_happens_again_only_after_it_ceased_to_hold() -> None:
    model = process(
        [
            start(),
            xor("again"),
            parallel("split"),
            person("measure"),
            person("work"),
            on("alarm", "work", EventKind.CONDITIONAL, "level > 3", interrupting=False),
            person("look"),
            end(),
        ],
        "start > again > split > work > end",
        "split > measure > again",
        "alarm > look > end",
    )
    play = Play(model, level=0)
    # Every round opens one more "work". 5: the first one and the new one. 6: the new one. 2: none. 7: all four and the new one.
    for level, looks in ((5, 2), (6, 3), (2, 3), (7, 8)):
        play.complete("measure", level=level)
        assert play.count("look") == looks


def test_a_link_is_a_flow_from_each_of_its_throwing_ends_to_the_one_that_catches() -> None:
    model = process(
        [
            start(),
            xor("which"),
            person("a"),
            throw("jump_a", EventKind.LINK, "far"),
            throw("jump_b", EventKind.LINK, "far"),
            catch("land", EventKind.LINK, "far"),
            person("after"),
            end(),
        ],
        "start > which",
        "which > a if first",
        "which > jump_b by default",
        "a > jump_a",
        "land > after > end",
    )
    play = Play(model, first=True)
    play.complete("a")
    assert play.waits() == {"after"}
    assert Play(model, first=False).waits() == {"after"}


def test_a_thrown_message_waits_like_a_service_task_until_it_is_sent() -> None:
    use = OperationUse("notice.send")
    model = process(
        [
            start(),
            throw("tell", EventKind.MESSAGE, "decision", operation=use),
            end_with("last", EventKind.MESSAGE, "copy", operation=use),
        ],
        "start > tell > last",
    )
    play = Play(model)
    assert [(t.node.id, t.wait) for t in play.run.tokens()] == [("tell", Wait.SERVICE)]
    play.complete("tell")
    assert [(t.node.id, t.wait) for t in play.run.tokens()] == [("last", Wait.SERVICE)]
    play.complete("last")
    assert play.run.is_over


def test_a_thrown_message_without_an_operation_is_refused() -> None:
    with pytest.raises(ModelNotRunnable, match='"tell"'):
        compile_model(process([start(), throw("tell", EventKind.MESSAGE, "x"), end()], "start > tell > end"), {})


def test_a_timer_that_repeats_waits_for_its_next_round_and_keeps_its_first_arrival() -> None:
    model = process(
        [
            start(),
            person("work"),
            boundary("again", "work", definition(EventKind.TIMER, cycle="every 8 hours"), interrupting=False),
            person("remind"),
            end(),
        ],
        "start > work > end",
        "again > remind > end",
    )
    play = Play(model)
    first = next(t for t in play.run.tokens() if t.node.id == "again")
    play.fire("again")
    play.run.fire(play.token("again"), {}, 7)
    play._advance()
    token = next(t for t in play.run.tokens() if t.node.id == "again")
    assert (first.round, token.round, token.at) == (1, 7, first.at)
    assert play.count("remind") == 2
    play.run.fire(play.token("again"), {}, 0)
    play._advance()
    assert play.waits() == {"work", "remind"}, "there is no further round"
