"""Event sub-processes and transactions."""

from __future__ import annotations

import pytest

from motcua.bpmn.elements import Definitions, EventDefinition, EventKind
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.run import ModelFailed, Wait
from tests.engine.play import Play
from tests.small_models import (
    call,
    definition,
    end,
    end_with,
    handler,
    on,
    on_error,
    parallel,
    person,
    process,
    service,
    start,
    sub_process,
    throw,
    transaction,
)


def watched(event: EventDefinition, *, interrupting: bool) -> Definitions:
    """Two branches, and beside them an event sub-process."""
    return process(
        [
            start(),
            parallel("split"),
            person("a"),
            person("b"),
            throw("tell", EventKind.SIGNAL, "alarm"),
            end(),
            handler("care", event, [person("fix"), end("e")], "care_start > fix > e", interrupting=interrupting),
        ],
        "start > split > a > end",
        "split > b > tell > end",
    )


def test_an_interrupting_event_sub_process_cancels_everything_else_and_ends_the_process() -> None:
    play = Play(watched(definition(EventKind.MESSAGE, "withdrawn"), interrupting=True))
    assert play.waits() == {"a", "b", "care_start"}
    play.fire("care_start", why="moved")
    assert play.waits() == {"fix"}
    assert play.run.scope == {"why": "moved"}
    play.complete("fix")
    assert play.run.is_over
    assert play.done == ["start", "split", "care_start", "fix", "e", "care"]


def test_a_non_interrupting_event_sub_process_runs_beside_and_may_come_again() -> None:
    play = Play(watched(definition(EventKind.MESSAGE, "question"), interrupting=False))
    play.fire("care_start")
    play.fire("care_start")
    assert (play.count("fix"), play.waits()) == (2, {"a", "b", "fix", "care_start"})
    play.complete_all(["a", "b"])
    assert not play.run.is_over, "the process waits for its event sub-processes that run"
    play.complete_all(["fix", "fix"])
    assert play.run.is_over


def test_a_process_does_not_wait_for_event_sub_processes_that_never_began() -> None:
    play = Play(watched(definition(EventKind.TIMER, "8 hours"), interrupting=False))
    assert {t.wait for t in play.run.tokens() if t.node.id == "care_start"} == {Wait.TIMER}
    play.complete_all(["a", "b"])
    assert play.run.is_over
    assert play.run.tokens() == []


def test_a_timer_starts_an_event_sub_process_once_and_a_cycle_again() -> None:
    once = Play(watched(definition(EventKind.TIMER, "8 hours"), interrupting=False))
    once.fire("care_start")
    assert once.waits() == {"a", "b", "fix"}
    again = Play(watched(definition(EventKind.TIMER, cycle="every 8 hours"), interrupting=False))
    again.fire("care_start")
    assert again.waits() == {"a", "b", "fix", "care_start"}


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_thrown_beside_it_starts_an_event_sub_process(interrupting: bool) -> None:
    play = Play(watched(definition(EventKind.SIGNAL, "alarm"), interrupting=interrupting))
    play.complete("b")
    assert play.waits() == ({"fix"} if interrupting else {"a", "fix", "care_start"})


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_condition_starts_an_event_sub_process(interrupting: bool) -> None:
    play = Play(watched(definition(EventKind.CONDITIONAL, "danger"), interrupting=interrupting), danger=False)
    play.complete("b", danger=True)
    assert play.waits() == ({"fix"} if interrupting else {"a", "fix", "care_start"})


def guarded(event: EventDefinition, thrown: EventKind, *, interrupting: bool = True) -> Definitions:
    """A sub-process that throws and has an event sub-process of its own; outside stands a boundary event for the same."""
    inside = [
        start("s"),
        parallel("p"),
        person("x"),
        end_with("cry", thrown, "BROKEN"),
        person("y"),
        end("e"),
        handler("care", event, [person("fix"), end("ce")], "care_start > fix > ce", interrupting=interrupting),
    ]
    return process(
        [
            start(),
            sub_process("work", inside, "s > p > x > cry", "p > y > e"),
            on("outside", "work", thrown, "BROKEN"),
            person("mend"),
            person("after"),
            end(),
        ],
        "start > work > after > end",
        "outside > mend > end",
    )


def test_an_error_goes_to_the_event_sub_process_of_its_own_body_before_any_boundary_event() -> None:
    play = Play(guarded(definition(EventKind.ERROR, "BROKEN"), EventKind.ERROR))
    play.complete("x")
    assert play.waits() == {"fix"}, "y is cancelled"
    play.complete("fix")
    assert play.waits() == {"after"}, "the sub-process goes on as one that ended"


