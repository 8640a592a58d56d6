"""What the national portal is told of a dossier: true states, known facts, nothing that had not happened yet."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.dossier import Applicant, Channel, DocumentRecord, Ending, Promise, Status
from motcua.services.connectors.national_portal.mapping import (
    STATUS_CODES,
    FieldOfProcedure,
    Report,
    dossier_item,
    local_time,
    progress_item,
    result_item,
    shortened,
)
from motcua.services.counterparts.portal_rules import check_dossier, check_progress
from tests.services.outside_systems import DOSSIER, MONDAY_8_AM

DAY = timedelta(days=1)
DONE = replace(
    DOSSIER,
    status=Status.RETURNED,
    due_at=MONDAY_8_AM + 5 * DAY,
    promises=(
        Promise(promised_at=MONDAY_8_AM + 5 * DAY, given_at=MONDAY_8_AM, by="receipt_slip"),
        Promise(promised_at=MONDAY_8_AM + 9 * DAY, given_at=MONDAY_8_AM + 4 * DAY, by="apology_letter"),
    ),
    processed_at=MONDAY_8_AM + 7 * DAY,
    returned_at=MONDAY_8_AM + 8 * DAY,
    ended_at=MONDAY_8_AM + 7 * DAY,
    ending=Ending.RETURNED,
)


def report(code: str = "2", at: datetime = MONDAY_8_AM, **more: object) -> Report:
    facts: dict[str, object] = {"dossier": DONE, "procedure_name": "Xác nhận cư trú", "status_code": code, "at": at, **more}
    return Report(**facts)  # type: ignore[arg-type]


def test_every_status_has_its_own_true_code() -> None:
    assert [int(STATUS_CODES[status]) for status in Status] == list(range(1, 11))
    assert STATUS_CODES[Status.SUPPLEMENT_REQUESTED] == "5"
    assert STATUS_CODES[Status.PROCESSED] == "9"


def test_times_are_told_at_utc_plus_7() -> None:
    assert local_time(datetime(2026, 3, 1, 17, 0, 5, tzinfo=UTC)) == "20260302000005"


def test_a_late_report_of_the_receipt_says_nothing_of_what_came_after() -> None:
    item = dossier_item(report("2", at=MONDAY_8_AM))
    assert item["NgayTiepNhan"] == "20260302080000"
    assert item["NgayHenTra"] == "20260307080000"
    assert not {"NgayKetThucXuLy", "NgayTra", "NgayTuChoi"} & item.keys()


def test_the_last_report_tells_the_promise_of_the_apology_and_both_ends() -> None:
    item = dossier_item(report("10", at=MONDAY_8_AM + 8 * DAY))
    assert (item["NgayHenTra"], item["NgayKetThucXuLy"], item["NgayTra"]) == ("20260311080000", "20260309080000", "20260310080000")


def test_a_receipt_dated_to_the_next_opening_is_told_with_the_state_that_says_so() -> None:
    after_hours = replace(DOSSIER, received_at=MONDAY_8_AM + DAY)
    assert dossier_item(report("2", at=MONDAY_8_AM, dossier=after_hours))["NgayTiepNhan"] == "20260303080000"
    assert "NgayTiepNhan" not in dossier_item(report("5", at=MONDAY_8_AM, dossier=after_hours))


def test_a_dossier_only_filed_has_no_receipt() -> None:
    item = dossier_item(report("1", at=DONE.filed_at))
    assert item["NgayNopHoSo"] == "20260301203000"
    assert "NgayTiepNhan" not in item


def test_a_refusal_has_its_date() -> None:
    refused = replace(DOSSIER, status=Status.STOPPED, ended_at=MONDAY_8_AM + DAY, ending=Ending.REFUSED)
    assert dossier_item(report("8", at=MONDAY_8_AM + DAY, dossier=refused))["NgayTuChoi"] == "20260303080000"


@pytest.mark.parametrize(("identifier", "kind"), [("001090123456", "1"), ("123456789", "2")])
def test_an_identifier_is_told_with_its_kind(identifier: str, kind: str) -> None:
    dossier = replace(DONE, applicant=Applicant(name="An", identifier=identifier))
    assert dossier_item(report(dossier=dossier))["DinhDanhCHS"] == [{"LoaiDinhDanh": kind, "SoDinhDanh": identifier}]


@pytest.mark.parametrize("identifier", [None, "", "12345", "00109012345x", "0123456789", "001090123456\n"])
def test_an_unknown_or_unreadable_identifier_is_left_out_and_never_invented(identifier: str | None) -> None:
    dossier = replace(DONE, applicant=Applicant(name="An", identifier=identifier))
    assert "DinhDanhCHS" not in dossier_item(report(dossier=dossier))


def test_nothing_unknown_is_told() -> None:
    dossier = replace(DOSSIER, applicant=Applicant(name="An"), received_at=None)
    item = dossier_item(report("1", dossier=dossier))
    assert not {"Email", "SoDienThoai", "MaLinhVuc", "TenLinhVuc", "DinhDanhCHS", "NgayHenTra", "MaDoiTuong"} & item.keys()
    assert all(item.values())
    row = progress_item(report("1", dossier=dossier))
    assert not {"NguoiXuLy", "NoiDungXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh"} & row.keys()


def test_names_that_the_settings_know_are_told_instead_of_codes() -> None:
    item = dossier_item(
        report(
            authority_names={"H05.12": "UBND phường Vũ Ninh"},
            fields_of_procedures={"1.004082": FieldOfProcedure("G01-CT", "Cư trú")},
        )
    )
    assert (item["DonViXuLy"], item["MaLinhVuc"], item["TenLinhVuc"]) == ("UBND phường Vũ Ninh", "G01-CT", "Cư trú")


def test_a_result_is_told_by_name_and_hash_and_by_address_where_one_is_offered() -> None:
    paper = DocumentRecord(
        "d1", DOSSIER.code, "result", "Giấy xác nhận.pdf", "application/pdf", "ab" * 32, 10, MONDAY_8_AM, "call-1"
    )
    assert result_item(paper, None) == {"TenGiayTo": "Giấy xác nhận.pdf", "GiayToId": "ab" * 32}
    assert result_item(paper, "https://x.example/files/")["DuongDanTepTinKetQua"] == f"https://x.example/files/{'ab' * 32}"


@given(st.text(max_size=2000), st.sampled_from([50, 1000]))
def test_a_long_text_is_cut_to_what_the_portal_takes(text: str, limit: int) -> None:
    cut = shortened(text, limit)
    assert cut is not None
    assert len(cut) <= limit
    assert cut == " ".join(text.split()) or cut.endswith("…")


instants = st.datetimes(datetime(2025, 7, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    channel=st.sampled_from(Channel),
    kind=st.sampled_from(["citizen", "business", "state_body", "organisation"]),
    identifier=st.none() | st.text("0123456789", max_size=13),
    status=st.sampled_from(Status),
    times=st.tuples(instants, instants, instants, instants),
    note=st.none() | st.text(max_size=1500),
)
def test_whatever_the_dossier_the_portal_can_read_what_it_is_told(
    channel: Channel, kind: str, identifier: str | None, status: Status, times: tuple[datetime, ...], note: str | None
) -> None:
    filed, received, ended, at = sorted(times)
    dossier = replace(
        DOSSIER,
        channel=channel,
        applicant=Applicant(name="Trần Thị Bình", kind=kind, identifier=identifier),
        filed_at=filed,
        received_at=received,
        ended_at=ended,
        processed_at=ended,
    )
    told = report(STATUS_CODES[status], at=at, dossier=dossier, note=note, processor=note)
    check_dossier(dossier_item(told))
    check_progress(progress_item(told))
    assert all(
        str(moment) <= local_time(at) for name, moment in dossier_item(told).items() if re.match("Ngay(Tiep|Ket|Tra$)", name)
    )
