"""Killing a process in the middle and starting it again loses nothing and doubles nothing.

Real processes, real SIGKILL. Each test carries dossiers of its own through a whole installation, kills at moments that it chooses
or draws (the seed is printed), and has everything audited in the end: every dossier returned, every task completed once, three
valid signatures on every result, every status at the portal once and in order, every order paid and settled once, no incident,
numbers without gaps, histories that verify.
"""

from __future__ import annotations

import asyncio
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from motcua.engine.connectors import LeaseOver
from motcua.services.connectors.national_portal.connector import NationalPortalConnector
from motcua.services.connectors.national_portal.session import PortalSettings
from motcua.services.counterparts import LOCAL_PASSWORD, LOCAL_UNIT, LOCAL_USERNAME
from motcua.services.counterparts.national_portal import national_portal
from motcua.services.storage.queue import ListensFirst
from tests.databases import quick_folder
from tests.services.crash_office import PROCEDURES, Office
from tests.services.crash_stage import COUNTERPARTS, LEASE_SECONDS, OTHER_WORKER, SERVER, WORKER, Process, Stage
from tests.services.outside_systems import HTTP, MONDAY_8_AM, a_call, running


@pytest.fixture(scope="module")
def installation() -> Iterator[Stage]:
    # Not pytest's tmp_path: its parents are closed to the user that the database runs as under root.
    with tempfile.TemporaryDirectory(prefix="motcua-crash-", dir=quick_folder(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        stage = Stage(Path(folder))
        try:
            yield stage
        finally:
            stage.close()


@pytest.fixture
def stage(installation: Stage) -> Iterator[Stage]:
    """The installation with one of everything running. When a test fails, pytest shows what the processes said last."""
    installation.start(COUNTERPARTS, SERVER, WORKER)
    yield installation
    print(installation.tails())


@contextmanager
def office_at_work(stage: Stage, name: str, dossiers: int) -> Iterator[Office]:
    """An office that works while the block does its worst. Afterwards all its dossiers are at rest, and the audit is clean."""
    office = Office(stage, name, (PROCEDURES[number % len(PROCEDURES)] for number in range(dossiers)))
    try:
        with ThreadPoolExecutor(1) as playing:
            played = playing.submit(office.run)
            yield office
            played.result()
        print(name, dict(office.met))
        assert office.audit() == []
    finally:
        office.close()


def test_a_worker_killed_while_it_signs_reports_or_asks_for_payment_is_followed_by_another(stage: Stage) -> None:
    left_behind = []
    with office_at_work(stage, "worker-kills", 4):
        for operation in ("payment.collect", "national_portal.report_status", "signing.sign"):
            key = stage.call_under_way(operation)
            stage.processes[WORKER].kill()
            left_behind.append(stage.state_of(key))
            stage.start(WORKER)
    print("states of the calls when their worker had died:", left_behind)
    assert "running" in left_behind


def test_a_server_killed_in_the_middle_of_requests_is_asked_again(stage: Stage) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    print("seed", seed)
    with office_at_work(stage, "server-kills", 4) as office:
        for _ in range(2):
            time.sleep(chance.uniform(0.1, 0.8))
            stage.until("a request is under way", lambda: office.asking > 0, pause=0.001)
            stage.restart(SERVER)
    assert office.met["request cut off"] > 0


def test_a_killed_database_comes_back_without_a_restart_of_server_or_worker(stage: Stage) -> None:
    with office_at_work(stage, "database-kills", 3) as office:
        stage.call_under_way("national_portal.report_status")
        server, worker = stage.processes[SERVER].popen.pid, stage.processes[WORKER].popen.pid
        stage.kill_database()
        stage.call_under_way("signing.sign")
        stage.kill_database()
    assert (stage.processes[SERVER].popen.pid, stage.processes[WORKER].popen.pid) == (server, worker)
    assert office.met["server unwell"] > 0


def test_without_its_database_the_server_says_what_to_do_until_a_worker_brings_the_database_back(stage: Stage) -> None:
    stage.processes[WORKER].send(signal.SIGSTOP)
    stage.kill_database()
    answer = stage.until("the server notices", lambda: unready(stage))
    stage.processes[WORKER].send(signal.SIGCONT)
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "cannot be reached" in answer.json()["detail"]
    assert "`motcua worker`" in answer.json()["detail"]
    stage.until("the server is ready again", lambda: unready(stage) is None)


def unready(stage: Stage) -> httpx.Response | None:
    answer = stage.outside.get(f"{stage.server_url}/health/ready")
    return None if answer.is_success else answer


def test_outside_systems_killed_with_call_backs_owed_are_called_again_and_repeat_them(stage: Stage) -> None:
    with office_at_work(stage, "counterpart-kills", 3) as office:
        office.pays = False
        reference = stage.until("an order is open", lambda: next(iter(open_orders(stage)), None))
        stage.processes[SERVER].kill()
        paid = stage.outside.post(f"{stage.gateway_url}/_citizen/pay", json={"reference": reference}).json()["transactions"][0]
        stage.until("the gateway tells nobody", lambda: stage.gateway()["transactions"][paid]["callbacks_sent"])
        stage.processes[COUNTERPARTS].kill()
        stage.start(SERVER)
        with office_at_work(stage, "counterpart-away", 1) as late:
            failed = "SELECT seq FROM motcua.events WHERE kind = 'call_failed' AND dossier_code = ANY(%s)"
            stage.until("a call finds nobody", lambda: stage.query(failed, late.codes))
            stage.start(COUNTERPARTS)
            stage.until("the call-back is acknowledged", lambda: stage.gateway()["transactions"][paid]["callbacks_owed"] == 0)
            office.pays = True


def open_orders(stage: Stage) -> list[str]:
    return [reference for reference, order in stage.gateway()["orders"].items() if order["state"] == "waiting"]


@pytest.mark.parametrize("operation", ["signing.sign", "national_portal.report_status"])
def test_a_worker_that_stalls_beyond_its_lease_is_replaced_and_its_late_outcome_refused(stage: Stage, operation: str) -> None:
    stage.start(OTHER_WORKER)
    stalled, other = stage.processes[WORKER], stage.processes[OTHER_WORKER]
    other.send(signal.SIGSTOP)  # while there is nothing to do, so that it holds no dossier
    with office_at_work(stage, f"stalled-{operation}", 2) as office:
        key = stage.until("the worker stalls in a call and holds no dossier", lambda: stall(stage, stalled, operation))
        since = time.monotonic()
        other.send(signal.SIGCONT)
        stage.until("the other worker has made the call", lambda: stage.state_of(key) == "done")
        print(
            f"{operation} was taken over {time.monotonic() - since:.1f} s after its worker stalled; the lease is {LEASE_SECONDS} s"
        )
        stage.until("everything else is done too", lambda: office.at_rest)
        before = revision_of(stage, key)
        stalled.send(signal.SIGCONT)
        stage.until("the stalled worker brings its outcome home", lambda: revision_of(stage, key) > before)


def test_a_worker_whose_lease_is_over_tells_the_portal_nothing_more() -> None:
    with running(national_portal()) as portal:
        connector = NationalPortalConnector(PortalSettings(portal.base_url, LOCAL_UNIT, LOCAL_USERNAME, LOCAL_PASSWORD))
        call = a_call("national_portal.report_status", status="received", at=MONDAY_8_AM)
        with pytest.raises(LeaseOver):
            connector.call(replace(call, is_current=lambda: False))
        assert HTTP.get(f"{portal.base_url}/_state").json()["dossiers"] == {}
        connector.call(call)
        assert list(HTTP.get(f"{portal.base_url}/_state").json()["dossiers"]) == [call.dossier.code]
        connector.close()


def test_the_queue_asks_itself_whether_it_hears_only_once_it_listens() -> None:
    done: list[str] = []

    class Connections:
        """A pool that is slow to listen and quick to notify."""

        def get_max_size(self) -> int:
            return 2

        async def acquire(self) -> Connections:
            return self

        async def add_listener(self, *_: object) -> None:
            await asyncio.sleep(0.01)
            done.append("listened")

        async def execute(self, *_: object) -> None:
            done.append("notified")

    async def begin() -> None:
        driver = ListensFirst(Connections())
        await asyncio.gather(driver.notify("channel", "do I hear?"), driver.add_listener("channel", lambda _: None))

    asyncio.run(begin())
    assert done == ["listened", "notified"]


def stall(stage: Stage, worker: Process, operation: str) -> str | None:
    """Stop the worker in the middle of a call of that operation; None, and it goes on, when it was caught holding a dossier."""
    key = stage.call_under_way(operation)
    worker.send(signal.SIGSTOP)
    for _ in range(20):
        if not stage.query(_COMMANDS_UNDER_WAY):
            if stage.state_of(key) == "running":
                return key
            break
        time.sleep(0.02)
    worker.send(signal.SIGCONT)
    return None


# Commands lock rows of this table, and nobody else does.
_COMMANDS_UNDER_WAY = (
    "SELECT 1 FROM pg_locks WHERE relation = 'motcua.dossiers'::regclass AND mode IN ('RowShareLock', 'RowExclusiveLock')"
)


def revision_of(stage: Stage, key: str) -> int:
    found = stage.query("SELECT revision FROM motcua.dossiers JOIN motcua.service_calls ON dossier_code = code WHERE key = %s", key)
    return int(found[0][0])
