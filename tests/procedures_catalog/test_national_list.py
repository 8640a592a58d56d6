"""From the published list to the register: what it says is taken as it stands, and what it does not say stays unknown."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.national_fees import stated_fee
from motcua.procedures_catalog.national_limits import stated_limit
from motcua.procedures_catalog.national_list import COLUMNS, NationalListUnreadable, read_national_list
from tests.procedures_catalog.extract import EXTRACT, facts, row, rows


def limits(code: str) -> list[str]:
    return [limit["text"] for limit in facts()[code]["limits"]]


@pytest.mark.parametrize(
    ("code", "state", "texts"),
    [
        ("1.000627", "known", ["5 working days"]),
        ("1.005400", "known", ["29 calendar days"]),
        ("1.012783", "differs_by_case", ["15 working days", "20 working days", "5 working days"]),
        ("2.001023", "conflict", ["15 calendar days", "15 working days"]),  # the unit says days, the note working days
        ("2.001428", "conflict", ["7 calendar days", "7 working days"]),
        ("1.004327", "conflict", ["60 working days", "60 calendar days"]),  # the other way round
        ("1.009731", "conflict", ["10 calendar days", "10 working days"]),  # one number in two units
        ("1.001193", "placeholder", []),  # a lone 1
        ("1.000080", "unknown", []),  # a lone 7: no default of the portal, and no unit either
        ("1.003851", "known", ["15 working days"]),  # the note is one sentence with one limit
        ("1.009661", "known", ["3 working days"]),  # a placeholder on two channels, and the note agrees with the third
        ("2.002233", "unknown", []),  # six working days at the desk, a placeholder elsewhere
        ("1.003160", "unknown", []),  # the note speaks of stages and is cut off
        ("1.014444", "unknown", []),
        ("1.014200", "unknown", []),  # only a province's decision gives it
        ("2.001661", "unknown", []),  # no more than a name
    ],
)
def test_a_limit_is_known_only_as_far_as_the_list_says_it(code: str, state: str, texts: list[str]) -> None:
    assert (facts()[code]["limit_state"], limits(code)) == (state, texts)
    assert state == "known" or facts()[code]["limit_note"], "what is not simply known says why"


def test_what_another_province_decided_is_a_hint_and_no_limit() -> None:
    assert facts()["1.014444"]["limits"] == []
    (limit, fee) = [hint for hint in facts()["1.014444"]["hints"] if "Phú Thọ" in hint["source"]]
    assert limit["text"] == "limit: 28 ngày kể từ ngày nhận được hồ sơ hợp lệ."
    assert fee["text"] == "fee: Không"
    assert facts()["1.014444"]["fee"]["state"] == "unknown"


def test_the_channels_of_a_case_stand_beside_it() -> None:
    assert [limit["channels"] for limit in facts()["1.012783"]["limits"]] == [["online"], ["post"], ["direct"]]
    assert facts()["1.000627"]["limits"][0]["channels"] == [], "the same on all of them"
    assert facts()["1.000627"]["channels"] == ["direct", "online", "post"]


def test_a_known_limit_says_when_its_note_gives_other_figures() -> None:
    assert "its note gives other figures" in facts()["1.003504"]["limit_note"]


def amounts(code: str) -> list[tuple[int, str | None, str | None]]:
    return [(each["amount_vnd"], each["valid_from"], each["valid_until"]) for each in facts()[code]["fee"]["amounts"]]


@pytest.mark.parametrize(
    ("code", "state", "found"),
    [
        ("1.000016", "free", []),
        ("1.002560", "dated", [(6_000_000, None, None)]),
        ("1.000802", "dated", [(500_000, None, None)]),  # a bare number, and the note begins with its currency
        ("1.003658", "dated", [(100_000, None, None)]),  # flagged, and the words repeat the amount
        ("1.004363", "unknown", []),  # flagged, and nothing repeats it
        ("1.004022", "unknown", []),  # 900 đồng, which the words contradict
        ("1.002010", "dated", [(25_000, "2025-07-01", "2026-12-31")]),  # only the reduced rate is credible
        ("1.000931", "unknown", []),  # US dollars
        ("1.001117", "unknown", []),  # free on one channel, silent on another
        ("2.001895", "conflict", []),  # free and twenty đồng
        ("1.000894", "conflict", []),  # free, while the note names a fee
        ("1.000080", "unknown", []),  # set by the People's Council
        ("1.007928", "unknown", []),  # under a condition in words
    ],
)
def test_a_fee_is_used_only_where_nothing_contradicts_it(
    code: str, state: str, found: list[tuple[int, str | None, str | None]]
) -> None:
    assert (facts()[code]["fee"]["state"], amounts(code)) == (state, found)


def test_a_reduced_rate_stands_between_the_usual_amounts() -> None:
    words = "áp dụng mức phí 300.000 đồng/hồ sơ kể từ ngày 01/7/2025 đến hết ngày 31/12/2026 theo Thông tư số 64/2025/TT-BTC"
    fee = stated_fee(f"600,000 VNĐ(({words}))", flagged=True, note="").fee
    assert [(each["amount_vnd"], each["valid_from"], each["valid_until"]) for each in fee["amounts"]] == [
        (600_000, None, "2025-06-30"),
        (300_000, "2025-07-01", "2026-12-31"),
        (600_000, "2027-01-01", None),
    ]


@pytest.mark.parametrize(
    ("limit", "modes", "note"),
    [
        ("abc", "", ""),
        ("9999999 Ngày", "Trực tiếp=9999999 Ngày", ""),
        ("0.5 Ngày làm việc", "", ""),
        ("15", "Trực tuyến=15", ""),
        ("15 Ngày làm v…", "", ""),
    ],
)
def test_what_is_no_limit_is_unknown_and_never_an_error(limit: str, modes: str, note: str) -> None:
    assert stated_limit(limit, modes, note).state == "unknown"


def test_procedures_of_ministries_customs_and_between_state_bodies_do_not_belong_to_the_register() -> None:
    left_out = {each["code"] for each in rows()} - set(facts())
    assert {"1.000005", "1.000010", "1.014216", "6.001430", "5.003806"} <= left_out
    assert all(row(code)["excluded"] or row(code)["scope"] in ("bo", "") or code[0] in "56" for code in left_out)


def test_the_counts_by_kind_are_those_of_another_reading_of_the_list() -> None:
    # Read again without the importer, by the plainest rules that hold: one limit, several, none.
    kinds: Counter[str] = Counter()
    for code in facts():
        each = row(code)
        stated = set(each["time_limit_text"].split(" | "))
        numbers = {text for text in stated if re.fullmatch(r"\d+ (Ngày làm việc|Ngày|Giờ|Tháng)", text)}
        if each["confidence"] != "full":
            kinds["unknown"] += 1
        elif numbers == stated:
            kinds["one" if len(stated) == 1 else "several"] += 1
        else:
            kinds["open"] += 1
    ours = Counter(each["limit_state"] for each in facts().values())
    by_note = [code for code, each in facts().items() if "its note gives the limit" in each["limit_note"]]
    of_one = [c for c, each in facts().items() if each["limit_state"] == "conflict" and "note:" in each["limits"][-1]["source"]]
    assert ours["known"] == kinds["one"] - len(of_one) + len(by_note)
    assert ours["differs_by_case"] + ours["conflict"] == kinds["several"] + len(of_one)
    assert ours["unknown"] + ours["placeholder"] == kinds["unknown"] + kinds["open"] - len(by_note)


def test_the_register_holds_what_the_extract_says() -> None:
    catalog = load_catalog()
    for code, there in facts().items():
        if code not in catalog.rows.kept_by_hand:
            procedure = catalog.procedure(code)
            assert procedure.name == there["name"]
            assert procedure.limit_state == there["limit_state"]
            assert [limit.text for limit in procedure.limits] == limits(code)
            assert procedure.source == row(code)["source"]


def test_there_are_more_than_two_thousand_procedures_and_every_figure_has_a_source() -> None:
    catalog = load_catalog()
    assert len(catalog.codes()) >= 2003
    for procedure in catalog.find():
        assert re.fullmatch(r"[123]\.\d{6}", procedure.code)
        assert procedure.source
        assert procedure.fee.source
        assert all(limit.source for limit in procedure.limits)
        assert all(hint.source for hint in procedure.hints)
        assert procedure.fee.amount_on(date(2026, 3, 2)) is None or procedure.fee.state in ("free", "dated")


def test_a_file_that_is_no_list_says_which_column_it_lacks() -> None:
    with pytest.raises(NationalListUnreadable, match="lacks the column code"):
        read_national_list("a,b\n1,2\n")
    without = EXTRACT.read_text(encoding="utf-8").replace("time_note", "note", 1)
    with pytest.raises(NationalListUnreadable, match="lacks the column time_note"):
        read_national_list(without)
    assert "time_note" in COLUMNS
