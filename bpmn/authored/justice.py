"""Justice: the lawyer's practising certificate, the judicial record, and certified copies."""

from __future__ import annotations

from motcua.bpmn.authored.frame import (
    appraise,
    begin,
    begin_with_assignment,
    division_head_reviews,
    finish,
    one_stop_case,
    sign_and_seal,
)
from motcua.bpmn.authored.words import FORM_IS_A_SELECTION, NORMS_ARE_ASSUMED, NORMS_WITHIN_ONE_DAY, SAME_DAY, assumed, median
from motcua.bpmn.authoring import choice, decide, integer, receive, script, text, user_task
from motcua.bpmn.elements import Definitions


def lawyer_certificate() -> Definitions:
    trail = division_head_reviews(appraise(begin_with_assignment()))
    submit = user_task(
        "sign_submission", "Lãnh đạo Sở Tư pháp ký tờ trình", role="department_leader", norm=median("department_leader")
    )
    issue = user_task(
        "issue_submission",
        "Văn thư Sở cấp số, trình UBND tỉnh",
        role="clerk",
        norm=median("clerk"),
        form=(text("submission_number", "Số, ký hiệu tờ trình"),),
    )
    trail = sign_and_seal(trail.then(submit).then(issue), "shared_sign_people_committee", "Chứng chỉ hành nghề luật sư")
    return one_stop_case(
        "lawyer_certificate",
        "Cấp Chứng chỉ hành nghề luật sư (đạt yêu cầu kiểm tra kết quả tập sự)",
        "1.000828",
        application=(
            text("law_degree", "Bằng cử nhân luật: số, nơi cấp"),
            text("probation_organisation", "Tổ chức nhận tập sự"),
            text("examination_result", "Giấy chứng nhận kết quả kiểm tra: số, ngày"),
        ),
        processing=finish(trail),
        fee=script("set_fee", "Phí theo ngày nộp", "fee_vnd = fee_in_force_vnd"),
        extended_by="shared_extend_department",
        documentation=" ".join(
            (
                "Thời hạn 15 ngày làm việc. Sở Tư pháp thẩm định, trình Chủ tịch UBND tỉnh ký.",
                "Phí 400.000 đồng từ 01/7/2025 đến hết 31/12/2026 theo Thông tư 64/2025/TT-BTC, ngoài thời gian đó 800.000 đồng: "
                "quy trình lấy mức theo ngày nộp từ danh mục. (The fee of the day of filing is taken from the catalogue.)",
                NORMS_ARE_ASSUMED,
                FORM_IS_A_SELECTION,
            )
        ),
    )


def judicial_record() -> Definitions:
    ask = user_task(
        "ask_agency",
        "Gửi yêu cầu tra cứu, xác minh",
        role="officer",
        norm=assumed(8, "one working day; no published process is known"),
        form=(text("asked_agency", "Cơ quan được yêu cầu"),),
    )
    reply = receive(
        "await_agency_reply",
        "Chờ kết quả tra cứu, xác minh",
        "agency_replied",
        (
            choice("has_record", "Có án tích", ("no", "Không"), ("yes", "Có")),
            text("reply_text", "Nội dung trả lời", required=False),
        ),
    )
    trail = begin_with_assignment().then(ask).then(reply)
    trail = division_head_reviews(appraise(trail, name="Lập phiếu lý lịch tư pháp"))
    trail = sign_and_seal(trail, "shared_sign_department", "Phiếu lý lịch tư pháp")
    return one_stop_case(
        "judicial_record",
        "Cấp Phiếu lý lịch tư pháp",
        "3.000333",
        application=(
            choice("record_form", "Loại phiếu", ("1", "Phiếu số 1"), ("2", "Phiếu số 2")),
            text("purpose", "Mục đích"),
            text("former_residences", "Nơi cư trú từ khi đủ 14 tuổi"),
        ),
        processing=finish(trail),
        desk_enters_fee=True,
        extended_by="shared_extend_department",
        documentation=" ".join(
            (
                "Thời hạn 10 ngày (ngày lịch, theo đơn vị đã ghi). (10 days, read as calendar days, as the unit is stated.)",
                "Việc chờ cơ quan khác trả lời không dừng đồng hồ, vì không có căn cứ. (Waiting for the other agency does not stop "
                "the clock: no source says so.)",
                "Phí: dữ liệu ghi miễn phí, ghi chú lại dẫn thông tư về mức phí; chưa rõ nên bộ phận một cửa nhập. (The fee is in "
                "conflict; the desk enters it.)",
                NORMS_ARE_ASSUMED,
                FORM_IS_A_SELECTION,
            )
        ),
    )


def certified_copy() -> Definitions:
    trail = appraise(
        begin(),
        name="Đối chiếu bản sao với bản chính",
        role="civil_status_officer",
        norm=assumed(3, SAME_DAY),
        with_supplement=False,
        agreed="Đúng bản chính",
    )
    fee = decide("reckon_fee", "Tính phí theo trang", "certified_copy_fee", ("fee_vnd", "fee_vnd"))
    return one_stop_case(
        "certified_copy",
        "Chứng thực bản sao từ bản chính",
        "2.000815",
        application=(
            text("paper_name", "Tên giấy tờ"),
            integer("pages", "Số trang của một bản"),
            integer("copies", "Số bản"),
        ),
        processing=finish(sign_and_seal(trail, "shared_sign_commune", "Bản sao được chứng thực từ bản chính")),
        fee=fee,
        documentation=" ".join(
            (
                "Trong ngày; nhận sau 15 giờ mà không giải quyết được ngay thì ngày làm việc tiếp theo. "
                "(Same day; after 15:00 the next working day.)",
                "Phí tại UBND cấp xã: 2.000 đồng/trang (trang 1, 2), 1.000 đồng/trang từ trang thứ ba, tối đa 200.000 đồng/bản.",
                NORMS_WITHIN_ONE_DAY,
                FORM_IS_A_SELECTION,
            )
        ),
    )
