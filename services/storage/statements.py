"""The statements of one command, composed once from the tables.

    lock    2   the dossier's row, locked; then its state, open calls and undelivered messages, read after the lock was given
    save    1   everything that the command writes, as one statement of several parts
            2   more where service calls changed: which of the dossier's calls may be made now, and the queue
    open    1   the next dossier number; 2 more where the request has a key of its own

So a command takes at most 6 statements, whatever it writes. The parts of `save` hang on the part that writes the dossier's row:
where the dossier is not as the command expects, no part writes anything. Each part unpacks its rows from one JSON parameter.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Table, TextClause, text

from motcua.services.storage import schema
from motcua.services.storage.schema import SCHEMA

_OPEN_CALLS = ", ".join(f"'{state}'" for state in schema.OPEN_CALLS)


def _names(table: Table, leave_out: frozenset[str] = frozenset()) -> list[str]:
    return [f'"{column.name}"' for column in table.columns if column.name not in leave_out]


# Columns are named, or the row comes as JSON: a process that runs while a newer one migrates goes on getting what it knows.
# JSON is also quicker than thirty columns, each with its type to look up.
_CALL = ", ".join(f"c.{name}" for name in _names(schema.service_calls))

LOCK = text(f"SELECT to_jsonb(d) FROM {SCHEMA}.dossiers d WHERE code = :code FOR NO KEY UPDATE")

READ_UNDER_LOCK = text(
    f"""
    SELECT state,
        (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.asked_at, c."order", c.key) FROM {SCHEMA}.service_calls c
            WHERE c.dossier_code = s.dossier_code AND c.state IN ({_OPEN_CALLS})) AS calls,
        (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.received_at, m.id) FROM {SCHEMA}.messages m
            WHERE m.dossier_code = s.dossier_code AND m.delivered_at IS NULL AND m.expired_at IS NULL) AS messages
    FROM {SCHEMA}.dossier_states s WHERE dossier_code = :code
    """
)

NEXT_NUMBER = text(
    f"""
    INSERT INTO {SCHEMA}.dossier_numbers AS counter (authority_code, on_day, last_number) VALUES (:authority_code, :on_day, 1)
    ON CONFLICT (authority_code, on_day) DO UPDATE SET last_number = counter.last_number + 1
    RETURNING last_number
    """
)

LOCK_REQUEST = text("SELECT pg_advisory_xact_lock(hashtextextended(:request_id, 0))")

_HEADS_ITS_LANE = f"""
    (c.lane IS NULL OR NOT EXISTS (
        SELECT FROM {SCHEMA}.service_calls earlier
        WHERE earlier.dossier_code = c.dossier_code AND earlier.lane = c.lane AND earlier.state IN ({_OPEN_CALLS})
            AND (earlier."order", earlier.key) < (c."order", c.key)))
"""

# Calls of one dossier to be woken up: those that the command made ready, and those whose lane it cleared.
CALLS_TO_WAKE = text(
    f"""
    SELECT key FROM {SCHEMA}.service_calls c
    WHERE c.dossier_code = :code AND c.state = 'queued' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= :decided_at)
        AND {_HEADS_ITS_LANE}
    """
)

_NOT_SUSPENDED = f"""
    NOT EXISTS (SELECT FROM {SCHEMA}.dossiers d WHERE d.code = c.dossier_code AND d.suspension IS NOT NULL)
"""

# Two parts, so that each finds its rows by its own index.
READY_CALLS = text(
    f"""
    SELECT key FROM (
        SELECT {_CALL} FROM {SCHEMA}.service_calls c
            WHERE c.state = 'queued' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= :now)
        UNION ALL
        SELECT {_CALL} FROM {SCHEMA}.service_calls c
            WHERE c.state = 'running' AND (c.lease_until IS NULL OR c.lease_until <= :wall_now)
    ) c
    WHERE {_HEADS_ITS_LANE} AND {_NOT_SUSPENDED}
    ORDER BY coalesce(next_attempt_at, asked_at), "order", key
    LIMIT :limit
    """
)

LOCK_OF_CALL = text(
    f"""
    SELECT to_jsonb(d) FROM {SCHEMA}.dossiers d
    WHERE code = (SELECT dossier_code FROM {SCHEMA}.service_calls WHERE key = :key)
    FOR NO KEY UPDATE
    """
)

LEASE = text(
    f"""
    UPDATE {SCHEMA}.service_calls c
    SET state = 'running', attempts = attempts + 1, fence = fence + 1, lease_until = :lease_until
    WHERE c.key = :key AND {_HEADS_ITS_LANE}
        AND ((c.state = 'queued' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= :now))
            OR (c.state = 'running' AND (c.lease_until IS NULL OR c.lease_until <= :wall_now)))
    RETURNING {_CALL}
    """
)


def _rows(table: Table, parameter: str) -> str:
    """The parameter's JSON array as rows of the table, but only if the dossier's row was written."""
    return f"dossier CROSS JOIN jsonb_populate_recordset(NULL::{table.fullname}, CAST(:{parameter} AS jsonb)) row"


def _insert(table: Table, parameter: str, *, or_replace_by: tuple[str, ...] = ()) -> str:
    """Insert the rows; by a key, a row of the same dossier is replaced, and one of another dossier is left alone."""
    names = _names(table)
    statement = (
        f"INSERT INTO {table.fullname} AS kept ({', '.join(names)}) "
        f"SELECT {', '.join(f'row.{name}' for name in names)} FROM {_rows(table, parameter)}"
    )
    if or_replace_by:
        replaced = ", ".join(f"{name} = EXCLUDED.{name}" for name in names if name.strip('"') not in or_replace_by)
        statement += (
            f" ON CONFLICT ({', '.join(or_replace_by)}) DO UPDATE SET {replaced} WHERE kept.dossier_code = EXCLUDED.dossier_code"
        )
    return statement + " RETURNING 1"


_INSERT_DOSSIER = f"""
    INSERT INTO {SCHEMA}.dossiers ({", ".join(_names(schema.dossiers))})
    SELECT {", ".join(_names(schema.dossiers))} FROM jsonb_populate_recordset(NULL::{SCHEMA}.dossiers, CAST(:dossier AS jsonb))
    RETURNING code
