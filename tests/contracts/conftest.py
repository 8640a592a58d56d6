"""Databases for the contracts that PostgreSQL keeps too, and readable failures for the shared suites."""

from __future__ import annotations

import pytest

from tests.databases import database_engine, database_url

pytest.register_assert_rewrite(
    "tests.contracts.store_contract", "tests.contracts.dossier_stories", "tests.contracts.operator_stories"
)

__all__ = ["database_engine", "database_url"]
