"""The tables of docs/extension.md that say what runs: made by asking the checks and the compiler, one small model for each cell.

    python -m tests.engine.manual_tables     writes them between their marks in the manual

`test_manual_tables.py` fails when they are stale, so that the manual cannot promise what is refused, or forget what runs.
"""

from __future__ import annotations

from motcua.bpmn.checks import check_model, errors
from motcua.bpmn.elements import Definitions, EventKind, LoopKind, NodeKind
from tests.engine.test_supported_elements import CONTEXT, OTHERS, activity, is_accepted, model_with, procedure
from tests.house import ROOT
from tests.small_models import definition, end, node, repeated, start

MANUAL = ROOT / "docs" / "extension.md"
INTERRUPTING_OR_NOT = frozenset({"boundary", "handler"})
# As they are taught, which is how people look them up.
ORDER = (
    *(EventKind.NONE, EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL, EventKind.ESCALATION),
    *(EventKind.ERROR, EventKind.CANCEL, EventKind.TERMINATE, EventKind.LINK, EventKind.COMPENSATE, EventKind.MULTIPLE),
)


def events(positions: list[str]) -> str:
    """Every kind of event in every position: `yes`, `interrupting` where only that runs, or a dash."""
    kinds = [*ORDER, *sorted(set(EventKind) - set(ORDER))]
    rows = [f"| {kind.value} | {' | '.join(_event(kind, position) for position in positions)} |" for kind in kinds]
    return "\n".join([f"| event | {' | '.join(positions)} |", "|---" * (len(positions) + 1) + "|", *rows])


def _event(kind: EventKind, position: str) -> str:
    checked, compiles = is_accepted(model_with(kind, position, True))
    assert checked == compiles, f"the checks and the compiler do not agree on {kind.value} as {position}"
    if not checked:
        return "–"
    return "yes" if position not in INTERRUPTING_OR_NOT or is_accepted(model_with(kind, position, False))[0] else "interrupting"


def elements() -> str:
    """Every task, sub-process and gateway: whether it runs, whether it can be repeated, and what to draw instead."""
    rows = []
    for kind in OTHERS:
        model = _element(kind)
        checked, compiles = is_accepted(model)
        assert checked == compiles, f"the checks and the compiler do not agree on a {kind.value}"
        instead = next((f.remedy for f in errors(check_model(model, CONTEXT)) if f.rule == "unsupported-element"), "")
        rows.append(f"| {kind.value.replace('_', ' ')} | {'yes' if checked else '–'} | {_repeated(kind)} | {instead} |")
    return "\n".join(["| element | runs | repeated | instead |", "|---|---|---|---|", *rows])


def _element(kind: NodeKind) -> Definitions:
    if kind is not NodeKind.EVENT_BASED_GATEWAY:
        return procedure([start(), activity(kind), end()], "start > it > end")
    followers = [node(name, NodeKind.INTERMEDIATE_CATCH_EVENT, event=definition(EventKind.MESSAGE, name)) for name in "ab"]
    return procedure([start(), activity(kind), *followers, end()], "start > it > a > end", "it > b > end")


def _repeated(kind: NodeKind) -> str:
    if kind.value.endswith("gateway"):
        return "–"
    answers = set()
    for loop in LoopKind:
        how = {"maximum": 2} if loop is LoopKind.STANDARD else {"cardinality": "2"}
        answers.add(
            is_accepted(procedure([start(), repeated(activity(kind), loop, **how), end()], "start > it > end")) == (True, True)
        )
    assert len(answers) == 1, f"a {kind.value} is repeated in one way and not in another: say so in the manual"
    return "yes" if answers == {True} else "–"


def written(manual: str) -> str:
    """The manual with its tables as they should be."""
    head = next(line for line in manual.splitlines() if line.startswith("| event |"))
    positions = [cell.strip() for cell in head.strip("| ").split("|")][1:]
    for name, table in (("elements", elements()), ("events", events(positions))):
        first, last = f"<!-- made by tests/engine/manual_tables.py: {name} -->", f"<!-- end of {name} -->"
        before, _, rest = manual.partition(first)
        _, mark, after = rest.partition(last)
        assert mark, f"{MANUAL.name} has lost the marks of its table of {name}"
        manual = f"{before}{first}\n\n{table}\n\n{last}{after}"
    return manual


if __name__ == "__main__":
    MANUAL.write_text(written(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
