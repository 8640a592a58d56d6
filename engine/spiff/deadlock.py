"""Tokens that nothing could ever move again: found when a step comes to rest, so that no dossier waits for ever in silence.

A process can go on if something from outside can move one of its tokens (a person, a call, a timer, a message), or if it waits for
a message or a signal of another process that can go on, or that can still be started.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from motcua.bpmn.elements import EventKind
from motcua.engine.spiff.events import CatchEvent
from motcua.engine.spiff.pools import ROOT, PoolStart
from motcua.engine.spiff.tokens import can_be_moved

if TYPE_CHECKING:
    from motcua.engine.spiff.instance import ProcessInstance
    from motcua.engine.spiff.run import Run


def stuck_tasks(run: Run) -> list[Any]:
    """The live tokens of every process that cannot go on."""
    if run.spec.name != ROOT:
        everything = [task for instance in run.all_instances() for task in instance.live()]
        return [] if any(can_be_moved(task) for task in everything) else everything
    waiting: defaultdict[ProcessInstance, list[Any]] = defaultdict(list)
    for instance in run.all_instances():
        waiting[_whole_process(instance)] += instance.live()
    starts = [task for task in waiting.pop(run) if isinstance(task.task_spec, PoolStart)]
    going: set[ProcessInstance] = set()
    able: set[str] = set()
    while True:
        more = {each for each in waiting.keys() - going if any(_can_move(run, task, able) for task in waiting[each])}
        now_able = {each.spec.name for each in more} | {start.task_spec.body for start in starts if _can_move(run, start, able)}
        if not more and now_able <= able:
            return [task for process in waiting.keys() - going for task in waiting[process]]
        going |= more
        able |= now_able


def _whole_process(instance: ProcessInstance) -> ProcessInstance:
    """The process that the instance is a part of, or called by."""
    while instance.parent_task is not None and instance.parent_task.workflow.spec.name != ROOT:
        instance = instance.parent_task.workflow
    return instance


def _can_move(run: Run, task: Any, able: set[str]) -> bool:
    """`able` are the ids of the processes of which it is known that they can go on, or start."""
    if can_be_moved(task):
        return True
    spec = task.task_spec
    if not isinstance(spec, CatchEvent):
        return False
    if spec.event_kind is EventKind.SIGNAL:
        return bool(able)
    leading = [each for each in run.model.routes.values() if (each.process, each.target) == (spec.process_id, spec.name)]
    return any(route.source in able for route in leading)
