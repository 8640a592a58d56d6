"""Deadlines below the dossier's: the norm of each activity, how near a deadline is, and how each handover turned out.

    norm_due       when an activity's working norm ends; legal pauses stop it, like everything on the authority's clock
    task_alert     green, due soon or late, by the working time that remains
    dossier_alert  the same for the dossier's own due moment
    handovers      early, on time or late, from the dossier's history: the lines of the control slip

A norm is internal, not law: it is counted through sessions in working hours, 8 of them a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from motcua.engine.calendars import Calendar
from motcua.engine.counting import after_working_seconds, closed_stops, merged
from motcua.engine.dossier import Dossier, LegalPause, OpenTask
from motcua.engine.event_log import Event
from motcua.engine.scorecard import Timeliness, end_of, timeliness
from motcua.errors import InvalidInput


class AlertPolicyUnknown(InvalidInput):
    """A threshold of the alert levels cannot be used."""


class AlertLevel(StrEnum):
    GREEN = "green"
    DUE_SOON = "due_soon"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """From when on a deadline is due soon. No source sets these figures: they are the authority's choice.

    dossier_hours: a dossier is due soon with at most so many working hours left before its appointment.
    task_share: an activity is due soon with at most this share of its norm left.
    """

    dossier_hours: float = 8.0
    task_share: float = 0.25

    def __post_init__(self) -> None:
        if not (self.dossier_hours >= 0 and 0 <= self.task_share <= 1):
            raise AlertPolicyUnknown(
                "An alert needs dossier_hours of 0 or more working hours and a task_share between 0 and 1.",
                dossier_hours=self.dossier_hours,
                task_share=self.task_share,
            )


DEFAULT_ALERTS = AlertPolicy()


@dataclass(frozen=True, slots=True)
class Alert:
    """How near a deadline is. remaining_seconds: working time until `due_at`; below zero once it has passed."""

    level: AlertLevel
    due_at: datetime
    remaining_seconds: int


@dataclass(frozen=True, slots=True)
class Handover:
    """One activity that a person had in hand: a line of the control slip.

    given_by: who did what opened it.   taken_by: who completed it, None while it is open.
    norm_due_at, result: None where the activity has no norm; `result` also while it is open and its norm has not run out.
    """

    task_id: str
    activity_id: str
    role: str
    given_by: str
    given_at: datetime
    taken_by: str | None
    done_at: datetime | None
    norm_hours: float | None
    norm_due_at: datetime | None
    result: Timeliness | None


def norm_due(
    opened_at: datetime, norm_hours: float, calendar: Calendar, pauses: Sequence[LegalPause] = (), as_of: datetime | None = None
) -> datetime:
    """When the norm of an activity ends that was opened at `opened_at`: so many working hours, legal pauses left out.

    An open pause is taken to end at `as_of`. Raises ClockStopped without it, CalendarUnknown, NaiveInstant.
    """
    stops = merged(closed_stops(pauses, as_of))
    return after_working_seconds(opened_at, round(norm_hours * 3600), calendar, stops)


def dossier_alert(dossier: Dossier, now: datetime, calendar: Calendar, policy: AlertPolicy = DEFAULT_ALERTS) -> Alert | None:
    """How near the dossier's due moment is; None where there is none. It stands still with the clock, and when all is over."""
    if dossier.due_at is None or dossier.expires_at is None:
        return None
    at = _clock_at(min(end_of(dossier) or now, now), dossier.pauses)
    return _alert(at, dossier.due_at, dossier.expires_at, round(policy.dossier_hours * 3600), calendar)


def task_alert(
    task: OpenTask, pauses: Sequence[LegalPause], now: datetime, calendar: Calendar, policy: AlertPolicy = DEFAULT_ALERTS
) -> Alert | None:
    """How near the end of an open task's norm is, with its dossier's legal pauses; None without a norm."""
    if task.norm_hours is None:
        return None
    at = max(task.opened_at, _clock_at(now, pauses))
    due_at = norm_due(task.opened_at, task.norm_hours, calendar, pauses, as_of=at)
    return _alert(at, due_at, due_at, round(task.norm_hours * 3600 * policy.task_share), calendar)


def _clock_at(now: datetime, pauses: Iterable[LegalPause]) -> datetime:
    """Where the authority's clock stands: now, or where an open pause stopped it."""
    return min([now, *(pause.started_at for pause in pauses if pause.ended_at is None)])


def _alert(at: datetime, due_at: datetime, late_after: datetime, due_soon_seconds: int, calendar: Calendar) -> Alert:
    remaining = calendar.working_seconds(at, due_at)
    if at > late_after:
        level = AlertLevel.LATE
    else:
        level = AlertLevel.DUE_SOON if remaining <= due_soon_seconds else AlertLevel.GREEN
    return Alert(level, due_at, remaining)


def handovers(
    events: Iterable[Event],
    norm_hours: Mapping[str, float],
    calendar: Calendar,
    pauses: Sequence[LegalPause] = (),
    as_of: datetime | None = None,
) -> tuple[Handover, ...]:
    """Every activity that persons had in hand, in the order of opening; cancelled ones are left out.

    norm_hours: working hours by activity id (`motcua:norm` of the model).   as_of: when open ones and open pauses are judged.
    """
    opened: dict[str, Event] = {}
    done: dict[str, Event] = {}
    for event in events:
        task_id = event.facts.get("task_id")
        if not isinstance(task_id, str):
            continue
        if event.kind == "task_opened":
            opened[task_id] = event
        elif event.kind == "task_completed":
            done[task_id] = event
        elif event.kind == "task_cancelled":
            opened.pop(task_id, None)
    return tuple(_handover(event, done.get(task_id), norm_hours, calendar, pauses, as_of) for task_id, event in opened.items())


def _handover(
    opened: Event,
    done: Event | None,
    norm_hours: Mapping[str, float],
    calendar: Calendar,
    pauses: Sequence[LegalPause],
    as_of: datetime | None,
) -> Handover:
    activity_id = str(opened.facts["activity_id"])
    hours = norm_hours.get(activity_id)
    judged_at = done.at if done else as_of
    due_at = None
    if hours is not None:
        known = [pause for pause in pauses if pause.ended_at is not None or judged_at is not None]
        due_at = norm_due(opened.at, hours, calendar, known, as_of=judged_at)
    result = None
    if due_at is not None and judged_at is not None:
        result = timeliness(judged_at, calendar.local_date(due_at), due_at)
        if done is None and result is not Timeliness.LATE:
            result = None
    return Handover(
        str(opened.facts["task_id"]),
        activity_id,
        str(opened.facts.get("role", "")),
        opened.actor,
        opened.at,
        done.actor if done else None,
        done.at if done else None,
        hours,
        due_at,
        result,
    )
