"""The tables, in a schema of their own named `motcua`, with the rules that the database itself keeps.

    procedure_versions ──< version_parts >── parts        a version is a closure, stored whole; equal parts are stored once
            │
         dossiers ──── dossier_states                     the narrow row that lists read, and the state that commands read
            ├──< events ──── event_contents               what stays for ever, and what can be erased
            ├──< tasks                                    open while closed_at is null
            ├──< service_calls   ├──< documents   ├──< messages   └──< payment_receipts

`events` is one plain table and not partitioned by month: its key (dossier_code, seq) must stay unique over all of history, which
PostgreSQL only promises within one partition, and `at` may be a simulated time of any year. A BRIN index on `at` serves reports.

Codes and ids are collated "C": they are compared, not read aloud, and their order is then the same on every server.
Migrations create the tables (`migrations/`); a test holds them to this description.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from motcua.engine.dossier import CallState, Channel, Ending, Status

SCHEMA = "motcua"
OPEN_CALLS = (CallState.QUEUED, CallState.RUNNING, CallState.WAITING, CallState.INCIDENT)

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    },
)

Code = Text(collation="C")
Instant = DateTime(timezone=True)


def _one_of(column: str, values: type[CallState] | type[Channel] | type[Ending] | type[Status]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _of_dossier() -> Column[str]:
    return Column("dossier_code", Code, ForeignKey("motcua.dossiers.code"), nullable=False)


procedure_versions = Table(
    "procedure_versions",
    metadata,
    Column("version_id", Code, primary_key=True),
    Column("procedure_code", Code, nullable=False),
    Column("model", LargeBinary, nullable=False),
    Column("register", LargeBinary, nullable=False),
    Column("in_force_from", Date, nullable=False),
    Column("in_force_until", Date),
    Column("published_no", BigInteger, Identity(always=True), nullable=False),
    CheckConstraint("in_force_until IS NULL OR in_force_until >= in_force_from", name="in_force"),
    Index(None, "procedure_code", "published_no"),
)

parts = Table(
    "parts",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("sha256 = sha256(content)", name="sha256"),
)

version_parts = Table(
    "version_parts",
    metadata,
    Column("version_id", Code, ForeignKey("motcua.procedure_versions.version_id"), nullable=False),
    Column("name", Code, nullable=False),
    Column("sha256", LargeBinary, ForeignKey("motcua.parts.sha256"), nullable=False),
    PrimaryKeyConstraint("version_id", "name"),
)

dossier_numbers = Table(
    "dossier_numbers",
    metadata,
    Column("authority_code", Code, nullable=False),
    Column("on_day", Date, nullable=False),
    Column("last_number", Integer, nullable=False),
    PrimaryKeyConstraint("authority_code", "on_day"),
    CheckConstraint("last_number > 0", name="last_number"),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("code", Code, primary_key=True),
    Column("procedure_code", Code, nullable=False),
    Column("version_id", Code, ForeignKey("motcua.procedure_versions.version_id"), nullable=False),
    Column("authority_code", Code, nullable=False),
    Column("tier", Code, nullable=False),
    Column("channel", Code, nullable=False),
    Column("applicant", JSONB, nullable=False),
    Column("case", Text),
    Column("status", Code, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("received_at", Instant),
    Column("limit", Text),
    Column("limit_unknown_because", Text),
    Column("due_on", Date),
    Column("due_at", Instant),
    Column("expires_at", Instant),
    Column("due_provisional", Boolean, nullable=False),
    Column("promises", JSONB, nullable=False),
    Column("pauses", JSONB, nullable=False),
    Column("supplement_requests", Integer, nullable=False),
    Column("processed_at", Instant),
    Column("returned_at", Instant),
    Column("ended_at", Instant),
    Column("ending", Code),
    Column("closed_at", Instant),
    Column("wake_at", Instant),
    Column("request_id", Code),
    Column("revision", Integer, nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("chain_digest", LargeBinary, nullable=False),
    Column("suspension", JSONB),
    UniqueConstraint("request_id"),
    _one_of("channel", Channel),
    _one_of("status", Status),
    _one_of("ending", Ending),
    CheckConstraint("supplement_requests >= 0", name="supplement_requests"),
    CheckConstraint("revision >= 0", name="revision"),
    CheckConstraint("chain_seq >= 0 AND octet_length(chain_digest) = 32", name="chain"),
    CheckConstraint("jsonb_typeof(promises) = 'array' AND jsonb_typeof(pauses) = 'array'", name="lists"),
    Index("dossiers_newest_idx", text("filed_at DESC"), text("code DESC")),
    Index("dossiers_authority_idx", "authority_code", "status", text("filed_at DESC")),
    Index("dossiers_procedure_idx", "procedure_code", text("filed_at DESC")),
    Index("dossiers_version_idx", "version_id"),
    Index("dossiers_wake_idx", "wake_at", "code", postgresql_where=text("wake_at IS NOT NULL")),
)

dossier_states = Table(
    "dossier_states",
    metadata,
    Column("dossier_code", Code, ForeignKey("motcua.dossiers.code"), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    _of_dossier(),
    Column("seq", Integer, nullable=False),
    Column("kind", Code, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("content_digest", LargeBinary),
    PrimaryKeyConstraint("dossier_code", "seq"),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint(
        "octet_length(previous) = 32 AND octet_length(digest) = 32 AND octet_length(coalesce(content_digest, digest)) = 32",
        name="digests",
    ),
    Index("events_at_idx", "at", postgresql_using="brin"),
)

event_contents = Table(
    "event_contents",
    metadata,
    Column("dossier_code", Code, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    PrimaryKeyConstraint("dossier_code", "seq"),
    ForeignKeyConstraint(["dossier_code", "seq"], ["motcua.events.dossier_code", "motcua.events.seq"]),
    CheckConstraint("octet_length(salt) >= 16", name="salt"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Code, primary_key=True),
    _of_dossier(),
    Column("activity_id", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Code, nullable=False),
    Column("tier", Code, nullable=False),
    Column("authority_code", Code, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("norm_hours", Double),
    Column("norm_due_at", Instant),
    Column("assignee", Code),
    Column("delegated_by", Code),
    Column("form", JSONB, nullable=False),
    Column("draft", JSONB),
    Column("closed_at", Instant),
    Column("closed_how", Code),
    Column("closed_by", Text),
    CheckConstraint("num_nonnulls(closed_at, closed_how, closed_by) IN (0, 3)", name="closed"),
    Index("tasks_work_list_idx", "authority_code", "tier", "role", "opened_at", "id", postgresql_where=text("closed_at IS NULL")),
    Index("tasks_assignee_idx", "assignee", "opened_at", postgresql_where=text("closed_at IS NULL AND assignee IS NOT NULL")),
    Index("tasks_oldest_idx", "opened_at", "id", postgresql_where=text("closed_at IS NULL")),
    Index("tasks_dossier_idx", "dossier_code"),
)

service_calls = Table(
    "service_calls",
    metadata,
    Column("key", Code, primary_key=True),
    _of_dossier(),
    Column("operation", Code, nullable=False),
    Column("inputs", JSONB, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("task_id", Code),
    Column("activity_id", Code),
    Column("lane", Code),
    Column("order", Integer, nullable=False),
    Column("state", Code, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant),
    Column("lease_until", Instant),
    Column("fence", BigInteger, nullable=False),
    Column("reference", Code),
    Column("outputs", JSONB, nullable=False),
    Column("error", Text),
    UniqueConstraint("reference"),
    _one_of("state", CallState),
    CheckConstraint("attempts >= 0 AND max_attempts > 0 AND fence >= 0", name="counts"),
    Index("service_calls_due_idx", "next_attempt_at", postgresql_where=text("state = 'queued'")),
    Index("service_calls_lease_idx", "lease_until", postgresql_where=text("state = 'running'")),
    Index("service_calls_incident_idx", "asked_at", "key", postgresql_where=text("state = 'incident'")),
    Index("service_calls_dossier_idx", "dossier_code", "lane", "order"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Code, primary_key=True),
    _of_dossier(),
    Column("kind", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Code, nullable=False),
    Column("sha256", Code, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("order", Integer, nullable=False),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$' AND size_bytes >= 0", name="bytes"),
    Index("documents_dossier_idx", "dossier_code", "order"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Code, nullable=False),
    _of_dossier(),
    Column("name", Code, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("keep_until", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("expired_at", Instant),
    PrimaryKeyConstraint("dossier_code", "id"),
    CheckConstraint("delivered_at IS NULL OR expired_at IS NULL", name="one_fate"),
)

payment_receipts = Table(
    "payment_receipts",
    metadata,
    Column("transaction_no", Code, primary_key=True),
    Column("reference", Code, nullable=False),
    _of_dossier(),
    Column("amount_vnd", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", Code, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("state IN ('settled', 'refund_due', 'refunded')", name="state"),
    CheckConstraint("amount_vnd >= 0", name="amount"),
    Index("payment_receipts_dossier_idx", "dossier_code", "received_at"),
)
