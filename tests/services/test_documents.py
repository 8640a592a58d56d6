"""The printed forms: what a person reads on them, and that the same call never gives a second paper."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from motcua.engine.connectors import Connector, Done, ServiceCall, TechnicalFailure
from motcua.engine.dossier import Applicant, Promise
from motcua.services.blobs import FolderBlobs
from motcua.services.connectors import documents
from motcua.services.connectors.documents.connector import InputUnusable
from motcua.services.connectors.documents.places import SEAL_DIAMETER, Place
from motcua.services.connectors.documents.typesetting import BOLD, BOLD_ITALIC, ITALIC, REGULAR, font_file
from motcua.services.connectors.documents.wording import day_in_words, limit_in_words, moment_in_words
from motcua.services.connectors.signing.pdf import SignedDocument
from tests.services.papers import DOSSIER, LETTERHEAD, NOW, call, made_by, recorded, text_of, without_limit

CALLS: dict[str, dict[str, Any]] = {
    "documents.receipt_slip": {},
    "documents.supplement_request": {"missing": "Trích đo địa chính thửa đất số 45"},
    "documents.refusal": {"reason": "Thửa đất đang có tranh chấp"},
    "documents.apology": {"reason": "Đang chờ kết quả xác minh", "new_promise_on": date(2026, 3, 30)},
    "documents.draft_result": {"decision": "Điều 1. Cấp đổi Giấy chứng nhận.", "title": "Quyết định"},
}


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


@pytest.fixture
def printers(blobs: FolderBlobs) -> dict[str, Connector]:
    return documents.build(blobs, "https://motcua.example.vn/tra-cuu/", lambda _: LETTERHEAD)


def test_every_declared_operation_prints_one_pdf_and_tells_its_hash(printers: dict[str, Connector]) -> None:
    assert set(CALLS) == {operation.name for operation in documents.OPERATIONS}
    for operation, kind in zip(CALLS, ("receipt_slip", "supplement_request", "refusal", "apology", "result"), strict=True):
        outcome = printers[operation].call(call(operation, **CALLS[operation]))
        assert isinstance(outcome, Done)
        [document] = outcome.documents
        assert (document.kind, document.media_type, document.content[:5]) == (kind, "application/pdf", b"%PDF-")
        assert outcome.outputs == {"document": hashlib.sha256(document.content).hexdigest()}
        assert DOSSIER.code in document.name


@pytest.mark.parametrize(
    "words",
    [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG",
        "Mã hồ sơ: H05.12-260302-0017",
        "Nơi tiếp nhận: Trung tâm Phục vụ hành chính công",
        "Nguyễn Thị Phượng",
        "027185001234",
        "Tổ dân phố Đồng Quỳnh, phường Kinh Bắc",
        "0912345678",
        "phuong@example.vn",
        "Cấp đổi Giấy chứng nhận quyền sử dụng đất (mã thủ tục 1.012783)",
        "Thời hạn giải quyết theo quy định: 15 ngày làm việc",
        "Tiếp nhận lúc: 08 giờ 15 phút, ngày 02 tháng 3 năm 2026",
        "Hẹn trả kết quả lúc: 17 giờ 00 phút, ngày 23 tháng 3 năm 2026",
        "1. Đơn đăng ký 2. Giấy chứng nhận",
        "Số lượng hồ sơ: 2 bộ",
    ],
)
def test_the_receipt_slip_shows(words: str, printers: dict[str, Connector]) -> None:
    slip = made_by(printers, call("documents.receipt_slip", papers=["Đơn đăng ký", "Giấy chứng nhận"], sets=2))
    assert words in text_of(slip.content)


@pytest.mark.parametrize("form", ["receipt_slip", "supplement_request", "refusal", "apology"])
def test_every_paper_that_the_applicant_gets_leads_to_the_page_of_the_dossier(
    form: str, printers: dict[str, Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    coded: list[str] = []
    make = segno.make

    def remembered(content: str, **how: Any) -> Any:
        coded.append(content)
        return make(content, **how)

    monkeypatch.setattr(segno, "make", remembered)
    operation = f"documents.{form}"
    paper = made_by(printers, call(operation, **CALLS[operation]))
    assert set(coded) == {"https://motcua.example.vn/tra-cuu/H05.12-260302-0017"}
    assert "Tra cứu hồ sơ" in text_of(paper.content)


def test_what_the_desk_has_to_write_on_the_slip_is_a_dotted_line_until_it_is_known(printers: dict[str, Connector]) -> None:
    text = text_of(made_by(printers, call("documents.receipt_slip")).content)
    assert "Vào sổ theo dõi hồ sơ: quyển số ………………, số thứ tự ………………" in text
    assert "Số lượng hồ sơ: ……………… bộ" in text
    assert "Thành phần hồ sơ đã nộp: ………………" in text
    assert "Nơi trả kết quả: Trung tâm Phục vụ hành chính công – Sở Nông nghiệp và Môi trường" in text
    inputs: dict[str, Any] = {"book": "02/2026", "book_number": "117", "collect_at": "Bưu cục Kinh Bắc", "sets": 1, "papers": "Đơn"}
    known = text_of(made_by(printers, call("documents.receipt_slip", **inputs)).content)
    assert "Vào sổ theo dõi hồ sơ: quyển số 02/2026, số thứ tự 117" in known
    assert "Nơi trả kết quả: Bưu cục Kinh Bắc" in known
    assert "…" not in known


def test_a_slip_without_a_known_limit_says_why_and_promises_no_date(printers: dict[str, Connector]) -> None:
    text = text_of(made_by(printers, call("documents.receipt_slip", dossier=without_limit("chưa chọn trường hợp"))).content)
    assert "Hẹn trả kết quả lúc: chưa xác định: chưa chọn trường hợp" in text
    assert "Thời hạn giải quyết theo quy định: chưa xác định: chưa chọn trường hợp" in text


def test_what_the_applicant_did_not_declare_is_said_to_be_undeclared(printers: dict[str, Connector]) -> None:
    text = text_of(
        made_by(printers, call("documents.receipt_slip", dossier=replace(DOSSIER, applicant=Applicant("Lê Văn Ổn")))).content
    )
    assert text.count("(không khai)") == 4  # identifier, address, telephone, e-mail


def test_no_slip_confirms_a_receipt_that_has_not_happened(printers: dict[str, Connector]) -> None:
    with pytest.raises(InputUnusable, match="has not been received"):
        printers["documents.receipt_slip"].call(call("documents.receipt_slip", dossier=replace(DOSSIER, received_at=None)))


def test_the_apology_names_the_first_promise_also_when_the_new_one_is_already_recorded(printers: dict[str, Connector]) -> None:
    later = Promise(datetime(2026, 3, 30, 10, tzinfo=UTC), NOW, "apology_letter")
    dossier = replace(DOSSIER, promises=(*DOSSIER.promises, later))
    text = text_of(made_by(printers, call("documents.apology", dossier=dossier, **CALLS["documents.apology"])).content)
    assert "Đã hẹn trả kết quả lúc: 17 giờ 00 phút, ngày 23 tháng 3 năm 2026" in text
    assert "hẹn lại việc trả kết quả vào ngày 30 tháng 3 năm 2026" in text


def test_a_refusal_before_receipt_refuses_the_receipt_and_after_it_the_request(printers: dict[str, Connector]) -> None:
    before = call("documents.refusal", dossier=replace(DOSSIER, received_at=None), reason="Sai thẩm quyền")
    assert "TỪ CHỐI TIẾP NHẬN HỒ SƠ" in text_of(made_by(printers, before).content)
    assert "TỪ CHỐI GIẢI QUYẾT HỒ SƠ" in text_of(made_by(printers, call("documents.refusal", reason="Sai")).content)


@pytest.mark.parametrize("operation", CALLS)
def test_a_later_attempt_at_the_same_call_gives_the_same_bytes(operation: str, printers: dict[str, Connector]) -> None:
    first = call(operation, **CALLS[operation])
    second = replace(first, attempt=2, now=NOW + timedelta(days=40))
    assert made_by(printers, first) == made_by(printers, second)


def test_another_process_prints_the_same_bytes(printers: dict[str, Connector]) -> None:
    here = hashlib.sha256(made_by(printers, call("documents.receipt_slip")).content).hexdigest()
    program = (
        "import hashlib, pathlib; from motcua.services.blobs import FolderBlobs; from motcua.services.connectors import documents;"
        "from tests.services.papers import *;"
        "printers = documents.build(FolderBlobs(pathlib.Path('.')), 'https://motcua.example.vn/tra-cuu/', lambda _: LETTERHEAD);"
        "print(hashlib.sha256(made_by(printers, call('documents.receipt_slip')).content).hexdigest())"
    )
    root = str(Path(__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": root, "TZ": "America/Lima"},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == here


def test_a_recorded_attempt_is_given_again_even_when_the_dossier_has_changed_since(
    blobs: FolderBlobs, printers: dict[str, Connector]
) -> None:
    asked = call("documents.receipt_slip", key="k")
    slip = made_by(printers, asked)
    moved = replace(DOSSIER, applicant=replace(DOSSIER.applicant, phone="0000000000"))
    again = replace(asked, dossier=moved, documents=(recorded(blobs, slip, made_by="k"),))
    assert made_by(printers, again) == slip
    assert made_by(printers, replace(again, key="another")) != slip


@pytest.mark.parametrize(
    ("operation", "inputs", "named"),
    [
        ("documents.supplement_request", {}, "missing"),
        ("documents.refusal", {"reason": ""}, "reason"),
        ("documents.apology", {"reason": "x", "new_promise_on": "2026-03-30"}, "new_promise_on"),
        ("documents.receipt_slip", {"sets": True}, "sets"),
    ],
)
def test_an_input_that_cannot_be_printed_is_named(
    operation: str, inputs: dict[str, Any], named: str, printers: dict[str, Connector]
) -> None:
    with pytest.raises(InputUnusable, match=f'"{named}"'):
        printers[operation].call(call(operation, **inputs))


def test_an_operation_that_is_not_ours_is_refused(printers: dict[str, Connector]) -> None:
    with pytest.raises(TechnicalFailure, match="no operation of the documents connector"):
        printers["documents.refusal"].call(call("documents.horoscope"))


def test_markup_in_a_reason_is_printed_and_not_obeyed(printers: dict[str, Connector]) -> None:
    text = text_of(made_by(printers, call("documents.refusal", reason='<font size="90">to</font> & <a href="x">lớn</a>')).content)
    assert '<font size="90">to</font> & <a href="x">lớn</a>' in text


@settings(max_examples=20, deadline=None)
@given(reason=st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_text_that_a_form_lets_in_can_be_printed(reason: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    printers = documents.build(FolderBlobs(tmp_path_factory.getbasetemp()), "https://x")
    assert made_by(printers, call("documents.refusal", reason=reason)).content.startswith(b"%PDF-")


@pytest.mark.parametrize("cut", [REGULAR, BOLD, ITALIC, BOLD_ITALIC])
def test_the_typeface_has_every_vietnamese_letter(cut: str) -> None:
    vowels, tones = "aăâeêioôơuưy", ["", *"\u0300\u0301\u0303\u0309\u0323"]
    lower = {unicodedata.normalize("NFC", vowel + tone) for vowel in vowels for tone in tones} | {"đ"}
    assert len(lower) == 12 * 6 + 1
    assert all(len(letter) == 1 for letter in lower)
    has = TTFont(font_file(cut)).getBestCmap()
    assert {letter for letter in lower | {letter.upper() for letter in lower} if ord(letter) not in has} == set()


def test_letters_that_come_apart_from_their_marks_are_put_together(printers: dict[str, Connector]) -> None:
    apart = unicodedata.normalize("NFD", "Sở hữu chưa rõ ràng")
    assert "Sở hữu chưa rõ ràng" in text_of(made_by(printers, call("documents.refusal", reason=apart)).content)


def test_the_typeface_is_embedded(printers: dict[str, Connector]) -> None:
    page: Any = PdfReader(BytesIO(made_by(printers, call("documents.draft_result")).content)).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    ours = [font for font in fonts if "Spectral" in font["/BaseFont"]]
    assert ours
    assert all("/FontFile2" in font["/FontDescriptor"] for font in ours)


def test_a_long_text_runs_over_pages_and_the_signature_never_stands_alone(printers: dict[str, Connector]) -> None:
    for lines in range(18, 30):
        reason = "\n".join(f"Lý do thứ {number}." for number in range(lines))
        pages = PdfReader(BytesIO(made_by(printers, call("documents.refusal", reason=reason)).content)).pages
        last = pages[-1].extract_text()
        assert "Nơi nhận" in last
        assert "khiếu nại" in last


def test_the_seal_covers_the_left_third_of_the_leaders_signature(printers: dict[str, Connector]) -> None:
    draft = SignedDocument(made_by(printers, call("documents.draft_result")).content)
    signature, seal = draft.place(Place.LEADER), draft.place(Place.SEAL)
    assert signature is not None
    assert seal is not None
    assert seal.right - signature.left == pytest.approx((signature.right - signature.left) / 3, abs=0.1)
    assert seal.left < signature.left
    assert seal.right - seal.left == pytest.approx(SEAL_DIAMETER, abs=0.1)


def test_several_threads_print_at_once(printers: dict[str, Connector]) -> None:
    def printed(asked: ServiceCall) -> bytes:
        return made_by(printers, asked).content

    asked = [call(operation, **CALLS[operation]) for operation in CALLS] * 4
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(printed, asked)) == [printed(one) for one in asked]


def test_moments_are_told_in_the_zone_of_vietnam() -> None:
    assert moment_in_words(datetime(2026, 12, 31, 17, 5, tzinfo=UTC)) == "00 giờ 05 phút, ngày 01 tháng 01 năm 2027"


def test_only_january_and_february_get_a_leading_zero() -> None:
    assert day_in_words(date(2026, 2, 9)) == "ngày 09 tháng 02 năm 2026"
    assert day_in_words(date(2026, 3, 9)) == "ngày 09 tháng 3 năm 2026"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("15 working days", "15 ngày làm việc"),
        ("20 calendar days", "20 ngày"),
        ("8 hours", "8 giờ làm việc"),
        ("2 months", "2 tháng"),
        ("same day", "trong ngày làm việc"),
    ],
)
def test_a_limit_is_told_in_vietnamese(limit: str, words: str) -> None:
    assert limit_in_words(limit) == words


def test_the_control_slip_lists_each_handover_with_its_moment_and_pace() -> None:
    handovers = [
        documents.Handover("Bộ phận một cửa", "Chuyên viên thụ lý", NOW, documents.Pace.ON_TIME),
        documents.Handover(
            "Chuyên viên thụ lý", "Lãnh đạo phòng", NOW + timedelta(days=2), documents.Pace.LATE, "Chờ xác minh <thửa 45>"
        ),
    ]
    slip = documents.control_slip(documents.Subject(DOSSIER, "Cấp đổi Giấy chứng nhận", LETTERHEAD), handovers)
    text = text_of(slip)
    assert "10:00 03/03/2026 Đúng hạn" in text
    assert "10:00 05/03/2026 Quá hạn Chờ xác minh <thửa 45>" in text
    assert "Tiếp nhận lúc: 08 giờ 15 phút, ngày 02 tháng 3 năm 2026" in text
    assert "Hẹn trả kết quả lúc: 17 giờ 00 phút, ngày 23 tháng 3 năm 2026" in text


def test_a_control_slip_with_many_handovers_repeats_its_titles_and_breaks_what_is_too_wide() -> None:
    long_name = "nguyen.thi.phuong." * 6
    handovers = [documents.Handover(f"{number} {long_name}", "Văn thư", NOW, None, "ghi chú " * 400) for number in range(12)]
    slip = documents.control_slip(documents.Subject(DOSSIER, "Cấp đổi Giấy chứng nhận", LETTERHEAD), handovers)
    pages = [page.extract_text() for page in PdfReader(BytesIO(slip)).pages]
    assert len(pages) > 3
    assert all("Người giao" in page for page in pages)
    assert "".join("".join(pages).split()).count(long_name) == 12
    assert sum(page.count("…") for page in pages) == 12
