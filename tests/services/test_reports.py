"""The tracking book and the periodic report: what stands on them, whatever the applicants wrote, in every format."""

from __future__ import annotations

import csv
import hashlib
import tracemalloc
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from motcua.engine.calendars import VIETNAM, default_calendar
from motcua.engine.clock import ManualClock
from motcua.engine.dossier import Applicant, Channel, Dossier, Ending, LegalPause, Promise, Status
from motcua.engine.memory_store import MemoryStore
from motcua.engine.scorecard import PeriodReport, period_report
from motcua.procedures_catalog.authority import UnknownAuthority
from motcua.procedures_catalog.catalog import load_catalog
from motcua.services.api.application import create_api
from motcua.services.connectors.documents import Letterhead
from motcua.services.reports.book import COLUMNS, tracking_book
from motcua.services.reports.csv_file import write_csv
from motcua.services.reports.formats import Format, writer
from motcua.services.reports.pdf_file import TooLongForPaper
from motcua.services.reports.period import NothingToReport, Period, PeriodBackwards, PeriodNotOver, PeriodTooEarly, period_of
from motcua.services.reports.periodic import SCORES, periodic_report, periodic_sheet
from motcua.services.reports.sheet import Column, Row, Sheet, may_be_formula, without_formulas
from tests.factories import an_opening
from tests.services.edge import BIRTH, OFFICER, Caller, EdgeBackend, edge_backend

CATALOG = load_catalog()
CALENDAR = default_calendar()
WARD = CATALOG.authority("H05.21")
MARRIAGE = "1.000894"
HEAD = Letterhead("UBND phường Kinh Bắc", parent="UBND tỉnh Bắc Ninh", head="Chủ tịch")
INJECTIONS = ["=1+1", "+84912345678", "-1", "@SUM(A1)", " =cmd|' /C calc'!A0", "\t=1", "tốt; =1+1", "hai\n=dòng", "＝1+1"]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


NOW = local("2026-04-15T10:00")
MARCH = period_of(date(2026, 3, 1), date(2026, 3, 31), CALENDAR, NOW)


def dossier(number: int, received: str | None, procedure: str = BIRTH, **fields: Any) -> Dossier:
    """A dossier of the ward with five working days to go, received at that local time."""
    version = CATALOG.versions(procedure)[0]
    received_at = None if received is None else local(received)
    promised_at = None if received_at is None else received_at + timedelta(days=7)
    return replace(
        Dossier(
            code=f"H05.21-260302-{number:04d}",
            procedure_code=procedure,
            version_id=version.version_id,
            authority_code="H05.21",
            tier="commune",
            channel=Channel.DIRECT,
            applicant=Applicant("Nguyễn Thị Hường", phone="0912 345 678", address="Tổ 5, phường Kinh Bắc"),
            case=None,
            status=Status.FILED if received_at is None else Status.IN_PROCESS,
            filed_at=local("2026-02-01T08:00"),
            received_at=received_at,
            limit=None if received_at is None else "5 working days",
            due_on=None if promised_at is None else promised_at.astimezone(VIETNAM).date(),
            due_at=promised_at,
            expires_at=promised_at,
            promises=() if received_at is None or promised_at is None else (Promise(promised_at, received_at, "receipt_slip"),),
            revision=1,
        ),
        **fields,
    )


def ended(at: str) -> dict[str, Any]:
    return {"status": Status.PROCESSED, "processed_at": local(at), "ended_at": local(at)}


def store_of(dossiers: Iterable[Dossier]) -> MemoryStore:
    store = MemoryStore(ManualClock(NOW))
    fill(store, dossiers)
    return store


def fill(store: MemoryStore, dossiers: Iterable[Dossier]) -> None:
    with store.transaction() as transaction:
        for code in (BIRTH, MARRIAGE):
            transaction.publish(CATALOG.versions(code)[0])
        for each in dossiers:
            transaction.save(an_opening(each.code, dossier=each))


