"""The engine's commands. Each is one transaction on one dossier: lock, decide, write, commit; or nothing at all.

    engine.open(application)                    a dossier is filed
    engine.complete_task(task, entries, actor)  a person hands in a form
    engine.deliver_message(code, name, …)       something came in from outside
    engine.advance_time(code)                   timers that are due fire
    engine.run_call(key, …)                     a worker's turn at a service call: lease, call, outcome

The clock, the store, the calendar and chance are given; nothing here does input or output of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from motcua.engine.acts import limit_of
from motcua.engine.authority_calendars import CalendarFor
from motcua.engine.calendars import Calendar
from motcua.engine.clock import Clock
from motcua.engine.codec import encode
from motcua.engine.compiled import CompiledProcedure, CompiledProcedures, check_version, compile_version
from motcua.engine.connectors import Operation
from motcua.engine.deadlines import DueMoment, due_of
from motcua.engine.dossier import Applicant, Channel, Dossier, MessageRecord, OpenTask, Status
from motcua.engine.forms import read_entries
from motcua.engine.messages import expire_messages, take_message
from motcua.engine.session import DossierSession, Surroundings
from motcua.engine.store import Store, StoredDossier, Transaction
from motcua.errors import Conflict, InvalidInput, NotFound
from motcua.procedures_catalog.version import ProcedureVersion

APPLICANT_KINDS = ("citizen", "business", "state_body", "organisation")


class ProcedureNotPublished(NotFound):
    """No version of the procedure is published here and in force on the day."""


class MessageUnknown(InvalidInput):
    """The model never waits for a message of that name."""


class DossierClosed(Conflict):
    """The dossier is over; nothing waits any more."""


class ApplicationRefused(InvalidInput):
    """The application lacks something that every dossier needs."""


class NotTheirTask(Conflict):
    """The task is assigned to somebody else."""


@dataclass(frozen=True, slots=True)
class Application:
    """What an applicant hands in. `entries` are the fields of the form on the model's start event.

    request_id: the sender's own key; the same request sent twice opens one dossier.
    """

    procedure_code: str
    authority_code: str
    tier: str
    applicant: Applicant
    channel: Channel = Channel.DIRECT
    case: str | None = None
    entries: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The dossier of an application; `is_new` where this very command opened it, and no earlier one with its request id."""

    dossier: Dossier
    is_new: bool

    @property
    def code(self) -> str:
        return self.dossier.code


