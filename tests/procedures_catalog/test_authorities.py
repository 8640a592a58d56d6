"""Authorities come and go: who there was, who there is, and who took over from whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.authority import (
    Authority,
    AuthorityRowInvalid,
    UnknownAuthority,
    authorities_from_rows,
    authority_rows,
    successor,
    write_authority_table,
)
from motcua.procedures_catalog.authority_kinds import kinds, kinds_of
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.divisions import DivisionsUnreadable, authorities_of_divisions, is_division_list
from motcua.procedures_catalog.tiers import tiers_on

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
AUTHORITIES = load_catalog().authorities

LIST_OF_2024 = """province_code,province,district_code,district,commune_code,commune
24,Bắc Giang,213,Thành phố Bắc Giang,07201,Phường Thọ Xương
24,Bắc Giang,213,Thành phố Bắc Giang,07204,Phường Trần Nguyên Hãn
"""
LIST_OF_2025 = """province_code,province,commune_code,commune
24,Bắc Ninh,7627,Xã Đại Sơn
24,Bắc Ninh,9187,Phường Kinh Bắc
"""


def count(province: str, tier: str, on: date) -> int:
    there = [each for code, each in AUTHORITIES.items() if code.startswith(f"{province}.")]
    return sum(each.kind == f"{tier}_people_committee" and each.in_force(on) for each in there)


def test_the_districts_and_communes_are_as_many_as_were_published() -> None:
    assert (count("H02", "district", OLD), count("H02", "commune", OLD)) == (10, 209)
    assert (count("H62", "district", OLD), count("H62", "commune", OLD)) == (9, 136)
    assert (count("H05", "commune", NEW), count("H44", "commune", NEW)) == (99, 148)


def test_from_july_2025_there_is_no_district() -> None:
    assert [code for code, each in AUTHORITIES.items() if each.tier == "district" and each.in_force(NEW)] == []
    assert tiers_on(("province", "district", "commune"), OLD) == ("province", "district", "commune")
    assert tiers_on(("province", "district", "commune"), NEW) == ("province", "commune")


def test_bac_giang_has_the_departments_and_land_offices_that_are_named_by_hand() -> None:
    departments = [each for code, each in AUTHORITIES.items() if code.startswith("H02.") and "named by hand" in each.source]
    offices = [each for each in departments if each.name.startswith("Chi nhánh Văn phòng Đăng ký đất đai")]
    assert len(offices) == 10
    assert all(each.in_force_until == OLD and each.code_is_assumed for each in departments)


def test_division_codes_keep_the_zeros_at_their_beginning() -> None:
    assert AUTHORITIES["H02.213.07201"].division_code == "07201"
    old = [each for each in AUTHORITIES.values() if each.kind == "commune_people_committee" and each.in_force_until]
    assert Counter(len(each.division_code or "") for each in old) == {5: 345}


def test_an_authority_that_exists_has_its_own_affairs() -> None:
    found = successor(AUTHORITIES, "H05.22", NEW)
    assert found is AUTHORITIES["H05.22"]
    assert successor(AUTHORITIES, "H02", OLD) is AUTHORITIES["H02"]


def test_an_authority_that_ended_has_its_affairs_with_its_named_successor() -> None:
    assert successor(AUTHORITIES, "H02", NEW) is AUTHORITIES["H05"]
    assert successor(AUTHORITIES, "H62", NEW) is AUTHORITIES["H44"]
    assert successor(AUTHORITIES, "H02.02", NEW) is AUTHORITIES["H05.02"]


def test_where_nobody_is_named_the_successor_is_not_known() -> None:
    assert successor(AUTHORITIES, "H02.213", NEW) is None
    assert successor(AUTHORITIES, "H02.213.07201", NEW) is None
    assert successor(AUTHORITIES, "H05.22", OLD) is None, "it had not begun"
    with pytest.raises(UnknownAuthority, match='"H99"'):
        successor(AUTHORITIES, "H99", NEW)


def chain(ends: list[date], heirs: list[int]) -> dict[str, Authority]:
    one = AUTHORITIES["H02"]
    return {
        f"H{number}": replace(one, code=f"H{number}", in_force_until=end, successor=f"H{heir}")
        for number, (end, heir) in enumerate(zip(ends, heirs, strict=True))
    }


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 5)), min_size=1, max_size=6), st.dates())
def test_a_successor_is_always_one_that_exists_and_is_found_also_in_a_ring(named: list[tuple[date, int]], on: date) -> None:
    authorities = chain([end for end, _ in named], [heir for _, heir in named])
    found = successor(authorities, "H0", on)
    assert found is None or found.in_force(on)
    if authorities["H0"].in_force(on):
        assert found is authorities["H0"]


def test_a_table_is_read_as_it_was_written() -> None:
    there = [each for each in AUTHORITIES.values() if each.code.startswith("H44")]
    assert list(authorities_from_rows(authority_rows(write_authority_table(there))).values()) == there


def test_a_table_with_other_columns_is_refused_with_its_line() -> None:
    with pytest.raises(AuthorityRowInvalid, match="Line 2 of a table of authorities has other cells"):
        authority_rows("code,name\nH05,x\n")
    with pytest.raises(AuthorityRowInvalid, match="Line 2"):
        authority_rows(write_authority_table([]) + "H05,x\n")


def test_a_list_with_districts_gives_people_committees_that_end_with_june_2025() -> None:
    found = authorities_of_divisions(LIST_OF_2024, {})["H02"]
    assert [each.code for each in found] == ["H02.213", "H02.213.07201", "H02.213.07204"]
    assert found[1].name == "UBND phường Thọ Xương"
    assert all(each.in_force_until == OLD and each.in_force_from is None and each.successor is None for each in found)


def test_a_list_without_districts_gives_those_that_begin_in_july_2025_and_are_not_listed_by_hand() -> None:
    by_hand = {code: each for code, each in AUTHORITIES.items() if each.code in ("H05", "H05.21")}
    (commune,) = authorities_of_divisions(LIST_OF_2025, by_hand)["H05"]
    assert (commune.code, commune.in_force_from, commune.in_force_until) == ("H05.7627", NEW, None)


def test_a_list_of_another_province_is_refused_with_its_line() -> None:
    assert is_division_list(LIST_OF_2025)
    assert not is_division_list("code,name\n")
    with pytest.raises(DivisionsUnreadable, match="Line 2: no list of the provinces"):
        authorities_of_divisions(LIST_OF_2025.replace("Bắc Ninh", "Hà Nội"), {})


def test_the_kind_of_an_agency_is_read_from_how_its_name_begins() -> None:
    assert kinds_of(["Sở Tư pháp Thành phố Hà Nội"]) == ("department_of_justice",)
    assert kinds_of(["UBND cấp xã – Phòng Kinh tế", "Ủy ban nhân dân cấp xã"]) == ("commune_people_committee",)
    assert kinds_of(["Sở Thông tin và Truyền thông"]) == (), "it is gone, and nobody says here who took over"


def test_the_kinds_that_the_register_names_exist_in_bac_ninh_but_for_those_that_no_list_gives() -> None:
    there = {each.kind for code, each in AUTHORITIES.items() if code.startswith("H05")}
    assert kinds() - there == {"commune_police", "commune_military_command", "local_tax"}
