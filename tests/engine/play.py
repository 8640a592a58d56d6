"""A dossier's run for tests, saved and restored after every move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from motcua.bpmn.elements import Definitions
from motcua.engine.spiff.compile import CompiledModel, compile_model
from motcua.engine.spiff.run import Run, Wait
from tests.small_models import DECISIONS

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Play:
    """A dossier's run that is saved and restored after every move."""

    def __init__(self, main: Definitions, *shared: Definitions, **variables: Any) -> None:
        self.model: CompiledModel = compile_model(main, {d.id: d for d in shared}, DECISIONS)
        self.done: list[str] = []
        self.run = Run.start(self.model, NOW, {}, variables)
        self._advance()

    def _advance(self) -> None:
        self.run.advance(lambda node: self.done.append(node.id))
        state = self.run.save()
        self.run = Run.restore(self.model, state, NOW, {})
        assert self.run.save() == state, "restoring and saving again changes nothing"

    def waits(self) -> set[str]:
        return {t.node.id for t in self.run.tokens() if t.wait is not Wait.OTHER}

    def token(self, node_id: str) -> str:
        return next(t.id for t in self.run.tokens() if t.node.id == node_id)

    def complete(self, node_id: str, **values: Any) -> None:
        self.run.complete(self.token(node_id), values)
        self._advance()

    def fire(self, node_id: str, **payload: Any) -> None:
        self.run.fire(self.token(node_id), payload)
        self._advance()

    def fail(self, node_id: str, code: str) -> None:
        self.run.throw_at(self.token(node_id), code)
        self._advance()

    def complete_all(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            self.complete(node_id)

    def count(self, node_id: str) -> int:
        """How many tokens wait at the node."""
        return sum(t.node.id == node_id for t in self.run.tokens() if t.wait is not Wait.OTHER)

    def complete_nth(self, node_id: str, number: int, **values: Any) -> None:
        """Complete the token at the node that stands at this place, from 0, in the order of arrival."""
        self.run.complete([t.id for t in self.run.tokens() if t.node.id == node_id][number], values)
        self._advance()
