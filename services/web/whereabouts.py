"""Where a dossier stands in its diagrams: what is done, what waits, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Definitions, FormField, Node, walk
from motcua.engine.dossier import Dossier
from motcua.engine.event_log import Event
from motcua.engine.spiff.run import Run, Token, Wait
from motcua.errors import NotFound
from motcua.services.api.backend import Backend


class UnknownPart(NotFound):
    """The version has no diagram of that name."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """One model of the dossier's version. `part` is "main" or the name of a shared part; `current` and `done` are element ids."""

    part: str
    name: str
    current: tuple[str, ...]
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AwaitedMessage:
    """A message that something waits for now, with the fields that it may bring."""

    message: str
    activity_name: str
    payload: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """activities: id → name, over all models of the version."""

    diagrams: tuple[Diagram, ...]
    awaited: tuple[AwaitedMessage, ...]
    activities: Mapping[str, str]


def whereabouts(backend: Backend, dossier: Dossier, events: tuple[Event, ...]) -> Whereabouts:
    """What the diagrams show. The main model comes first, then the shared parts in which something waits."""
    tokens = _tokens(backend, dossier)
    done = {str(event.facts["activity_id"]) for event in events if event.kind in _DONE and event.facts.get("activity_id")}
    diagrams = []
    activities: dict[str, str] = {}
    models = _models(backend, dossier)
    passed = {process for _, process, nodes, _ in models if done & nodes.keys()}
    for part, process, nodes, name in models:
        here = tuple(token.node.id for token in tokens if token.process.split("/")[0] == process and token.node.id in nodes)
        activities = {**{node.id: node.name or node.id for node in nodes.values()}, **activities}
        if part == "main" or here:
            through = {node.id for node in nodes.values() if node.id in done or node.called_element in passed}
            diagrams.append(Diagram(part, name, _visible(here, tokens), tuple(sorted(through - set(here)))))
    awaited = tuple(
        AwaitedMessage(token.node.event.message, token.node.name or token.node.id, token.node.payload)
        for token in tokens
        if token.wait is Wait.MESSAGE and token.node.event is not None and token.node.event.message is not None
    )
    return Whereabouts(tuple(diagrams), awaited, activities)


def model_of(backend: Backend, dossier: Dossier, part: str) -> bytes:
    """The BPMN document of one of the version's models. Raises UnknownPart."""
    version = backend.store.version(dossier.version_id)
    if part == "main":
        return version.model
    if part not in version.shared:
        raise UnknownPart(f'The version of dossier {dossier.code} has no part "{part}".', part=part)
    return version.shared[part]


_DONE = frozenset({"act", "task_completed", "timer_fired", "message_delivered", "clock_resumed", "condition_met"}) | {
    *("signal_thrown", "signal_caught", "error_caught", "escalation_thrown", "escalation_caught", "transaction_cancelled")
}


def _tokens(backend: Backend, dossier: Dossier) -> list[Token]:
    """What the saved state waits for."""
    if dossier.closed_at is not None:
        return []
    compiled = backend.engine.procedures.get(dossier.version_id)
    return Run.restore(compiled.model, backend.store.state(dossier.code), backend.clock.now(), {}).tokens()


def _models(backend: Backend, dossier: Dossier) -> list[tuple[str, str, dict[str, Node], str]]:
    version = backend.store.version(dossier.version_id)
    parts = (("main", version.model), *sorted(version.shared.items()))
    return [
        (part, process.id, {node.id: node for node in walk(process)}, process.name)
        for part, content in parts
        for process in _read(content).processes
    ]


@lru_cache(maxsize=256)
def _read(content: bytes) -> Definitions:
    """Reading a model takes longer than everything else on the page, and published models never change."""
    return read_document(content, "model")


def _visible(here: tuple[str, ...], tokens: list[Token]) -> tuple[str, ...]:
    """Boundary events and the like wait all along; they are marked only where nothing else is."""
    busy = {t.node.id for t in tokens if t.wait is not Wait.OTHER and t.node.attached_to is None}
    frames = {t.node.id for t in tokens if t.node.called_element is not None}
    return tuple(sorted(set(here) & (busy | frames))) or tuple(sorted(set(here)))
