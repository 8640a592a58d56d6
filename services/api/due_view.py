"""The due date of a dossier with its explanation, as the API and the pages show it: by the same function that set it."""

from __future__ import annotations

from motcua.engine.deadlines import RULES, explain, explanation_table
from motcua.engine.dossier import Dossier
from motcua.engine.explanations import Language
from motcua.services.api.backend import Backend
from motcua.services.api.shapes import DayGiven, DueGiven, ExceptionGiven, MoveGiven

_NOT_RECEIVED = {
    "en": "The dossier is not received yet, so its clock has not started.",
    "vi": "Hồ sơ chưa được tiếp nhận nên thời hạn chưa bắt đầu tính.",
}


def due_view(backend: Backend, dossier: Dossier, language: Language) -> DueGiven:
    """The date, or why there is none; day by day, and what moved it."""
    moment = backend.engine.due_of(dossier)
    if moment is None:
        because = dossier.limit_unknown_because or _NOT_RECEIVED[language]
        return DueGiven(dossier_code=dossier.code, known=False, because=because)
    return DueGiven(
        dossier_code=dossier.code,
        known=True,
        limit=str(moment.limit),
        due_on=moment.due_on,
        due_at=moment.due_at,
        expires_at=moment.expires_at,
        provisional=moment.provisional,
        as_of=moment.as_of,
        explanation=explain(moment, language),
        days=[DayGiven.model_validate(row) for row in explanation_table(moment, language)],
        events=[
            MoveGiven(
                kind=event.kind,
                at=event.at,
                until=event.until,
                cause=event.cause,
                moved_from=event.moved_from,
                moved_to=event.moved_to,
                rule=event.rule,
                words=RULES[event.rule].vi if language == "vi" else RULES[event.rule].en,
                source=RULES[event.rule].source,
                exception=None if event.exception is None else ExceptionGiven.model_validate(event.exception),
            )
            for event in moment.events
        ],
    )
