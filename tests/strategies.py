"""Hypothesis strategies: sound models, drawn block by block.

A block has one way in and one way out: a task, a sequence, an exclusive choice, a parallel pair, a loop, a sub-process, a race of
two messages, or a service task. What is composed of such blocks always comes to its end, whatever people answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import strategies as st

from motcua.bpmn.elements import Definitions, Node
from tests import composed_models
from tests.small_models import end, message, parallel, person, process, race, script, service, start, sub_process, xor


@dataclass
class Drawing:
    """Nodes and flows of one body, with fresh names for both."""

    names: Iterator[int]
    nodes: list[Node] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def name(self, kind: str) -> str:
        return f"{kind}{next(self.names)}"

    def add(self, node: Node) -> str:
        self.nodes.append(node)
        return node.id


# A block is its kind and its parts.
Block: TypeAlias = tuple[Any, ...]


def _around(parts: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    pairs = [st.tuples(st.just(kind), parts, parts) for kind in ("sequence", "choice", "parallel", "race")]
    return st.one_of(*pairs, st.tuples(st.just("loop"), parts), st.tuples(st.just("sub"), parts))


blocks = st.recursive(st.sampled_from([("person",), ("service",), ("script",)]), _around, max_leaves=8)


def draw(block: Block, on: Drawing) -> tuple[str, str]:
    """Draw a block; its first and last node."""
    kind, *parts = block
    if kind == "person":
        one = on.add(person(on.name("person")))
        return one, one
    if kind == "service":
        one = on.add(service(on.name("service")))
        return one, one
    if kind == "script":
        one = on.add(script(on.name("script"), "steps = steps + 1"))
        return one, one
    if kind == "sequence":
        (first, a), (b, last) = draw(parts[0], on), draw(parts[1], on)
        on.flows.append(f"{a} > {b}")
        return first, last
    if kind == "sub":
        inside = Drawing(on.names)
        first, last = draw(parts[0], inside)
        begin, finish = inside.add(start(on.name("start"))), inside.add(end(on.name("end")))
        inside.flows += [f"{begin} > {first}", f"{last} > {finish}"]
        one = on.add(sub_process(on.name("sub"), inside.nodes, *inside.flows))
        return one, one
    if kind == "loop":
        again, decide, ask = on.add(xor(on.name("again"))), on.add(xor(on.name("decide"))), on.add(person(on.name("ask")))
        first, last = draw(parts[0], on)
        after = on.add(script(on.name("after"), "steps = steps + 1"))
        on.flows += [
            f"{again} > {first}",
            f"{last} > {ask} > {decide}",
            f"{decide} > {again} if more",
            f"{decide} > {after} by default",
        ]
        return again, after
    split, join = {
        "choice": lambda: (on.add(xor(on.name("split"))), on.add(xor(on.name("join")))),
        "parallel": lambda: (on.add(parallel(on.name("split"))), on.add(parallel(on.name("join")))),
        "race": lambda: (on.add(race(on.name("race"))), on.add(xor(on.name("join")))),
    }[kind]()
    for number, part in enumerate(parts):
        first, last = draw(part, on)
        if kind == "race":
            wait = on.add(message(on.name("message")))
            on.flows.append(f"{split} > {wait} > {first}")
        else:
            on.flows.append(
                f"{split} > {first}"
                + (" if left" if kind == "choice" and number == 0 else " by default" if kind == "choice" else "")
            )
        on.flows.append(f"{last} > {join}")
    return split, join


@st.composite
def sound_models(draw_from: st.DrawFn) -> Definitions:
    """A whole process around one block."""
    on = Drawing(itertools.count())
    first, last = draw(draw_from(blocks), on)
    begin, finish = on.add(start()), on.add(end())
    return process(on.nodes, f"{begin} > {first}", f"{last} > {finish}", *on.flows)


def _around_any(parts: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return st.one_of(
        st.tuples(st.sampled_from(sorted(composed_models.AROUND_TWO)), parts, parts),
        st.tuples(st.sampled_from(sorted(composed_models.AROUND_ONE)), parts),
    )


_LEAVES = st.sampled_from(sorted(composed_models.LEAVES)).map(lambda kind: (kind,))
composed_blocks: st.SearchStrategy[Block] = st.recursive(_LEAVES, _around_any, max_leaves=8)
"""Blocks of every element that the engine runs; `composed_models.whole` makes a model of one."""
