"""A published procedure version, ready to run. Compiled once per process and version, shared, never changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from motcua.bpmn.checks import CheckContext, ModelRefused, check_decisions, check_model, errors
from motcua.bpmn.checks.calls import asks
from motcua.bpmn.collaboration import reached_only_inside
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import walk
from motcua.engine.connectors import Operation
from motcua.engine.deadlines import DEFAULT_POLICY, Policy
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.timers import parse_timer
from motcua.procedures_catalog.procedure import Procedure
from motcua.procedures_catalog.register import procedure_from_register
from motcua.procedures_catalog.roles import ROLES
from motcua.procedures_catalog.version import ProcedureVersion


@dataclass(frozen=True, slots=True)
class CompiledProcedure:
    """messages: the names that this model, shared parts included, can ever wait for from outside."""

    version_id: str
    procedure: Procedure
    policy: Policy
    model: CompiledModel
    messages: frozenset[str]


def compile_version(version: ProcedureVersion) -> CompiledProcedure:
    """Read, compile and join with the register's row. Raises the InvalidInput leaf of whichever part is at fault."""
    main = read_document(version.model, version.code)
    shared = {name: read_document(content, name) for name, content in version.shared.items()}
    decisions = {name: read_decisions(content, f"{name}.dmn") for name, content in version.decisions.items()}
    procedure = procedure_from_register(version.register)
    compiled = compile_model(main, shared, decisions)
    not_from_outside = reached_only_inside(main) | {start.id for start in compiled.starts.values()}
    messages = {
        node.event.message
        for definitions in (main, *shared.values())
        for process in definitions.processes
        for node in walk(process)
        if node.event is not None and node.event.message is not None and not asks(node)
        if definitions is not main or node.id not in not_from_outside
    }
    return CompiledProcedure(version.version_id, procedure, policy_of(procedure), compiled, frozenset(messages))


def check_version(version: ProcedureVersion, operations: Mapping[str, Operation]) -> None:
    """Refuse a version whose model, shared parts or decisions cannot be run faithfully. Raises ModelRefused with every error."""
    shared = {name: read_document(content, name) for name, content in version.shared.items()}
    context = CheckContext(
        operations=operations,
        roles=frozenset(ROLES),
        shared_parts={process.id: part for part in shared.values() for process in part.processes},
        procedure_codes=frozenset({version.code}),
        read_timer=lambda text, clock: parse_timer(text, clock.value),
        decisions={name: read_decisions(content, f"{name}.dmn") for name, content in version.decisions.items()},
    )
    for document in context.decisions.values():
        findings = errors(check_decisions(document))
        if findings:
            raise ModelRefused.of(document, findings)
    for definitions in (read_document(version.model, version.code), *shared.values()):
        findings = errors(check_model(definitions, context))
        if findings:
            raise ModelRefused.of(definitions, findings)


def policy_of(procedure: Procedure) -> Policy:
    """The counting rules of a procedure: the default policy with what the register states otherwise."""
    return replace(
        DEFAULT_POLICY,
        counting=procedure.counting_policy,
        supplement=procedure.supplement_policy,
        cut_off=procedure.cut_off.at if procedure.cut_off else None,
    )


class CompiledProcedures:
    """The cache: at most `size` versions, the least used one goes first. Safe to share between threads."""

    def __init__(self, load: Callable[[str], ProcedureVersion], size: int = 512) -> None:
        self._load = load
        self._size = size
        self._kept: OrderedDict[str, CompiledProcedure] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version_id: str) -> CompiledProcedure:
        with self._lock:
            if version_id in self._kept:
                self._kept.move_to_end(version_id)
                return self._kept[version_id]
        compiled = compile_version(self._load(version_id))
        with self._lock:
            self._kept[version_id] = compiled
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return compiled
