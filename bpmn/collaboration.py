"""Pools: which process of a document a dossier begins with, and which message flows lead from one process to another.

    main        the process of the procedure: filing an application starts it
    other       a process in another pool: it begins by a start event of its own, inside the same dossier
    black box   a pool without a process, such as the applicant: drawn for people, and flows to and from it are not run

docs/decisions/0004 says what they mean for a dossier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from motcua.bpmn.elements import Definitions, MessageFlow, Node, Process, walk


def main_process(definitions: Definitions) -> Process | None:
    """The executable process that names a procedure, else the first executable one; None where none is executable."""
    executable = [process for process in definitions.processes if process.is_executable]
    return next((each for each in executable if each.procedure_code is not None), executable[0] if executable else None)


def other_processes(definitions: Definitions) -> tuple[Process, ...]:
    """The executable processes beside the main one, in the order of the document."""
    main = main_process(definitions)
    return tuple(process for process in definitions.processes if process.is_executable and process is not main)


def belongs_to_a_procedure(definitions: Definitions) -> bool:
    """Whether the document is a procedure's, and not a shared part."""
    return any(process.procedure_code is not None for process in definitions.processes)


def owners(definitions: Definitions) -> dict[str, str]:
    """The process of every node, both by id; a pool that holds a process stands for it."""
    found = {pool.id: pool.process_id for pool in definitions.participants if pool.process_id is not None}
    return found | {node.id: process.id for process in definitions.processes for node in walk(process)}


def inner_flows(definitions: Definitions) -> Iterator[tuple[MessageFlow, Node, Node]]:
    """The message flows that join two nodes of two processes, each with its source and its target: what is delivered inside."""
    nodes = {node.id: node for process in definitions.processes for node in walk(process)}
    process_of = owners(definitions)
    for flow in definitions.message_flows:
        source, target = nodes.get(flow.source), nodes.get(flow.target)
        if source is not None and target is not None and process_of[source.id] != process_of[target.id]:
            yield flow, source, target


def sends_inside(definitions: Definitions) -> frozenset[str]:
    """The ids of the nodes from which a message goes to another process of the dossier."""
    return frozenset(source.id for _, source, _ in inner_flows(definitions))


def reached_only_inside(definitions: Definitions) -> frozenset[str]:
    """The ids of the nodes that take messages of other processes, and none from outside: no flow of a black box leads there."""
    inner = {flow.id for flow, _, _ in inner_flows(definitions)}
    from_outside = {flow.target for flow in definitions.message_flows if flow.id not in inner}
    return frozenset(target.id for _, _, target in inner_flows(definitions)) - from_outside


def one_by_one(definitions: Definitions) -> Iterator[Definitions]:
    """The same document with each process alone: what holds for the data of a process is judged so, since each has its own."""
    for process in definitions.processes:
        yield replace(definitions, processes=(process,))