def test_an_error_of_another_code_goes_further_out() -> None:
    play = Play(guarded(definition(EventKind.ERROR, "OTHER"), EventKind.ERROR))
    play.complete("x")
    assert play.waits() == {"mend"}


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_goes_to_the_event_sub_process_of_its_own_body(interrupting: bool) -> None:
    play = Play(guarded(definition(EventKind.ESCALATION), EventKind.ESCALATION, interrupting=interrupting))
    play.complete("x")
    assert play.waits() == ({"fix"} if interrupting else {"fix", "y"})


def test_what_an_event_sub_process_throws_is_not_for_itself_but_for_the_outside() -> None:
    inside = [
        start("s"),
        person("x"),
        end("e"),
        handler(
            "care",
            definition(EventKind.MESSAGE, "help"),
            [person("fix"), end_with("give_up", EventKind.ERROR, "BROKEN")],
            "care_start > fix > give_up",
        ),
        handler("other", definition(EventKind.ERROR), [end("oe")], "other_start > oe"),
    ]
    model = process(
        [start(), sub_process("work", inside, "s > x > e"), on_error("outside", "work"), person("mend"), end()],
        "start > work > end",
        "outside > mend > end",
    )
    play = Play(model)
    play.fire("care_start")
    play.complete("fix")
    assert play.waits() == {"mend"}


def test_a_failed_service_call_can_start_an_event_sub_process() -> None:
    model = process(
        [
            start(),
            service("pay"),
            end(),
            handler("care", definition(EventKind.ERROR), [person("fix"), end("e")], "care_start > fix > e"),
        ],
        "start > pay > end",
    )
    play = Play(model)
    play.fail("pay", "NO_MONEY")
    assert play.waits() == {"fix"}


def test_two_dossiers_of_one_model_do_not_see_each_other_s_event_sub_processes() -> None:
    model = watched(definition(EventKind.MESSAGE, "question"), interrupting=False)
    one, other = Play(model), Play(model)
    one.fire("care_start")
    assert other.waits() == {"a", "b", "care_start"}
    assert Play(model).waits() == {"a", "b", "care_start"}


def test_an_event_sub_process_inside_a_shared_part_lives_as_long_as_the_part() -> None:
    part = process(
        [
            start(),
            person("ask"),
            end(),
            handler("care", definition(EventKind.MESSAGE, "m"), [person("fix"), end("e")], "care_start > fix > e"),
        ],
        "start > ask > end",
        id="part",
    )
    play = Play(process([start(), call("go", "part"), person("after"), end()], "start > go > after > end"), part)
    assert play.waits() == {"ask", "care_start"}
    play.complete("ask")
    assert play.waits() == {"after"}


def booking() -> Definitions:
    inside = [start("s"), parallel("p"), person("x"), end_with("undo", EventKind.CANCEL), person("y"), end("e")]
    return process(
        [
            start(),
            transaction("deal", inside, "s > p > x > undo", "p > y > e"),
            on("cancelled", "deal", EventKind.CANCEL),
            person("explain"),
            person("after"),
            end(),
        ],
        "start > deal > after > end",
        "cancelled > explain > end",
    )


def test_a_cancel_end_event_ends_its_transaction_and_the_token_goes_on_from_the_cancel_event() -> None:
    play = Play(booking())
    play.complete("x")
    assert play.waits() == {"explain"}


def test_a_transaction_that_nobody_cancels_ends_like_a_sub_process() -> None:
    inside = [start("s"), person("x"), end("e")]
    play = Play(process([start(), transaction("deal", inside, "s > x > e"), person("after"), end()], "start > deal > after > end"))
    play.complete("x")
    assert play.waits() == {"after"}


def test_a_cancel_end_event_outside_of_a_transaction_stops_the_step() -> None:
    inside = [start("s"), person("x"), end_with("undo", EventKind.CANCEL)]
    play = Play(process([start(), sub_process("work", inside, "s > x > undo"), end()], "start > work > end"))
    with pytest.raises(ModelFailed, match="no cancel event"):
        play.complete("x")


def test_a_process_cannot_be_started_by_an_event_other_than_a_message() -> None:
    model = process([handler("x", definition(EventKind.SIGNAL, "m"), [end("e")], "x_start > e"), start(), end()], "start > end")
    top = process([*(n for n in model.processes[0].nodes[0].body.nodes)], "x_start > e")  # type: ignore[union-attr]
    with pytest.raises(ModelNotRunnable, match="x_start"):
        compile_model(top, {})
