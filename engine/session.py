"""One command on one dossier: restored under its lock, moved, and handed to the store as one `Change`.

    move (complete a task, fire a timer, deliver a message, take an outcome)
      └► advance to the next wait state; each completed node may do a legal act
           └► settle: what the tokens now wait for becomes work items, service calls, pauses and a wake-up time

Nothing here reaches outside: a service call is a row that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from motcua.bpmn.elements import Node
from motcua.engine import acts
from motcua.engine.calendars import Calendar
from motcua.engine.compiled import CompiledProcedure
from motcua.engine.connectors import Operation
from motcua.engine.deadlines import timer_instant
from motcua.engine.dossier import (
    CallState,
    DocumentRecord,
    Dossier,
    MessageRecord,
    OpenTask,
    ServiceCallRecord,
)
from motcua.engine.event_log import Chain, ChainHead, Event
from motcua.engine.forms import FormRefused, read_entries
from motcua.engine.spiff.run import ModelFailed, Run, Token, Wait, token_gone
from motcua.engine.store import Change, PaymentReceipt, StoredDossier, TaskClosed, Transaction
from motcua.engine.values import Value, Variables

STATUS_REPORT = "national_portal.report_status"
FINISHED_CALLS = (CallState.DONE, CallState.FAILED, CallState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of one engine shares."""

    operations: Mapping[str, Operation]
    calendar: Calendar
    entropy: Callable[[int], bytes]
    message_term: timedelta


