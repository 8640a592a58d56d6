"""The words of the pages: what the records call by a code, in the Vietnamese that officers and citizens read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from motcua.engine.calendars import VIETNAM
from motcua.engine.event_log import Event
from motcua.engine.values import Value
from motcua.procedures_catalog.roles import ROLES

STATUS = {
    "filed": "Mới nộp",
    "received": "Đã tiếp nhận",
    "not_accepted": "Không tiếp nhận",
    "in_process": "Đang giải quyết",
    "supplement_requested": "Chờ bổ sung",
    "payment_requested": "Chờ nộp phí, lệ phí",
    "withdrawal_requested": "Công dân xin rút",
    "stopped": "Đã dừng",
    "processed": "Đã có kết quả",
    "returned": "Đã trả kết quả",
}
ENDING = {
    "returned": "Đã trả kết quả",
    "not_accepted": "Không được tiếp nhận",
    "refused": "Từ chối giải quyết, có lý do",
    "withdrawn": "Người nộp xin rút",
    "unsupplemented": "Hết hạn mà không bổ sung",
    "stopped": "Dừng vì lý do khác",
}
TIER = {"province": "Cấp tỉnh", "commune": "Cấp xã", "district": "Cấp huyện"}
CHANNEL = {"direct": "Trực tiếp", "online": "Trực tuyến", "post": "Bưu chính"}
APPLICANT_KIND = {
    "citizen": "Công dân",
    "business": "Doanh nghiệp",
    "state_body": "Cơ quan nhà nước",
    "organisation": "Tổ chức khác",
}
DOCUMENT = {
    "receipt_slip": "Giấy tiếp nhận và hẹn trả kết quả",
    "supplement_request": "Phiếu yêu cầu bổ sung",
    "refusal": "Văn bản từ chối",
    "apology": "Phiếu xin lỗi và hẹn lại ngày trả",
    "draft_result": "Dự thảo kết quả",
    "result": "Kết quả giải quyết",
}
CALL_STATE = {
    "queued": "Đang chờ gọi",
    "running": "Đang gọi",
    "waiting": "Chờ trả lời",
    "done": "Xong",
    "failed": "Bị từ chối",
    "incident": "Sự cố",
    "cancelled": "Đã huỷ",
}
CAUSE = {
    "supplement": "bổ sung hồ sơ",
    "tax_payment": "nộp nghĩa vụ tài chính",
    "verification": "xác minh",
    "consultation": "lấy ý kiến",
    "on_site_check": "kiểm tra thực địa",
}
PROMISE = {"receipt_slip": "giấy tiếp nhận", "apology_letter": "phiếu xin lỗi"}
ACT = {
    "receive": "Tiếp nhận hồ sơ",
    "start_processing": "Bắt đầu giải quyết",
    "ask_payment": "Yêu cầu nộp phí, lệ phí",
    "ask_supplement": "Yêu cầu bổ sung",
    "take_supplement": "Nhận bổ sung",
    "ask_withdrawal": "Công dân xin rút hồ sơ",
    "extend": "Xin lỗi và hẹn lại",
    "process": "Có kết quả giải quyết",
    "return": "Trả kết quả",
    "decline": "Không tiếp nhận",
    "refuse": "Từ chối giải quyết",
    "withdraw": "Rút hồ sơ",
    "close_unsupplemented": "Dừng vì không bổ sung",
    "stop": "Dừng giải quyết",
}
LIMIT_STATE = {
    "known": "Đã rõ",
    "sector_rule": "Theo quy định của ngành; dữ liệu quốc gia chưa nêu",
    "differs_by_case": "Khác nhau theo từng trường hợp; phải chọn trường hợp khi nộp",
    "conflict": "Mâu thuẫn giữa các nguồn; chưa dùng cho đến khi có người quyết định",
    "placeholder": "Dữ liệu quốc gia chỉ có số giữ chỗ; chưa rõ",
    "unknown": "Chưa rõ",
}
FEE_STATE = {
    "free": "Không thu",
    "dated": "Theo mức ghi dưới đây",
    "by_quantity": "Tính theo số lượng trong đơn",
    "conflict": "Mâu thuẫn giữa các nguồn",
    "unknown": "Chưa rõ",
}
COUNTING = {"next_day": "Không tính ngày tiếp nhận", "from_receipt": "Tính từ phút tiếp nhận, 8 giờ một ngày"}
SUPPLEMENT = {"resume": "Tính tiếp phần còn lại", "restart": "Tính lại từ đầu"}
_EVENT = {
    "opened": "Nộp hồ sơ",
    "status_changed": "Chuyển trạng thái",
    "task_opened": "Giao việc",
    "task_completed": "Hoàn thành việc",
    "task_cancelled": "Huỷ việc",
    "task_claimed": "Nhận việc",
    "task_delegated": "Chuyển việc",
    "act": "Bước pháp lý",
    "due_changed": "Đặt hạn trả",
    "promised": "Hẹn trả",
    "timer_fired": "Đến giờ hẹn của quy trình",
    "timer_never_due": "Giờ hẹn không đặt được vì chưa rõ thời hạn",
    "message_received": "Nhận tin từ bên ngoài",
    "message_delivered": "Chuyển tin vào quy trình",
    "message_expired": "Tin hết hạn, không ai nhận",
    "message_refused": "Tin không hợp lệ",
    "service_asked": "Yêu cầu hệ thống ngoài",
    "service_done": "Hệ thống ngoài đã làm xong",
    "service_waiting": "Hệ thống ngoài đã nhận, chờ trả lời",
    "service_failed": "Hệ thống ngoài từ chối",
    "service_cancelled": "Huỷ yêu cầu",
    "call_failed": "Gọi không được, sẽ gọi lại",
    "incident": "Sự cố, chờ người vận hành",
    "incident_retried": "Gọi lại sau sự cố",
    "document_added": "Thêm giấy tờ",
    "payment_booked": "Ghi nhận khoản thu",
    "exception_recorded": "Ghi nhận ngoại lệ",
    "clock_paused": "Tạm dừng tính thời hạn",
    "clock_resumed": "Tính tiếp thời hạn",
    "signal_thrown": "Phát tín hiệu",
    "signal_caught": "Nhận tín hiệu",
    "condition_met": "Điều kiện đã thoả",
    "error_caught": "Xử lý lỗi nghiệp vụ",
    "escalation_thrown": "Báo lên cấp trên",
    "escalation_caught": "Tiếp nhận báo cáo lên cấp trên",
    "transaction_cancelled": "Huỷ giao dịch",
    "suspended": "Tạm ngừng xử lý vì lý do kỹ thuật",
    "resumed": "Tiếp tục xử lý",
    "data_corrected": "Đính chính dữ liệu",
    "token_moved": "Chuyển bước xử lý",
    "draft_shortened": "Bản nháp mất mục mà biểu mẫu mới không có",
    "migrated": "Chuyển sang phiên bản quy trình khác",
    "payment_ignored": "Bỏ qua thông báo thanh toán",
    "closed": "Đóng hồ sơ",
}


def event_title(event: Event) -> str:
    """What happened, in a few words; an event of a kind without words is shown by its code."""
    return _EVENT.get(event.kind, event.kind)


def event_detail(event: Event, activities: Mapping[str, str]) -> str:
    """What it was about, from facts that name no person. `activities`: id → name."""
    facts = event.facts
    words = {
        "status_changed": (STATUS, "status"),
        "act": (ACT, "act"),
        "exception_recorded": (ACT, "act"),
        "task_opened": (ROLES, "role"),
        "document_added": (DOCUMENT, "kind"),
        "clock_paused": (CAUSE, "cause"),
        "clock_resumed": (CAUSE, "cause"),
        "closed": (ENDING, "ending"),
        "promised": (PROMISE, "by"),
    }
    parts = []
    if event.kind in words:
        table, name = words[event.kind]
        said = str(facts.get(name, ""))
        parts.append(table.get(said, said))
    if event.kind == "promised":
        parts.append(plain_value(facts.get("promised_at")))
    if event.kind == "due_changed":
        parts.append(plain_value(facts.get("new")))
    activity = str(facts.get("activity_id") or "")
    if activity and event.kind != "act":
        parts.append(activities.get(activity, activity))
    parts += [
        str(facts[name])
        for name in ("operation", "message", "code", "assignee", "author", "reason", "legal_basis", "why", "error")
        if facts.get(name)
    ]
    return " · ".join(part for part in parts if part)


def plain_value(value: Value) -> str:
    """A value of a variable as a person reads it."""
    if value is None:
        return "(trống)"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list):
        return "; ".join(plain_value(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {plain_value(item)}" for name, item in value.items())
    return str(value)


def instant(at: datetime | None) -> str:
    """ "08:30 02/03/2026", local time."""
    return "chưa có" if at is None else f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def day(on: date | None) -> str:
    """ "02/03/2026"."""
    return "chưa có" if on is None else f"{on:%d/%m/%Y}"


def vnd(amount: int) -> str:
    """ "150.000 đồng"."""
    return f"{amount:,}".replace(",", ".") + " đồng"
