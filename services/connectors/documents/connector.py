"""The documents connector: a service task asks for a printed form and gets a PDF with the dossier's particulars.

The same call gives the same bytes at every attempt: nothing on the page depends on the moment of printing, only on the dossier and
the inputs. Where an earlier attempt was recorded, its very document is given again, even if the dossier has changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, TypeVar
from urllib.parse import quote

from motcua.engine.connectors import Blobs, Connector, Done, NewDocument, Operation, Outcome, ServiceCall, TechnicalFailure
from motcua.errors import InvalidInput
from motcua.services.connectors.documents import forms
from motcua.services.connectors.documents.letterhead import Letterheads, letterhead_from_code

_T = TypeVar("_T")
_MADE = ("document",)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "documents.receipt_slip",
        inputs=dict.fromkeys(("papers", "sets", "proxy", "collect_at", "book", "book_number"), False),
        outputs=_MADE,
    ),
    Operation("documents.supplement_request", inputs={"missing": True, "reason": False, "until_on": False}, outputs=_MADE),
    Operation("documents.refusal", inputs={"reason": True}, outputs=_MADE),
    Operation("documents.apology", inputs={"reason": True, "new_promise_on": True}, outputs=_MADE),
    Operation("documents.draft_result", inputs={"decision": False, "title": False}, outputs=_MADE),
)


class InputUnusable(TechnicalFailure):
    """A service task gave a form something that cannot be printed; an operator mends the variable and tries again."""


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The inputs of one call, read as the type that a form needs. An empty text counts as not given."""

    call: ServiceCall

    def optional(self, name: str, kind: type[_T], expected: str) -> _T | None:
        value = self.call.inputs.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputUnusable(
                f'{self.call.operation} of dossier {self.call.dossier.code}: input "{name}" is {value!r}; give {expected}.',
                operation=self.call.operation,
                input=name,
            )
        return value

    def required(self, name: str, kind: type[_T], expected: str) -> _T:
        value = self.optional(name, kind, expected)
        if value is None:
            raise InputUnusable(
                f'{self.call.operation} of dossier {self.call.dossier.code}: input "{name}" is missing; give {expected}.',
                operation=self.call.operation,
                input=name,
            )
        return value

    def text(self, name: str) -> str:
        return self.required(name, str, "a text")

    def optional_text(self, name: str) -> str | None:
        return self.optional(name, str, "a text")

    def lines(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one text with a line for each."""
        if isinstance(self.call.inputs.get(name), list):
            return tuple(str(line) for line in self.required(name, list, "a list of texts"))
        return tuple(line for line in (self.optional_text(name) or "").splitlines() if line.strip())


_Form: TypeAlias = Callable[[forms.Subject, _Inputs, str], bytes]

_FORMS: dict[str, tuple[str, _Form]] = {
    "documents.receipt_slip": (
        "receipt_slip",
        lambda subject, inputs, tracking: forms.receipt_slip(
            subject,
            tracking,
            papers=inputs.lines("papers"),
            sets=inputs.optional("sets", int, "a whole number"),
            proxy=inputs.optional_text("proxy"),
            collect_at=inputs.optional_text("collect_at"),
            book=inputs.optional_text("book"),
            book_number=inputs.optional_text("book_number"),
        ),
    ),
    "documents.supplement_request": (
        "supplement_request",
        lambda subject, inputs, tracking: forms.supplement_request(
            subject,
            tracking,
            inputs.text("missing"),
            reason=inputs.optional_text("reason"),
            until_on=inputs.optional("until_on", date, "a date"),
        ),
    ),
    "documents.refusal": ("refusal", lambda subject, inputs, tracking: forms.refusal(subject, tracking, inputs.text("reason"))),
    "documents.apology": (
        "apology",
        lambda subject, inputs, tracking: forms.apology(
            subject, tracking, inputs.text("reason"), inputs.required("new_promise_on", date, "a date")
        ),
    ),
    "documents.draft_result": (
        "result",
        lambda subject, inputs, _: forms.draft_result(
            subject, decision=inputs.optional_text("decision"), title=inputs.optional_text("title")
        ),
    ),
}


class DocumentsConnector:
    """Prints the forms. Safe to call from several threads."""

    def __init__(self, blobs: Blobs, tracking_url: str, letterheads: Letterheads = letterhead_from_code) -> None:
        """`tracking_url`: the address of the tracking page, without the dossier's code, which is added as the last segment."""
        self._blobs = blobs
        self._tracking_url = tracking_url.rstrip("/")
        self._letterheads = letterheads

    def call(self, call: ServiceCall) -> Outcome:
        """Raises InputUnusable or another TechnicalFailure; there are no business failures."""
        if call.operation not in _FORMS:
            raise TechnicalFailure(
                f"{call.operation} is no operation of the documents connector; correct the model.", operation=call.operation
            )
        kind, form = _FORMS[call.operation]
        name = f"{kind.replace('_', '-')}-{call.dossier.code}.pdf"
        content = self._made_before(call, kind) or self._print(call, form)
        document = NewDocument(kind, name, "application/pdf", content)
        return Done(outputs={"document": hashlib.sha256(content).hexdigest()}, documents=(document,))

    def _made_before(self, call: ServiceCall, kind: str) -> bytes | None:
        for document in call.documents:
            if document.made_by == call.key and document.kind == kind:
                return self._blobs.get(document.sha256)
        return None

    def _print(self, call: ServiceCall, form: _Form) -> bytes:
        dossier = call.dossier
        subject = forms.Subject(dossier, call.procedure_name, self._letterheads(dossier.authority_code))
        try:
            return form(subject, _Inputs(call), f"{self._tracking_url}/{quote(dossier.code, safe='')}")
        except InvalidInput as cause:
            raise InputUnusable(str(cause), **cause.facts) from cause


def build(blobs: Blobs, tracking_url: str, letterheads: Letterheads = letterhead_from_code) -> dict[str, Connector]:
    """Operation name → connector, for the composition root."""
    connector = DocumentsConnector(blobs, tracking_url, letterheads)
    return {operation.name: connector for operation in OPERATIONS}
