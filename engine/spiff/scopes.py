"""Where variables live: one scope for the dossier, and one more for each instance of a repeated activity, layered over it.

    dossier's scope ◄── instance 1 of a multi-instance activity: its item, its counter, and whatever is written inside it
                    ◄── instance 2 …

Reading looks from the inside outwards. A round of a standard loop has a layer too, but only for its counter: what is written
there goes on to the scope around it (docs/decisions/0003-instance-scopes.md). What undoes an activity has a layer with what that
had set (docs/decisions/0005-compensation.md).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass

from motcua.engine.values import Value, Variables


@dataclass(slots=True)
class Scope:
    """own: the names of this layer.   keeps_writes: False for a layer that hands them on, which then has no other value."""

    own: dict[str, Value]
    outer: Scope | None = None
    keeps_writes: bool = True

    def write(self, values: Variables) -> None:
        """Set variables where this scope keeps them."""
        scope = self
        while not scope.keeps_writes and scope.outer is not None:
            scope.own.update({name: value for name, value in values.items() if name in scope.own})
            scope = scope.outer
        scope.own.update(values)

    def read(self, facts: Variables) -> Mapping[str, Value]:
        """Every name that is visible here; `facts` are the engine's own and hide all others."""
        layers: list[dict[str, Value]] = [dict(facts)]
        scope: Scope | None = self
        while scope is not None:
            layers.append(scope.own)
            scope = scope.outer
        return ChainMap(*layers)
