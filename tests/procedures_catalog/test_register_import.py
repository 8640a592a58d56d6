"""An updated register beside the one that is there; and the register out into tables and back without a loss."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.catalog import DATA, load_catalog
from motcua.procedures_catalog.fields import read_fields
from motcua.procedures_catalog.register_checks import problems_of
from motcua.procedures_catalog.register_export import (
    TEXT_KEYS,
    TableUnreadable,
    as_csv,
    as_json,
    as_json_ld,
    as_table,
    read_json,
    read_table,
)
from motcua.procedures_catalog.register_file import DEFAULTS, KEYS, read_records
from motcua.procedures_catalog.register_import import ImportRefused, compare, files_of, put_in, whole
from tests.procedures_catalog.extract import facts
from tests.procedures_catalog.test_register_file import codes, values

HERE = {code: whole(each) for code, each in facts().items()}
LAWYER = "1.000627"
ON = date(2026, 7, 1)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20)


@st.composite
def any_record(draw: st.DrawFn) -> dict[str, Any]:
    """Every key with something of its kind, not all of it sense."""
    record: dict[str, Any] = {key: draw(texts if key in TEXT_KEYS else values) for key in KEYS}
    usual = {key: record[key] or DEFAULTS[key] for key in TEXT_KEYS & set(DEFAULTS)}  # these are never empty
    return {**record, **usual, "code": draw(codes)}


def read_csv(text: str) -> tuple[dict[str, Any], ...]:
    return read_table(list(csv.reader(io.StringIO(text, newline=""))))


@given(st.lists(any_record(), max_size=3))
def test_a_register_that_is_exported_and_imported_is_the_same(records: list[dict[str, Any]]) -> None:
    filled = [{key: value if value is not None else DEFAULTS.get(key) for key, value in each.items()} for each in records]
    assert list(read_json(as_json(filled))) == filled
    for again, before in zip(read_csv(as_csv(filled)), filled, strict=True):
        assert {key: again.get(key) for key in KEYS} == before


def test_the_real_rows_go_out_and_come_back_without_a_change() -> None:
    for update in (read_csv(as_csv(HERE.values())), read_json(as_json(HERE.values()))):
        changes = compare(HERE.values(), (), update, partial=False)
        assert changes.none
        assert changes.unchanged == len(HERE)


def test_an_update_shows_what_is_added_changed_and_abolished() -> None:
    new = dict(HERE)
    gone = new.pop("1.000016")
    new[LAWYER] = {**new[LAWYER], "papers_count": 4}
    added = {**gone, "code": "1.099999"}
    changes = compare(HERE.values(), (), [*new.values(), added], partial=False)
    assert changes.added == ("1.099999",)
    assert changes.changed == {LAWYER: {"papers_count": (3, 4)}}
    assert changes.abolished == ("1.000016",)
    assert changes.unchanged == len(HERE) - 2
    assert compare(HERE.values(), (), [added], partial=True).abolished == (), "a partial list says nothing about the others"


def test_what_is_kept_by_hand_is_compared_and_never_written() -> None:
    update = [{**HERE[LAWYER], "papers_count": 9}]
    changes = compare((), [HERE[LAWYER]], update, partial=True)
    assert changes.none
    assert changes.kept_by_hand == {LAWYER: {"papers_count": (3, 9)}}
    assert put_in((), update, changes, None) == ()


def put(update: list[dict[str, Any]], starts_on: date | None, *, partial: bool = True) -> dict[str, list[dict[str, Any]]]:
    changes = compare(HERE.values(), (), update, partial=partial)
    after: dict[str, list[dict[str, Any]]] = {}
    for record in put_in(HERE.values(), update, changes, starts_on):
        after.setdefault(record["code"], []).append(record)
    return after


def test_a_change_from_a_day_ends_the_row_before_and_begins_a_new_one() -> None:
    update = {key: value for key, value in HERE[LAWYER].items() if not key.startswith(("in_force", "validity"))}
    old, new = put([{**update, "papers_count": 4}], ON)[LAWYER]
    assert (old["papers_count"], old["in_force_from"], old["in_force_until"]) == (3, "2025-07-01", "2026-06-30")
    assert (new["papers_count"], new["in_force_from"], new["in_force_until"]) == (4, "2026-07-01", None)


def test_without_a_day_the_row_is_corrected_where_it_stands() -> None:
    (row,) = put([{**HERE[LAWYER], "papers_count": 4}], None)[LAWYER]
    assert (row["papers_count"], row["in_force_from"], row["in_force_until"]) == (4, "2025-07-01", None)


def test_what_is_abolished_ends_and_is_never_taken_out() -> None:
    rest = [each for code, each in HERE.items() if code != LAWYER]
    assert put(rest, ON, partial=False)[LAWYER][0]["in_force_until"] == "2026-06-30"
    assert put(rest, None, partial=False)[LAWYER][0]["in_force_until"] is None, "nobody said from when"


def test_what_had_ended_and_is_listed_again_is_in_force_again_from_the_day_that_is_named() -> None:
    ended = {**HERE[LAWYER], "in_force_until": "2026-03-31"}
    update = {key: value for key, value in HERE[LAWYER].items() if not key.startswith(("in_force", "validity"))}
    changes = compare([ended], (), [update], partial=True)
    assert changes.changed == {LAWYER: {"in_force_until": ("2026-03-31", None)}}
    before, again = put_in([ended], [update], changes, ON)
    assert (before["in_force_until"], again["in_force_from"], again["in_force_until"]) == ("2026-03-31", "2026-07-01", None)
    (reopened,) = put_in([ended], [update], changes, None)
    assert reopened["in_force_until"] is None


def test_a_change_cannot_begin_before_the_row_that_it_changes() -> None:
    with pytest.raises(ImportRefused, match=r"row of 1\.000627 is in force from 2025-07-01, and cannot end before 2025-07-01"):
        put([{**HERE[LAWYER], "papers_count": 4}], date(2025, 7, 1))


def test_what_follows_from_the_facts_is_reckoned_again() -> None:
    less = {**HERE[LAWYER], "limit_state": "unknown", "limits": [], "limit_note": "x", "maturity": "complete", "unknown": []}
    (row,) = put([less], None)[LAWYER]
    assert (row["maturity"], row["unknown"]) == ("limit unknown", ["limit"])


def test_the_same_records_give_the_same_files_in_any_order_and_no_mistake() -> None:
    fields = read_fields((DATA / "fields.csv").read_text(encoding="utf-8"))
    files = files_of(HERE.values(), fields)
    assert files == files_of(reversed(HERE.values()), fields)
    found = [record for name, text in files.items() for record in read_records(text, name)]
    assert sorted(record.code for record in found) == sorted(HERE)
    assert [problem for record in found for problem in problems_of(record)] == []


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "The table is empty"),
        ([["name"]], "no column code"),
        ([["code", "colour"], ["1.000627", "red"]], 'unknown column "colour"'),
        ([["code", "name"], ["1.00274", "x"]], r"'1\.00274' in row 2 is no national code .* no zero is lost"),
        ([["code", "tiers"], ["1.002740", "province"]], 'Row 2, column tiers: "province" is no JSON'),
    ],
)
def test_a_table_that_is_none_says_where(rows: list[list[str]], complaint: str) -> None:
    with pytest.raises(TableUnreadable, match=complaint):
        read_table(rows)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is no JSON"),
        ("{}", "is a list of objects"),
        ('[{"code": 1.00274}]', "is no national code"),
        ('[{"code": "1.002740", "colour": "red"}]', 'unknown key "colour"'),
    ],
)
def test_json_that_is_no_register_says_where(text: str, complaint: str) -> None:
    with pytest.raises(TableUnreadable, match=complaint):
        read_json(text)


def test_empty_rows_and_fewer_columns_are_no_mistake() -> None:
    assert read_table([["code", "name"], ["1.002740", "x"], ["", ""]]) == ({"code": "1.002740", "name": "x"},)
    assert len(as_table(HERE.values())) == len(HERE) + 1


def test_linked_data_states_what_is_known_and_nothing_for_what_is_not() -> None:
    graph = {each["dct:identifier"]: each for each in json.loads(as_json_ld(HERE.values()))["@graph"]}
    assert graph[LAWYER]["@type"] == "cpsv:PublicService"
    assert graph[LAWYER]["cv:processingTime"][0]["schema:description"] == "5 working days"
    assert graph[LAWYER]["cv:hasCost"][0]["cv:value"] == 0
    assert graph["1.002560"]["cv:hasCost"][0]["cv:value"] == 6_000_000
    assert graph["1.002010"]["cv:hasCost"][0]["schema:validFrom"] == "2025-07-01"
    for left_out in ("cv:processingTime", "cv:hasCost", "cpsv:produces"):
        assert left_out not in graph["2.001661"], "the source gives no more than a name"
    assert "cv:processingTime" not in graph["2.001428"], "two readings in conflict are no limit"


def test_two_rows_of_one_procedure_are_two_versions_in_the_catalogue() -> None:
    row = load_catalog().dated_rows("1.001193")[0]
    assert row.in_force(date(2025, 7, 1))
    assert not row.in_force(date(2025, 6, 30))
