"""The stories of drafts, over the store in memory."""

from __future__ import annotations

import pytest

from tests.contracts.draft_stories import DraftStories
from tests.office import Office


class TestDraftsInMemory(DraftStories):
    @pytest.fixture
    def office(self) -> Office:
        return Office()
