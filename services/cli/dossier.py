"""`motcua dossier …` and `motcua verify`: dossiers from the command line, directly on the configured database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from getpass import getuser
from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import BaseModel

from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Applicant, Channel, Dossier, Status
from motcua.engine.dossier_engine import Application
from motcua.engine.event_log import verify as verify_chain
from motcua.engine.store import DossierFilter, TaskFilter
from motcua.errors import Conflict, InvalidInput
from motcua.services.api.actors import read_actor
from motcua.services.api.due_view import due_view
from motcua.services.api.shapes import DocumentGiven, DossierGiven, MessageGiven, TaskGiven
from motcua.services.app import open_app
from motcua.services.settings import read_settings

dossiers = typer.Typer(no_args_is_help=True, help="Open dossiers, look at them and move them on.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Actor = Annotated[str, typer.Option(help="Who acts; kept in the history. By default your user name on this machine.")]
Entries = Annotated[
    list[str] | None, typer.Option("--entry", "-e", metavar="NAME=VALUE", help="A field of the form; repeat it for each field.")
]


class EntryUnreadable(InvalidInput):
    """An entry is not NAME=VALUE, or names a field twice."""


class ChainBroken(Conflict):
    """The history of a dossier was altered."""

    exit_status = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(dossiers, name="dossier")
    app.command("verify")(verify)


@dossiers.command("open")
def open_dossier(
    procedure: Annotated[str, typer.Argument(help="The procedure's code, such as 1.001193.")],
    authority: Annotated[str, typer.Option(help="The code of the authority that receives it, such as H05.21.")],
    name: Annotated[str, typer.Option(help="The applicant's full name.")],
    kind: Annotated[str, typer.Option(help="citizen, business, state_body or organisation.")] = "citizen",
    identifier: Annotated[str | None, typer.Option(help="The applicant's personal number, if known.")] = None,
    phone: Annotated[str | None, typer.Option(help="The applicant's phone number, if known.")] = None,
    channel: Annotated[Channel, typer.Option(help="How it came in.")] = Channel.DIRECT,
    case: Annotated[str | None, typer.Option(help="The case, where the procedure's limit differs by case.")] = None,
    entry: Entries = None,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """File an application.

    Example: motcua dossier open 1.001193 --authority H05.21 --name "Nguyễn Thị Lan" -e child_name="Nguyễn An"
    -e child_born_on=2026-02-20 -e child_sex=female -e birth_place="Bắc Ninh"
    """
    with open_app(read_settings()) as app:
        receiving = app.catalog.authority(authority)
        application = Application(
            procedure_code=procedure,
            authority_code=receiving.code,
            tier=receiving.tier,
            applicant=Applicant(name, kind, identifier, phone),
            channel=channel,
            case=case,
            entries=read_entry_options(entry),
        )
        opened = app.engine.open(application, _actor(actor)).dossier
    _tell(DossierGiven.model_validate(opened), f"Opened {opened.code}: {opened.status.value}.", as_json)


@dossiers.command("list")
def list_dossiers(
    authority: Annotated[str | None, typer.Option(help="Only those of this authority.")] = None,
    procedure: Annotated[str | None, typer.Option(help="Only those of this procedure.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dossiers, the newest first.

    Example: motcua dossier list --authority H05.21 --status in_process
    """
    with open_app(read_settings()) as app:
        found = app.store.dossiers(DossierFilter(authority, procedure, status, limit))
    lines = "\n".join(
        f"{each.code}  {each.procedure_code}  {each.status.value:<20}  due {_local(each.due_at)}  {each.applicant.name}"
        for each in found
    )
    _tell([DossierGiven.model_validate(each) for each in found], lines or "No dossier.", as_json)


