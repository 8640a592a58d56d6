"""States that some release saved: each loads today, and its dossier goes on to its end as it would have then."""

from __future__ import annotations

from pathlib import Path

import pytest

from motcua.engine.spiff.run import Run
from tests.states import basic_examples, make

SAVED = sorted(make.HERE.glob("*/*.msgpack"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_state_that_was_saved_once_loads_and_its_dossier_goes_on_to_the_end(path: Path) -> None:
    example = make.EXAMPLES[path.stem]
    state = path.read_bytes()
    run = Run.restore(example.compiled(), state, basic_examples.NOW, {})
    assert run.save() == state, "looking at it changes nothing"
    assert tuple(basic_examples.move(run, example.after)) == example.done
    assert run.is_over


def test_every_example_was_saved_by_some_release() -> None:
    assert {path.stem for path in SAVED} == set(make.EXAMPLES)


def test_hostile_data_come_back_as_they_were() -> None:
    path = next(path for path in SAVED if path.stem == "hostile_data_at_a_user_task")
    run = Run.restore(make.EXAMPLES[path.stem].compiled(), path.read_bytes(), basic_examples.NOW, {})
    assert run.scope == basic_examples.HOSTILE
