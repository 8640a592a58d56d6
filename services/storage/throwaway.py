"""Databases that are gone afterwards, for the demo, the benchmarks and the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from motcua.services.storage.database import DatabaseUnreachable, plain_url
from motcua.services.storage.embedded import USERS_FILE, start_embedded, stop_embedded
from motcua.services.storage.server_binaries import EmbeddedServerFailed

_PREFIX = "motcua-throwaway-"
# Nobody will miss the data, so nothing needs to reach the disk.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def throwaway_database(server_url: str | None = None, *, template: str = "template1", folder: Path | None = None) -> Iterator[str]:
    """The URL of an empty database that is removed at the end.

    With `server_url` it is a new database on that server, made like `template`; without, it lies on a server of its own in `folder`
    (the temp folder). A process that was killed cannot clean up: the next one removes every throwaway that nobody uses any more.
    """
    if server_url is None:
        with _server_of_its_own(folder or Path(tempfile.gettempdir())) as url:
            yield url
        return
    name = f"motcua_{uuid.uuid4().hex[:12]}"
    _execute(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield urlsplit(plain_url(server_url))._replace(path=f"/{name}").geturl()
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server_url: str, statement: sql.Composed) -> None:
    try:
        with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
            connection.execute(statement)
    except psycopg.OperationalError as cause:
        raise DatabaseUnreachable(server_url, str(cause).splitlines()[0]) from cause


@contextmanager
def _server_of_its_own(folder: Path) -> Iterator[str]:
    _sweep(folder)
    data_dir = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    if os.geteuid() == 0:
        data_dir.chmod(0o755)  # root's server runs as another user, who must pass through
    try:
        server = start_embedded(data_dir, options=_FORGETFUL)
        try:
            yield server.url
        finally:
            server.stop()
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes of ours left behind; a folder in use is recognised by its lock."""
    for data_dir in folder.glob(f"{_PREFIX}*"):
        try:
            if data_dir.is_symlink() or data_dir.stat().st_uid != os.geteuid():
                continue
            users = os.open(data_dir / USERS_FILE, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop_embedded(data_dir)
            shutil.rmtree(data_dir, ignore_errors=True)
        except (BlockingIOError, EmbeddedServerFailed):
            continue
        finally:
            os.close(users)
