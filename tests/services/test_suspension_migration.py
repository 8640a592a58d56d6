"""The column for suspensions comes to a live system: what is stored stays, and a process of the release before goes on."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from motcua.engine.clock import SystemClock
from motcua.engine.dossier import Suspension
from motcua.services.storage import migrations
from motcua.services.storage.database import open_engine
from motcua.services.storage.migrations import migrate
from motcua.services.storage.postgres_store import PostgresStore
from tests.databases import empty_database_url as empty_database_url
from tests.factories import CODE, MONDAY, a_dossier, an_opening, next_change, open_dossier


def to_first_schema(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS motcua"))
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def test_dossiers_stored_before_are_not_suspended_and_the_release_before_leaves_suspensions_alone(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    to_first_schema(engine)
    store = PostgresStore(engine, SystemClock())
    with engine.begin() as connection:  # as the release before writes, naming its columns
        connection.execute(
            text(
                "INSERT INTO motcua.procedure_versions (version_id, procedure_code, model, register, in_force_from) "
                "VALUES (:id, '1.002740', '', '', '2025-07-01')"
            ),
            {"id": a_dossier().version_id},
        )
        connection.execute(text(OLD_INSERT), {"version": a_dossier().version_id, "at": MONDAY, "digest": bytes(32)})
        connection.execute(text("INSERT INTO motcua.dossier_states VALUES ('H05.19-260302-0009', 'state')"))
    migrate(engine)
    assert store.dossier("H05.19-260302-0009").suspension is None
    open_dossier(store, an_opening())
    suspension = Suspension(MONDAY, "operator.hoa", "sai dữ liệu")
    next_change(store, dossier=a_dossier(suspension=suspension))
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE motcua.dossiers SET status = 'received', revision = revision + 1 WHERE code = :code"), {"code": CODE}
        )
    assert store.dossier(CODE).suspension == suspension
    engine.dispose()


OLD_INSERT = """
    INSERT INTO motcua.dossiers (code, procedure_code, version_id, authority_code, tier, channel, applicant, status, filed_at,
        due_provisional, promises, pauses, supplement_requests, revision, chain_seq, chain_digest)
    VALUES ('H05.19-260302-0009', '1.002740', :version, 'H05.19', 'province', 'online',
        '{"name": "An", "kind": "citizen", "identifier": null, "phone": null, "email": null, "address": null}', 'filed', :at,
        false, '[]', '[]', 0, 1, 0, :digest)
"""
