"""Laws that hold for every sound model and every course of events.

The random models are composed of every element that the engine runs (tests/composed_models.py), and so are all pairs of them: each
block inside each other, and each after each. CI plays `MODELS_IN_CI` random ones, people fewer at a time.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.checks.handlers import handlers
from motcua.bpmn.elements import EventKind, LoopKind, NodeKind, bodies, walk
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.spiff.kinds import EVENTS
from motcua.engine.spiff.run import Run, Token, Wait
from motcua.engine.values import Value
from tests.composed_models import AROUND_ONE, AROUND_TWO, LEAVES, VARIABLES, Block, Drawn, whole
from tests.engine.play import NOW
from tests.engine.test_supported_elements import SAYS
from tests.small_models import DECISIONS
from tests.strategies import composed_blocks

MOST_MOVES = 600
MODELS_IN_CI = 2_000
EXAMPLES = MODELS_IN_CI // 2 if os.environ.get("CI") else 40

# One move: which token, whether an event that interrupts or comes again may be taken, and what a person answers.
Move = tuple[int, bool, bool, bool, bool]
QUIET: Move = (0, False, True, True, False)


@dataclass
class Course:
    """What happened: how often each node was done, in which order, and how often the state was saved."""

    run: Run
    done: list[str] = field(default_factory=list)
    saves: int = 0

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.done)


def play(model: CompiledModel, moves: list[Move], *, saving: bool) -> Course:
    """The model played to its end; when the moves are used up, nobody wants another round and nothing is interrupted."""
    course = Course(Run.start(model, NOW, {}, VARIABLES))
    course.run.advance(lambda node: course.done.append(node.id))
    for number in range(MOST_MOVES):
        if saving:
            state = course.run.save()
            before = [_seen(token) for token in course.run.tokens()]
            course.run = Run.restore(model, state, NOW, {})
            assert course.run.save() == state, "restoring and saving again changes nothing"
            assert [_seen(token) for token in course.run.tokens()] == before
            course.saves += 1
        tokens = [token for token in course.run.tokens() if token.wait in _MOVABLE]
        if not tokens:
            return course
        _move(course.run, tokens, moves[number] if number < len(moves) else QUIET)
        course.run.advance(lambda node: course.done.append(node.id))
    raise AssertionError(f"the model did not end after {MOST_MOVES} moves")


_MOVABLE = {Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER}


def _seen(token: Token) -> tuple[object, ...]:
    return token.id, token.node.id, token.process, token.wait, token.at, token.round


def _move(run: Run, tokens: list[Token], move: Move) -> None:
    pick, eventful, left, right, more = move
    if not eventful:
        tokens = [token for token in tokens if not token.node.id.startswith(("stop", "more"))]
    # By place in the model, not by identity: ids differ from run to run.
    token = sorted(tokens, key=lambda t: (t.process, t.node.id))[pick % len(tokens)]
    if token.wait in {Wait.MESSAGE, Wait.TIMER}:
        run.fire(token.id, {})
    else:
        answers: dict[str, Value] = {"left": left, "right": right, "more": more}
        run.complete(token.id, answers if token.wait is Wait.PERSON else {})


def compiled(drawn: Drawn) -> CompiledModel:
    return compile_model(drawn.model, drawn.shared, DECISIONS)


moves = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.booleans(), st.booleans()), max_size=20)


@settings(max_examples=EXAMPLES)
@given(composed_blocks, moves)
def test_a_dossier_that_is_saved_after_every_step_goes_the_same_way_to_its_end(block: Block, taken: list[Move]) -> None:
    drawn = whole(block)
    cached = compiled(drawn)
    kept, restored = play(cached, taken, saving=False), play(cached, taken, saving=True)
    assert kept.run.is_over
    assert not kept.run.tokens()
    assert not kept.run.instances
    assert kept.counts["tail"] == kept.counts["end"] == 1, "the end is reached once: no token was lost, none doubled"
    assert kept.done == restored.done
    assert kept.run.scope == restored.run.scope


@settings(max_examples=EXAMPLES)
@given(composed_blocks, moves, moves)
def test_a_model_that_others_used_before_runs_like_a_fresh_one(block: Block, others: list[Move], taken: list[Move]) -> None:
    drawn = whole(block)
    used = compiled(drawn)
    play(used, others, saving=True)
    before, after = play(compiled(drawn), taken, saving=True), play(used, taken, saving=True)
    assert before.done == after.done
    assert before.run.scope == after.run.scope
    _tokens_are_conserved(drawn, before)


def _tokens_are_conserved(drawn: Drawn, course: Course) -> None:
    """A join is passed at most as often as its split, and exactly as often where nothing was interrupted."""
    interrupted = any(name.startswith(("stop", "kill")) for name in course.counts)
    for definitions in (drawn.model, *drawn.shared.values()):
        for body in bodies(definitions.processes[0]):
            gateways = {node.id for node in body.nodes if node.kind in {NodeKind.PARALLEL_GATEWAY, NodeKind.INCLUSIVE_GATEWAY}}
            for split, join in _pairs(gateways):
                assert course.counts[join] <= course.counts[split]
                assert interrupted or course.counts[join] == course.counts[split]


def _pairs(gateways: set[str]) -> list[tuple[str, str]]:
    """Splits and joins are named in turn: psplit4 and pjoin5."""
    found = []
    for split in gateways:
        kind, _, number = split.partition("split")
        join = f"{kind}join{int(number) + 1}" if number else ""
        if join in gateways:
            found.append((split, join))
    return found


OUTER: list[tuple[str, Callable[[Block], Block]]] = [
    *((kind, lambda inner, kind=kind: (kind, inner)) for kind in AROUND_ONE),
    *((f"{kind}, first", lambda inner, kind=kind: (kind, inner, ("person",))) for kind in AROUND_TWO),
    *((f"{kind}, second", lambda inner, kind=kind: (kind, ("person",), inner)) for kind in AROUND_TWO),
]
SINGLE: list[tuple[str, Block]] = [
    *((kind, (kind,)) for kind in LEAVES),
    *((kind, (kind, ("person",))) for kind in AROUND_ONE),
    *((kind, (kind, ("person",), ("service",))) for kind in AROUND_TWO),
]


def _saved_and_alike(block: Block, seed: int) -> int:
    """Play a model quietly, and at random with and without saving. Returns how often the state was saved and restored."""
    model = compiled(whole(block))
    rng = random.Random(seed)
    wild: list[Move] = [
        (rng.randrange(6), rng.random() < 0.6, rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.3) for _ in range(12)
    ]
    quiet, kept, restored = play(model, [], saving=True), play(model, wild, saving=False), play(model, wild, saving=True)
    assert kept.done == restored.done
    assert kept.run.scope == restored.run.scope
    assert quiet.counts["tail"] == quiet.counts["end"] == restored.counts["tail"] == restored.counts["end"] == 1
    return quiet.saves + restored.saves


def test_every_pair_of_elements_occurs_under_save_and_restore(capsys: pytest.CaptureFixture[str]) -> None:
    inside = {
        (outer, inner): _saved_and_alike(around(block), index)
        for index, ((outer, around), (inner, block)) in enumerate(itertools.product(OUTER, SINGLE))
    }
    after = {
        (first, second): _saved_and_alike(("sequence", one, other), index)
        for index, ((first, one), (second, other)) in enumerate(itertools.product(SINGLE, SINGLE))
    }
    with capsys.disabled():
        print(f"\nElement pairs under save and restore: {_told(inside)} outer × inner, {_told(after)} before × after")
    assert min(inside.values()) >= 2
    assert min(after.values()) >= 2
    assert {kind for kind, _ in SINGLE} == {*LEAVES, *AROUND_ONE, *AROUND_TWO}


def _told(pairs: dict[tuple[str, str], int]) -> str:
    return f"{sum(saves > 0 for saves in pairs.values())} of {len(pairs)}"


POSITIONS = {
    NodeKind.INTERMEDIATE_CATCH_EVENT: "catch",
    NodeKind.INTERMEDIATE_THROW_EVENT: "throw",
    NodeKind.END_EVENT: "end",
    NodeKind.BOUNDARY_EVENT: "boundary",
    NodeKind.START_EVENT: "handler",
}


def test_the_blocks_show_every_event_that_the_manual_names_in_every_position_interrupting_and_not() -> None:
    shown = set()
    for _, block in SINGLE:
        drawn = whole(block)
        for definitions in (drawn.model, *drawn.shared.values()):
            starts = {start.id for _, start in handlers(walk(definitions.processes[0]))}
            for node in walk(definitions.processes[0]):
                if node.kind in POSITIONS and (node.kind is not NodeKind.START_EVENT or node.id in starts):
                    interrupting = node.is_interrupting if node.id in starts else node.cancel_activity
                    shown.add((node.event_kind, POSITIONS[node.kind], interrupting))
    named = set()
    for (kind, position), says in SAYS.items():
        if says != "–" and position in POSITIONS.values():
            named |= {(kind, position, True)}
            # What is undone is over: for compensation it makes no difference whether the event interrupts.
            both = says == "yes" and position in {"boundary", "handler"} and kind is not EventKind.COMPENSATE
            named |= {(kind, position, False)} if both else set()
    assert shown == named


def test_the_blocks_show_every_kind_of_node_that_the_engine_runs() -> None:
    shown = [
        node
        for _, block in SINGLE
        for drawn in [whole(block)]
        for definitions in (drawn.model, *drawn.shared.values())
        for node in walk(definitions.processes[0])
    ]
    assert {(node.kind, node.event_kind) for node in shown if node.kind in EVENTS} == {
        (kind, event) for kind, events in EVENTS.items() for event in events
    }
    assert {node.loop for node in shown} == {None, *LoopKind}
    assert {node.kind for node in shown} == set(NodeKind) - {
        NodeKind.TASK,
        NodeKind.AD_HOC_SUB_PROCESS,
        NodeKind.COMPLEX_GATEWAY,
    }
