"""A history only grows: every change to what was written is found, and erased content leaves the chain whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.event_log import Chain, ChainHead, Event, erase_content, verify

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def history(length: int) -> list[Event]:
    chain = Chain("H05-260302-0001", ChainHead())
    for number in range(length):
        content = {"name": f"Nguyễn Văn {number}"} if number % 2 else None
        chain.append(
            "noted",
            at=AT + timedelta(minutes=number),
            actor="lan",
            facts={"number": number},
            content=content,
            salt=bytes([number]) * 16 if content else None,
        )
    return chain.added


@given(st.integers(0, 8))
def test_an_untouched_history_verifies(length: int) -> None:
    found = verify(history(length))
    assert found.holds
    assert found.events == length


CHANGES: list[dict[str, Any]] = [
    {"kind": "other"},
    {"actor": "hoa"},
    {"at": AT + timedelta(days=1)},
    {"facts": {"number": 99}},
    {"content": {"name": "ai đó khác"}, "salt": b"s" * 16},
    {"content_digest": b"\x01" * 32},
    {"dossier_code": "H05-260302-0002"},
    {"previous": b"\x02" * 32},
    {"digest": b"\x03" * 32},
    {"seq": 7},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
@pytest.mark.parametrize("place", [0, 1, 4])
def test_every_change_to_an_event_is_found_at_its_place_or_right_after(change: dict[str, Any], place: int) -> None:
    events = history(5)
    events[place] = replace(events[place], **change)
    found = verify(events)
    assert not found.holds
    assert found.seq in (place + 1, place + 2, change.get("seq"))


@given(st.integers(2, 8), st.data())
def test_a_missing_event_is_found(length: int, data: st.DataObject) -> None:
    events = history(length)
    del events[data.draw(st.integers(0, length - 2))]
    assert not verify(events).holds


def test_two_events_that_changed_places_are_found() -> None:
    events = history(4)
    events[1], events[2] = events[2], events[1]
    assert not verify(events).holds


def test_erased_content_leaves_the_chain_whole_and_is_counted() -> None:
    events = [erase_content(event) for event in history(6)]
    found = verify(events)
    assert found.holds
    assert found.erased == 3
    assert all(event.content is None and event.salt is None for event in events)


def test_the_same_content_twice_has_two_digests_so_that_nobody_can_guess_it() -> None:
    chain = Chain("x", ChainHead())
    first = chain.append("a", at=AT, actor="l", facts={}, content={"id": "024090001234"}, salt=b"1" * 16)
    second = chain.append("a", at=AT, actor="l", facts={}, content={"id": "024090001234"}, salt=b"2" * 16)
    assert first.content_digest != second.content_digest


def test_personal_content_without_a_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="salt"):
        Chain("x", ChainHead()).append("a", at=AT, actor="l", facts={}, content={"name": "An"})


def test_a_chain_goes_on_from_its_stored_head() -> None:
    events = history(3)
    chain = Chain(events[0].dossier_code, ChainHead(3, events[-1].digest))
    chain.append("later", at=AT, actor="lan", facts={})
    assert verify([*events, *chain.added]).holds
