"""Which handlers run, and in which order, for random models and courses: the engine against a slow oracle.

The oracle knows nothing of ledgers. It reads the list of what was completed, in order, and the drawing: an activity is undone if
it was completed, and if every sub-process around it, up to where the compensation was thrown, was completed after it and has
no handler of its own. A cancelled transaction also undoes what was completed in sub-processes that still ran.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import EventKind, Node, NodeKind
from motcua.engine.spiff.run import Wait
from tests.engine.play import Play
from tests.small_models import (
    end,
    end_with,
    handler,
    node,
    on,
    parallel,
    person,
    process,
    start,
    sub_process,
    transaction,
    undo,
    undone_by,
    xor,
)

# ("task", has a handler), ("sub", how it is undone: no, edge or inside, parts), ("loop", parts)
Part: TypeAlias = tuple[Any, ...]

_TASKS = st.tuples(st.just("task"), st.booleans())


def _around(parts: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("sub"), st.sampled_from(["no", "edge", "inside"]), several), st.tuples(st.just("loop"), several)
    )


branches = st.lists(st.lists(st.recursive(_TASKS, _around, max_leaves=6), min_size=1, max_size=3), min_size=1, max_size=3)


@dataclass
class Drawn:
    """around: the sub-processes around each activity, the innermost first.   undone_by: the handler's task of each that has one."""

    names: Iterator[int] = field(default_factory=itertools.count)
    around: dict[str, list[str]] = field(default_factory=dict)
    undone_by: dict[str, str] = field(default_factory=dict)

    def sequence(self, parts: list[Part], around: list[str], nodes: list[Node], flows: list[str]) -> tuple[str, str]:
        """Draw them one after the other; the first node and the last."""
        drawn = [self.part(part, around, nodes, flows) for part in parts]
        flows += [f"{last} > {first}" for (_, last), (first, _) in itertools.pairwise(drawn)]
        return drawn[0][0], drawn[-1][1]

    def part(self, part: Part, around: list[str], nodes: list[Node], flows: list[str]) -> tuple[str, str]:
        kind, number = part[0], next(self.names)
        id = f"{kind}{number}"
        self.around[id] = around
        if kind == "task":
            nodes.append(person(id))
            if part[1]:
                self._handle(id, nodes)
            return id, id
        if kind == "loop":
            again, ask, decide, left = (f"{name}{number}" for name in ("again", "ask", "decide", "left"))
            nodes += [xor(again), person(ask), xor(decide), xor(left)]
            first, last = self.sequence(part[1], around, nodes, flows)
            flows += [f"{again} > {first}", f"{last} > {ask} > {decide}", f"{decide} > {again} if more{number}"]
            flows.append(f"{decide} > {left} by default")
            return again, left
        inside: list[Node] = [start(f"s{number}"), end(f"e{number}")]
        inner: list[str] = []
        first, last = self.sequence(part[2], [id, *around], inside, inner)
        if part[1] == "inside":
            self.undone_by[id] = f"un_{id}"
            begin = f"care{number}_start > un_{id} > ce{number}"
            inside.append(handler(f"care{number}", undo(), [person(f"un_{id}"), end(f"ce{number}")], begin))
        nodes.append(sub_process(id, inside, f"s{number} > {first}", f"{last} > e{number}", *inner))
        if part[1] == "edge":
            self._handle(id, nodes)
        return id, id

    def _handle(self, id: str, nodes: list[Node]) -> None:
        self.undone_by[id] = f"un_{id}"
        nodes += undone_by(id, person(f"un_{id}"))


def drawn_model(parts: list[list[Part]], *, cancelled: bool) -> tuple[Play, Drawn]:
    """The branches side by side in a transaction that "go" cancels, or in a sub-process in which "go" throws a compensation."""
    drawn = Drawn()
    thrown = end_with("undo", EventKind.CANCEL) if cancelled else node("undo", NodeKind.END_EVENT, event=undo())
    nodes: list[Node] = [start("s"), parallel("p"), person("go"), thrown]
    flows = ["s > p > go > undo"]
    for number, branch in enumerate(parts):
        first, last = drawn.sequence(branch, [], nodes, flows)
        nodes.append(end(f"end{number}"))
        flows += [f"p > {first}", f"{last} > end{number}"]
    around: list[Node] = [start(), (transaction if cancelled else sub_process)("scope", nodes, *flows), end()]
    out = [on("out", "scope", EventKind.CANCEL)] if cancelled else []
    return Play(process([*around, *out], "start > scope > end", *("out > end" for _ in out))), drawn


def expected(done: list[str], drawn: Drawn, *, cancelled: bool) -> list[str]:
    """The handlers' tasks in the order in which they must run, for what was completed in this order."""
    undone = []
    for index, id in enumerate(done):
        if id not in drawn.undone_by:
            continue
        outer = [(each, each in done[index:]) for each in drawn.around[id]]
        taken_over = any(completed and each in drawn.undone_by for each, completed in outer)
        if not taken_over and (cancelled or all(completed for _, completed in outer)):
            undone.append(drawn.undone_by[id])
    return undone[::-1]


@settings(max_examples=150, deadline=None)
@given(branches, st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=14), st.booleans())
def test_the_handlers_run_that_the_history_asks_for_in_the_reverse_order_of_completion(
    parts: list[list[Part]], moves: list[tuple[int, bool]], cancelled: bool
) -> None:
    play, drawn = drawn_model(parts, cancelled=cancelled)
    for pick, more in moves:
        waiting = sorted(play.waits() - {"go"})
        if not waiting:
            break
        chosen = waiting[pick % len(waiting)]
        play.complete(chosen, **({f"more{chosen.removeprefix('ask')}": more} if chosen.startswith("ask") else {}))
    wanted = expected(play.done, drawn, cancelled=cancelled)
    play.complete("go")
    ran = []
    while undoing := [token for token in play.run.tokens() if token.wait is Wait.PERSON and token.node.id.startswith("un_")]:
        assert len(undoing) == 1, "one after the other"
        ran.append(undoing[0].node.id)
        play.complete(ran[-1])
    assert ran == wanted
    if cancelled:
        assert play.run.is_over, "then the transaction is left by its cancel event"
