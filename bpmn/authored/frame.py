"""The frame that all procedures share: receipt at the desk, processing inside a sub-process, return at the desk.

    desk        start → receive → received? ─────────────────────→ outcome? → return result → end
    authority                     └→ [ processing ] ─────────────→
                                       ├ withdrawal requested (interrupts) → withdraw → end
                                       └ 1 working day before due          → extend   → end

A procedure writes only its processing, from the steps below; each step function takes a trail and gives one back.
"""

from __future__ import annotations

from collections.abc import Iterable

from motcua.bpmn.authored.words import REFUSE, appraisal_form, median, review_form
from motcua.bpmn.authoring import (
    Diagram,
    Trail,
    act,
    boundary_message,
    boundary_timer,
    call,
    end,
    exclusive,
    script,
    service_task,
    start,
    sub_process,
    text,
    user_task,
)
from motcua.bpmn.elements import Definitions, FormField, Node, Norm

DESK_LANE = "Bộ phận một cửa"
AUTHORITY_LANE = "Cơ quan giải quyết"


def one_stop_case(
    process_id: str,
    name: str,
    code: str,
    *,
    application: Iterable[FormField],
    processing: Diagram,
    documentation: str,
    fee: Node | None = None,
    desk_enters_fee: bool = False,
    extended_by: str | None = None,
) -> Definitions:
    """The whole model of a procedure.

    fee: a task without people that sets `fee_vnd` before receipt; without one, and unless the desk enters it, there is no fee.
    extended_by: the shared part of the extension, for limits of three days and more.
    """
    diagram = Diagram()
    diagram.lane(DESK_LANE)
    trail = diagram.begin(start("start", "Nộp hồ sơ", application))
    if fee:
        trail = trail.then(fee)
    if desk_enters_fee:
        receipt = call("receive_and_check", "Tiếp nhận, kiểm tra, xác định phí", "shared_receive_with_fee")
    elif fee:
        receipt = call("receive_and_check", "Tiếp nhận và kiểm tra", "shared_receive_and_check")
    else:
        receipt = call("receive_and_check", "Tiếp nhận và kiểm tra", "shared_receive_and_check", fee_vnd="0")
    trail.then(receipt).then(exclusive("is_received", "Đã tiếp nhận?")).otherwise("Không").then(
        end("not_received", "Không tiếp nhận")
    )
    diagram.lane(AUTHORITY_LANE)
    done = diagram.on("is_received").when("received", "Có").then(sub_process("processing", "Giải quyết", processing))
    diagram.add(_withdrawal("withdrawal_requested", "processing")).then(call("withdraw", "Rút hồ sơ", "shared_withdraw")).then(
        end("withdrawn", "Đã rút hồ sơ")
    )
    if extended_by:
        diagram.add(
            boundary_timer("due_soon", "Một ngày làm việc trước hạn", "processing", "1 working day before due", interrupting=False)
        ).then(call("extend", "Xin lỗi, hẹn lại", extended_by)).then(end("extension_handled", "Đã xử lý việc hẹn lại"))
    diagram.lane(DESK_LANE)
    diagram.add(_withdrawal("withdrawn_before_receipt", "receive_and_check")).to("withdraw")
    done.then(exclusive("has_result", "Kết quả?")).when('outcome == "approved"', "Được giải quyết").then(
        call("return_result", "Trả kết quả", "shared_return_result")
    ).then(end("finished", "Đã trả kết quả"))
    diagram.on("has_result").otherwise("Dừng giải quyết").then(end("stopped", "Đã dừng"))
    return diagram.process(process_id, name, documentation=documentation, procedure_code=code)


def _withdrawal(id: str, attached_to: str) -> Node:
    form = (text("withdrawal_reason", "Lý do rút", required=False),)
    return boundary_message(id, "Người nộp xin rút hồ sơ", attached_to, "withdrawal_requested", form, interrupting=True)


def begin() -> Trail:
    """Processing begins without an assignment: the status says so at once."""
    return Diagram().begin(start("processing_start", "Bắt đầu")).then(act("start_processing", "Bắt đầu giải quyết"))