@dataclass(slots=True)
class DossierSession:
    """A dossier under change. `now` is the command's one instant."""

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
    _before: dict[str, Token] = field(default_factory=dict)
    _finished_by_us: dict[str, str] = field(default_factory=dict)
    _opened: list[OpenTask] = field(default_factory=list)
    _closed: list[TaskClosed] = field(default_factory=list)
    _changed_tasks: list[OpenTask] = field(default_factory=list)
    _changed_calls: dict[str, ServiceCallRecord] = field(default_factory=dict)
    _changed_messages: dict[str, MessageRecord] = field(default_factory=dict)
    _documents: list[DocumentRecord] = field(default_factory=list)
    _receipts: list[PaymentReceipt] = field(default_factory=list)

    # ---- making one

    @classmethod
    def begin(
        cls, around: Surroundings, tx: Transaction, compiled: CompiledProcedure, actor: str, now: datetime, dossier: Dossier, variables: Variables
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
        session._before = {token.id: token for token in run.tokens()}
        return session

    # ---- moves

    def complete_task(self, task_id: str, entries: Mapping[str, Any]) -> None:
        """A person hands in the form of an open task."""
        token = self._token(task_id, Wait.PERSON)
        values = read_entries(token.node.form, entries, f'The form of "{token.node.name}"')
        self.record("task_completed", {"task_id": task_id, "activity_id": token.node.id}, content={"entries": values})
        self._finished_by_us[task_id] = "completed"
        self.run.complete(task_id, values)
        self.move_on()

    def fire_due_timers(self) -> int:
        """Fire every timer that is due, earliest first; each may open others. Returns how many fired."""
        fired = 0
        while due := [(at, token) for at, token in self._timers() if at <= self.now]:
            at, token = min(due, key=lambda pair: pair[0])
            self.record("timer_fired", {"activity_id": token.node.id, "due_at": at})
            self._finished_by_us[token.id] = "completed"
            self.run.fire(token.id, {})
            self.move_on()
            fired += 1
        return fired

    def take_message(self, message: MessageRecord) -> bool:
        """Give a message to the activity that waits for it, or keep it for one that will. Returns whether it was delivered."""
        self.messages[message.id] = message
        self._changed_messages[message.id] = message
        self.record("message_received", {"message": message.name, "message_id": message.id}, content={"payload": dict(message.payload)})
        self._deliver(message, refuse=True)
        self.move_on()
        return self.messages[message.id].delivered_at is not None

    def expire_messages(self) -> None:
        """Report, once, the messages that nobody came to wait for."""
        for message in list(self.messages.values()):
            if message.delivered_at is None and message.expired_at is None and message.keep_until <= self.now:
                self._keep_message(replace(message, expired_at=self.now))
                self.record("message_expired", {"message": message.name, "message_id": message.id})

    def finish_call(self, key: str, outputs: Variables, documents: tuple[DocumentRecord, ...] = ()) -> None:
        """A service call is done: its declared outputs become variables and the token goes on."""
        call = self.calls[key]
        self._keep_call(replace(call, state=CallState.DONE, outputs=dict(outputs), lease_until=None, error=None))
        self.add_documents(documents)
        self.record("service_done", {"call": key, "operation": call.operation}, content={"outputs": dict(outputs)} if outputs else None)
        if call.task_id is not None:
            self._finished_by_us[call.task_id] = "completed"
            token = self._token(call.task_id, Wait.SERVICE)
            self.run.complete(call.task_id, self._outputs(token.node, outputs))
            self.move_on()

    def await_call(self, key: str, reference: str, outputs: Variables, documents: tuple[DocumentRecord, ...] = ()) -> None:
        """The outside system took the order; its call-back will name `reference`."""
        call = self.calls[key]
        self._keep_call(replace(call, state=CallState.WAITING, reference=reference, outputs=dict(outputs), lease_until=None, error=None))
        self.add_documents(documents)
        self.record("service_waiting", {"call": key, "operation": call.operation, "reference": reference})
        if call.task_id is not None:
            token = self._token(call.task_id, Wait.SERVICE)
            self.run.scope.update(self._outputs(token.node, outputs))

    def fail_call(self, key: str, code: str, message: str) -> None:
        """A business failure: the BPMN error `code` is thrown where the token waits."""
        call = self.calls[key]
        self._keep_call(replace(call, state=CallState.FAILED, lease_until=None, error=message))
        self.record("service_failed", {"call": key, "operation": call.operation, "code": code, "message": message})
        if call.task_id is not None:
            self._finished_by_us[call.task_id] = "failed"
            self.run.throw_at(call.task_id, code)
            self.move_on()

    def change_call(self, call: ServiceCallRecord, kind: str, facts: Variables) -> None:
        """Another turn in a call's life (tried again later, incident, retried by an operator), with its event."""
        self._keep_call(call)
        self.record(kind, {"call": call.key, "operation": call.operation, **facts})

    def ask(self, operation: str, inputs: Variables, key: str | None = None) -> str:
        """Ask for a service call that no token waits for. The same key asks once. Returns the key."""
        event = self.record("service_asked", {"operation": operation})
        key = key or f"{self.dossier.code}/{operation}/{event.seq}"
        self._new_call(key, operation, inputs, event.seq, None)
        return key

    def add_documents(self, documents: tuple[DocumentRecord, ...]) -> None:
        for document in documents:
            self._documents.append(document)
            self.record("document_added", {"kind": document.kind, "sha256": document.sha256, "made_by": document.made_by})

    def add_receipt(self, receipt: PaymentReceipt) -> None:
        self._receipts.append(receipt)
        self.record(
            "payment_booked",
            {"transaction_no": receipt.transaction_no, "amount_vnd": receipt.amount_vnd, "state": receipt.state, "reason": receipt.reason},
        )

    def assign_task(self, task: OpenTask, kind: str) -> None:
        self._changed_tasks.append(task)
        self.record(kind, {"task_id": task.id, "assignee": task.assignee, "delegated_by": task.delegated_by})

    def record(self, kind: str, facts: Variables, content: Variables | None = None) -> Event:
        salt = None if content is None else self.around.entropy(16)
        return self.chain.append(kind, at=self.now, actor=self.actor, facts=facts, content=content, salt=salt)

    # ---- after a move

    def move_on(self) -> None:
        """Advance to the next wait state, and deliver kept messages to whatever now waits for them."""
        self.run.advance(self._node_completed)
        while any(
            self._deliver(message, refuse=False)
            for message in list(self.messages.values())
            if message.delivered_at is None and message.expired_at is None
        ):
            self.run.advance(self._node_completed)

    def change(self) -> Change:
        """Settle what the tokens wait for, and gather everything that this command writes."""
        after = {token.id: token for token in self.run.tokens()}
        for token in self._before.values():
            if token.id not in after:
                self._left(token)
        for token in after.values():
            if token.id not in self._before:
                self._arrived(token)
        self._settle_clock(after.values())
        self._settle_end()
        wakes = [at for at, _ in self._timers()]
        wakes += [m.keep_until for m in self.messages.values() if m.delivered_at is None and m.expired_at is None]
        self.dossier = replace(self.dossier, wake_at=min(wakes, default=None), revision=self.dossier.revision + 1)
        return Change(
            dossier=self.dossier,
            state=self.run.save(),
            events=tuple(self.chain.added),
            tasks_opened=tuple(self._opened),
            tasks_closed=tuple(self._closed),
            tasks_changed=tuple(self._changed_tasks),
            calls=tuple(self._changed_calls.values()),
            documents=tuple(self._documents),
            messages=tuple(self._changed_messages.values()),
            receipts=tuple(self._receipts),
            is_new=self.is_new,
        )

    def _node_completed(self, node: Node) -> None:
        if node.act is None:
            return
        before = self.dossier
        self.dossier = acts.perform(node.act, before, self.moment)
        self.facts["supplement_requests"] = self.dossier.supplement_requests
        self.record("act", {"act": node.act, "activity_id": node.id})
        self._record_changes(before, cause=node.act)

    def _record_changes(self, before: Dossier, cause: str) -> None:
        after = self.dossier
        if before.due_at != after.due_at:
            self.record(
                "due_changed",
                {"old": before.due_at, "new": after.due_at, "due_on": after.due_on, "cause": cause, "policy": self.compiled.policy.counting},
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
            self._new_call(f"{self.dossier.code}/status/{event.seq}", STATUS_REPORT, inputs, event.seq, None)

    @property
    def moment(self) -> acts.Moment:
        return acts.Moment(self.now, self.around.calendar, self.compiled.policy, self.compiled.procedure, self.run.scope)

    def _arrived(self, token: Token) -> None:
        if token.wait is Wait.PERSON:
            self._open_task(token)
        elif token.wait is Wait.SERVICE and token.node.operation is not None:
            operation = token.node.operation.name
            event = self.record("service_asked", {"operation": operation, "activity_id": token.node.id})
            self._new_call(f"{self.dossier.code}/{token.id}", operation, self.run.inputs_of(token), event.seq, token)

    def _left(self, token: Token) -> None:
        how = self._finished_by_us.get(token.id, "cancelled")
        if token.wait is Wait.PERSON:
            self._closed.append(TaskClosed(token.id, self.now, how, self.actor))
            if how == "cancelled":
                self.record("task_cancelled", {"task_id": token.id, "activity_id": token.node.id})
        elif token.wait is Wait.SERVICE and how == "cancelled":
            self._cancel_call(f"{self.dossier.code}/{token.id}")

    def _open_task(self, token: Token) -> None:
        node = token.node
        assignment = node.assignment
        norm_hours = node.norm.hours if node.norm else None
        self._opened.append(
            OpenTask(
                id=token.id,
                dossier_code=self.dossier.code,
                activity_id=node.id,
                name=node.name,
                role=assignment.role if assignment else "officer",
                tier=(assignment.tier if assignment else None) or self.dossier.tier,
                authority_code=self.dossier.authority_code,
                opened_at=self.now,
                norm_hours=norm_hours,
                norm_due_at=None if norm_hours is None else self.around.calendar.add_working_seconds(self.now, round(norm_hours * 3600)),
                form=tuple(
                    {
                        "name": f.name,
                        "type": str(f.type),
                        "label": f.label,
                        "required": f.required,
                        "options": [{"value": o.value, "label": o.label} for o in f.options],
                    }
                    for f in node.form
                ),
            )
        )
        self.record("task_opened", {"task_id": token.id, "activity_id": node.id, "role": self._opened[-1].role})

    def _new_call(self, key: str, operation: str, inputs: Variables, order: int, token: Token | None) -> None:
        retry = token.node.retry if token is not None else None
        declared = self.around.operations.get(operation)
        self._keep_call(
            ServiceCallRecord(
                key=key,
                dossier_code=self.dossier.code,
                operation=operation,
                inputs=dict(inputs),
                asked_at=self.now,
                task_id=token.id if token else None,
                activity_id=token.node.id if token else None,
                lane=declared.lane if declared else None,
                order=order,
                next_attempt_at=self.now,
                max_attempts=retry.attempts if retry else 8,
            )
        )

    def _cancel_call(self, key: str) -> None:
        call = self.calls.get(key)
        if call is None or call.state in FINISHED_CALLS:
            return
        self.change_call(replace(call, state=CallState.CANCELLED, lease_until=None), "service_cancelled", {})
        declared = self.around.operations.get(call.operation)
        if call.reference is not None and declared is not None and declared.undo is not None:
            self.ask(declared.undo, {"reference": call.reference}, key=f"{key}/undo")

    def _settle_clock(self, tokens: Any) -> None:
        """Pause the authority's clock while a token waits off the clock; resume it when that is over."""
        if self.dossier.received_at is None or self.dossier.ended_at is not None:
            return
        stopping = {t.node.id: t.stops_clock.cause for t in tokens if t.stops_clock is not None}
        open_pauses = {p.activity_id: p.cause for p in self.dossier.pauses if p.ended_at is None and p.cause != acts.SUPPLEMENT}
        for activity_id, cause in open_pauses.items():
            if activity_id not in stopping:
                before = self.dossier
                self.dossier = acts.resume(before, self.moment, cause, activity_id)
                self.record("clock_resumed", {"cause": cause, "activity_id": activity_id})
                self._record_changes(before, cause=cause)
        for activity_id, cause in stopping.items():
            if activity_id not in open_pauses:
                self.dossier = acts.pause(self.dossier, self.moment, cause, activity_id)
                self.record("clock_paused", {"cause": cause, "activity_id": activity_id})

    def _settle_end(self) -> None:
        if not self.run.is_over or self.dossier.closed_at is not None:
            return
        if self.dossier.ending is None:
            raise ModelFailed(
                f"The process of dossier {self.dossier.code} came to its end, but no legal act ended the dossier. Draw one of: "
                "return, decline, refuse, withdraw, close_unsupplemented, stop.",
                dossier=self.dossier.code,
            )
        self.dossier = replace(self.dossier, closed_at=self.now)
        self.record("closed", {"ending": self.dossier.ending.value})

    def _timers(self) -> list[tuple[datetime, Token]]:
        due = acts.compute_due(self.dossier, self.moment)
        found = []
        for token in self.run.tokens():
            if token.wait is Wait.TIMER and token.node.event is not None and token.node.event.timer is not None:
                timer = token.node.event.timer
                at = timer_instant(
                    timer.text,
                    token.at,
                    self.around.calendar,
                    self.compiled.policy,
                    due=due,
                    clock=timer.clock.value,
                    pauses=self.dossier.pauses,
                )
                if at is not None:
                    found.append((at, token))
        return found

    # ---- small parts

    def _deliver(self, message: MessageRecord, *, refuse: bool) -> bool:
        """Try to give a message to the oldest token that waits for it. A payload that does not fit is refused or, later, reported."""
        waiting = [
            t for t in self.run.tokens() if t.wait is Wait.MESSAGE and t.node.event is not None and t.node.event.message == message.name
        ]
        if not waiting:
            return False
        token = min(waiting, key=lambda t: t.at)
        try:
            values = read_entries(token.node.payload, message.payload, f'The message "{message.name}"')
        except FormRefused as refusal:
            if refuse:
                raise
            self._keep_message(replace(message, expired_at=self.now))
            self.record("message_refused", {"message": message.name, "message_id": message.id, "why": str(refusal)})
            return False
        self._keep_message(replace(message, delivered_at=self.now))
        self.record("message_delivered", {"message": message.name, "message_id": message.id, "activity_id": token.node.id})
        self._finished_by_us[token.id] = "completed"
        self.run.fire(token.id, values)
        return True

    def _outputs(self, node: Node, outputs: Variables) -> dict[str, Value]:
        return {use.variable: outputs.get(use.name) for use in node.operation.outputs} if node.operation else {}

    def _token(self, token_id: str, wait: Wait) -> Token:
        for token in self.run.tokens():
            if token.id == token_id and token.wait is wait:
                return token
        raise token_gone(token_id)

    def _keep_call(self, call: ServiceCallRecord) -> None:
        self.calls[call.key] = call
        self._changed_calls[call.key] = call

    def _keep_message(self, message: MessageRecord) -> None:
        self.messages[message.id] = message
        self._changed_messages[message.id] = message


def _facts(dossier: Dossier, compiled: CompiledProcedure) -> dict[str, Value]:
    """The names that the engine provides to expressions (docs/extension.md)."""
    return {
        "dossier_code": dossier.code,
        "dossier_case": dossier.case,
        "dossier_channel": dossier.channel.value,
        "authority_tier": dossier.tier,
        "supplement_requests": dossier.supplement_requests,
        "limit_known": acts.limit_of(compiled.procedure, dossier.case)[0] is not None,
    }
