"""What operators do to a running dossier by hand. Every act is an event with its author, its reason and, if given, its legal basis.

    correct_data   variables that the model declares, read like the entries of a form
    move_token     cancel a waiting token and place one at another node of the same body
    suspend        a technical stop: both clocks run on, timers and calls are held, nothing can be completed
    resume         what fell due meanwhile happens now
    stuck          dossiers whose timers are due and cannot fire, each with what stands in the way

Incidents of service calls are listed by the store and tried again by `CallRunner.retry`. None of these acts does a legal act of
the dossier or changes its status: what the law asks for is drawn in the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from motcua.bpmn.elements import ACTIVITY_KINDS, FieldType, FormField, Node, NodeKind
from motcua.bpmn.expressions import compile_script
from motcua.engine.blocks import SPLITTING, branches, is_join
from motcua.engine.dossier import Dossier, Suspension
from motcua.engine.dossier_engine import DossierClosed, DossierEngine
from motcua.engine.forms import FormRefused, read_entries
from motcua.engine.recorded_exceptions import signed
from motcua.engine.session import DossierSession
from motcua.engine.spiff.compile import CompiledModel
from motcua.engine.spiff.ledger import correct as correct_what_was_kept
from motcua.engine.spiff.pools import bodies_of, running
from motcua.engine.spiff.remap import move_token as move
from motcua.engine.spiff.run import ModelFailed, Run, Token, token_gone
from motcua.engine.values import Value, Variables
from motcua.errors import Conflict, InvalidInput, MotcuaError

MAX_REASON = 1_000
_PLACES = ACTIVITY_KINDS | {
    NodeKind.INTERMEDIATE_CATCH_EVENT,
    NodeKind.INTERMEDIATE_THROW_EVENT,
    NodeKind.EVENT_BASED_GATEWAY,
    NodeKind.EXCLUSIVE_GATEWAY,
    NodeKind.END_EVENT,
}


class ReasonMissing(InvalidInput):
    """An operator's act says no reason, or one that is too long."""


class AlreadySuspended(Conflict):
    """The dossier is suspended."""


class NotSuspended(Conflict):
    """The dossier is not suspended."""


class ProcessNotRunning(Conflict):
    """The process of another pool does not run now, or runs several times, so that its data cannot be told."""


