"""The extension says the same in three places: the reader's tables, the moddle descriptor and docs/extension.md."""

from __future__ import annotations

import json
import re
from typing import Any

from lxml import etree

from motcua.bpmn.checks.people import ACTS
from motcua.bpmn.elements import FieldType, TimerClock
from motcua.bpmn.expressions import ENGINE_NAMES
from motcua.bpmn.extension import NAMESPACE, PLACES, SHAPES
from tests.bpmn.conftest import DESCRIPTOR, EVERY_EXTENSION
from tests.house import ROOT

_DESCRIPTOR: dict[str, Any] = json.loads(DESCRIPTOR.read_text(encoding="utf-8"))
_TYPES: dict[str, Any] = {kind["name"]: kind for kind in _DESCRIPTOR["types"]}


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _described(kind: dict[str, Any]) -> tuple[set[str], dict[str, Any]]:
    attributes = {each["name"] for each in kind["properties"] if each.get("isAttr")}
    children = {_lower(each["type"]): _described(_TYPES[each["type"]]) for each in kind["properties"] if not each.get("isAttr")}
    return attributes, children


def _read(shape: Any) -> tuple[set[str], dict[str, Any]]:
    return set(shape.attributes), {name: _read(child) for name, child in shape.children.items()}


def test_the_descriptor_describes_exactly_what_the_reader_reads() -> None:
    assert _DESCRIPTOR["uri"] == NAMESPACE
    top = {_lower(name): kind for name, kind in _TYPES.items() if "meta" in kind}
    assert {name: _described(kind) for name, kind in top.items()} == {name: _read(shape) for name, shape in SHAPES.items()}


def test_the_descriptor_allows_each_element_where_the_reader_does() -> None:
    allowed = {
        _lower(name): {_lower(place.removeprefix("bpmn:")) for place in kind["meta"]["allowedIn"]}
        for name, kind in _TYPES.items()
        if "meta" in kind
    }
    assert allowed == {name: set(places) for name, places in PLACES.items()}


def test_the_descriptor_offers_the_values_that_the_checks_accept() -> None:
    offered = {each["name"]: {value["name"] for value in each["literalValues"]} for each in _DESCRIPTOR["enumerations"]}
    assert offered["FieldType"] == set(FieldType)
    assert offered["TimerClock"] == set(TimerClock)


def test_the_manual_names_every_element_attribute_act_and_engine_name() -> None:
    manual = (ROOT / "docs" / "extension.md").read_text(encoding="utf-8")
    for name, shape in SHAPES.items():
        row = next(line for line in manual.splitlines() if line.startswith(f"| `motcua:{name}` |"))
        for attribute in shape.attributes:
            assert re.search(rf"`{attribute}[`=]", row), (name, attribute)
    for word in ACTS | ENGINE_NAMES:
        assert f"`{word}`" in manual


def test_the_fixture_uses_every_element_and_attribute() -> None:
    used: dict[str, set[str]] = {}
    for element in etree.parse(EVERY_EXTENSION).iter(f"{{{NAMESPACE}}}*"):
        used.setdefault(etree.QName(element).localname, set()).update(str(name) for name in element.attrib)
    expected: dict[str, set[str]] = {}

    def collect(name: str, shape: Any) -> None:
        expected.setdefault(name, set()).update(shape.attributes)
        for child, inner in shape.children.items():
            collect(child, inner)

    for name, shape in SHAPES.items():
        collect(name, shape)
    assert used == expected
