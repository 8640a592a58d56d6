"""Investment and business: the approval of an investment project, and the registration of a household business."""

from __future__ import annotations

from motcua.bpmn.authored.frame import appraise, begin_with_assignment, finish, one_stop_case, sign_and_seal
from motcua.bpmn.authored.shared_parts import draft
from motcua.bpmn.authored.words import FORM_IS_A_SELECTION, NORMS_ARE_ASSUMED, REFUSE, decided_by_bac_ninh
from motcua.bpmn.authoring import (
    Diagram,
    Trail,
    choice,
    decimal,
    exclusive,
    integer,
    parallel,
    script,
    service_task,
    start,
    text,
    user_task,
)
from motcua.bpmn.elements import Definitions


def investment_approval() -> Definitions:
    return one_stop_case(
        "investment_approval",
        "Chấp thuận chủ trương đầu tư thuộc thẩm quyền của Chủ tịch UBND cấp tỉnh",
        "1.009645",
        application=(
            text("project_name", "Tên dự án"),
            text("investor_name", "Nhà đầu tư"),
            text("project_location", "Địa điểm thực hiện"),
            decimal("land_area_ha", "Diện tích đất (ha)"),
            decimal("capital_vnd", "Vốn đầu tư (đồng)"),
            text("project_objective", "Mục tiêu, quy mô"),
        ),
        processing=_investment_processing(),
        extended_by="shared_extend_department",
        documentation=" ".join(
            (
                "Thời hạn 17 ngày làm việc. Mười hai bước và định mức giờ theo Quyết định 1582/QĐ-UBND ngày 30/11/2025 của "
                "UBND tỉnh Bắc Ninh: 136 giờ, bằng 17 ngày.",
                "Việc lấy ý kiến 7 ngày nằm trong 17 ngày, nên đồng hồ không dừng. (The 7 days of consultation lie within the "
                "limit by the decision, so the clock does not stop.)",
                "Số cơ quan được lấy ý kiến ở đây là hai; thực tế tuỳ dự án. (Two consulted agencies stand for two or more.)",
                "Nhánh bổ sung, từ chối và trả lại là giả định: quyết định chỉ nêu các bước chính. (The branches are assumed.)",
                FORM_IS_A_SELECTION,
            )
        ),
    )


def _investment_processing() -> Diagram:
    forward = user_task(
        "forward_file",
        "Nhận, số hoá và chuyển hồ sơ",
        role="one_stop_desk",
        norm=decided_by_bac_ninh(4, 1),
        act="start_processing",
    )
    assign = user_task(
        "assign_officer",
        "Phân công thụ lý",
        role="division_head",
        norm=decided_by_bac_ninh(2, 2),
        form=(text("assigned_officer", "Chuyên viên được phân công", required=False),),
    )
    trail = Diagram().begin(start("processing_start", "Bắt đầu")).then(forward).then(assign)
    trail = appraise(
        trail,
        name="Kiểm tra hồ sơ, dự thảo văn bản lấy ý kiến",
        norm=decided_by_bac_ninh(4, 3),
        more_fields=(text("questions", "Nội dung xin ý kiến", required=False),),
        agreed="Lấy ý kiến",
    )
    opinions = _ask_opinions(trail)
    return finish(_decide(opinions))


def _ask_opinions(trail: Trail) -> Trail:
    """Steps 4 to 6: the letter, and the agencies' answers side by side."""
    trail = (
        trail.then(
            user_task("review_consultation", "Lãnh đạo phòng soát văn bản", role="division_head", norm=decided_by_bac_ninh(2, 4))
        )
        .then(
            user_task(
                "sign_consultation", "Lãnh đạo sở ký văn bản lấy ý kiến", role="department_leader", norm=decided_by_bac_ninh(4, 5)
            )
        )
        .then(parallel("ask_agencies", "Lấy ý kiến"))
    )
    joined = trail
    for number, ordinal in ((1, "thứ nhất"), (2, "thứ hai")):
        opinion = user_task(
            f"agency_{number}_opinion",
            f"Cơ quan {ordinal} cho ý kiến",
            role="consulted_agency",
            norm=decided_by_bac_ninh(56, 6),
            form=(
                choice(f"opinion_{number}", "Ý kiến", ("support", "Thống nhất"), ("object", "Không thống nhất")),
                text(f"opinion_{number}_text", "Nội dung"),
            ),
        )
        answered = trail.then(opinion)
        if number == 1:
            joined = answered.then(parallel("all_answered", "Đủ ý kiến"))
        else:
            answered.to("all_answered")
    return joined


