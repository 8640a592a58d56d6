"""How a dossier is told to the national portal, first generation: its fields and codes, as tables.

Only true states and known facts are told. What is unknown is left out, never filled in; and nothing is told that had not yet
happened at the moment that the report is about, even when the report is sent later.

Sources: status codes and field names as five public code bases write them (DongBoHoSoMC, CapNhatTienDoHoSoMC). The portal's
`GiayToId` receives the SHA-256 of the paper: it names the paper for good, and whoever fetches it can compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from motcua.engine.dossier import Channel, DocumentRecord, Dossier, Ending, Status

PortalItem: TypeAlias = dict[str, str | list[dict[str, str]]]

STATUS_CODES: Mapping[Status, str] = {
    Status.FILED: "1",
    Status.RECEIVED: "2",
    Status.NOT_ACCEPTED: "3",
    Status.IN_PROCESS: "4",
    Status.SUPPLEMENT_REQUESTED: "5",
    Status.PAYMENT_REQUESTED: "6",
    Status.WITHDRAWAL_REQUESTED: "7",
    Status.STOPPED: "8",
    Status.PROCESSED: "9",
    Status.RETURNED: "10",
}
CHANNEL_CODES: Mapping[Channel, str] = {Channel.DIRECT: "1", Channel.ONLINE: "2", Channel.POST: "3"}
APPLICANT_CODES: Mapping[str, str] = {"citizen": "1", "business": "2", "state_body": "3", "organisation": "4"}
IDENTIFIER_CODES: tuple[tuple[str, str], ...] = ((r"[0-9]{12}", "1"), (r"[0-9]{9}", "2"))

SUMMARY_MAX_LENGTH = 1000
PERSON_MAX_LENGTH = 50

_LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class FieldOfProcedure:
    """The portal's field (lĩnh vực) of a procedure."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of one report: the dossier as it is known now, told as of the instant `at`.

    status_code: 1 to 10. ended_at: when processing ended, if the call says so. note, processor: for the progress row.
    """

    dossier: Dossier
    procedure_name: str
    status_code: str
    at: datetime
    ended_at: datetime | None = None
    note: str | None = None
    processor: str | None = None
    authority_names: Mapping[str, str] = field(default_factory=dict)
    fields_of_procedures: Mapping[str, FieldOfProcedure] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        return self.authority_names.get(self.dossier.authority_code, self.dossier.authority_code)


# States that could not be without the event, so that its date is told even where a rule of receipt dates it after the report.
_RECEIVED = ("2", "4", "9", "10")
_REFUSED = ("3", "8")
_PROCESSED = ("9", "10")
_RETURNED = ("10",)

_Telling: TypeAlias = Callable[[Report], str | None]

DOSSIER_FIELDS: Mapping[str, _Telling] = {
    "MaHoSo": lambda report: report.dossier.code,
    "MaTTHC": lambda report: report.dossier.procedure_code,
    "TenTTHC": lambda report: report.procedure_name,
    "MaLinhVuc": lambda report: _field_of(report, "code"),
    "TenLinhVuc": lambda report: _field_of(report, "name"),
    "KenhThucHien": lambda report: CHANNEL_CODES[report.dossier.channel],
    "ChuHoSo": lambda report: report.dossier.applicant.name,
    "LoaiDoiTuong": lambda report: APPLICANT_CODES.get(report.dossier.applicant.kind),
    "Email": lambda report: report.dossier.applicant.email,
    "SoDienThoai": lambda report: report.dossier.applicant.phone,
    "TrichYeuHoSo": lambda report: shortened(report.procedure_name, SUMMARY_MAX_LENGTH),
    "NgayNopHoSo": lambda report: local_time(report.dossier.filed_at),
    "NgayTiepNhan": lambda report: _happened(report, report.dossier.received_at, _RECEIVED),
    "NgayHenTra": lambda report: _promised(report),
    "NgayTra": lambda report: _happened(report, report.dossier.returned_at, _RETURNED),
    "NgayTuChoi": lambda report: _happened(report, report.dossier.ended_at, _REFUSED) if _was_refused(report.dossier) else None,
    "NgayKetThucXuLy": lambda report: _ended(report),
    "TrangThaiHoSo": lambda report: report.status_code,
    "DonViXuLy": lambda report: report.authority,
    "NoiNopHoSo": lambda report: report.authority,
}

PROGRESS_FIELDS: Mapping[str, _Telling] = {
    "MaHoSo": lambda report: report.dossier.code,
    "NguoiXuLy": lambda report: shortened(report.processor, PERSON_MAX_LENGTH),
    "ThoiDiemXuLy": lambda report: local_time(report.at),
    "PhongBanXuLy": lambda report: report.authority,
    "NoiDungXuLy": lambda report: shortened(report.note, SUMMARY_MAX_LENGTH),
    "TrangThai": lambda report: report.status_code,
    "NgayBatDau": lambda report: _happened(report, report.dossier.received_at, _RECEIVED),
    "NgayKetThucTheoQuyDinh": lambda report: _due(report),
}


def dossier_item(report: Report) -> PortalItem:
    """One item of `DongBoHoSoMC`, without the fields that are unknown."""
    item: PortalItem = dict(_told(DOSSIER_FIELDS, report))
    identifier = report.dossier.applicant.identifier or ""
    for pattern, code in IDENTIFIER_CODES:
        if re.fullmatch(pattern, identifier):
            item["DinhDanhCHS"] = [{"LoaiDinhDanh": code, "SoDinhDanh": identifier}]
    return item


def progress_item(report: Report) -> PortalItem:
    """One row of `CapNhatTienDoHoSoMC`, without the fields that are unknown."""
    return dict(_told(PROGRESS_FIELDS, report))


def result_item(document: DocumentRecord, download_base_url: str | None) -> dict[str, str]:
    """One paper of `DanhSachGiayToKetQua`: its name, its hash, and where to fetch it if we offer that."""
    item = {"TenGiayTo": document.name, "GiayToId": document.sha256}
    if download_base_url is not None:
        item["DuongDanTepTinKetQua"] = f"{download_base_url.rstrip('/')}/{document.sha256}"
    return item


def local_time(at: datetime) -> str:
    """yyyyMMddHHmmss at UTC+7."""
    return at.astimezone(_LOCAL_ZONE).strftime("%Y%m%d%H%M%S")


def shortened(text: str | None, max_length: int) -> str | None:
    """The text on one line, cut with an ellipsis where it is longer than the portal takes."""
    words = " ".join((text or "").split())
    return words if len(words) <= max_length else words[: max_length - 1] + "…"


def _told(fields: Mapping[str, _Telling], report: Report) -> dict[str, str]:
    return {name: value for name, telling in fields.items() if (value := telling(report))}


def _happened(report: Report, instant: datetime | None, implied_by: tuple[str, ...]) -> str | None:
    known = instant is not None and (instant <= report.at or report.status_code in implied_by)
    return local_time(instant) if instant is not None and known else None


def _ended(report: Report) -> str | None:
    dossier = report.dossier
    return _happened(report, report.ended_at or dossier.processed_at or dossier.ended_at, _PROCESSED)


def _promised(report: Report) -> str | None:
    given = [promise for promise in report.dossier.promises if promise.given_at <= report.at]
    return local_time(given[-1].promised_at) if given else None


def _due(report: Report) -> str | None:
    received = report.dossier.received_at
    return local_time(report.dossier.due_at) if report.dossier.due_at and received and received <= report.at else None


def _was_refused(dossier: Dossier) -> bool:
    return dossier.ending in {Ending.NOT_ACCEPTED, Ending.REFUSED}


def _field_of(report: Report, part: str) -> str | None:
    known = report.fields_of_procedures.get(report.dossier.procedure_code)
    return None if known is None else str(getattr(known, part))
