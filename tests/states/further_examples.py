"""More dossiers in the middle of their way: inclusive joins, event sub-processes, repetitions, events of every kind,
and compensation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from motcua.bpmn.elements import Argument, EventKind, FieldType, FormField, LoopKind, OperationUse
from tests.small_models import (
    boundary,
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
    repeated,
    script,
    service,
    start,
    sub_process,
    throw,
    transaction,
    undone_by,
    xor,
)
from tests.states.basic_examples import Example, complete, fire

_EACH = sub_process(
    "each", [start("s"), person("x"), script("note", "mark = name + word"), person("y"), end("e")], "s > x > note > y > e"
)
_COLLECT = {"collection": "names", "item": "name", "output_item": "mark", "output_collection": "marks"}

EXAMPLES: Mapping[str, Example] = {
    "one_branch_at_an_inclusive_join": Example(
        process(
            [start(), inclusive("split"), person("a"), person("b"), person("c"), inclusive("join"), end()],
            "start > split",
            "split > a if True",
            "split > b if True",
            "split > c by default",
            "a > join > end",
            "b > join",
            "c > join",
        ),
        (complete("a"),),
        (complete("b"),),
        ("b", "join", "end"),
    ),
    "three_parallel_instances_one_done_one_half_done": Example(
        process([start(), repeated(_EACH, LoopKind.PARALLEL, **_COLLECT), end()], "start > each > end"),
        (complete("x", word="1"), complete("y"), complete("x", word="2")),
        (complete("y"), complete("x", word="3"), complete("y")),
        ("y", "e", "each", "x", "note", "y", "e", "each", "end"),
        variables={"names": ["land", "tax", "police"]},
    ),
    "the_second_of_three_sequential_instances": Example(
        process([start(), repeated(_EACH, LoopKind.SEQUENTIAL, **_COLLECT), end()], "start > each > end"),
        (complete("x", word="1"), complete("y")),
        tuple(each for word in "23" for each in (complete("x", word=word), complete("y"))),
        ("x", "note", "y", "e", "each", "s", "x", "note", "y", "e", "each", "end"),
        variables={"names": ["land", "tax", "police"]},
    ),
    "the_second_round_of_a_standard_loop": Example(
        process([start(), repeated(person("ask"), LoopKind.STANDARD, condition="more"), end()], "start > ask > end"),
        (complete("ask", more=True),),
        (complete("ask", more=False),),
        ("ask", "end"),
    ),
    "an_event_sub_process_beside_its_process_and_one_more_to_come": Example(
        process(
            [
                start(),
                person("work"),
                end(),
                handler(
                    "care",
                    definition(EventKind.MESSAGE, "m"),
                    [person("fix"), end("e")],
                    "care_start > fix > e",
                    interrupting=False,
                ),
            ],
            "start > work > end",
        ),
        (fire("care_start"),),
        (fire("care_start"), complete("work"), complete("fix"), complete("fix")),
        ("care_start", "work", "end", "fix", "e", "care", "fix", "e", "care"),
    ),
    "paid_three_times_and_a_part_done_before_all_is_undone": Example(
        process(
            [
                start(),
                xor("again"),
                person("pay", form=(FormField("receipt", FieldType.TEXT, "Receipt"),)),
                *undone_by("pay", replace(service("refund"), operation=OperationUse("x", inputs=(Argument("of", "receipt"),)))),
                xor("more"),
                sub_process(
                    "part",
                    [
                        start("s"),
                        repeated(person("ask"), LoopKind.PARALLEL, collection="names", item="name"),
                        *undone_by("ask", script("unask", "told = name")),
                        end("e"),
                    ],
                    "s > ask > e",
                ),
                throw("undo", EventKind.COMPENSATE),
                person("after"),
                end(),
            ],
            "start > again > pay > more",
            "more > again if another",
            "more > part by default",
            "part > undo > after > end",
        ),
        (
            *(complete("pay", receipt=f"R{number}", another=number < 3) for number in (1, 2, 3)),
            complete("ask"),
        ),
        (complete("ask"), *(complete("refund") for _ in range(3)), complete("after")),
        ("ask", "e", "part", "unask", "unask", "refund", "refund", "refund", "undo", "after", "end"),
        variables={"names": ["land", "tax"]},
    ),
    "a_cancelled_transaction_that_is_half_undone": Example(
        process(
            [
                start(),
                transaction(
                    "deal",
                    [
                        start("s"),
                        person("a"),
                        *undone_by("a", person("una")),
                        person("b"),
                        *undone_by("b", person("unb")),
                        end_with("no", EventKind.CANCEL),
                    ],
                    "s > a > b > no",
                ),
                on("out", "deal", EventKind.CANCEL),
                person("after"),
                end(),
            ],
            "start > deal > end",
            "out > after > end",
        ),
        (complete("a"), complete("b")),
        (complete("unb"), complete("una"), complete("after")),
        ("unb", "una", "no", "out", "after", "end"),
    ),
    "the_third_round_of_a_timer_and_a_condition_that_held": Example(
        process(
            [
                start(),
                parallel("split"),
                person("set"),
                throw("say", EventKind.SIGNAL, "done"),
                catch("hear", EventKind.SIGNAL, "done"),
                person("work"),
                boundary("again", "work", definition(EventKind.TIMER, cycle="every 8 hours"), interrupting=False),
                on("alarm", "work", EventKind.CONDITIONAL, "level > 3", interrupting=False),
                end("looked"),
                end("reminded"),
                end(),
            ],
            "start > split > work > end",
            "split > set > say > end",
            "split > hear > end",
            "again > reminded",
            "alarm > looked",
        ),
        (fire("again"), fire("again")),
        (fire("again"), complete("set", level=1), complete("work")),
        ("again", "reminded", "set", "say", "hear", "end", "end", "work", "end"),
        variables={"level": 5},
    ),
}
