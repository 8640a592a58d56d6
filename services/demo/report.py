"""What the demonstration shows at its end: every dossier held against how it had to end, and the counts.

Nothing is taken on trust: signatures are verified from the stored bytes, chains from the stored events, money against the
gateway's books, statuses against what the portal holds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from motcua.engine.dossier import CallState, Dossier, Ending
from motcua.engine.event_log import verify
from motcua.services.app import App
from motcua.services.connectors.national_portal.mapping import STATUS_CODES
from motcua.services.connectors.signing import verify_pdf
from motcua.services.demo.director import Story
from motcua.services.payments import SETTLED

SIGNATURES_ON_A_RESULT = 3  # officer, leader, the organisation's seal

_COUNTED_AS = {
    Ending.RETURNED: "returned",
    Ending.REFUSED: "refused",
    Ending.NOT_ACCEPTED: "refused",
    Ending.WITHDRAWN: "withdrawn",
    Ending.UNSUPPLEMENTED: "closed_unsupplemented",
}


@dataclass
class Report:
    """`counts` is the JSON object; `problems` is empty when every dossier ended as it should."""

    counts: dict[str, Any]
    problems: list[str] = field(default_factory=list)


def report(
    app: App, stories: list[Story], portal: dict[str, Any], gateway: dict[str, Any], tasks_completed: int, seconds: float
) -> Report:
    """Check every dossier and count. `portal` and `gateway` are what the counterparts hold."""
    problems: list[str] = []
    counts: Counter[str] = Counter()
    by_procedure: dict[str, Counter[str]] = {}
    portal_status: Counter[str] = Counter()
    for story in stories:
        dossier = app.store.dossier(story.code)
        found = _check(app, story, dossier, portal["dossiers"].get(story.code))
        problems += [f"{story.code} ({story.procedure}, {story.scenario.name}): {problem}" for problem in found.problems]
        here = by_procedure.setdefault(story.procedure, Counter())
        for name, number in found.counts.items():
            counts[name] += number
            here[name] += number
        here["dossiers"] += 1
        portal_status[found.portal_code] += 1
    incidents = app.store.incidents()
    problems += [f"incident: {call.operation} of {call.dossier_code}: {call.error}" for call in incidents]
    problems += _check_books(counts, gateway)
    return Report(
        {
            "dossiers": len(stories),
            **{name: counts[name] for name in ("returned", "refused", "withdrawn", "closed_unsupplemented")},
            **{name: counts[name] for name in ("on_time", "late", "limit_unknown", "not_received", "apologies")},
            "tasks_completed": tasks_completed,
            "signatures_verified": counts["signatures_verified"],
            "payments_settled": counts["payments_settled"],
            "payments_refunded": counts["payments_refunded"],
            "incidents_open": len(incidents),
            "portal_status": dict(sorted(portal_status.items(), key=lambda pair: int(pair[0] or 0))),
            "by_procedure": {code: dict(sorted(here.items())) for code, here in sorted(by_procedure.items())},
            "scenarios": dict(sorted(Counter(story.scenario.name for story in stories).items())),
            "seconds": round(seconds, 1),
            "problems": problems,
        },
        problems,
    )


@dataclass
class _Found:
    counts: Counter[str]
    portal_code: str
    problems: list[str]


def _check(app: App, story: Story, dossier: Dossier, at_portal: dict[str, Any] | None) -> _Found:
    scenario = story.scenario
    found = _Found(Counter(), "" if at_portal is None else at_portal["current"], [])
    _expect(found, "ending", dossier.ending, scenario.ending)
    _expect(found, "status at the portal", found.portal_code, scenario.portal_code)
    if dossier.ending is not None:
        found.counts[_COUNTED_AS.get(dossier.ending, "stopped")] += 1
    found.counts[_punctuality(dossier)] += 1
    if dossier.received_at is not None and dossier.limit is not None:
        _expect(found, "on time", dossier.on_time, not scenario.runs_late)
    apologies = sum(1 for promise in dossier.promises if promise.by == "apology_letter")
    found.counts["apologies"] += apologies
    _expect(found, "apology letters", apologies, 1 if scenario.runs_late else 0)
    _check_history(app, dossier, at_portal, found)
    _check_signatures(app, dossier, found)
    _check_payments(app, dossier, scenario.refunds, found)
    return found


def _expect(found: _Found, what: str, is_now: object, expected: object) -> None:
    if is_now != expected:
        found.problems.append(f"{what} is {is_now}, and should be {expected}")


def _punctuality(dossier: Dossier) -> str:
    if dossier.received_at is None:
        return "not_received"
    if dossier.on_time is None:
        return "limit_unknown"
    return "on_time" if dossier.on_time else "late"


def _check_history(app: App, dossier: Dossier, at_portal: dict[str, Any] | None, found: _Found) -> None:
    events = app.store.events(dossier.code)
    chain = verify(events)
    if not chain.holds:
        found.problems.append(f"event {chain.seq} of its history: {chain.reason}")
    codes = {status.value: code for status, code in STATUS_CODES.items()}
    ours = [codes[str(event.facts["status"])] for event in events if event.kind == "status_changed"]
    _expect(found, "statuses told to the portal", [] if at_portal is None else at_portal["statuses"], ours)


def _check_signatures(app: App, dossier: Dossier, found: _Found) -> None:
    if dossier.ending is not Ending.RETURNED:
        return
    results = [document for document in app.store.documents(dossier.code) if document.kind == "result"]
    if not results:
        found.problems.append("no result document")
        return
    reports = verify_pdf(app.blobs.get(results[-1].sha256), app.trusted_roots, at=app.clock.now())
    good = [each for each in reports if each.valid and each.trusted]
    found.counts["signatures_verified"] += len(good)
    _expect(found, "valid signatures on the result", len(good), SIGNATURES_ON_A_RESULT)


def _check_payments(app: App, dossier: Dossier, refunds: int, found: _Found) -> None:
    settled = sum(1 for receipt in app.store.receipts(dossier.code) if receipt.state == SETTLED)
    calls = app.store.calls(dossier.code)
    refunded = sum(1 for call in calls if call.operation == "payment.refund" and call.state is CallState.DONE)
    collected = sum(1 for call in calls if call.operation == "payment.collect" and call.state is CallState.DONE)
    found.counts["payments_settled"] += settled
    found.counts["payments_refunded"] += refunded
    _expect(found, "settled payments", settled, collected)
    _expect(found, "refunds", refunded, refunds)


def _check_books(counts: Counter[str], gateway: dict[str, Any]) -> list[str]:
    """Every transaction at the gateway is settled or refunded here, and none is both."""
    transactions = [t for t in gateway["transactions"].values() if t["succeeded"]]
    refunded = sum(1 for t in transactions if t["refund_no"])
    problems = []
    if refunded != counts["payments_refunded"]:
        problems.append(f"the gateway refunded {refunded} payments, and our book says {counts['payments_refunded']}")
    if len(transactions) - refunded != counts["payments_settled"]:
        problems.append(
            f"the gateway holds {len(transactions) - refunded} payments, and our book settled {counts['payments_settled']}"
        )
    return problems
