"""Every model opens in the real bpmn-js, in a real browser, without a warning and with every element drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import bodies
from tests.bpmn.conftest import DESCRIPTOR, MODELS, NODE_PROJECT, stand_aside

pytestmark = [pytest.mark.tools, pytest.mark.browser]

_OPEN = """async ([xml, descriptor]) => {
  const viewer = new BpmnJS({ container: document.body, moddleExtensions: { motcua: descriptor } });
  const { warnings } = await viewer.importXML(xml);
  const drawn = viewer.get('elementRegistry').getAll().map((element) => element.id);
  viewer.destroy();
  return { warnings: warnings.map((warning) => warning.message), drawn };
}"""


@pytest.fixture(scope="module")
def page(node: Path, tool: Callable[[str], Path]) -> Iterator[Any]:
    """An empty page with bpmn-js in it, served from disk."""
    chromium = tool("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        stand_aside("This test needs the package playwright.")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=arguments)
        page = browser.new_page()
        page.add_script_tag(path=NODE_PROJECT / "node_modules" / "bpmn-js" / "dist" / "bpmn-viewer.production.min.js")
        yield page
        browser.close()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_opens_in_the_modeller_without_a_warning(path: Path, page: Any) -> None:
    descriptor = json.loads(DESCRIPTOR.read_text(encoding="utf-8"))
    opened = page.evaluate(_OPEN, [path.read_text(encoding="utf-8"), descriptor])
    assert opened["warnings"] == []
    model = read_document(path.read_bytes(), path.name)
    inside = [container for process in model.processes for container in bodies(process)]
    expected = {node.id for container in inside for node in container.nodes} | {flow.id for each in inside for flow in each.flows}
    expected |= {pool.id for pool in model.participants} | {flow.id for flow in model.message_flows}
    assert expected <= set(opened["drawn"])