DOSSIERS = (
    dossier(1, "2026-02-26T09:00", **ended("2026-02-27T09:00")),  # over before March
    dossier(2, "2026-02-26T09:00", **ended("2026-03-02T09:00")),  # carried over, early
    dossier(3, "2026-03-03T15:30", channel=Channel.ONLINE, **ended("2026-03-10T09:00")),  # on time, on its last day
    dossier(4, "2026-03-03T09:00", procedure=MARRIAGE, channel=Channel.POST, **ended("2026-03-12T09:00")),  # late
    dossier(5, "2026-03-30T09:00"),  # within the limit
    dossier(6, "2026-03-20T09:00"),  # past it
    dossier(
        7,
        "2026-03-27T09:00",
        status=Status.SUPPLEMENT_REQUESTED,
        supplement_requests=1,
        pauses=(LegalPause(local("2026-03-30T09:00"), None, "supplement", "ask"),),
    ),
    dossier(8, "2026-03-31T23:59", limit=None, due_on=None, due_at=None, expires_at=None, promises=()),  # its limit is unknown
    dossier(9, "2026-04-01T00:00"),  # received in April
    dossier(10, None),  # never received
    dossier(11, "2026-03-05T09:00", authority_code="H05.22"),  # another ward's
)


def a_sheet(rows: Iterable[Row], columns: tuple[Column, ...] = (Column("Số", 5, 20), Column("Người nộp", 20, 60))) -> Sheet:
    return Sheet("thu", "Thử", "SỔ THỬ", ("Từ ngày", "đến ngày"), HEAD, NOW, columns, iter(rows))


def written(sheet: Sheet, wanted: Format) -> bytes:
    output = BytesIO()
    writer(wanted)(sheet, output)
    return output.getvalue()


def cells_of(content: bytes, first: int) -> list[list[Any]]:
    """The rows of a workbook from a line on, counted from 1, and proof that no cell is a formula."""
    page = load_workbook(BytesIO(content)).active
    assert page is not None
    rows = list(page.iter_rows(min_row=first))
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d", "inlineStr"}
    return [[cell.value for cell in row] for row in rows]


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


# --- the book ------------------------------------------------------------


def test_the_book_lists_what_was_received_in_the_period_in_the_order_of_receipt() -> None:
    book = tracking_book(store_of(DOSSIERS), WARD, HEAD, MARCH)
    rows = list(book.rows)
    assert [(row[0], str(row[1])[-1]) for row in rows] == [(1, "4"), (2, "3"), (3, "6"), (4, "7"), (5, "5"), (6, "8")]


def test_a_line_of_the_book_tells_the_dossier_and_leaves_open_what_the_desk_writes() -> None:
    returned_at, again_at = local("2026-03-12T10:00"), local("2026-03-11T17:00")
    one = dossier(
        3,
        "2026-03-03T15:30",
        status=Status.RETURNED,
        returned_at=returned_at,
        ended_at=returned_at,
        ending=Ending.RETURNED,
        promises=(
            Promise(local("2026-03-10T17:00"), local("2026-03-03T15:30"), "receipt_slip"),
            Promise(again_at, local("2026-03-06T08:00"), "apology_letter"),
        ),
    )
    [line] = tracking_book(store_of([one]), WARD, HEAD, MARCH).rows
    assert dict(zip([column.title for column in COLUMNS], line, strict=True)) == {
        "STT": 1,
        "Mã hồ sơ": "H05.21-260302-0003",
        "Mã thủ tục": "1.001193",
        "Thủ tục hành chính": "Thủ tục đăng ký khai sinh",
        "Người nộp": "Nguyễn Thị Hường",
        "Liên hệ": "0912 345 678, Tổ 5, phường Kinh Bắc",
        "Hình thức nộp": "Trực tiếp",
        "Cơ quan giải quyết": "UBND phường Kinh Bắc",
        "Tiếp nhận": local("2026-03-03T15:30"),
        "Hẹn trả": local("2026-03-10T17:00"),
        "Hẹn lại": again_at,
        "Trả kết quả": returned_at,
        "Tình trạng": "Đã trả kết quả",
        "Phương thức nhận kết quả": None,
        "Ký nhận": None,
    }


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.FILED, Status.STOPPED)])
def test_every_status_of_a_received_dossier_has_words(status: Status) -> None:
    ending = {Status.NOT_ACCEPTED: Ending.NOT_ACCEPTED, Status.RETURNED: Ending.RETURNED}.get(status)
    [line] = tracking_book(store_of([dossier(1, "2026-03-03T09:00", status=status, ending=ending)]), WARD, HEAD, MARCH).rows
    assert "_" not in str(line[12])


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_has_words(ending: Ending) -> None:
    status = Status.RETURNED if ending is Ending.RETURNED else Status.STOPPED
    [line] = tracking_book(store_of([dossier(1, "2026-03-03T09:00", status=status, ending=ending)]), WARD, HEAD, MARCH).rows
    assert str(line[12])[0].isupper()


