"""What was completed and can be undone, taken along to another version's model, or a reason why it cannot be.

The new version must be able to undo whatever was recorded, in the same way and with the values that were kept. And it must not
promise more: an activity that only the new version can undo may have been completed before, when nobody wrote it down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from motcua.engine.spiff.compensation import BESIDE, Undoing
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.spiff.ledger import Plan, all_records
from motcua.engine.spiff.run import Run


def undoing_now(run: Run) -> list[str]:
    """The compensations that are under way: a dossier is not moved in the middle of one."""
    live = (task for instance in (run, *run.instances.values()) for task in instance.live())
    names = {task.task_spec.name.removesuffix(BESIDE) for task in live if isinstance(task.task_spec, Undoing)}
    return [f'"{name}" has things undone just now; move the dossier when that is over' for name in sorted(names)]


def why_not_undone(run: Run, model: CompiledModel, bodies: Mapping[str, str | None], renamed: Callable[[str], str]) -> list[str]:
    """Every reason why what this run could undo cannot be undone in the new model. bodies: old to new, of what runs now."""
    reasons = []
    roots = _roots(bodies)
    for record in all_records(run):
        before: Plan = run.model.processes[record["in"]].undo[record["node"]]
        after = _plan(model, _moved_body(record["in"], roots, renamed), renamed(record["node"]))
        if after is None:
            reasons.append(f'"{record["node"]}" was completed and can be undone, and nothing undoes it in the new version')
        elif (before.handler is None, before.holds, before.is_instance) != (after.handler is None, after.holds, after.is_instance):
            reasons.append(f'"{record["node"]}" was completed, and would be undone in another way in the new version')
        elif missing := sorted(after.keeps - before.keeps):
            reasons.append(f'what undoes "{record["node"]}" in the new version reads {", ".join(missing)}, which was not kept')
    return reasons + _why_not_known(run, model, roots, renamed)


def _why_not_known(run: Run, model: CompiledModel, roots: Mapping[str, str], renamed: Callable[[str], str]) -> list[str]:
    """Activities that were there before, and that only the new version can undo."""
    found = []
    for key, spec in run.model.processes.items():
        if key.split("/")[0] not in roots:
            continue
        body = _moved_body(key, roots, renamed)
        for node_id in run.model.nodes[key]:
            after = _plan(model, body, renamed(node_id))
            if after is not None and node_id not in spec.undo:
                found.append(f'"{node_id}" can be undone in the new version, and it was not recorded whether it was completed')
    return found


def move_ledgers(run: Run, bodies: Mapping[str, str | None], renamed: Callable[[str], str]) -> None:
    """Put every record where the new model has its activity."""
    roots = _roots(bodies)
    for record in list(all_records(run)):
        record["in"] = _moved_body(record["in"], roots, renamed)
        record["node"] = renamed(record["node"])


def _roots(bodies: Mapping[str, str | None]) -> dict[str, str]:
    return {old: new for old, new in bodies.items() if "/" not in old and new is not None}


def _plan(model: CompiledModel, body: str, node_id: str) -> Plan | None:
    spec = model.processes.get(body)
    return None if spec is None else spec.undo.get(node_id)


def _moved_body(key: str, roots: Mapping[str, str], renamed: Callable[[str], str]) -> str:
    """The key of the body that takes the place of this one: of its process, and of each sub-process on the way in."""
    root, *inner = key.split("/")
    ids = [(each.rstrip("#!"), each) for each in inner]
    return "/".join([roots.get(root, root), *(renamed(id) + each.removeprefix(id) for id, each in ids)])
