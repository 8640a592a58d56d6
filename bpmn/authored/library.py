"""Which models this package draws, and under which path each stands below `bpmn/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from motcua.bpmn.authored import civil_status, investment, justice, land_and_building
from motcua.bpmn.authored.files import marked
from motcua.bpmn.authored.shared_parts import shared_parts
from motcua.bpmn.elements import Definitions
from motcua.bpmn.writing import write_document

MODELS: Final[Mapping[str, Callable[[], Definitions]]] = {
    "models/ho_tich/1.001193.bpmn": civil_status.birth_registration,
    "models/ho_tich/1.000894.bpmn": civil_status.marriage_registration,
    "models/ho_tich/2.001023.bpmn": civil_status.birth_and_insurance,
    "models/chung_thuc/2.000815.bpmn": justice.certified_copy,
    "models/ho_kinh_doanh/1.001612.bpmn": investment.household_business,
    "models/xay_dung/1.013225.bpmn": land_and_building.building_permit,
    "models/dat_dai/1.012783.bpmn": land_and_building.land_certificate_renewal,
    "models/ly_lich_tu_phap/3.000333.bpmn": justice.judicial_record,
    "models/luat_su/1.000828.bpmn": justice.lawyer_certificate,
    "models/dau_tu/1.009645.bpmn": investment.investment_approval,
}


def documents() -> dict[str, bytes]:
    """Every file that this package draws: path below `bpmn/` → content."""
    parts = {f"shared/{part.processes[0].id}.bpmn": part for part in shared_parts()}
    models = {path: write_model() for path, write_model in MODELS.items()}
    return {path: marked(write_document(document)) for path, document in (parts | models).items()}
