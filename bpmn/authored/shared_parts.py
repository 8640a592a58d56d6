"""The parts that many procedures call: receipt, fee, supplement, signing, extension, withdrawal and return of the result.

Each is one process whose id is its file's name. Parts and procedures share one scope of variables; what a part sets for its
caller stands in its documentation.
"""

from __future__ import annotations

from motcua.bpmn.authored.words import TEN_TRIES, assumed, median
from motcua.bpmn.authoring import (
    Diagram,
    Trail,
    act,
    boundary_error,
    boundary_timer,
    call,
    choice,
    day,
    end,
    event_based,
    exclusive,
    integer,
    message,
    parallel,
    script,
    service_task,
    start,
    text,
    timer,
    user_task,
)
from motcua.bpmn.elements import Definitions, FormField, Norm, TimerClock


def shared_parts() -> tuple[Definitions, ...]:
    """Every shared part."""
    return (
        receive_and_check("shared_receive_and_check", "Tiếp nhận và kiểm tra hồ sơ", ()),
        receive_and_check(
            "shared_receive_with_fee",
            "Tiếp nhận, kiểm tra hồ sơ và xác định phí, lệ phí",
            (integer("fee_vnd", "Phí, lệ phí phải nộp (đồng; 0 nếu được miễn)"),),
        ),
        collect_fee(),
        supplement(),
        sign("shared_sign_commune", "Ký, đóng dấu: UBND cấp xã", "commune_leader", _COMMUNE_LEADER, _COMMUNE_CLERK),
        sign(
            "shared_sign_department", "Ký, đóng dấu: sở, ngành", "department_leader", median("department_leader"), median("clerk")
        ),
        sign(
            "shared_sign_people_committee",
            "Ký, đóng dấu: UBND cấp tỉnh",
            "people_committee_leader",
            median("people_committee_leader"),
            median("clerk"),
        ),
        extend("shared_extend_commune", "commune_leader"),
        extend("shared_extend_department", "department_leader"),
        withdraw(),
        return_result(),
    )


_COMMUNE_LEADER = assumed(2, "no median for commune leaders is known; small enough for procedures of one day")
_COMMUNE_CLERK = assumed(1, "less than the median of 4 hours, so that procedures of one day fit into 8 hours")


def receive_and_check(id: str, name: str, fee_fields: tuple[FormField, ...]) -> Definitions:
    diagram = Diagram()
    form = (
        choice("completeness", "Kết quả kiểm tra", ("accept", "Đủ, hợp lệ: tiếp nhận"), ("decline", "Không tiếp nhận")),
        text("decline_reason", "Lý do không tiếp nhận", required=False),
        *fee_fields,
    )
    norm = assumed(
        8, "an online dossier is checked within 8 working hours, by one secondary source; before receipt, so outside the limit"
    )
    check = user_task("check_completeness", "Kiểm tra thành phần hồ sơ", role="one_stop_desk", norm=norm, form=form)
    diagram.begin(start("start", "Có hồ sơ nộp")).then(check).then(exclusive("is_complete", "Đủ điều kiện tiếp nhận?"))
    diagram.on("is_complete").otherwise("Đủ").then(exclusive("has_fee", "Phải nộp phí?"))
    _received(diagram.on("has_fee").otherwise("Không"))
    paid = diagram.on("has_fee").when("fee_vnd > 0", "Có").then(call("collect_fee", "Thu phí, lệ phí", "shared_collect_fee"))
    paid.then(exclusive("is_paid", "Đã nộp?")).when("fee_paid", "Đã nộp").to("receive")
    unpaid = diagram.on("is_paid").otherwise("Không nộp")
    unpaid.then(script("give_unpaid_as_reason", "Ghi lý do", 'decline_reason = "Chưa nộp phí, lệ phí"')).then(
        service_task("write_decline", "Lập phiếu từ chối tiếp nhận", "documents.refusal", reason="decline_reason")
    ).then(act("decline", "Không tiếp nhận")).then(script("set_not_received", "Ghi: không tiếp nhận", "received = False")).then(
        end("declined", "Không tiếp nhận")
    )
    diagram.on("is_complete").when('completeness == "decline"', "Không đủ").to("write_decline")
    return diagram.process(
        id,
        name,
        documentation=(
            "Cán bộ một cửa kiểm tra, thu phí nếu có, tiếp nhận hoặc từ chối tiếp nhận. Kết quả: received (True hoặc False). "
            "Cần biến fee_vnd (đồng)" + (", do bộ phận một cửa nhập." if fee_fields else ", do quy trình gọi đặt trước.")
        ),
    )


def _received(trail: Trail) -> None:
    trail.then(act("receive", "Tiếp nhận hồ sơ")).then(script("set_received", "Ghi: đã tiếp nhận", "received = True")).then(
        service_task("write_receipt_slip", "Lập giấy tiếp nhận, hẹn trả kết quả", "documents.receipt_slip")
    ).then(end("accepted", "Đã tiếp nhận"))