def _decide(trail: Trail) -> Trail:
    """Steps 7 to 12: the report, its signatures, the decision of the People's Committee, and the desk."""
    report = user_task(
        "write_report",
        "Tổng hợp ý kiến, lập báo cáo thẩm định",
        role="officer",
        norm=decided_by_bac_ninh(16, 7),
        form=(
            choice("decision", "Kết quả thẩm định", ("approve", "Đề nghị chấp thuận"), REFUSE),
            text("refusal_reason", "Lý do từ chối", required=False),
        ),
    )
    trail = trail.then(report).then(exclusive("is_recommended", "Đề nghị chấp thuận?"))
    trail.when('decision == "refuse"', "Từ chối").to("write_refusal")
    review = user_task("review_report", "Lãnh đạo phòng duyệt báo cáo", role="division_head", norm=decided_by_bac_ninh(8, 8))
    submit = user_task("sign_report", "Lãnh đạo sở ký tờ trình", role="department_leader", norm=decided_by_bac_ninh(8, 9))
    issue = user_task(
        "issue_report",
        "Văn thư sở cấp số, phát hành tờ trình",
        role="clerk",
        norm=decided_by_bac_ninh(4, 10),
        form=(text("report_number", "Số, ký hiệu tờ trình"),),
    )
    title = script("set_title", "Đặt tên kết quả", 'result_title = "Quyết định chấp thuận chủ trương đầu tư"')
    decide = user_task(
        "people_committee_decides",
        "UBND tỉnh xem xét, quyết định",
        role="people_committee_leader",
        tier="province",
        norm=decided_by_bac_ninh(24, 11),
        form=(
            choice("leader_decision", "Quyết định", ("sign", "Ký chấp thuận"), ("return", "Trả lại để thẩm định lại")),
            text("document_number", "Số, ký hiệu quyết định", required=False),
        ),
        documentation="Gồm cả việc của văn thư UBND tỉnh, vì quyết định không tách. (Includes the committee's clerk.)",
    )
    trail = trail.otherwise("Đề nghị chấp thuận").then(review).then(submit).then(issue).then(title)
    trail = draft(trail).then(decide).then(exclusive("is_decided", "Ký?"))
    trail.when('leader_decision == "return"', "Trả lại").to("write_report")
    signature = service_task("leader_signature", "Chữ ký số của lãnh đạo", "signing.sign", signer='"leader"', kind='"result"')
    seal = service_task("organisation_seal", "Đóng dấu số của UBND tỉnh", "signing.seal", kind='"result"', number="document_number")
    take_over = user_task("take_over_result", "Một cửa nhận, vào sổ kết quả", role="one_stop_desk", norm=decided_by_bac_ninh(4, 12))
    return trail.otherwise("Ký").then(signature).then(seal).then(take_over)


def household_business() -> Definitions:
    trail = appraise(begin_with_assignment(), name="Thẩm định hồ sơ đăng ký hộ kinh doanh")
    trail = sign_and_seal(trail, "shared_sign_commune", "Giấy chứng nhận đăng ký hộ kinh doanh")
    return one_stop_case(
        "household_business",
        "Đăng ký thành lập hộ kinh doanh",
        "1.001612",
        application=(
            text("business_name", "Tên hộ kinh doanh"),
            text("business_address", "Trụ sở"),
            text("business_lines", "Ngành, nghề kinh doanh"),
            integer("capital_vnd", "Vốn kinh doanh (đồng)"),
            text("tax_number", "Mã số thuế, nếu đã có", required=False),
        ),
        processing=finish(trail),
        desk_enters_fee=True,
        extended_by="shared_extend_commune",
        documentation=" ".join(
            (
                "Thời hạn chưa biết: dữ liệu quốc gia không có thông tin; 3 ngày của một tỉnh khác chỉ là gợi ý. "
                "(The limit is unknown; another province's 3 days are a hint only.)",
                "Lệ phí do Hội đồng nhân dân tỉnh quyết định, số tiền chưa biết: bộ phận một cửa nhập. (The fee is unknown; "
                "the desk enters it.)",
                NORMS_ARE_ASSUMED,
                FORM_IS_A_SELECTION,
            )
        ),
    )