def begin_with_assignment(norm: Norm | None = None, *, tier: str | None = None) -> Trail:
    """A division head assigns the dossier to an officer; with that, processing has begun."""
    assign = user_task(
        "assign_officer",
        "Phân công thụ lý",
        role="division_head",
        tier=tier,
        norm=norm or median("division_head"),
        form=(text("assigned_officer", "Chuyên viên được phân công", required=False),),
        act="start_processing",
    )
    return Diagram().begin(start("processing_start", "Bắt đầu")).then(assign)


def appraise(
    trail: Trail,
    *,
    name: str = "Thẩm định hồ sơ",
    role: str = "officer",
    tier: str | None = None,
    norm: Norm | None = None,
    with_supplement: bool = True,
    more_fields: Iterable[FormField] = (),
    agreed: str = "Đồng ý",
) -> Trail:
    """An officer appraises: approves (the trail goes on), asks for a supplement, or refuses."""
    form = (*appraisal_form(with_supplement=with_supplement), *more_fields)
    task = user_task("appraise", name, role=role, tier=tier, norm=norm or median("officer"), form=form)
    diagram = trail.then(task).then(exclusive("is_agreed", "Kết quả thẩm định?")).diagram
    approved = diagram.on("is_agreed").otherwise(agreed)
    if with_supplement:
        _ask_supplement(diagram.on("is_agreed").when('decision == "supplement"', "Bổ sung"))
    refuse(diagram.on("is_agreed").when(f'decision == "{REFUSE[0]}"', "Từ chối"))
    return approved


def _ask_supplement(trail: Trail) -> None:
    asked = trail.then(call("supplement", "Yêu cầu bổ sung", "shared_supplement"))
    asked.then(exclusive("is_supplemented", "Đã bổ sung?")).when("supplemented", "Đã bổ sung").to("appraise")
    trail.diagram.on("is_supplemented").otherwise("Quá hạn").then(
        script("set_unsupplemented_outcome", "Ghi: không bổ sung", 'outcome = "unsupplemented"')
    ).then(act("close_unsupplemented", "Dừng vì không bổ sung")).then(end("unsupplemented", "Không bổ sung"))


def refuse(trail: Trail) -> None:
    """Refused on the merits, with reasons in writing."""
    trail.then(service_task("write_refusal", "Lập văn bản từ chối", "documents.refusal", reason="refusal_reason")).then(
        script("set_refused", "Ghi: từ chối", 'outcome = "refused"')
    ).then(act("refuse", "Từ chối giải quyết")).then(end("refused", "Đã từ chối"))


def division_head_reviews(trail: Trail, *, back_to: str = "appraise", norm: Norm | None = None, tier: str | None = None) -> Trail:
    review = user_task(
        "division_head_review",
        "Lãnh đạo phòng xem xét",
        role="division_head",
        tier=tier,
        norm=norm or median("division_head"),
        form=review_form(),
    )
    reviewed = trail.then(review).then(exclusive("is_reviewed", "Đồng ý trình?"))
    reviewed.when('review == "return"', "Trả lại").to(back_to)
    return reviewed.otherwise("Đồng ý")


def sign_and_seal(trail: Trail, part: str, title: str, *, back_to: str = "appraise") -> Trail:
    """The shared part `part` signs and seals; when the leader sends the file back, it returns to `back_to`."""
    signed = trail.then(call("sign_and_seal", "Ký, cấp số, đóng dấu", part, result_title=f'"{title}"')).then(
        exclusive("is_signed", "Đã ký?")
    )
    signed.when("not signed", "Trả lại").to(back_to)
    return signed.otherwise("Đã ký")


def finish(trail: Trail) -> Diagram:
    """The result exists: processed."""
    trail.then(script("set_approved", "Ghi: được giải quyết", 'outcome = "approved"')).then(act("process", "Đã có kết quả")).then(
        end("processed", "Đã giải quyết")
    )
    return trail.diagram
