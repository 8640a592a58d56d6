"""Dossiers whose model has several pools, in the middle of their way."""

from __future__ import annotations

from collections.abc import Mapping

from motcua.bpmn.elements import Argument, EventKind, FormField
from tests.small_models import begin_with, end, end_with, message, person, pools, process, start, throw
from tests.states.basic_examples import Example, complete, fire

_AREA = FormField("area", "decimal", "Diện tích", required=True)
_TAX = FormField("tax", "decimal", "Thuế", required=True)

EXAMPLES: Mapping[str, Example] = {
    "two_pools_the_second_at_work_with_data_of_its_own_and_two_messages_kept": Example(
        pools(
            process(
                [
                    start(),
                    person("measure"),
                    throw("ask", EventKind.MESSAGE, "question", arguments=(Argument("area", "size + 0.5"),)),
                    throw("ask_again", EventKind.MESSAGE, "question", arguments=(Argument("area", "size * 2"),)),
                    throw("hurry", EventKind.MESSAGE, "hurry"),
                    person("wait_for_it"),
                    message("first", "answer", payload=(_TAX,)),
                    message("second", "answer", payload=(_TAX,)),
                    end(),
                ],
                "start > measure > ask > ask_again > hurry > wait_for_it > first > second > end",
            ),
            process(
                [
                    begin_with("asked", EventKind.MESSAGE, "question", payload=(_AREA,)),
                    person("count"),
                    end_with("tell_first", EventKind.MESSAGE, "answer", arguments=(Argument("tax", "area * price"),)),
                ],
                "asked > count > tell_first",
                id="tax_office",
            ),
            process(
                [start("look"), person("idle"), message("hurried", "hurry"), end("hurried_end")],
                "look > idle > hurried > hurried_end",
                id="watch",
            ),
            process(
                [begin_with("daily", EventKind.TIMER, cycle="every 8 hours"), person("inspect"), end("inspected")],
                "daily > inspect > inspected",
                id="inspection",
            ),
            messages=["ask > asked", "ask_again > asked", "hurry > hurried", "tell_first > first", "tell_first > second"],
        ),
        (complete("measure", size=40), fire("daily"), fire("daily")),
        (
            complete("inspect"),
            complete("count", price=2),
            complete("idle"),
            complete("count", price=3),
            complete("wait_for_it"),
            complete("inspect"),
        ),
        (
            "inspect", "inspected", "count", "tell_first", "asked", "idle", "hurried", "hurried_end",
            "count", "tell_first", "wait_for_it", "first", "second", "end", "inspect", "inspected",
        ),
    ),
}  # fmt: skip
