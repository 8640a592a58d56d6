"""Applicants and officers as clients that do not give up, and an audit that counts everything afterwards.

A client repeats what got no answer: an application under its Idempotency-Key, a finished task by its id. Its counts tell how often
the server died under it. The audit knows nothing of crashes: it wants every thing done, and done once.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from motcua.engine.clock import SystemClock
from motcua.engine.dossier import Status
from motcua.services.connectors.national_portal.mapping import STATUS_CODES
from motcua.services.connectors.payment.messages import reference_for
from motcua.services.connectors.signing.verify import verify_pdf
from motcua.services.demo import people
from tests.services.crash_stage import Stage

PROCEDURES = ("2.000815", "1.001193", "1.000828")
SIGNATURES_ON_A_RESULT = 3
HANDS = 4
_COLLECT = "payment.collect"


class Office:
    """Carries dossiers of its own from filing to return, over HTTP.

    met: counts what its clients met. pays: whether the applicants pay. asking: how many requests are under way.
    at_rest: every dossier is closed, and every call of an outside system made.
    """

    def __init__(self, stage: Stage, name: str, procedures: Iterable[str]) -> None:
        self.stage = stage
        self.name = name
        self.procedures = tuple(procedures)
        self.codes: list[str] = []
        self.paid: set[str] = set()
        self.met: Counter[str] = Counter()
        self.pays = True
        self.at_rest = False
        self.asking = 0
        self._lock = threading.Lock()
        self._http = httpx.Client(base_url=stage.server_url, timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    # ---- what people do

    def run(self) -> None:
        """File every application, then do whatever there is to do, until every dossier is returned and every call is made."""
        with ThreadPoolExecutor(HANDS) as hands:
            self.codes = list(hands.map(self.file, range(len(self.procedures))))
            self.stage.until(f"the dossiers of {self.name} are at rest", lambda: self._round(hands), pause=0.2)
        self.at_rest = True

    def file(self, number: int) -> str:
        """File one application, twice: the second must give the same dossier."""
        body = people.application(number, self.procedures[number])
        headers = {"X-Actor": "citizen.portal", "Idempotency-Key": f"{self.name}-{number}"}
        first, again = (self.ask("POST", "/api/v1/dossiers", json=body, headers=headers) for _ in range(2))
        assert (first.status_code in (200, 201), again.status_code) == (True, 200), (first.text, again.text)
        assert first.json()["code"] == again.json()["code"]
        self._count("filed before its answer was lost", first.status_code == 200)
        return str(first.json()["code"])

    def _round(self, hands: ThreadPoolExecutor) -> bool:
        tasks = [task for task in self._given("/api/v1/tasks?limit=500") if task["dossier_code"] in self.codes]
        list(hands.map(self._complete, tasks))
        if self.pays:
            self._pay()
        dossiers = [each for each in self._given("/api/v1/dossiers?limit=500") if each["code"] in self.codes]
        return all(each["closed_at"] for each in dossiers) and not self._calls("state <> 'done'")

    def _calls(self, condition: str) -> list[str]:
        """Keys of service calls of these dossiers."""
        statement = f"SELECT key FROM motcua.service_calls WHERE {condition} AND dossier_code = ANY(%s)"
        return [key for (key,) in self.stage.query(statement, self.codes)]

    def _complete(self, task: dict[str, Any]) -> None:
        answer = self.ask(
            "POST",
            f"/api/v1/tasks/{task['id']}/complete",
            json={"entries": people.fill_in(task["form"], {}, SystemClock().now().date())},
            headers={"X-Actor": f"{task['role']}@{task['authority_code']}"},
        )
        # The same task a second time: what the first request did was committed before its answer was lost.
        assert answer.status_code in (200, 404, 409), answer.text
        self._count("completed before its answer was lost", answer.status_code != 200)

    def _pay(self) -> None:
        """Pay each order once, as soon as the gateway has it, which may be before our own books say so."""
        mine = {reference_for(key) for key in self._calls(f"operation = '{_COLLECT}'")}
        if mine - self.paid:
            try:
                gateway = self.stage.gateway()
            except httpx.TransportError:
                return
            paid_before = {each["reference"] for each in gateway["transactions"].values()}
            for reference in (mine & set(gateway["orders"])) - self.paid:
                if reference in paid_before or self._transferred(reference):
                    self.paid.add(reference)

    def _transferred(self, reference: str) -> bool:
        try:
            answer = self.stage.outside.post(f"{self.stage.gateway_url}/_citizen/pay", json={"reference": reference})
        except httpx.TransportError:
            return False  # whether the money went out is seen at the gateway, before the next try
        return answer.status_code == httpx.codes.OK

    # ---- asking until there is an answer

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The server's answer, however often it dies, is away or is without its database."""
        return self.stage.until(f"{method} {path} is answered", lambda: self._asked(method, path, request), pause=0.2)

    def _asked(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response | None:
        with self._lock:
            self.asking += 1
        try:
            answer = self._http.request(method, path, **request)
        except httpx.ConnectError:
            self._count("server away")
            return None
        except httpx.TransportError:
            self._count("request cut off")
            return None
        finally:
            with self._lock:
                self.asking -= 1
        unwell = answer.status_code >= 500
        self._count("server unwell", unwell)
        return None if unwell else answer

    def _given(self, path: str) -> Any:
        answer = self.ask("GET", path, headers={"X-Actor": "crash.test"})
        answer.raise_for_status()
        return answer.json()

    def _count(self, what: str, happened: bool = True) -> None:
        with self._lock:
            self.met[what] += happened

    # ---- afterwards

    def audit(self) -> list[str]:
        """Everything that is not as it must be; empty when nothing was lost and nothing doubled."""
        portal, gateway = self.stage.portal(), self.stage.gateway()
        wrong = [f"{code}: {each}" for code in self.codes for each in self._wrong_with(code, portal, gateway)]
        if len(set(self.codes)) != len(self.procedures):
            wrong.append(f"{len(self.procedures)} applications opened {len(set(self.codes))} dossiers")
        return [*wrong, *self._gaps()]

    def _wrong_with(self, code: str, portal: dict[str, Any], gateway: dict[str, Any]) -> Iterable[str]:
        dossier, history = self._given(f"/api/v1/dossiers/{code}"), self._given(f"/api/v1/dossiers/{code}/events")
        calls, papers = self._given(f"/api/v1/dossiers/{code}/calls"), self._given(f"/api/v1/dossiers/{code}/documents")
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in history["events"]:
            events[event["kind"]].append(event["facts"])
        if dossier["ending"] != "returned":
            yield f"ended as {dossier['ending']}"
        if not history["verification"]["holds"]:
            yield f"its history does not verify: {history['verification']}"
        if events["incident"]:
            yield f"incidents: {events['incident']}"
        yield from _doubled("task completed", (facts["task_id"] for facts in events["task_completed"]))
        yield from _doubled("call done", (facts["call"] for facts in events["service_done"]))
        yield from _doubled("document made", (paper["made_by"] for paper in papers))
        yield from self._wrong_at_portal(portal["dossiers"].get(code), [facts["status"] for facts in events["status_changed"]])
        yield from self._wrong_signatures(code, papers)
        references = [reference_for(call["key"]) for call in calls if call["operation"] == _COLLECT]
        yield from _wrong_money(references, events["payment_booked"], gateway)

    def _wrong_at_portal(self, held: dict[str, Any] | None, ours: list[str]) -> Iterable[str]:
        if held is None:
            yield "the portal does not know it"
            return
        codes = [STATUS_CODES[Status(status)] for status in ours]
        if held["statuses"] != codes:
            yield f"the portal was told {held['statuses']}, and should have been told {codes}"
        told = [row["TrangThai"] for row in held["progress"]]
        if told != codes:
            yield f"the portal has the progress {told}, and should have {codes}"
        if len(held["results"]) != 1:
            yield f"the portal holds {len(held['results'])} results"

    def _wrong_signatures(self, code: str, papers: list[dict[str, Any]]) -> Iterable[str]:
        results = [paper for paper in papers if paper["kind"] == "result"]
        if not results:
            yield "it has no result"
            return
        path = f"/api/v1/dossiers/{code}/documents/{results[-1]['id']}"
        content = self.ask("GET", path, headers={"X-Actor": "crash.test"}).content
        root = (self.stage.data_dir / "pki" / "root.crt").read_bytes()
        reports = verify_pdf(content, [root], at=SystemClock().now())
        if len(reports) != SIGNATURES_ON_A_RESULT or not all(report.valid and report.trusted for report in reports):
            yield f"its signatures: {[(report.field, report.finding.value) for report in reports]}"

    def _gaps(self) -> Iterable[str]:
        """Numbers of an authority's day are given without a gap, over everything that was ever filed here."""
        series: dict[str, list[int]] = defaultdict(list)
        for (code,) in self.stage.query("SELECT code FROM motcua.dossiers"):
            day, number = re.fullmatch(r"(.+)-(\d+)", code).groups()  # type: ignore[union-attr]
            series[day].append(int(number))
        return [f"numbers of {day}: {sorted(n)}" for day, n in series.items() if sorted(n) != list(range(1, len(n) + 1))]


def _doubled(what: str, keys: Iterable[str]) -> Iterable[str]:
    return [f"{what} {times} times: {key}" for key, times in Counter(keys).items() if times > 1]


def _wrong_money(references: list[str], booked: list[dict[str, Any]], gateway: dict[str, Any]) -> Iterable[str]:
    """Each order was opened once, paid once (that is how the citizens here are), and settled once."""
    transfers = {no: each for no, each in gateway["transactions"].items() if each["reference"] in references}
    if Counter(each["reference"] for each in transfers.values()) != Counter(references):
        yield f"orders {references}, transfers {transfers}"
    settled = [facts["transaction_no"] for facts in booked if facts["state"] == "settled"]
    if sorted(settled) != sorted(transfers) or len(booked) != len(settled):
        yield f"booked {booked}, transfers {list(transfers)}"
    if any(each["refund_no"] for each in transfers.values()):
        yield f"refunded: {transfers}"
