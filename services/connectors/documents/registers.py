"""The two printed tables: the control slip that travels with a dossier, and the desk's tracking book.

Their rows are history, which a service task does not have; whoever reads the store (the pages, the API) gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from motcua.engine.dossier import Dossier
from motcua.services.connectors.documents.forms import Subject
from motcua.services.connectors.documents.letterhead import Letterhead
from motcua.services.connectors.documents.parts import heading, labelled, page_head
from motcua.services.connectors.documents.typesetting import BOLD, CELL, MARGIN_LEFT, MARGIN_RIGHT, TEXT_WIDTH, print_story
from motcua.services.connectors.documents.wording import LOCAL_ZONE, plain


class Pace(StrEnum):
    """How a stage ended, in the words of the control slip."""

    EARLY = "Trước hạn"
    ON_TIME = "Đúng hạn"
    LATE = "Quá hạn"


@dataclass(frozen=True, slots=True)
class Handover:
    """One passing on of a dossier. `pace` is None where the stage has no norm."""

    giver: str
    receiver: str
    at: datetime
    pace: Pace | None
    note: str = ""


def control_slip(subject: Subject, handovers: Sequence[Handover]) -> bytes:
    """Each handover with giver, receiver, moment, and whether the giver's stage ended early, on time or late."""
    columns = (12 * mm, 36 * mm, 36 * mm, 30 * mm, 22 * mm, TEXT_WIDTH - 136 * mm)
    rows = [
        (str(number), step.giver, step.receiver, _moment(step.at), step.pace or "–", step.note)
        for number, step in enumerate(handovers, start=1)
    ]

    def story() -> list[Flowable]:
        return [
            *page_head(subject.letterhead, under_authority=f"Số: {subject.dossier.code}", place_and_day=None),
            *heading("PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ"),
            Spacer(1, 3 * mm),
            labelled("Mã hồ sơ", subject.dossier.code),
            labelled("Thủ tục", f"{subject.procedure_name} (mã thủ tục {subject.dossier.procedure_code})"),
            labelled("Người nộp", subject.dossier.applicant.name),
            Spacer(1, 3 * mm),
            _table(("STT", "Người giao", "Người nhận", "Thời điểm", "Kết quả", "Ghi chú"), rows, columns),
        ]

    return print_story(f"Phiếu kiểm soát {subject.dossier.code}", subject.letterhead.authority, story)


def tracking_book(letterhead: Letterhead, entries: Sequence[tuple[Dossier, str]]) -> bytes:
    """The desk's book: one line for each dossier with the name of its procedure. The last column is for a signature by hand."""
    page = landscape(A4)
    fixed = (12 * mm, 34 * mm, 44 * mm, 36 * mm, 27 * mm, 27 * mm, 27 * mm, 27 * mm)
    columns = (*fixed, page[0] - MARGIN_LEFT - MARGIN_RIGHT - sum(fixed))
    titles = ("STT", "Mã hồ sơ", "Thủ tục", "Người nộp", "Liên hệ", "Tiếp nhận", "Hẹn trả", "Đã trả", "Ký nhận")
    rows = [
        (
            str(number),
            dossier.code,
            f"{procedure} ({dossier.procedure_code})",
            dossier.applicant.name,
            dossier.applicant.phone or dossier.applicant.email or "–",
            _moment(dossier.received_at),
            _moment(dossier.promises[0].promised_at if dossier.promises else None),
            _moment(dossier.returned_at),
            "",
        )
        for number, (dossier, procedure) in enumerate(entries, start=1)
    ]

    def story() -> list[Flowable]:
        return [*heading("SỔ THEO DÕI HỒ SƠ", f"{letterhead.desk} – {letterhead.authority}"), _table(titles, rows, columns)]

    return print_story("Sổ theo dõi hồ sơ", letterhead.authority, story, page)


def _moment(at: datetime | None) -> str:
    return "–" if at is None else f"{at.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[float]) -> Table:
    """A ruled table whose head is printed again on every page."""
    head = [Paragraph(f'<font name="{BOLD}">{plain(title)}</font>', CELL) for title in titles]
    table = Table([head, *([Paragraph(plain(cell), CELL) for cell in row] for row in rows)], colWidths=list(columns), repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, black), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table