def test_the_workbook_holds_the_same_cells_as_the_book_with_instants_as_dates_of_vietnam() -> None:
    store = store_of(DOSSIERS)
    rows = list(tracking_book(store, WARD, HEAD, MARCH).rows)
    page = cells_of(written(tracking_book(store, WARD, HEAD, MARCH), Format.XLSX), first=1)
    assert page[0][0] == "SỔ THEO DÕI HỒ SƠ"
    assert [line[0] for line in page[1:4]] == [
        "UBND phường Kinh Bắc",
        "Bộ phận Tiếp nhận và Trả kết quả – UBND phường Kinh Bắc",
        "Từ ngày 01/03/2026 đến ngày 31/03/2026",
    ]
    assert page[4] == [column.title for column in COLUMNS]
    shown = [
        [cell.astimezone(VIETNAM).replace(tzinfo=None) if isinstance(cell, datetime) else cell for cell in row] for row in rows
    ]
    assert page[5:] == shown
    assert page[6][8] == datetime(2026, 3, 3, 15, 30)  # noqa: DTZ001 - a workbook's dates have no zone


def test_the_csv_holds_one_line_of_titles_and_instants_with_their_zone() -> None:
    content = written(tracking_book(store_of(DOSSIERS), WARD, HEAD, MARCH), Format.CSV)
    lines = lines_of(content)
    assert lines[0] == [column.title for column in COLUMNS]
    assert [line[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert lines[2][8] == "2026-03-03T15:30:00+07:00"
    assert lines[6][9] == "", "no promise was made, so none is told"
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n") == len(lines)


def test_the_mark_of_a_csv_file_can_be_left_out() -> None:
    output = BytesIO()
    writer(Format.CSV, byte_order_mark=False)(a_sheet([(1, "Đặng Thuỳ Trâm")]), output)
    assert output.getvalue().decode("utf-8") == "Số,Người nộp\r\n1,Đặng Thuỳ Trâm\r\n"


def test_the_printed_book_repeats_its_titles_and_loses_no_line() -> None:
    dossiers = [dossier(number, f"2026-03-{1 + number % 28:02d}T09:00") for number in range(1, 61)]
    pages = [
        page.extract_text()
        for page in PdfReader(BytesIO(written(tracking_book(store_of(dossiers), WARD, HEAD, MARCH), Format.PDF))).pages
    ]
    assert len(pages) > 2
    assert all("Người nộp" in page for page in pages)
    assert "SỔ THEO DÕI HỒ SƠ" in pages[0]
    assert all(sum(each.code in page for page in pages) == 1 for each in dossiers)


# --- what applicants write ------------------------------------------------------------


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_of_an_applicant_becomes_a_formula(text: str) -> None:
    assert may_be_formula(text)
    assert cells_of(written(a_sheet([(1, text)]), Format.XLSX), first=6)[0][1] == text
    told = lines_of(written(a_sheet([(1, text)]), Format.CSV))[1][1]
    assert told.replace("'", "") == text.replace("'", "")
    assert not may_be_formula(told)


def test_a_dangerous_text_stays_text_also_when_someone_edits_its_cell() -> None:
    page = load_workbook(BytesIO(written(a_sheet([(1, "=1+1"), (2, "Lan")]), Format.XLSX))).active
    assert page is not None
    assert page["B6"].quotePrefix is True
    assert page["B7"].quotePrefix is False


@pytest.mark.parametrize(
    "text", ["Nguyễn Thị Hường", "0912 345 678", "Số 1 - phường Kinh Bắc", "a=b", "x@example.vn", "", "tổ 5; phường 1"]
)
def test_a_harmless_text_is_left_as_it_is(text: str) -> None:
    assert without_formulas(text) == text


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_texts, _texts), min_size=1, max_size=4))
def test_whatever_is_written_into_a_csv_comes_out_of_it_with_nothing_but_apostrophes_added(texts: list[tuple[str, str]]) -> None:
    output = BytesIO()
    write_csv(a_sheet(texts), output, encoding="utf-8")
    told = list(csv.reader(StringIO(output.getvalue().decode(), newline="")))[1:]
    assert len(told) == len(texts)
    for row, line in zip(texts, told, strict=True):
        for text, cell in zip(row, line, strict=True):
            assert not may_be_formula(cell)
            if text.isascii():
                assert cell.replace("'", "") == text.replace("'", "")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_texts, _texts), min_size=1, max_size=3))
