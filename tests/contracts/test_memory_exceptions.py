"""The stories of exceptions, over the store in memory."""

from __future__ import annotations

import pytest

from tests.contracts.exception_stories import ExceptionStories
from tests.office import Office


class TestExceptionsInMemory(ExceptionStories):
    @pytest.fixture
    def office(self) -> Office:
        return Office()
