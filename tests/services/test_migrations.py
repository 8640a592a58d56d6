"""The migrations make the tables that the schema describes, whoever starts first."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from motcua.services.storage.database import DatabaseUnreachable, open_engine
from motcua.services.storage.migrations import migrate
from motcua.services.storage.schema import SCHEMA, metadata


@pytest.fixture
def empty_engine(empty_database_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_a_migrated_database_is_what_the_schema_describes(database_url: str) -> None:
    def ours(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:
        return not (kind == "table" and reflected and name is not None and name.startswith(("pgqueuer", "alembic")))

    # A user named like our schema would see it as the default one, and the comparison would miss it.
    engine = open_engine(f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3Dpublic")
    with engine.connect() as connection:
        options = {"include_schemas": True, "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA}
        context = MigrationContext.configure(
            connection, opts={**options, "include_object": ours, "compare_type": True, "version_table_schema": SCHEMA}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_checks_of_the_database_are_those_of_the_schema(database_engine: Engine) -> None:
    for table in metadata.sorted_tables:
        named = {check["name"] for check in inspect(database_engine).get_check_constraints(table.name, schema=SCHEMA)}
        described = {str(each.name) for each in table.constraints if type(each).__name__ == "CheckConstraint"}
        assert described == {name for name in named if name is not None and not name.endswith("_not_null")}, table.name


def test_migrating_twice_changes_nothing(empty_engine: Engine) -> None:
    migrate(empty_engine)
    with empty_engine.begin() as connection:
        connection.execute(text("INSERT INTO motcua.dossier_numbers VALUES ('H05.19', '2026-03-02', 7)"))
    migrate(empty_engine)
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT last_number FROM motcua.dossier_numbers")).scalar_one() == 7


def test_processes_that_start_at_once_migrate_one_after_the_other(empty_engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(empty_engine), range(4)))
    assert inspect(empty_engine).has_table("dossiers", schema=SCHEMA)


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    engine = open_engine("postgresql+psycopg://clerk:s3cret@127.0.0.1:1/hoso")
    with pytest.raises(DatabaseUnreachable) as caught:
        migrate(engine)
    assert str(caught.value).startswith('The database "hoso" at 127.0.0.1:1 cannot be reached: ')
    assert "MOTCUA_DATABASE_URL" in str(caught.value)
    assert "s3cret" not in repr(caught.value.as_problem())
