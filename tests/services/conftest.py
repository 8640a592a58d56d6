"""Databases for the tests of what stands on PostgreSQL."""

from __future__ import annotations

from tests.databases import database_engine, database_url, empty_database_url

__all__ = ["database_engine", "database_url", "empty_database_url"]