def test_whatever_was_entered_can_be_printed_and_put_into_a_workbook(texts: list[tuple[str, str]]) -> None:
    assert written(a_sheet(texts), Format.PDF).startswith(b"%PDF-")
    assert len(cells_of(written(a_sheet(texts), Format.XLSX), first=6)) == len(texts)


def test_letters_that_come_apart_from_their_marks_are_put_together() -> None:
    apart = unicodedata.normalize("NFD", "Trần Thị Thuỳ Dương")
    assert cells_of(written(a_sheet([(1, apart)]), Format.XLSX), first=6)[0][1] == "Trần Thị Thuỳ Dương"
    assert lines_of(written(a_sheet([(1, apart)]), Format.CSV))[1][1] == "Trần Thị Thuỳ Dương"


def test_a_text_longer_than_a_cell_or_a_page_says_that_it_goes_on() -> None:
    long = "dài " * 20_000
    cell = cells_of(written(a_sheet([(1, long)]), Format.XLSX), first=6)[0][1]
    assert len(cell) == 32_767
    assert cell.endswith("…")
    text = PdfReader(BytesIO(written(a_sheet([(1, long), (2, "x" * 500)]), Format.PDF))).pages[0].extract_text()
    assert "…" in text


# --- many ------------------------------------------------------------


@pytest.mark.parametrize("wanted", list(Format))
def test_the_same_dossiers_give_the_same_bytes(wanted: Format) -> None:
    store = store_of(DOSSIERS)
    digests = {hashlib.sha256(written(tracking_book(store, WARD, HEAD, MARCH), wanted)).hexdigest() for _ in range(2)}
    assert len(digests) == 1


@pytest.mark.parametrize("wanted", [Format.XLSX, Format.CSV])
def test_a_book_is_written_as_it_is_read_so_its_length_costs_no_memory(wanted: Format) -> None:
    class Nowhere(BytesIO):
        def write(self, content: Any) -> int:
            return len(content)

    def peak(number: int) -> int:
        rows: Iterator[Row] = ((each, f"Người nộp số {each} " * 10) for each in range(number))
        tracemalloc.start()
        try:
            writer(wanted)(a_sheet(rows), Nowhere() if wanted is Format.CSV else BytesIO())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(4_000) < peak(400) + 600_000


def test_a_book_of_two_thousand_dossiers_fits_every_format() -> None:
    dossiers = [dossier(number, "2026-03-03T09:00", applicant=Applicant(f"Nguyễn Văn {number}")) for number in range(1, 2_001)]
    store = store_of(dossiers)
    assert len(lines_of(written(tracking_book(store, WARD, HEAD, MARCH), Format.CSV))) == 2_001
    assert cells_of(written(tracking_book(store, WARD, HEAD, MARCH), Format.XLSX), first=2_005)[0][1] == "H05.21-260302-2000"
    assert len(PdfReader(BytesIO(written(tracking_book(store, WARD, HEAD, MARCH), Format.PDF))).pages) > 100


