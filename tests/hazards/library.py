"""SpiffWorkflow as it comes: its own parser, engine and serializer, and nothing of ours."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import SpiffWorkflow.bpmn.specs.event_definitions.timer as timers
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.util.task import TaskState

OPEN = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
OPEN += 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:motcua="urn:motcua:bpmn:1.0" id="d" targetNamespace="t">\n'


def drawn(*elements: str, flows: str = "", around: str = "", id: str = "p") -> str:
    """A document with one process. A flow is "a > b > c", or "a > b if condition", one a line; defaults are said by the gateway."""
    lines = []
    for line in filter(None, map(str.strip, flows.splitlines())):
        path, _, condition = line.partition(" if ")
        steps = path.split(" > ")
        for source, target in itertools.pairwise(steps):
            inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
            lines.append(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
            )
    inside = "\n".join([*elements, *lines])
    return f'{OPEN}{around}\n<bpmn:process id="{id}" isExecutable="true">\n{inside}\n</bpmn:process>\n</bpmn:definitions>\n'


def node(tag: str, id: str, inner: str = "", **attributes: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<bpmn:{tag} id="{id}" name="{id}"{given}>{inner}</bpmn:{tag}>'


def start(id: str = "start") -> str:
    return node("startEvent", id)


def end(id: str = "end") -> str:
    return node("endEvent", id)


def person(id: str, inner: str = "") -> str:
    return node("userTask", id, inner)


def script(id: str, text: str) -> str:
    return node("scriptTask", id, f"<bpmn:script>{text}</bpmn:script>")


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(ref: str = "m") -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ref}"/>'


def parse(*documents: str, id: str = "p") -> tuple[Any, Any]:
    """The spec of process `id` and those of what it calls or holds."""
    parser = BpmnParser()
    for document in documents:
        parser.add_bpmn_xml(etree.fromstring(document.encode()))
    return parser.get_spec(id), parser.get_subprocess_specs(id)


def case(*documents: str, engine: Any = None, **data: Any) -> Any:
    """A new case of the first process, run to its first wait."""
    spec, inner = parse(*documents)
    workflow = BpmnWorkflow(spec, inner, script_engine=engine)
    workflow.task_tree.data.update(data)
    workflow.do_engine_steps()
    return workflow


def waiting(workflow: Any) -> list[str]:
    """Where people are asked."""
    return sorted(task.task_spec.name for task in ready(workflow))


def ready(workflow: Any) -> list[Any]:
    return [task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]


def complete(workflow: Any, name: str, **data: Any) -> None:
    task = next(task for task in ready(workflow) if task.task_spec.name == name)
    task.data.update(data)
    task.run()
    workflow.do_engine_steps()


def saved(workflow: Any) -> str:
    text: str = BpmnWorkflowSerializer().serialize_json(workflow)
    return text


def restored(text: str) -> Any:
    return BpmnWorkflowSerializer().deserialize_json(text)


class Time(datetime):
    """The library's timers ask this instead of the computer; a test moves it."""

    at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.at.astimezone(tz)


@contextmanager
def time_at_hand() -> Iterator[Callable[[timedelta], None]]:
    """The library's clock stands still, and is moved by what is given."""
    before, Time.at = timers.datetime, datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    timers.datetime = Time

    def move(step: timedelta) -> None:
        Time.at += step

    try:
        yield move
    finally:
        timers.datetime = before


def send(workflow: Any, name: str, payload: Any = None, **correlations: Any) -> None:
    """A message from outside, as the library takes it."""
    workflow.send_event(BpmnEvent(MessageEventDefinition(name), payload=payload or {}, correlations=correlations))
    workflow.do_engine_steps()
