"""The periodic report: how many dossiers came in, were finished and are in process, for each procedure and in all.

The counting is `engine/scorecard.py`'s, the same that judges one dossier and a simulation. A dossier belongs where it stood at
the end of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

from motcua.engine.due_moments import Policy
from motcua.engine.scorecard import PeriodReport, period_report
from motcua.engine.store import Store
from motcua.procedures_catalog.authority import Authority
from motcua.services.connectors.documents import Letterhead
from motcua.services.reports.book import procedure_names
from motcua.services.reports.period import Period, nothing_to_report
from motcua.services.reports.sheet import Column, Row, Sheet

_IN, _DONE, _OPEN = "Tiếp nhận", "Đã giải quyết", "Đang giải quyết"

COLUMNS = (
    Column("STT", 6, 10),
    Column("Mã thủ tục", 14, 18),
    Column("Thủ tục hành chính", 60, 45),
    Column("Tổng số", 10, 12, _IN),
    Column("Kỳ trước chuyển sang", 10, 16, _IN),
    Column("Trực tuyến", 10, 13, _IN),
    Column("Trực tiếp, bưu chính", 10, 14, _IN),
    Column("Tổng số", 10, 12, _DONE),
    Column("Trước hạn", 10, 13, _DONE),
    Column("Đúng hạn", 10, 13, _DONE),
    Column("Quá hạn", 10, 12, _DONE),
    Column("Chưa rõ thời hạn", 10, 13, _DONE),
    Column("Tổng số", 10, 12, _OPEN),
    Column("Trong hạn", 10, 12, _OPEN),
    Column("Quá hạn", 10, 12, _OPEN),
    Column("Chưa rõ thời hạn", 10, 13, _OPEN),
    Column("Chờ bổ sung", 10, 12, _OPEN),
)

SCORES: Mapping[str, str] = {
    "as_law": "Đúng hạn: kết thúc không muộn hơn thời hạn theo quy định, sau khi trừ thời gian tạm dừng hợp pháp.",
    "last_promise": "Đúng hạn: kết thúc không muộn hơn ngày hẹn cuối cùng đã thông báo cho người nộp.",
}
"""The rule by which a dossier is on time (`Policy.score`), as the report says it."""


@dataclass(frozen=True, slots=True)
class ProcedureCounts:
    """The counts of one procedure."""

    procedure_code: str
    procedure_name: str
    counts: PeriodReport


@dataclass(frozen=True, slots=True)
class PeriodicReport:
    """By procedure, in the order of codes, and their sum."""

    authority: Authority
    period: Period
    score: str
    procedures: tuple[ProcedureCounts, ...]
    total: PeriodReport


def periodic_report(store: Store, authority: Authority, period: Period, score: str = "as_law") -> PeriodicReport:
    """Count. Raises NothingToReport, and PolicyUnknown for a `score` that is no rule."""
    policy = Policy(score=score)
    counts: dict[str, PeriodReport] = {}
    versions: dict[str, str] = {}
    for dossier in store.dossiers_of_period(authority.code, period.start, period.end):
        code = dossier.procedure_code
        counts[code] = _sum(counts.get(code, PeriodReport()), period_report((dossier,), period.start, period.end, policy))
        versions[code] = dossier.version_id
    if not counts:
        raise nothing_to_report("No dossier was received or in process", authority, period)
    name_of: Callable[[str], str] = procedure_names(store)
    procedures = tuple(ProcedureCounts(code, name_of(versions[code]), counts[code]) for code in sorted(counts))
    return PeriodicReport(authority, period, score, procedures, _sum(*counts.values()))


def periodic_sheet(report: PeriodicReport, letterhead: Letterhead) -> Sheet:
    """The report as a sheet: a row for each procedure, and the sum."""
    period = report.period
    return Sheet(
        file_stem=f"bao-cao-{report.authority.code}-{period.first}-{period.last}",
        tab="Báo cáo",
        title="BÁO CÁO TÌNH HÌNH TIẾP NHẬN, GIẢI QUYẾT HỒ SƠ",
        under=(period.words, SCORES[report.score]),
        letterhead=letterhead,
        as_of=period.end,
        columns=COLUMNS,
        rows=_rows(report),
        signed_by=letterhead.head,
    )


def _rows(report: PeriodicReport) -> Iterator[Row]:
    for number, procedure in enumerate(report.procedures, start=1):
        yield (number, procedure.procedure_code, procedure.procedure_name, *_figures(procedure.counts))
    yield (None, None, "Tổng cộng", *_figures(report.total))


def _figures(counts: PeriodReport) -> tuple[int, ...]:
    by_hand = counts.received_direct + counts.received_post
    finished = (counts.finished_early, counts.finished_on_time, counts.finished_late, counts.finished_unmeasured)
    in_process = (
        counts.in_process_within_limit,
        counts.in_process_past_limit,
        counts.in_process_unmeasured,
        counts.waiting_for_supplement,
    )
    return (
        counts.carried_over + counts.received_online + by_hand,
        counts.carried_over,
        counts.received_online,
        by_hand,
        sum(finished),
        *finished,
        sum(in_process),
        *in_process,
    )


def _sum(*reports: PeriodReport) -> PeriodReport:
    return PeriodReport(*(sum(getattr(report, each.name) for report in reports) for each in fields(PeriodReport)))
