"""Messages from one process of a dossier to another, over the message flows that the model draws between its pools.

    SendMessage ──letter──► run.mail ──► the event, receive task or start event at the end of the flow

A letter is written when its sender is done, and held against what its receiver declares before anything moves on. It is given to
the oldest token that waits at the end of its flow, as soon as nothing else in the dossier can run: before that, whoever is on the
way to wait would be overtaken. Until then it lies in the saved state.

A process that messages start runs once at a time, but perhaps several times in turn. A letter to the inside of it is meant for the
instance that runs, or for the one that the last start message on its way will start. When that has ended, no other takes it: what
was said about one question never answers the next.
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
from motcua.engine.spiff import events, pools
from motcua.engine.spiff.specs import NodeSpec, ProcessSpec
from motcua.engine.values import Value, Variables
from motcua.errors import MotcuaError

if TYPE_CHECKING:
    from motcua.engine.spiff.run import Run


class MessageUnfit(MotcuaError):
    """What a message would carry is not what its receiver takes. Nothing was sent and nothing was saved."""


@dataclass(frozen=True, slots=True)
class Route:
    """A message flow, compiled. source, sender: the process and the node it leaves.   process, target: those where it ends.

    payload: what is taken there.
    """

    flow: str
    source: str
    sender: str
    message: str
    process: str
    target: str
    payload: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way. `sender` is the id of the token that sent it, which sends once over each flow.

    meant_for: what started the instance that it is meant for (`pools.started_by`); None for whichever there will be.
    """

    flow: str
    sender: str
    sent_at: datetime
    values: Variables
    meant_for: str | None = None

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
        route = Route(flow.id, process_of[source.id], source.id, message, process_of[target.id], target.id, target.payload)
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
        now = datetime.fromisoformat(run.now_text)
        for route in self.routes:
            run.post(Letter(route.flow, str(my_task.id), now, self._fitting(route, values), _meant_for(run, route)))
        return True

    def _fitting(self, route: Route, values: Mapping[str, Value]) -> dict[str, Value]:
        try:
            return read_entries(route.payload, values, f'The message "{route.message}" from "{self.name}" to "{route.target}"')
        except FormRefused as refusal:
            raise MessageUnfit(
                f"{refusal} Correct the data, or the motcua:arguments of the sender.", element=self.name, flow=route.flow
            ) from refusal


_NOBODY = ""
"""Instead of an instance: the one that a letter could have been meant for has ended."""


def _meant_for(run: Run, route: Route) -> str | None:
    if _is_start(run, route):
        return None
    starting = [letter for letter in run.mail if _starts(run, letter, route.process)]
    if starting:
        return starting[-1].id
    now_running = pools.running(run, route.process)
    if now_running:
        return pools.started_by(now_running[-1].parent_task)
    return _NOBODY if pools.has_run(run, route.process) else None


def _is_start(run: Run, route: Route) -> bool:
    return route.target in run.model.nodes.get(pools.ROOT, {})


def _starts(run: Run, letter: Letter, process: str) -> bool:
    route = run.model.routes[letter.flow]
    return route.process == process and _is_start(run, route)


def deliver_one(run: Run) -> bool:
    """Give the first letter that somebody waits for to the oldest token that does. Returns whether there was one."""
    for letter in run.mail:
        route = run.model.routes[letter.flow]
        waiting = [task for instance in run.all_instances() for task in instance.live() if _takes(task, letter, route)]
        if waiting:
            run.mail.remove(letter)
            run.carried(letter, True)
            task = min(waiting, key=lambda each: datetime.fromisoformat(each.internal_data["at"]))
            if isinstance(task.task_spec, pools.PoolStart):
                task.internal_data["started_by"] = letter.id
            events.fire(task, letter.values)
            return True
    return False


def _takes(task: Any, letter: Letter, route: Route) -> bool:
    spec = task.task_spec
    return (
        isinstance(spec, events.CatchEvent)
        and spec.name == route.target
        and spec.process_id == route.process
        and task.has_state(TaskState.WAITING)
        and not spec.is_busy(task)
        and (letter.meant_for is None or letter.meant_for == _instance_of(task))
    )


def _instance_of(task: Any) -> str | None:
    """What started the process of another pool that the task is in."""
    holder = task.workflow.parent_task
    while holder is not None and not isinstance(holder.task_spec, pools.OtherProcess):
        holder = holder.workflow.parent_task
    return None if holder is None else pools.started_by(holder)
