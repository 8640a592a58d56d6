"""Half-filled forms of open tasks: kept with the task until it is completed or cancelled, and never part of the history.

    save_draft(engine, task_id, entries, revision=0, actor="an")     what is in the form now; `revision` is the one last read

A draft is checked as what it is: only fields of the form, only what can be stored, and no more than fits; whether it is complete or
right is for the completion to say. Two people who fill in the same form do not overwrite each other: who saves names the
revision that he began from, and the later one is told who was before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from motcua.engine.codec import MAX_INTEGER_BITS
from motcua.engine.dossier import Draft, OpenTask
from motcua.engine.dossier_engine import DossierEngine, NotTheirTask
from motcua.engine.forms import MAX_TEXT, FormRefused
from motcua.engine.values import Value
from motcua.errors import Conflict

MAX_DRAFT = 100_000
"""Characters of all entries together."""


class DraftConflict(Conflict):
    """Somebody else saved the draft meanwhile. Facts: `revision`, `saved_by`, `saved_at` of the draft that stands."""


def save_draft(engine: DossierEngine, task_id: str, entries: Mapping[str, Any], revision: int, actor: str) -> OpenTask:
    """Keep what is in the form of an open task; it replaces the draft before. Returns the task with its draft.

    revision: that of the draft which was read before, 0 for none.
    Raises UnknownTask, NotTheirTask, DraftConflict, and FormRefused for what no draft can hold.
    """
    task = engine.store.task(task_id)
    with engine.command(task.dossier_code, actor) as session:
        task = engine.store.task(task_id)  # as it stands under the dossier's lock
        if task.assignee not in (None, actor):
            raise NotTheirTask(
                f'The task "{task.name}" of dossier {task.dossier_code} is assigned to {task.assignee}. Have it delegated.',
                task_id=task_id,
                assignee=task.assignee,
            )
        _check_revision(task, revision)
        kept = read_draft(task.form, entries, f'The draft of "{task.name}"')
        task = replace(task, draft=Draft(kept, revision + 1, actor, session.now))
        session.gathered.changed_tasks.append(task)
    return task


def _check_revision(task: OpenTask, revision: int) -> None:
    stands = task.draft.revision if task.draft is not None else 0
    if revision == stands:
        return
    by: str | None = None if task.draft is None else task.draft.saved_by
    at: datetime | None = None if task.draft is None else task.draft.saved_at
    who = "There is no draft of that revision" if task.draft is None else f"{by} has saved another draft"
    raise DraftConflict(
        f'{who} of the form of "{task.name}" since you read it (you began from {revision}, it is {stands}), and nothing was saved. '
        "Read it again, and put in what is yours.",
        task_id=task.id,
        revision=stands,
        saved_by=by,
        saved_at=at,
    )


def read_draft(form: Sequence[Mapping[str, Any]], entries: Mapping[str, Any], where: str) -> dict[str, Value]:
    """The entries that are not empty, as they were typed. Raises FormRefused with every problem at once."""
    known = {str(field["name"]): field for field in form}
    problems: dict[str, str] = {}
    kept: dict[str, Value] = {}
    for name, entry in entries.items():
        objection = _objection(known.get(name), entry)
        if objection is not None:
            problems[name[:100]] = objection
        elif entry not in (None, ""):
            kept[name] = entry
    if not problems and sum(len(str(entry)) for entry in kept.values()) > MAX_DRAFT:
        problems = dict.fromkeys(kept, f"has its part in more than {MAX_DRAFT:,} characters, which is too much for a draft")
    if problems:
        raise FormRefused(where, problems)
    return kept


def fitted(draft: Draft | None, form: Sequence[Mapping[str, Any]]) -> tuple[Draft | None, tuple[str, ...]]:
    """The draft as far as another form can hold it, and the names of the entries that it cannot."""
    if draft is None:
        return None, ()
    known = {str(field["name"]): field for field in form}
    gone = tuple(name for name, entry in draft.entries.items() if _objection(known.get(name), entry) is not None)
    if not gone:
        return draft, ()
    return replace(draft, entries={name: entry for name, entry in draft.entries.items() if name not in gone}), gone


def _objection(field: Mapping[str, Any] | None, entry: Any) -> str | None:
    """Why the form cannot even show this entry."""
    if field is None:
        return "is not a field of this form"
    if entry is None or entry == "":
        return None
    if field["type"] == "boolean":
        return None if isinstance(entry, bool) else "must be true or false"
    if isinstance(entry, bool) or not isinstance(entry, str | int):
        return "must be what was typed, as a text"
    if isinstance(entry, int) and entry.bit_length() > MAX_INTEGER_BITS:
        return "is a number too large to keep"
    if len(str(entry)) > MAX_TEXT:
        return f"is longer than {MAX_TEXT:,} characters"
    if "\x00" in str(entry) or any("\ud800" <= letter <= "\udfff" for letter in str(entry)):
        return "holds a character that cannot be stored"
    if field["type"] == "choice" and entry not in [option["value"] for option in field["options"]]:
        return "is none of the options"
    return None