def test_a_book_that_nobody_would_print_is_refused_on_paper() -> None:
    with pytest.raises(TooLongForPaper, match="XLSX or CSV"):
        written(a_sheet((number, "x") for number in range(5_001)), Format.PDF)


# --- the periodic report ------------------------------------------------------------


def test_the_periodic_report_counts_what_the_scorecard_counts() -> None:
    report = periodic_report(store_of(DOSSIERS), WARD, MARCH)
    ours = [each for each in DOSSIERS if each.authority_code == WARD.code]
    assert report.total == period_report(ours, MARCH.start, MARCH.end)
    assert report.total == PeriodReport(
        carried_over=1,
        received_direct=4,
        received_online=1,
        received_post=1,
        finished_early=1,
        finished_on_time=1,
        finished_late=1,
        in_process_within_limit=1,
        in_process_past_limit=1,
        in_process_unmeasured=1,
        waiting_for_supplement=1,
    )
    assert [(each.procedure_code, each.counts.finished_late) for each in report.procedures] == [(MARRIAGE, 1), (BIRTH, 0)]


def test_each_line_of_the_periodic_report_adds_up_and_the_lines_add_up_to_the_sum() -> None:
    sheet = periodic_sheet(periodic_report(store_of(DOSSIERS), WARD, MARCH), HEAD)
    *lines, total = [[int(str(cell)) for cell in row[3:]] for row in sheet.rows]
    for received, carried, online, by_hand, finished, *rest in (*lines, total):
        outcomes, in_process, open_ones = rest[:4], rest[4], rest[5:]
        assert received == carried + online + by_hand == finished + in_process
        assert finished == sum(outcomes)
        assert in_process == sum(open_ones)
    assert total == [sum(column) for column in zip(*lines, strict=True)]
    assert total == [7, 1, 1, 5, 3, 1, 1, 1, 0, 4, 1, 1, 1, 1]


def test_the_report_names_the_rule_by_which_it_judged() -> None:
    late = dossier(1, "2026-03-03T09:00", **ended("2026-03-12T09:00"))
    apology = Promise(local("2026-03-13T17:00"), local("2026-03-06T09:00"), "apology_letter")
    store = store_of([replace(late, promises=(*late.promises, apology))])
    by_law, by_promise = periodic_report(store, WARD, MARCH), periodic_report(store, WARD, MARCH, "last_promise")
    assert (by_law.total.finished_late, by_promise.total.finished_early) == (1, 0)
    assert by_promise.total.finished_on_time == 1
    assert SCORES["last_promise"] in periodic_sheet(by_promise, HEAD).under
    assert SCORES["as_law"] in periodic_sheet(by_law, HEAD).under


def test_the_printed_report_has_a_head_groups_and_a_place_to_sign() -> None:
    sheet = periodic_sheet(periodic_report(store_of(DOSSIERS), WARD, MARCH), HEAD)
    text = " ".join(PdfReader(BytesIO(written(sheet, Format.PDF))).pages[0].extract_text().split())
    for words in (
        "UBND TỈNH BẮC NINH",
        "CỘNG HÒA XÃ HỘI",
        "BÁO CÁO TÌNH HÌNH",
        "Tiếp nhận",
        "Đang giải quyết",
        "Tổng cộng 7 1 1 5 3",
        "CHỦ TỊCH",
    ):
        assert words in text


def test_a_column_of_a_group_bears_the_name_of_the_group_where_there_is_one_line_of_titles() -> None:
    sheet = periodic_sheet(periodic_report(store_of(DOSSIERS), WARD, MARCH), HEAD)
    titles = lines_of(written(sheet, Format.CSV))[0]
    assert titles[3] == "Tiếp nhận: Tổng số"
    assert len(set(titles)) == len(titles)


# --- what cannot be asked ------------------------------------------------------------


