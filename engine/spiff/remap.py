"""Tokens put elsewhere by hand: to another node of the same body, or from one version's model to another's.

Both work on a restored `Run` and are judged beforehand, by `engine/operators.py` and `engine/migration.py`; here is only how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from motcua.engine.spiff import specs
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.spiff.instance import ProcessInstance
from motcua.engine.spiff.ledger_remap import move_ledgers
from motcua.engine.spiff.run import Run


def move_token(run: Run, token_id: str, to_node_id: str) -> None:
    """Cancel the token, with its boundary events or the events it waits beside, and place one at the node."""
    task = run._find(token_id)
    together = [task]
    if task.parent is not None and isinstance(task.parent.task_spec, specs.ActivityFrame | specs.EventBasedGateway):
        together = list(task.parent.children)
    for each in together:
        if not each.has_state(TaskState.FINISHED_MASK):
            each.cancel()
    instance = task.workflow
    entry = instance.spec.task_specs.get(f"{to_node_id}.frame") or instance.spec.task_specs[to_node_id]
    _place(instance.task_tree, entry)


def remap(run: Run, model: CompiledModel, renamed: Callable[[str], str]) -> bytes:
    """The run's saved state as one of `model`: every token stands at the node of the new name, with its id and its arrival.

    Boundary events that the new model adds to an activity are set now; those that it no longer has are gone.
    """
    move_ledgers(run, dict(new_bodies(run, model, renamed)), renamed)
    for instance in (run, *run.instances.values()):  # each after the one that holds it
        body = model.main if instance is run else instance.parent_task.task_spec.body
        _remap_instance(instance, model.processes[body], renamed)
    run.model = model
    return run.save()


def new_bodies(run: Run, model: CompiledModel, renamed: Callable[[str], str]) -> Iterator[tuple[str, str | None]]:
    """The bodies that run now, each with the body of `model` that takes its place, or None where none does."""
    found: dict[str, str | None] = {}
    for instance in (run, *run.instances.values()):
        body: str | None = model.main
        if instance is not run:
            outer = found[instance.parent_task.workflow.spec.name]
            holder = None if outer is None else model.processes[outer].task_specs.get(renamed(instance.parent_task.task_spec.name))
            body = getattr(holder, "body", None)
        found[instance.spec.name] = body
        yield instance.spec.name, body


def joins_that_differ(run: Run, model: CompiledModel, bodies: Mapping[str, str | None], renamed: Callable[[str], str]) -> set[str]:
    """The joins at which tokens wait that came by a way which the new model does not have, or that has other ways besides."""
    found = set()
    for instance in (run, *run.instances.values()):
        spec = model.processes[str(bodies[instance.spec.name])]
        for task in instance.live():
            if "via" in task.internal_data:
                before = {_renamed_spec(name, renamed) for name in task.task_spec._inputs}
                if before != set(spec.task_specs[renamed(task.task_spec.name)]._inputs):
                    found.add(task.task_spec.name)
    return found


def _remap_instance(instance: ProcessInstance, spec: specs.ProcessSpec, renamed: Callable[[str], str]) -> None:
    live = list(instance.live())
    parents = {task.parent.id: task.parent for task in live if task.parent is not None}.values()
    frames = [parent for parent in parents if isinstance(parent.task_spec, specs.ActivityFrame)]
    gateways = [parent for parent in parents if isinstance(parent.task_spec, specs.EventBasedGateway)]
    instance.spec = spec
    instance.task_tree.task_spec = spec.start
    for gateway in gateways:
        gateway.task_spec = spec.task_specs[renamed(gateway.task_spec.name)]
    staying = []
    for task in live:
        name = renamed(task.task_spec.name)
        if specs.is_boundary_event(task) and name not in spec.task_specs:
            instance._remove_task(task.id)
            continue
        task.task_spec = spec.task_specs[name]
        if "via" in task.internal_data:
            task.internal_data["via"] = _renamed_spec(task.internal_data["via"], renamed)
        staying.append(task)
    for frame in frames:
        _fit_frame(frame, spec, renamed)
    for task in staying:
        if not specs.is_boundary_event(task):
            _add_frame(task, spec)


def _fit_frame(frame: Any, spec: specs.ProcessSpec, renamed: Callable[[str], str]) -> None:
    """The frame of an activity that had boundary events: as the new model draws it, or dissolved."""
    fitting = spec.task_specs.get(_renamed_spec(frame.task_spec.name, renamed))
    if fitting is None:
        frame.task_spec = spec.start  # saving lets it go, since this groups nothing
        return
    known = {renamed(each.name) for each in frame.task_spec.outputs}  # what is not there of these happened already, and only once
    frame.task_spec = fitting
    for boundary in fitting.outputs:
        if boundary.name not in known:
            _place(frame, boundary)


def _add_frame(task: Any, spec: specs.ProcessSpec) -> None:
    """An activity that had no boundary events before and has some now."""
    frame_spec = spec.task_specs.get(f"{task.task_spec.name}.frame")
    if frame_spec is None or isinstance(task.parent.task_spec, specs.ActivityFrame):
        return
    root = task.workflow.task_tree
    frame = Task(task.workflow, frame_spec, parent=root, state=TaskState.COMPLETED)
    frame.data = root.data
    task.parent._children.remove(task.id)
    task._parent = frame.id
    frame._children.append(task.id)
    for boundary in frame_spec.outputs:
        if boundary is not task.task_spec:
            _place(frame, boundary)


def _place(parent: Any, spec: Any) -> None:
    spec._update(parent._add_child(spec, TaskState.FUTURE))


def _renamed_spec(name: str, renamed: Callable[[str], str]) -> str:
    node_id, dot, rest = name.partition(".frame")
    return renamed(node_id) + dot + rest
