"""One command on one dossier: restored under its lock, moved, and handed to the store as one `Change`.

    move (complete a task, fire a timer, deliver a message, take an outcome)
      └► advance to the next wait state; each completed node may do a legal act
           └► settle: what the tokens now wait for becomes work items, service calls, pauses and a wake-up time

Nothing here reaches outside: a service call is a row that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from motcua.bpmn.elements import Node
from motcua.engine import acts, messages, settling
from motcua.engine.calendars import VIETNAM, Calendar
from motcua.engine.compiled import CompiledProcedure
from motcua.engine.connectors import Operation
from motcua.engine.deadlines import SUPPLEMENT_ONCE
from motcua.engine.dossier import (
    CallState,
    DocumentRecord,
    Dossier,
    MessageRecord,
    OpenTask,
    ServiceCallRecord,
)
from motcua.engine.event_log import Chain, ChainHead, Event
from motcua.engine.forms import read_entries
from motcua.engine.recorded_exceptions import forget_exception, signed
from motcua.engine.spiff.run import Run, Token, Wait, token_gone
from motcua.engine.store import Change, PaymentReceipt, StoredDossier, TaskClosed, Transaction
from motcua.engine.values import Value, Variables
from motcua.errors import Conflict

STATUS_REPORT = "national_portal.report_status"


class DossierSuspended(Conflict):
    """An operator has suspended the dossier; nothing is completed in it until it is resumed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session knows of the world: the operations that exist, its authority's calendar, and a source of chance."""

    operations: Mapping[str, Operation]
    calendar: Calendar
    entropy: Callable[[int], bytes]


@dataclass(slots=True)
class Gathered:
    """What a command will write, beside the dossier, its state and its events."""

    opened: list[OpenTask] = field(default_factory=list)
    closed: list[TaskClosed] = field(default_factory=list)
    changed_tasks: list[OpenTask] = field(default_factory=list)
    calls: dict[str, ServiceCallRecord] = field(default_factory=dict)
    messages: dict[str, MessageRecord] = field(default_factory=dict)
    documents: list[DocumentRecord] = field(default_factory=list)
    receipts: list[PaymentReceipt] = field(default_factory=list)


