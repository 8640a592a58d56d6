"""Documents that are broken or meant to harm: refused at publication with a message that says where, and the engine goes on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from motcua.bpmn.checks import ModelRefused
from motcua.bpmn.document import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, ModelUnreadable
from motcua.errors import InvalidInput
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import ProcedureVersion, build_closure
from tests.office import Office

BIRTH = "1.001193"
OPEN = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.fixture
def office() -> Office:
    office = Office()
    office.publish(BIRTH)
    return office


def version(model: bytes, **shared: bytes) -> ProcedureVersion:
    (good,) = load_catalog().versions(BIRTH)
    return replace(good, model=model, shared=shared, version_id="0" * 64)


def test_the_engine_goes_on_after_every_refusal(office: Office) -> None:
    for content in UNREADABLE.values():
        with pytest.raises(InvalidInput):
            office.engine.publish(version(content()))
    assert office.file(BIRTH)


UNREADABLE: Mapping[str, Callable[[], bytes]] = {
    "malformed": lambda: f"{OPEN}\n<bpmn:process id='p'>\n</bpmn:definitions>".encode(),
    "cut off": lambda: OPEN.encode()[:60],
    "entity bomb": lambda: f'<!DOCTYPE d [<!ENTITY e0 "ha">{BOMB}]>\n{OPEN}&e11;</bpmn:definitions>'.encode(),
    "external entity": lambda: f'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n{OPEN}&x;</bpmn:definitions>'.encode(),
    "external entity over the network": lambda: (
        f'<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd">%x;]>\n{OPEN}</bpmn:definitions>'.encode()
    ),
    "fifty megabytes": lambda: OPEN.encode() + b"<!-- " + b"x" * 50_000_000 + b" --></bpmn:definitions>",
    "too many elements": lambda: OPEN.encode() + b"<bpmn:task/>" * (MAX_ELEMENTS + 1) + b"</bpmn:definitions>",
    "too deep": lambda: OPEN.encode() + b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1) + b"</bpmn:definitions>",
    "far too deep": lambda: OPEN.encode() + b"<a>" * 1_000_000,
    "no text": lambda: bytes(range(256)) * 100,
    "another encoding": lambda: OPEN.encode("utf-16"),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_one_message_that_says_where_and_what_to_do(name: str, office: Office) -> None:
    with pytest.raises(ModelUnreadable) as refused:
        office.engine.publish(version(UNREADABLE[name]()))
    message = str(refused.value)
    assert message.startswith(BIRTH)
    assert len(message) < 400
    assert "\n" not in message
    assert isinstance(refused.value.facts["line"], int)


def test_a_file_of_fifty_megabytes_is_refused_by_its_size_before_it_is_looked_into(office: Office) -> None:
    with pytest.raises(ModelUnreadable, match=f"more bytes than the {MAX_BYTES:,}"):
        office.engine.publish(version(UNREADABLE["fifty megabytes"]()))


def test_a_broken_shared_part_is_refused_like_a_broken_model(office: Office) -> None:
    (good,) = load_catalog().versions(BIRTH)
    broken = version(good.model, **{**dict(good.shared), "shared_return_result": UNREADABLE["entity bomb"]()})
    with pytest.raises(ModelUnreadable, match="shared_return_result:1 has a document type"):
        office.engine.publish(broken)


def findings(office: Office, published: ProcedureVersion) -> list[dict[str, Any]]:
    with pytest.raises(ModelRefused) as refused:
        office.engine.publish(published)
    found: list[dict[str, Any]] = refused.value.facts["findings"]
    return found


def altered(old: str, new: str) -> ProcedureVersion:
    (good,) = load_catalog().versions(BIRTH)
    text = good.model.decode()
    assert old in text
    return version(text.replace(old, new, 1).encode(), **dict(good.shared))


def test_an_id_that_stands_twice_is_refused_where_it_stands_again(office: Office) -> None:
    twice = altered("<bpmn:endEvent ", '<bpmn:userTask id="appraise" name="x"/>\n<bpmn:endEvent ')
    (finding,) = (each for each in findings(office, twice) if each["rule"] == "duplicate-id")
    line = twice.model.decode().splitlines()[finding["line"] - 1]
    assert finding["element"] == "appraise"
    assert 'id="appraise"' in line
    assert finding["remedy"]


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        ('targetRef="appraise"', 'targetRef="nowhere"', None),
        (
            '<bpmn:endEvent id="finished"',
            '<bpmn:boundaryEvent id="lost" attachedToRef="nowhere"/><bpmn:endEvent id="finished"',
            "lost",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused_at_its_line(old: str, new: str, element: str | None, office: Office) -> None:
    dangling = altered(old, new)
    found = [each for each in findings(office, dangling) if "nowhere" in each["message"]]
    assert len(found) == 1
    assert "nowhere" in dangling.model.decode().splitlines()[found[0]["line"] - 1]
    assert found[0]["element"] == (element or found[0]["element"])


def calling(name: str, *others: str) -> bytes:
    """A shared part that calls others, one after the other."""
    nodes = ["start", *(f"call_{other}" for other in others), "end"]
    drawn = [f'<bpmn:callActivity id="call_{other}" name="x" calledElement="{other}"/>' for other in others]
    flows = [
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(itertools.pairwise(nodes))
    ]
    inside = "\n".join(['<bpmn:startEvent id="start"/>', *drawn, '<bpmn:endEvent id="end"/>', *flows])
    return f'{OPEN}\n<bpmn:process id="{name}" isExecutable="true">\n{inside}\n</bpmn:process></bpmn:definitions>'.encode()


@pytest.mark.parametrize(
    "library",
    [
        {"one": ("one",)},
        {"one": ("two",), "two": ("one",)},
        {"one": ("two", "three"), "two": ("three",), "three": ("four",), "four": ("one",)},
        {**{f"part{n}": (f"part{n + 1}",) for n in range(60)}, "one": ("part0",), "part60": ("part0",)},
    ],
)
def test_shared_parts_that_call_each_other_without_end_are_refused_at_the_call(
    library: dict[str, tuple[str, ...]], office: Office
) -> None:
    (good,) = load_catalog().versions(BIRTH)
    text = good.model.decode().replace('calledElement="shared_return_result"', 'calledElement="one"')
    parts = {name: calling(name, *others) for name, others in library.items()}
    cyclic = build_closure(BIRTH, text.encode(), {**good.shared, **parts}, good.register, in_force_from=good.in_force_from)
    (finding, *_) = (each for each in findings(office, cyclic) if each["rule"] == "shared-part")
    assert "would call itself without end" in finding["message"]
    assert "calledElement" in cyclic.shared[finding["file"]].decode().splitlines()[finding["line"] - 1]
    assert finding["remedy"]


def test_a_model_that_calls_itself_is_refused(office: Office) -> None:
    itself = altered('calledElement="shared_return_result"', 'calledElement="birth_registration"')
    (finding,) = (each for each in findings(office, itself) if each["rule"] == "shared-part")
    assert finding["line"] > 1
