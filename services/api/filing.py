"""Filing an application once, however often it is sent."""

from __future__ import annotations

from motcua.engine.dossier import Applicant, Dossier
from motcua.engine.dossier_engine import Application
from motcua.engine.forms import read_entries
from motcua.errors import Conflict
from motcua.services.api.backend import Backend
from motcua.services.api.shapes import ApplicationTaken


class KeyUsedForAnother(Conflict):
    """The Idempotency-Key came before, with another application."""


def file_application(backend: Backend, taken: ApplicationTaken, actor: str, key: str | None) -> tuple[Dossier, bool]:
    """The dossier, and whether this request opened it.

    A sender's keys are its own: two senders that choose the same key never see each other's dossiers. Raises KeyUsedForAnother
    for a known key with another application, UnknownAuthority, and what `DossierEngine.open` raises.
    """
    authority = backend.catalog.authority(taken.authority_code)
    application = Application(
        procedure_code=taken.procedure_code,
        authority_code=authority.code,
        tier=taken.tier or authority.tier,
        applicant=Applicant(**taken.applicant.model_dump()),
        channel=taken.channel,
        case=taken.case,
        entries=taken.entries,
        request_id=None if key is None else f"{actor}/{key}",
    )
    opened = backend.engine.open(application, actor)
    dossier = opened.dossier
    if not opened.is_new and not _same(backend, application, dossier):
        raise KeyUsedForAnother(
            f'The Idempotency-Key "{key}" opened dossier {dossier.code} before, from another application. Choose a new key.',
            key=key,
            code=dossier.code,
        )
    return dossier, opened.is_new


def _same(backend: Backend, application: Application, dossier: Dossier) -> bool:
    said = (application.procedure_code, application.authority_code, application.tier, application.channel, application.case)
    kept = (dossier.procedure_code, dossier.authority_code, dossier.tier, dossier.channel, dossier.case)
    if said != kept or application.applicant != dossier.applicant:
        return False
    content = backend.store.events(dossier.code)[0].content
    if content is None:  # erased by law: what was entered can no longer be compared
        return True
    form = backend.engine.procedures.get(dossier.version_id).model.start_node.form
    return read_entries(form, application.entries, "The application") == content.get("entries")
