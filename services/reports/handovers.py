"""From a dossier's history to the lines of its control slip: who gave it to whom, when, and whether the giver's stage was in time.

Whether a stage was early, on time or late is for `engine/alerts.py` to say; here its judgements find their line, and their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from motcua.bpmn.document import read_document
from motcua.bpmn.elements import walk
from motcua.engine import alerts
from motcua.engine.calendars import Calendar
from motcua.engine.dossier import Dossier
from motcua.engine.event_log import Event
from motcua.engine.scorecard import Timeliness
from motcua.procedures_catalog.roles import ROLES
from motcua.procedures_catalog.version import ProcedureVersion
from motcua.services.connectors.documents import Handover, Pace
from motcua.services.connectors.documents.wording import moment_in_figures


@dataclass(frozen=True, slots=True)
class Stage:
    """An activity of the model. norm_hours: the working time it may take; None where the model states none."""

    name: str
    norm_hours: float | None = None


@dataclass(slots=True)
class _Passing:
    """What set the dossier moving, and the tasks that came of it."""

    by: Event
    opened: list[Event] = field(default_factory=list)


PACES = {Timeliness.EARLY: Pace.EARLY, Timeliness.ON_TIME: Pace.ON_TIME, Timeliness.LATE: Pace.LATE}

# What hands a dossier on, beside a completed task: filing, something from outside, and a term that ran out.
_MOVES = ("opened", "task_completed", "message_delivered", "timer_fired")


def stages_of(version: ProcedureVersion) -> Mapping[str, Stage]:
    """The activities of a version by id, shared parts included."""
    found: dict[str, Stage] = {}
    for content in (version.model, *version.shared.values()):
        found |= _stages(content)
    return found


@lru_cache(maxsize=256)
def _stages(model: bytes) -> Mapping[str, Stage]:
    return {
        node.id: Stage(node.name or node.id, node.norm.hours if node.norm else None)
        for process in read_document(model, "model").processes
        for node in walk(process)
    }


def handovers(dossier: Dossier, events: Sequence[Event], stages: Mapping[str, Stage], calendar: Calendar) -> tuple[Handover, ...]:
    """The handovers, oldest first. `events`: the whole history, oldest first.

    In parallel branches a receiver stands beside whoever gave last before.
    """
    tasks = {str(event.facts["task_id"]): event for event in events if event.kind == "task_opened"}
    norms = {activity: each.norm_hours for activity, each in stages.items() if each.norm_hours is not None}
    judgements = {each.task_id: each for each in alerts.handovers(events, norms, calendar, dossier.pauses)}
    people = {
        str(event.facts["task_id"]): str(event.facts.get("assignee") or event.actor)
        for event in events
        if event.kind in ("task_claimed", "task_delegated", "task_completed")
    }

    def person(opened: Event) -> str:
        role = str(opened.facts.get("role") or "")
        name = people.get(str(opened.facts["task_id"]))
        label = ROLES.get(role, role)
        return f"{label} ({name})" if label and name else label or name or "–"

    def stage(event: Event) -> Stage:
        activity = str(event.facts.get("activity_id") or "")
        return stages.get(activity, Stage(activity))

    lines = []
    for passing in _passings(events):
        by = passing.by
        receivers = "\n".join(dict.fromkeys(person(opened) for opened in passing.opened))
        notes = []
        if by.kind == "task_delegated":
            opened = tasks.get(str(by.facts["task_id"]), by)
            lines.append(Handover(by.actor, str(by.facts["assignee"]), by.at, None, f"Chuyển việc: {stage(opened).name}"))
            continue
        pace = None
        if by.kind == "task_completed":
            giver = person(tasks.get(str(by.facts["task_id"]), by))
            notes.append(stage(by).name)
            judged = judgements.get(str(by.facts["task_id"]))
            if judged is not None and judged.result is not None and judged.norm_hours and judged.norm_due_at:
                pace = PACES[judged.result]
                notes.append(f"định mức {_hours(judged.norm_hours)} giờ, đến {moment_in_figures(judged.norm_due_at)}")
        elif not passing.opened:
            continue
        elif by.kind == "opened":
            giver = f"{dossier.applicant.name} (người nộp)"
        else:
            giver = by.actor if by.kind == "message_delivered" else "Quy trình (hết thời gian chờ)"
            notes.append(stage(by).name)
        if passing.opened and moment_in_figures(passing.opened[0].at) != moment_in_figures(by.at):
            notes.append(f"đến nơi nhận lúc {moment_in_figures(passing.opened[0].at)}")
        lines.append(Handover(giver, receivers or "–", by.at, pace, "; ".join(notes)))
    return tuple(lines)


def _passings(events: Sequence[Event]) -> list[_Passing]:
    passings: list[_Passing] = []
    latest: _Passing | None = None
    for event in events:
        if event.kind in _MOVES:
            latest = _Passing(event)
            passings.append(latest)
        elif event.kind == "task_delegated":
            passings.append(_Passing(event))
        elif event.kind == "task_opened" and latest is not None:
            latest.opened.append(event)
    return passings


def _hours(hours: float) -> str:
    return f"{hours:.2f}".rstrip("0").rstrip(".").replace(".", ",")