def collect_fee() -> Definitions:
    diagram = Diagram()
    collect = service_task(
        "collect_payment",
        "Thu qua nền tảng thanh toán",
        "payment.collect",
        amount_vnd="fee_vnd",
        purpose='"Phí, lệ phí thủ tục hành chính"',
        outputs=(("payment_reference", "payment_reference"), ("transaction_no", "transaction_no")),
        documentation="Chờ nền tảng thanh toán báo kết quả. (Waits for the gateway's call-back.)",
    )
    diagram.begin(start("start", "Có phí phải nộp")).then(act("ask_payment", "Yêu cầu nộp phí")).then(collect).then(
        script("set_paid", "Ghi: đã nộp", "fee_paid = True")
    ).then(end("paid", "Đã nộp phí"))
    remind = user_task(
        "remind_to_pay",
        "Nhắc nộp phí",
        role="one_stop_desk",
        norm=median("one_stop_desk"),
        form=(choice("payment_reminder", "Xử lý", ("remind", "Nhắc và chờ thêm"), ("stop", "Thôi chờ")),),
    )
    late = boundary_timer(
        "payment_late", "Quá hạn nộp phí", "collect_payment", "15 working days", TimerClock.APPLICANT, interrupting=True
    )
    diagram.add(late).then(remind).then(exclusive("wait_longer", "Chờ thêm?")).when('payment_reminder == "remind"', "Chờ thêm").to(
        "collect_payment"
    )
    refused = boundary_error("payment_refused", "Cổng thanh toán từ chối", "collect_payment", "PAYMENT_REFUSED")
    diagram.add(refused).to("remind_to_pay")
    diagram.on("wait_longer").otherwise("Thôi").then(script("set_unpaid", "Ghi: không nộp", "fee_paid = False")).then(
        end("unpaid", "Không nộp phí")
    )
    return diagram.process(
        "shared_collect_fee",
        "Thu phí, lệ phí",
        documentation=(
            "Thu số tiền fee_vnd (đồng). Kết quả: fee_paid (True hoặc False). Thời hạn 15 ngày làm việc để nộp là giả định, "
            "chưa có căn cứ. (The term of 15 working days to pay is assumed.)"
        ),
    )


def supplement() -> Definitions:
    diagram = Diagram()
    diagram.begin(start("start", "Hồ sơ cần bổ sung")).then(act("ask_supplement", "Yêu cầu bổ sung")).then(
        service_task("write_supplement_request", "Lập phiếu yêu cầu bổ sung", "documents.supplement_request", missing="missing")
    ).then(event_based("wait_for_supplement", "Chờ bổ sung"))
    note = text("supplement_note", "Nội dung đã bổ sung", required=False)
    diagram.on("wait_for_supplement").then(
        message("supplement_received", "Nhận hồ sơ bổ sung", "supplement_received", (note,), act="take_supplement")
    ).then(script("set_supplemented", "Ghi: đã bổ sung", "supplemented = True")).then(end("supplemented_end", "Đã bổ sung"))
    diagram.on("wait_for_supplement").then(
        timer("supplement_term_over", "Hết hạn bổ sung", "15 working days", TimerClock.APPLICANT)
    ).then(script("set_unsupplemented", "Ghi: không bổ sung", "supplemented = False")).then(
        end("unsupplemented_end", "Không bổ sung")
    )
    return diagram.process(
        "shared_supplement",
        "Yêu cầu bổ sung hồ sơ",
        documentation=(
            "Yêu cầu bổ sung một lần, đủ, có lý do (biến missing); đồng hồ của cơ quan dừng từ khi yêu cầu đến khi nhận bổ sung. "
            "Kết quả: supplemented (True hoặc False). Hạn 15 ngày làm việc để bổ sung theo một nghị định; ngành khác có thể khác. "
            "(The applicant's term of 15 working days is that of one decree; other sectors may differ.)"
        ),
    )


def sign(id: str, name: str, leader_role: str, leader_norm: Norm, clerk_norm: Norm) -> Definitions:
    diagram = Diagram()
    drafted = draft(diagram.begin(start("start", "Kết quả đã được đồng ý")))
    leader = user_task(
        "leader_signs",
        "Lãnh đạo duyệt, ký kết quả",
        role=leader_role,
        norm=leader_norm,
        form=(
            choice("leader_decision", "Ý kiến", ("sign", "Ký"), ("return", "Trả lại để thẩm định lại")),
            text("leader_note", "Ghi chú", required=False),
        ),
    )
    drafted.then(leader).then(exclusive("leader_agrees", "Ký?"))
    sealed = seal(diagram.on("leader_agrees").otherwise("Ký"), clerk_norm)
    sealed.then(script("set_signed", "Ghi: đã ký", "signed = True")).then(end("signed_end", "Đã ký, đóng dấu"))
    diagram.on("leader_agrees").when('leader_decision == "return"', "Trả lại").then(
        script("set_not_signed", "Ghi: trả lại", "signed = False")
    ).then(end("returned_end", "Trả lại thẩm định"))
    return diagram.process(
        id,
        name,
        documentation=(
            "Dự thảo, chuyên viên ký, lãnh đạo ký, văn thư cấp số và đóng dấu. Cần các biến decision và result_title. "
            "Kết quả: signed (False khi lãnh đạo trả lại). Định mức giờ là giả định. (Norm hours are assumed.)"
        ),
    )


