"""The portal's session: one log-in shared by all threads, renewed once when the portal says that it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.engine.connectors import TechnicalFailure
from motcua.services.connectors.http_exchange import JsonExchange, OutsideAnswerUnreadable
from motcua.services.connectors.national_portal.mapping import FieldOfProcedure

SUCCESS = 0
EXISTS = frozenset({3, -3})


class PortalLogInRefused(TechnicalFailure):
    """The portal does not let us in; an operator must look at the user name and the password."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """Where and as whom to report.

    unit_code: our `madonvi`. destination_code: the header `dstcode` where a national service bus stands between.
    session_over_codes: the `error_code`s that mean "log in again" (assumed; the public code bases do not agree).
    authority_names, fields_of_procedures: what the portal wants to read beside our codes; what is missing is left out.
    result_kinds: the kinds of document that are results; papers of the applicant are never published as such.
    download_base_url: where the portal may fetch a result by its SHA-256; None where that is not offered.
    """

    base_url: str
    unit_code: str
    username: str
    password: str = field(repr=False)
    login_path: str = "/mapi/login"
    service_path: str = "/mapi/g"
    destination_code: str | None = None
    timeout_seconds: float = 10.0
    session_over_codes: frozenset[int] = frozenset({-1})
    authority_names: Mapping[str, str] = field(default_factory=dict)
    fields_of_procedures: Mapping[str, FieldOfProcedure] = field(default_factory=dict)
    result_kinds: frozenset[str] = frozenset({"result", "refusal"})
    download_base_url: str | None = None


class PortalSession:
    """Asks one service of the portal, logged in. Safe to share between threads."""

    def __init__(self, settings: PortalSettings) -> None:
        headers = {} if settings.destination_code is None else {"dstcode": settings.destination_code}
        self._settings = settings
        self._exchange = JsonExchange("The national portal", settings.base_url, settings.timeout_seconds, headers)
        self._lock = threading.Lock()
        self._session: str | None = None

    def ask(
        self, service: str, body: Mapping[str, Any], may_send: Callable[[], object] = lambda: None
    ) -> tuple[int, dict[str, Any]]:
        """The portal's `error_code` and its whole answer. Logs in first where needed, and once more if the session is over.

        may_send: see JsonExchange.post.
        """
        session = self._logged_in(instead_of=None)
        code, answer = self._ask(session, service, body, may_send)
        if code in self._settings.session_over_codes:
            code, answer = self._ask(self._logged_in(instead_of=session), service, body, may_send)
        return code, answer

    def close(self) -> None:
        self._exchange.close()

    def _ask(
        self, session: str, service: str, body: Mapping[str, Any], may_send: Callable[[], object]
    ) -> tuple[int, dict[str, Any]]:
        envelope = {"session": session, "madonvi": self._settings.unit_code, "service": service}
        answer = self._exchange.post(self._settings.service_path, {**envelope, **body}, may_send)
        return error_code(answer), answer

    def _logged_in(self, instead_of: str | None) -> str:
        # Several threads may find the same session over at once: the first one logs in, the others take what it got.
        with self._lock:
            if self._session is None or self._session == instead_of:
                self._session = None
                self._session = self._log_in()
            return self._session

    def _log_in(self) -> str:
        credentials = {"username": self._settings.username, "password": self._settings.password}
        answer = self._exchange.post(self._settings.login_path, credentials)
        session = answer.get("session")
        if not isinstance(session, str) or not session:
            raise PortalLogInRefused(
                f'The national portal does not let "{self._settings.username}" in: {said(answer)}. '
                "Check the user name and the password.",
                username=self._settings.username,
            )
        return session


def error_code(answer: Mapping[str, Any]) -> int:
    """`error_code` as a number: the portal writes 0, "0" and "00"."""
    try:
        return int(str(answer["error_code"]))
    except (KeyError, ValueError) as cause:
        raise OutsideAnswerUnreadable("The national portal's answer has no error_code; the call is tried again.") from cause


def said(answer: Mapping[str, Any]) -> str:
    return f'"{answer.get("message") or "no reason given"}" (error_code {answer.get("error_code")})'
