"""The control slip that travels with a dossier.

Its rows are history, which a service task does not have; whoever reads the store (`services/reports`) gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from motcua.services.connectors.documents.forms import Subject, appointment
from motcua.services.connectors.documents.parts import heading, labelled, page_head
from motcua.services.connectors.documents.tables import PrintedColumn, ruled_table
from motcua.services.connectors.documents.typesetting import TEXT_WIDTH, print_story
from motcua.services.connectors.documents.wording import moment_in_figures, moment_in_words


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


_COLUMNS = (
    PrintedColumn("STT", 11 * mm, align="CENTER"),
    PrintedColumn("Người giao", 35 * mm),
    PrintedColumn("Người nhận", 35 * mm),
    PrintedColumn("Thời điểm", 19 * mm),
    PrintedColumn("Kết quả", 18 * mm),
    PrintedColumn("Ghi chú", TEXT_WIDTH - 118 * mm),
)


def control_slip(subject: Subject, handovers: Sequence[Handover]) -> bytes:
    """Each handover with giver, receiver, moment, and whether the giver's stage ended early, on time or late."""
    dossier = subject.dossier
    rows = [
        (str(number), step.giver, step.receiver, moment_in_figures(step.at), step.pace or "–", step.note)
        for number, step in enumerate(handovers, start=1)
    ]

    def story() -> list[Flowable]:
        received = moment_in_words(dossier.received_at) if dossier.received_at else "chưa tiếp nhận"
        return [
            *page_head(subject.letterhead, under_authority=f"Số: {dossier.code}", place_and_day=None),
            *heading("PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ"),
            Spacer(1, 3 * mm),
            labelled("Mã hồ sơ", dossier.code),
            labelled("Thủ tục", f"{subject.procedure_name} (mã thủ tục {dossier.procedure_code})"),
            labelled("Người nộp", dossier.applicant.name),
            labelled("Tiếp nhận lúc", received),
            *([labelled("Hẹn trả kết quả lúc", appointment(dossier))] if dossier.received_at else []),
            Spacer(1, 3 * mm),
            ruled_table(_COLUMNS, rows),
        ]

    return print_story(f"Phiếu kiểm soát {dossier.code}", subject.letterhead.authority, story)
