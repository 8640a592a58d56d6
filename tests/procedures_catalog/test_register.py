"""The row of a procedure: written canonically, read strictly, the same after both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.procedure import CutOff, Fee, FeeAmount, FeeState, Hint, LimitCase, LimitState, Procedure
from motcua.procedures_catalog.register import RegisterRowInvalid, procedure_from_register, procedure_from_row, register_of

words = st.text(st.characters(codec="utf-8"), max_size=30)
days = st.none() | st.dates()
limit_texts = st.sampled_from(["same day", "15 working days", "20 calendar days", "8 hours", "2 months"])
limits = st.builds(LimitCase, name=st.just(""), text=limit_texts, channels=st.tuples(words), source=words)
amounts = st.builds(FeeAmount, amount_vnd=st.integers(0, 10**9), valid_from=days, valid_until=days, source=words)
cut_offs = st.builds(CutOff, at=st.times().map(lambda at: at.replace(second=0, microsecond=0)), source=words)


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    count = draw(st.integers(0, 3))
    listed = tuple(draw(limits) for _ in range(count))
    states = {0: [LimitState.UNKNOWN, LimitState.PLACEHOLDER], 1: [LimitState.KNOWN, LimitState.SECTOR_RULE]}
    state = draw(st.sampled_from(states.get(count, [LimitState.CONFLICT, LimitState.DIFFERS_BY_CASE])))
    if state is LimitState.DIFFERS_BY_CASE:
        listed = tuple(replace(limit, name=str(number)) for number, limit in enumerate(listed, start=1))
    fee = Fee(draw(st.sampled_from(FeeState)), tuple(draw(st.lists(amounts, max_size=2))), draw(words), draw(words))
    return Procedure(
        code="1.002740",
        name=draw(words),
        field="dat_dai",
        field_name=draw(words),
        tiers=("province", "commune"),
        authority_kinds=tuple(draw(st.lists(words, max_size=2))),
        limit_state=state,
        limits=listed,
        limit_note=draw(words),
        cut_off=draw(st.none() | cut_offs),
        counting_policy="next_day",
        supplement_policy="resume",
        fee=fee,
        hints=tuple(draw(st.lists(st.builds(Hint, words, words), max_size=2))),
        result=draw(words),
        papers_count=draw(st.none() | st.integers(0, 200)),
        online_level=draw(words),
        legal_basis=tuple(draw(st.lists(words, max_size=2))),
        maturity=draw(words),
        source=draw(words),
    )


@given(procedures())
def test_a_row_that_is_written_and_read_is_the_same_procedure(procedure: Procedure) -> None:
    assert procedure_from_register(register_of(procedure)) == procedure


def test_the_rows_in_the_data_survive_too() -> None:
    for code in load_catalog().codes():
        procedure = load_catalog().procedure(code)
        assert procedure_from_register(register_of(procedure)) == procedure


def test_a_row_is_canonical_with_sorted_keys_and_readable_letters() -> None:
    register = register_of(load_catalog().procedure("1.001193"))
    row = json.loads(register)
    assert list(row) == sorted(row)
    assert "Đăng ký khai sinh".casefold().encode() in register.decode().casefold().encode()
    assert register == json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert row["cut_off"]["at"] == "15:00"


def row(**changes: Any) -> dict[str, Any]:
    there: dict[str, Any] = json.loads(register_of(load_catalog().procedure("1.012783")))
    return there | changes


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"code": 1.01}, "put it in quotation marks"),
        ({"tiers": "province"}, "should be a list"),
        ({"limit_state": "guessed"}, "is not a valid LimitState"),
        ({"limit_state": "known"}, 'is "known", which 3 stated limits'),
        ({"limit_state": "unknown"}, 'is "unknown", which 3 stated limits'),
        ({"limits": [{"name": "", "text": "soon", "channels": [], "source": "x"}]}, '"soon" is not a time limit'),
        ({"cut_off": {"at": "25:00", "source": "x"}}, "cannot be read"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_row_that_cannot_be_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RegisterRowInvalid, match=complaint):
        procedure_from_row(row(**changes))


def test_a_row_that_lacks_something_says_what() -> None:
    there = row()
    del there["fee"]
    with pytest.raises(RegisterRowInvalid, match=r"row of 1\.012783 lacks 'fee'"):
        procedure_from_row(there)


@pytest.mark.parametrize("register", [b"no json", b"[]", b"\xff"])
def test_a_stored_row_that_is_no_row_is_refused(register: bytes) -> None:
    with pytest.raises(RegisterRowInvalid):
        procedure_from_register(register)


def test_two_cases_of_the_same_name_are_refused() -> None:
    there = row()
    there["limits"][1]["name"] = "1"
    with pytest.raises(RegisterRowInvalid, match="differs_by_case"):
        procedure_from_row(there)


def test_dates_and_times_are_texts_in_the_row() -> None:
    procedure = replace(
        load_catalog().procedure("1.000828"),
        cut_off=CutOff(time(15, 30), "x"),
        fee=Fee(FeeState.DATED, (FeeAmount(1, date(2025, 7, 1), None, "x"),), "", "x"),
    )
    written = json.loads(register_of(procedure))
    assert written["cut_off"]["at"] == "15:30"
    assert written["fee"]["amounts"][0] == {"amount_vnd": 1, "source": "x", "valid_from": "2025-07-01", "valid_until": None}
