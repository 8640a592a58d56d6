"""What is wrong with a DMN document: everything that the compiler refuses, and what its tables show before anybody runs them.

    decision-overlap       two rules of a UNIQUE table, or two of an ANY table with different outputs, meet the same input
    decision-gap           some input meets no rule, and nothing is given by default (a warning: it fails when it comes)
    decision-unreachable   no input meets the rule, or an earlier rule of a FIRST table takes them all (a warning)

An overlap is an error where every input is a variable of its own. Where inputs are computed it may never come, and is a warning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Final

from motcua.bpmn.checks.findings import Finding, Severity
from motcua.bpmn.decisions.compile import compile_decisions
from motcua.bpmn.decisions.elements import DecisionDocument, HitPolicy, kind_of
from motcua.bpmn.decisions.regions import Regions, cut_up
from motcua.bpmn.decisions.tables import Row, Table

MOST_OVERLAPS: Final = 20
_ONLY_WARNED: Final = frozenset({"foreign-extension"})


def check_decisions(document: DecisionDocument) -> tuple[Finding, ...]:
    """Every finding, in the order of the lines of the file."""
    decisions, faults = compile_decisions(document)
    findings = {
        Finding(
            each.rule,
            Severity.WARNING if each.rule in _ONLY_WARNED else Severity.ERROR,
            each.element_id,
            each.line,
            each.message,
            each.remedy,
        )
        for each in (*document.oddities, *faults)
    }
    findings |= set(_ids(document))
    if not document.decisions:
        findings.add(_at(document.id, 0, "decision-table", "the file has no decision", "draw a decision with a decision table"))
    for decision in decisions.values():
        if decision.table.rows:
            findings |= set(_regions(decision.table, frozenset(name for name, _ in decision.steps[:-1])))
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.element_id or "", finding.rule, finding.message)))


def _at(element_id: str | None, line: int, rule: str, message: str, remedy: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule, severity, element_id or None, line, message, remedy)


def _ids(document: DecisionDocument) -> Iterator[Finding]:
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for id, line in document.ids:
        lines[id].append(line)
    for id, places in lines.items():
        if len(places) > 1:
            where = ", ".join(str(place) for place in places[:5])
            yield _at(id, places[1], "duplicate-id", f'the id "{id}" stands on the lines {where}', "give each its own")
    for decision in document.decisions:
        if not decision.id:
            yield _at(None, decision.line, "missing-id", "a decision has no id", 'write id="…" with a name of its own')


def _regions(table: Table, computed: frozenset[str]) -> Iterator[Finding]:
    """`computed`: the names that are results of other decisions."""
    regions = cut_up(table)
    yield from _overlaps(table, regions, computed)
    for at in regions.dead():
        yield _unreachable(table.rows[at], "no input that can come meets the rule", "correct its entries, or remove it")
    all_looked_at = True
    if table.policy is HitPolicy.FIRST:
        shadowed, all_looked_at = regions.shadowed()
        for at in shadowed:
            yield _unreachable(table.rows[at], "earlier rules take every input of the rule", "move it up, or remove it")
    if not (table.has_default or table.accepts_no_hit):
        gaps, whole = regions.gaps()
        all_looked_at = all_looked_at and whole
        for gap in gaps:
            remedy = "add a rule for it, a default output, or the allowed values of the input"
            first = table.rows[0]
            yield _at(table.decision, first.line, "decision-gap", f"no rule applies to {gap}", remedy, Severity.WARNING)
    if not all_looked_at:
        message = "the table is too large to be looked through for gaps"
        remedy = "split it; an input that meets no rule will be refused when it comes"
        yield _at(table.decision, table.rows[0].line, "decision-gap", message, remedy, Severity.WARNING)


def _unreachable(row: Row, message: str, remedy: str) -> Finding:
    return _at(row.id, row.line, "decision-unreachable", f"rule {row.number}: {message}", remedy, Severity.WARNING)


def _overlaps(table: Table, regions: Regions, computed: frozenset[str]) -> Iterator[Finding]:
    if table.policy not in {HitPolicy.UNIQUE, HitPolicy.ANY}:
        return
    labels = [axis.label for axis in regions.axes]
    asked = [column.expression for column in table.inputs]
    are_free = len(set(labels)) == len(labels) and all(each.names == {each.text} and each.text not in computed for each in asked)
    differing = (
        (table.rows[earlier], table.rows[later], certain, where)
        for earlier, later, where in regions.overlaps()
        if (certain := _contradict(table, table.rows[earlier], table.rows[later])) is not None
    )
    for number, (one, other, certain, where) in enumerate(islice(differing, MOST_OVERLAPS + 1)):
        severity = Severity.ERROR if certain and are_free else Severity.WARNING
        message = f"the rules {one.number} and {other.number} both apply to {where}, which {table.policy} forbids"
        if number == MOST_OVERLAPS:
            message = f"more rules than these {MOST_OVERLAPS} pairs overlap"
        yield _at(other.id, other.line, "decision-overlap", message, "make them disjoint, or choose another hit policy", severity)


def _contradict(table: Table, one: Row, other: Row) -> bool | None:
    """Whether two rules that meet the same input are certainly wrong (True), perhaps (False), or not at all (None)."""
    if table.policy is HitPolicy.UNIQUE:
        return True
    found: bool | None = None
    for first, second in zip(one.outputs, other.outputs, strict=True):
        if first.expression is None and second.expression is None:
            if (kind_of(first.value), first.value) != (kind_of(second.value), second.value):
                return True
        elif first.text != second.text:
            found = False
    return found
