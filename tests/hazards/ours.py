"""motcua as it runs a small model, and what publication says of a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from motcua.bpmn.checks import ModelRefused
from motcua.bpmn.elements import Definitions
from motcua.engine.compiled import check_version
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.spiff.run import Run, Wait
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import ProcedureVersion, build_closure
from motcua.services.operations import OPERATIONS

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BIRTH = "1.001193"


class Case:
    """A run that is saved and restored after every move."""

    def __init__(self, model: Definitions | CompiledModel, *shared: Definitions, **variables: Any) -> None:
        self.model = model if isinstance(model, CompiledModel) else compile_model(model, {each.id: each for each in shared})
        self.run = Run.start(self.model, NOW, {}, variables)
        self.advance()

    def advance(self) -> None:
        self.run.advance(lambda node: None)
        self.run = Run.restore(self.model, self.run.save(), NOW, {})

    def waits(self) -> set[str]:
        return {token.node.id for token in self.run.tokens() if token.wait is not Wait.OTHER}

    def token(self, node_id: str) -> str:
        return next(token.id for token in self.run.tokens() if token.node.id == node_id)

    def complete(self, node_id: str, **values: Any) -> None:
        self.run.complete(self.token(node_id), values)
        self.advance()

    def fire(self, node_id: str) -> None:
        self.run.fire(self.token(node_id), {})
        self.advance()


@cache
def catalogued(code: str = BIRTH) -> ProcedureVersion:
    (version,) = load_catalog().versions(code)
    return version


def changed(code: str, *replacements: tuple[str, str]) -> ProcedureVersion:
    """The catalogue's version with some text of its model replaced."""
    version = catalogued(code)
    text = version.model.decode()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return build_closure(
        code,
        text.encode(),
        version.shared,
        version.register,
        in_force_from=version.in_force_from,
        decisions=version.decisions,
    )


def refusals(document: str | ProcedureVersion) -> list[Mapping[str, Any]]:
    """What publication finds wrong: rule, element, line, message and remedy of each."""
    if isinstance(document, str):
        version = catalogued()
        document = build_closure(version.code, document.encode(), {}, version.register, in_force_from=version.in_force_from)
    try:
        check_version(document, OPERATIONS)
    except ModelRefused as refused:
        found: list[Mapping[str, Any]] = refused.facts["findings"]
        return found
    return []


def is_refused(document: str, rule: str, element: str, mark: str) -> bool:
    """Whether publication refuses the element under the rule, at the line on which `mark` stands, with a remedy."""
    line = next(number for number, text in enumerate(document.splitlines(), start=1) if mark in text)
    return any(
        (each["rule"], each["element"], each["line"]) == (rule, element, line) and each["message"] and each["remedy"]
        for each in refusals(document)
    )
