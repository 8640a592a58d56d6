"""What a rule says, what it is told, and the error that carries all findings to the person who drew the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from motcua.bpmn.decisions.elements import DecisionDocument
from motcua.bpmn.elements import Body, Definitions, Node, Process, SequenceFlow, TimerClock, bodies
from motcua.errors import InvalidInput


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `line` is 0 where the whole document is meant."""

    rule: str
    severity: Severity
    element_id: str | None
    line: int
    message: str
    remedy: str

    def as_text(self, source: str) -> str:
        return f"{source}:{self.line} {self.element_id or '-'} {self.rule}: {self.message} → {self.remedy}"

    def as_record(self, source: str) -> dict[str, Any]:
        return {
            "file": source,
            "line": self.line,
            "element": self.element_id,
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message,
            "remedy": self.remedy,
        }


class OperationSignature(Protocol):
    """What the checks know of an operation: inputs by name with whether they are required, outputs, BPMN error codes."""

    @property
    def inputs(self) -> Mapping[str, bool]: ...

    @property
    def outputs(self) -> Sequence[str]: ...

    @property
    def errors(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What bpmn cannot know by itself.

    operations: name → signature.   roles: that a task may name.   procedure_codes: that a process may name.
    shared_parts: process id → the document with that process.
    read_timer: raises a MotcuaError for a text that no timer on this clock understands.
    decisions: name → the DMN document with the decision of that id.
    """

    operations: Mapping[str, OperationSignature]
    roles: frozenset[str]
    shared_parts: Mapping[str, Definitions]
    procedure_codes: frozenset[str]
    read_timer: Callable[[str, TimerClock], object]
    decisions: Mapping[str, DecisionDocument] = field(default_factory=dict)


Rule: TypeAlias = Callable[[Definitions, CheckContext], Iterator[Finding]]


class ModelRefused(InvalidInput):
    """The model has errors, one a line. Facts: `source`, `findings` as records."""

    @classmethod
    def of(cls, definitions: Definitions | DecisionDocument, findings: Iterable[Finding]) -> ModelRefused:
        """The refusal of a model with all its errors; warnings stay out."""
        source = definitions.source or definitions.id
        wrong = errors(findings)
        lines = "\n".join(finding.as_text(source) for finding in wrong)
        return cls(
            f"{source} cannot be run: {len(wrong)} to mend.\n{lines}",
            source=source,
            findings=[finding.as_record(source) for finding in wrong],
        )


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that forbid deployment."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


class _Placed(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def line(self) -> int: ...


def wrong(rule: str, element: _Placed, message: str, remedy: str, *, line: int = 0) -> Finding:
    """An error at this element, or at a line inside it."""
    return Finding(rule, Severity.ERROR, element.id, line or element.line, message, remedy)


def doubtful(rule: str, element: _Placed, message: str, remedy: str, *, line: int = 0) -> Finding:
    """A warning at this element, or at a line inside it."""
    return Finding(rule, Severity.WARNING, element.id, line or element.line, message, remedy)


def containers(definitions: Definitions) -> Iterator[tuple[Process, Process | Body]]:
    """Every process and every body of a sub-process, each with the process it belongs to."""
    for process in definitions.processes:
        for container in bodies(process):
            yield process, container


def all_nodes(definitions: Definitions) -> Iterator[Node]:
    for _, container in containers(definitions):
        yield from container.nodes


def all_flows(definitions: Definitions) -> Iterator[SequenceFlow]:
    for _, container in containers(definitions):
        yield from container.flows


def repeated(names: Iterable[str]) -> list[str]:
    """The names that stand there more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def title(node: Node) -> str:
    """How a message names a node: by what is written on the drawing, else by its id."""
    return f'"{node.name}"' if node.name else f'"{node.id}"'
