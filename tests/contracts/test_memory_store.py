"""The store in memory keeps the contract of a store."""

from __future__ import annotations

import pytest

from motcua.engine.clock import ManualClock
from motcua.engine.memory_store import MemoryStore
from tests.contracts.store_contract import StoreContract
from tests.factories import MONDAY


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def wall(self) -> ManualClock:
        return ManualClock(MONDAY)

    @pytest.fixture
    def store(self, wall: ManualClock) -> MemoryStore:
        return MemoryStore(wall)

    def test_a_transaction_inside_a_transaction_is_refused_instead_of_waiting_for_ever(self, store: MemoryStore) -> None:
        with store.transaction(), pytest.raises(RuntimeError), store.transaction():
            pass
