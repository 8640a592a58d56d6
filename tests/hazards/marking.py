"""Which row of docs/hazards.md a test is about, and whether it shows the library or motcua."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_Test = TypeVar("_Test", bound=Callable[..., Any])


def library(row: int) -> Callable[[_Test], _Test]:
    """The test reproduces the row's fault on the plain library: when it fails after an upgrade, the library changed there."""
    return _mark("library", row)


def motcua(row: int) -> Callable[[_Test], _Test]:
    """The test shows how motcua mends or refuses what the row says."""
    return _mark("motcua", row)


def _mark(side: str, row: int) -> Callable[[_Test], _Test]:
    def mark(test: _Test) -> _Test:
        test.hazard = (side, row)  # type: ignore[attr-defined]
        return test

    return mark
