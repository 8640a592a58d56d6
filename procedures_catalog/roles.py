"""Who a task can be for: the roles that models may name, with the words that officers read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROLES: Final[Mapping[str, str]] = {
    "one_stop_desk": "Bộ phận một cửa",
    "officer": "Chuyên viên thụ lý",
    "civil_status_officer": "Công chức tư pháp - hộ tịch",
    "division_head": "Lãnh đạo phòng",
    "department_leader": "Lãnh đạo sở, ngành",
    "clerk": "Văn thư",
    "consulted_agency": "Cơ quan được lấy ý kiến",
    "people_committee_leader": "Lãnh đạo UBND cấp tỉnh",
    "commune_leader": "Lãnh đạo UBND cấp xã",
    "social_insurance_officer": "Viên chức bảo hiểm xã hội",
}
"""Code → Vietnamese label."""
