"""The manual's tables of what runs are those that the checks and the compiler give when they are asked."""

from __future__ import annotations

from tests.engine import manual_tables
from tests.engine.manual_tables import MANUAL


def test_the_tables_of_what_runs_are_not_stale() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    assert manual == manual_tables.written(manual), "write them again: python -m tests.engine.manual_tables"


def test_a_cell_that_says_otherwise_is_put_right() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    row = next(line for line in manual.splitlines() if line.startswith("| message | yes"))
    assert manual_tables.written(manual.replace(row, row.replace("yes", "–", 1))) == manual
    assert manual_tables.written(manual.replace("| complex gateway | – |", "| complex gateway | yes |")) == manual
