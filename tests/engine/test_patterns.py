"""The workflow control-flow patterns 1 to 21 (van der Aalst, ter Hofstede, Kiepuszewski and Barros, 2003; Russell et al., 2006).

Each is a model and a course of events that shows what the pattern asks for. `docs/patterns.md` is the table of them: the test
writes what it should be, and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from motcua.bpmn.elements import EventKind, LoopKind
from tests.engine.play import Play
from tests.house import ROOT
from tests.small_models import (
    catch,
    definition,
    end,
    end_with,
    handler,
    inclusive,
    on,
    parallel,
    person,
    process,
    race,
    repeated,
    script,
    start,
    sub_process,
    terminate,
    throw,
    xor,
)


@dataclass(frozen=True)
class Pattern:
    """verdict: yes, partly or no.   how: with which elements, or why not."""

    number: int
    name: str
    verdict: str
    how: str
    shows: Callable[[], None]


def two_branches() -> Play:
    return Play(
        process(
            [start(), parallel("split"), person("a"), person("b"), parallel("join"), person("after"), end()],
            "start > split > a > join",
            "split > b > join",
            "join > after > end",
        )
    )


def sequence() -> None:
    play = Play(process([start(), person("a"), person("b"), end()], "start > a > b > end"))
    assert play.waits() == {"a"}
    play.complete("a")
    assert play.waits() == {"b"}


def parallel_split() -> None:
    assert two_branches().waits() == {"a", "b"}


def synchronization() -> None:
    play = two_branches()
    play.complete("b")
    assert play.waits() == {"a"}
    play.complete("a")
    assert play.waits() == {"after"}


def exclusive_choice() -> None:
    model = process(
        [start(), xor("which"), person("a"), person("b"), xor("merge"), person("after"), end()],
        "start > which",
        "which > a if first",
        "which > b by default",
        "a > merge",
        "b > merge",
        "merge > after > end",
    )
    assert Play(model, first=True).waits() == {"a"}
    play = Play(model, first=False)
    assert play.waits() == {"b"}
    play.complete("b")
    assert play.waits() == {"after"}


def multi_choice() -> None:
    model = process(
        [start(), inclusive("which"), person("a"), person("b"), person("c"), inclusive("join"), person("after"), end()],
        "start > which",
        "which > a if one",
        "which > b if two",
        "which > c by default",
        "a > join",
        "b > join",
        "c > join",
        "join > after > end",
    )
    assert Play(model, one=True, two=False).waits() == {"a"}
    assert Play(model, one=False, two=False).waits() == {"c"}
    play = Play(model, one=True, two=True)
    assert play.waits() == {"a", "b"}
    play.complete("b")
    assert play.waits() == {"a"}
    play.complete("a")
    assert play.waits() == {"after"}


def multi_merge() -> None:
    model = process(
        [start(), parallel("split"), person("a"), person("b"), xor("merge"), person("after"), end()],
        "start > split > a > merge",
        "split > b > merge",
        "merge > after > end",
    )
    play = Play(model)
    play.complete_all(["a", "b"])
    assert play.count("after") == 2


def discriminator() -> None:
    inside = [start("s"), parallel("split"), person("a"), person("b"), terminate("first"), terminate("other")]
    part = sub_process("ask", inside, "s > split > a > first", "split > b > other")
    play = Play(process([start(), part, person("after"), end()], "start > ask > after > end"))
    play.complete("b")
    assert play.waits() == {"after"}


def arbitrary_cycles() -> None:
    model = process(
        [start(), xor("x1"), person("a"), xor("x2"), person("b"), xor("d1"), xor("d2"), end()],
        "start > x1 > a > d1",
        "d1 > x2 by default",
        "d1 > x1 if back",
        "x2 > b > d2",
        "d2 > x1 if again",
        "d2 > x2 if only_b",
        "d2 > end by default",
    )
    play = Play(model)
    play.complete("a", back=True)
    play.complete("a", back=False)
    play.complete("b", again=False, only_b=True)
    play.complete("b", again=True)
    play.complete("a")
    play.complete("b", again=False, only_b=False)
    assert play.run.is_over


def implicit_termination() -> None:
    model = process(
        [start(), parallel("split"), person("a"), person("b"), end(), end("other")], "start > split > a > end", "split > b > other"
    )
    play = Play(model)
    play.complete("a")
    assert not play.run.is_over
    play.complete("b")
    assert play.run.is_over


def instances_without_synchronization() -> None:
    model = process(
        [
            start(),
            xor("again"),
            parallel("spawn"),
            person("work"),
            script("count", "n = n + 1"),
            xor("enough"),
            person("go_on"),
            end(),
        ],
        "start > again > spawn > work > end",
        "spawn > count > enough",
        "enough > again if 3 > n",
        "enough > go_on by default",
        "go_on > end",
    )
    play = Play(model, n=0)
    assert (play.count("work"), play.count("go_on")) == (3, 1)


def instances_known_when_drawn() -> None:
    play = Play(
        process(
            [start(), repeated(person("a"), LoopKind.PARALLEL, cardinality="3"), person("after"), end()], "start > a > after > end"
        )
    )
    play.complete_all(["a", "a"])
    assert play.waits() == {"a"}
    play.complete("a")
    assert play.waits() == {"after"}


def instances_known_when_reached() -> None:
    each = repeated(person("a"), LoopKind.PARALLEL, collection="agencies", item="agency")
    model = process([start(), each, person("after"), end()], "start > a > after > end")
    for count in (0, 1, 4):
        play = Play(model, agencies=["x"] * count)
        assert play.count("a") == count
        play.complete_all(["a"] * count)
        assert play.waits() == {"after"}


def instances_known_at_the_end() -> None:
    more = handler(
        "more", definition(EventKind.MESSAGE, "one_more"), [person("b"), end("be")], "more_start > b > be", interrupting=False
    )
    part = sub_process("ask", [start("s"), person("a"), end("e"), more], "s > a > e")
    play = Play(process([start(), part, person("after"), end()], "start > ask > after > end"))
    play.fire("more_start")
    play.complete("a")
    play.fire("more_start")
    assert play.count("b") == 2
    play.complete("b")
    assert "after" not in play.waits()
    play.complete("b")
    assert play.waits() == {"after"}


def deferred_choice() -> None:
    model = process(
        [
            start(),
            race("wait"),
            catch("came", EventKind.MESSAGE, "came"),
            catch("late", EventKind.TIMER),
            person("a"),
            person("b"),
            end(),
        ],
        "start > wait > came > a > end",
        "wait > late > b > end",
    )
    play = Play(model)
    play.fire("late")
    assert play.waits() == {"b"}


def interleaved_routing() -> None:
    """What comes nearest: both orders are drawn, and a person chooses."""
    model = process(
        [start(), person("choose"), xor("which"), *(person(name) for name in ("a1", "b2", "b1", "a2")), end()],
        "start > choose > which",
        "which > a1 if a_first",
        "which > b1 by default",
        "a1 > b2 > end",
        "b1 > a2 > end",
    )
    play = Play(model)
    play.complete("choose", a_first=False)
    play.complete("b1")
    assert play.waits() == {"a2"}


def milestone() -> None:
    model = process(
        [
            start(),
            parallel("split"),
            person("object"),
            on("too_late", "object", EventKind.SIGNAL, "decided"),
            person("decide"),
            throw("tell", EventKind.SIGNAL, "decided"),
            end(),
        ],
        "start > split > object > end",
        "split > decide > tell > end",
        "too_late > end",
    )
    play = Play(model)
    assert play.waits() == {"object", "too_late", "decide"}
    play.complete("decide")
    assert play.run.is_over, "what could be done until the decision can be done no longer"


def cancel_activity() -> None:
    model = process(
        [start(), person("a"), on("stop", "a", EventKind.MESSAGE, "stop"), person("after"), end()],
        "start > a > end",
        "stop > after > end",
    )
    play = Play(model)
    play.fire("stop")
    assert play.waits() == {"after"}


def cancel_case() -> None:
    inside = [start("s"), person("b"), end("e")]
    withdrawn = handler(
        "withdraw", definition(EventKind.MESSAGE, "withdrawn"), [end_with("we", EventKind.TERMINATE)], "withdraw_start > we"
    )
    model = process(
        [start(), parallel("split"), person("a"), sub_process("part", inside, "s > b > e"), end(), withdrawn],
        "start > split > a > end",
        "split > part > end",
    )
    play = Play(model)
    play.fire("withdraw_start")
    assert play.run.is_over


def structured_loop() -> None:
    model = process([start(), repeated(person("a"), LoopKind.STANDARD, condition="more"), end()], "start > a > end")
    play = Play(model)
    play.complete("a", more=True)
    play.complete("a", more=False)
    assert play.run.is_over


PATTERNS = (
    Pattern(1, "Sequence", "yes", "sequence flow", sequence),
    Pattern(2, "Parallel split", "yes", "parallel gateway", parallel_split),
    Pattern(3, "Synchronization", "yes", "parallel gateway", synchronization),
    Pattern(4, "Exclusive choice", "yes", "exclusive gateway", exclusive_choice),
    Pattern(5, "Simple merge", "yes", "exclusive gateway", exclusive_choice),
    Pattern(6, "Multi-choice", "yes", "inclusive gateway", multi_choice),
    Pattern(7, "Structured synchronizing merge", "yes", "inclusive gateway", multi_choice),
    Pattern(8, "Multi-merge", "yes", "exclusive gateway after a parallel split", multi_merge),
    Pattern(
        9,
        "Structured discriminator",
        "partly",
        "a sub-process whose branches end in terminate end events: the first ends the others. The form that lets the others finish "
        "needs a complex gateway, which is refused",
        discriminator,
    ),
    Pattern(10, "Arbitrary cycles", "yes", "exclusive gateways", arbitrary_cycles),
    Pattern(11, "Implicit termination", "yes", "a process ends when no token is left", implicit_termination),
    Pattern(
        12, "Multiple instances without synchronization", "yes", "a parallel gateway in a loop", instances_without_synchronization
    ),
    Pattern(13, "Multiple instances, number known when drawn", "yes", "multi-instance activity", instances_known_when_drawn),
    Pattern(
        14,
        "Multiple instances, number known when reached",
        "yes",
        "multi-instance activity over a list",
        instances_known_when_reached,
    ),
    Pattern(
        15,
        "Multiple instances, number not known beforehand",
        "yes",
        "a non-interrupting event sub-process: each message adds one, and the sub-process waits for all",
        instances_known_at_the_end,
    ),
    Pattern(16, "Deferred choice", "yes", "event-based gateway", deferred_choice),
    Pattern(
        17,
        "Interleaved parallel routing",
        "partly",
        "the orders are drawn out; ad-hoc sub-processes are refused",
        interleaved_routing,
    ),
    Pattern(
        18,
        "Milestone",
        "partly",
        "an interrupting signal or conditional event ends what may be done only until then; another branch's place cannot be "
        "asked for",
        milestone,
    ),
    Pattern(19, "Cancel activity", "yes", "interrupting boundary event", cancel_activity),
    Pattern(20, "Cancel case", "yes", "terminate end event, or an interrupting event sub-process of the process", cancel_case),
    Pattern(21, "Structured loop", "yes", "standard loop, or exclusive gateways", structured_loop),
)


def manual() -> str:
    """What `docs/patterns.md` says."""
    rows = [f"| {each.number} | {each.name} | {each.verdict} | {each.how} |" for each in PATTERNS]
    counts = {verdict: sum(each.verdict == verdict for each in PATTERNS) for verdict in ("yes", "partly", "no")}
    return "\n".join(
        [
            "# Workflow control-flow patterns",
            "",
            "The patterns 1 to 21 that process languages are compared by, and what motcua draws each with. Every row is a model",
            "that `tests/engine/test_patterns.py` plays, with the state saved and restored after every step; the test also writes",
            "this table.",
            "",
            "| | pattern | verdict | with |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Yes: {counts['yes']}. Partly: {counts['partly']}. No: {counts['no']}.",
            "",
        ]
    )


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: f"{pattern.number} {pattern.name}")
def test_the_pattern_runs_as_its_definition_asks(pattern: Pattern) -> None:
    pattern.shows()


def test_the_manual_s_table_of_patterns_is_this_one() -> None:
    assert [pattern.number for pattern in PATTERNS] == list(range(1, 22))
    assert (ROOT / "docs" / "patterns.md").read_text(encoding="utf-8") == manual()
