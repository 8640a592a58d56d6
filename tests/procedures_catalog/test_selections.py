"""Province lists: the reported numbers, reproduced as selections of real codes by a rule that is written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from motcua.procedures_catalog.catalog import DATA, load_catalog
from motcua.procedures_catalog.selections import SelectionUnreadable, UnknownSelection, read_selections, select

SELECTIONS = read_selections(DATA / "selections.yaml")
PROCEDURES = load_catalog().find()

REPORTED = {
    "bac_giang": 2003,
    "bac_giang_online": 176,
    "bac_giang_synchronised": 1591,
    "bac_giang_five_on_site": 67,
    "bac_giang_five_on_site_further": 8,
    "vinh_phuc": 1813,
    "vinh_phuc_online": 486,
}


@pytest.mark.parametrize(("name", "count"), REPORTED.items())
def test_a_selection_has_the_number_that_the_province_reported(name: str, count: int) -> None:
    codes = select(name, SELECTIONS, PROCEDURES)
    assert len(set(codes)) == count == SELECTIONS[name].count
    assert set(codes) <= set(load_catalog().codes())
    assert SELECTIONS[name].rule


def test_a_selection_is_the_same_whatever_the_order_of_the_procedures() -> None:
    assert select("bac_giang_online", SELECTIONS, reversed(PROCEDURES)) == select("bac_giang_online", SELECTIONS, PROCEDURES)


def test_a_narrower_list_is_part_of_the_wider_one_and_holds_what_is_preferred() -> None:
    wider = set(select("bac_giang", SELECTIONS, PROCEDURES))
    online = set(select("bac_giang_online", SELECTIONS, PROCEDURES))
    assert online <= wider
    wholly = {each.code for each in PROCEDURES if each.online_level == "Toàn trình" and each.code in wider and not each.desk}
    assert wholly <= online or online <= wholly


def test_the_administration_itself_comes_before_the_desks() -> None:
    chosen = set(select("bac_giang", SELECTIONS, PROCEDURES))
    assert {each.code for each in PROCEDURES if not each.desk} <= chosen


def test_a_selection_that_cannot_be_filled_says_so() -> None:
    too_many = {"all": replace(SELECTIONS["bac_giang"], name="all", count=10_000)}
    with pytest.raises(SelectionUnreadable, match="takes 10000 procedures, and only"):
        select("all", too_many, PROCEDURES)
    with pytest.raises(UnknownSelection, match='No selection is called "hue"'):
        select("hue", SELECTIONS, PROCEDURES)


def test_a_selection_that_lacks_its_rule_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "selections.yaml"
    path.write_text("selections:\n  - {name: x, count: 3}\n")
    with pytest.raises(SelectionUnreadable, match="has a name of its own and the keys"):
        read_selections(path)
