"""The memory of a counterpart: one small SQLite database, in memory or in a file, so that a killed counterpart can be started
again where it stood. SQLite serves these doubles only; motcua itself keeps everything in PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class State:
    """Rows behind one lock; every change of a request is committed together or not at all."""

    def __init__(self, schema: str, file: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(schema + _COUNTS)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Mapping[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(query, values)]

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def count(self, name: str) -> None:
        """Add one to a named count, in a transaction of its own."""
        with self.transaction() as rows:
            counted(rows, name)

    def counts(self) -> dict[str, int]:
        return {row["name"]: row["amount"] for row in self.rows("SELECT name, amount FROM counts ORDER BY name")}


def counted(rows: sqlite3.Connection, name: str) -> None:
    """Add one to a named count, inside the transaction of `rows`."""
    rows.execute("INSERT INTO counts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET amount = amount + 1", (name,))


_COUNTS = "CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, amount INTEGER NOT NULL);"
