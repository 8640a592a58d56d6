"""What is known of a procedure, and how it says what is not known."""

from __future__ import annotations

import itertools
from datetime import date, time

import pytest

from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.procedure import (
    CaseNeeded,
    FeeState,
    LimitInConflict,
    LimitState,
    LimitUnknown,
    Procedure,
    UnknownCase,
)


def procedure(code: str) -> Procedure:
    return load_catalog().procedure(code)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("1.001193", "same day"),
        ("1.000894", "same day"),
        ("2.000815", "same day"),
        ("3.000333", "10 calendar days"),
        ("1.000828", "15 working days"),
        ("1.009645", "17 working days"),
    ],
)
def test_a_known_limit_is_given_without_a_case(code: str, limit: str) -> None:
    assert str(procedure(code).time_limit()) == limit


@pytest.mark.parametrize("code", ["1.001193", "1.000894"])
def test_civil_status_takes_its_limit_from_the_rule_of_the_sector_and_not_from_the_placeholder(code: str) -> None:
    birth = procedure(code)
    assert birth.limit_state is LimitState.SECTOR_RULE
    assert "placeholder" in birth.limit_note
    assert birth.cut_off is not None
    assert birth.cut_off.at == time(15)


def test_a_limit_that_differs_by_case_has_no_default() -> None:
    with pytest.raises(CaseNeeded, match=r"1\.012783 differs by case and there is no default\. Choose one of: 1, 2, 3") as caught:
        procedure("1.012783").time_limit()
    assert caught.value.facts == {"code": "1.012783", "cases": ["1", "2", "3"]}


@pytest.mark.parametrize(
    ("code", "case", "limit"),
    [
        ("1.012783", "1", "15 working days"),
        ("1.012783", "2", "20 working days"),
        ("1.012783", "3", "5 working days"),
        ("1.013225", "1", "20 calendar days"),
        ("1.013225", "2", "15 calendar days"),
    ],
)
def test_a_chosen_case_gives_its_limit(code: str, case: str, limit: str) -> None:
    assert str(procedure(code).time_limit(case)) == limit


def test_a_case_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UnknownCase, match=r'1\.013225 has no case "3": its cases are 1, 2'):
        procedure("1.013225").time_limit("3")
    with pytest.raises(UnknownCase, match="it has no cases"):
        procedure("1.009645").time_limit("1")


def test_another_provinces_figure_is_a_hint_and_never_the_limit() -> None:
    business = procedure("1.001612")
    assert "3 ngày" in [hint.text for hint in business.hints]
    with pytest.raises(LimitUnknown, match=r"The time limit of 1\.001612 is not known: the national entry gives no information"):
        business.time_limit()


def test_a_unit_that_the_note_contradicts_is_unknown_until_a_person_decides() -> None:
    with pytest.raises(LimitInConflict, match="until a person decides") as caught:
        procedure("2.001023").time_limit()
    assert caught.value.facts["readings"] == ["15 calendar days", "15 working days"]


@pytest.mark.parametrize(
    ("filed_on", "amount_vnd"),
    [
        (date(2025, 6, 30), 800_000),
        (date(2025, 7, 1), 400_000),
        (date(2026, 12, 31), 400_000),
        (date(2027, 1, 1), 800_000),
    ],
)
def test_the_lawyers_fee_is_halved_from_july_2025_to_the_end_of_2026(filed_on: date, amount_vnd: int) -> None:
    assert procedure("1.000828").fee.amount_on(filed_on) == amount_vnd


def test_the_dated_fees_leave_no_day_without_an_amount_and_none_with_two() -> None:
    amounts = procedure("1.000828").fee.amounts
    assert (amounts[0].valid_from, amounts[-1].valid_until) == (None, None)
    for earlier, later in itertools.pairwise(amounts):
        assert earlier.valid_until
        assert later.valid_from
        assert (later.valid_from - earlier.valid_until).days == 1


def test_a_free_procedure_costs_nothing_and_an_unknown_fee_is_not_nothing() -> None:
    on = date(2026, 3, 2)
    assert procedure("1.001193").fee.amount_on(on) == 0
    assert procedure("1.001612").fee.amount_on(on) is None
    assert procedure("3.000333").fee.state is FeeState.CONFLICT
    assert procedure("3.000333").fee.amount_on(on) is None


@pytest.mark.parametrize("code", load_catalog().modelled_codes())
def test_every_limit_amount_and_cut_off_has_a_source(code: str) -> None:
    row = procedure(code)
    assert row.source
    assert row.fee.source
    assert row.legal_basis
    assert all(limit.source for limit in row.limits)
    assert all(amount.source for amount in row.fee.amounts)
    assert all(hint.source for hint in row.hints)
    assert row.cut_off is None or row.cut_off.source
    assert row.limit_note or row.limit_state is LimitState.KNOWN
