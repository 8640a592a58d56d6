"""An installation of real processes that a test may kill: embedded PostgreSQL, counterparts, server, workers.

Each process is `python -m motcua …` in a group of its own, with its words in a log file. The test itself is one more user of
the embedded database, so that it can watch it. Whatever a test does, `close` kills everything that was started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg

from motcua.services.demo.run import free_port
from motcua.services.storage.embedded import start_embedded, stop_embedded

HOST = "127.0.0.1"
PATIENCE_SECONDS = 240.0
LEASE_SECONDS = 3
RETRY_SECONDS = 1
TAIL_LINES = 15
COUNTERPARTS, SERVER, WORKER, OTHER_WORKER = "counterparts", "server", "worker", "other worker"
_READY_WORDS = {COUNTERPARTS: "national_portal", SERVER: "motcua serves", WORKER: "motcua works", OTHER_WORKER: "motcua works"}
_NOT_AT_REST = {
    "service calls": "SELECT key, state, attempts, fence, lease_until, next_attempt_at, error FROM motcua.service_calls "
    "WHERE state <> 'done'",
    "jobs": "SELECT dedupe_key, status, queue_manager_id, now() - heartbeat FROM motcua.pgqueuer",
    "transactions": "SELECT pid, state, wait_event, now() - xact_start, left(query, 80) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()",
}
Found = TypeVar("Found")


class Late(AssertionError):
    """Something did not come about in time; the message holds the last words of every process."""


@dataclass(frozen=True)
class Answer:
    """Rows of a query that was answered, perhaps none."""

    rows: list[tuple[Any, ...]]


@dataclass
class Process:
    """One process of the installation. `log` holds what it said over all its lives; this one began at `log_start` bytes."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    log_start: int

    @property
    def runs(self) -> bool:
        return self.popen.poll() is None

    @property
    def said(self) -> str:
        return self.log.read_bytes()[self.log_start :].decode(errors="replace")

    def send(self, sign: signal.Signals) -> None:
        os.killpg(self.popen.pid, sign)

    def kill(self) -> None:
        """SIGKILL to the whole group; returns once it is gone."""
        if self.runs:
            with suppress(ProcessLookupError):
                self.send(signal.SIGKILL)
        self.popen.wait()

    def tail(self) -> str:
        state = "runs" if self.runs else f"ended with {self.popen.returncode}"
        return "\n".join([f"--- {self.name} ({state})", *self.said.splitlines()[-TAIL_LINES:]])


@dataclass
class Stage:
    """The installation in `folder`, which its database's user must be able to enter."""

    folder: Path
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data_dir = self.folder / "data"
        self.server_url, self.portal_url, self.gateway_url = (f"http://{HOST}:{free_port(HOST)}" for _ in range(3))
        self.outside = httpx.Client(timeout=30, trust_env=False)
        self.database = start_embedded(self.data_dir, options=("fsync=off",))

    def close(self) -> None:
        """Kill every process, and stop the database."""
        for process in self.processes.values():
            process.kill()
        self.outside.close()
        self.database.stop()
        stop_embedded(self.data_dir)

    # ---- processes

    def start(self, *names: str) -> None:
        """Start what does not run yet, all at once, and wait until each says that it is there. The database, too."""
        start_embedded(self.data_dir).stop()
        for name in names:
            if name not in self.processes or not self.processes[name].runs:
                self.processes[name] = self._start(name)
        for name in names:
            self.until(f"{name} is ready", lambda name=name: self._is_ready(self.processes[name]))  # type: ignore[misc]

    def restart(self, name: str) -> None:
        """SIGKILL, and start again."""
        self.processes[name].kill()
        self.start(name)

    def kill_database(self) -> None:
        """SIGKILL to PostgreSQL itself."""
        record = next(self.data_dir.glob("postgres-*/postmaster.pid"))
        os.kill(int(record.read_text().split()[0]), signal.SIGKILL)

    def _start(self, name: str) -> Process:
        log = self.folder / f"{name.replace(' ', '-')}.log"
        with log.open("ab") as saying:
            began = saying.tell()
            popen = subprocess.Popen(
                [sys.executable, "-m", "motcua", *self._arguments(name)],
                stdin=subprocess.DEVNULL,
                stdout=saying,
                stderr=saying,
                env=self._environment(),
                start_new_session=True,
            )
        return Process(name, popen, log, began)

    def _arguments(self, name: str) -> list[str]:
        if name == COUNTERPARTS:
            ports = ["--portal-port", self.portal_url.rpartition(":")[2], "--gateway-port", self.gateway_url.rpartition(":")[2]]
            return ["counterparts", "--json", *ports, "--state", str(self.folder / "counterparts")]
        return ["serve"] if name == SERVER else ["worker"]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
        return kept | {
            "MOTCUA_DATA_DIR": str(self.data_dir),
            "MOTCUA_PORT": self.server_url.rpartition(":")[2],
            "MOTCUA_PORTAL_URL": self.portal_url,
            "MOTCUA_GATEWAY_URL": self.gateway_url,
            "MOTCUA_LEASE_SECONDS": str(LEASE_SECONDS),
            "MOTCUA_RETRY_SECONDS": str(RETRY_SECONDS),
            "MOTCUA_TICK_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def _is_ready(self, process: Process) -> bool:
        if not process.runs:
            raise Late(f"{process.name} ended while it was starting.\n{self.tails()}")
        return _READY_WORDS[process.name] in process.said

    # ---- waiting and watching

    def until(self, what: str, look: Callable[[], Found | None], seconds: float = PATIENCE_SECONDS, pause: float = 0.05) -> Found:
        """What `look` gives, once it is true. Raises Late with every process's last words."""
        give_up_at = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > give_up_at:
                raise Late(f"Not within {seconds:g} s: {what}.\n{self.tails()}")
            time.sleep(pause)
        return found

    def tails(self) -> str:
        """The last words of every process, and what the database says is not at rest."""
        return "\n".join([*(process.tail() for process in self.processes.values()), *self._unrest()])

    def _unrest(self) -> list[str]:
        said = []
        for title, statement in _NOT_AT_REST.items():
            answer = self._queried(statement, ())
            said += [f"--- {title}", *(["no answer"] if answer is None else map(str, answer.rows))]
        return said

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, seen from outside, as soon as it answers."""
        return self.until("the database answers", lambda: self._queried(statement, values)).rows

    def _queried(self, statement: str, values: tuple[object, ...]) -> Answer | None:
        try:
            with psycopg.connect(self.database.url, autocommit=True) as connection:
                return Answer(connection.execute(statement.encode(), values).fetchall())
        except psycopg.OperationalError:
            return None

    def call_under_way(self, operation: str) -> str:
        """The key of a service call of that operation that a worker makes at this moment, caught as soon as there is one."""
        statement = "SELECT key FROM motcua.service_calls WHERE state = 'running' AND operation = %s LIMIT 1"
        return str(self.until(f"{operation} is called", lambda: self.query(statement, operation), pause=0.001)[0][0])

    def state_of(self, key: str) -> str:
        return str(self.query("SELECT state FROM motcua.service_calls WHERE key = %s", key)[0][0])

    def portal(self) -> dict[str, Any]:
        """What the national portal holds."""
        return self._held_by(self.portal_url)

    def gateway(self) -> dict[str, Any]:
        """What the payment gateway holds."""
        return self._held_by(self.gateway_url)

    def _held_by(self, url: str) -> dict[str, Any]:
        answer = self.outside.get(f"{url}/_state")
        answer.raise_for_status()
        held: dict[str, Any] = answer.json()
        return held
