"""Moving running dossiers from one published version of a procedure to another.

    plan = MigrationPlan(from_version, to_version, {"old_id": "new_id"})     equal ids need no line
    why_not_planned(…)   what is wrong with the plan itself
    check(…)             for every dossier, why its tokens cannot stand in the new model; nothing has moved yet
    migrate(…)           dossier by dossier, each a transaction of its own, with an event in its history

A dossier that moves keeps its tokens with their ids and the instants at which they arrived (so its timers run on, by the texts
of the new model), its open tasks with their assignees, its service calls and incidents, its kept messages, its variables, and
its deadline: the limit stays as it was received, and a plan between versions that count differently is refused. A form that changed
is shown as the new model has it; a draft in it is kept, less what the new form cannot hold, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from motcua.bpmn.elements import PERSON_KINDS, SUB_PROCESS_KINDS, Node, NodeKind
from motcua.engine.blocks import Branch, branches
from motcua.engine.compiled import CompiledProcedure
from motcua.engine.dossier import Dossier, OpenTask
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.drafts import fitted
from motcua.engine.operators import Because
from motcua.engine.settling import form_of, open_task_of
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.spiff.remap import joins_that_differ, new_bodies, remap
from motcua.engine.spiff.run import Run, Token
from motcua.engine.store import DossierFilter, StoredDossier, TaskFilter
from motcua.engine.values import Value
from motcua.errors import Conflict, InvalidInput, MotcuaError

ALL = 1_000_000
TOLD = 20
"""Refused dossiers that a sentence names; the error carries fifty times as many."""


class PlanRefused(InvalidInput):
    """The migration plan cannot be right for any dossier. Facts: `reasons`."""


class MigrationRefused(Conflict):
    """Some dossiers cannot be moved, so none was. Facts: `refused`, how many; `refusals`, reasons by dossier, of the first ones."""


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """From one version id to another; `renamed` maps ids of nodes that are called otherwise in the new model."""

    from_version: str
    to_version: str
    renamed: Mapping[str, str] = field(default_factory=dict)

    def name(self, node_id: str) -> str:
        return self.renamed.get(node_id, node_id)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a dossier can be moved, or was: `reasons` why not, none where it can; `losses` what its drafts lose by it."""

    dossier_code: str
    reasons: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


def candidates(engine: DossierEngine, plan: MigrationPlan, after: str | None = None) -> list[str]:
    """The codes of the open dossiers on the plan's old version, oldest first; those after a dossier, if one is named.

    Raises UnknownDossier.
    """
    found = engine.store.dossiers(DossierFilter(version_id=plan.from_version, limit=ALL))
    start = None if after is None else engine.store.dossier(after)
    return [
        dossier.code
        for dossier in reversed(found)
        if dossier.closed_at is None and (start is None or (dossier.filed_at, dossier.code) > (start.filed_at, start.code))
    ]


def check_plan(engine: DossierEngine, plan: MigrationPlan) -> None:
    """Raises PlanRefused with every reason, UnknownVersion."""
    reasons = why_not_planned(engine.procedures.get(plan.from_version), engine.procedures.get(plan.to_version), plan)
    if reasons:
        raise PlanRefused(f"The migration plan cannot be used: {'; '.join(reasons)}.", reasons=reasons)


def why_not_planned(old: CompiledProcedure, new: CompiledProcedure, plan: MigrationPlan) -> list[str]:
    """What is wrong whatever the dossiers are."""
    reasons = []
    if old.version_id == new.version_id:
        reasons.append("both versions are the same")
    if old.procedure.code != new.procedure.code:
        reasons.append(f"the versions are of two procedures, {old.procedure.code} and {new.procedure.code}")
    if old.policy != new.policy:
        reasons.append("the versions count the time limit by different rules, so that deadlines would move")
    old_ids, new_ids = ({node_id for nodes in each.model.nodes.values() for node_id in nodes} for each in (old, new))
    reasons += [f'the old version has no node "{each}"' for each in plan.renamed if each not in old_ids]
    reasons += [f'the new version has no node "{each}"' for each in plan.renamed.values() if each not in new_ids]
    targets = list(plan.renamed.values())
    reasons += [f'two nodes are mapped to "{each}"' for each in sorted({each for each in targets if targets.count(each) > 1})]
    return reasons


