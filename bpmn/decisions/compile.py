"""From a DMN document to functions: every decision compiled, every fault kept, in the order in which they require each other.

decisions, faults = compile_decisions(document)
decisions["fee"].decide({"pages": 250})        →  {"fee_vnd": 200000}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from motcua.bpmn.decisions.elements import Cell, Decision, DecisionDocument
from motcua.bpmn.decisions.table_compiler import compile_table
from motcua.bpmn.decisions.tables import Table
from motcua.bpmn.elements import Oddity
from motcua.bpmn.expressions import Expression, Value, why_not_a_variable
from motcua.errors import InvalidInput

MAX_DECISIONS: Final = 100
MAX_CHARACTERS: Final = 150_000


class DecisionRefused(InvalidInput):
    """A decision cannot be compiled. Facts: `source`, `line`."""


@dataclass(frozen=True, slots=True)
class CompiledDecision:
    """A decision after all that it requires. `steps` are these in order, each with the name of its result; the last is its own."""

    id: str
    steps: tuple[tuple[str, Table], ...]

    @property
    def table(self) -> Table:
        return self.steps[-1][1]

    @property
    def names(self) -> frozenset[str]:
        """The variables that must be given."""
        results = {name for name, _ in self.steps[:-1]}
        return frozenset().union(*(table.names for _, table in self.steps)) - results

    def decide(self, variables: Mapping[str, Any]) -> dict[str, Value]:
        """The outputs by name; lists where every rule counts. Raises DecisionFailed."""
        known = dict(variables)
        for name, table in self.steps[:-1]:
            (known[name],) = table.decide(known).values()
        return self.table.decide(known)


@dataclass(frozen=True, slots=True)
class DecisionCall:
    """A decision as a business rule task uses it.

    inputs: names that it is given over the variables.   outputs: each output that is taken, with the variable that takes it.
    """

    decision: CompiledDecision
    inputs: tuple[tuple[str, Expression], ...]
    outputs: tuple[tuple[str, str], ...]

    def results(self, variables: Mapping[str, Any]) -> dict[str, Value]:
        """The variables that the task sets. Raises DecisionFailed, ExpressionFailed."""
        given = {name: expression.evaluate(variables) for name, expression in self.inputs}
        found = self.decision.decide({**variables, **given})
        return {variable: found[output] for output, variable in self.outputs}


def compile_decisions(document: DecisionDocument) -> tuple[dict[str, CompiledDecision], tuple[Oddity, ...]]:
    """The decisions that are sound and require only sound ones, by id, and what is wrong with the others."""
    faults: list[Oddity] = []
    if (fault := _too_large(document)) is not None:
        return {}, (fault,)
    compiled = {decision.id: compile_table(decision, faults) for decision in document.decisions}
    tables = {id: table for id, table in compiled.items() if table is not None}
    by_id = {decision.id: decision for decision in document.decisions}
    broken = {decision.id for decision in document.decisions if _requires_wrongly(decision, by_id, tables, faults)}
    try:
        order = tuple(TopologicalSorter({each.id: each.requires for each in document.decisions}).static_order())
    except CycleError as cycle:
        ring = [id for id in cycle.args[1] if id in by_id]
        message = f"the decisions {' → '.join(ring)} require each other without end"
        faults.append(Oddity("decision-requirement", ring[0], message, "cut the circle", by_id[ring[0]].line))
        order = ()
    found: dict[str, CompiledDecision] = {}
    for id in order:
        if id in tables and id not in broken and all(required in found for required in by_id[id].requires):
            # Under the id of its decision, so that what is required twice is decided once.
            before = {table.decision: (name, table) for each in by_id[id].requires for name, table in found[each].steps}
            found[id] = CompiledDecision(id, (*before.values(), (by_id[id].variable, tables[id])))
    return found, tuple(faults)


def _too_large(document: DecisionDocument) -> Oddity | None:
    """A file that nobody could overlook is refused unread, so that judging one takes no longer than a second or so."""
    characters = sum(len(cell.text) for decision in document.decisions for cell in _cells(decision))
    limits = ((len(document.decisions), MAX_DECISIONS, "decisions"), (characters, MAX_CHARACTERS, "characters in its tables"))
    for number, most, what in limits:
        if number > most:
            return Oddity("decision-table", document.id, f"the file has {number:,} {what}", f"split it: {most:,} are the most", 1)
    return None


def _cells(decision: Decision) -> Iterator[Cell]:
    for rule in decision.table.rules if decision.table is not None else ():
        yield from rule.inputs
        yield from rule.outputs


def compile_decision(document: DecisionDocument, id: str) -> CompiledDecision:
    """The decision of that id. Raises DecisionRefused when it has a fault, or is not there."""
    decisions, faults = compile_decisions(document)
    if id in decisions:
        return decisions[id]
    why = f"line {faults[0].line}: {faults[0].message}" if faults else "there is no such decision in it"
    raise DecisionRefused(
        f'{document.source} does not give the decision "{id}", because {why}. `motcua model check` says all that is to be mended.',
        source=document.source,
        line=faults[0].line if faults else 0,
    )


def _requires_wrongly(decision: Decision, by_id: Mapping[str, Decision], tables: Mapping[str, Table], faults: list[Oddity]) -> bool:
    before = len(faults)

    def wrong(message: str, remedy: str) -> None:
        faults.append(Oddity("decision-requirement", decision.id, message, remedy, decision.line))

    for id in decision.requires:
        required = by_id.get(id)
        if required is None:
            wrong(f'the decision "{decision.id}" requires "{id}", which is not in this file', "add it, or remove the requirement")
            continue
        objection = why_not_a_variable(required.variable)
        if objection:
            wrong(f'the result of "{id}" is called "{required.variable}", which {objection}', "rename its variable")
        if id in tables and len(tables[id].outputs) != 1:
            wrong(f'"{id}" has several outputs, and its result has one name', "make a decision for each output")
    names = tables[decision.id].names if decision.id in tables else frozenset()
    for other in by_id.values():
        if other.id != decision.id and other.variable in names and other.id not in decision.requires:
            wrong(
                f'"{other.variable}" is the result of the decision "{other.id}", which "{decision.id}" does not require',
                "draw the information requirement, or rename one of the two",
            )
    return len(faults) > before
