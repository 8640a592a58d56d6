"""Open dossiers counted anew when a calendar changes: which due dates move, why, and the commands that write it down.

    running(store)                                       the dossiers concerned, a batch at a time
    plan = recompute(dossiers, old, new, policy_of)      pure: what would change, as a report
    apply(engine, codes, old, policy_of)                 the same under each dossier's lock, as events `due_changed`

The engine must already run on the new calendars, because a command also computes the dossier's timers by them. A dossier whose
clock stands is counted as if it ran again at once, since its pause moves the date when it ends. Applying twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from motcua.engine.authority_calendars import CalendarFor
from motcua.engine.calendars import Calendar, CalendarUnknown, DayReason
from motcua.engine.deadlines import due_of
from motcua.engine.dossier import Dossier
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.due_moments import DueMoment, Policy
from motcua.engine.store import Store, TaskFilter

PolicyOf = Callable[[Dossier], Policy]


@dataclass(frozen=True, slots=True)
class DueChange:
    """One line of the report. cause: which days became what; empty where only the confidence in them changed.

    old_*: as the dossier has it.   provisional: whether the new date still reaches a year without announcements.
    """

    dossier_code: str
    authority_code: str
    old_due_on: date
    new_due_on: date
    old_expires_at: datetime
    new_expires_at: datetime
    provisional: bool
    cause: str


def recompute(dossiers: Iterable[Dossier], old: CalendarFor, new: CalendarFor, policy_of: PolicyOf) -> Iterator[DueChange]:
    """The open dossiers whose due moment the new calendars change, in the order given.

    Left out: what has ended, was never received or has no known limit. Raises CalendarUnknown where a count leaves the new
    calendar.
    """
    for dossier in dossiers:
        found = _counted_anew(dossier, new(dossier.authority_code), policy_of(dossier))
        if found is not None and _differs(dossier, found):
            yield _row(dossier, found, old(dossier.authority_code), new(dossier.authority_code))


def running(store: Store, batch: int = 500) -> Iterator[Dossier]:
    """Every dossier whose limit runs, never more than a batch of them in memory. What is done to one of them meanwhile is seen."""
    after = ""
    while part := store.running_dossiers(after, batch):
        yield from part
        after = part[-1].code


def apply(
    engine: DossierEngine, codes: Iterable[str], old: CalendarFor, policy_of: PolicyOf, batch: int = 500
) -> Iterator[tuple[DueChange, ...]]:
    """Count dossiers anew, each as a command of its own under its lock; the codes are taken and the changes come in batches.

    A changed date becomes an event `due_changed` with the calendar as its cause; timers and the norms of open tasks follow.
    """
    rest = iter(codes)
    while part := list(islice(rest, batch)):
        yield tuple(change for code in part if (change := _apply(engine, code, old, policy_of)) is not None)


def _apply(engine: DossierEngine, code: str, old: CalendarFor, policy_of: PolicyOf) -> DueChange | None:
    change = None
    with engine.command(code, "calendar") as session:
        before, calendar = session.dossier, session.around.calendar
        found = _counted_anew(before, calendar, policy_of(before))
        if found is not None and _differs(before, found):
            change = _row(before, found, old(before.authority_code), calendar)
            session.dossier = replace(
                before, due_on=found.due_on, due_at=found.due_at, expires_at=found.expires_at, due_provisional=found.provisional
            )
            session.record_changes(before, cause=f"calendar: {change.cause}" if change.cause else "calendar")
        for task in engine.store.open_tasks(TaskFilter(dossier_code=code)):
            if task.norm_hours is not None:
                norm_due_at = calendar.add_working_seconds(task.opened_at, round(task.norm_hours * 3600))
                if norm_due_at != task.norm_due_at:
                    session.gathered.changed_tasks.append(replace(task, norm_due_at=norm_due_at))
    return change


def _counted_anew(dossier: Dossier, calendar: Calendar, policy: Policy) -> DueMoment | None:
    if dossier.received_at is None or dossier.ended_at is not None:
        return None
    # A date that stands was counted when the latest pause ended, or, with none over yet, as though none had begun.
    standing = min((pause.started_at for pause in dossier.pauses if pause.ended_at is None), default=None)
    ends = [pause.ended_at for pause in dossier.pauses if pause.ended_at is not None]
    as_of = dossier.received_at if standing is None else max([standing, *ends])
    return due_of(dossier, calendar, policy, as_of=as_of, trace=False)


def _differs(dossier: Dossier, found: DueMoment) -> bool:
    now_is = (dossier.due_on, dossier.due_at, dossier.expires_at, dossier.due_provisional)
    return now_is != (found.due_on, found.due_at, found.expires_at, found.provisional)


def _row(dossier: Dossier, found: DueMoment, old: Calendar, new: Calendar) -> DueChange:
    assert dossier.due_on is not None
    assert dossier.expires_at is not None
    first, last = new.local_date(found.received_at), max(dossier.due_on, found.due_on)
    days = (first + timedelta(step) for step in range((last - first).days + 1))
    causes = [words for day in days if (words := _difference(day, old, new))]
    return DueChange(
        dossier.code,
        dossier.authority_code,
        dossier.due_on,
        found.due_on,
        dossier.expires_at,
        found.expires_at,
        found.provisional,
        "; ".join(causes),
    )


def _difference(day: date, old: Calendar, new: Calendar) -> str:
    """What became of a day, in words: "2027-02-05 holiday (…) was working"; empty where it is worked as before."""
    after = new.day(day)
    try:
        before = old.day(day)
        same = old.sessions_on(day) == new.sessions_on(day)
    except CalendarUnknown:
        return f"{day} {_words(after)} was unknown"
    if same:
        return ""
    if before.kind is after.kind:
        return f"{day} other office hours"
    return f"{day} {_words(after)} was {_words(before)}"


def _words(reason: DayReason) -> str:
    return f"{reason.kind.value} ({reason.name})" if reason.name else reason.kind.value