def draft(trail: Trail) -> Trail:
    """The result is drafted, and the officer signs the draft."""
    return trail.then(service_task("draft_result", "Dự thảo kết quả", "documents.draft_result", title="result_title")).then(
        service_task("officer_signature", "Chữ ký số của chuyên viên", "signing.sign", signer='"officer"', kind='"result"')
    )


def seal(trail: Trail, clerk_norm: Norm) -> Trail:
    """The leader's signature, the clerk's number, the organisation's seal."""
    number = user_task(
        "number_document",
        "Văn thư cấp số, vào sổ",
        role="clerk",
        norm=clerk_norm,
        form=(text("document_number", "Số, ký hiệu văn bản"),),
    )
    return (
        trail.then(service_task("leader_signature", "Chữ ký số của lãnh đạo", "signing.sign", signer='"leader"', kind='"result"'))
        .then(number)
        .then(
            service_task("organisation_seal", "Đóng dấu số của cơ quan", "signing.seal", kind='"result"', number="document_number")
        )
    )


def extend(id: str, role: str) -> Definitions:
    diagram = Diagram()
    decide = user_task(
        "decide_extension",
        "Quyết định xin lỗi, hẹn lại ngày trả",
        role=role,
        norm=assumed(4, "half a working day: the letter must leave before the limit's last day"),
        form=(
            choice("extension_decision", "Quyết định", ("extend", "Xin lỗi và hẹn lại"), ("keep", "Giữ ngày hẹn")),
            text("extension_reason", "Lý do chậm", required=False),
            day("new_promise_on", "Ngày hẹn mới", required=False),
        ),
    )
    diagram.begin(start("start", "Sắp đến hạn")).then(decide).then(exclusive("is_extended", "Hẹn lại?"))
    diagram.on("is_extended").otherwise("Giữ ngày hẹn").then(end("kept", "Giữ ngày hẹn"))
    diagram.on("is_extended").when('extension_decision == "extend"', "Hẹn lại").then(act("extend", "Hẹn lại ngày trả")).then(
        service_task(
            "write_apology",
            "Lập thư xin lỗi",
            "documents.apology",
            reason="extension_reason",
            new_promise_on="new_promise_on",
        )
    ).then(end("extended", "Đã hẹn lại"))
    lapsed = boundary_timer("extension_lapsed", "Hết thời gian hẹn lại", "decide_extension", "8 hours", interrupting=True)
    diagram.add(lapsed).then(end("too_late", "Giữ ngày hẹn"))
    return diagram.process(
        id,
        "Xin lỗi và hẹn lại ngày trả kết quả",
        documentation=(
            "Người đứng đầu quyết định; nhiều nhất một lần, muộn nhất một ngày trước khi hết hạn, nên việc này tự hết sau một ngày "
            "làm việc. (At most once, and no later than one day before the due date: the task lapses after a working day.)"
        ),
    )


def withdraw() -> Definitions:
    diagram = Diagram()
    confirm = user_task(
        "confirm_withdrawal",
        "Xác nhận việc rút hồ sơ",
        role="one_stop_desk",
        norm=median("one_stop_desk"),
        form=(
            choice("withdrawal_confirmed", "Xác nhận", ("confirm", "Người nộp rút hồ sơ")),
            text("withdrawal_note", "Ghi chú", required=False),
        ),
    )
    diagram.begin(start("start", "Người nộp xin rút")).then(act("ask_withdrawal", "Ghi nhận yêu cầu rút")).then(confirm).then(
        act("withdraw", "Dừng vì rút hồ sơ")
    ).then(end("withdrawn_end", "Đã rút"))
    return diagram.process(
        "shared_withdraw", "Rút hồ sơ", documentation="Người nộp rút hồ sơ; bộ phận một cửa xác nhận và dừng hồ sơ."
    )


def return_result() -> Definitions:
    diagram = Diagram()
    hand_over = user_task(
        "hand_over_result",
        "Trả kết quả",
        role="one_stop_desk",
        form=(text("collected_by", "Người nhận kết quả", required=False),),
        act="return",
        documentation="Không tính vào thời hạn; thường không có định mức. (Returning the result is usually not timed.)",
    )
    publish = service_task(
        "publish_result",
        "Gửi kết quả lên Cổng dịch vụ công quốc gia",
        "national_portal.publish_result",
        kind='"result"',
        retry=TEN_TRIES,
    )
    diagram.begin(start("start", "Đã có kết quả")).then(parallel("both")).then(hand_over).then(parallel("both_done")).then(
        end("returned", "Đã trả kết quả")
    )
    diagram.on("both").then(publish).to("both_done")
    return diagram.process(
        "shared_return_result", "Trả kết quả", documentation="Trả kết quả tại quầy và gửi lên Cổng dịch vụ công quốc gia cùng lúc."
    )
