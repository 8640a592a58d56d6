"""Whether dossiers were on time, and the counts of the periodic report.

The on-time rule is TIME.md's: a dossier is on time when its end is at or before `expires_at` as it stands after lawful
pauses. Its end is the moment of "processed", else of "returned", else of its being stopped, refused or withdrawn. What was
never received, or has no known limit, is not measured. A second supplement request, recorded as an exception, counts as late
(decision 766, as reported). Early means: on an earlier local date than the last day of the limit.

One dossier, a period's report and a simulation are judged by the same rule; `engine/scorecard_arrays.py` is its form for
columns of many dossiers, and the tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Channel, Dossier
from motcua.engine.due_moments import DEFAULT_POLICY, SCORE, Policy
from motcua.procedures_catalog.time_limit import TimeLimit, Unit


class Timeliness(StrEnum):
    """How an end lies to its deadline."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


def timeliness(ended_at: datetime, due_on: date, late_after: datetime) -> Timeliness:
    """Early on an earlier local date than `due_on`, on time up to `late_after` itself, else late."""
    if ended_at > late_after:
        return Timeliness.LATE
    return Timeliness.EARLY if _local(ended_at) < due_on else Timeliness.ON_TIME


def end_of(dossier: Dossier) -> datetime | None:
    """The instant that the on-time rule judges; None while the dossier runs."""
    return dossier.processed_at or dossier.returned_at or dossier.ended_at


def late_after(dossier: Dossier, policy: Policy) -> datetime | None:
    """The instant after which the dossier is late; None when its limit is unknown.

    Under `last_promise` it is the end of the day last promised (the promised instant for limits in hours), where that is
    later than the law's: a promise is never edited when a pause moves the due date, and lawful pauses are never held against
    a dossier.
    """
    lawful = dossier.expires_at
    if policy.score == "as_law" or lawful is None or not dossier.promises:
        return lawful
    promised_at = dossier.promises[-1].promised_at
    if dossier.limit is None or TimeLimit.parse(dossier.limit).unit is not Unit.HOURS:
        promised_at = datetime.combine(_local(promised_at) + timedelta(1), time(0), VIETNAM)
    return max(lawful, promised_at)


def on_time(dossier: Dossier, policy: Policy = DEFAULT_POLICY) -> bool | None:
    """Whether the dossier ended in time; None while it runs, was never received, or its limit is unknown."""
    ended_at, limit_ends_at = end_of(dossier), late_after(dossier, policy)
    if dossier.received_at is None or ended_at is None or limit_ends_at is None:
        return None
    return dossier.supplement_requests < 2 and ended_at <= limit_ends_at


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """How many dossiers, by what became of them between two instants. Each received dossier is counted once on either side:

    carried_over + received_* = finished_* + in_process_* + waiting_for_supplement.
    `*_unmeasured`: the limit is unknown, so early, late and on time have no meaning.
    """

    carried_over: int = 0
    received_direct: int = 0
    received_online: int = 0
    received_post: int = 0
    finished_early: int = 0
    finished_on_time: int = 0
    finished_late: int = 0
    finished_unmeasured: int = 0
    in_process_within_limit: int = 0
    in_process_past_limit: int = 0
    in_process_unmeasured: int = 0
    waiting_for_supplement: int = 0

    @property
    def share_on_time(self) -> float | None:
        """Of what is decided by now, the share in time: what still runs past its limit counts as late, for which the end of the
        period stands in (decision 766, as reported); what runs within it is not decided. None where nothing is.
        """
        in_time = self.finished_early + self.finished_on_time
        decided = in_time + self.finished_late + self.in_process_past_limit
        return in_time / decided if decided else None


def reports_by_policy(
    dossiers: Iterable[Dossier], start: datetime, end: datetime, policy: Policy = DEFAULT_POLICY
) -> Mapping[str, PeriodReport]:
    """The report of the period under both measures of being on time, by the name of the measure (TIME.md, Moments)."""
    kept = list(dossiers)
    return {score: period_report(kept, start, end, replace(policy, score=score)) for score in SCORE}


def period_report(dossiers: Iterable[Dossier], start: datetime, end: datetime, policy: Policy = DEFAULT_POLICY) -> PeriodReport:
    """Count the dossiers of the period from `start` (included) to `end` (excluded), as they stood at its end.

    Left out: what was not received before `end`, and what had ended before `start`. What has not ended is measured at the end
    of the period.
    """
    counts = dict.fromkeys(PeriodReport.__dataclass_fields__, 0)
    for dossier in dossiers:
        ended_at = end_of(dossier)
        if dossier.received_at is None or dossier.received_at >= end or (ended_at is not None and ended_at < start):
            continue
        counts["carried_over" if dossier.received_at < start else _RECEIVED[dossier.channel]] += 1
        counts[_outcome(dossier, ended_at if ended_at is not None and ended_at < end else None, end, policy)] += 1
    return PeriodReport(**counts)


_FINISHED = {outcome: f"finished_{outcome.value}" for outcome in Timeliness}
_RECEIVED = {Channel.DIRECT: "received_direct", Channel.ONLINE: "received_online", Channel.POST: "received_post"}


def _outcome(dossier: Dossier, ended_at: datetime | None, end: datetime, policy: Policy) -> str:
    if ended_at is not None:
        limit_ends_at = late_after(dossier, policy)
        if limit_ends_at is None or dossier.due_on is None:
            return "finished_unmeasured"
        if dossier.supplement_requests > 1:
            return "finished_late"
        return _FINISHED[timeliness(ended_at, dossier.due_on, limit_ends_at)]
    if waits_at(dossier, end):
        return "waiting_for_supplement"
    limit_ends_at = late_after(dossier, policy)
    if limit_ends_at is None:
        return "in_process_unmeasured"
    late = dossier.supplement_requests > 1 or limit_ends_at < end
    return "in_process_past_limit" if late else "in_process_within_limit"


def waits_at(dossier: Dossier, at: datetime) -> bool:
    """Whether the dossier waited for a supplement just before an instant."""
    return any(
        pause.cause == "supplement" and pause.started_at < at and (pause.ended_at is None or pause.ended_at >= at)
        for pause in dossier.pauses
    )


def _local(instant: datetime) -> date:
    return instant.astimezone(VIETNAM).date()
