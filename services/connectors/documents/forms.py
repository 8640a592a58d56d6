"""The printed forms, each from a dossier to a PDF: which fields stand on it, in which order, and in which words.

The fields are those that regulation asks for (receipt and appointment slip, supplement request, refusal, apology); the words are
ours. What the dossier does not know is printed as unknown, or left as a dotted line for the pen; it is never made up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from motcua.engine.dossier import Applicant, Channel, Dossier
from motcua.errors import InvalidInput
from motcua.services.connectors.documents.letterhead import Letterhead
from motcua.services.connectors.documents.parts import Closing, TrackingCode, TwoSignatures, heading, labelled, page_head
from motcua.services.connectors.documents.places import Place
from motcua.services.connectors.documents.typesetting import INDENTED, LINE, SMALL, TEXT_WIDTH, print_story
from motcua.services.connectors.documents.wording import (
    NOT_DECLARED,
    day_in_words,
    limit_in_words,
    local_day,
    moment_in_words,
    plain,
)

_CHANNELS = {Channel.DIRECT: "nộp trực tiếp", Channel.ONLINE: "nộp trực tuyến", Channel.POST: "nộp qua bưu chính"}


_BLANK = "………………"


class NotReceivedYet(InvalidInput):
    """A slip confirms a receipt that has not happened."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What every form is about."""

    dossier: Dossier
    procedure_name: str
    letterhead: Letterhead


def receipt_slip(
    subject: Subject,
    tracking_address: str,
    *,
    papers: Sequence[str] = (),
    sets: int | None = None,
    proxy: str | None = None,
    collect_at: str | None = None,
    book: str | None = None,
    book_number: str | None = None,
) -> bytes:
    """The receipt and appointment slip. Raises NotReceivedYet.

    collect_at: where the applicant gets the result, if not at the desk of the authority.   book, book_number: of the tracking book.
    """
    dossier = subject.dossier
    if dossier.received_at is None:
        raise NotReceivedYet(
            f"Dossier {dossier.code} has not been received, so it has no receipt slip; complete its receipt first.",
            code=dossier.code,
        )
    received_at = dossier.received_at

    def story() -> list[Flowable]:
        lines: list[Flowable] = [
            labelled("Mã hồ sơ", dossier.code),
            labelled("Nơi tiếp nhận", f"{subject.letterhead.desk} – {subject.letterhead.authority}"),
            *_applicant(dossier.applicant),
        ]
        if proxy:
            lines.append(labelled("Người được ủy quyền", proxy))
        slip: list[Flowable] = [
            *page_head(subject.letterhead, under_authority=f"Số: {dossier.code}", place_and_day=local_day(received_at)),
            *heading("GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"),
            Spacer(1, 3 * mm),
            *_beside(lines, _tracking(tracking_address)),
            labelled("Nội dung yêu cầu giải quyết", f"{subject.procedure_name} (mã thủ tục {dossier.procedure_code})"),
            labelled("Hình thức nộp", _CHANNELS[dossier.channel]),
        ]
        if papers:
            slip.append(Paragraph("Thành phần hồ sơ đã nộp:", LINE))
            slip.extend(Paragraph(f"{number}. {plain(paper)}", LINE) for number, paper in enumerate(papers, start=1))
        else:
            slip.append(Paragraph(f"Thành phần hồ sơ đã nộp: {_BLANK * 3}", LINE))
        slip += [
            labelled("Số lượng hồ sơ", f"{_BLANK if sets is None else sets} bộ"),
            labelled(
                "Thời hạn giải quyết theo quy định", limit_in_words(dossier.limit) if dossier.limit else _unknown_limit(dossier)
            ),
            labelled("Tiếp nhận lúc", moment_in_words(received_at)),
            labelled("Hẹn trả kết quả lúc", appointment(dossier)),
            labelled("Nơi trả kết quả", collect_at or f"{subject.letterhead.desk} – {subject.letterhead.authority}"),
            labelled("Vào sổ theo dõi hồ sơ", f"quyển số {book or _BLANK}, số thứ tự {book_number or _BLANK}"),
            Spacer(1, 2 * mm),
            Paragraph(
                "Quét mã ở trên để theo dõi hồ sơ. Xin mang theo giấy này khi đến nhận kết quả."
                + (f" Liên hệ: {plain(subject.letterhead.contact)}." if subject.letterhead.contact else ""),
                SMALL,
            ),
            Spacer(1, 6 * mm),
            TwoSignatures("Người nộp hồ sơ", "Người tiếp nhận hồ sơ"),
        ]
        return slip

    return print_story(f"Giấy tiếp nhận hồ sơ và hẹn trả kết quả {dossier.code}", subject.letterhead.authority, story)