class MoveRefused(Conflict):
    """The token cannot be put there without breaking something; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Because:
    """Why an operator acts: 1 to 1,000 characters, and the provision that allows it, if one is named. Raises ReasonMissing."""

    reason: str
    legal_basis: str | None = None

    def __post_init__(self) -> None:
        for text in (self.reason, self.legal_basis or "-"):
            if not text.strip() or len(text) > MAX_REASON or "\x00" in text:
                raise ReasonMissing(
                    f"An operator's act needs a reason of 1 to {MAX_REASON:,} characters, kept in the dossier's history. Say why."
                )

    @property
    def facts(self) -> dict[str, Value]:
        return {"reason": self.reason, "legal_basis": self.legal_basis}


@dataclass(frozen=True, slots=True)
class Stuck:
    """A dossier whose timer fell due at `since` and cannot fire: an expression fails, or the model does."""

    dossier_code: str
    since: datetime
    why: str


def stuck(engine: DossierEngine, limit: int = 100) -> list[Stuck]:
    """Look at everything that is due, let fire what can, and tell what cannot and why. Correct its data, or move its token."""
    found = []
    for code in engine.store.due_dossiers(engine.clock.now(), limit):
        since = engine.store.dossier(code).wake_at
        try:
            engine.advance_time(code)
        except MotcuaError as failure:
            found.append(Stuck(code, since or engine.clock.now(), str(failure)))
    return found


def suspend(engine: DossierEngine, code: str, actor: str, because: Because) -> Dossier:
    """Stop a dossier for a technical reason. Raises DossierClosed or AlreadySuspended."""
    engine.advance_time(code)  # what fell due before the suspension happened before it
    with engine.command(code, actor) as session:
        _check_running(session)
        if session.dossier.suspension is not None:
            raise AlreadySuspended(
                f"Dossier {code} is suspended already, by {session.dossier.suspension.by}: {session.dossier.suspension.reason}",
                dossier=code,
            )
        session.dossier = replace(session.dossier, suspension=Suspension(session.now, actor, because.reason))
        session.record("suspended", because.facts)
    return session.dossier


def resume(engine: DossierEngine, code: str, actor: str, because: Because) -> Dossier:
    """End a suspension: held timers fire and held messages are delivered, in the order of their time. Raises NotSuspended."""
    with engine.command(code, actor) as session:
        suspension = session.dossier.suspension
        if suspension is None:
            raise NotSuspended(f"Dossier {code} is not suspended, so there is nothing to resume.", dossier=code)
        session.dossier = replace(session.dossier, suspension=None)
        session.record("resumed", {**because.facts, "suspended_at": suspension.since})
        session.catch_up()
    return session.dossier


def correct_data(
    engine: DossierEngine, code: str, entries: Mapping[str, Any], actor: str, because: Because, *, process: str | None = None
) -> Dossier:
    """Put right what was entered or computed. Only names that the model declares, each of its type; None empties an optional field.

    `process` is the id of a process of another pool; without it the dossier's own variables are meant.
    Raises FormRefused with every problem at once, DossierClosed, ProcessNotRunning.
    """
    with engine.command(code, actor) as session:
        _check_running(session)
        scope = _scope(session.run, process)
        known = correctable(session.compiled.model, scope, process)
        where = f"The correction of dossier {code}"
        declared = ", ".join(sorted(known))
        unknown = {name: f"is no variable that this model declares ({declared})" for name in entries if name not in known}
        if unknown or not entries:
            raise FormRefused(where, unknown or {"entries": "names nothing to correct"})
        values = read_entries([known[name] for name in entries], entries, where)
        old: dict[str, Value] = {name: scope.get(name) for name in values}
        names: list[Value] = [*sorted(values)]
        scope.update(signed(values, actor))
        correct_what_was_kept(session.run, old, values)
        facts: dict[str, Value] = {"names": names} if process is None else {"names": names, "process": process}
        session.record("data_corrected", {**because.facts, **facts}, content={"old": old, "new": values})
        session.move_on()
    return session.dossier


def correctable_of(engine: DossierEngine, code: str, process: str | None = None) -> dict[str, FormField]:
    """What can be corrected in a dossier as it stands, or in a process of another pool. Raises ProcessNotRunning."""
    run = _look(engine, code)
    return correctable(run.model, _scope(run, process), process)


def _scope(run: Run, process: str | None) -> dict[str, Value]:
    if process is None:
        return run.scope
    instances = running(run, process)
    if len(instances) != 1:
        times = "several times" if instances else "not"
        raise ProcessNotRunning(f'The process "{process}" runs {times} now, so that its data cannot be corrected.', process=process)
    return instances[0].variables.own


def correctable(model: CompiledModel, scope: Variables, process: str | None = None) -> dict[str, FormField]:
    """What can be corrected, by name: fields of forms and messages, and what was computed, of the type that it has now."""
    found: dict[str, FormField] = {}
    computed: set[str] = set()
    for key in bodies_of(model, process):
        for node in model.nodes[key].values():
            for field in (*node.form, *node.payload):
                before = found.get(field.name, field)
                options = (*before.options, *(each for each in field.options if each not in before.options))
                found[field.name] = replace(field, required=before.required or field.required, options=options)
            computed |= {use.variable for use in node.operation.outputs} if node.operation else set()
            computed |= {use.variable for use in node.decision.outputs} if node.decision else set()
            computed |= {argument.name for argument in node.arguments} if node.kind is NodeKind.CALL_ACTIVITY else set()
            computed |= compile_script(node.script).assigned if node.script else set()
    for name in computed - found.keys():
        kind = next((kind for types, kind in _KINDS if isinstance(scope.get(name), types)), None)
        if kind is not None:
            found[name] = FormField(name, kind, name, required=True)
    return found


# A boolean is an integer to Python, and an instant a date, so the order counts.
_KINDS: tuple[tuple[type, FieldType | None], ...] = (
    (datetime, None),
    (bool, FieldType.BOOLEAN),
    (int, FieldType.INTEGER),
    (Decimal, FieldType.DECIMAL),
    (str, FieldType.TEXT),
    (date, FieldType.DATE),
)


def places(engine: DossierEngine, code: str) -> list[Token]:
    """Where the dossier waits now: what `move_token` can take."""
    return _look(engine, code).tokens()


def move_token(engine: DossierEngine, code: str, token_id: str, to_node_id: str, actor: str, because: Because) -> Dossier:
    """Cancel a waiting token and place one at another node of the same process or sub-process.

    Raises MoveRefused where a join would wait for ever or fire twice, TokenGone, DossierClosed.
    """
    with engine.command(code, actor) as session:
        _check_running(session)
        token = next((each for each in session.run.tokens() if each.id == token_id), None)
        if token is None:
            raise token_gone(token_id)
        nodes = session.compiled.model.nodes[token.process]
        objection = why_not_there(nodes, token.node.id, to_node_id)
        if objection is not None:
            raise MoveRefused(
                f'The token at "{token.node.id}" of dossier {code} cannot be moved to "{to_node_id}": {objection}.',
                dossier=code,
                token_id=token_id,
                to=to_node_id,
            )
        facts = {"from": token.node.id, "to": to_node_id, "process": token.process, "token_id": token_id}
        session.record("token_moved", {**because.facts, **facts})
        move(session.run, token_id, to_node_id)
        try:
            session.move_on()
        except ModelFailed as cause:
            raise MoveRefused(
                f'The token of dossier {code} was not moved to "{to_node_id}": {cause}',
                dossier=code,
                token_id=token_id,
                to=to_node_id,
            ) from cause
    return session.dossier


def why_not_there(nodes: Mapping[str, Node], source: str, target: str) -> str | None:
    """Why a token may not be taken from one node of a body to another, as the end of a sentence; None where it may."""
    if target not in nodes:
        return "there is no such node in the same process or sub-process, and a token cannot leave that"
    leaving, entering = nodes[source], nodes[target]
    if is_join(leaving):
        return "it waits at a join, which counts it; move a token that has not come there yet"
    if leaving.kind is NodeKind.START_EVENT or entering.triggered_by_event:
        return "an event sub-process starts by its own event"
    if leaving.kind is NodeKind.BOUNDARY_EVENT:
        return f'it waits at a boundary event; move the token of the activity "{leaving.attached_to}" instead'
    if entering.kind is NodeKind.BOUNDARY_EVENT:
        return "a boundary event waits only beside its activity; fire it, or name a node after it"
    if is_join(entering):
        return "a join counts the tokens of its incoming flows; name a node before or after it"
    if entering.kind is NodeKind.START_EVENT:
        return "a start event begins a process; name the node after it"
    if entering.is_for_compensation:
        return "it only undoes another activity; throw a compensation in the model"
    if entering.kind not in _PLACES | SPLITTING:
        return f"no token is placed at a {entering.kind.value.replace('_', ' ')}"
    if leaving.loop is not None or entering.loop is not None:
        return "one of the two is repeated, and its rounds are counted"
    if any(nodes[each].kind is NodeKind.EVENT_BASED_GATEWAY for each in _before(nodes, entering)):
        return "it is one of several events that are awaited together; name the event-based gateway before it"
    lies_in = branches(nodes)
    if lies_in[source] != lies_in[target]:
        return "the two lie in different branches of a parallel block, so that a join would wait for ever or fire twice"
    return None


def _before(nodes: Mapping[str, Node], node: Node) -> list[str]:
    return [each.id for each in nodes.values() if set(each.outgoing) & set(node.incoming)]


def _look(engine: DossierEngine, code: str) -> Run:
    compiled = engine.procedures.get(engine.store.dossier(code).version_id)
    return Run.restore(compiled.model, engine.store.state(code), engine.clock.now(), {})


def _check_running(session: DossierSession) -> None:
    if session.dossier.closed_at is not None:
        raise DossierClosed(
            f"Dossier {session.dossier.code} is closed ({session.dossier.ending}); nothing in it can be moved any more.",
            code=session.dossier.code,
        )
