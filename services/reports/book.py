"""The tracking book (sổ theo dõi hồ sơ): the dossiers that an authority received in a period, in the order of receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain

from motcua.engine.dossier import Channel, Dossier, Ending, Status
from motcua.engine.store import Store
from motcua.procedures_catalog.authority import Authority
from motcua.procedures_catalog.register import procedure_from_register
from motcua.services.connectors.documents import Letterhead
from motcua.services.reports.period import Period, nothing_to_report
from motcua.services.reports.sheet import Column, Row, Sheet

COLUMNS = (
    Column("STT", 6, 11),
    Column("Mã hồ sơ", 22, 33),
    Column("Mã thủ tục", 14, 17),
    Column("Thủ tục hành chính", 60, 42),
    Column("Người nộp", 30, 28),
    Column("Liên hệ", 40, 38),
    Column("Hình thức nộp", 14),
    Column("Cơ quan giải quyết", 40),
    Column("Tiếp nhận", 17, 18),
    Column("Hẹn trả", 17, 18),
    Column("Hẹn lại", 17),
    Column("Trả kết quả", 17, 18),
    Column("Tình trạng", 26, 19),
    Column("Phương thức nhận kết quả", 18),
    Column("Ký nhận", 14, 20),
)

CHANNELS = {Channel.DIRECT: "Trực tiếp", Channel.ONLINE: "Trực tuyến", Channel.POST: "Bưu chính"}
STATUSES = {
    Status.RECEIVED: "Đã tiếp nhận",
    Status.IN_PROCESS: "Đang giải quyết",
    Status.SUPPLEMENT_REQUESTED: "Chờ bổ sung",
    Status.PAYMENT_REQUESTED: "Chờ nộp phí, lệ phí",
    Status.WITHDRAWAL_REQUESTED: "Xin rút hồ sơ",
    Status.PROCESSED: "Đã có kết quả",
    Status.RETURNED: "Đã trả kết quả",
}
ENDINGS = {
    Ending.NOT_ACCEPTED: "Không tiếp nhận",
    Ending.REFUSED: "Từ chối giải quyết",
    Ending.WITHDRAWN: "Người nộp rút hồ sơ",
    Ending.UNSUPPLEMENTED: "Dừng vì không bổ sung",
    Ending.STOPPED: "Dừng giải quyết",
}


def tracking_book(store: Store, authority: Authority, letterhead: Letterhead, period: Period) -> Sheet:
    """One row for each dossier. What the desk fills in by hand (how the result was taken, the signature) stays empty.

    Raises NothingToReport.
    """
    received = (
        dossier
        for dossier in store.dossiers_of_period(authority.code, period.start, period.end)
        if dossier.received_at is not None and dossier.received_at >= period.start
    )
    first = next(received, None)
    if first is None:
        raise nothing_to_report("No dossier was received", authority, period)
    return Sheet(
        file_stem=f"so-theo-doi-{authority.code}-{period.first}-{period.last}",
        tab="Sổ theo dõi",
        title="SỔ THEO DÕI HỒ SƠ",
        under=(f"{letterhead.desk} – {authority.name}", period.words),
        letterhead=letterhead,
        as_of=period.end,
        columns=COLUMNS,
        rows=_rows(chain((first,), received), authority, procedure_names(store)),
    )


def procedure_names(store: Store) -> Callable[[str], str]:
    """Version → the procedure's name as that version had it; each version is read once."""

    @cache
    def name(version_id: str) -> str:
        return procedure_from_register(store.version(version_id).register).name

    return name


def _rows(dossiers: Iterator[Dossier], authority: Authority, name_of: Callable[[str], str]) -> Iterator[Row]:
    for number, dossier in enumerate(dossiers, start=1):
        promised = {promise.by: promise.promised_at for promise in dossier.promises}
        applicant = dossier.applicant
        yield (
            number,
            dossier.code,
            dossier.procedure_code,
            name_of(dossier.version_id),
            applicant.name,
            ", ".join(each for each in (applicant.phone, applicant.email, applicant.address) if each),
            CHANNELS[dossier.channel],
            authority.name,
            dossier.received_at,
            promised.get("receipt_slip"),
            promised.get("apology_letter"),
            dossier.returned_at,
            ENDINGS.get(dossier.ending) if dossier.ending in ENDINGS else STATUSES.get(dossier.status, dossier.status.value),
            None,
            None,
        )
