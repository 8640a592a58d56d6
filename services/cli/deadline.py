"""`motcua deadline`: when is a dossier due that is received now, and why. For an officer, and as a pipe for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    received: Annotated[str, typer.Option(help="Moment of receipt with its zone: 2026-02-12T09:00+07:00.")],
    code: Annotated[str | None, typer.Argument(help="Code of the procedure, whose limit is looked up.")] = None,
    limit: Annotated[str | None, typer.Option(help='A limit instead of a code: "15 working days", "8 hours", "same day".')] = None,
    case: Annotated[str | None, typer.Option(help="Case of the procedure, where its limit differs by case.")] = None,
    policy: Annotated[Counting | None, typer.Option(help="How days are counted; default: the procedure's, else next_day.")] = None,
    authority: Annotated[str | None, typer.Option(help="Authority whose office hours and days off count; default: all.")] = None,
    cut_off: Annotated[str | None, typer.Option(help='For "same day": later receipt is due the next working day. 15:00.')] = None,
    table: Annotated[bool, typer.Option("--table", help="Print a row for each day, with its source.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell day by day what was counted, and why.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the explanation.")] = Language.ENGLISH,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Tell when a dossier is due, and why.

    Example: motcua deadline --limit "5 working days" --received 2026-02-12T09:00+07:00 --explain
    """
    from motcua.engine.deadlines import due
    from motcua.engine.deadlines import explain as in_words

    calendar = _calendar(authority)
    received_at = _instant(received)
    time_limit, rules = _limit_and_policy(code, limit, case)
    if policy is not None:
        rules = replace(rules, counting=policy.value)
    if cut_off is not None:
        rules = replace(rules, cut_off=_time(cut_off))
    moment = due(received_at, time_limit, calendar, rules, trace=explain or table or as_json)
    if as_json:
        typer.echo(json.dumps(_record(moment, code, authority, calendar), ensure_ascii=False, indent=2))
        return
    words: Literal["vi", "en"] = "vi" if language is Language.VIETNAMESE else "en"
    typer.echo(in_words(moment if explain else moment._replace(days=(), events=()), words))
    if table:
        _print_table(moment, words)


def _calendar(authority: str | None) -> Calendar:
    from motcua.procedures_catalog.catalog import load_catalog
    from motcua.services.calendars import load_calendars
    from motcua.services.settings import read_settings

    calendars = load_calendars(read_settings().data_dir, load_catalog().authorities)
    return calendars.calendar_for(authority) if authority else calendars.for_the_country()


def _print_table(moment: DueMoment, language: Literal["vi", "en"]) -> None:
    from motcua.engine.deadlines import explanation_table

    for row in explanation_table(moment, language):
        counted = "" if not row.counted else f"{row.number}" if row.hours is None else f"{row.hours:g} h"
        typer.echo(f"{row.on}  {row.weekday:9}  {counted:>6}  {row.reason}{f'  [{row.source}]' if row.source else ''}")


def _instant(text: str) -> datetime:
    from motcua.engine.calendars import check_aware

    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= len("2026-02-12"):
            raise ValueError("the time of day is missing")
    except ValueError as cause:
        raise InstantUnreadable(
            f'"{text}" is no moment of receipt ({cause}). Write the date and the time, such as 2026-02-12T09:00+07:00.', text=text
        ) from cause
    check_aware(moment)
    return moment.astimezone(UTC)


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


def _record(moment: DueMoment, code: str | None, authority: str | None, calendar: Calendar) -> dict[str, Any]:
    from motcua.engine.deadlines import RULES

    def local(instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(calendar.zone).isoformat()

    rules = asdict(moment.policy)
    return {
        "procedure": code,
        "authority": authority,
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
                "source": day.day.source,
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
                "words": RULES[event.rule].en,
                "source": RULES[event.rule].source,
            }
            for event in moment.events
        ],
    }