def check(engine: DossierEngine, plan: MigrationPlan, codes: Sequence[str]) -> Iterator[Judgement]:
    """Judge the dossiers one after the other; reads only."""
    old, new = engine.procedures.get(plan.from_version), engine.procedures.get(plan.to_version)
    for code in codes:
        dossier = engine.store.dossier(code)
        run = _run(engine, dossier, engine.store.state(code), old)
        reasons = why_not_moved(dossier, run, old, new, plan)
        yield Judgement(code, tuple(reasons), () if reasons or run is None else _losses_foreseen(engine, code, run, new, plan))


def check_all(engine: DossierEngine, plan: MigrationPlan, codes: Sequence[str]) -> dict[str, list[str]]:
    """Raises MigrationRefused, with the reasons of each, if one of the dossiers cannot be moved; else returns no reasons."""
    refused = _refused(engine, plan, codes)
    if refused:
        told = "; ".join(f"{code}: {', '.join(reasons)}" for code, reasons in islice(refused.items(), TOLD))
        more = f"; and {len(refused) - TOLD:,} more" if len(refused) > TOLD else ""
        raise MigrationRefused(
            f"{len(refused):,} of {len(codes):,} dossiers cannot be moved, so none was. Map their activities, or leave them. "
            f"{told}{more}",
            refusals=dict(islice(refused.items(), 50 * TOLD)),
            refused=len(refused),
        )
    return refused


def _refused(engine: DossierEngine, plan: MigrationPlan, codes: Sequence[str]) -> dict[str, list[str]]:
    return {each.dossier_code: list(each.reasons) for each in check(engine, plan, codes) if each.reasons}


def migrate(
    engine: DossierEngine,
    plan: MigrationPlan,
    codes: Sequence[str],
    actor: str,
    because: Because,
    *,
    leave_refused: bool = False,
    progress: Callable[[Judgement], None] = lambda judgement: None,
) -> list[Judgement]:
    """Validate the plan and every dossier, then move them. `progress` is told each dossier that was moved or not.

    Raises PlanRefused; and MigrationRefused where a dossier cannot be moved, unless `leave_refused` says that such ones stay on
    the old version. A dossier that changes between the check and its turn is judged again under its lock.
    """
    check_plan(engine, plan)
    refused = _refused(engine, plan, codes) if leave_refused else check_all(engine, plan, codes)
    moved = []
    for code in codes:
        judgement = Judgement(code, tuple(refused.get(code, ()))) if code in refused else _move(engine, plan, code, actor, because)
        progress(judgement)
        moved.append(judgement)
    return moved


def _move(engine: DossierEngine, plan: MigrationPlan, code: str, actor: str, because: Because) -> Judgement:
    try:
        engine.advance_time(code)  # what fell due under the old version happens under it
        with engine.store.transaction() as tx:
            stored = tx.lock(code)
            old, new = engine.procedures.get(plan.from_version), engine.procedures.get(plan.to_version)
            run = _run(engine, stored.dossier, stored.state, old)
            reasons = why_not_moved(stored.dossier, run, old, new, plan)
            if reasons or run is None:
                return Judgement(code, tuple(reasons))
            session = engine.take_up(tx, _moved(stored, run, new, plan), new, actor)
            facts: dict[str, Value] = {"from": old.version_id, "to": new.version_id, "renamed": dict(plan.renamed)}
            session.record("migrated", {**because.facts, **facts})
            losses: list[str] = []
            open_tasks = {task.id: task for task in engine.store.open_tasks(TaskFilter(dossier_code=code, limit=ALL))}
            for token in session.run.tokens():
                if token.id in open_tasks:
                    renewed, lost = _renewed(open_tasks[token.id], open_task_of(session, token))
                    session.gathered.changed_tasks.append(renewed)
                    losses += lost
            if losses:
                session.record("draft_shortened", {"losses": list(losses)})
            for call in session.calls.values():
                if call.activity_id is not None and plan.name(call.activity_id) != call.activity_id:
                    session.keep_call(replace(call, activity_id=plan.name(call.activity_id)))
            tx.save(session.change())
    except MotcuaError as failure:  # one dossier's trouble is told, and the others go on
        return Judgement(code, (str(failure),))
    return Judgement(code, (), tuple(losses))


