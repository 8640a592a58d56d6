"""Killing a process in the middle and starting it again loses nothing and doubles nothing.

Real processes, real SIGKILL. Each test carries dossiers of its own through a whole installation, kills at moments that it chooses
or draws (the seed is printed), and has everything audited in the end: every dossier returned, every task completed once, three
valid signatures on every result, every status at the portal once and in order, every order paid and settled once, no incident,
numbers without gaps, histories that verify.
"""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.databases import quick_folder
from tests.services.crash_office import PROCEDURES, Office
from tests.services.crash_stage import COUNTERPARTS, LEASE_SECONDS, OTHER_WORKER, SERVER, WORKER, Process, Stage

SEED = 20260302


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
    with office_at_work(stage, "worker-kills", 6):
        for operation in ("payment.collect", "national_portal.report_status", "signing.sign"):
            key = stage.call_under_way(operation)
            stage.processes[WORKER].kill()
            left_behind.append(stage.state_of(key))
            stage.start(WORKER)
    print("states of the calls when their worker had died:", left_behind)
    assert "running" in left_behind


def test_a_server_killed_in_the_middle_of_requests_is_asked_again(stage: Stage) -> None:
    chance = random.Random(SEED)
    print("seed", SEED)
    with office_at_work(stage, "server-kills", 6) as office:
        for _ in range(3):
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


def test_without_database_and_worker_the_server_says_what_to_do_until_a_worker_is_started(stage: Stage) -> None:
    stage.processes[WORKER].kill()
    stage.kill_database()
    answer = stage.until("the server notices", lambda: unready(stage))
    assert "cannot be reached" in answer.json()["detail"]
    stage.start(WORKER)
    stage.until("the server is ready again", lambda: unready(stage) is None)


def unready(stage: Stage) -> httpx.Response | None:
    answer = stage.outside.get(f"{stage.server_url}/health/ready")
    return None if answer.is_success else answer


def test_outside_systems_killed_with_call_backs_owed_are_called_again_and_repeat_them(stage: Stage) -> None:
    with office_at_work(stage, "counterpart-kills", 3) as office:
        office.pays = False
        stage.call_under_way("national_portal.report_status")
        stage.restart(COUNTERPARTS)
        reference = stage.until("an order is open", lambda: next(iter(open_orders(stage)), None))
        stage.processes[SERVER].kill()
        paid = stage.outside.post(f"{stage.gateway_url}/_citizen/pay", json={"reference": reference}).json()["transactions"][0]
        stage.until("the gateway tells nobody", lambda: stage.gateway()["transactions"][paid]["callbacks_sent"])
        stage.restart(COUNTERPARTS)
        assert stage.gateway()["transactions"][paid]["callbacks_owed"] == 1
        stage.start(SERVER)
        stage.until("the call-back is acknowledged", lambda: stage.gateway()["transactions"][paid]["callbacks_owed"] == 0)
        office.pays = True


def open_orders(stage: Stage) -> list[str]:
    return [reference for reference, order in stage.gateway()["orders"].items() if order["state"] == "waiting"]


@pytest.mark.parametrize("operation", ["signing.sign", "national_portal.report_status"])
def test_a_worker_that_stalls_beyond_its_lease_is_replaced_and_its_late_outcome_refused(stage: Stage, operation: str) -> None:
    stage.start(OTHER_WORKER)
    stalled, other = stage.processes[WORKER], stage.processes[OTHER_WORKER]
    with office_at_work(stage, f"stalled-{operation}", 2) as office:
        stage.until("the dossiers are filed", lambda: office.codes)
        other.send(signal.SIGSTOP)
        key = stage.until("the worker stalls in a call, outside of a transaction", lambda: stall(stage, stalled, operation))
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


def stall(stage: Stage, worker: Process, operation: str) -> str | None:
    """Stop the worker in the middle of a call of that operation; None, and it goes on, when it was caught inside a transaction."""
    key = stage.call_under_way(operation)
    worker.send(signal.SIGSTOP)
    for _ in range(20):
        if not stage.query(_OPEN_TRANSACTIONS):
            if stage.state_of(key) == "running":
                return key
            break
        time.sleep(0.02)
    worker.send(signal.SIGCONT)
    return None


_OPEN_TRANSACTIONS = (
    "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
)


def revision_of(stage: Stage, key: str) -> int:
    found = stage.query("SELECT revision FROM motcua.dossiers JOIN motcua.service_calls ON dossier_code = code WHERE key = %s", key)
    return int(found[0][0])
