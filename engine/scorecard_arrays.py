"""The periodic report over columns of a million dossiers, by the rule of `engine/scorecard.py`, for statistics and simulation.

Instants are datetime64[us] in UTC and dates datetime64[D]; NaT stands for what is not known or has not happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from motcua.engine.calendars import VIETNAM
from motcua.engine.dossier import Channel, Dossier
from motcua.engine.due_moments import DEFAULT_POLICY, Policy
from motcua.engine.scorecard import PeriodReport, end_of, late_after, waits_at

Moments = NDArray[np.datetime64]

CHANNELS = tuple(Channel)
"""A channel's number in the column is its place here."""

_PROMISE = Policy(score="last_promise")
# Vietnam has kept one offset since 1975, so a local date is a plain shift.
_OFFSET = np.timedelta64(VIETNAM.utcoffset(datetime(2025, 1, 1)) or timedelta(0), "us")  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class DossierColumns:
    """One element for each dossier.

    received_at, ended_at: ended_at is the end that the on-time rule judges.   channel: numbers of CHANNELS.
    due_on, expires_at: as they stand after lawful pauses.   late_after_promise: `late_after` under the policy last_promise.
    exceptional: whether a second supplement request is on record.   waiting: whether it waits for a supplement as the period ends.
    """

    received_at: Moments
    ended_at: Moments
    channel: NDArray[np.int8]
    due_on: Moments
    expires_at: Moments
    late_after_promise: Moments
    exceptional: NDArray[np.bool_]
    waiting: NDArray[np.bool_]


def columns_of(dossiers: Iterable[Dossier], end: datetime) -> DossierColumns:
    """The columns of dossiers for a period that ends at `end`."""
    rows = list(dossiers)
    return DossierColumns(
        moments(dossier.received_at for dossier in rows),
        moments(end_of(dossier) for dossier in rows),
        np.array([CHANNELS.index(dossier.channel) for dossier in rows], dtype=np.int8),
        np.array([dossier.due_on for dossier in rows], dtype="datetime64[D]"),
        moments(dossier.expires_at for dossier in rows),
        moments(late_after(dossier, _PROMISE) for dossier in rows),
        np.array([dossier.supplement_requests > 1 for dossier in rows], dtype=np.bool_),
        np.array([waits_at(dossier, end) for dossier in rows], dtype=np.bool_),
    )


def moments(instants: Iterable[datetime | None]) -> Moments:
    """Aware instants as datetime64[us] in UTC, None as NaT."""
    plain = [None if instant is None else instant.astimezone(UTC).replace(tzinfo=None) for instant in instants]
    return np.array(plain, dtype="datetime64[us]")


def period_report_of_columns(
    columns: DossierColumns, start: datetime, end: datetime, policy: Policy = DEFAULT_POLICY
) -> PeriodReport:
    """What `period_report` counts, over columns that were made for the same `end`."""
    first, last = moments([start, end])
    ended = columns.ended_at
    # Comparing with NaT is False, so what never happened drops out of each comparison by itself.
    concerned = (columns.received_at < last) & ~(ended < first)
    finished = concerned & (ended < last)
    running = concerned & ~finished
    late_at = columns.expires_at if policy.score == "as_law" else columns.late_after_promise
    measured = ~np.isnat(late_at)
    late = columns.exceptional | (ended > late_at)
    early = (ended + _OFFSET).astype("datetime64[D]") < columns.due_on
    past = columns.exceptional | (late_at < last)
    in_process = running & ~columns.waiting
    carried_over = columns.received_at < first
    received = np.bincount(columns.channel[concerned & ~carried_over], minlength=len(CHANNELS))
    by_channel = {f"received_{channel.value}": int(received[number]) for number, channel in enumerate(CHANNELS)}
    counted = {
        "carried_over": concerned & carried_over,
        "finished_early": finished & measured & ~late & early,
        "finished_on_time": finished & measured & ~late & ~early,
        "finished_late": finished & measured & late,
        "finished_unmeasured": finished & ~measured,
        "in_process_within_limit": in_process & measured & ~past,
        "in_process_past_limit": in_process & measured & past,
        "in_process_unmeasured": in_process & ~measured,
        "waiting_for_supplement": running & columns.waiting,
    }
    return PeriodReport(**by_channel, **{name: int(np.count_nonzero(chosen)) for name, chosen in counted.items()})