def test_a_period_ends_where_it_starts_at_the_earliest() -> None:
    day = period_of(date(2026, 3, 2), date(2026, 3, 2), CALENDAR, NOW)
    assert (day.start, day.end) == (local("2026-03-02T00:00"), local("2026-03-03T00:00"))
    with pytest.raises(PeriodBackwards, match=r"ends on 2026-03-01, before it starts on 2026-03-02"):
        period_of(date(2026, 3, 2), date(2026, 3, 1), CALENDAR, NOW)


def test_a_period_may_end_today_but_not_tomorrow() -> None:
    assert period_of(date(2026, 4, 1), date(2026, 4, 15), CALENDAR, NOW).last == date(2026, 4, 15)
    with pytest.raises(PeriodNotOver, match="End it today, 2026-04-15"):
        period_of(date(2026, 4, 1), date(2026, 4, 16), CALENDAR, NOW)
    with pytest.raises(PeriodTooEarly):
        period_of(date.min, date(2026, 4, 1), CALENDAR, NOW)


def test_a_period_without_dossiers_is_one_clear_error() -> None:
    store = store_of([dossier(1, "2026-02-26T09:00")])
    empty: Period = period_of(date(2026, 1, 1), date(2026, 1, 31), CALENDAR, NOW)
    with pytest.raises(
        NothingToReport, match=r"No dossier was received at H05.21 \(UBND phường Kinh Bắc\) from 2026-01-01 to 2026-01-31"
    ):
        tracking_book(store, WARD, HEAD, empty)
    with pytest.raises(NothingToReport, match="received or in process"):
        periodic_report(store, WARD, empty)
    with pytest.raises(NothingToReport):
        tracking_book(store, WARD, HEAD, MARCH)
    assert periodic_report(store, WARD, MARCH).total.carried_over == 1


def test_an_unknown_authority_is_named() -> None:
    with pytest.raises(UnknownAuthority, match="H99"):
        CATALOG.authority("H99")


# --- over HTTP ------------------------------------------------------------


@pytest.fixture
def backend() -> EdgeBackend:
    backend = edge_backend()
    fill(backend.store, DOSSIERS)
    backend.clock.move_to(NOW)
    return backend


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


ASKED = {"authority": "H05.21", "from": "2026-03-01", "until": "2026-03-31"}


@pytest.mark.parametrize("report", ["book", "period"])
@pytest.mark.parametrize(("wanted", "start"), [("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfSTT"), ("pdf", b"%PDF")])
def test_a_report_is_a_download(api: Caller, report: str, wanted: str, start: bytes) -> None:
    answer = api.get(f"/api/v1/reports/{report}", params={**ASKED, "format": wanted})
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert answer.headers["content-length"] == str(len(answer.content))
    name = {"book": "so-theo-doi", "period": "bao-cao"}[report]
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}-H05.21-2026-03-01-2026-03-31.{wanted}"'


def test_the_periodic_report_for_programs_is_json(api: Caller) -> None:
    told = api.get("/api/v1/reports/period", params=ASKED).json()
    assert (told["from"], told["until"], told["score"], told["authority_name"]) == ("2026-03-01", "2026-03-31", "as_law", WARD.name)
    assert told["total"]["carried_over"] == 1
    assert [each["procedure_code"] for each in told["procedures"]] == [MARRIAGE, BIRTH]


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"authority": "H99"}, 404, "unknown-authority"),
        ({"from": "2026-04-01"}, 422, "period-backwards"),
        ({"until": "2026-12-31"}, 422, "period-not-over"),
        ({"from": "2020-01-01", "until": "2020-01-31"}, 404, "nothing-to-report"),
        ({"format": "docx"}, 422, "invalid-request"),
        ({"from": "March"}, 422, "invalid-request"),
    ],
)
@pytest.mark.parametrize("report", ["book", "period"])
def test_what_cannot_be_reported_is_one_problem(api: Caller, report: str, changes: dict[str, str], status: int, kind: str) -> None:
    answer = api.get(f"/api/v1/reports/{report}", params={**ASKED, **changes})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:motcua:problem:{kind}")


def test_a_report_is_for_those_who_say_who_they_are(backend: EdgeBackend) -> None:
    assert Caller(create_api(backend)).get("/api/v1/reports/book", params=ASKED).status_code == 401
