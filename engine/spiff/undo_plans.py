"""How each activity of a body is undone: which body does it, and which values it needs to know from when the activity was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from motcua.bpmn.checks.variables import given_names, uses
from motcua.bpmn.compensation import compensates, handler_inside, handlers_beside, undoable
from motcua.bpmn.decisions.elements import DecisionDocument
from motcua.bpmn.elements import Body, Definitions, LoopKind, Node, Process, walk
from motcua.bpmn.expressions import ENGINE_NAMES, LOOP_NAMES
from motcua.engine.spiff.ledger import Plan

_FACTS = ENGINE_NAMES - LOOP_NAMES  # these stay as they are; the counters of a repetition are gone with it


@dataclass(frozen=True, slots=True)
class UndoPlans:
    """called: the processes that call activities may name, by id.   known_reads: what was found already, by a body's identity."""

    called: Mapping[str, Process]
    decisions: Mapping[str, DecisionDocument]
    known_reads: dict[int, frozenset[str]] = field(default_factory=dict)

    def of_body(self, key: str, container: Process | Body) -> dict[str, Plan]:
        """The plans of this body's activities by their ids; of a repeated one, that of the whole repetition."""
        beside = handlers_beside(container)
        plans = {}
        for node, around in undoable(container):
            if around is container:
                plan = self.of_activity(key, node, beside.get(node.id))
                if node.loop is not None:
                    plan = Plan(None, plan.reads, holds=True, is_instance=node.loop is not LoopKind.STANDARD)
                plans[node.id] = plan
        return plans

    def of_activity(self, key: str, node: Node, beside: Node | None) -> Plan:
        """How one execution of it is undone. beside: the activity for compensation that is associated with it."""
        inside = handler_inside(node)
        if beside is not None:
            reads = self._read([beside])
            return Plan(handler_body(key, beside), reads, reads & self._data_of(node))
        if inside is not None and node.body is not None:
            reads = self._read([inside])
            held = self._reads_inside(node.body)
            return Plan(f"{key}/{node.id}/{inside.id}", reads | held, reads & self._data_of(node), holds=True)
        return Plan(None, self._reads_inside(node.body) if node.body is not None else frozenset(), holds=True)

    def _reads_inside(self, container: Process | Body) -> frozenset[str]:
        if id(container) not in self.known_reads:
            of, beside, reads = container, handlers_beside(container), set[str]()
            for node, around in undoable(container):
                if around is not of:
                    of, beside = around, handlers_beside(around)
                reads |= self.of_activity("", node, beside.get(node.id)).reads
            self.known_reads[id(container)] = frozenset(reads)
        return self.known_reads[id(container)]

    def _read(self, nodes: Iterable[Node]) -> frozenset[str]:
        documents = self._documents(nodes)
        return frozenset(name for each in documents for use in uses(each, self.decisions) for name in use.wanted) - _FACTS

    def _data_of(self, node: Node) -> frozenset[str]:
        """The names that an activity sets or uses: its own data, which whatever undoes it must know as they were then."""
        return self._read([node]).union(*(given_names(each) for each in self._documents([node]))) - _FACTS

    def _documents(self, nodes: Iterable[Node]) -> list[Definitions]:
        """These nodes, and the processes that they call at any depth, each as a document of its own."""
        found = {"": Process("", "", True, None, tuple(nodes), ())}
        todo = list(found.values())
        while todo:
            for node in walk(todo.pop()):
                called = self.called.get(node.called_element or "")
                if called is not None and called.id not in found:
                    found[called.id] = called
                    todo.append(called)
        return [Definitions(id=process.id, processes=(process,)) for process in found.values()]


def handler_body(key: str, handler: Node) -> str:
    """The key of the body in which an activity for compensation stands alone."""
    return f"{key}/{handler.id}!"


def unsound(container: Process | Body) -> Iterable[Node]:
    """Compensation events without the one activity that undoes, and activities for compensation that flows lead to."""
    beside = handlers_beside(container)
    for node in container.nodes:
        if compensates(node) and (node.attached_to not in beside or len(node.associated) != 1 or node.outgoing):
            yield node
        if node.is_for_compensation and (node.incoming or node.outgoing or node.triggered_by_event):
            yield node
