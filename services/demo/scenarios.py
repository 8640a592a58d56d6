"""What may happen to a dossier in the demonstration, and how it must then end. The shares are fixed: no chance is involved.

Each procedure has its own round of scenarios, such that any thirty dossiers in a row meet every scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.engine.dossier import Ending


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of events.

    ending, portal_code: how it must end here, and the final code that the portal must then hold.
    answers: what officers enter, by field name: a list is used up answer by answer, then the default choice follows.
    withdraws_at: the activity during which the applicant asks for the dossier back.
    supplements: whether the applicant brings what was asked for. pays: once, twice, or late (the old order, after its term).
    """

    name: str
    ending: Ending
    portal_code: str
    answers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    supplements: bool = True
    withdraws_at: str | None = None
    pays: str = "once"
    runs_late: bool = False
    meets_outage: bool = False
    refunds: int = 0


PLAIN = Scenario("plain", Ending.RETURNED, "10")
SUPPLEMENTED = Scenario("supplemented", Ending.RETURNED, "10", {"decision": ("supplement",)})
NEVER_SUPPLEMENTED = Scenario("never supplemented", Ending.UNSUPPLEMENTED, "8", {"decision": ("supplement",)}, supplements=False)
REFUSED = Scenario("refused on the merits", Ending.REFUSED, "8", {"decision": ("refuse",)})
DECLINED = Scenario("declined at the desk", Ending.NOT_ACCEPTED, "3", {"completeness": ("decline",)})
WITHDRAWN = Scenario("withdrawn", Ending.WITHDRAWN, "8", withdraws_at="appraise")
WITHDRAWN_EARLY = Scenario("withdrawn before receipt", Ending.WITHDRAWN, "8", withdraws_at="check_completeness")
PAID_TWICE = Scenario("paid twice", Ending.RETURNED, "10", pays="twice", refunds=1)
PAID_LATE = Scenario("paid late", Ending.RETURNED, "10", pays="late", refunds=1)
OUTAGE = Scenario("met by a portal outage", Ending.RETURNED, "10", meets_outage=True)
LATE = Scenario("late, with an apology", Ending.RETURNED, "10", runs_late=True)

ROUNDS: Mapping[str, tuple[Scenario, ...]] = {
    "1.001193": (PLAIN, SUPPLEMENTED, REFUSED, OUTAGE, DECLINED, NEVER_SUPPLEMENTED),
    "1.000894": (WITHDRAWN, PLAIN, NEVER_SUPPLEMENTED, DECLINED, OUTAGE, SUPPLEMENTED),
    "2.000815": (PAID_TWICE, REFUSED, PAID_LATE, PLAIN, DECLINED, OUTAGE),
    "1.001612": (NEVER_SUPPLEMENTED, WITHDRAWN_EARLY, PLAIN, PAID_LATE, PAID_TWICE, SUPPLEMENTED),
    "1.013225": (LATE, PLAIN, SUPPLEMENTED, REFUSED, WITHDRAWN, DECLINED),
    "1.012783": (PLAIN, LATE, PAID_TWICE, SUPPLEMENTED, PAID_LATE, REFUSED),
    "3.000333": (SUPPLEMENTED, DECLINED, LATE, PLAIN, REFUSED, WITHDRAWN),
    "1.000828": (PAID_LATE, PAID_TWICE, PLAIN, LATE, NEVER_SUPPLEMENTED, REFUSED),
    "1.009645": (REFUSED, OUTAGE, WITHDRAWN, PLAIN, LATE, SUPPLEMENTED),
    "2.001023": (OUTAGE, PLAIN, DECLINED, NEVER_SUPPLEMENTED, SUPPLEMENTED, WITHDRAWN),
}


def cast_of(dossiers: int) -> list[tuple[str, Scenario]]:
    """(procedure, scenario) of each dossier, in the order of filing."""
    codes = list(ROUNDS)
    return [
        (codes[n % len(codes)], ROUNDS[codes[n % len(codes)]][n // len(codes) % len(ROUNDS[codes[n % len(codes)]])])
        for n in range(dossiers)
    ]
