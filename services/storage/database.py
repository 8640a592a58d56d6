"""The seam to the database driver: opening it, telling in one sentence when it cannot be reached, and counting statements.

A foreign error is translated here and nowhere else. Passwords never enter a message.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from motcua.errors import Conflict, Unavailable

# A client that died with a dossier locked must not hold its colleagues for ever. Compiling to machine code pays off in long queries
# only, and ours are short.
_SESSION = """
    SET SESSION TIME ZONE 'UTC'; SET SESSION jit = off;
    SET SESSION lock_timeout = '30s'; SET SESSION idle_in_transaction_session_timeout = '120s';
"""


class DatabaseUnreachable(Unavailable):
    """Nobody answers at the database's address, or it refuses us."""

    def __init__(self, url: str, why: str) -> None:
        host, database = address_of(url)
        super().__init__(
            f'The database "{database}" at {host} cannot be reached: {why}. '
            "Check that it runs and that MOTCUA_DATABASE_URL names it. Without that setting it is the embedded one, which every "
            "`motcua worker` starts again.",
            host=host,
            database=database,
            why=why,
        )


class DatabaseBusy(Conflict):
    """Two commands waited for each other, or one held a lock too long; this one was rolled back whole, and may be tried again."""


def address_of(url: str) -> tuple[str, str]:
    """(host and port, database) of a connection URL, for people; never the user's password."""
    parts = conninfo_to_dict(url)
    host = str(parts.get("host") or parts.get("hostaddr") or "the local socket")
    port = parts.get("port")
    return (f"{host}:{port}" if port and not host.startswith("/") else host), str(parts.get("dbname") or parts.get("user") or "")


def plain_url(url: str) -> str:
    """The URL as every driver reads it: SQLAlchemy's spelling `postgresql+psycopg://` loses its middle."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{mark}{rest}"


def open_engine(url: str, *, connections: int = 10) -> Engine:
    """A pool of at most `connections` to `url`: `postgresql://user:password@host:port/database`, or `?host=/socket/folder`.

    Nothing is connected yet. The URL reaches psycopg word for word, so `sslmode`, `service` and the rest work as documented there.
    A pooled connection that the server has closed is noticed and replaced before it is used, so a restart costs no later command.
    """
    dsn = plain_url(url)

    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(dsn, connect_timeout=10)
        connection.autocommit = True
        connection.execute(_SESSION)
        connection.prepare_threshold = 2  # the same few statements come all the time
        connection.autocommit = False
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30,
        isolation_level="READ COMMITTED",
    )
    event.listen(engine, "checkout", _replace_if_closed)
    # The engine does not know the address when it is given a creator; messages need it.
    return engine.execution_options(motcua_url=dsn)


def _replace_if_closed(connection: psycopg.Connection[Any], *_: object) -> None:
    """A server that goes away says so, or closes the socket: then an idle connection has something to read. Asking costs no round
    trip, unlike the pool's own ping, which took a third of the time of a short read."""
    waiting = select.poll()
    try:
        waiting.register(connection.fileno(), select.POLLIN)
        gone = bool(waiting.poll(0))
    except psycopg.OperationalError:
        gone = True
    if gone:
        raise InvalidatePoolError


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn what the driver raises inside into DatabaseUnreachable and DatabaseBusy; other errors pass unchanged."""
    try:
        yield
    except PoolTimeout as cause:
        raise DatabaseBusy("All database connections have been in use for 30 seconds; nothing was written. Try again.") from cause
    except (DBAPIError, psycopg.Error) as cause:
        translation = _translation(engine, cause)
        if translation is None:
            raise
        raise translation from cause


def _translation(engine: Engine, cause: DBAPIError | psycopg.Error) -> Unavailable | Conflict | None:
    original = cause.orig if isinstance(cause, DBAPIError) else cause
    state = getattr(original, "sqlstate", None)
    if state in {"40001", "40P01", "55P03"}:  # serialization, deadlock, lock timeout
        return DatabaseBusy("Another command holds what this one needs; nothing was written. Try again in a moment.")
    lost = isinstance(cause, DBAPIError) and cause.connection_invalidated
    # 08 connection, 28 authorisation, 3D no such database, 53 resources, 57 shut down by the operator
    if lost or (isinstance(original, psycopg.OperationalError) and (state is None or state[:2] in {"08", "28", "3D", "53", "57"})):
        return DatabaseUnreachable(engine.get_execution_options()["motcua_url"], _first_reason(str(original)))
    return None


def _first_reason(message: str) -> str:
    lines = [
        line.strip().rstrip(".") for line in message.splitlines() if line.strip() and not line.startswith("Multiple connection")
    ]
    reason = lines[0] if lines else "the connection was lost"
    return reason.removeprefix("connection failed: ")


@dataclass(slots=True)
class StatementCount:
    """How many statements went to the database, without BEGIN and COMMIT."""

    statements: int = 0


@contextmanager
def count_statements(engine: Engine) -> Iterator[StatementCount]:
    """Counts what `engine` executes inside the block, the queue's statements included."""
    count = StatementCount()

    def on_statement(*_: object) -> None:
        count.statements += 1

    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield count
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
