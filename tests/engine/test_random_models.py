"""Laws that hold for every sound model and every course of events."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import Definitions, NodeKind, walk
from motcua.engine.spiff.compile import compile_model
from motcua.engine.spiff.run import Run, Token, Wait
from tests.strategies import sound_models

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MOST_MOVES = 400


def waiting(run: Run) -> list[Token]:
    return [token for token in run.tokens() if token.wait is not Wait.OTHER]


def move(run: Run, token: Token, values: dict[str, bool]) -> None:
    if token.wait is Wait.MESSAGE:
        run.fire(token.id, {})
    else:
        run.complete(token.id, {**values} if token.wait is Wait.PERSON else {})


def played(model: Definitions, choices: list[tuple[int, bool, bool]], *, saving: bool) -> tuple[Run, Counter[str]]:
    """The model played to its end; when the choices are used up, nobody wants another round."""
    compiled = compile_model(model, {})
    run = Run.start(compiled, NOW, {}, {"steps": 0, "left": True, "more": False})
    done: Counter[str] = Counter()
    run.advance(lambda node: done.update([node.id]))
    for number in range(MOST_MOVES):
        if saving:
            state = run.save()
            run = Run.restore(compiled, state, NOW, {})
            assert run.save() == state
        tokens = waiting(run)
        if not tokens:
            return run, done
        pick, left, more = choices[number] if number < len(choices) else (0, True, False)
        # By place in the model, not by identity: ids differ from run to run.
        token = sorted(tokens, key=lambda t: (t.process, t.node.id))[pick % len(tokens)]
        move(run, token, {"left": left, "more": more})
        run.advance(lambda node: done.update([node.id]))
    raise AssertionError(f"the model did not end after {MOST_MOVES} moves")


choices = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=20)


@settings(max_examples=60)
@given(sound_models(), choices)
def test_every_run_of_a_sound_model_ends_and_leaves_no_token(model: Definitions, moves: list[tuple[int, bool, bool]]) -> None:
    run, done = played(model, moves, saving=False)
    assert run.is_over
    assert done["end"] == 1, "the end is reached once: no token was lost, none doubled"
    assert not run.tokens()


@settings(max_examples=60)
@given(sound_models(), choices)
def test_a_dossier_that_is_saved_after_every_step_goes_the_same_way(
    model: Definitions, moves: list[tuple[int, bool, bool]]
) -> None:
    kept, done_in_memory = played(model, moves, saving=False)
    restored, done_with_saves = played(model, moves, saving=True)
    assert done_in_memory == done_with_saves
    assert kept.scope == restored.scope


@settings(max_examples=40)
@given(sound_models(), choices)
def test_both_gateways_of_a_parallel_block_are_passed_equally_often(
    model: Definitions, moves: list[tuple[int, bool, bool]]
) -> None:
    _, done = played(model, moves, saving=True)
    gateways = [node.id for node in walk(model.processes[0]) if node.kind is NodeKind.PARALLEL_GATEWAY]
    splits = [g for g in gateways if g.startswith("split")]
    for split in splits:
        join = f"join{int(split.removeprefix('split')) + 1}"
        assert done[split] == done[join]
