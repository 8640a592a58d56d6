"""Compensation: what was completed is undone, in which order, with which data, and what is not (BPMN 2.0, 10.7 and 13.5.5).

Every play is saved and restored after every move.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest

from motcua.bpmn.elements import (
    Argument,
    Definitions,
    EventDefinition,
    EventKind,
    FieldType,
    FormField,
    LoopKind,
    Node,
    NodeKind,
    OperationUse,
)
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.run import ModelFailed, Run, Wait
from tests.engine.play import NOW, Play
from tests.small_models import (
    boundary,
    call,
    definition,
    end,
    end_with,
    handler,
    message,
    node,
    on,
    on_error,
    on_message,
    parallel,
    person,
    process,
    race,
    repeated,
    script,
    service,
    start,
    sub_process,
    terminate,
    transaction,
    undo,
    undone_by,
    xor,
)


def throws(id: str = "undo", activity_id: str | None = None, *, waits: bool = True) -> Node:
    return node(id, NodeKind.INTERMEDIATE_THROW_EVENT, event=undo(activity_id, waits=waits))


def ends(id: str = "undo_end", activity_id: str | None = None, *, waits: bool = True) -> Node:
    return node(id, NodeKind.END_EVENT, event=undo(activity_id, waits=waits))


def undoable(id: str, with_handler: Node | None = None) -> list[Node]:
    """A task that a person does, and one that undoes it."""
    return [person(id), *undone_by(id, with_handler or person(f"un{id}"))]


def straight(*nodes: Node, extra: Iterable[Node] = ()) -> Play:
    """One after the other; what has an incoming flow is what is neither a boundary event nor for compensation."""
    on_the_way = [each.id for each in nodes if each.attached_to is None and not each.is_for_compensation]
    return Play(process([start(), *nodes, end(), *extra], " > ".join(["start", *on_the_way, "end"])))


def undone(play: Play) -> list[str]:
    return [each for each in play.done if each.startswith("un") and not each.startswith("undo")]


def finish(play: Play, most: int = 60) -> list[str]:
    """Complete whatever a person is asked for, one at a time; the order in which they were asked to undo."""
    for _ in range(most):
        waiting = [token for token in play.run.tokens() if token.wait in {Wait.PERSON, Wait.SERVICE}]
        if not waiting:
            return undone(play)
        play.complete(waiting[0].node.id)
    raise AssertionError("it does not end")


def test_what_was_completed_is_undone_in_the_reverse_order_one_after_the_other() -> None:
    play = straight(*undoable("a"), *undoable("b"), *undoable("c"), throws(), person("after"))
    play.complete_all("abc")
    assert play.waits() == {"unc"}
    play.complete("unc")
    assert play.waits() == {"unb"}
    play.complete("unb")
    assert play.waits() == {"una"}
    play.complete("una")
    assert play.waits() == {"after"}
    play.complete("after")
    assert play.run.is_over
    assert play.done == ["start", "a", "b", "c", "unc", "unb", "una", "undo", "after", "end"]


def test_what_undoes_does_not_run_by_itself() -> None:
    play = straight(*undoable("a"), person("b"), throws())
    assert play.waits() == {"a"}
    assert {token.node.id for token in play.run.tokens()} == {"a"}, "nothing waits for a compensation"


def test_the_order_is_that_of_completion_not_of_the_drawing() -> None:
    for order in itertools.permutations("abc"):
        play = Play(
            process(
                [start(), parallel("p"), *undoable("a"), *undoable("b"), *undoable("c"), parallel("j"), throws(), end()],
                "start > p > a > j > undo > end",
                "p > b > j",
                "p > c > j",
            )
        )
        play.complete_all(order)
        assert finish(play) == [f"un{each}" for each in reversed(order)]


def test_only_what_was_completed_is_undone() -> None:
    play = Play(
        process(
            [start(), parallel("p"), *undoable("a"), *undoable("b"), person("go"), throws(), end()],
            "start > p > a > end",
            "p > b > end",
            "p > go > undo > end",
        )
    )
    play.complete_all(["a", "go"])
    assert play.waits() == {"una", "b"}, "b is still under way: it is neither undone nor cancelled"
    play.complete("una")
    play.complete("b")
    assert play.run.is_over
    assert undone(play) == ["una"]


def test_what_was_interrupted_is_not_undone() -> None:
    play = Play(
        process(
            [start(), *undoable("x"), *undoable("a"), on_message("stop", "a"), xor("meet"), throws(), end()],
            "start > x > a > meet > undo > end",
            "stop > meet",
        )
    )
    play.complete("x")
    play.fire("stop")
    assert finish(play) == ["unx"]


def test_undoing_twice_does_nothing_the_second_time() -> None:
    play = straight(*undoable("a"), throws("undo1"), throws("undo2"), *undoable("b"), throws("undo3"), throws("undo4"))
    assert finish(play) == ["una", "unb"]


def test_one_activity_can_be_named_and_only_its_completions_are_undone() -> None:
    play = straight(*undoable("a"), *undoable("b"), throws("undo1", "a"), person("c"), throws("undo2"))
    play.complete_all("ab")
    assert play.waits() == {"una"}
    play.complete_all(["una", "c"])
    assert finish(play) == ["una", "unb"]


def test_an_end_event_undoes_before_its_process_is_over() -> None:
    play = Play(process([start(), *undoable("a"), ends()], "start > a > undo_end"))
    play.complete("a")
    assert play.waits() == {"una"}
    assert finish(play) == ["una"]
    assert play.done[-1] == "undo_end"


@pytest.mark.parametrize("thrown", [throws(waits=False), ends("undo", waits=False)])
def test_a_token_that_does_not_wait_goes_on_while_things_are_undone_beside_it(thrown: Node) -> None:
    nodes = [start(), *undoable("a"), *undoable("b"), thrown, person("after"), end()]
    if thrown.kind is NodeKind.END_EVENT:
        play = Play(process([*nodes, parallel("p")], "start > a > b > p > undo", "p > after > end"))
    else:
        play = Play(process(nodes, "start > a > b > undo > after > end"))
    play.complete_all("ab")
    assert play.waits() == {"after", "unb"}
    play.complete("after")
    assert not play.run.is_over, "the process waits for what undoes in it"
    play.complete("unb")
    play.complete("una")
    assert play.run.is_over


def test_every_pass_of_a_drawn_loop_is_undone_with_the_values_of_that_pass() -> None:
    inputs = (Argument("of", "receipt"), Argument("why", "reason"))
    refund = replace(service("unpay"), operation=OperationUse("x.refund", inputs=inputs))
    play = Play(
        process(
            [start(), xor("again"), person("pay", form=fields("receipt")), *undone_by("pay", refund), xor("more"), throws(), end()],
            "start > again > pay > more",
            "more > again if another",
            "more > undo by default",
            "undo > end",
        ),
        reason="none yet",
    )
    for number in (1, 2, 3):
        play.complete("pay", receipt=f"R{number}", another=number < 3, reason="withdrawn")
    asked = []
    while not play.run.is_over:
        (token,) = [token for token in play.run.tokens() if token.wait is Wait.SERVICE]
        asked.append(play.run.inputs_of(token))
        play.complete("unpay")
    assert asked == [{"of": f"R{number}", "why": "withdrawn"} for number in (3, 2, 1)], "what pay has not to do with is as it is"


def fields(*names: str) -> tuple[FormField, ...]:
    return tuple(FormField(name, FieldType.TEXT, name) for name in names)


def test_what_undoes_writes_into_the_variables_around_and_sees_what_it_wrote() -> None:
    undoes = sub_process(
        "unpay",
        [start("s"), script("set", "paid = paid + 1"), script("use", "seen = paid"), end("e")],
        "s > set > use > e",
    )
    play = Play(
        process(
            [
                start(),
                script("pay", "paid = 1"),
                *undone_by("pay", undoes),
                script("later", "paid = 7"),
                throws(),
                person("x"),
                end(),
            ],
            "start > pay > later > undo > x > end",
        )
    )
    assert play.run.scope == {"paid": 2, "seen": 2}, "it began with what pay had set"


def part_with(*nodes: Node, flow: str) -> Node:
    return sub_process("part", [start("s"), *nodes, end("e")], flow)


def test_a_sub_process_is_undone_by_what_undoes_its_activities() -> None:
    part = part_with(*undoable("a"), *undoable("b"), flow="s > a > b > e")
    play = straight(*undoable("x"), part, *undoable("y"), throws())
    play.complete_all(["x", "a", "b", "y"])
    assert finish(play) == ["uny", "unb", "una", "unx"]


def test_a_sub_process_that_is_under_way_is_not_undone_from_outside() -> None:
    part = part_with(*undoable("a"), *undoable("b"), flow="s > a > b > e")
    play = Play(
        process(
            [start(), parallel("p"), *undoable("x"), part, person("go"), throws(), end()],
            "start > p > x > end",
            "p > part > end",
            "p > go > undo > end",
        )
    )
    play.complete_all(["x", "a", "go"])
    assert play.waits() == {"b", "unx"}
    play.complete_all(["unx", "b"])
    assert play.run.is_over


def test_a_throw_inside_a_sub_process_undoes_what_was_completed_in_it_and_no_more() -> None:
    part = part_with(*undoable("a"), throws("undo_in"), *undoable("b"), flow="s > a > undo_in > b > e")
    play = straight(*undoable("x"), part, throws())
    play.complete_all(["x", "a"])
    assert play.waits() == {"una"}
    play.complete_all(["una", "b"])
    assert finish(play) == ["una", "unb", "unx"]


def test_a_handler_at_the_edge_of_a_sub_process_takes_the_place_of_those_inside() -> None:
    part = part_with(*undoable("a"), flow="s > a > e")
    play = straight(*undoable("x"), part, *undone_by("part", person("unpart")), throws())
    play.complete_all(["x", "a"])
    assert finish(play) == ["unpart", "unx"]


def undoing_sub_process(*nodes: Node, flow: str, id: str = "undo_part") -> Node:
    return handler(id, undo(), nodes, flow)


def test_an_event_sub_process_undoes_the_sub_process_that_it_stands_in() -> None:
    care = undoing_sub_process(person("unpart"), end("ce"), flow="undo_part_start > unpart > ce")
    part = part_with(*undoable("a"), care, flow="s > a > e")
    play = straight(*undoable("x"), part, throws())
    play.complete_all(["x", "a"])
    assert play.waits() == {"unpart"}
    assert finish(play) == ["unpart", "unx"]
    assert "una" not in play.done


def test_an_event_sub_process_can_have_the_activities_of_its_sub_process_undone_all_or_one() -> None:
    care = undoing_sub_process(
        person("before"),
        throws("undo_b", "b"),
        person("between"),
        throws("undo_rest"),
        end("ce"),
        flow="undo_part_start > before > undo_b > between > undo_rest > ce",
    )
    part = part_with(*undoable("a"), *undoable("b"), *undoable("c"), care, flow="s > a > b > c > e")
    play = straight(part, throws(), person("after"))
    play.complete_all("abc")
    play.complete("before")
    assert play.waits() == {"unb"}
    play.complete_all(["unb", "between"])
    assert finish(play) == ["unb", "unc", "una"]
    assert play.run.is_over


def test_an_event_sub_process_that_undoes_sees_what_its_sub_process_had_set() -> None:
    note = script("note", "told = paid + extra")
    care = undoing_sub_process(note, end("ce"), flow="undo_part_start > note > ce")
    part = part_with(script("pay", "paid = 1"), care, flow="s > pay > e")
    play = straight(part, script("later", "paid = 5\nextra = 10"), throws(), person("after"))
    assert play.run.scope["told"] == 11


def test_an_event_sub_process_undoes_each_round_of_its_sub_process() -> None:
    care = undoing_sub_process(person("unpart"), end("ce"), flow="undo_part_start > unpart > ce")
    part = part_with(person("a"), care, flow="s > a > e")
    play = straight(repeated(part, LoopKind.STANDARD, condition="more"), throws())
    play.complete("a", more=True)
    play.complete("a", more=False)
    assert finish(play) == ["unpart", "unpart"]


@pytest.mark.parametrize("loop", [LoopKind.PARALLEL, LoopKind.SEQUENTIAL])
def test_every_instance_is_undone_by_itself_with_its_item(loop: LoopKind) -> None:
    back = replace(service("unask"), operation=OperationUse("x", inputs=(Argument("who", "name"), Argument("no", "loop_counter"))))
    play = Play(
        process(
            [start(), repeated(person("ask"), loop, collection="names", item="name"), *undone_by("ask", back), throws(), end()],
            "start > ask > undo > end",
        ),
        names=["land", "tax", "police"],
    )
    for _ in range(3):
        play.complete_nth("ask", 0)
    asked = []
    while not play.run.is_over:
        (token,) = [token for token in play.run.tokens() if token.wait is Wait.SERVICE]
        asked.append(play.run.inputs_of(token))
        play.complete("unask")
    assert asked == [{"who": "police", "no": 3}, {"who": "tax", "no": 2}, {"who": "land", "no": 1}]


def test_the_activities_in_each_instance_are_undone_in_the_reverse_order_of_all() -> None:
    def telling(id: str) -> Node:
        return replace(service(id), operation=OperationUse("x", inputs=(Argument("who", "name"),)))

    each = sub_process(
        "each", [start("s"), *undoable("a", telling("una")), *undoable("b", telling("unb")), end("e")], "s > a > b > e"
    )
    play = Play(
        process(
            [start(), repeated(each, LoopKind.PARALLEL, collection="names", item="name"), throws(), person("after"), end()],
            "start > each > undo > after > end",
        ),
        names=["x", "y"],
    )
    play.complete_nth("a", 0)
    play.complete_nth("a", 0)
    play.complete_nth("b", 1)
    play.complete_nth("b", 0)
    seen = []
    while "after" not in play.waits():
        (token,) = [token for token in play.run.tokens() if token.wait is Wait.SERVICE]
        seen.append((token.node.id, play.run.inputs_of(token)["who"]))
        play.complete(token.node.id)
    assert seen == [("unb", "x"), ("unb", "y"), ("una", "y"), ("una", "x")]


def test_what_undoes_in_an_instance_writes_nothing_around_it() -> None:
    each = sub_process(
        "each",
        [start("s"), script("a", "word = name"), *undone_by("a", script("una", "seen = word + name")), end("e")],
        "s > a > e",
    )
    play = Play(
        process(
            [start(), repeated(each, LoopKind.SEQUENTIAL, collection="names", item="name"), throws(), person("after"), end()],
            "start > each > undo > after > end",
        ),
        names=["x", "y"],
    )
    assert play.done.count("una") == 2
    assert play.run.scope == {"names": ["x", "y"]}


def test_instances_that_were_cancelled_by_a_completion_condition_are_not_undone() -> None:
    play = Play(
        process(
            [
                start(),
                repeated(person("ask"), LoopKind.PARALLEL, cardinality="3", completion="number_of_completed_instances == 2"),
                *undone_by("ask", person("unask")),
                throws(),
                end(),
            ],
            "start > ask > undo > end",
        )
    )
    play.complete_nth("ask", 0)
    play.complete_nth("ask", 0)
    assert finish(play) == ["unask", "unask"]


def test_a_repetition_that_was_interrupted_is_not_undone_though_some_of_it_was_completed() -> None:
    play = Play(
        process(
            [
                start(),
                repeated(person("ask"), LoopKind.PARALLEL, cardinality="3"),
                on_message("stop", "ask"),
                *undone_by("ask", person("unask")),
                xor("meet"),
                throws(),
                end(),
            ],
            "start > ask > meet > undo > end",
            "stop > meet",
        )
    )
    play.complete_nth("ask", 0)
    play.fire("stop")
    assert (finish(play), play.run.is_over) == ([], True)


def test_a_call_activity_is_undone_as_a_whole() -> None:
    called = process([start(), person("deep"), end()], "start > deep > end", id="called")
    play = Play(
        process([start(), call("go", "called"), *undone_by("go", person("ungo")), throws(), end()], "start > go > undo > end"),
        called,
    )
    play.complete("deep")
    assert finish(play) == ["ungo"]


def test_a_call_activity_can_undo_and_a_shared_part_can_undo_its_own() -> None:
    called = process([start(), *undoable("deep"), throws(), end()], "start > deep > undo > end", id="called")
    undoes = call("ungo", "called")
    play = Play(process([start(), *undoable("a", undoes), throws("undo_out"), end()], "start > a > undo_out > end"), called)
    play.complete("a")
    play.complete("deep")
    assert play.waits() == {"undeep"}
    assert finish(play) == ["undeep", "ungo"]
    assert play.run.is_over


def test_what_a_shared_part_did_is_not_undone_one_by_one_from_outside() -> None:
    called = process([start(), *undoable("deep"), end()], "start > deep > end", id="called")
    play = Play(process([start(), *undoable("a"), call("go", "called"), throws(), end()], "start > a > go > undo > end"), called)
    play.complete_all(["a", "deep"])
    assert finish(play) == ["una"]


def booking(*inside: Node, flows: Iterable[str], edges: Iterable[Node] = ()) -> Play:
    """A transaction with a cancel event; after it stands "after", after the cancel event "explain"."""
    return Play(
        process(
            [
                start(),
                *undoable("x"),
                transaction("deal", [start("s"), *inside], *flows),
                on("cancelled", "deal", EventKind.CANCEL),
                *edges,
                person("explain"),
                person("after"),
                end(),
            ],
            "start > x > deal > after > end",
            "cancelled > explain > end",
            *(f"{edge.id} > end" for edge in edges),
        )
    )


def test_a_cancelled_transaction_undoes_what_was_completed_in_it_and_then_leaves_by_its_cancel_event() -> None:
    play = booking(*undoable("a"), *undoable("b"), end_with("no", EventKind.CANCEL), flows=["s > a > b > no"])
    play.complete_all(["x", "a", "b"])
    assert play.waits() == {"unb"}
    play.complete_all(["unb", "una"])
    assert play.waits() == {"explain"}
    assert undone(play) == ["unb", "una"], "x lies outside of it"
    play.complete("explain")
    assert play.run.is_over
    assert "deal" not in play.done, "it was not completed"


def test_a_cancelled_transaction_cancels_what_runs_before_it_undoes() -> None:
    play = booking(
        parallel("p"), *undoable("a"), *undoable("b"), person("go"), end_with("no", EventKind.CANCEL), end("e"),
        flows=["s > p > a > e", "p > b > e", "p > go > no"],
    )  # fmt: skip
    play.complete_all(["x", "a", "go"])
    assert play.waits() == {"una"}


def test_a_cancelled_transaction_also_undoes_what_was_completed_in_a_sub_process_that_still_runs_in_it() -> None:
    part = part_with(*undoable("a"), person("b"), flow="s > a > b > e")
    play = booking(
        parallel("p"), *undoable("before"), part, *undoable("c"), person("go"), end_with("no", EventKind.CANCEL), end("e0"),
        flows=["s > before > p > part > e0", "p > c > e0", "p > go > no"],
    )  # fmt: skip
    play.complete_all(["x", "before", "a", "c", "go"])
    assert finish(play)[:3] == ["unc", "una", "unbefore"]
    assert play.waits() == set()


def test_a_cancelled_transaction_undoes_the_completed_instances_of_a_repetition_that_still_runs() -> None:
    back = replace(service("unask"), operation=OperationUse("x", inputs=(Argument("no", "loop_counter"),)))
    play = booking(
        parallel("p"), repeated(person("ask"), LoopKind.PARALLEL, cardinality="3"), *undone_by("ask", back), person("go"),
        end_with("no", EventKind.CANCEL), end("e0"),
        flows=["s > p > ask > e0", "p > go > no"],
    )  # fmt: skip
    play.complete("x")
    play.complete_nth("ask", 1)
    play.complete_nth("ask", 1)
    play.complete("go")
    asked = []
    while "explain" not in play.waits():
        (token,) = [token for token in play.run.tokens() if token.wait is Wait.SERVICE]
        asked.append(play.run.inputs_of(token)["no"])
        play.complete("unask")
    assert asked == [3, 2]


def test_nothing_from_outside_interrupts_a_transaction_that_is_being_cancelled() -> None:
    edges = [on_message("late", "deal"), on_error("failed", "deal", "HAZARD")]
    play = booking(*undoable("a"), end_with("no", EventKind.CANCEL), flows=["s > a > no"], edges=edges)
    play.complete("x")
    assert play.waits() >= {"late"}
    play.complete("a")
    assert play.waits() == {"una"}
    play.complete("una")
    assert play.waits() == {"explain"}


def test_what_fails_while_a_transaction_is_cancelled_is_a_hazard_and_goes_to_its_error_event() -> None:
    edges = [on_error("failed", "deal", "HAZARD")]
    play = booking(*undoable("a"), *undoable("b", service("unb")), end_with("no", EventKind.CANCEL), flows=["s > a > b > no"],
                   edges=edges)  # fmt: skip
    play.complete_all(["x", "a", "b"])
    play.fail("unb", "HAZARD")
    assert play.run.is_over, "the error event leads to the end"
    assert undone(play) == []


def test_a_transaction_that_ends_well_can_be_undone_later_like_a_sub_process() -> None:
    deal = transaction("deal", [start("s"), *undoable("a"), end("e")], "s > a > e")
    play = straight(deal, throws())
    play.complete("a")
    assert finish(play) == ["una"]


def test_a_transaction_that_was_cancelled_is_not_undone_again() -> None:
    deal = transaction("deal", [start("s"), *undoable("a"), end_with("no", EventKind.CANCEL)], "s > a > no")
    play = Play(
        process(
            [start(), deal, on("cancelled", "deal", EventKind.CANCEL), throws(), end()],
            "start > deal > undo",
            "cancelled > undo > end",
        )
    )
    play.complete("a")
    assert finish(play) == ["una"]
    assert play.run.is_over


def guarded(event: EventDefinition, *, interrupting: bool = True) -> Play:
    """A sub-process with an event sub-process that throws a compensation; in it a nested one half done."""
    inner = sub_process("inner", [start("is"), *undoable("a"), *undoable("b"), end("ie")], "is > a > b > ie")
    care = handler("care", event, [throws("undo_in"), person("told"), end("ce")], "care_start > undo_in > told > ce",
                   interrupting=interrupting)  # fmt: skip
    part = sub_process("part", [start("s"), *undoable("x"), inner, end("e"), care], "s > x > inner > e")
    return straight(part, throws(), person("after"))


def test_an_interrupting_event_sub_process_undoes_what_was_completed_around_it_at_any_depth() -> None:
    play = guarded(definition(EventKind.MESSAGE, "withdrawn"))
    play.complete_all(["x", "a"])
    play.fire("care_start")
    assert play.waits() == {"una"}, "b is cancelled; a was completed in a part that was cancelled with it"
    play.complete_all(["una", "unx", "told"])
    assert play.waits() == {"after"}
    assert undone(play) == ["una", "unx"], "what was interrupted is not undone a second time"


def test_a_sub_process_that_was_interrupted_from_inside_is_not_undone_afterwards() -> None:
    care = handler("care", definition(EventKind.MESSAGE, "m"), [end("ce")], "care_start > ce")
    part = sub_process("part", [start("s"), *undoable("x"), person("y"), end("e"), care], "s > x > y > e")
    play = straight(*undoable("w"), part, *undone_by("part", person("unpart")), throws())
    play.complete_all(["w", "x"])
    play.fire("care_start")
    assert finish(play) == ["unw"]


def test_an_event_sub_process_that_runs_beside_undoes_only_what_is_completed() -> None:
    play = guarded(definition(EventKind.MESSAGE, "question"), interrupting=False)
    play.complete_all(["x", "a"])
    play.fire("care_start")
    assert play.waits() == {"unx", "b", "care_start"}
    play.complete_all(["unx", "told", "b"])
    assert play.waits() == {"unb"}
    play.complete_all(["unb", "una"])
    assert play.waits() == {"after"}


def test_what_an_event_sub_process_completed_belongs_to_the_sub_process_around_it() -> None:
    care = handler(
        "care", definition(EventKind.MESSAGE, "m"), [*undoable("z"), end("ce")], "care_start > z > ce", interrupting=False
    )
    part = sub_process("part", [start("s"), *undoable("x"), person("y"), end("e"), care], "s > x > y > e")
    play = straight(part, throws())
    play.complete("x")
    play.fire("care_start")
    play.complete_all(["z", "y"])
    assert finish(play) == ["unz", "unx"]


def test_a_terminated_sub_process_is_not_undone() -> None:
    part = sub_process("part", [start("s"), *undoable("a"), terminate("kill")], "s > a > kill")
    play = straight(*undoable("x"), part, throws())
    play.complete_all(["x", "a"])
    assert finish(play) == ["unx"]


def test_a_sub_process_that_an_event_at_its_edge_interrupted_is_not_undone() -> None:
    part = part_with(*undoable("a"), person("b"), flow="s > a > b > e")
    play = Play(
        process(
            [start(), *undoable("x"), part, on_message("stop", "part"), xor("meet"), throws(), end()],
            "start > x > part > meet > undo > end",
            "stop > meet",
        )
    )
    play.complete_all(["x", "a"])
    play.fire("stop")
    assert finish(play) == ["unx"]


def test_an_error_goes_outwards_from_where_the_compensation_was_thrown() -> None:
    failing = sub_process("una", [start("us"), person("try"), end_with("fail", EventKind.ERROR, "STUCK")], "us > try > fail")
    part = part_with(*undoable("a", failing), throws("undo_in"), flow="s > a > undo_in > e")
    play = Play(
        process(
            [start(), part, on_error("failed", "part", "STUCK"), person("mend"), end()], "start > part > end", "failed > mend > end"
        )
    )
    play.complete_all(["a", "try"])
    assert play.waits() == {"mend"}


def test_an_error_that_nobody_catches_stops_the_step_and_nothing_is_lost() -> None:
    play = straight(*undoable("a", service("una")), throws())
    play.complete("a")
    with pytest.raises(ModelFailed, match="caught nowhere"):
        play.fail("una", "NO")
    assert "una" in play.waits()


def test_what_nothing_has_begun_to_undo_can_be_undone_after_an_interruption() -> None:
    care = handler("care", definition(EventKind.MESSAGE, "m"), [throws("undo_rest"), end("ce")], "care_start > undo_rest > ce")
    part = sub_process(
        "part", [start("s"), *undoable("a"), *undoable("b"), throws("undo_in"), end("e"), care], "s > a > b > undo_in > e"
    )
    play = straight(part, person("after"))
    play.complete_all("ab")
    assert play.waits() >= {"unb"}
    play.fire("care_start")
    assert play.waits() == {"una"}, "what had begun to undo b is cancelled, and what is left goes on"
    play.complete("una")
    assert play.waits() == {"after"}


def test_signals_and_messages_reach_what_undoes() -> None:
    undoes = sub_process(
        "una", [start("us"), race("r"), message("yes"), message("no"), end("ue")], "us > r > yes > ue", "r > no > ue"
    )
    play = straight(*undoable("a", undoes), throws(), person("after"))
    play.complete("a")
    assert play.waits() == {"yes", "no"}
    play.fire("no")
    assert play.waits() == {"after"}


def test_a_process_that_is_over_remembers_nothing() -> None:
    over = straight(*undoable("a"))
    over.complete("a")
    assert over.run.is_over
    assert over.run.save() == Play(process([start(), end()], "start > end")).run.save()


def test_a_repeated_activity_can_undo() -> None:
    play = straight(*undoable("a", repeated(person("una"), LoopKind.SEQUENTIAL, cardinality="2")), throws(), person("after"))
    play.complete_all(["a", "una", "una"])
    assert play.waits() == {"after"}


def test_a_model_without_the_activity_that_undoes_is_not_compiled() -> None:
    event, back = undone_by("a", person("una"))
    for wrong in (
        [replace(event, associated=()), person("una")],
        [event, replace(back, is_for_compensation=False)],
        [replace(event, associated=("una", "b")), back],
    ):
        with pytest.raises(ModelNotRunnable, match="on_a"):
            compile_model(process([start(), person("a"), person("b"), *wrong, end()], "start > a > b > end"), {})
    in_the_process = handler("care", undo(), [end("ce")], "care_start > ce")
    with pytest.raises(ModelNotRunnable, match="care"):
        compile_model(process([start(), end(), in_the_process], "start > end"), {})


def test_a_boundary_event_is_never_set_for_a_compensation() -> None:
    play = straight(*undoable("a"), boundary("ask", "a", definition(EventKind.MESSAGE, "m"), interrupting=False), throws(),
                    extra=[end("e2")])  # fmt: skip
    assert {token.node.id for token in play.run.tokens()} == {"a", "ask"}


def supplements(*, undone: bool) -> Definitions:
    """A task that is done again and again; what undoes it needs one short value."""
    back = replace(service("unpay"), operation=OperationUse("x", inputs=(Argument("of", "receipt"),)))
    nodes = [start(), xor("again"), person("pay", form=fields("receipt", "note")), xor("more"), throws(), end()]
    beside = undone_by("pay", back) if undone else [*undone_by("first", back), person("first")]
    flow = "start > again > pay > more" if undone else "start > first > again > pay > more"
    return process([*nodes, *beside], flow, "more > again if another", "more > undo by default", "undo > end")


def after_passes(number: int, *, undone: bool) -> tuple[int, int, Run]:
    """The tasks in the tree and the bytes of the state after so many passes, each saved and restored."""
    model = compile_model(supplements(undone=undone), {})
    run = Run.start(model, NOW, {}, {"receipt": "R"})
    run.advance(lambda node: None)
    if not undone:
        run.complete(run.tokens()[0].id, {})
        run.advance(lambda node: None)
    for each in range(number):
        (token,) = run.tokens()
        run.complete(token.id, {"receipt": f"R{each:04}", "note": "x" * 2_000, "another": True})
        run.advance(lambda node: None)
        state = run.save()
        run = Run.restore(model, state, NOW, {})
    return len(run.tasks), len(state), run


def test_the_thousandth_pass_costs_what_the_first_did_where_nothing_in_the_loop_is_undone() -> None:
    assert after_passes(1_000, undone=False)[:2] == after_passes(1, undone=False)[:2]


def test_a_pass_that_can_be_undone_leaves_behind_its_place_and_the_one_value_that_is_needed() -> None:
    tasks, first, _ = after_passes(1, undone=True)
    more_tasks, last, run = after_passes(1_000, undone=True)
    assert more_tasks == tasks
    assert (last - first) / 999 < 45, "bytes a pass, and none of the 2,000 of the note"
    run.complete(run.tokens()[0].id, {"receipt": "last", "another": False})
    asked = []
    for _ in range(1_001):
        run.advance(lambda node: None)
        (token,) = [token for token in run.tokens() if token.wait is Wait.SERVICE]
        asked.append(run.inputs_of(token)["of"])
        run.complete(token.id, {})
    run.advance(lambda node: None)
    assert run.is_over
    assert asked == ["last", *(f"R{number:04}" for number in reversed(range(1_000)))]