class DossierEngine:
    """Runs dossiers over a store. Safe to share between threads; every command is a transaction of its own."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        calendar: Calendar | CalendarFor,
        operations: Mapping[str, Operation],
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        message_term: timedelta = timedelta(days=30),
    ) -> None:
        """calendar: everyone's, or what gives each authority its own; that is first asked when a command needs it."""
        self.store = store
        self.clock = clock
        self.calendar_for: CalendarFor = (lambda authority_code: calendar) if isinstance(calendar, Calendar) else calendar
        self.procedures = CompiledProcedures(store.version)
        self._operations = operations
        self._entropy = entropy
        self._message_term = message_term

    @property
    def calendar(self) -> Calendar:
        """What holds where no authority says otherwise."""
        return self.calendar_for("")

    # ---- procedures

    def publish(self, version: ProcedureVersion) -> CompiledProcedure:
        """Check and compile a version, refuse it if it cannot be run faithfully, and store it whole. Again changes nothing."""
        check_version(version, self._operations)
        compiled = compile_version(version)
        with self.store.transaction() as tx:
            tx.publish(version)
        return compiled

    # ---- questions

    def due_of(self, dossier: Dossier, *, trace: bool = True) -> DueMoment | None:
        """When the dossier is due as things stand, and why: by its authority's calendar and its version's policy.

        None while it is not received, and where its limit is unknown. An open pause is taken to end now.
        """
        policy = self.procedures.get(dossier.version_id).policy
        return due_of(dossier, self.calendar_for(dossier.authority_code), policy, as_of=self._now(dossier), trace=trace)

    # ---- commands

    def open(self, application: Application, actor: str = "applicant") -> Opened:
        """File a dossier under the version in force today; a request that came before opens none and changes nothing.

        Raises the InvalidInput leaf of whatever is missing.
        """
        now = self.clock.now()
        around = self._around_for(application.authority_code)
        today = around.calendar.local_date(now)
        _check_applicant(application.applicant)
        version = self.store.version_in_force(application.procedure_code, today)
        if version is None:
            raise ProcedureNotPublished(
                f'No version of procedure "{application.procedure_code}" is published here and in force on {today}. '
                "Check the code with `motcua catalog list`, or publish a version.",
                code=application.procedure_code,
                on=today,
            )
        compiled = self.procedures.get(version.version_id)
        limit_of(compiled.procedure, application.case)  # an unknown limit is no obstacle; a case that must be chosen is
        entries = read_entries(
            compiled.model.start_node.form, application.entries, f'The application for "{compiled.procedure.name}"'
        )
        with self.store.transaction() as tx:
            if application.request_id is not None:
                already = tx.dossier_by_request(application.request_id)
                if already is not None:
                    return Opened(already, is_new=False)
            number = tx.next_number(application.authority_code, today)
            dossier = Dossier(
                code=f"{application.authority_code}-{today:%y%m%d}-{number:04d}",
                procedure_code=version.code,
                version_id=version.version_id,
                authority_code=application.authority_code,
                tier=application.tier,
                channel=application.channel,
                applicant=application.applicant,
                case=application.case,
                status=Status.FILED,
                filed_at=now,
                request_id=application.request_id,
            )
            session = DossierSession.begin(around, tx, compiled, actor, now, dossier, entries)
            session.record(
                "opened",
                {
                    "procedure": version.code,
                    "version": version.version_id,
                    "channel": application.channel.value,
                    "case": application.case,
                },
                content={"applicant": _plain_applicant(application.applicant), "entries": entries},
            )
            session.report_status()
            session.move_on()
            tx.save(session.change())
            return Opened(session.dossier, is_new=True)

    @contextmanager
    def command(self, code: str, actor: str) -> Iterator[DossierSession]:
        """A dossier under its lock; what the block does to the session is written when it ends well."""
        with self.store.transaction() as tx:
            session = self._resume(tx, code, actor)
            yield session
            tx.save(session.change())

    def complete_task(self, task_id: str, entries: Mapping[str, Any], actor: str) -> Dossier:
        """Hand in the form of an open task. Timers that are due come first, so that nobody completes what is already over."""
        task = self.store.task(task_id)
        if task.assignee is not None and task.assignee != actor:
            raise NotTheirTask(
                f'The task "{task.name}" of dossier {task.dossier_code} is assigned to {task.assignee}. Have it delegated.',
                task_id=task_id,
                assignee=task.assignee,
            )
        self.advance_time(task.dossier_code)
        with self.command(task.dossier_code, actor) as session:
            session.complete_task(task_id, entries)
        return session.dossier

    def claim(self, task_id: str, actor: str) -> OpenTask:
        """Take an unassigned task."""
        task = self.store.task(task_id)
        with self.command(task.dossier_code, actor) as session:
            task = self.store.task(task_id)
            if task.assignee not in (None, actor):
                raise NotTheirTask(
                    f'The task "{task.name}" is already assigned to {task.assignee}.', task_id=task_id, assignee=task.assignee
                )
            task = replace(task, assignee=actor)
            session.assign_task(task, "task_claimed")
        return task

    def delegate(self, task_id: str, to: str, actor: str) -> OpenTask:
        """Give a task to somebody else; who gave it stays on the task."""
        task = self.store.task(task_id)
        with self.command(task.dossier_code, actor) as session:
            task = replace(self.store.task(task_id), assignee=to, delegated_by=actor)
            session.assign_task(task, "task_delegated")
        return task

    def deliver_message(self, code: str, name: str, payload: Mapping[str, Any], message_id: str, actor: str) -> MessageRecord:
        """Bring a message to the one activity that waits for it, or keep it for a stated time. The same id twice is one message."""
        encode(dict(payload))
        with self.store.transaction() as tx:
            session = self._resume(tx, code, actor)
            already = tx.message(code, message_id)
            if already is not None:
                return already
            if session.dossier.closed_at is not None:
                raise DossierClosed(f"Dossier {code} is closed ({session.dossier.ending}); it takes no more messages.", code=code)
            if name not in session.compiled.messages:
                known = ", ".join(sorted(session.compiled.messages)) or "none"
                raise MessageUnknown(
                    f'Procedure {session.dossier.procedure_code} never waits for a message "{name}". It waits for: {known}.',
                    name=name,
                )
            session.fire_due_timers()
            now = session.now
            message = MessageRecord(message_id, code, name, dict(payload), now, keep_until=now + self._message_term)
            take_message(session, message)
            tx.save(session.change())
            return session.messages[message_id]

    def advance_time(self, code: str) -> int:
        """Fire the dossier's timers that are due and report messages that nobody waited for. Returns how many timers fired."""
        due = self.store.dossier(code).wake_at
        if due is None or due > self.clock.now():
            return 0
        with self.command(code, "clock") as session:
            fired = session.fire_due_timers()
            expire_messages(session)
        return fired

    def take_up(self, tx: Transaction, stored: StoredDossier, compiled: CompiledProcedure, actor: str) -> DossierSession:
        """A locked dossier under change, run on `compiled`; who takes it up saves its change."""
        return DossierSession.resume(
            self._around_for(stored.dossier.authority_code), tx, compiled, actor, self._now(stored.dossier), stored
        )

    def _resume(self, tx: Transaction, code: str, actor: str) -> DossierSession:
        stored = tx.lock(code)
        return self.take_up(tx, stored, self.procedures.get(stored.dossier.version_id), actor)

    def _around_for(self, authority_code: str) -> Surroundings:
        return Surroundings(self._operations, self.calendar_for(authority_code), self._entropy)

    def _now(self, dossier: Dossier) -> datetime:
        return max(self.clock.now(), dossier.filed_at)


def _check_applicant(applicant: Applicant) -> None:
    if not applicant.name.strip():
        raise ApplicationRefused("The application names no applicant. Enter the applicant's full name.", field="applicant.name")
    if applicant.kind not in APPLICANT_KINDS:
        raise ApplicationRefused(
            f'"{applicant.kind}" is no kind of applicant. Use one of {", ".join(APPLICANT_KINDS)}.', field="applicant.kind"
        )
    identifier = applicant.identifier
    if identifier is not None and applicant.kind == "citizen" and not (identifier.isdigit() and len(identifier) in (9, 12)):
        raise ApplicationRefused(
            "A citizen's personal number has 12 digits (9 on older cards). Correct it, or leave it out if it is unknown.",
            field="applicant.identifier",
        )


def _plain_applicant(applicant: Applicant) -> dict[str, Any]:
    return {name: getattr(applicant, name) for name in ("name", "kind", "identifier", "phone", "email", "address")}
