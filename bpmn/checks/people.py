"""Rules about who does what: roles, lanes, norms, forms of the application, and the legal acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, all_nodes, containers, doubtful, title, wrong
from motcua.bpmn.checks.variables import names_set_by
from motcua.bpmn.elements import PERSON_KINDS, Assignment, Body, Definitions, FieldType, Lane, Node, NodeKind
from motcua.bpmn.lanes import roles_that_lanes_give

TIERS: Final = frozenset({"province", "commune"})
NORM_BASES: Final = frozenset({"decision", "assumed"})
ACTS: Final = frozenset(
    {
        "receive",
        "start_processing",
        "ask_payment",
        "ask_supplement",
        "take_supplement",
        "ask_withdrawal",
        "extend",
        "process",
        "return",
        "decline",
        "refuse",
        "withdraw",
        "close_unsupplemented",
        "stop",
    }
)
"""The legal acts of docs/extension.md."""
EXCEPTION_FIELDS: Final = frozenset({"exception_reason", "exception_basis"})
"""The variables that state an exception from a rule of an act, for which somebody answers."""


def people_have_roles(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        for lane in process.lanes:
            if lane.assignment:
                yield from _assignment_is_known(lane, lane.assignment, context)
        for node, of_lanes in roles_that_lanes_give(process.nodes, process.lanes):
            if node.kind not in PERSON_KINDS:
                continue
            if node.assignment and node.assignment.lane is None:
                yield from _assignment_is_known(node, node.assignment, context)
            elif len(of_lanes) > 1:
                named = ", ".join(sorted(_words(each) for each in of_lanes))
                yield wrong(
                    "role",
                    node,
                    f"{title(node)} stands in lanes of different roles: {named}",
                    'say which of them it is: add <motcua:assignment role="…"/> to the task',
                )
            elif node.assignment is None:
                yield wrong(
                    "role",
                    node,
                    f"{title(node)} is in nobody's work list",
                    'add <motcua:assignment role="…"/> to it or to its lane',
                )


def _assignment_is_known(owner: Node | Lane, assignment: Assignment, context: CheckContext) -> Iterator[Finding]:
    if assignment.role not in context.roles:
        known = ", ".join(sorted(context.roles))
        yield wrong("role", owner, f'there is no role "{assignment.role}"', f"use one of: {known}", line=assignment.line)
    if assignment.tier is not None and assignment.tier not in TIERS:
        yield wrong(
            "role",
            owner,
            f'there is no tier "{assignment.tier}"',
            "write province or commune, or leave it out for the dossier's own",
            line=assignment.line,
        )


def _words(assignment: Assignment) -> str:
    return " ".join(filter(None, (assignment.role, assignment.tier)))


def one_role_a_lane(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process in definitions.processes:
        roles: defaultdict[str, set[str]] = defaultdict(set)
        for node in process.nodes:
            if node.lane and node.assignment:
                roles[node.lane].add(_words(node.assignment))
        for lane in process.lanes:
            if len(roles[lane.id]) > 1:
                yield doubtful(
                    "lane",
                    lane,
                    f'the lane "{lane.name or lane.id}" holds tasks of several roles: {", ".join(sorted(roles[lane.id]))}',
                    "draw a lane for each role, so that the drawing says who does what",
                )


def norms_say_their_basis(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.norm and node.norm.basis not in NORM_BASES:
            yield wrong(
                "norm", node, f'"{node.norm.basis}" is no basis of a norm', "write decision or assumed", line=node.norm.line
            )
        elif node.norm and not node.norm.source:
            yield doubtful(
                "norm",
                node,
                f"the norm of {title(node)} has no source",
                'say where the hours are from: source="…"',
                line=node.norm.line,
            )


def the_application_is_at_the_top(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for process, container in containers(definitions):
        for node in container.nodes:
            if node.kind is NodeKind.START_EVENT and node.form and (isinstance(container, Body) or process.procedure_code is None):
                yield wrong(
                    "form",
                    node,
                    "a form on the start event is the application, which enters only at the start of a procedure",
                    "move it to a user task, or to the start event of the procedure's process",
                )


def acts_are_known(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.act is not None and node.act not in ACTS:
            yield wrong("act", node, f'there is no legal act "{node.act}"', "use one of: " + ", ".join(sorted(ACTS)))


def exceptions_are_stated_by_persons(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        by_hand = node.form if node.kind in PERSON_KINDS else ()
        for field in by_hand:
            if field.name in EXCEPTION_FIELDS and field.type != FieldType.TEXT:
                yield wrong("exception", node, f'the field "{field.name}" is no text', 'write type="text"', line=field.line)
        for name in sorted((names_set_by(node) - {field.name for field in by_hand}) & EXCEPTION_FIELDS):
            yield wrong(
                "exception",
                node,
                f'{title(node)} sets "{name}", and for an exception somebody has to answer',
                "let a person enter it: declare it as a field of the form of a user task",
            )


def pauses_have_a_source(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.stops_clock and not node.stops_clock.source:
            yield doubtful(
                "clock",
                node,
                f"nothing says by which law the clock stops at {title(node)}",
                'add source="act and article" to motcua:clock',
                line=node.stops_clock.line,
            )


def people_can_read_it(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    for node in all_nodes(definitions):
        if node.kind in PERSON_KINDS and not node.name.strip():
            yield doubtful("name", node, f"the task {title(node)} has no name", "write what is done, as officers will read it")


PEOPLE_RULES: Final[tuple[Rule, ...]] = (
    people_have_roles,
    one_role_a_lane,
    norms_say_their_basis,
    the_application_is_at_the_top,
    acts_are_known,
    exceptions_are_stated_by_persons,
    pauses_have_a_source,
    people_can_read_it,
)