@dossiers.command("show")
def show(
    code: Annotated[str, typer.Argument(help="The dossier's code.")],
    english: Annotated[bool, typer.Option("--english", help="Explain the due date in English.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a dossier: status, due date with its explanation, open tasks, documents.

    Example: motcua dossier show H05.21-260302-0001
    """
    with open_app(read_settings()) as app:
        dossier = app.store.dossier(code)
        due = due_view(app, dossier, "en" if english else "vi")
        tasks = [TaskGiven.model_validate(task) for task in app.store.open_tasks(TaskFilter(dossier_code=code))]
        documents = [DocumentGiven.model_validate(document) for document in app.store.documents(code)]
    if as_json:
        parts = {"dossier": DossierGiven.model_validate(dossier), "due": due}
        shown: dict[str, Any] = {name: part.model_dump(mode="json") for name, part in parts.items()}
        _print_json(
            {
                **shown,
                "tasks": [each.model_dump(mode="json") for each in tasks],
                "documents": [each.model_dump(mode="json") for each in documents],
            }
        )
        return
    typer.echo("\n".join([*_lines_of(dossier), f"Due:        {due.explanation or due.because}"]))
    for task in tasks:
        typer.echo(f"Open task:  {task.name} ({task.role}, {task.assignee or 'nobody yet'})  {task.id}")
    for document in documents:
        typer.echo(f"Document:   {document.kind}: {document.name}")


@dossiers.command("tasks")
def tasks(
    authority: Annotated[str | None, typer.Option(help="Only those of this authority.")] = None,
    tier: Annotated[str | None, typer.Option(help="Only those of this tier: province or commune.")] = None,
    role: Annotated[str | None, typer.Option(help="Only those for this role.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only those assigned to this person.")] = None,
    dossier: Annotated[str | None, typer.Option(help="Only those of this dossier.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List open tasks with the fields of their forms, the one that waits longest first.

    Example: motcua dossier tasks --role one_stop_desk
    """
    with open_app(read_settings()) as app:
        found = app.store.open_tasks(TaskFilter(authority, tier, role, assignee, dossier, limit))
    lines = []
    for task in found:
        lines.append(f"{task.id}  {task.dossier_code}  {task.name} ({task.role}, {task.assignee or 'nobody yet'})")
        lines += [f"    {field['name']}: {_kind_of(field)}{', required' if field['required'] else ''}" for field in task.form]
    _tell([TaskGiven.model_validate(task) for task in found], "\n".join(lines) or "No open task.", as_json)


@dossiers.command("complete")
def complete(
    task: Annotated[str, typer.Argument(help="The task's id, as `motcua dossier tasks` shows it.")],
    entry: Entries = None,
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Hand in the form of an open task.

    Example: motcua dossier complete 4f2c… -e completeness=accept --actor nguyen.thi.lan
    """
    with open_app(read_settings()) as app:
        form = app.store.task(task).form
        dossier = app.engine.complete_task(
            task, read_entry_options(entry, {str(field["name"]): str(field["type"]) for field in form}), _actor(actor)
        )
    _tell(DossierGiven.model_validate(dossier), f"Completed. {dossier.code} is now {dossier.status.value}.", as_json)


@dossiers.command("message")
def message(
    code: Annotated[str, typer.Argument(help="The dossier's code.")],
    name: Annotated[str, typer.Argument(help="The message's name, such as supplement_received.")],
    entry: Entries = None,
    message_id: Annotated[str, typer.Option("--id", help="The sender's id; the same id twice is one message.")] = "",
    actor: Actor = "",
    as_json: AsJson = False,
) -> None:
    """Bring a message to a dossier.

    Example: motcua dossier message H05.21-260302-0001 supplement_received --id paper-117
    """
    with open_app(read_settings()) as app:
        record = app.engine.deliver_message(code, name, read_entry_options(entry), message_id or str(uuid4()), _actor(actor))
    told = "delivered" if record.delivered_at else f"kept until {_local(record.keep_until)} for whatever will wait for it"
    _tell(MessageGiven.model_validate(record), f"Message {name} ({record.id}): {told}.", as_json)


def verify(
    code: Annotated[str, typer.Argument(metavar="DOSSIER", help="The dossier's code.")],
    as_json: AsJson = False,
) -> None:
    """Check the hash chain of a dossier's history: exit status 0 only when it holds.

    Example: motcua verify H05.21-260302-0001
    """
    with open_app(read_settings()) as app:
        result = verify_chain(app.store.events(code))
    if not result.holds:
        raise ChainBroken(
            f"The history of dossier {code} does not hold: event {result.seq}, {result.reason}. Compare it with a backup.",
            code=code,
            seq=result.seq,
            reason=result.reason,
        )
    if as_json:
        _print_json({"dossier_code": code, "holds": True, "events": result.events, "erased": result.erased})
    else:
        erased = f", {result.erased} with personal content erased" if result.erased else ""
        typer.echo(f"The history of {code} holds: {result.events} events{erased}.")


def read_entry_options(options: list[str] | None, kinds: Mapping[str, str] | None = None) -> dict[str, Any]:
    """NAME=VALUE options as entries; a yes-no field takes true or false. Raises EntryUnreadable."""
    entries: dict[str, Any] = {}
    for option in options or ():
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise EntryUnreadable(f'"{option}" is no entry. Write NAME=VALUE, such as completeness=accept.', entry=option)
        if name in entries:
            raise EntryUnreadable(f'The entry "{name}" is given twice. Give it once.', entry=name)
        is_boolean = (kinds or {}).get(name) == "boolean" and value in ("true", "false")
        entries[name] = value == "true" if is_boolean else value
    return entries


def _actor(given: str) -> str:
    return read_actor(given or getuser())


def _kind_of(field: Mapping[str, Any]) -> str:
    options = [str(option["value"]) for option in field["options"]]
    return " | ".join(options) if options else str(field["type"])


def _local(at: datetime | None) -> str:
    return "-" if at is None else f"{at.astimezone(VIETNAM):%Y-%m-%d %H:%M}"


def _lines_of(dossier: Dossier) -> list[str]:
    return [
        f"Dossier:    {dossier.code}",
        f"Procedure:  {dossier.procedure_code}, version {dossier.version_id[:12]}",
        f"Applicant:  {dossier.applicant.name}",
        f"Status:     {dossier.status.value}",
        f"Filed:      {_local(dossier.filed_at)}",
        f"Received:   {_local(dossier.received_at)}",
        f"Ended:      {_local(dossier.ended_at)}{f' ({dossier.ending.value})' if dossier.ending else ''}",
    ]


def _tell(given: BaseModel | list[Any], words: str, as_json: bool) -> None:
    if not as_json:
        typer.echo(words)
    elif isinstance(given, list):
        _print_json([each.model_dump(mode="json") for each in given])
    else:
        _print_json(given.model_dump(mode="json"))


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
