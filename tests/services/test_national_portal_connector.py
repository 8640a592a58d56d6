"""The connector to the national portal against the local one, over HTTP: order, repetition, sessions, outages, refusals."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from motcua.engine.connectors import Connector, Done, Outcome, TechnicalFailure
from motcua.engine.dossier import Applicant, DocumentRecord, Dossier, Status
from motcua.engine.values import Value
from motcua.services.connectors.http_exchange import OutsideAnswerUnreadable, OutsideTimedOut, OutsideUnreachable, OutsideUnwell
from motcua.services.connectors.national_portal.connector import (
    LANE,
    OPERATIONS,
    NationalPortalConnector,
    PortalInputUnusable,
    PortalRefused,
    ResultNotThere,
)
from motcua.services.connectors.national_portal.session import PortalLogInRefused, PortalSession, PortalSettings, error_code
from motcua.services.counterparts import LOCAL_PASSWORD, LOCAL_UNIT, LOCAL_USERNAME
from motcua.services.counterparts.national_portal import national_portal
from motcua.services.counterparts.running import RunningServer, serve
from tests.services.outside_systems import DOSSIER, MONDAY_8_AM, a_call, running, state_of, tell

HOUR = timedelta(hours=1)
RESULT = DocumentRecord("d1", DOSSIER.code, "result", "Giấy xác nhận.pdf", "application/pdf", "ab" * 32, 10, MONDAY_8_AM, "call-1")


@pytest.fixture
def portal() -> Iterator[RunningServer]:
    with running(national_portal()) as server:
        yield server


def settings_for(portal: RunningServer) -> PortalSettings:
    return PortalSettings(portal.base_url, LOCAL_UNIT, LOCAL_USERNAME, LOCAL_PASSWORD, timeout_seconds=10)


@pytest.fixture
def connector(portal: RunningServer) -> Iterator[NationalPortalConnector]:
    connector = NationalPortalConnector(settings_for(portal))
    yield connector
    connector.close()


def report(
    connector: NationalPortalConnector,
    status: Status,
    at: datetime = MONDAY_8_AM,
    dossier: Dossier = DOSSIER,
    note: str | None = None,
) -> Outcome:
    return connector.call(a_call("national_portal.report_status", dossier=dossier, status=status.value, at=at, note=note))


def test_the_connector_answers_exactly_the_operations_that_it_declares(connector: NationalPortalConnector) -> None:
    port: Connector = connector
    for operation in OPERATIONS:
        assert operation.lane == LANE
        with pytest.raises(PortalInputUnusable):
            port.call(a_call(operation.name))


def test_the_states_of_a_dossier_arrive_in_their_order(connector: NationalPortalConnector, portal: RunningServer) -> None:
    course = [Status.FILED, Status.RECEIVED, Status.IN_PROCESS, Status.SUPPLEMENT_REQUESTED, Status.IN_PROCESS, Status.PROCESSED]
    for hours, status in enumerate([*course, Status.RETURNED]):
        report(connector, status, at=MONDAY_8_AM + hours * HOUR)
    told = state_of(portal)["dossiers"][DOSSIER.code]
    assert told["statuses"] == ["1", "2", "4", "5", "4", "9", "10"]
    assert [row["TrangThai"] for row in told["progress"]] == told["statuses"]
    assert told["current"] == "10"
    assert state_of(portal)["counts"] == {"log_ins": 1}


def test_the_outcome_says_which_code_was_told(connector: NationalPortalConnector) -> None:
    assert report(connector, Status.PAYMENT_REQUESTED) == Done(outputs={"reported_status_code": "6"})


def test_the_same_report_twice_changes_nothing(connector: NationalPortalConnector, portal: RunningServer) -> None:
    report(connector, Status.RECEIVED)
    before = state_of(portal)["dossiers"]
    report(connector, Status.RECEIVED)
    assert state_of(portal)["dossiers"] == before
    assert state_of(portal)["counts"] == {"log_ins": 1, "repeated_item": 1, "repeated_progress": 1}


@pytest.mark.parametrize("requests_before", [0, 1, 2, 3])  # log-in, look-up, synchronisation, progress
@pytest.mark.parametrize("outage", ["lost_answer", "refuse"])
def test_an_attempt_cut_off_at_any_of_its_four_requests_is_completed_by_the_next(
    connector: NationalPortalConnector, portal: RunningServer, outage: str, requests_before: int
) -> None:
    tell(portal, "/_control", outage=outage, after_requests=requests_before, for_requests=1)
    with pytest.raises(OutsideUnreachable):
        report(connector, Status.RECEIVED)
    report(connector, Status.RECEIVED)
    told = state_of(portal)["dossiers"][DOSSIER.code]
    assert told["statuses"] == ["2"]
    assert len(told["progress"]) == 1


def test_an_expired_session_is_renewed_without_a_failure(connector: NationalPortalConnector, portal: RunningServer) -> None:
    report(connector, Status.RECEIVED)
    tell(portal, "/_sessions", end=True)
    report(connector, Status.IN_PROCESS, at=MONDAY_8_AM + HOUR)
    assert state_of(portal)["dossiers"][DOSSIER.code]["statuses"] == ["2", "4"]
    assert state_of(portal)["counts"] == {"log_ins": 2, "refused_-1": 1}


def test_threads_that_find_one_session_over_at_once_log_in_once() -> None:
    everybody_asked = asyncio.Barrier(4)
    log_ins: list[str] = []

    async def log_in(request: Request) -> JSONResponse:
        log_ins.append(f"session {len(log_ins) + 1}")
        return JSONResponse({"session": log_ins[-1]})

    async def service(request: Request) -> JSONResponse:
        if (await request.json())["session"] == "session 1":
            await everybody_asked.wait()
            return JSONResponse({"error_code": -1})
        return JSONResponse({"error_code": "0"})

    app = Starlette(routes=[Route("/mapi/login", log_in, methods=["POST"]), Route("/mapi/g", service, methods=["POST"])])
    codes: list[int] = []
    with running(app) as server:
        session = PortalSession(settings_for(server))
        threads = [threading.Thread(target=lambda: codes.append(session.ask("TraCuuHoSo", {})[0])) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session.close()
    assert codes == [0, 0, 0, 0]
    assert log_ins == ["session 1", "session 2"]


def test_several_threads_report_their_dossiers_side_by_side(connector: NationalPortalConnector, portal: RunningServer) -> None:
    dossiers = [replace(DOSSIER, code=f"H05.12-260302-{number:04d}") for number in range(8)]
    threads = [threading.Thread(target=report, args=(connector, Status.RECEIVED, MONDAY_8_AM, dossier)) for dossier in dossiers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(state_of(portal)["dossiers"]) == [dossier.code for dossier in dossiers]
    assert state_of(portal)["counts"] == {"log_ins": 1}


def test_two_threads_with_one_call_tell_the_portal_once(connector: NationalPortalConnector, portal: RunningServer) -> None:
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(report(connector, Status.RECEIVED))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Done(outputs={"reported_status_code": "2"})] * 2
    told = state_of(portal)["dossiers"][DOSSIER.code]
    assert (told["statuses"], len(told["progress"])) == (["2"], 1)


def test_a_dossier_that_the_portal_knows_although_the_look_up_did_not_is_updated(
    connector: NationalPortalConnector, portal: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(connector, Status.RECEIVED)
    monkeypatch.setattr(connector, "_known_status", lambda code: None)
    report(connector, Status.IN_PROCESS, at=MONDAY_8_AM + HOUR)
    assert state_of(portal)["dossiers"][DOSSIER.code]["current"] == "4"
    assert state_of(portal)["counts"]["refused_3"] == 1


@pytest.mark.parametrize(
    ("outage", "failure"),
    [("refuse", OutsideUnreachable), ("error500", OutsideUnwell), ("garbage", OutsideAnswerUnreadable)],
)
def test_an_outage_is_a_technical_failure_and_the_next_attempt_succeeds(
    connector: NationalPortalConnector, portal: RunningServer, outage: str, failure: type[TechnicalFailure]
) -> None:
    tell(portal, "/_control", outage=outage, for_requests=1)
    with pytest.raises(failure, match="The national portal at http"):
        report(connector, Status.RECEIVED)
    report(connector, Status.RECEIVED)
    assert state_of(portal)["dossiers"][DOSSIER.code]["current"] == "2"


def test_a_portal_that_keeps_silent_is_given_up_on(portal: RunningServer) -> None:
    hasty = NationalPortalConnector(replace(settings_for(portal), timeout_seconds=0.3))
    tell(portal, "/_control", outage="timeout", for_requests=1)
    with pytest.raises(OutsideTimedOut):
        report(hasty, Status.RECEIVED)
    hasty.close()


def test_a_portal_that_was_killed_comes_back_and_the_connector_logs_in_again(tmp_path: Path) -> None:
    first = serve(national_portal(state_file=tmp_path / "portal.sqlite"))
    connector = NationalPortalConnector(settings_for(first))
    report(connector, Status.RECEIVED)
    first.stop()
    with pytest.raises(OutsideUnreachable):
        report(connector, Status.IN_PROCESS, at=MONDAY_8_AM + HOUR)
    again = serve(national_portal(state_file=tmp_path / "portal.sqlite"), port=first.port)
    report(connector, Status.IN_PROCESS, at=MONDAY_8_AM + HOUR)
    assert state_of(again)["dossiers"][DOSSIER.code]["statuses"] == ["2", "4"]
    connector.close()
    again.stop()


def test_a_wrong_password_is_for_the_operator(portal: RunningServer) -> None:
    stranger = NationalPortalConnector(replace(settings_for(portal), password="guessed"))
    with pytest.raises(PortalLogInRefused, match="password"):
        report(stranger, Status.RECEIVED)
    stranger.close()


def test_the_password_is_not_printed_with_the_settings(portal: RunningServer) -> None:
    assert LOCAL_PASSWORD not in repr(settings_for(portal))


def test_a_report_that_the_portal_refuses_stops_there_and_names_the_field(
    connector: NationalPortalConnector, portal: RunningServer
) -> None:
    unknown_kind = replace(DOSSIER, applicant=Applicant(name="An", kind="household"))
    with pytest.raises(PortalRefused, match="LoaiDoiTuong"):
        report(connector, Status.RECEIVED, dossier=unknown_kind)
    assert state_of(portal)["dossiers"] == {}


def test_an_input_that_cannot_be_told_is_refused_by_name(connector: NationalPortalConnector) -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    good: dict[str, Value] = {"status": "received", "at": MONDAY_8_AM}
    wrong: list[tuple[str, Value]] = [("status", "9"), ("status", None), ("at", None), ("at", "2026-03-02"), ("at", naive)]
    for name, value in [*wrong, ("note", 5), ("ended_at", "yesterday")]:
        with pytest.raises(PortalInputUnusable, match=f"input {name}"):
            connector.call(replace(a_call("national_portal.report_status"), inputs={**good, name: value}))


def test_a_result_is_published_with_its_hash_and_keeps_the_status_that_was_told(
    connector: NationalPortalConnector, portal: RunningServer
) -> None:
    report(connector, Status.PROCESSED)
    ahead = replace(DOSSIER, status=Status.RETURNED)
    published = connector.call(a_call("national_portal.publish_result", dossier=ahead, documents=(RESULT,), kind="result"))
    assert published == Done(outputs={"published_sha256": "ab" * 32})
    told = state_of(portal)["dossiers"][DOSSIER.code]
    assert told["results"] == [{"TenGiayTo": "Giấy xác nhận.pdf", "GiayToId": "ab" * 32}]
    assert told["statuses"] == ["9"]


def test_a_published_result_survives_the_reports_after_it(connector: NationalPortalConnector, portal: RunningServer) -> None:
    report(connector, Status.PROCESSED)
    connector.call(a_call("national_portal.publish_result", documents=(RESULT,), kind="result"))
    connector.call(a_call("national_portal.publish_result", documents=(RESULT,), kind="result"))
    report(connector, Status.RETURNED, at=MONDAY_8_AM + HOUR)
    assert len(state_of(portal)["dossiers"][DOSSIER.code]["results"]) == 1


def test_of_several_results_the_latest_is_published(connector: NationalPortalConnector, portal: RunningServer) -> None:
    report(connector, Status.PROCESSED)
    corrected = replace(RESULT, id="d2", sha256="cd" * 32, created_at=MONDAY_8_AM + HOUR)
    published = connector.call(a_call("national_portal.publish_result", documents=(corrected, RESULT), kind="result"))
    assert published == Done(outputs={"published_sha256": "cd" * 32})


def test_a_paper_of_the_applicant_is_never_published_as_a_result(connector: NationalPortalConnector) -> None:
    slip = replace(RESULT, kind="receipt_slip")
    with pytest.raises(PortalInputUnusable, match="kinds of result"):
        connector.call(a_call("national_portal.publish_result", documents=(slip,), kind="receipt_slip"))
    with pytest.raises(ResultNotThere, match="make and sign it"):
        connector.call(a_call("national_portal.publish_result", documents=(slip,), kind="result"))


def test_a_result_waits_until_the_portal_knows_the_dossier(connector: NationalPortalConnector) -> None:
    with pytest.raises(ResultNotThere, match="report its status"):
        connector.call(a_call("national_portal.publish_result", documents=(RESULT,), kind="result"))


@pytest.mark.parametrize(("written", "meant"), [(0, 0), ("0", 0), ("00", 0), ("-3", -3), (3, 3)])
def test_the_portals_ways_of_writing_a_code_are_read_alike(written: object, meant: int) -> None:
    assert error_code({"error_code": written}) == meant


@pytest.mark.parametrize("answer", [{}, {"error_code": None}, {"error_code": "ok"}])
def test_an_answer_without_a_code_is_nonsense(answer: dict[str, object]) -> None:
    with pytest.raises(OutsideAnswerUnreadable):
        error_code(answer)