"""

_CHANGEABLE = _names(schema.dossiers, frozenset({"code", "chain_seq", "chain_digest"}))

# The revision and the chain's head must be those that the command started from; without new events the head stays.
_UPDATE_DOSSIER = f"""
    UPDATE {SCHEMA}.dossiers kept SET {", ".join(f"{name} = row.{name}" for name in _CHANGEABLE)},
        chain_seq = coalesce(row.chain_seq, kept.chain_seq), chain_digest = coalesce(row.chain_digest, kept.chain_digest)
    FROM jsonb_populate_recordset(NULL::{SCHEMA}.dossiers, CAST(:dossier AS jsonb)) row
    WHERE kept.code = row.code AND kept.revision + 1 = row.revision
        AND (CAST(:before AS bytea) IS NULL
            OR (kept.chain_digest = :before AND kept.chain_seq + CAST(:added AS integer) = row.chain_seq))
    RETURNING kept.code
"""

_PARTS = {
    "new_state": f"INSERT INTO {SCHEMA}.dossier_states (dossier_code, state) SELECT code, :state FROM dossier",
    "state": f"UPDATE {SCHEMA}.dossier_states kept SET state = :state FROM dossier WHERE kept.dossier_code = dossier.code",
    "events": _insert(schema.events, "events"),
    "contents": _insert(schema.event_contents, "contents"),
    "tasks_opened": _insert(schema.tasks, "tasks_opened"),
    "tasks_changed": (
        f"UPDATE {SCHEMA}.tasks kept SET {', '.join(f'{name} = row.{name}' for name in _names(schema.tasks, frozenset({'id'})))} "
        f"FROM {_rows(schema.tasks, 'tasks_changed')} "
        "WHERE kept.id = row.id AND kept.dossier_code = dossier.code AND kept.closed_at IS NULL RETURNING 1"
    ),
    "tasks_closed": (
        f"UPDATE {SCHEMA}.tasks kept SET closed_at = row.closed_at, closed_how = row.closed_how, closed_by = row.closed_by, "
        f"draft = NULL FROM {_rows(schema.tasks, 'tasks_closed')} "
        "WHERE kept.id = row.id AND kept.dossier_code = dossier.code AND kept.closed_at IS NULL RETURNING 1"
    ),
    "calls": _insert(schema.service_calls, "calls", or_replace_by=("key",)),
    "documents": _insert(schema.documents, "documents"),
    "messages": _insert(schema.messages, "messages", or_replace_by=("dossier_code", "id")),
    "receipts": _insert(schema.payment_receipts, "receipts", or_replace_by=("transaction_no",)),
}

COUNTED = ("tasks_changed", "tasks_closed", "calls", "receipts")


@cache
def save_statement(is_new: bool, parts: tuple[str, ...]) -> TextClause:
    """Writes the dossier's row and the named parts; answers how many rows `dossier` and each counted part wrote."""
    written = {"dossier": _INSERT_DOSSIER if is_new else _UPDATE_DOSSIER, **{part: _PARTS[part] for part in parts}}
    steps = ", ".join(f"{name} AS ({statement})" for name, statement in written.items())
    counts = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in ("dossier", *parts) if name in (*COUNTED, "dossier"))
    return text(f"WITH {steps} SELECT {counts}")


PUBLISH = text(
    f"""
    WITH given AS (
        SELECT key AS name, decode(value #>> '{{}}', 'hex') AS content FROM jsonb_each(CAST(:shared AS jsonb))
    ), version AS (
        INSERT INTO {SCHEMA}.procedure_versions (version_id, procedure_code, model, register, in_force_from, in_force_until)
        VALUES (:version_id, :procedure_code, :model, :register, :in_force_from, :in_force_until)
        ON CONFLICT (version_id) DO NOTHING RETURNING version_id
    ), stored AS (
        INSERT INTO {SCHEMA}.parts (sha256, content)
        SELECT DISTINCT sha256(given.content), given.content FROM given, version ON CONFLICT (sha256) DO NOTHING
    )
    INSERT INTO {SCHEMA}.version_parts (version_id, name, sha256)
    SELECT version.version_id, given.name, sha256(given.content) FROM given, version
    """
)

_VERSION = f"""
    SELECT v.version_id, v.procedure_code, v.model, v.register, v.in_force_from, v.in_force_until,
        (SELECT jsonb_object_agg(vp.name, encode(p.content, 'hex')) FROM {SCHEMA}.version_parts vp
        JOIN {SCHEMA}.parts p USING (sha256) WHERE vp.version_id = v.version_id) AS shared
    FROM {SCHEMA}.procedure_versions v
"""

VERSION = text(f"{_VERSION} WHERE v.version_id = :version_id")

VERSION_IN_FORCE = text(
    f"""{_VERSION} WHERE v.procedure_code = :procedure_code AND v.in_force_from <= :on
        AND (v.in_force_until IS NULL OR v.in_force_until >= :on)
        ORDER BY v.published_no DESC LIMIT 1"""
)
