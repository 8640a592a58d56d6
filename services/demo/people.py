"""The people of the demonstration and what they write: invented examples, not facts about anybody.

Names are common ones put together; identifiers and phone numbers follow the official shapes and end in the dossier's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
_MIDDLE = ("Thị", "Văn", "Minh", "Ngọc", "Đức", "Thu", "Quang")
_GIVEN = ("An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Khánh", "Lan", "Mỹ", "Nam", "Oanh")

AUTHORITY_OF: Mapping[str, str] = {
    "1.001193": "H05.21",
    "1.000894": "H05.22",
    "2.000815": "H05.21",
    "1.001612": "H05.23",
    "1.013225": "H05.22",
    "1.012783": "H05.04.01",
    "3.000333": "H05.06",
    "1.000828": "H05.02",
    "1.009645": "H05.03",
    "2.001023": "H05.23",
}
CASE_OF: Mapping[str, str] = {"1.013225": "1", "1.012783": "2"}

ENTRIES_OF: Mapping[str, Mapping[str, Any]] = {
    "1.001193": {
        "child_name": "{name}",
        "child_born_on": "2026-02-20",
        "child_sex": "female",
        "birth_place": "Bệnh viện Sản Nhi Bắc Ninh",
    },
    "1.000894": {
        "wife_name": "Lê Thu Hà",
        "wife_born_on": "1999-05-04",
        "husband_name": "{name}",
        "husband_born_on": "1997-11-12",
        "residence": "Phường Bắc Giang",
    },
    "2.000815": {"paper_name": "Bằng tốt nghiệp đại học", "pages": 4, "copies": 3},
    "1.001612": {
        "business_name": "Hộ kinh doanh {name}",
        "business_address": "Xã Sơn Động",
        "business_lines": "4711 bán lẻ",
        "capital_vnd": 80_000_000,
    },
    "1.013225": {
        "building_kind": "house",
        "building_site": "Tổ 3, phường Bắc Giang",
        "plot_papers": "Giấy chứng nhận BA 102030",
        "floor_area_m2": "96.5",
        "storeys": 2,
    },
    "1.012783": {
        "old_certificate": "AB 345678",
        "plot": "12/45",
        "plot_address": "Xã Sơn Động",
        "renewal_reason": "Giấy cũ bị rách nát",
    },
    "3.000333": {"record_form": "2", "purpose": "Xin việc làm", "former_residences": "Không thay đổi"},
    "1.000828": {
        "law_degree": "Cử nhân luật 1234/ĐHL",
        "probation_organisation": "Văn phòng luật sư Kinh Bắc",
        "examination_result": "Giấy chứng nhận 56, ngày 15/01/2026",
    },
    "1.009645": {
        "project_name": "Nhà máy linh kiện điện tử",
        "investor_name": "{name}",
        "project_location": "Khu công nghiệp Quế Võ",
        "land_area_ha": "5.5",
        "capital_vnd": "250000000000",
        "project_objective": "Sản xuất linh kiện điện tử",
    },
    "2.001023": {
        "child_name": "{name}",
        "child_born_on": "2026-02-25",
        "child_sex": "male",
        "birth_place": "Trạm y tế xã Sơn Động",
        "first_care_facility": "Trung tâm y tế Sơn Động",
    },
}

# What an officer or an outside party enters where a scenario says nothing else; choices take the model's first answer.
WORDS: Mapping[str, Any] = {
    "missing": "Bản sao có chứng thực còn thiếu",
    "refusal_reason": "Hồ sơ không đủ điều kiện theo quy định",
    "decline_reason": "Hồ sơ không thuộc thẩm quyền tiếp nhận",
    "fee_vnd": 0,
    "extension_reason": "Cần thêm thời gian xác minh",
    "supplement_note": "Đã nộp bổ sung",
    "withdrawal_reason": "Không còn nhu cầu",
    "exception_reason": "",
    "exception_basis": "",
    "reply_text": "Không có án tích",
    "tax_receipt_number": "BL-0001",
    "tax_transfer_number": "PC-0001",
}
FEES: Mapping[str, int] = {"1.001612": 100_000, "1.012783": 50_000}


def applicant(number: int) -> dict[str, Any]:
    """The applicant of the dossier with that number, counted from 0."""
    name = f"{_FAMILY[number % len(_FAMILY)]} {_MIDDLE[number % len(_MIDDLE)]} {_GIVEN[number % len(_GIVEN)]}"
    return {
        "name": name,
        "kind": "citizen",
        "identifier": f"0270900{number:05d}",
        "phone": f"09000{number:05d}",
        "address": "Bắc Ninh",
    }


def application(number: int, procedure: str) -> dict[str, Any]:
    """The body of `POST /api/v1/dossiers`."""
    person = applicant(number)
    body: dict[str, Any] = {
        "procedure_code": procedure,
        "authority_code": AUTHORITY_OF[procedure],
        "channel": "online" if number % 2 else "direct",
        "applicant": person,
        "entries": {
            name: value.format(name=person["name"]) if isinstance(value, str) else value
            for name, value in ENTRIES_OF[procedure].items()
        },
    }
    if procedure in CASE_OF:
        body["case"] = CASE_OF[procedure]
    return body


def fill_in(form: list[dict[str, Any]], given: Mapping[str, Any], today: date) -> dict[str, Any]:
    """An entry for every field of a form: what is given, else the usual words, else the first answer or a plain value."""
    plain: dict[str, Any] = {"text": "Đã xem xét", "integer": 1, "decimal": "1", "boolean": True, "date": today.isoformat()}
    return {
        field["name"]: given.get(
            field["name"],
            WORDS.get(field["name"], field["options"][0]["value"] if field["options"] else plain[field["type"]]),
        )
        for field in form
    }
