"""The stories, over the store in memory."""

from __future__ import annotations

import pytest

from tests.contracts.dossier_stories import DossierStories
from tests.office import Office


class TestStoriesInMemory(DossierStories):
    @pytest.fixture
    def office(self) -> Office:
        return Office()
