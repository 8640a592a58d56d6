"""A model survives other tools: what bpmn-js saves is, apart from its lines, what it opened."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import walk
from tests.bpmn.conftest import COMPENSATION, DESCRIPTOR, MODELS, NODE_PROJECT

pytestmark = pytest.mark.tools
Saved = dict[str, dict[Path, tuple[list[str], bytes]]]


@pytest.fixture(scope="module")
def saved(node: Path) -> Saved:
    """Every model as saved by a tool that knows the extension, and by one that does not: its warnings and the text."""

    def save(*arguments: str) -> dict[Path, tuple[list[str], bytes]]:
        done = subprocess.run(
            [str(node), "round_trip.mjs", *arguments],
            input=json.dumps([path.read_text(encoding="utf-8") for path in MODELS]),
            cwd=NODE_PROJECT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        results = json.loads(done.stdout)
        return {path: (each["warnings"], each["xml"].encode()) for path, each in zip(MODELS, results, strict=True)}

    return {"with the descriptor": save(str(DESCRIPTOR)), "without the descriptor": save()}


@pytest.mark.parametrize("tool_kind", ["with the descriptor", "without the descriptor"])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_the_same_after_another_tool_saved_it(path: Path, tool_kind: str, saved: Saved) -> None:
    warnings, xml = saved[tool_kind][path]
    before, after = read_document(path.read_bytes(), path.name), read_document(xml, f"{path.name}, saved")
    assert warnings == []
    assert after.oddities == before.oddities == ()
    assert after == before


@pytest.mark.parametrize("tool_kind", ["with the descriptor", "without the descriptor"])
def test_what_undoes_what_is_the_same_after_another_tool_saved_it(tool_kind: str, saved: Saved) -> None:
    _, xml = saved[tool_kind][COMPENSATION]
    nodes = list(walk(read_document(xml, "saved").processes[0]))
    assert {node.attached_to: node.associated for node in nodes if node.associated} == {
        "reserve": ("release",),
        "collect": ("refund",),
        "sign": ("unsign",),
    }
    assert {node.id for node in nodes if node.is_for_compensation} == {"release", "refund", "unsign"}
    thrown = {node.id: (node.event.ref, node.event.waits) for node in nodes if node.event and node.id.startswith("und")}
    assert thrown == {"undo_sign": ("sign", True), "undo_draft": ("draft", False), "undone": (None, True)}
