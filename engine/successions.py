"""Open dossiers of an authority that ended pass to its named successor, each as an event with author and reason.

The dossier keeps its code, its version, its promises and what it has done. Its open tasks appear in the successor's work lists,
with their assignees, and its due date is counted anew by the successor's calendar. Where nobody is named, nothing is guessed: the
dossier stays where it is and is told, so that a person can say who took over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from motcua.engine.dossier import Dossier
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.operators import Because
from motcua.engine.recomputation import norms_anew, recount
from motcua.engine.session import DossierSession
from motcua.engine.store import DossierFilter, TaskFilter
from motcua.procedures_catalog.authority import Authority, successor

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Passing:
    """An open dossier of an authority that ended. to_authority: None where it stays, and `why_not` says why."""

    dossier_code: str
    from_authority: str
    to_authority: str | None
    why_not: str = ""


def passings(engine: DossierEngine, authorities: Mapping[str, Authority]) -> list[Passing]:
    """The open dossiers of authorities that do not exist any more today, the oldest first, and to whom each would go."""
    today = engine.calendar.local_date(engine.clock.now())
    ended = [code for code, each in authorities.items() if each.in_force_until is not None and each.in_force_until < today]
    found = [dossier for code in ended for dossier in engine.store.dossiers(DossierFilter(authority_code=code, limit=_ALL))]
    still_open = sorted((dossier for dossier in found if dossier.closed_at is None), key=lambda each: (each.filed_at, each.code))
    return [_passing(engine, dossier, authorities) for dossier in still_open]


def pass_on(engine: DossierEngine, authorities: Mapping[str, Authority], code: str, actor: str, because: Because) -> Passing | None:
    """Pass one dossier to the successor of its authority. None where its authority exists, or the dossier is closed."""
    with engine.command(code, actor) as session:
        before = session.dossier
        passing = _passing(engine, before, authorities)
        if before.closed_at is not None or passing.to_authority == before.authority_code:
            return None
        if passing.to_authority is not None:
            _take_over(engine, session, passing.to_authority, because)
    return passing


def _passing(engine: DossierEngine, dossier: Dossier, authorities: Mapping[str, Authority]) -> Passing:
    today = engine.calendar.local_date(engine.clock.now())
    heir = successor(authorities, dossier.authority_code, today)
    if heir is None:
        return Passing(dossier.code, dossier.authority_code, None, f"who took over from {dossier.authority_code} is not known")
    if heir.tier != dossier.tier:
        why = f"{heir.code} is of the tier {heir.tier}, and the dossier runs by the rules of the tier {dossier.tier}"
        return Passing(dossier.code, dossier.authority_code, None, why)
    return Passing(dossier.code, dossier.authority_code, heir.code)


def _take_over(engine: DossierEngine, session: DossierSession, heir: str, because: Because) -> None:
    old, new = session.around.calendar, engine.calendar_for(heir)
    session.record("authority_passed", {**because.facts, "from": session.dossier.authority_code, "to": heir})
    session.dossier = replace(session.dossier, authority_code=heir)
    session.around = replace(session.around, calendar=new)
    recount(session, old, session.compiled.policy)
    tasks = [replace(task, authority_code=heir) for task in engine.store.open_tasks(TaskFilter(dossier_code=session.dossier.code))]
    session.gathered.changed_tasks += ({task.id: task for task in (*tasks, *norms_anew(tasks, new))}).values()