def _run(engine: DossierEngine, dossier: Dossier, state: bytes, old: CompiledProcedure) -> Run | None:
    """The dossier's tokens, if it runs on the old version."""
    return Run.restore(old.model, state, engine.clock.now(), {}) if dossier.version_id == old.version_id else None


def _moved(stored: StoredDossier, run: Run, new: CompiledProcedure, plan: MigrationPlan) -> StoredDossier:
    pauses = tuple(
        replace(pause, activity_id=plan.name(pause.activity_id)) if pause.ended_at is None else pause
        for pause in stored.dossier.pauses
    )
    dossier = replace(stored.dossier, version_id=new.version_id, pauses=pauses)
    return replace(stored, dossier=dossier, state=remap(run, new.model, plan.name))


def _renewed(task: OpenTask, drawn: OpenTask) -> tuple[OpenTask, list[str]]:
    """As the new model draws it, and what its draft loses; who has it and since when stays, and so does its norm."""
    draft, gone = fitted(task.draft, drawn.form)
    renewed = replace(
        task, activity_id=drawn.activity_id, name=drawn.name, role=drawn.role, tier=drawn.tier, form=drawn.form, draft=draft
    )
    return renewed, [_loss(drawn.activity_id, name) for name in gone]


def _loss(activity_id: str, name: str) -> str:
    return f'the draft of "{activity_id}" loses its field "{name}", which the new form does not have or reads otherwise'


def _losses_foreseen(engine: DossierEngine, code: str, run: Run, new: CompiledProcedure, plan: MigrationPlan) -> tuple[str, ...]:
    """Of a dossier that can be moved."""
    body_of = dict(new_bodies(run, new.model, plan.name))
    open_tasks = {task.id: task for task in engine.store.open_tasks(TaskFilter(dossier_code=code, limit=ALL))}
    losses = []
    for token in run.tokens():
        if token.id in open_tasks:
            node = _nodes(new.model, body_of[token.process])[plan.name(token.node.id)]
            losses += [_loss(node.id, name) for name in fitted(open_tasks[token.id].draft, form_of(node))[1]]
    return tuple(losses)


def why_not_moved(
    dossier: Dossier, run: Run | None, old: CompiledProcedure, new: CompiledProcedure, plan: MigrationPlan
) -> list[str]:
    """Every reason why this dossier cannot go on in the new model."""
    if dossier.closed_at is not None:
        return ["it is closed"]
    if run is None:
        return [f"it runs on version {dossier.version_id[:12]}, not on {plan.from_version[:12]}"]
    body_of: dict[str, str | None] = {}
    reasons: list[str] = []
    for body, became in new_bodies(run, new.model, plan.name):
        if body_of.setdefault(body, became) != became:
            reasons.append(f'"{body}" runs more than once, and would run as different parts')
    tokens = run.tokens()
    for token in tokens:
        reasons += _why_not_token(token, old.model.nodes[token.process], _nodes(new.model, body_of.get(token.process)), plan)
    if not reasons:
        for process in sorted({token.process for token in tokens}):
            here = [token.node for token in tokens if token.process == process]
            reasons += _why_not_together(here, old.model.nodes[process], _nodes(new.model, body_of[process]), plan)
        ways = "tokens wait at the join {}, and other ways lead into it in the new version"
        reasons += [ways.format(f'"{join}"') for join in joins_that_differ(run, new.model, body_of, plan.name)]
    return sorted(set(reasons))


def _nodes(model: CompiledModel, body: str | None) -> Mapping[str, Node]:
    return {} if body is None else model.nodes[body]


