"""The loop characteristics of activities, from XML to `elements.Repetition`.

BPMN lets a multi-instance activity name its list and its item by references to data elements. Data here are variables, so the text
of `loopDataInputRef` and `loopDataOutputRef` is the name of a variable, and the name of the data item is the name that each
instance gives it.
"""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from motcua.bpmn.elements import LoopKind, Repetition
from motcua.bpmn.reading import MODEL, Reading, check_attributes, expression, line, only_text, truth

LOOP_TAGS: Final = frozenset({"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"})
_EXPRESSIONS: Final = {"loopCondition": "condition", "loopCardinality": "cardinality", "completionCondition": "completion"}
_VARIABLES: Final = {"loopDataInputRef": "collection", "loopDataOutputRef": "output_collection"}
_ITEMS: Final = {"inputDataItem": "item", "outputDataItem": "output_item"}


def read_loop(element: etree._Element, name: str, reading: Reading) -> tuple[LoopKind, Repetition]:
    check_attributes(element, reading)
    facts: dict[str, Any] = {}
    for child in element.iterchildren(f"{{{MODEL}}}*"):
        tag = etree.QName(child).localname
        if tag in _EXPRESSIONS:
            facts[_EXPRESSIONS[tag]] = expression(child, reading)
        elif tag in _VARIABLES:
            facts[_VARIABLES[tag]] = only_text(child, reading)
        elif tag in _ITEMS:
            check_attributes(child, reading)
            facts[_ITEMS[tag]] = child.get("name", "")
        elif tag != "documentation":
            reading.unsupported(child)
    if name == "multiInstanceLoopCharacteristics":
        kind = LoopKind.SEQUENTIAL if truth(element, "isSequential", default=False) else LoopKind.PARALLEL
        return kind, Repetition(**facts, line=line(element))
    written = element.get("loopMaximum", "").strip()
    if written and not (written.isdecimal() and 0 < int(written) <= 1_000_000):
        reading.report("repetition", element, f'loopMaximum="{written[:40]}" is no whole number from 1 to 1000000', "correct it")
    elif written:
        facts["maximum"] = int(written)
    return LoopKind.STANDARD, Repetition(**facts, test_before=truth(element, "testBefore", default=False), line=line(element))
