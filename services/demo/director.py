"""Plays every applicant and officer, and moves the clock from one event to the next.

    look (work list, dossiers, payment orders) ──► plan what each person will do, and when
           ▲                                                │
           └── wait until the workers rest ◄── act over HTTP ◄── move the clock to the earliest plan or timer

Nobody here knows the engine: people see the API's work list and the gateway's payment orders, as they would outside.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from motcua.engine.calendars import Calendar
from motcua.errors import Unavailable
from motcua.services.app import App
from motcua.services.demo import people
from motcua.services.demo.scenarios import Scenario
from motcua.services.demo.shared_clock import SharedClock
from motcua.services.worker import tick

log = logging.getLogger("motcua.demo")

FILING_GAP = timedelta(minutes=12)
COUNTERS = 5  # so many applicants are received at the same time, and their papers then move side by side
QUICK, STEADY = timedelta(minutes=6), timedelta(hours=2)
OUTAGE_REQUESTS = 6
REST_SECONDS = 60.0
LOOK_SECONDS = 0.01
HANDS = 4
LEADS_TO_A_FEE = ("check_completeness", "remind_to_pay")


class DemoStuck(Unavailable):
    """The demonstration does not come to rest: workers do not finish, or nothing is left to do for an open dossier."""


@dataclass
class Story:
    """One dossier of the demonstration. `used` counts the answers already given, by field."""

    number: int
    procedure: str
    scenario: Scenario
    code: str = ""
    used: dict[str, int] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    orders: list[str] = field(default_factory=list)

    @property
    def pace(self) -> timedelta:
        """How long a task lies before it is done, in working time; same-day procedures are done at once."""
        return QUICK if self.procedure in {"1.001193", "1.000894", "2.000815"} else STEADY


class Director:
    """Carries the stories to their ends. `progress` is told the number of closed dossiers."""

    def __init__(self, app: App, clock: SharedClock, api_url: str, gateway_url: str, portal_url: str) -> None:
        self.app = app
        self.clock = clock
        self.calendar: Calendar = app.engine.calendar
        self.api, self.gateway, self.portal = (_client(url) for url in (api_url, gateway_url, portal_url))
        self._plans: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stories: dict[str, Story] = {}
        self._may_owe_a_fee: list[Story] = []
        self._open_codes: set[str] = set()
        self._money_moves = False
        self.tasks_completed = 0

    def play(self, stories: list[Story], progress: Callable[[int], None]) -> None:
        """Until every dossier is closed and every worker rests. Raises DemoStuck."""
        try:
            self._play(stories, progress)
        except httpx.HTTPError as cause:
            asked = f"{cause.request.method} {cause.request.url}"
            raise DemoStuck(
                f"{asked} was not answered ({type(cause).__name__}: {cause}); see the log for what happened there."
            ) from cause

    def _play(self, stories: list[Story], progress: Callable[[int], None]) -> None:
        for story in stories:
            self._at(self.clock.now() + story.number // COUNTERS * FILING_GAP, partial(self._file, story))
        with ThreadPoolExecutor(HANDS) as hands:
            while True:
                self._rest()
                self._look()
                moment = self._next_moment()
                if moment is None:
                    break
                self.clock.move_to(moment)
                tick(self.app)
                list(hands.map(lambda act: act(), list(self._due_plans())))
                progress(len(self._stories) - len(self._open_codes))
        left = [d["code"] for d in self._all("/api/v1/dossiers") if d["closed_at"] is None]
        if left or len(self._stories) < len(stories):
            raise DemoStuck(
                f"Nobody has anything to do, and these dossiers are still open: {', '.join(left) or 'not all were filed'}."
            )

    def close(self) -> None:
        for client in (self.api, self.gateway, self.portal):
            client.close()

    # ---- time

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._plans, (moment, next(self._order), act))

    def _after(self, working: timedelta, act: Callable[[], None]) -> None:
        self._at(self.calendar.add_working_seconds(self.clock.now(), int(working.total_seconds())), act)

    def _next_moment(self) -> datetime | None:
        planned = self._plans[0][0] if self._plans else None
        wake = self.app.store.next_wake(self.clock.now())
        return min((moment for moment in (planned, wake) if moment is not None), default=None)

    def _due_plans(self) -> Iterator[Callable[[], None]]:
        while self._plans and self._plans[0][0] <= self.clock.now():
            yield heapq.heappop(self._plans)[2]

    def _rest(self) -> None:
        """Wait until nothing that is to be done now is left: queued calls, running calls, call-backs under way."""
        deadline = time.monotonic() + REST_SECONDS
        quiet = 0
        while quiet < 2:  # twice, because a call that ends between two looks may have asked for another
            still = self._workers_rest() and self._gateway_is_quiet()
            quiet = quiet + 1 if still else 0
            if time.monotonic() > deadline:
                raise DemoStuck("The workers did not come to rest within a minute; see the log for what keeps failing.")
            time.sleep(LOOK_SECONDS)

    def _workers_rest(self) -> bool:
        store = self.app.store
        return not store.ready_calls(self.clock.now(), 1) and store.calls_running() == 0

    def _gateway_is_quiet(self) -> bool:
        """Whether every payment so far was told and acknowledged."""
        if self._money_moves:
            transactions = self.gateway.get("/_state").json()["transactions"].values()
            self._money_moves = any(transaction["callbacks_owed"] for transaction in transactions)
        return not self._money_moves

    # ---- looking

    def _look(self) -> None:
        """Plan for every task, payment order and supplement request that is new."""
        tasks = self._all("/api/v1/tasks")
        self._open_codes = {task["dossier_code"] for task in tasks}
        for task in tasks:
            story = self._stories[task["dossier_code"]]
            if task["id"] not in story.planned:
                story.planned.add(task["id"])
                self._plan_task(story, task)
        for story in self._may_owe_a_fee:
            for call in self._all(f"/api/v1/dossiers/{story.code}/calls"):
                if call["operation"] == "payment.collect" and call["state"] == "waiting" and call["reference"] not in story.orders:
                    self._plan_payment(story, call["reference"])
        self._may_owe_a_fee.clear()
        for dossier in self._all("/api/v1/dossiers", status="supplement_requested"):
            story = self._stories[dossier["code"]]
            if "supplement" not in story.planned:
                self._plan_supplement(story)

    def _all(self, path: str, **wanted: str) -> list[dict[str, Any]]:
        answer = self.api.get(path, params={"limit": "500", **wanted}, headers={"X-Actor": "demo"})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    # ---- what people do

    def _file(self, story: Story) -> None:
        body = people.application(story.number, story.procedure)
        headers = {"X-Actor": "citizen.portal", "Idempotency-Key": f"demo-{story.number}"}
        if story.scenario.meets_outage:
            self.portal.post("/_control", json={"outage": "error500", "for_requests": OUTAGE_REQUESTS})
        answer = self.api.post("/api/v1/dossiers", json=body, headers=headers)
        _checked(answer)
        story.code = answer.json()["code"]
        self._stories[story.code] = story

    def _plan_task(self, story: Story, task: dict[str, Any]) -> None:
        activity = task["activity_id"]
        if activity == story.scenario.withdraws_at and "withdrawal" not in story.planned:
            story.planned.add("withdrawal")
            self._after(
                story.pace,
                lambda: self._tell(story, "withdrawal_requested", {"withdrawal_reason": people.WORDS["withdrawal_reason"]}),
            )
            return
        if story.scenario.runs_late and activity == "appraise":
            self._at(self._after_due(story), lambda: self._complete(story, task))
            return
        self._after(story.pace, lambda: self._complete(story, task))

    def _after_due(self, story: Story) -> datetime:
        """Two working days after the due date, an hour into the morning."""
        late = self.calendar.working_day_after(date.fromisoformat(self._dossier(story)["due_on"]), 2)
        return self.calendar.opening_of(late) + timedelta(hours=1)

    def _dossier(self, story: Story) -> dict[str, Any]:
        dossier: dict[str, Any] = self.api.get(f"/api/v1/dossiers/{story.code}", headers={"X-Actor": "demo"}).json()
        return dossier

    def _complete(self, story: Story, task: dict[str, Any]) -> None:
        given = {f["name"]: self._answer(story, f["name"]) for f in task["form"]}
        given = {name: value for name, value in given.items() if value is not None}
        if any(f["name"] == "fee_vnd" for f in task["form"]):
            given.setdefault("fee_vnd", people.FEES.get(story.procedure, 0))
        for number in ("document_number", "submission_number", "report_number"):
            if any(f["name"] == number for f in task["form"]):
                given[number] = f"{story.number + 1:02d}/KQ"
        if any(f["name"] == "new_promise_on" for f in task["form"]):
            given.update(self._new_promise(story))
        entries = people.fill_in(task["form"], given, self.calendar.local_date(self.clock.now()))
        answer = self.api.post(
            f"/api/v1/tasks/{task['id']}/complete",
            json={"entries": entries},
            headers={"X-Actor": f"{task['role']}@{task['authority_code']}"},
        )
        if answer.status_code in (404, 409):
            return  # cancelled meanwhile, by a withdrawal or a timer: the officer is told, and it is nobody's task any more
        _checked(answer)
        self.tasks_completed += 1
        if task["activity_id"] in LEADS_TO_A_FEE:
            self._may_owe_a_fee.append(story)
        self._plan_replies(story, task["activity_id"])

    def _plan_replies(self, story: Story, activity: str) -> None:
        today = self.calendar.local_date(self.clock.now()).isoformat()
        if activity == "send_to_tax":
            payload = {"tax_receipt_number": people.WORDS["tax_receipt_number"], "tax_paid_on": today}
            self._after(timedelta(hours=30), lambda: self._tell(story, "tax_paid", payload))
        if activity == "ask_agency":
            self._after(timedelta(hours=12), lambda: self._tell(story, "agency_replied", {"has_record": "no"}))

    def _answer(self, story: Story, name: str) -> Any:
        answers = story.scenario.answers.get(name, ())
        used = story.used.get(name, 0)
        story.used[name] = used + 1
        return answers[used] if used < len(answers) else None

    def _new_promise(self, story: Story) -> dict[str, Any]:
        if not story.scenario.runs_late:
            return {"extension_decision": "keep", "new_promise_on": None}
        promise = self.calendar.working_day_after(date.fromisoformat(self._dossier(story)["due_on"]), 5)
        return {"extension_decision": "extend", "new_promise_on": promise.isoformat()}

    def _plan_supplement(self, story: Story) -> None:
        story.planned.add("supplement")
        if story.scenario.supplements:
            self._after(timedelta(hours=20), lambda: self._tell(story, "supplement_received", {"supplement_note": "Đã nộp đủ"}))

    def _plan_payment(self, story: Story, reference: str) -> None:
        """The citizen sees the order's QR code and pays, as the scenario says."""
        story.orders.append(reference)
        if story.scenario.pays == "late" and len(story.orders) == 1:
            return  # the first QR code lies until its term is over and a second one is sent; then both are paid
        times = 2 if story.scenario.pays == "twice" else 1
        self._after(story.pace, lambda: self._pay(story.orders, times))

    def _pay(self, references: list[str], times: int) -> None:
        self._money_moves = True
        for reference in references:
            _checked(self.gateway.post("/_citizen/pay", json={"reference": reference, "times": times, "copies": 2}))

    def _tell(self, story: Story, name: str, payload: dict[str, Any]) -> None:
        answer = self.api.put(
            f"/api/v1/dossiers/{story.code}/messages/{name}-1",
            json={"name": name, "payload": payload},
            headers={"X-Actor": "citizen.portal"},
        )
        _checked(answer)


def _client(base_url: str) -> httpx.Client:
    # The servers close a connection that was idle for five seconds; a request must not meet that moment.
    return httpx.Client(base_url=base_url, timeout=60, trust_env=False, limits=httpx.Limits(keepalive_expiry=2))


def _checked(answer: httpx.Response) -> None:
    if answer.is_error:
        raise DemoStuck(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text[:500]}")
