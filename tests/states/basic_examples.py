"""Dossiers in the middle of their way, for the saved states: tasks, gateways, events, sub-processes and shared parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from motcua.bpmn.elements import Argument, Definitions
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.spiff.run import Run
from tests.small_models import (
    call,
    end,
    message,
    on_error,
    on_message,
    parallel,
    person,
    process,
    race,
    script,
    service,
    start,
    sub_process,
    timer,
    xor,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Move = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True)
class Example:
    """before: the moves up to the saved state.   after: those from there to the end.   done: the nodes that they complete."""

    model: Definitions
    before: tuple[Move, ...]
    after: tuple[Move, ...]
    done: tuple[str, ...]
    shared: tuple[Definitions, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)

    def compiled(self) -> CompiledModel:
        return compile_model(self.model, {part.id: part for part in self.shared})


def move(run: Run, moves: tuple[Move, ...]) -> list[str]:
    """Make the moves; the ids of the nodes that were completed."""
    done: list[str] = []
    run.advance(lambda node: done.append(node.id))
    for verb, node_id, values in moves:
        token = next(token.id for token in run.tokens() if token.node.id == node_id)
        if verb == "complete":
            run.complete(token, values)
        elif verb == "fire":
            run.fire(token, values)
        else:
            run.throw_at(token, values["code"])
        run.advance(lambda node: done.append(node.id))
    return done


def complete(node_id: str, **values: Any) -> Move:
    return "complete", node_id, values


def fire(node_id: str, **values: Any) -> Move:
    return "fire", node_id, values


HOSTILE: Mapping[str, Any] = {
    "typename": "Task",
    "__builtins__": {"__class__": ["x", {"typename": 1}]},
    "$decimal": "not one",
    "fee": Decimal("12000.50"),
    "born_on": date(2026, 2, 20),
    "seen_at": datetime(2026, 3, 1, 2, 3, 4, 567, tzinfo=UTC),
    "pages": [1, None, True, "trang bìa", {"$": []}],
    "text": "hồ sơ 📄 " * 40,
}

EXAMPLES: Mapping[str, Example] = {
    "hostile_data_at_a_user_task": Example(
        process([start(), person("ask"), end()], "start > ask > end"),
        (),
        (complete("ask"),),
        ("ask", "end"),
        variables=HOSTILE,
    ),
    "one_branch_at_a_parallel_join": Example(
        process(
            [start(), parallel("split"), person("a"), person("b"), parallel("join"), end()],
            "start > split > a > join > end",
            "split > b > join",
        ),
        (complete("a", opinion="agreed"),),
        (complete("b"),),
        ("b", "join", "end"),
    ),
    "message_and_timer_after_an_event_based_gateway": Example(
        process(
            [start(), race("wait"), message("came"), timer("late", "3 working days"), person("check"), end()],
            "start > wait > came > check > end",
            "wait > late > end",
        ),
        (),
        (fire("came", note="x"), complete("check")),
        ("came", "check", "end"),
    ),
    "inside_a_sub_process_with_boundary_events": Example(
        process(
            [
                start(),
                sub_process(
                    "work",
                    [start("s"), parallel("p"), person("x"), service("pay"), parallel("j"), end("e")],
                    "s > p > x > j > e",
                    "p > pay > j",
                ),
                on_message("asked", "work", interrupting=False),
                on_error("failed", "work", "NO_MONEY"),
                person("answer"),
                person("mend"),
                end(),
                end("end2"),
            ],
            "start > work > end",
            "asked > answer > end2",
            "failed > mend > end",
        ),
        (fire("asked"), complete("x")),
        (complete("answer"), ("fail", "pay", {"code": "NO_MONEY"}), complete("mend")),
        ("answer", "end2", "failed", "mend", "end"),
    ),
    "in_a_shared_part_of_a_shared_part_within_a_loop": Example(
        process(
            [
                start(),
                xor("again"),
                call("go", "outer", arguments=(Argument("who", "base * 2"),)),
                person("judge"),
                xor("ok"),
                end(),
            ],
            "start > again > go > judge > ok",
            "ok > again if more",
            "ok > end by default",
        ),
        (complete("deep"), complete("judge", more=True)),
        (complete("deep"), complete("judge", more=False)),
        ("deep", "note", "inner_end", "inner_call", "outer_end", "go", "judge", "ok", "end"),
        shared=(
            process(
                [start(), person("deep"), script("note", "answer = who + 1"), end("inner_end")],
                "start > deep > note > inner_end",
                id="inner",
            ),
            process([start(), call("inner_call", "inner"), end("outer_end")], "start > inner_call > outer_end", id="outer"),
        ),
        variables={"base": 20},
    ),
}
