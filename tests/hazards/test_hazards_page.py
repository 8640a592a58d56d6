"""docs/hazards.md says what the tests of this folder show: every row, and every test by its name."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.house import ROOT

HERE = Path(__file__).parent
ROWS = range(1, 28)


def shown() -> dict[tuple[str, int], set[str]]:
    """The tests by side and row."""
    found: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.hazards.{path.stem}")
        for name, test in vars(module).items():
            if hasattr(test, "hazard"):
                found[test.hazard].add(f"{path.name}::{name}")
    return found


def told() -> dict[int, set[str]]:
    """The tests that each row of the page names."""
    text = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", text, flags=re.MULTILINE)
    return {int(number): set(re.findall(r"`(test_\w+\.py::test_\w+)`", cells)) for number, cells in rows}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_reproduced_on_the_library_and_answered_here_and_the_page_names_the_tests(row: int) -> None:
    tests = shown()
    assert tests["library", row], "no test shows the fault"
    assert tests["motcua", row], "no test shows the answer"
    assert told()[row] == tests["library", row] | tests["motcua", row]


def test_the_page_has_the_rows_of_the_library_that_is_installed() -> None:
    assert sorted(told()) == list(ROWS)
    pinned = re.search(r'"SpiffWorkflow==([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned is not None
    assert f"SpiffWorkflow {pinned[1]}" in (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
