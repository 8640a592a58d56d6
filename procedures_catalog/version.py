"""A procedure version is a closure: everything that decides how a dossier runs, stored whole and named by its hash.

    version_id = SHA-256 of:  "motcua procedure version 1"
                              code, register row, model, each shared part with its name, in the order of the names
                              (each preceded by its kind, its name and its length in bytes)

A dossier keeps the version it was received under. When a shared part changes, its callers get new versions, and no running
dossier notices. Validity dates stand beside the hash: to put the same content in force again is the same version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import walk
from motcua.errors import InvalidInput

_FORMAT = b"motcua procedure version 1\n"


class SharedPartMissing(InvalidInput):
    """A model calls a shared part that does not exist."""

    def __init__(self, caller: str, part: str) -> None:
        super().__init__(
            f'{caller} calls the shared part "{part}", and there is no such part. Add bpmn/shared/{part}.bpmn or change the call.',
            caller=caller,
            part=part,
        )


@dataclass(frozen=True, slots=True)
class ProcedureVersion:
    """One version, whole.

    model: the BPMN document.   shared: name → document of every part that it calls, directly or through another.
    register: canonical JSON of the procedure's row.   in force from the first to the last date, both included; None: no end.
    """

    code: str
    version_id: str
    model: bytes
    shared: Mapping[str, bytes]
    register: bytes
    in_force_from: date
    in_force_until: date | None

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
) -> ProcedureVersion:
    """Gather what `model` needs from `library` (name of a shared part → its document) and name the whole.

    Raises SharedPartMissing, or ModelUnreadable for a document that is no BPMN.
    """
    shared: dict[str, bytes] = {}
    waiting = [(code, model)]
    while waiting:
        caller, document = waiting.pop()
        for part in called_parts(document, caller):
            if part not in library:
                raise SharedPartMissing(caller, part)
            if part not in shared:
                shared[part] = library[part]
                waiting.append((part, library[part]))
    ordered = dict(sorted(shared.items()))
    return ProcedureVersion(
        code, closure_hash(code, model, ordered, register), model, ordered, register, in_force_from, in_force_until
    )


def closure_hash(code: str, model: bytes, shared: Mapping[str, bytes], register: bytes) -> str:
    """The version's id: SHA-256 in hex."""
    digest = sha256(_FORMAT)
    parts = [("code", "", code.encode()), ("register", "", register), ("model", "", model)]
    parts += [("shared", name, shared[name]) for name in sorted(shared)]
    for kind, name, content in parts:
        digest.update(f"{kind} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def called_parts(document: bytes, name: str) -> tuple[str, ...]:
    """The processes that a document calls, in the order of the document."""
    definitions = read_document(document, name)
    called = (node.called_element for process in definitions.processes for node in walk(process) if node.called_element)
    return tuple(dict.fromkeys(called))
