"""Documents that are meant to cost much: `n` times something wrong. What they cost is measured in benchmarks/bench_bad_input.py."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Final

OPEN: Final = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:motcua="urn:motcua:bpmn:1.0" '
    'id="d" targetNamespace="t">'
)


def whole(inside: str) -> bytes:
    """A document with one process that holds these lines."""
    return f'{OPEN}<bpmn:process id="p" isExecutable="true">\n{inside}</bpmn:process></bpmn:definitions>'.encode()


def _times(n: int, line: Callable[[int], str]) -> str:
    return "".join(f"{line(number)}\n" for number in range(n))


def valid(n: int) -> bytes:
    """`n` tasks in a row, with nothing wrong but that nobody is asked to do them."""
    tasks = _times(n, lambda i: f'<bpmn:manualTask id="t{i}" name="t{i}"/><bpmn:sequenceFlow id="f{i}" {_ends(i)}/>')
    last = f'<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f{n}" sourceRef="t{n - 1}" targetRef="e"/>'
    return whole(f'<bpmn:startEvent id="s"/>\n{tasks}{last}')


def _ends(number: int) -> str:
    source = f"t{number - 1}" if number else "s"
    return f'sourceRef="{source}" targetRef="t{number}"'


def _event(tag: str, id: str, event: str, more: str = "") -> str:
    return f'<bpmn:{tag} id="{id}"{more}>{event}</bpmn:{tag}>'


_STRANGE: Final = "".join(f' a{number}="1"' for number in range(20))
_LINK: Final = '<bpmn:linkEventDefinition name="l"/>'
_ERROR: Final = "<bpmn:errorEventDefinition/>"

HOSTILE: Final[Mapping[str, Callable[[int], bytes]]] = {
    "one id everywhere": lambda n: whole('<bpmn:manualTask id="x"/>\n' * n),
    "every id twice": lambda n: whole(_times(n, lambda i: f'<bpmn:manualTask id="x{i // 2}"/>')),
    "flows between nothing": lambda n: whole(_times(n, lambda i: f'<bpmn:sequenceFlow id="x{i}" sourceRef="a{i}" targetRef="b"/>')),
    "boundary events on nothing": lambda n: whole(
        _times(n, lambda i: _event("boundaryEvent", f"x{i}", _ERROR, f' attachedToRef="a{i}"'))
    ),
    "boundary events on one task": lambda n: whole(
        '<bpmn:serviceTask id="a"/>' + _times(n, lambda i: _event("boundaryEvent", f"x{i}", _ERROR, ' attachedToRef="a"'))
    ),
    "lanes of nothing": lambda n: whole(
        '<bpmn:laneSet id="s">'
        + _times(n // 2, lambda i: _event("lane", f"l{i}", f"<bpmn:flowNodeRef>z{i}</bpmn:flowNodeRef>"))
        + "</bpmn:laneSet>"
    ),
    "links to every link": lambda n: whole(
        _times(
            n // 4,
            lambda i: _event("intermediateThrowEvent", f"x{i}", _LINK) + _event("intermediateCatchEvent", f"y{i}", _LINK),
        )
    ),
    "events after one gateway": lambda n: whole(
        '<bpmn:eventBasedGateway id="g"/>'
        + _times(
            n // 3,
            lambda i: (
                _event("intermediateCatchEvent", f"y{i}", "<bpmn:messageEventDefinition/>")
                + f'<bpmn:sequenceFlow id="f{i}" sourceRef="g" targetRef="y{i}"/>'
            ),
        )
    ),
    "calls of nothing": lambda n: whole(_times(n, lambda i: f'<bpmn:callActivity id="x{i}" calledElement="n{i}"/>')),
    "signals of nothing": lambda n: whole(
        _times(n // 2, lambda i: _event("intermediateThrowEvent", f"x{i}", f'<bpmn:signalEventDefinition signalRef="s{i}"/>'))
    ),
    "attributes of nothing": lambda n: whole(_times(n // 10, lambda i: f'<bpmn:manualTask id="x{i}"{_STRANGE}/>')),
    "sub-processes without anything": lambda n: whole(_times(n, lambda i: f'<bpmn:subProcess id="x{i}"/>')),
    "transactions that are cancelled": lambda n: whole(
        _times(
            n // 3,
            lambda i: _event("transaction", f"x{i}", _event("endEvent", f"y{i}", "<bpmn:cancelEventDefinition/>")),
        )
    ),
    "processes": lambda n: (OPEN + _times(n, lambda i: f'<bpmn:process id="p{i}"/>') + "</bpmn:definitions>").encode(),
    "deep expressions": lambda n: whole(
        '<bpmn:exclusiveGateway id="g"/>'
        + _times(
            n // 4,
            lambda i: (
                f'<bpmn:sequenceFlow id="f{i}" sourceRef="g" targetRef="z"><bpmn:conditionExpression>'
                f"{'(1 + ' * 15}x{i}{')' * 15}</bpmn:conditionExpression></bpmn:sequenceFlow>"
            ),
        )
    ),
    "one long script": lambda n: whole(
        '<bpmn:scriptTask id="g" scriptFormat="motcua"><bpmn:script>'
        + _times(n, lambda i: f"a{i} = b{i}")
        + "</bpmn:script></bpmn:scriptTask>"
    ),
}
"""By name, a document of about `n` elements (`one long script`: lines) with as much wrong in it."""


def calling(name: str, *others: str) -> bytes:
    """A shared part that calls others, one after the other."""
    nodes = ["start", *(f"call_{place}" for place, _ in enumerate(others)), "end"]
    drawn = [f'<bpmn:callActivity id="call_{place}" name="x" calledElement="{other}"/>' for place, other in enumerate(others)]
    flows = [
        f'<bpmn:sequenceFlow id="f{place}" sourceRef="{source}" targetRef="{target}"/>'
        for place, (source, target) in enumerate(itertools.pairwise(nodes))
    ]
    inside = "\n".join(['<bpmn:startEvent id="start"/>', *drawn, '<bpmn:endEvent id="end"/>', *flows])
    return f'{OPEN}\n<bpmn:process id="{name}" isExecutable="true">\n{inside}\n</bpmn:process></bpmn:definitions>'.encode()


def called_twice_a_level(levels: int) -> dict[str, bytes]:
    """Shared parts `part0`, `part1`, … each of which calls the next one twice, so that the last is reached 2 ** levels times."""
    parts = {f"part{n}": calling(f"part{n}", f"part{n + 1}", f"part{n + 1}") for n in range(levels)}
    return {**parts, f"part{levels}": calling(f"part{levels}")}
