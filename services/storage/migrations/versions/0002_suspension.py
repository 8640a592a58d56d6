"""A dossier may be suspended by an operator: when, by whom and why.

Runs on a live system: a column without a default is added without rewriting the table, and a process of the release before
names its columns, so that it neither reads nor overwrites this one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("dossiers", sa.Column("suspension", JSONB), schema="motcua")
