"""An office for tests: an engine over a store, with clerks who fill in forms and connectors that answer as they are told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.engine.authority_calendars import CalendarFor
from motcua.engine.calendars import Calendar, default_calendar
from motcua.engine.clock import ManualClock, SystemClock
from motcua.engine.connectors import BusinessFailure, Done, Outcome, ServiceCall, TechnicalFailure, Waiting
from motcua.engine.dossier import Applicant, CallState, Channel, Dossier, OpenTask, ServiceCallRecord
from motcua.engine.dossier_engine import Application, DossierEngine
from motcua.engine.memory_store import MemoryStore
from motcua.engine.service_calls import CallRunner
from motcua.engine.store import Store, TaskFilter
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.operations import OPERATIONS

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 08:00 local time

ENTRIES: Mapping[str, Mapping[str, Any]] = {
    "1.000828": {"law_degree": "123/ĐHL", "probation_organisation": "VPLS An Bình", "examination_result": "45, 01/02/2026"},
    "1.001193": {"child_name": "Trần Bảo An", "child_born_on": "2026-02-20", "child_sex": "female", "birth_place": "Bắc Ninh"},
    "1.001612": {
        "business_name": "Hộ Minh Tâm",
        "business_address": "Kinh Bắc",
        "business_lines": "4711",
        "capital_vnd": 50_000_000,
    },
    "1.012783": {"old_certificate": "BA 123456", "plot": "12/5", "plot_address": "Sơn Động", "renewal_reason": "rách nát"},
    "2.000815": {"paper_name": "Bằng tốt nghiệp", "pages": 5, "copies": 2},
}
AUTHORITIES: Mapping[str, tuple[str, str]] = {
    "1.000828": ("H05.02", "province"),
    "1.001193": ("H05.21", "commune"),
    "1.001612": ("H05.21", "commune"),
    "1.012783": ("H05.04.01", "province"),
    "2.000815": ("H05.21", "commune"),
}


class MemoryBlobs:
    """`Blobs` in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.kept[name] = content
        return name

    def get(self, sha256: str) -> bytes:
        return self.kept[sha256]


@dataclass
class Outside:
    """All outside systems at once: answers every call, remembers it, and fails as often as `failures` says."""

    calls: list[ServiceCall] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    during: Callable[[ServiceCall], None] = lambda call: None

    def call(self, call: ServiceCall) -> Outcome:
        self.calls.append(call)
        self.during(call)
        if self.failures.get(call.operation, 0) > 0:
            self.failures[call.operation] -= 1
            raise TechnicalFailure(f"{call.operation} is out of order.")
        if call.operation in self.refusals:
            return BusinessFailure(self.refusals[call.operation], "refused")
        if call.operation == "payment.collect":
            reference = "REF" + hashlib.sha256(call.key.encode()).hexdigest()[:12]
            return Waiting(reference, {"qr": "000201", "payment_reference": reference})
        return Done()

    def made(self, operation: str) -> list[ServiceCall]:
        return [call for call in self.calls if call.operation == operation]


