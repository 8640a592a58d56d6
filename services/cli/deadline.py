"""`motcua deadline`: when is a dossier due that is received now, and why. For an officer, and as a pipe for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from motcua.errors import InvalidInput

if TYPE_CHECKING:
    from motcua.engine.calendars import Calendar
    from motcua.engine.deadlines import DueMoment, Policy
    from motcua.procedures_catalog.time_limit import TimeLimit


class InstantUnreadable(InvalidInput):
    """A moment on the command line is no date with a time."""


class LimitMissing(InvalidInput):
    """Neither a procedure nor a limit was named, or both were."""


class Counting(Enum):
    """The ways of counting that `--policy` names."""

    NEXT_DAY = "next_day"
    FROM_RECEIPT = "from_receipt"


class Language(Enum):
    """The languages of the explanation."""

    ENGLISH = "en"
    VIETNAMESE = "vi"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("deadline")(deadline)


def deadline(
    received: Annotated[str, typer.Option(help="Moment of receipt, local unless it carries a zone: 2026-02-12T09:00.")],
    code: Annotated[str | None, typer.Argument(help="Code of the procedure, whose limit is looked up.")] = None,
    limit: Annotated[str | None, typer.Option(help='A limit instead of a code: "15 working days", "8 hours", "same day".')] = None,
    case: Annotated[str | None, typer.Option(help="Case of the procedure, where its limit differs by case.")] = None,
    policy: Annotated[Counting | None, typer.Option(help="How days are counted; default: the procedure's, else next_day.")] = None,
    cut_off: Annotated[str | None, typer.Option(help='For "same day": later receipt is due the next working day. 15:00.')] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Tell day by day what was counted, and why.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the explanation.")] = Language.ENGLISH,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Tell when a dossier is due, and why.

    Example: motcua deadline --limit "5 working days" --received 2026-02-12T09:00 --explain
    """
    from motcua.engine.calendars import default_calendar
    from motcua.engine.deadlines import due
    from motcua.engine.deadlines import explain as in_words

    calendar = default_calendar()
    received_at = _instant(received, calendar)
    time_limit, rules = _limit_and_policy(code, limit, case)
    if policy is not None:
        rules = replace(rules, counting=policy.value)
    if cut_off is not None:
        rules = replace(rules, cut_off=_time(cut_off))
    moment = due(received_at, time_limit, calendar, rules, trace=explain or as_json)
    if as_json:
        typer.echo(json.dumps(_record(moment, code, calendar), ensure_ascii=False, indent=2))
    else:
        typer.echo(in_words(moment, "vi" if language is Language.VIETNAMESE else "en"))


def _instant(text: str, calendar: Calendar) -> datetime:
    try:
        if len(text) <= len("2026-02-12"):
            raise ValueError("the time of day is missing")
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise InstantUnreadable(
            f'"{text}" is no moment of receipt ({cause}). Write the date and the time, such as 2026-02-12T09:00.', text=text
        ) from cause
    return (moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)).astimezone(UTC)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as cause:
        raise InstantUnreadable(
            f'"{text}" is no time of day. Write the cut-off as hours and minutes, such as 15:00.', text=text
        ) from cause


def _limit_and_policy(code: str | None, limit: str | None, case: str | None) -> tuple[TimeLimit, Policy]:
    from motcua.engine.deadlines import DEFAULT_POLICY
    from motcua.procedures_catalog.time_limit import TimeLimit

    if limit is not None and code is None and case is None:
        return TimeLimit.parse(limit), DEFAULT_POLICY
    if code is None or limit is not None:
        raise LimitMissing('Name either a procedure by its code, with its case, or a limit, such as --limit "15 working days".')
    from motcua.engine.compiled import policy_of
    from motcua.procedures_catalog.catalog import load_catalog

    procedure = load_catalog().procedure(code)
    return procedure.time_limit(case), policy_of(procedure)


def _record(moment: DueMoment, code: str | None, calendar: Calendar) -> dict[str, Any]:
    def local(instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(calendar.zone).isoformat()

    rules = asdict(moment.policy)
    return {
        "procedure": code,
        "received_at": local(moment.received_at),
        "limit": str(moment.limit),
        "policy": {name: value.isoformat("minutes") if isinstance(value, time) else value for name, value in rules.items()},
        "due_on": moment.due_on.isoformat(),
        "due_at": local(moment.due_at),
        "expires_at": local(moment.expires_at),
        "provisional": moment.provisional,
        "days": [
            {
                "date": day.on.isoformat(),
                "counted": day.counted,
                "reason": day.reason.value,
                "number": day.number,
                "seconds": day.seconds,
                "kind": day.day.kind.value,
                "name": day.day.name,
                "confidence": day.day.confidence.value,
            }
            for day in moment.days
        ],
        "events": [
            {
                "kind": event.kind,
                "at": local(event.at),
                "until": local(event.until),
                "cause": event.cause,
                "moved_from": None if event.moved_from is None else event.moved_from.isoformat(),
                "moved_to": event.moved_to.isoformat(),
                "rule": event.rule,
            }
            for event in moment.events
        ],
    }