def _why_not_token(token: Token, before: Mapping[str, Node], after: Mapping[str, Node], plan: MigrationPlan) -> list[str]:
    node = token.node
    target = after.get(plan.name(node.id))
    where = f'"{node.id}"' if plan.name(node.id) == node.id else f'"{node.id}" (mapped to "{plan.name(node.id)}")'
    if target is None:
        if node.kind is NodeKind.BOUNDARY_EVENT:
            return []  # an event that the new model no longer draws is no longer awaited
        return [f"{where} has no place in the same process of the new version; map it to one"]
    reasons = []
    if _kind(target) != _kind(node):
        reasons.append(f"{where} is a {_kind(node)} and would become a {_kind(target)}")
    if node.kind is NodeKind.BOUNDARY_EVENT and target.attached_to != plan.name(str(node.attached_to)):
        reasons.append(f'{where} is attached to "{node.attached_to}" and would be attached to "{target.attached_to}"')
    if node.kind is NodeKind.BOUNDARY_EVENT and target.cancel_activity != node.cancel_activity:
        reasons.append(f"{where} would no longer interrupt, or begin to")
    asked, would_ask = (each.operation.name if each.operation else None for each in (node, target))
    if asked != would_ask:
        reasons.append(f'{where} has asked for "{asked}", and the new version asks for "{would_ask}"')
    race, new_race = (_race_before(nodes, each) for nodes, each in ((before, node), (after, target)))
    if race is not None or new_race is not None:
        awaited = {plan.name(each) for each in _followers(before, race)}
        if race is None or new_race is None or plan.name(race.id) != new_race.id or awaited != _followers(after, new_race):
            reasons.append(f"{where} is awaited together with other events, and with others in the new version")
    return reasons


def _why_not_together(here: list[Node], before: Mapping[str, Node], after: Mapping[str, Node], plan: MigrationPlan) -> list[str]:
    """Whether the tokens of a body lie in the same parallel blocks as before, and in branches as different as before."""
    old_branches, new_branches = branches(before), branches(after)
    reasons = []
    handled, would_be = (
        {name(each.id) for each in nodes.values() if each.triggered_by_event} for nodes, name in ((before, plan.name), (after, str))
    )
    if handled != would_be:
        reasons.append("the new version has other event sub-processes where it stands")
    became: dict[Branch, set[frozenset[Branch]]] = {}
    for node in here:
        if plan.name(node.id) not in after:
            continue
        lay_in, lies_in = old_branches[node.id], new_branches[plan.name(node.id)]
        if sorted(plan.name(split) for split, _ in lay_in) != sorted(split for split, _ in lies_in):
            reasons.append(f'"{node.id}" would lie in another parallel block')
        for split, flow in lay_in:
            became.setdefault((split, flow), set()).add(frozenset(each for each in lies_in if each[0] == plan.name(split)))
            drawn = after.get(plan.name(split))
            if drawn is not None and len(before[split].outgoing) != len(drawn.outgoing):
                reasons.append(f'the block of "{split}" has more or fewer branches in the new version')
    for split in {split for split, _ in became if plan.name(split) in after}:
        lands = [each for (begun, _), places in became.items() if begun == split for each in places]
        if len(lands) != len(set(lands)):
            reasons.append(f'two branches of "{split}" would become one')
    reasons += [f'a branch of "{split}" would become two' for (split, _), places in became.items() if len(places) > 1]
    return reasons


def _kind(node: Node) -> str:
    timer = f"{node.event.timer.kind.value} " if node.event is not None and node.event.timer is not None else ""
    event = f"{timer}{node.event_kind.value} " if node.event is not None else ""
    repeated = f"{node.loop.value} repeated " if node.loop is not None else ""
    # A manual task is completed as a user task is; an embedded sub-process and a transaction keep their books differently.
    kind = NodeKind.USER_TASK if node.kind in PERSON_KINDS else node.kind
    inside = " of its own" if kind in SUB_PROCESS_KINDS and node.triggered_by_event else ""
    return f"{repeated}{event}{kind.value.replace('_', ' ')}{inside}"


def _race_before(nodes: Mapping[str, Node], node: Node) -> Node | None:
    gateways = (each for each in nodes.values() if each.kind is NodeKind.EVENT_BASED_GATEWAY)
    return next((each for each in gateways if set(each.outgoing) & set(node.incoming)), None)


def _followers(nodes: Mapping[str, Node], gateway: Node | None) -> set[str]:
    return set() if gateway is None else {each.id for each in nodes.values() if set(each.incoming) & set(gateway.outgoing)}
