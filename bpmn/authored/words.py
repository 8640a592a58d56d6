"""What the models have in common: norms with their sources, the answers of an appraisal, and notes on what is assumed."""

from __future__ import annotations

from typing import Final

from motcua.bpmn.authoring import choice, day, text
from motcua.bpmn.elements import FormField, Norm, Retry

MEDIAN_HOURS: Final = {
    "one_stop_desk": 4.0,
    "officer": 16.0,
    "division_head": 4.0,
    "department_leader": 8.0,
    "clerk": 4.0,
    "consulted_agency": 40.0,
    "people_committee_leader": 28.0,
}
"""Median working hours of a step by role, over 78 published internal processes with four or more timed steps each."""


def median(role: str) -> Norm:
    """The median norm of a role; assumed, because no decision for this procedure is known."""
    return Norm(MEDIAN_HOURS[role], "assumed", f"median of {role} over 78 published internal processes")


def assumed(hours: float, reason: str) -> Norm:
    return Norm(hours, "assumed", reason)


def decided_by_bac_ninh(hours: float, step: int) -> Norm:
    """The norm that Bắc Ninh decided for 1.009645."""
    return Norm(hours, "decision", f"1582/QĐ-UBND, Tỉnh Bắc Ninh, 30/11/2025, step {step}")


SAME_DAY: Final = "a share of one working day of 8 hours"

TEN_TRIES: Final = Retry(10, 60, 2)

APPROVE: Final = ("approve", "Đồng ý, trình kết quả")
REFUSE: Final = ("refuse", "Từ chối giải quyết")
SUPPLEMENT: Final = ("supplement", "Yêu cầu bổ sung hồ sơ (một lần)")


def appraisal_form(*, with_supplement: bool = True) -> tuple[FormField, ...]:
    """The decision, and the reasons that it needs; the last two are for a second supplement request, which needs an exception."""
    reason = text("refusal_reason", "Lý do từ chối", required=False)
    if not with_supplement:
        return choice("decision", "Kết quả thẩm định", APPROVE, REFUSE), reason
    missing = text("missing", "Giấy tờ, nội dung cần bổ sung và lý do", required=False)
    exception = (
        text("exception_reason", "Yêu cầu bổ sung lần nữa: lý do ngoại lệ", required=False),
        text("exception_basis", "Yêu cầu bổ sung lần nữa: căn cứ pháp lý", required=False),
    )
    return choice("decision", "Kết quả thẩm định", APPROVE, SUPPLEMENT, REFUSE), missing, reason, *exception


def review_form() -> tuple[FormField, ...]:
    return (
        choice("review", "Ý kiến", ("agree", "Đồng ý trình ký"), ("return", "Trả lại để thẩm định lại")),
        text("review_note", "Ghi chú", required=False),
    )


def child_form() -> tuple[FormField, ...]:
    return (
        text("child_name", "Họ, chữ đệm, tên của trẻ"),
        day("child_born_on", "Ngày sinh"),
        choice("child_sex", "Giới tính", ("female", "Nữ"), ("male", "Nam")),
        text("birth_place", "Nơi sinh"),
        text("mother_name", "Họ tên mẹ", required=False),
        text("father_name", "Họ tên cha", required=False),
    )


FORM_IS_A_SELECTION: Final = (
    "Các trường của đơn là một lựa chọn để chạy quy trình, không thay tờ khai theo mẫu. "
    "(The fields of the application are a working selection; the statutory form is not reproduced.)"
)
NORMS_ARE_ASSUMED: Final = (
    "Định mức giờ của từng bước là giả định (trung vị theo vai trò), vì chưa biết quyết định phê duyệt quy trình nội bộ. "
    "(Norm hours are assumed: no published internal process of this procedure is known.)"
)
NORMS_WITHIN_ONE_DAY: Final = (
    "Định mức giờ của từng bước là giả định, chia trong một ngày làm việc 8 giờ. "
    "(Norm hours are assumed: shares of one working day.)"
)
