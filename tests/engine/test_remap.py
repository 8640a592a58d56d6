"""Tokens that go on in another version's model: what moves, and every reason why something cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import (
    Body,
    Definitions,
    EventDefinition,
    EventKind,
    LoopKind,
    Node,
    NodeKind,
    Repetition,
    Timer,
    TimerKind,
)
from motcua.engine.compiled import CompiledProcedure, compile_version
from motcua.engine.migration import MigrationPlan, why_not_moved
from motcua.engine.spiff.compile import compile_model
from motcua.engine.spiff.ledger_remap import undoing_now
from motcua.engine.spiff.remap import remap
from motcua.engine.spiff.run import Run, Wait
from motcua.procedures_catalog.catalog import load_catalog
from tests.composed_models import VARIABLES, Block, whole
from tests.factories import a_dossier
from tests.small_models import (
    DECISIONS,
    call,
    end,
    message,
    node,
    on_message,
    parallel,
    person,
    process,
    race,
    service,
    start,
    sub_process,
    timer,
    xor,
)
from tests.strategies import composed_blocks

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
ANY = compile_version(load_catalog().versions("1.001193")[0])


def version(name: str, main: Definitions, *shared: Definitions) -> CompiledProcedure:
    return replace(ANY, version_id=name, model=compile_model(main, {each.id: each for each in shared}))


def running(compiled: CompiledProcedure, *completed: str) -> Run:
    run = Run.start(compiled.model, NOW, {}, {"left": True, "steps": 0})
    run.advance(lambda node: None)
    for node_id in completed:
        run.complete(next(token.id for token in run.tokens() if token.node.id == node_id), {})
        run.advance(lambda node: None)
    return Run.restore(compiled.model, run.save(), LATER, {})


def reasons(run: Run, old: CompiledProcedure, new: CompiledProcedure, **renamed: str) -> list[str]:
    plan = MigrationPlan("old", "new", renamed)
    return why_not_moved(a_dossier(version_id="old"), run, old, new, plan)


def move(run: Run, old: CompiledProcedure, new: CompiledProcedure, **renamed: str) -> Run:
    assert reasons(run, old, new, **renamed) == []
    plan = MigrationPlan("old", "new", renamed)
    return Run.restore(new.model, remap(run, new.model, plan.name), LATER, {})


def straight(*nodes: Node) -> Definitions:
    """One after the other; boundary events lead to an end of their own."""
    main = [node for node in nodes if node.attached_to is None]
    side = [node for node in nodes if node.attached_to is not None]
    flows = [" > ".join(["start", *(node.id for node in main), "end"]), *(f"{node.id} > {node.id}_end" for node in side)]
    return process([start(), *nodes, end(), *(end(f"{node.id}_end") for node in side)], *flows)


def test_a_token_keeps_its_id_and_the_instant_of_its_arrival() -> None:
    old, new = version("old", straight(person("a"))), version("new", straight(person("b"), person("c")))
    run = running(old)
    (before,) = run.tokens()
    (after,) = move(run, old, new, a="b").tokens()
    assert (after.id, after.at, after.node.id) == (before.id, NOW, "b")


def test_a_running_timer_keeps_its_start() -> None:
    old, new = version("old", straight(timer("t", "15 working days"))), version("new", straight(timer("t", "20 working days")))
    (after,) = move(running(old), old, new).tokens()
    assert after.at == NOW
    assert after.node.event is not None
    assert after.node.event.timer is not None
    assert after.node.event.timer.text == "20 working days"


def test_boundary_events_that_the_new_version_adds_are_set_at_the_migration_and_those_it_drops_are_gone() -> None:
    bare = version("old", straight(person("a")))
    watched = version("new", straight(person("a"), on_message("withdrawn", "a")))
    added = move(running(bare), bare, watched)
    assert {token.node.id: token.at for token in added.tokens()} == {"a": NOW, "withdrawn": LATER}
    added.fire(next(token.id for token in added.tokens() if token.node.id == "withdrawn"), {})
    added.advance(lambda node: None)
    assert added.is_over, "the event that was set interrupts"
    dropped = move(running(watched), watched, bare)
    assert {token.node.id for token in dropped.tokens()} == {"a"}
    dropped.complete(dropped.tokens()[0].id, {})
    dropped.advance(lambda node: None)
    assert dropped.is_over


def test_a_boundary_event_that_happened_already_is_not_set_again_by_a_migration() -> None:
    event = EventDefinition(EventKind.TIMER, timer=Timer(TimerKind.DURATION, "8 hours"))
    reminded = straight(person("a"), node("late", NodeKind.BOUNDARY_EVENT, event=event, attached_to="a", cancel_activity=False))
    old, new = version("old", reminded), version("new", reminded)
    run = running(old)
    run.fire(next(token.id for token in run.tokens() if token.node.id == "late"), {})
    run.advance(lambda node: None)
    assert {token.node.id for token in move(Run.restore(old.model, run.save(), LATER, {}), old, new).tokens()} == {"a"}


def test_one_boundary_event_may_take_the_place_of_another() -> None:
    old = version("old", straight(person("a"), on_message("x", "a"), on_message("y", "a")))
    new = version("new", straight(person("a"), on_message("y", "a"), on_message("z", "a")))
    assert {token.node.id: token.at for token in move(running(old), old, new).tokens()} == {"a": NOW, "y": NOW, "z": LATER}


def nested(inner: str, around: str) -> Definitions:
    return straight(sub_process(around, [start(), person(inner), end()], f"start > {inner} > end"))


def test_tokens_inside_a_sub_process_move_with_it() -> None:
    old, new = version("old", nested("work", "block")), version("new", nested("task", "stage"))
    run = move(running(old), old, new, work="task", block="stage")
    assert [(token.process, token.node.id) for token in run.tokens()] == [("main", "stage"), ("main/stage", "task")]
    assert "has no place" in " ".join(reasons(running(old), old, new, work="task"))


def test_a_shared_part_may_be_another_one_if_what_waits_in_it_has_a_place_there() -> None:
    def part(name: str, task: str) -> Definitions:
        return process([start(), person(task), end()], f"start > {task} > end", id=name)

    old = version("old", straight(call("go", "commune")), part("commune", "sign"))
    new = version("new", straight(call("go", "department")), part("department", "sign"))
    other = version("new", straight(call("go", "department")), part("department", "seal"))
    assert [token.process for token in move(running(old), old, new).tokens()] == ["main", "department"]
    assert reasons(running(old), old, other) == ['"sign" has no place in the same process of the new version; map it to one']


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (person("a"), service("a"), '"a" is a user task and would become a service task'),
        (service("a", "x.one"), service("a", "x.two"), '"a" has asked for "x.one", and the new version asks for "x.two"'),
        (message("a"), timer("a", "8 hours"), "would become a duration timer intermediate catch event"),
        (
            sub_process("a", [start(), person("in"), end()], "start > in > end"),
            call("a", "part"),
            '"a" is a sub process and would become a call activity',
        ),
    ],
)
def test_a_token_never_becomes_one_of_another_kind(before: Node, after: Node, reason: str) -> None:
    part = process([start(), person("in"), end()], "start > in > end", id="part")
    old, new = version("old", straight(before), part), version("new", straight(after), part)
    assert reason in " ".join(reasons(running(old), old, new))


def test_a_boundary_event_stays_with_its_activity_and_goes_on_interrupting() -> None:
    old = version("old", straight(person("a"), on_message("x", "a")))
    elsewhere = version("new", straight(person("a"), person("b"), on_message("x", "b")))
    gentle = version("new", straight(person("a"), on_message("x", "a", interrupting=False)))
    assert reasons(running(old), old, elsewhere) == ['"x" is attached to "a" and would be attached to "b"']
    assert reasons(running(old), old, gentle) == ['"x" would no longer interrupt, or begin to']


def block(*tasks: str, join: str = "join") -> Definitions:
    flows = [f"split > {task} > {join}" for task in tasks]
    return process(
        [start(), parallel("split"), *map(person, tasks), parallel(join), person("after"), end()],
        "start > split",
        *flows,
        f"{join} > after > end",
    )


def test_a_join_that_already_holds_tokens_must_have_the_same_ways_in() -> None:
    old = version("old", block("a", "b"))
    wider = version("new", block("a", "b", "c"))
    held = 'tokens wait at the join "join", and other ways lead into it in the new version'
    assert held in reasons(running(old, "a"), old, wider)
    assert reasons(running(old), old, wider) == ['the block of "split" has more or fewer branches in the new version']
    renamed = version("new", block("a1", "b1", join="meet"))
    moved = move(running(old, "a"), old, renamed, a="a1", b="b1", join="meet")
    moved.complete(next(token.id for token in moved.tokens() if token.node.id == "b1"), {})
    moved.advance(lambda node: None)
    assert [token.node.id for token in moved.tokens()] == ["after"]


def test_a_token_neither_enters_nor_leaves_a_parallel_block() -> None:
    old, new = version("old", straight(person("a"), person("b"))), version("new", block("a", "b"))
    assert reasons(running(old), old, new) == ['"a" would lie in another parallel block']
    assert reasons(running(new), new, old) == ['"a" would lie in another parallel block', '"b" would lie in another parallel block']


def test_two_branches_never_become_one() -> None:
    old = version("old", block("a", "b"))
    new = version(
        "new",
        process(
            [start(), parallel("split"), person("x"), person("y"), person("z"), parallel("join"), end()],
            "start > split > x > y > join > end",
            "split > z > join",
        ),
    )
    assert 'two branches of "split" would become one' in reasons(running(old), old, new, a="x", b="y")
    assert reasons(running(old), old, new, a="y", b="z") == []


def test_events_that_are_awaited_together_are_awaited_together_by_the_new_version() -> None:
    def waiting(*events: str) -> Definitions:
        flows = [f"wait > {event} > meet" for event in events]
        return process([start(), race("wait"), *map(message, events), xor("meet"), end()], "start > wait", *flows, "meet > end")

    old = version("old", waiting("came", "late"))
    found = reasons(running(old), old, version("new", waiting("came", "late", "never")))
    assert '"came" is awaited together with other events, and with others in the new version' in found
    assert {token.node.id for token in move(running(old), old, version("new", waiting("came", "gone")), late="gone").tokens()} == {
        "came",
        "gone",
    }


def asked(loop: LoopKind, **how: Any) -> Node:
    return node("ask", NodeKind.USER_TASK, loop=loop, repetition=Repetition(**how))


def test_the_instances_of_a_repetition_move_with_what_each_has_done() -> None:
    how = {"collection": "items", "item": "item", "output_collection": "out", "output_item": "o"}
    old, new = version("old", straight(asked(LoopKind.PARALLEL, **how))), version("new", straight(asked(LoopKind.PARALLEL, **how)))
    run = Run.start(old.model, NOW, {}, {"items": ["a", "b", "c"]})
    run.advance(lambda node: None)
    first, *others = (token.id for token in run.tokens())
    run.complete(first, {"o": "1"})
    run.advance(lambda node: None)
    moved = move(Run.restore(old.model, run.save(), LATER, {}), old, new)
    assert [token.id for token in moved.tokens()] == others
    for number, token in enumerate(others, start=2):
        moved.complete(token, {"o": str(number)})
        moved.advance(lambda node: None)
    assert moved.scope["out"] == ["1", "2", "3"]


def test_a_repetition_becomes_neither_another_kind_of_repetition_nor_a_single_task() -> None:
    old = version("old", straight(asked(LoopKind.PARALLEL, cardinality="2")))
    once, after_another = straight(person("ask")), straight(asked(LoopKind.SEQUENTIAL, cardinality="2"))
    assert "has no place" in " ".join(reasons(running(old), old, version("new", once)))
    assert "would become a sequential repeated user task" in " ".join(reasons(running(old), old, version("new", after_another)))


def listening(*messages: str) -> Definitions:
    def handler(message: str) -> Node:
        begin = node(message, NodeKind.START_EVENT, event=EventDefinition(EventKind.MESSAGE, message=message))
        task, finish = f"handle_{message}", f"end_{message}"
        inner = process([begin, person(task), end(finish)], f"{message} > {task} > {finish}").processes[0]
        body = Body(inner.nodes, inner.flows)
        return node(f"on_{message}", NodeKind.SUB_PROCESS, triggered_by_event=True, is_interrupting=False, body=body)

    return process([start(), person("work"), end(), *map(handler, messages)], "start > work > end")


def test_event_sub_processes_listen_on_and_those_that_run_move_with_what_waits_in_them() -> None:
    old, new = version("old", listening("paid")), version("new", listening("paid"))
    waiting = move(running(old), old, new)
    assert {token.node.id for token in waiting.tokens()} == {"work", "paid"}
    started = running(old)
    started.fire(next(token.id for token in started.tokens() if token.node.id == "paid"), {})
    started.advance(lambda node: None)
    inside = move(Run.restore(old.model, started.save(), LATER, {}), old, new)
    assert "handle_paid" in {token.node.id for token in inside.tokens()}


def test_a_version_that_listens_for_something_else_is_refused() -> None:
    old = version("old", listening("paid"))
    other = "the new version has other event sub-processes where it stands"
    assert other in reasons(running(old), old, version("new", listening("paid", "withdrawn")))
    assert reasons(running(old), old, version("new", listening())) != []


@given(composed_blocks, st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_migration_to_an_equal_version_changes_nothing(block: Block, path: list[tuple[int, bool]]) -> None:
    drawn = whole(block)
    old, new = (replace(ANY, version_id=name, model=compile_model(drawn.model, drawn.shared, DECISIONS)) for name in ("old", "new"))
    run = Run.start(old.model, NOW, {}, VARIABLES)
    run.advance(lambda node: None)
    for step, more in path:
        tokens = [token for token in run.tokens() if token.wait in (Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER)]
        if not tokens:
            break
        token = tokens[step % len(tokens)]
        if token.wait in (Wait.MESSAGE, Wait.TIMER):
            run.fire(token.id, {})
        else:
            run.complete(token.id, {"more": more} if token.wait is Wait.PERSON else {})
        run.advance(lambda node: None)
    state = run.save()
    if undoing_now(run):
        assert reasons(Run.restore(old.model, state, LATER, {}), old, new) == undoing_now(run)
        return
    if not run.is_over:
        assert reasons(Run.restore(old.model, state, LATER, {}), old, new) == []
    assert remap(Run.restore(old.model, state, LATER, {}), new.model, lambda name: name) == state
