"""The control slip of a dossier: read its history, print it."""

from __future__ import annotations

from motcua.engine.authority_calendars import CalendarFor
from motcua.engine.connectors import NewDocument
from motcua.engine.store import Store
from motcua.procedures_catalog.catalog import Catalog
from motcua.procedures_catalog.register import procedure_from_register
from motcua.services.connectors.documents import Subject, control_slip, letterhead_from_catalog
from motcua.services.reports.handovers import handovers, stages_of


def print_control_slip(store: Store, catalog: Catalog, calendar_for: CalendarFor, code: str) -> NewDocument:
    """The slip as it stands now, judged by the calendar of the dossier's authority. Raises UnknownDossier."""
    dossier = store.dossier(code)
    version = store.version(dossier.version_id)
    subject = Subject(
        dossier, procedure_from_register(version.register).name, letterhead_from_catalog(catalog, dossier.authority_code)
    )
    lines = handovers(dossier, store.events(code), stages_of(version), calendar_for(dossier.authority_code))
    return NewDocument("control_slip", f"control-slip-{code}.pdf", "application/pdf", control_slip(subject, lines))