def supplement_request(
    subject: Subject, tracking_address: str, missing: str, *, reason: str | None = None, until_on: date | None = None
) -> bytes:
    """What has to be supplemented, why, by when, and whom to ask."""

    def words() -> list[Flowable]:
        dossier = subject.dossier
        contact = subject.letterhead.contact
        return [
            *_opening(subject, "Sau khi xem xét hồ sơ", tracking_address),
            Paragraph("Để có căn cứ giải quyết, đề nghị ông/bà hoặc tổ chức bổ sung, hoàn thiện các nội dung sau:", INDENTED),
            *_items(missing),
            *([Paragraph(f"Lý do: {plain(reason)}", INDENTED)] if reason else []),
            *([Paragraph(f"Thời hạn bổ sung: đến hết <b>{day_in_words(until_on)}</b>.", INDENTED)] if until_on else []),
            Paragraph(
                "Hồ sơ bổ sung gửi về "
                + plain(f"{subject.letterhead.desk} – {subject.letterhead.authority}")
                + f", ghi rõ mã hồ sơ {plain(dossier.code)}. Thời gian chờ bổ sung không tính vào thời hạn giải quyết."
                + (f" Khi cần hướng dẫn, xin liên hệ {plain(contact)}." if contact else ""),
                INDENTED,
            ),
        ]

    return _letter(subject, "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ", words)


def refusal(subject: Subject, tracking_address: str, reason: str) -> bytes:
    """A dossier that is not taken, or refused on its merits, with the reasons."""
    refused = "giải quyết" if subject.dossier.received_at is not None else "tiếp nhận"

    def words() -> list[Flowable]:
        return [
            *_opening(subject, "Sau khi xem xét hồ sơ", tracking_address),
            Paragraph(f"Cơ quan thông báo <b>từ chối {refused}</b> hồ sơ nêu trên với lý do:", INDENTED),
            *_items(reason),
            Paragraph("Ông/bà hoặc tổ chức có quyền khiếu nại, khởi kiện theo quy định của pháp luật nếu không đồng ý.", INDENTED),
        ]

    return _letter(subject, f"THÔNG BÁO TỪ CHỐI {refused.upper()} HỒ SƠ", words)


def apology(subject: Subject, tracking_address: str, reason: str, new_promise_on: date) -> bytes:
    """The letter that admits a delay and gives one new date."""

    def words() -> list[Flowable]:
        return [
            *_opening(subject, "Cơ quan đang giải quyết hồ sơ", tracking_address),
            labelled("Đã hẹn trả kết quả lúc", appointment(subject.dossier)),
            Paragraph("Đến nay hồ sơ chưa giải quyết xong, với lý do:", INDENTED),
            *_items(reason),
            Paragraph(
                "Cơ quan <b>xin lỗi</b> ông/bà hoặc tổ chức về sự chậm trễ này và hẹn lại việc trả kết quả vào "
                f"<b>{day_in_words(new_promise_on)}</b>.",
                INDENTED,
            ),
        ]

    return _letter(subject, "THƯ XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", words)


