"""A procedure version is a closure: everything that decides how a dossier runs, stored whole and named by its hash.

    version_id = SHA-256 of:  "motcua procedure version 1"
                              code, register row, model, each shared part with its name, in the order of the names,
                              then each decision that they use, likewise
                              (each preceded by its kind, its name and its length in bytes)

A dossier keeps the version it was received under. When a shared part changes, its callers get new versions, and no running
dossier notices. Validity dates stand beside the hash: to put the same content in force again is the same version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Node, walk
from motcua.errors import InvalidInput

_FORMAT = b"motcua procedure version 1\n"
_DECISION = "decision:"  # no name of a shared part has a colon, because references are read without their prefix


class SharedPartMissing(InvalidInput):
    """A model calls a shared part that does not exist."""

    def __init__(self, caller: str, part: str) -> None:
        super().__init__(
            f'{caller} calls the shared part "{part}", and there is no such part. Add bpmn/shared/{part}.bpmn or change the call.',
            caller=caller,
            part=part,
        )


class DecisionMissing(InvalidInput):
    """A business rule task uses a decision that does not exist."""

    def __init__(self, user: str, decision: str) -> None:
        super().__init__(
            f'{user} uses the decision "{decision}", and there is no such decision. '
            f"Add bpmn/shared/{decision}.dmn or change the task.",
            user=user,
            decision=decision,
        )


@dataclass(frozen=True, slots=True)
class ProcedureVersion:
    """One version, whole.

    model: the BPMN document.   shared: name → document of every part that it calls, directly or through another.
    register: canonical JSON of the procedure's row.   in force from the first to the last date, both included; None: no end.
    decisions: name → DMN document of every decision that the model or one of its parts uses.
    """

    code: str
    version_id: str
    model: bytes
    shared: Mapping[str, bytes]
    register: bytes
    in_force_from: date
    in_force_until: date | None
    decisions: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, bytes]:
        """Everything that is stored beside the model, under one name each; `split_parts` undoes it."""
        return {**self.shared, **{_DECISION + name: content for name, content in self.decisions.items()}}

    def in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


def build_closure(
    code: str,
    model: bytes,
    library: Mapping[str, bytes],
    register: bytes,
    *,
    in_force_from: date,
    in_force_until: date | None = None,
    decisions: Mapping[str, bytes] | None = None,
) -> ProcedureVersion:
    """Gather what `model` needs from `library` (name of a shared part → its document) and `decisions`, and name the whole.

    Raises SharedPartMissing, DecisionMissing, or ModelUnreadable for a document that is no BPMN.
    """
    shared: dict[str, bytes] = {}
    used: dict[str, bytes] = {}
    waiting = [(code, model)]
    while waiting:
        caller, document = waiting.pop()
        for name in used_decisions(document, caller):
            if name not in (decisions or {}):
                raise DecisionMissing(caller, name)
            used[name] = (decisions or {})[name]
        for part in called_parts(document, caller):
            if part not in library:
                raise SharedPartMissing(caller, part)
            if part not in shared:
                shared[part] = library[part]
                waiting.append((part, library[part]))
    ordered, tables = dict(sorted(shared.items())), dict(sorted(used.items()))
    return ProcedureVersion(
        code, closure_hash(code, model, ordered, register, tables), model, ordered, register, in_force_from, in_force_until, tables
    )


def split_parts(parts: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The shared parts and the decisions among what is stored beside a model, each in the order of the names."""
    shared = {name: content for name, content in sorted(parts.items()) if not name.startswith(_DECISION)}
    return shared, {name.removeprefix(_DECISION): parts[name] for name in sorted(parts.keys() - shared.keys())}


def closure_hash(
    code: str, model: bytes, shared: Mapping[str, bytes], register: bytes, decisions: Mapping[str, bytes] | None = None
) -> str:
    """The version's id: SHA-256 in hex."""
    digest = sha256(_FORMAT)
    parts = [("code", "", code.encode()), ("register", "", register), ("model", "", model)]
    parts += [("shared", name, shared[name]) for name in sorted(shared)]
    parts += [("decision", name, content) for name, content in sorted((decisions or {}).items())]
    for kind, name, content in parts:
        digest.update(f"{kind} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def called_parts(document: bytes, name: str) -> tuple[str, ...]:
    """The processes that a document calls, in the order of the document."""
    return tuple(dict.fromkeys(node.called_element for node in _nodes(document, name) if node.called_element))


def used_decisions(document: bytes, name: str) -> tuple[str, ...]:
    """The decisions that the business rule tasks of a document use, in the order of the document."""
    return tuple(dict.fromkeys(node.decision.name for node in _nodes(document, name) if node.decision))


def _nodes(document: bytes, name: str) -> Iterator[Node]:
    return (node for process in read_document(document, name).processes for node in walk(process))