@dataclass(slots=True)
class DossierSession:
    """A dossier under change. `now` is the command's one instant.

    before: the tokens that the command found, by id.   finished: how those ended that the command itself moved.
    """

    around: Surroundings
    tx: Transaction
    compiled: CompiledProcedure
    actor: str
    now: datetime
    dossier: Dossier
    run: Run
    chain: Chain
    calls: dict[str, ServiceCallRecord]
    messages: dict[str, MessageRecord]
    facts: dict[str, Value]
    is_new: bool = False
    before: dict[str, Token] = field(default_factory=dict)
    finished: dict[str, str] = field(default_factory=dict)
    gathered: Gathered = field(default_factory=Gathered)

    # ---- making one

    @classmethod
    def begin(
        cls,
        around: Surroundings,
        tx: Transaction,
        compiled: CompiledProcedure,
        actor: str,
        now: datetime,
        dossier: Dossier,
        variables: Variables,
    ) -> DossierSession:
        """For a new dossier; its process stands before the start event."""
        facts = _facts(dossier, compiled)
        run = Run.start(compiled.model, now, facts, variables)
        return cls(around, tx, compiled, actor, now, dossier, run, Chain(dossier.code, ChainHead()), {}, {}, facts, is_new=True)

    @classmethod
    def resume(
        cls, around: Surroundings, tx: Transaction, compiled: CompiledProcedure, actor: str, now: datetime, stored: StoredDossier
    ) -> DossierSession:
        facts = _facts(stored.dossier, compiled)
        run = Run.restore(compiled.model, stored.state, now, facts)
        session = cls(
            around,
            tx,
            compiled,
            actor,
            now,
            stored.dossier,
            run,
            Chain(stored.dossier.code, stored.head),
            {call.key: call for call in stored.calls},
            {message.id: message for message in stored.messages},
            facts,
        )
        session.before = {token.id: token for token in run.tokens()}
        return session

    # ---- moves

    def complete_task(self, task_id: str, entries: Mapping[str, Any]) -> None:
        """A person hands in the form of an open task. Raises DossierSuspended."""
        token = self._token(task_id, Wait.PERSON)
        if (suspension := self.dossier.suspension) is not None:
            raise DossierSuspended(
                f'The task "{token.node.name}" cannot be completed now: dossier {self.dossier.code} was suspended by '
                f'{suspension.by} ("{suspension.reason}"). Have it resumed first.',
                dossier=self.dossier.code,
                suspended_by=suspension.by,
                reason=suspension.reason,
            )
        values = read_entries(token.node.form, entries, f'The form of "{token.node.name}"')
        self.record("task_completed", {"task_id": task_id, "activity_id": token.node.id}, content={"entries": values})
        self.finished[task_id] = "completed"
        self.run.complete(task_id, signed(values, self.actor))
        self.move_on()

    def fire_due_timers(self) -> int:
        """Fire every timer that is due, earliest first; each may open others. Returns how many fired."""
        fired = 0
        while self.dossier.suspension is None and (next_due := self._next_due()) is not None:
            self._fire_timer(*next_due)
            fired += 1
        return fired

    def catch_up(self) -> None:
        """After a suspension: what came in and what fell due meanwhile happens now, in the order in which it would have."""
        while True:
            next_due = self._next_due()
            until = self.now if next_due is None else next_due[0]
            if messages.deliver_kept(self, until):
                self.move_on()
            elif next_due is None:
                break
            else:
                self._fire_timer(*next_due)
        messages.expire_messages(self)

    def _next_due(self) -> tuple[datetime, Token] | None:
        """The timer that fell due first."""
        due = [(at, token) for at, token in settling.timers(self) if at <= self.now]
        return min(due, key=lambda pair: pair[0], default=None)

    def _fire_timer(self, due_at: datetime, token: Token) -> None:
        self.record("timer_fired", {"activity_id": token.node.id, "due_at": due_at})
        self.finished[token.id] = "completed"
        self.run.fire(token.id, {}, settling.next_round(self, token))
        self.move_on()

    def finish_call(self, key: str, outputs: Variables, documents: tuple[DocumentRecord, ...] = ()) -> None:
        """A service call is done: its declared outputs become variables and the token goes on."""
        call = self.calls[key]
        self.keep_call(replace(call, state=CallState.DONE, outputs=dict(outputs), lease_until=None, error=None))
        self.add_documents(documents)
        self.record(
            "service_done", {"call": key, "operation": call.operation}, content={"outputs": dict(outputs)} if outputs else None
        )
        if call.task_id is not None:
            self.finished[call.task_id] = "completed"
            token = self._token(call.task_id, Wait.SERVICE)
            self.run.complete(call.task_id, self._outputs(token.node, outputs))
            self.move_on()

    def await_call(self, key: str, reference: str, outputs: Variables, documents: tuple[DocumentRecord, ...] = ()) -> None:
        """The outside system took the order; its call-back will name `reference`."""
        call = self.calls[key]
        self.keep_call(
            replace(call, state=CallState.WAITING, reference=reference, outputs=dict(outputs), lease_until=None, error=None)
        )
        self.add_documents(documents)
        self.record("service_waiting", {"call": key, "operation": call.operation, "reference": reference})
        if call.task_id is not None:
            token = self._token(call.task_id, Wait.SERVICE)
            self.run.write(token.id, self._outputs(token.node, outputs))

    def fail_call(self, key: str, code: str, message: str) -> None:
        """A business failure: the BPMN error `code` is thrown where the token waits."""
        call = self.calls[key]
        self.keep_call(replace(call, state=CallState.FAILED, lease_until=None, error=message))
        self.record("service_failed", {"call": key, "operation": call.operation, "code": code, "message": message})
        if call.task_id is not None:
            self.finished[call.task_id] = "failed"
            self.run.throw_at(call.task_id, code)
            self.move_on()

    def change_call(self, call: ServiceCallRecord, kind: str, facts: Variables) -> None:
        """Another turn in a call's life (tried again later, incident, retried by an operator), with its event."""
        self.keep_call(call)
        self.record(kind, {"call": call.key, "operation": call.operation, **facts})

    def ask(self, operation: str, inputs: Variables, key: str | None = None) -> str:
        """Ask for a service call that no token waits for. The same key asks once. Returns the key."""
        event = self.record("service_asked", {"operation": operation})
        key = key or f"{self.dossier.code}/{operation}/{event.seq}"
        settling.new_call(self, key, operation, inputs, event.seq, None)
        return key

    def add_documents(self, documents: tuple[DocumentRecord, ...]) -> None:
        for document in documents:
            event = self.record("document_added", {"kind": document.kind, "sha256": document.sha256, "made_by": document.made_by})
            self.gathered.documents.append(replace(document, order=event.seq))

    def add_receipt(self, receipt: PaymentReceipt) -> None:
        self.gathered.receipts.append(receipt)
        self.record(
            "payment_booked",
            {
                "transaction_no": receipt.transaction_no,
                "amount_vnd": receipt.amount_vnd,
                "state": receipt.state,
                "reason": receipt.reason,
            },
        )

    def assign_task(self, task: OpenTask, kind: str) -> None:
        self.gathered.changed_tasks.append(task)
        self.record(kind, {"task_id": task.id, "assignee": task.assignee, "delegated_by": task.delegated_by})

    def record(self, kind: str, facts: Variables, content: Variables | None = None) -> Event:
        salt = None if content is None else self.around.entropy(16)
        return self.chain.append(kind, at=self.now, actor=self.actor, facts=facts, content=content, salt=salt)

    # ---- after a move

    def move_on(self) -> None:
        """Advance to the next wait state, and deliver kept messages to whatever now waits for them."""
        self.run.advance(self._node_completed, self.record)
        while messages.deliver_kept(self):
            self.run.advance(self._node_completed, self.record)

    def change(self) -> Change:
        """Settle what the tokens wait for, and gather everything that this command writes."""
        settling.settle(self)
        self.dossier = replace(self.dossier, wake_at=settling.next_wake(self), revision=self.dossier.revision + 1)
        return Change(
            dossier=self.dossier,
            state=self.run.save(),
            events=tuple(self.chain.added),
            tasks_opened=tuple(self.gathered.opened),
            tasks_closed=tuple(self.gathered.closed),
            tasks_changed=tuple(self.gathered.changed_tasks),
            calls=tuple(self.gathered.calls.values()),
            documents=tuple(self.gathered.documents),
            messages=tuple(self.gathered.messages.values()),
            receipts=tuple(self.gathered.receipts),
            is_new=self.is_new,
        )

    def _node_completed(self, node: Node) -> None:
        if node.act is None:
            return
        before = self.dossier
        self.dossier = acts.perform(node.act, before, self.moment)
        self.facts["supplement_requests"] = self.dossier.supplement_requests
        if node.act == "ask_supplement":  # the one act whose rule has exceptions
            forget_exception(self.run.scope)
        self.record("act", {"act": node.act, "activity_id": node.id})
        self.record_changes(before, cause=node.act)

    def record_changes(self, before: Dossier, cause: str) -> None:
        after = self.dossier
        for pause in after.pauses[len(before.pauses) :]:
            if (exception := pause.exception) is not None:
                self.record(
                    "exception_recorded",
                    {
                        "act": cause,
                        "author": exception.author,
                        "reason": exception.reason,
                        "legal_basis": exception.basis or None,
                        "rule": SUPPLEMENT_ONCE,
                    },
                )
        if before.due_at != after.due_at:
            self.record(
                "due_changed",
                {
                    "old": before.due_at,
                    "new": after.due_at,
                    "due_on": after.due_on,
                    "cause": cause,
                    "policy": self.compiled.policy.counting,
                },
            )
        if before.promises != after.promises:
            self.record("promised", {"promised_at": after.promises[-1].promised_at, "by": after.promises[-1].by})
        if before.status is not after.status:
            self.report_status()

    def report_status(self) -> None:
        """Write the status into the history, and tell the national portal in order."""
        event = self.record("status_changed", {"status": self.dossier.status.value})
        if STATUS_REPORT in self.around.operations:
            inputs: dict[str, Value] = {"status": self.dossier.status.value, "at": self.now}
            settling.new_call(self, f"{self.dossier.code}/status/{event.seq}", STATUS_REPORT, inputs, event.seq, None)

    @property
    def moment(self) -> acts.Moment:
        return acts.Moment(self.now, self.around.calendar, self.compiled.policy, self.compiled.procedure, self.run.scope)

    # ---- small parts

    def _outputs(self, node: Node, outputs: Variables) -> dict[str, Value]:
        return {use.variable: outputs.get(use.name) for use in node.operation.outputs} if node.operation else {}

    def _token(self, token_id: str, wait: Wait) -> Token:
        for token in self.run.tokens():
            if token.id == token_id and token.wait is wait:
                return token
        raise token_gone(token_id)

    def keep_call(self, call: ServiceCallRecord) -> None:
        self.calls[call.key] = call
        self.gathered.calls[call.key] = call


def _facts(dossier: Dossier, compiled: CompiledProcedure) -> dict[str, Value]:
    """The names that the engine provides to expressions (docs/extension.md)."""
    return {
        "dossier_code": dossier.code,
        "dossier_case": dossier.case,
        "dossier_channel": dossier.channel.value,
        "authority_tier": dossier.tier,
        "supplement_requests": dossier.supplement_requests,
        "limit_known": acts.limit_of(compiled.procedure, dossier.case)[0] is not None,
        "fee_in_force_vnd": compiled.procedure.fee.amount_on(dossier.filed_at.astimezone(VIETNAM).date()),
    }
