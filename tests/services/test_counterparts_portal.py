"""The local national portal as such: its order of calls, its required fields, enumerations, times and lengths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from motcua.services.counterparts import LOCAL_PASSWORD, LOCAL_UNIT, LOCAL_USERNAME
from motcua.services.counterparts.national_portal import national_portal
from motcua.services.counterparts.portal_rules import PortalRefusal, check_dossier, check_progress
from motcua.services.counterparts.running import RunningServer
from tests.services.outside_systems import running, state_of, tell

CODE = "H05.12-260302-0001"
ITEM: dict[str, Any] = {
    "MaHoSo": CODE,
    "MaTTHC": "1.004082",
    "TenTTHC": "Xác nhận thông tin về cư trú",
    "KenhThucHien": "2",
    "ChuHoSo": "Nguyễn Văn An",
    "LoaiDoiTuong": "1",
    "NgayNopHoSo": "20260302080000",
    "NgayTiepNhan": "20260302081500",
    "TrangThaiHoSo": "2",
    "DonViXuLy": "UBND phường Vũ Ninh",
    "NoiNopHoSo": "UBND phường Vũ Ninh",
}
ROW = {"MaHoSo": CODE, "ThoiDiemXuLy": "20260302081500", "TrangThai": "2", "PhongBanXuLy": "Một cửa"}


@pytest.fixture
def portal() -> Iterator[RunningServer]:
    with running(national_portal()) as server:
        yield server


@pytest.fixture
def session(portal: RunningServer) -> str:
    return str(tell(portal, "/mapi/login", username=LOCAL_USERNAME, password=LOCAL_PASSWORD)["session"])


def ask(portal: RunningServer, session: str, service: str, **body: Any) -> Any:
    return tell(portal, "/mapi/g", session=session, madonvi=LOCAL_UNIT, service=service, **body)["error_code"]


def synchronise(portal: RunningServer, session: str, updating: str = "False", **changed: Any) -> Any:
    item = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    return ask(portal, session, "DongBoHoSoMC", isUpdating=updating, data=[item])


def test_a_dossier_is_inserted_once_and_updated_after(portal: RunningServer, session: str) -> None:
    assert synchronise(portal, session) == 0
    assert synchronise(portal, session) == 3
    assert synchronise(portal, session, updating="True", TrangThaiHoSo="4") == 0
    assert state_of(portal)["dossiers"][CODE]["statuses"] == ["2", "4"]


def test_an_update_of_an_unknown_dossier_is_refused(portal: RunningServer, session: str) -> None:
    assert synchronise(portal, session, updating="True") == 4
    assert state_of(portal)["dossiers"] == {}


def test_progress_comes_after_the_dossier(portal: RunningServer, session: str) -> None:
    assert ask(portal, session, "CapNhatTienDoHoSoMC", data=[ROW]) == 4
    synchronise(portal, session)
    assert ask(portal, session, "CapNhatTienDoHoSoMC", data=[ROW]) == 0


def test_progress_told_backwards_is_taken_and_counted(portal: RunningServer, session: str) -> None:
    synchronise(portal, session)
    ask(portal, session, "CapNhatTienDoHoSoMC", data=[ROW])
    assert ask(portal, session, "CapNhatTienDoHoSoMC", data=[{**ROW, "ThoiDiemXuLy": "20260302080000"}]) == 0
    assert state_of(portal)["counts"]["progress_out_of_order"] == 1


def test_at_most_ten_progress_rows_come_in_one_call(portal: RunningServer, session: str) -> None:
    synchronise(portal, session)
    rows = [{**ROW, "ThoiDiemXuLy": f"202603020815{second:02d}"} for second in range(11)]
    assert ask(portal, session, "CapNhatTienDoHoSoMC", data=rows) == 2
    assert ask(portal, session, "CapNhatTienDoHoSoMC", data=rows[:10]) == 0
    assert state_of(portal)["statuses_synchronised"] == 10


def test_nobody_is_served_without_a_session(portal: RunningServer, session: str) -> None:
    assert synchronise(portal, "guessed") == -1
    tell(portal, "/_sessions", end=True)
    assert synchronise(portal, session) == -1


def test_a_wrong_password_gives_no_session(portal: RunningServer) -> None:
    assert "session" not in tell(portal, "/mapi/login", username=LOCAL_USERNAME, password="guessed")


def test_another_unit_or_an_unknown_service_is_refused(portal: RunningServer, session: str) -> None:
    assert tell(portal, "/mapi/g", session=session, madonvi="000.00.00.H99", service="TraCuuHoSo", mahoso=CODE)["error_code"] == 2
    assert ask(portal, session, "XoaHoSo", mahoso=CODE) == 2


@pytest.mark.parametrize("field", list(ITEM))  # the date of receipt too, since the state says that it was received
def test_a_required_field_is_required(field: str) -> None:
    with pytest.raises(PortalRefusal, match=field):
        check_dossier({name: value for name, value in ITEM.items() if name != field})


@pytest.mark.parametrize(
    ("field", "value"),
    [("TrangThaiHoSo", "11"), ("TrangThaiHoSo", 2), ("KenhThucHien", "4"), ("LoaiDoiTuong", "0"), ("MaHoSo", "H05-1-1")]
    + [("NgayNopHoSo", "2026-03-02 08:00"), ("NgayNopHoSo", "20260230080000"), ("TrichYeuHoSo", "x" * 1001), ("MaTTHC", "1.4082")]
    + [("HinhThuc", "2"), ("Email", "an"), ("DinhDanhCHS", [{"LoaiDinhDanh": "1", "SoDinhDanh": "000"}]), ("DinhDanhCHS", "001")]
    + [("DanhSachGiayToKetQua", [{"TenGiayTo": "a.pdf", "GiayToId": "1"}]), ("TuChe", "x")],
)
def test_a_field_out_of_its_range_is_refused(field: str, value: Any) -> None:
    check_dossier(ITEM)
    with pytest.raises(PortalRefusal, match=field):
        check_dossier({**ITEM, field: value})


def test_a_refused_dossier_is_not_kept(portal: RunningServer, session: str) -> None:
    assert synchronise(portal, session, TrangThaiHoSo="11") == 2
    assert state_of(portal)["dossiers"] == {}


@pytest.mark.parametrize(("field", "value"), [("NguoiXuLy", "x" * 51), ("TrangThai", "0"), ("ThoiDiemXuLy", "8 giờ"), ("Lạ", "x")])
def test_a_progress_field_out_of_its_range_is_refused(field: str, value: str) -> None:
    check_progress(ROW)
    with pytest.raises(PortalRefusal, match=field):
        check_progress({**ROW, field: value})


def test_one_bad_item_keeps_out_the_whole_call(portal: RunningServer, session: str) -> None:
    other = {**ITEM, "MaHoSo": "H05.12-260302-0002"}
    synchronise(portal, session)
    assert ask(portal, session, "DongBoHoSoMC", isUpdating="False", data=[other, ITEM]) == 3
    assert list(state_of(portal)["dossiers"]) == [CODE]


@pytest.mark.parametrize("code", ["1.001193.000.00.00.H41", "1.009645.H05", "1.004082.01", "2.001023"])
def test_every_way_of_writing_a_procedure_code_is_taken(code: str) -> None:
    check_dossier({**ITEM, "MaTTHC": code})
