"""Messages from one process of a dossier to another, over the message flows that the model draws between its pools.

    SendMessage ──letter──► run.mail ──► the event, receive task or start event at the end of the flow

A letter is written when its sender is done, and held against what its receiver declares before anything moves on. It is given to
the oldest token that waits at the end of its flow, as soon as nothing else in the dossier can run: before that, whoever is on the
way to wait would be overtaken. Until then it lies in the saved state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.collaboration import inner_flows, owners, reached_only_inside
from motcua.bpmn.elements import Definitions, FormField, Node
from motcua.bpmn.expressions import Expression
from motcua.engine.forms import FormRefused, read_entries
from motcua.engine.spiff import events
from motcua.engine.spiff.specs import NodeSpec, ProcessSpec
from motcua.engine.values import Value, Variables
from motcua.errors import MotcuaError

if TYPE_CHECKING:
    from motcua.engine.spiff.run import Run


class MessageUnfit(MotcuaError):
    """What a message would carry is not what its receiver takes. Nothing was sent and nothing was saved."""


@dataclass(frozen=True, slots=True)
class Route:
    """A message flow between two processes, compiled. `process` and `target`: where it ends; `payload`: what is taken there."""

    flow: str
    message: str
    process: str
    target: str
    payload: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way. `sender` is the id of the token that sent it, which sends once over each flow."""

    flow: str
    sender: str
    sent_at: datetime
    values: Variables

    @property
    def id(self) -> str:
        return f"{self.flow}/{self.sender}"


Routes = Mapping[tuple[str, str], Sequence[Route]]
"""By the process and the node that the message flows leave."""


def routes_of(model: Definitions) -> Routes:
    """The message flows between two processes of the model."""
    process_of = owners(model)
    found: defaultdict[tuple[str, str], list[Route]] = defaultdict(list)
    for flow, source, target in inner_flows(model):
        message = (target.event.message if target.event else None) or ""
        route = Route(flow.id, message, process_of[target.id], target.id, target.payload)
        found[process_of[source.id], source.id].append(route)
    return dict(found)


def close_to_outside(processes: Iterable[ProcessSpec], model: Definitions) -> None:
    """What only other pools send to is not given a message from outside."""
    process_of, closed = owners(model), reached_only_inside(model)
    for spec in processes:
        for each in spec.task_specs.values():
            if isinstance(each, events.CatchEvent):
                each.only_from_inside = each.name in closed and process_of[each.name] == each.process_id


class SendMessage(NodeSpec):
    """A send task, throwing message event or message end event: one letter over each of its flows, and the token goes on."""

    def __init__(
        self,
        process: WorkflowSpec,
        name: str,
        node: Node,
        arguments: Sequence[tuple[str, Expression]],
        routes: Sequence[Route],
    ) -> None:
        super().__init__(process, name, node)
        self.arguments = tuple(arguments)
        self.routes = tuple(routes)

    def _run_hook(self, my_task: Any) -> bool:
        run = my_task.workflow.top_workflow
        values = {name: run.evaluate(expression, my_task) for name, expression in self.arguments}
        for route in self.routes:
            run.post(Letter(route.flow, str(my_task.id), datetime.fromisoformat(run.now_text), self._fitting(route, values)))
        return True

    def _fitting(self, route: Route, values: Mapping[str, Value]) -> dict[str, Value]:
        try:
            return read_entries(route.payload, values, f'The message "{route.message}" from "{self.name}" to "{route.target}"')
        except FormRefused as refusal:
            raise MessageUnfit(
                f"{refusal} Correct the data, or the motcua:arguments of the sender.", element=self.name, flow=route.flow
            ) from refusal


def deliver_one(run: Run) -> bool:
    """Give the first letter that somebody waits for to the oldest token that does. Returns whether there was one."""
    for letter in run.mail:
        route = run.model.routes[letter.flow]
        waiting = [task for instance in run.all_instances() for task in instance.live() if _waits_for(route, task)]
        if waiting:
            run.mail.remove(letter)
            run.carried(letter, True)
            events.fire(min(waiting, key=lambda task: datetime.fromisoformat(task.internal_data["at"])), letter.values)
            return True
    return False


def _waits_for(route: Route, task: Any) -> bool:
    spec = task.task_spec
    return (
        isinstance(spec, events.CatchEvent)
        and spec.name == route.target
        and spec.process_id == route.process
        and task.has_state(TaskState.WAITING)
        and not spec.is_busy(task)
    )
