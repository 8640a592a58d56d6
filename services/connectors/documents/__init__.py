"""Printed forms as PDF: receipt slip, supplement request, refusal, apology, and the draft of a result."""

from motcua.services.connectors.documents.connector import OPERATIONS, DocumentsConnector, build
from motcua.services.connectors.documents.letterhead import Letterhead, Letterheads, letterhead_from_code

__all__ = ["OPERATIONS", "DocumentsConnector", "Letterhead", "Letterheads", "build", "letterhead_from_code"]
