"""The store in memory keeps the contract of a store."""

from __future__ import annotations

import pytest

from motcua.engine.clock import ManualClock
from motcua.engine.memory_store import MemoryStore
from tests.contracts.store_contract import *  # noqa: F403 - the suite is the point
from tests.factories import MONDAY


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def store(wall: ManualClock) -> MemoryStore:
    return MemoryStore(wall)


def test_a_transaction_inside_a_transaction_is_refused_instead_of_waiting_for_ever(store: MemoryStore) -> None:
    with store.transaction(), pytest.raises(RuntimeError), store.transaction():
        pass