class Office:
    """Everything that a story needs, over the store that it is given."""

    def __init__(
        self, store: Store | None = None, at: datetime = MONDAY_MORNING, calendar: Calendar | CalendarFor | None = None
    ) -> None:
        self.clock = ManualClock(at)
        self.store: Store = store or MemoryStore(SystemClock())
        self.engine = DossierEngine(self.store, self.clock, calendar or default_calendar(), OPERATIONS)
        self.outside = Outside()
        self.runner = CallRunner(self.engine, dict.fromkeys(OPERATIONS, self.outside), MemoryBlobs())

    def publish(self, *codes: str) -> None:
        for code in codes:
            for version in load_catalog().versions(code):
                self.engine.publish(version)

    def application(self, procedure: str, **changes: Any) -> Application:
        authority, tier = AUTHORITIES[procedure]
        given: dict[str, Any] = {
            "procedure_code": procedure,
            "authority_code": authority,
            "tier": tier,
            "applicant": Applicant("Nguyễn Văn An", identifier="024090001234", phone="0912345678"),
            "channel": Channel.DIRECT,
            "entries": ENTRIES[procedure],
        }
        return Application(**{**given, **changes})

    def file(self, procedure: str, **changes: Any) -> str:
        self.publish(procedure)
        code = self.engine.open(self.application(procedure, **changes)).code
        self.serve()
        return code

    def serve(self) -> int:
        """Workers make every call that is to be made now."""
        made = 0
        while keys := self.store.ready_calls(self.clock.now()):
            made += sum(self.runner.run(key) for key in keys)
        return made

    def dossier(self, code: str) -> Dossier:
        return self.store.dossier(code)

    def tasks(self, code: str) -> dict[str, OpenTask]:
        return {task.activity_id: task for task in self.store.open_tasks(TaskFilter(dossier_code=code))}

    def do(self, code: str, activity: str, **entries: Any) -> Dossier:
        """Complete a task: what is not given is filled in, choices with their first answer."""
        task = self.tasks(code)[activity]
        dossier = self.engine.complete_task(task.id, {**fill(task), **entries}, actor=f"{task.role}@{task.authority_code}")
        self.serve()
        return dossier

    def do_until(self, code: str, activity: str, **entries: Any) -> None:
        """Complete task after task, gladly, until `activity` is open."""
        for _ in range(40):
            self.pay(code)
            tasks = self.tasks(code)
            if activity in tasks or not tasks:
                assert activity in tasks, f"{activity} never opened; the dossier is {self.dossier(code).status}"
                return
            self.do(
                code,
                next(iter(tasks)),
                **{k: v for k, v in entries.items() if k in {f["name"] for f in next(iter(tasks.values())).form}},
            )
        raise AssertionError(f"{activity} never opened")

    def finish(self, code: str) -> Dossier:
        """Carry the dossier to its end, everybody agreeing."""
        for _ in range(60):
            self.pay(code)
            tasks = self.tasks(code)
            if not tasks:
                break
            self.do(code, next(iter(tasks)))
        return self.dossier(code)

    def pay(self, code: str) -> None:
        """The money for every awaited payment comes in."""
        for call in self.awaited(code):
            with self.engine.command(code, "gateway") as session:
                session.finish_call(call.key, {**call.outputs, "transaction_no": f"T{len(self.outside.calls)}"})
            self.serve()

    def awaited(self, code: str) -> list[ServiceCallRecord]:
        return [call for call in self.store.calls(code) if call.state is CallState.WAITING]

    def wait_until(self, moment: datetime) -> None:
        """Time passes, and the clock's own work is done."""
        self.clock.move_to(moment)
        for code in self.store.due_dossiers(self.clock.now()):
            self.engine.advance_time(code)
        self.serve()

    def wait(self, **step: float) -> None:
        self.wait_until(self.clock.now() + timedelta(**step))

    def tell(self, code: str, name: str, message_id: str = "m1", **payload: Any) -> bool:
        record = self.engine.deliver_message(code, name, payload, message_id, actor="outside")
        self.serve()
        return record.delivered_at is not None

    def kinds(self, code: str) -> list[str]:
        return [event.kind for event in self.store.events(code)]

    def acts(self, code: str) -> list[str]:
        return [str(event.facts["act"]) for event in self.store.events(code) if event.kind == "act"]


def fill(task: OpenTask) -> dict[str, Any]:
    """Something for every field of the form."""
    examples: Mapping[str, Any] = {"text": "đã xem", "integer": 100_000, "decimal": "1.5", "boolean": True, "date": "2026-03-02"}
    return {
        f["name"]: f["options"][0]["value"] if f["options"] else examples[f["type"]]
        for f in task.form
        if f["name"] not in ("new_promise_on", "exception_reason", "exception_basis")
    }
