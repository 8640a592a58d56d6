"""How near deadlines are, as the API and the pages show it: judged by engine/alerts.py, on the calendar of the authority."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from motcua.engine.alerts import Alert, dossier_alert, task_alert
from motcua.engine.dossier import Dossier, OpenTask
from motcua.services.api.backend import Backend
from motcua.services.api.shapes import AlertGiven, TaskGiven


def alert_of_dossier(backend: Backend, dossier: Dossier) -> Alert | None:
    """None where nothing is due."""
    return dossier_alert(dossier, backend.clock.now(), backend.engine.calendar_for(dossier.authority_code))


def alert_of_task(backend: Backend, task: OpenTask, dossier: Dossier) -> Alert | None:
    """`dossier`: the task's own, whose pauses stop the norm. None where the activity has no norm."""
    return task_alert(task, dossier.pauses, backend.clock.now(), backend.engine.calendar_for(dossier.authority_code))


def dossiers_of(backend: Backend, tasks: Iterable[OpenTask]) -> Mapping[str, Dossier]:
    """The dossiers of tasks by code, each read once."""
    return {code: backend.store.dossier(code) for code in dict.fromkeys(task.dossier_code for task in tasks)}


def task_given(backend: Backend, task: OpenTask, dossier: Dossier) -> TaskGiven:
    """The task with how near the end of its norm is."""
    alert = alert_of_task(backend, task, dossier)
    return TaskGiven.model_validate(task).model_copy(update={"alert": None if alert is None else AlertGiven.model_validate(alert)})
