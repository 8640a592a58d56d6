"""Civil status: birth, marriage, and birth interlinked with the child's health insurance card."""

from __future__ import annotations

from motcua.bpmn.authored.frame import appraise, begin, finish, one_stop_case, sign_and_seal
from motcua.bpmn.authored.words import FORM_IS_A_SELECTION, NORMS_WITHIN_ONE_DAY, SAME_DAY, assumed, child_form, median
from motcua.bpmn.authoring import Diagram, day, text, user_task
from motcua.bpmn.elements import Definitions

_LIMIT_OF_THE_SECTOR = (
    "Dữ liệu quốc gia chỉ có số giữ chỗ 1 không đơn vị; thời hạn theo quy định của ngành hộ tịch: trong ngày, "
    "nhận sau 15 giờ thì ngày làm việc tiếp theo. (The national entry holds a placeholder; the limit is the sector's rule.)"
)


def birth_registration() -> Definitions:
    return one_stop_case(
        "birth_registration",
        "Đăng ký khai sinh",
        "1.001193",
        application=child_form(),
        processing=_registered_in_a_day("Kiểm tra, ghi sổ hộ tịch", "Giấy khai sinh"),
        documentation=" ".join((_LIMIT_OF_THE_SECTOR, NORMS_WITHIN_ONE_DAY, FORM_IS_A_SELECTION)),
    )


def marriage_registration() -> Definitions:
    return one_stop_case(
        "marriage_registration",
        "Đăng ký kết hôn",
        "1.000894",
        application=(
            text("wife_name", "Họ tên bên nữ"),
            day("wife_born_on", "Ngày sinh bên nữ"),
            text("husband_name", "Họ tên bên nam"),
            day("husband_born_on", "Ngày sinh bên nam"),
            text("residence", "Nơi cư trú của một bên"),
        ),
        processing=_married_in_a_day(),
        documentation=" ".join((_LIMIT_OF_THE_SECTOR, NORMS_WITHIN_ONE_DAY, FORM_IS_A_SELECTION)),
    )


def birth_and_insurance() -> Definitions:
    trail = appraise(
        begin(), name="Kiểm tra, ghi sổ khai sinh", role="civil_status_officer", norm=assumed(4, SAME_DAY), agreed="Đủ điều kiện"
    )
    trail = sign_and_seal(trail, "shared_sign_commune", "Giấy khai sinh")
    card = user_task(
        "issue_insurance_card",
        "Cơ quan bảo hiểm xã hội cấp thẻ",
        role="social_insurance_officer",
        norm=assumed(16, "median of officer over 78 published internal processes"),
        form=(text("insurance_card_number", "Mã số thẻ bảo hiểm y tế"),),
        documentation="Cơ quan khác thực hiện; dữ liệu không nêu thời hạn riêng. (Another authority, with no known limit.)",
    )
    check = user_task(
        "check_both_results",
        "Nhận thẻ, ghép kết quả liên thông",
        role="civil_status_officer",
        norm=assumed(median("one_stop_desk").hours, "median of one_stop_desk over 78 published internal processes"),
    )
    return one_stop_case(
        "birth_and_insurance",
        "Liên thông đăng ký khai sinh, cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi",
        "2.001023",
        application=(*child_form(), text("first_care_facility", "Nơi đăng ký khám, chữa bệnh ban đầu")),
        processing=finish(trail.then(card).then(check)),
        extended_by="shared_extend_commune",
        documentation=" ".join(
            (
                "Hai cơ quan: xã đăng ký khai sinh, sau đó bảo hiểm xã hội cấp thẻ.",
                "Thời hạn chưa xác định: dữ liệu ghi 15 ngày, ghi chú ghi 15 ngày làm việc; chờ người có thẩm quyền quyết định.",
                "(The limit is unknown until a person decides between the unit and the note.)",
                "Định mức giờ là giả định. (Norm hours are assumed.)",
                FORM_IS_A_SELECTION,
            )
        ),
    )


def _registered_in_a_day(task_name: str, title: str) -> Diagram:
    """The civil-status officer, the commune's leader, the seal: 7 of the day's 8 hours."""
    trail = appraise(begin(), name=task_name, role="civil_status_officer", norm=assumed(4, SAME_DAY), agreed="Đủ điều kiện")
    return finish(sign_and_seal(trail, "shared_sign_commune", title))


def _married_in_a_day() -> Diagram:
    """As for a birth, and both sides sign the register in person before the certificate is handed over."""
    trail = appraise(
        begin(), name="Thẩm tra điều kiện kết hôn", role="civil_status_officer", norm=assumed(3, SAME_DAY), agreed="Đủ điều kiện"
    )
    trail = sign_and_seal(trail, "shared_sign_commune", "Giấy chứng nhận kết hôn")
    both_sign = user_task(
        "both_sign_register",
        "Hai bên ký sổ đăng ký kết hôn",
        role="civil_status_officer",
        norm=assumed(1, SAME_DAY),
        form=(text("register_entry", "Số, quyển, trang của sổ"),),
    )
    return finish(trail.then(both_sign))
