"""Printed forms as PDF: receipt slip, supplement request, refusal, apology, draft of a result, control slip."""

from motcua.services.connectors.documents.connector import OPERATIONS, DocumentsConnector, build
from motcua.services.connectors.documents.forms import Subject
from motcua.services.connectors.documents.letterhead import Letterhead, Letterheads, letterhead_from_catalog, letterhead_from_code
from motcua.services.connectors.documents.registers import Handover, Pace, control_slip

__all__ = [
    "OPERATIONS",
    "DocumentsConnector",
    "Handover",
    "Letterhead",
    "Letterheads",
    "Pace",
    "Subject",
    "build",
    "control_slip",
    "letterhead_from_catalog",
    "letterhead_from_code",
]
