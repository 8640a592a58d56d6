"""The store keeps its contract on the operating system's own PostgreSQL too, since operators choose which one they use.

The oldest version that we promise is 15, which Debian 12 has.
"""

from __future__ import annotations

import atexit
import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest

from motcua.services.storage.database import open_engine
from motcua.services.storage.migrations import migrate
from motcua.services.storage.server_binaries import Programs
from motcua.services.storage.throwaway import throwaway_database
from tests.contracts.test_postgres_store import TestPostgresStore as StoreOnPostgres
from tests.databases import quick_folder

OLDEST = 15


@cache
def server_url() -> str:
    """A server of the system's programs, on a socket in a folder that goes with the test run."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: int(found.parent.name))
    if not installed:
        (pytest.fail if os.environ.get("MOTCUA_REQUIRE_TOOLS") else pytest.skip)("the system has no PostgreSQL of its own")
    programs = Programs(installed[0], pwd.getpwnam("postgres") if os.geteuid() == 0 else None)
    folder = Path(tempfile.mkdtemp(prefix="motcua-system-postgres-", dir=quick_folder()))
    programs.give(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    for program, *arguments in (
        ("initdb", "-D", f"{folder}/data", "-U", "motcua", "-A", "trust", "-E", "UTF8", "--no-sync"),
        ("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start"),
    ):
        done = programs.run(program, *arguments)
        assert done.returncode == 0, done.stdout
    atexit.register(programs.run, "pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    return f"postgresql://motcua@/postgres?host={folder}"


@pytest.fixture(scope="module")
def migrated_url() -> Iterator[str]:
    with throwaway_database(server_url()) as url:
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture
def database_url(migrated_url: str) -> Iterator[str]:
    """A clone of the migrated database; `database_engine` opens it."""
    template = re.search(r"/(\w+)\?", migrated_url)
    assert template
    with throwaway_database(server_url(), template=template[1]) as url:
        yield url


def test_the_server_is_as_old_as_the_oldest_that_is_promised_or_younger() -> None:
    with psycopg.connect(server_url()) as connection:
        assert connection.info.server_version // 10_000 >= OLDEST


class TestStoreOnTheSystemsPostgres(StoreOnPostgres):
    pass
