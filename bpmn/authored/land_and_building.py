"""Land and building: the permit for a small building, and the renewal of a land certificate around the tax payment."""

from __future__ import annotations

from motcua.bpmn.authored.frame import appraise, begin_with_assignment, division_head_reviews, finish, one_stop_case, sign_and_seal
from motcua.bpmn.authored.words import FORM_IS_A_SELECTION, NORMS_ARE_ASSUMED, assumed, median
from motcua.bpmn.authoring import choice, day, decimal, integer, receive, text, user_task
from motcua.bpmn.elements import ClockStop, Definitions

_IN_FIVE_DAYS = assumed(12, "less than the median of 16 hours, so that all steps fit into the shortest case of 5 working days")


def building_permit() -> Definitions:
    check_site = user_task(
        "check_site",
        "Kiểm tra thực địa",
        role="officer",
        norm=median("officer"),
        form=(day("site_checked_on", "Ngày kiểm tra"), text("site_findings", "Kết quả kiểm tra thực địa")),
        documentation="Đồng hồ không dừng: chưa có căn cứ. (The clock does not stop: no source of the sector says so.)",
    )
    trail = division_head_reviews(appraise(begin_with_assignment().then(check_site)))
    trail = sign_and_seal(trail, "shared_sign_commune", "Giấy phép xây dựng")
    return one_stop_case(
        "building_permit",
        "Cấp giấy phép xây dựng mới: công trình cấp III, cấp IV và nhà ở riêng lẻ",
        "1.013225",
        application=(
            choice("building_kind", "Loại công trình", ("grade_3_or_4", "Công trình cấp III, cấp IV"), ("house", "Nhà ở riêng lẻ")),
            text("building_site", "Địa điểm xây dựng"),
            text("plot_papers", "Giấy tờ về quyền sử dụng đất"),
            decimal("floor_area_m2", "Tổng diện tích sàn (m²)"),
            integer("storeys", "Số tầng"),
        ),
        processing=finish(trail),
        desk_enters_fee=True,
        extended_by="shared_extend_commune",
        documentation=" ".join(
            (
                "Thời hạn 20 hoặc 15 ngày theo trường hợp chưa được nêu tên; phải chọn trường hợp khi tiếp nhận. Đơn vị ghi "
                "là ngày, hiểu là ngày lịch. (20 or 15 days, by unnamed cases; no default; read as calendar days.)",
                "Kiểm tra thực địa không dừng đồng hồ vì không có căn cứ. (The on-site check does not stop the clock.)",
                "Lệ phí theo Hội đồng nhân dân tỉnh, số tiền chưa biết: bộ phận một cửa nhập. "
                "(The fee is unknown; the desk enters it.)",
                NORMS_ARE_ASSUMED,
                FORM_IS_A_SELECTION,
            )
        ),
    )


def land_certificate_renewal() -> Definitions:
    trail = appraise(
        begin_with_assignment(tier="province"),
        name="Kiểm tra hồ sơ, trích lục bản đồ",
        tier="province",
        norm=_IN_FIVE_DAYS,
        agreed="Đủ điều kiện",
    )
    send = user_task(
        "send_to_tax",
        "Chuyển thông tin xác định nghĩa vụ tài chính",
        role="officer",
        tier="province",
        norm=assumed(4, "half a working day; no published process of this procedure is known"),
        form=(text("tax_transfer_number", "Số phiếu chuyển thông tin"),),
    )
    paid = receive(
        "await_tax_payment",
        "Chờ người nộp thuế, phí đất đai",
        "tax_paid",
        (text("tax_receipt_number", "Số chứng từ nộp"), day("tax_paid_on", "Ngày nộp")),
        stops=ClockStop(
            "tax_payment",
            "land procedures run in two stages around the payment of taxes, which is off the clock (published internal processes)",
        ),
    )
    update = user_task(
        "update_land_records",
        "Chỉnh lý hồ sơ địa chính, in Giấy chứng nhận",
        role="officer",
        tier="province",
        norm=assumed(4, "half a working day, so that all steps fit into the shortest case of 5 working days"),
        form=(text("certificate_serial", "Số phát hành Giấy chứng nhận"),),
    )
    trail = division_head_reviews(trail.then(send).then(paid).then(update), back_to="update_land_records", tier="province")
    trail = sign_and_seal(trail, "shared_sign_department", "Giấy chứng nhận quyền sử dụng đất", back_to="update_land_records")
    return one_stop_case(
        "land_certificate_renewal",
        "Cấp đổi Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
        "1.012783",
        application=(
            text("old_certificate", "Giấy chứng nhận đã cấp: số phát hành, số vào sổ"),
            text("plot", "Thửa đất số, tờ bản đồ số"),
            text("plot_address", "Địa chỉ thửa đất"),
            text("renewal_reason", "Lý do cấp đổi"),
        ),
        processing=finish(trail),
        desk_enters_fee=True,
        extended_by="shared_extend_department",
        documentation=" ".join(
            (
                "Ba trường hợp chưa được nêu tên: 15, 20 và 5 ngày làm việc; phải chọn khi tiếp nhận, không có mặc định. "
                "(Three unnamed cases; no default.)",
                "Hai giai đoạn quanh việc nộp nghĩa vụ tài chính; thời gian nộp không tính vào thời hạn. (The citizen's payment of "
                "taxes is off the clock.)",
                "Phí theo Luật phí và lệ phí, số tiền chưa biết: bộ phận một cửa nhập. (The fee is unknown; the desk enters it.)",
                NORMS_ARE_ASSUMED,
                FORM_IS_A_SELECTION,
            )
        ),
    )