def draft_result(subject: Subject, *, decision: str | None = None, title: str | None = None) -> bytes:
    """The result as the officer drafts it, with places for initials, signature, seal, number and date."""

    def words() -> list[Flowable]:
        dossier = subject.dossier
        return [
            Paragraph(f"Căn cứ quy định về chức năng, nhiệm vụ và thẩm quyền của {plain(subject.letterhead.authority)};", INDENTED),
            Paragraph(f"Căn cứ kết quả thẩm định hồ sơ mã số {plain(dossier.code)};", INDENTED),
            Paragraph("Xét đề nghị của:", INDENTED),
            *_applicant(dossier.applicant),
            Spacer(1, 3 * mm),
            *_items(decision or f"Thủ tục “{subject.procedure_name}” theo hồ sơ nêu trên đã được giải quyết theo quy định."),
        ]

    return _letter(subject, title or "KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", words, f"Về việc: {subject.procedure_name}")


def _letter(subject: Subject, title: str, words: Callable[[], list[Flowable]], subtitle: str | None = None) -> bytes:
    """A numbered document signed by the head of the authority."""

    def story() -> list[Flowable]:
        *text, last = words()
        recipients = [subject.dossier.applicant.name, f"Lưu: VT, hồ sơ {subject.dossier.code}"]
        closing = Closing(recipients, subject.letterhead.head, Place.LEADER)
        return [
            *page_head(subject.letterhead, under_authority=None, place_and_day=None),
            *heading(title, subtitle),
            Spacer(1, 2 * mm),
            *text,
            KeepTogether([last, Spacer(1, 8 * mm), closing]),  # a signature never stands alone on a page
        ]

    return print_story(f"{title.capitalize()} {subject.dossier.code}", subject.letterhead.authority, story)


def _opening(subject: Subject, how: str, tracking_address: str) -> list[Flowable]:
    dossier = subject.dossier
    received = f", tiếp nhận lúc {moment_in_words(dossier.received_at)}" if dossier.received_at else ""
    return [
        Paragraph(f"<b>Kính gửi: {plain(dossier.applicant.name)}</b>", INDENTED),
        Spacer(1, 2 * mm),
        Paragraph(
            f"{how} mã số <b>{plain(dossier.code)}</b>{received}, về thủ tục “{plain(subject.procedure_name)}” "
            f"(mã {plain(dossier.procedure_code)}), của:",
            INDENTED,
        ),
        *_beside(_applicant(dossier.applicant), _tracking(tracking_address)),
    ]


def _applicant(applicant: Applicant) -> list[Flowable]:
    person = applicant.kind == "citizen"
    return [
        labelled("Họ và tên" if person else "Tên tổ chức", applicant.name),
        labelled("Số định danh cá nhân" if person else "Mã số", applicant.identifier or NOT_DECLARED),
        labelled("Địa chỉ", applicant.address or NOT_DECLARED),
        labelled("Số điện thoại", applicant.phone or NOT_DECLARED),
        labelled("Thư điện tử", applicant.email or NOT_DECLARED),
    ]


def appointment(dossier: Dossier) -> str:
    """The first promise as it was given; before it is given, the due moment; else why there is none."""
    slip = next((promise.promised_at for promise in dossier.promises if promise.by == "receipt_slip"), dossier.due_at)
    return moment_in_words(slip) if slip is not None else _unknown_limit(dossier)


def _unknown_limit(dossier: Dossier) -> str:
    return f"chưa xác định: {dossier.limit_unknown_because or 'thủ tục chưa công bố thời hạn'}"


def _items(text: str) -> list[Flowable]:
    """One paragraph a line of the text."""
    return [Paragraph(plain(line), INDENTED) for line in text.splitlines() if line.strip()]


def _tracking(address: str) -> list[Flowable]:
    return [TrackingCode(address), Spacer(1, 1 * mm), Paragraph("Tra cứu hồ sơ", SMALL)]


def _beside(lines: list[Flowable], code: list[Flowable]) -> list[Flowable]:
    table = Table([[lines, code]], colWidths=[TEXT_WIDTH - 32 * mm, 32 * mm])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")),
                ("LEFTPADDING", (1, 0), (1, 0), 6 * mm),
            ]
        )
    )
    return [table]
