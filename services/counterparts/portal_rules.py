"""What the local portal accepts: required fields, enumerations, times and lengths, from its own tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SESSION_OVER = -1
CONTENT_REFUSED = 2
ALREADY_THERE = 3
NOT_THERE = 4
PROGRESS_MAX_ROWS = 10

_CODE = r"[0-9A-Z.]+-(\d{6}|\d{8})-\d{4,7}"
_TIME = r"\d{14}"
_STATUS = r"[1-9]|10"
_SHORT = r".{1,50}"
_LONG = r"(?s).{1,1000}"

_DOSSIER_REQUIRED: Mapping[str, str] = {
    "MaHoSo": _CODE,
    "MaTTHC": r"\d\.\d{6}(\.\d{2})?(\.\d{3}\.\d{2}\.\d{2})?(\.H\d{2})?",
    "TenTTHC": _LONG,
    "KenhThucHien": r"[123]",
    "ChuHoSo": r".{1,255}",
    "LoaiDoiTuong": r"[1234]",
    "NgayNopHoSo": _TIME,
    "TrangThaiHoSo": _STATUS,
    "DonViXuLy": r".{1,255}",
    "NoiNopHoSo": r".{1,255}",
}
_DOSSIER_OPTIONAL: Mapping[str, str] = {
    "MaLinhVuc": _SHORT,
    "TenLinhVuc": r".{1,255}",
    "MaDoiTuong": _SHORT,
    "Email": r"[^@\s]+@[^@\s]+",
    "Fax": _SHORT,
    "SoDienThoai": r"\+?[0-9 .-]{8,15}",
    "TrichYeuHoSo": _LONG,
    "NgayTiepNhan": _TIME,
    "NgayHenTra": _TIME,
    "NgayTra": _TIME,
    "NgayTuChoi": _TIME,
    "NgayKetThucXuLy": _TIME,
    "ThongTinTra": _LONG,
    "HinhThuc": r"[01]",
    "HoSoCoThanhPhanSoHoa": r"[01]",
    "TaiKhoanDuocXacThucVoiVNeID": r"[01]",
    "DuocThanhToanTrucTuyen": r"[01]",
}
_DOSSIER_LISTS = frozenset(
    {"DinhDanhCHS", "TaiLieuNop", "DanhSachLePhi", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua", "DSKetNoiCSDL"}
)
_IDENTIFIERS: Mapping[str, str] = {"1": r"\d{12}", "2": r"\d{9}"}
# A state says that something happened; the portal wants to know when.
_STATE_NEEDS: Mapping[str, str] = dict.fromkeys(("2", "4", "9", "10"), "NgayTiepNhan")

_PROGRESS_REQUIRED: Mapping[str, str] = {"MaHoSo": _CODE, "ThoiDiemXuLy": _TIME, "TrangThai": _STATUS, "PhongBanXuLy": r".{1,255}"}
_PROGRESS_OPTIONAL: Mapping[str, str] = {
    "NguoiXuLy": _SHORT,
    "ChucDanh": _SHORT,
    "NoiDungXuLy": _LONG,
    "NgayBatDau": _TIME,
    "NgayKetThucTheoQuyDinh": _TIME,
}


class PortalRefusal(Exception):
    """The portal answers with `error_code` = code. Never leaves the counterparts."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def check_dossier(item: Mapping[str, Any]) -> None:
    """Raise PortalRefusal unless `item` is a proper item of DongBoHoSoMC."""
    _check(item, _DOSSIER_REQUIRED, _DOSSIER_OPTIONAL, _DOSSIER_LISTS)
    needed = _STATE_NEEDS.get(item["TrangThaiHoSo"])
    if needed is not None and needed not in item:
        raise _refused(needed, f"bat buoc voi trang thai {item['TrangThaiHoSo']}")
    for identifier in item.get("DinhDanhCHS", []):
        pattern = _IDENTIFIERS.get(str(identifier.get("LoaiDinhDanh")), r"(?!)")
        if re.fullmatch(pattern, str(identifier.get("SoDinhDanh"))) is None:
            raise _refused("DinhDanhCHS", "khong khop loai dinh danh")
    for paper in item.get("DanhSachGiayToKetQua", []):
        if not paper.get("TenGiayTo") or re.fullmatch(r"[0-9a-f]{64}", str(paper.get("GiayToId"))) is None:
            raise _refused("DanhSachGiayToKetQua", "thieu ten hoac ma bam")


def check_progress(item: Mapping[str, Any]) -> None:
    """Raise PortalRefusal unless `item` is a proper row of CapNhatTienDoHoSoMC."""
    _check(item, _PROGRESS_REQUIRED, _PROGRESS_OPTIONAL, frozenset())


def _check(item: Mapping[str, Any], required: Mapping[str, str], optional: Mapping[str, str], lists: frozenset[str]) -> None:
    for name in required.keys() - item.keys():
        raise _refused(name, "bat buoc")
    for name, value in item.items():
        pattern = required.get(name) or optional.get(name)
        if name in lists:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                raise _refused(name, "phai la danh sach")
        elif pattern is None:
            raise _refused(name, "khong co trong dac ta")
        elif not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise _refused(name, "sai dinh dang")
        elif pattern == _TIME:
            _check_moment(name, value)


def _check_moment(name: str, value: str) -> None:
    try:
        datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as cause:
        raise _refused(name, "khong phai la thoi diem") from cause


def _refused(name: str, reason: str) -> PortalRefusal:
    return PortalRefusal(CONTENT_REFUSED, f"Truong {name}: {reason}")
