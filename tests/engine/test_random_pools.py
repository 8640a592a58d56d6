"""Laws of two pools that speak with each other, over random pairs of models: whoever moves first, and saved after every step."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import Definitions, EventKind, LoopKind, Node, NodeKind
from motcua.engine.codec import encode
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.spiff.run import Run, Token, Wait
from tests.composed_models import AROUND_ONE, AROUND_TWO, LEAVES, VARIABLES, Block, Drawing, draw
from tests.engine.play import NOW, Play
from tests.small_models import (
    DECISIONS,
    begin_with,
    definition,
    end,
    message,
    node,
    person,
    pools,
    process,
    repeated,
    script,
    sends,
    start,
    sub_process,
    takes,
    tells,
)
from tests.strategies import composed_blocks

_WITHOUT_LISTS = composed_blocks.filter(lambda block: "parallel instances" not in str(block))
_NAMES = "\n".join(f"{name} = {value!r}" for name, value in VARIABLES.items() if name != "items")


def conversation(blocks: list[Block]) -> tuple[CompiledModel, list[str]]:
    """Two pools that speak twice, with a block before and after every word; and the nodes that must be passed exactly once."""
    names = itertools.count()
    shared: dict[str, Definitions] = {}
    main, other = Drawing(names, shared), Drawing(names, shared)
    a, b, c, d, e = blocks
    chains: tuple[tuple[Drawing, list[Node | Block]], ...] = (
        (main, [start("begin"), a, sends("ask", "question", n="3"), b, sends("more", "papers"), c,
                message("hear", "answer", payload=takes("m")), person("tail"), end("finish")]),
        (other, [begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")), script("names", _NAMES), d,
                 node("take", NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, "papers")), e,
                 tells("tell", "answer", m="n + 1")]),
    )  # fmt: skip
    for drawing, chain in chains:
        last = None
        for each in chain:
            first, after = (drawing.add(each),) * 2 if isinstance(each, Node) else draw(each, drawing)
            if last is not None:
                drawing.flow(f"{last} > {first}")
            last = after
    model = pools(
        process(main.nodes, *main.flows),
        process(other.nodes, *other.flows, id="other"),
        messages=["ask > asked", "more > take", "tell > hear"],
    )
    return compile_model(model, shared, DECISIONS), ["begin", "ask", "more", "hear", "tail", "finish", "asked", "take", "tell"]


_MOVABLE = {Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER}


def course(
    model: CompiledModel, pool_first: list[bool], *, saving: bool, wild: list[int] | None = None
) -> tuple[Run, Counter[str]]:
    """Play to the end. Within a pool the moves are always the same; `pool_first` says which pool moves when both can.

    wild: instead, which of all tokens moves first, events that interrupt and come again included.
    """
    run = Run.start(model, NOW, {}, VARIABLES)
    done: Counter[str] = Counter()
    run.advance(lambda each: done.update([each.id]))
    for number in range(600):
        if saving:
            state, before = run.save(), (run.tokens(), run.mail)
            run = Run.restore(model, state, NOW, {})
            assert (run.tokens(), run.mail) == before
            assert run.save() == state
        everything = [each for each in run.tokens() if each.wait in _MOVABLE and each.takes_messages]
        everything.sort(key=lambda each: (each.process, each.node.id))
        movable = [each for each in everything if not each.node.id.startswith(("stop", "more"))]
        if not movable:
            return run, done
        if wild and number < len(wild):
            token = everything[wild[number] % len(everything)]
        else:
            sides: tuple[list[Token], list[Token]] = ([], [])
            for each in movable:
                sides[_is_others(run, each)].append(each)
            token = (sides[number < len(pool_first) and pool_first[number]] or sides[0] or sides[1])[0]
        if token.wait in {Wait.MESSAGE, Wait.TIMER}:
            run.fire(token.id, {})
        else:
            run.complete(token.id, {"left": True, "right": True, "more": False} if token.wait is Wait.PERSON else {})
        run.advance(lambda each: done.update([each.id]))
    raise AssertionError("the model did not end")


def _is_others(run: Run, token: Token) -> bool:
    instance = run._find(token.id).workflow
    while instance.parent_task is not None and instance.spec.name != "other":
        instance = instance.parent_task.workflow
    return str(instance.spec.name) == "other"


@settings(max_examples=40)
@given(st.lists(_WITHOUT_LISTS, min_size=5, max_size=5), st.lists(st.booleans(), max_size=40), st.lists(st.booleans(), max_size=40))
def test_whoever_is_first_two_pools_come_to_the_same_end_and_nothing_is_lost_or_doubled(
    blocks: list[Block], one: list[bool], another: list[bool]
) -> None:
    model, once = conversation(blocks)
    run, done = course(model, one, saving=True)
    assert run.is_over
    assert not run.tokens()
    assert not run.instances
    assert not run.mail
    assert {each: done[each] for each in once} == dict.fromkeys(once, 1)
    unsaved, same = course(model, one, saving=False)
    assert (same, encode(unsaved.scope)) == (done, encode(run.scope))
    other_way, alike = course(model, another, saving=True)
    assert (alike, encode(other_way.scope)) == (done, encode(run.scope))


@settings(max_examples=40)
@given(st.lists(_WITHOUT_LISTS, min_size=5, max_size=5), st.lists(st.integers(0, 9), min_size=1, max_size=25))
def test_whatever_is_interrupted_inside_every_word_is_said_once_and_saving_changes_nothing(
    blocks: list[Block], wild: list[int]
) -> None:
    model, once = conversation(blocks)
    (kept, done), (unsaved, same) = (course(model, [], saving=saving, wild=wild) for saving in (True, False))
    assert kept.is_over
    assert not kept.mail
    assert {each: done[each] for each in once} == dict.fromkeys(once, 1)
    assert (same, encode(unsaved.scope)) == (done, encode(kept.scope))


BLOCKS: list[Block] = [
    *((kind,) for kind in LEAVES),
    *((kind, ("person",)) for kind in AROUND_ONE if kind != "parallel instances"),
    *((kind, ("person",), ("service",)) for kind in AROUND_TWO),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block[0]))
def test_every_element_occurs_before_and_after_every_word_in_both_pools_under_save_and_restore(block: Block) -> None:
    model, once = conversation([block] * 5)
    courses = [course(model, pool_first, saving=True) for pool_first in ([False] * 40, [True] * 40, [True, False] * 20)]
    for run, done in courses:
        assert run.is_over
        assert not run.mail
        assert {each: done[each] for each in once} == dict.fromkeys(once, 1)
        assert done == courses[0][1]


@settings(max_examples=60)
@given(st.integers(0, 5), st.lists(st.booleans(), max_size=12))
def test_as_many_messages_as_were_sent_start_a_process_each_or_are_kept(number: int, work_first: list[bool]) -> None:
    asks = repeated(sub_process("each", [start("s"), person("a"), sends("ask", "question", n="loop_counter"), end("e")],
                                "s > a > ask > e"), LoopKind.SEQUENTIAL, cardinality=str(number))  # fmt: skip
    main = process([start(), asks, person("tail"), end()], "start > each > tail > end")
    other = process(
        [begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")), person("work"), end("end2")],
        "asked > work > end2",
        id="other",
    )
    play = Play(pools(main, other, messages=["ask > asked"]))
    turns = iter([*work_first, *([True, False] * (2 * number + 2))])
    while play.waits() & {"a", "work"}:
        possible = sorted(play.waits() & {"a", "work"})
        play.complete(possible[-1] if next(turns) else possible[0])
        assert play.done.count("ask") == play.done.count("asked") + len(play.run.mail)
        assert play.count("work") <= 1
    play.complete("tail")
    assert play.run.is_over
    assert play.done.count("end2") == number
