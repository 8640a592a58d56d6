"""An open task may have the draft of its form: what was entered, by whom, when, and which revision it is.

Runs on a live system: a column without a default is added without rewriting the table, and a process of the release before
names its columns, so that it neither reads nor overwrites this one. Such a process does not erase the draft of a task that it
closes either: stop it before people begin to save drafts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("draft", JSONB), schema="motcua")
