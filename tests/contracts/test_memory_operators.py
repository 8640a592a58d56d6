"""The operators' stories, over the store in memory."""

from __future__ import annotations

import pytest

from tests.contracts.operator_stories import OperatorStories
from tests.office import Office


class TestOperatorsInMemory(OperatorStories):
    @pytest.fixture
    def office(self) -> Office:
        return Office()
