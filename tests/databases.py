"""Databases for tests: one server for the whole run, one migrated template, and a clone of it for each test that asks.

`MOTCUA_TEST_DATABASE_URL` names a server to use instead of an embedded one. A conftest takes what it needs by name:
`from tests.databases import database_url, database_engine`.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from motcua.services.storage.database import open_engine
from motcua.services.storage.migrations import migrate
from motcua.services.storage.throwaway import throwaway_database

_open = ExitStack()
atexit.register(_open.close)


def quick_folder() -> Path | None:
    """In memory, where there is enough of it: a database is hundreds of small files, made ten times quicker there. Else None."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


@cache
def server_url() -> str:
    """A server where tests may make databases; it ends with the test run."""
    return _open.enter_context(throwaway_database(os.environ.get("MOTCUA_TEST_DATABASE_URL"), folder=quick_folder()))


@cache
def template_url() -> str:
    """A migrated and otherwise empty database that nobody is connected to."""
    url = _open.enter_context(throwaway_database(server_url()))
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    return url


@pytest.fixture
def database_url() -> Iterator[str]:
    """A migrated database of the test's own."""
    with throwaway_database(server_url(), template=urlsplit(template_url()).path.lstrip("/")) as url:
        yield url


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """A database without any table."""
    with throwaway_database(server_url()) as url:
        yield url


@pytest.fixture
def database_engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()
