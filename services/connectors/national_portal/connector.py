"""The connector to the national portal, first generation.

One report is `TraCuuHoSo` (does the portal know the dossier?), then `DongBoHoSoMC` as an insert or an update, then one progress
row by `CapNhatTienDoHoSoMC`. Each is an upsert, so an attempt repeated after a crash changes nothing. Both operations share the
lane "national_portal": the reports of one dossier arrive in the order in which things happened. The portal believes the last word,
so a worker that was overtaken sends nothing more.

A report that the portal refuses is a technical failure, not a BPMN error: the procedure goes on, and the report becomes an
incident that holds back the later reports of that dossier until an operator has mended the cause. As a business failure it would
be lost, and the statuses after it would stand at the portal without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from motcua.engine.connectors import Done, Operation, Outcome, ServiceCall, TechnicalFailure
from motcua.engine.dossier import DocumentRecord, Status
from motcua.errors import InvalidInput
from motcua.services.connectors.national_portal.mapping import (
    STATUS_CODES,
    PortalItem,
    Report,
    dossier_item,
    progress_item,
    result_item,
)
from motcua.services.connectors.national_portal.session import EXISTS, SUCCESS, PortalSession, PortalSettings, said

LANE = "national_portal"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="national_portal.report_status",
        inputs={"status": True, "at": True, "ended_at": False, "note": False, "processor": False},
        outputs=("reported_status_code",),
        lane=LANE,
    ),
    Operation(name="national_portal.publish_result", inputs={"kind": True}, outputs=("published_sha256",), lane=LANE),
)


class PortalInputUnusable(InvalidInput):
    """The call gave something that cannot be reported. Trying again does not help."""


class PortalRefused(TechnicalFailure):
    """The portal understood the request and refused its content; an operator must look."""


class ResultNotThere(TechnicalFailure):
    """The dossier has no document of the kind that is to be published, or the portal does not know the dossier, yet."""


class NationalPortalConnector:
    """Executes the operations of OPERATIONS. Safe to share between threads."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        self._portal = PortalSession(settings)
        self._operations: Mapping[str, Callable[[ServiceCall], Outcome]] = {
            "national_portal.report_status": self._report_status,
            "national_portal.publish_result": self._publish_result,
        }

    def call(self, call: ServiceCall) -> Outcome:
        return self._operations[call.operation](call)

    def close(self) -> None:
        self._portal.close()

    def _report_status(self, call: ServiceCall) -> Outcome:
        at = _instant(call, "at")
        if at is None:
            raise _unusable(call, "at", "an instant")
        report = self._report(
            call,
            status_code=STATUS_CODES[_status(call)],
            at=at,
            ended_at=_instant(call, "ended_at"),
            note=_text(call, "note"),
            processor=_text(call, "processor"),
        )
        self._synchronise(call, dossier_item(report), known=self._known_status(report.dossier.code) is not None)
        progress = self._tell(call, "CapNhatTienDoHoSoMC", {"isUpdating": "False", "data": [progress_item(report)]})
        _accepted("CapNhatTienDoHoSoMC", *progress, report.dossier.code)
        return Done(outputs={"reported_status_code": report.status_code})

    def _publish_result(self, call: ServiceCall) -> Outcome:
        document = self._result(call)
        # Publishing a paper says nothing about the status: the portal keeps the one that it was told, in order, before.
        status_code = self._known_status(call.dossier.code)
        if status_code is None:
            raise ResultNotThere(
                f"The national portal does not know dossier {call.dossier.code} yet; report its status before publishing "
                f'"{document.name}".',
                dossier_code=call.dossier.code,
            )
        item = dossier_item(self._report(call, status_code=status_code, at=call.now))
        item["DanhSachGiayToKetQua"] = [result_item(document, self._settings.download_base_url)]
        self._synchronise(call, item, known=True)
        return Done(outputs={"published_sha256": document.sha256})

    def _report(
        self,
        call: ServiceCall,
        status_code: str,
        at: datetime,
        ended_at: datetime | None = None,
        note: str | None = None,
        processor: str | None = None,
    ) -> Report:
        return Report(
            dossier=call.dossier,
            procedure_name=call.procedure_name,
            status_code=status_code,
            at=at,
            ended_at=ended_at,
            note=note,
            processor=processor,
            authority_names=self._settings.authority_names,
            fields_of_procedures=self._settings.fields_of_procedures,
        )

    def _known_status(self, dossier_code: str) -> str | None:
        """The status code under which the portal knows the dossier; None when it does not.

        Only a result counts here, whatever the error_code: where the look-up fails for another reason, the call after it says so.
        """
        _, answer = self._portal.ask("TraCuuHoSo", {"mahoso": dossier_code})
        found = answer.get("result")
        known = found[0].get("TrangThaiHoSo") if isinstance(found, list) and found and isinstance(found[0], dict) else None
        return None if known is None else str(known)

    def _synchronise(self, call: ServiceCall, item: PortalItem, known: bool) -> None:
        about = str(item["MaHoSo"])
        if not known:
            code, answer = self._tell(call, "DongBoHoSoMC", {"isUpdating": "False", "data": [item]})
            if code not in EXISTS:
                _accepted("DongBoHoSoMC", code, answer, about)
                return
        _accepted("DongBoHoSoMC", *self._tell(call, "DongBoHoSoMC", {"isUpdating": "True", "data": [item]}), about)

    def _tell(self, call: ServiceCall, service: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._portal.ask(service, body, call.check_lease)

    def _result(self, call: ServiceCall) -> DocumentRecord:
        kind = _text(call, "kind")
        if kind not in self._settings.result_kinds:
            raise _unusable(call, "kind", f"one of the kinds of result: {', '.join(sorted(self._settings.result_kinds))}")
        made = [document for document in call.documents if document.kind == kind]
        if not made:
            raise ResultNotThere(
                f'Dossier {call.dossier.code} has no document of the kind "{kind}" yet; make and sign it, then try the call again.',
                dossier_code=call.dossier.code,
            )
        return max(made, key=lambda document: document.created_at)


def _accepted(service: str, code: int, answer: Mapping[str, Any], about: str) -> None:
    if code != SUCCESS:
        raise PortalRefused(
            f"The national portal refused {service} for dossier {about}: {said(answer)}. Mend what it names (mapping, settings or "
            "the dossier), then try the call again; later reports of this dossier wait behind it.",
            service=service,
            dossier_code=about,
            code=code,
        )


def _status(call: ServiceCall) -> Status:
    try:
        return Status(str(call.inputs.get("status")))
    except ValueError as cause:
        raise _unusable(call, "status", f"one of {', '.join(Status)}") from cause


def _instant(call: ServiceCall, name: str) -> datetime | None:
    value = call.inputs.get(name)
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise _unusable(call, name, "an instant with its zone")
    return value


def _text(call: ServiceCall, name: str) -> str | None:
    value = call.inputs.get(name)
    if value is not None and not isinstance(value, str):
        raise _unusable(call, name, "text")
    return value


def _unusable(call: ServiceCall, name: str, wanted: str) -> PortalInputUnusable:
    return PortalInputUnusable(
        f"{call.operation} for dossier {call.dossier.code} needs {wanted} as its input {name}; mend the model or the caller.",
        operation=call.operation,
        input=name,
    )
