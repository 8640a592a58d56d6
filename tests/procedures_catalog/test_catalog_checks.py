"""`check_catalog` names every mistake in one run: file, line, key, what is wrong, and what would do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.catalog import BPMN, DATA, load_catalog
from motcua.procedures_catalog.catalog_checks import check_catalog
from motcua.procedures_catalog.maturity import FIGURES
from motcua.procedures_catalog.register_checks import Problem, problems_of
from motcua.procedures_catalog.register_file import Record, write_records
from motcua.procedures_catalog.register_import import whole
from tests.procedures_catalog.extract import facts
from tests.procedures_catalog.test_register_file import values

GOOD = whole(facts()["1.000627"])
NO_MODELS = Path("nowhere")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small data folder without mistakes."""
    folder = tmp_path / "data"
    (folder / "register").mkdir(parents=True)
    (folder / "procedures").mkdir()
    for name in ("authorities.yaml", "fields.csv"):
        shutil.copy(DATA / name, folder / name)
    (folder / "selections.yaml").write_text("selections: []\n")
    shutil.copy(DATA / "procedures" / "1.001193.yaml", folder / "procedures")
    write(folder, GOOD)
    return folder


def write(data: Path, *records: dict[str, object], name: str = "tu_van_phap_luat.yaml") -> None:
    (data / "register" / name).write_text(write_records(records, "Tư vấn pháp luật"), encoding="utf-8")


def problems(data: Path) -> tuple[Problem, ...]:
    return check_catalog(data, NO_MODELS).problems


def test_the_data_that_come_with_the_product_have_no_mistake() -> None:
    report = check_catalog(DATA, BPMN)
    assert report.problems == ()
    assert report.counts["procedures"] == len(load_catalog().codes()) >= 2003
    assert report.counts["models"] == report.counts["procedures_with_a_model"] == len(load_catalog().modelled_codes())
    assert set(report.counts["unknown_figures"]) == set(FIGURES)
    assert sum(report.counts["maturity"].values()) == report.counts["procedures"] == sum(report.counts["limit_states"].values())


def test_unknown_figures_are_counted_by_kind(data: Path) -> None:
    write(data, GOOD, whole(facts()["2.001661"] | {"field": "tu_van_phap_luat"}))
    counts = check_catalog(data, NO_MODELS).counts
    assert counts["procedures"] == 3
    assert counts["unknown_figures"]["limit"] == 1
    assert counts["unknown_figures"]["tier"] == 1
    assert counts["maturity"] == {"complete": 2, "name only": 1}


@pytest.mark.parametrize(
    ("change", "key", "problem", "example"),
    [
        ({"fee": {"state": "dated", "amounts": [{"amount_vnd": "abc", "valid_from": None, "valid_until": None, "source": "x"}], "rule": "", "source": "x"}}, "fee", "'abc' is no amount in đồng", '"amount_vnd": 50000'),  # noqa: E501
        ({"fee": "abc"}, "fee", "'abc' is no fee", '{"state": "free"'),
        ({"fee": {"state": "cheap", "amounts": [], "rule": "", "source": "x"}}, "fee", "'cheap' is no state", '"free"'),
        ({"tiers": ["provinz"]}, "tiers", "'provinz' is no tier", "commune"),
        ({"tiers": "province"}, "tiers", "should be a list", '["…"]'),
        ({"channels": ["fax"]}, "channels", "'fax' is no channel", "direct"),
        ({"authority_kinds": ["ministry_of_magic"]}, "authority_kinds", "is no kind of authority", "department_of_justice"),
        ({"limit_state": "guessed"}, "limit_state", "'guessed' is no state", '"known"'),
        ({"limit_state": "unknown"}, "limit_state", 'it is "unknown" with 1 stated', "none is unknown"),
        ({"limits": [{"name": "", "text": "soon", "channels": [], "source": "x"}]}, "limits", '"soon" is no time limit', "15 working days"),  # noqa: E501
        ({"limits": [{"name": "", "text": "3 working days", "channels": [], "source": ""}]}, "limits", "has no source", "national entry"),  # noqa: E501
        ({"papers_count": 0}, "papers_count", "0 is no number of things", "papers_count: 3"),
        ({"papers_count": "three"}, "papers_count", "'three' is no number", "papers_count: 3"),
        ({"in_force_from": "1/7/2025"}, "in_force_from", "is no day", "2025-07-01"),
        ({"in_force_until": "2024-01-01"}, "in_force_until", "before it begins", "2026-06-30"),
        ({"name": ""}, "name", "name is empty", "Đăng ký khai sinh"),
        ({"source": ""}, "source", "source is empty", "national entry"),
        ({"name": 7}, "name", "7 should be text", '"7"'),
        ({"field": "nowhere"}, "field", "is not in fields.csv", "unclassified"),
        ({"maturity": "name only"}, "maturity", 'make it "complete"', '"complete"'),
        ({"unknown": ["fee"]}, "unknown", "its facts leave unknown: nothing", "unknown: []"),
        ({"cut_off": "15:00"}, "cut_off", "is no hour of the day", '"15:00"'),
        ({"code": "1.00274"}, "code", "'1.00274' is no national code", '"1.002740"'),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_line_key_and_an_example(
    data: Path, change: dict[str, object], key: str, problem: str, example: str
) -> None:
    write(data, GOOD | change)
    text = (data / "register" / "tu_van_phap_luat.yaml").read_text(encoding="utf-8").split("\n")
    (found,) = [each for each in problems(data) if each.key == key and problem in each.problem]
    assert found.file == "register/tu_van_phap_luat.yaml"
    assert text[found.line - 1].strip(" -").startswith(key)
    assert example in found.example
    assert str(found).startswith(f"register/tu_van_phap_luat.yaml:{found.line}: {key}: ")


def test_all_mistakes_of_all_files_are_named_in_one_run(data: Path) -> None:
    write(data, GOOD | {"tiers": ["x"], "channels": ["y"]}, GOOD | {"code": "1.000628", "fee": "abc"})
    (data / "register" / "ho_tich.yaml").write_text('- code: "1.000900"\n  name: Khai sinh\n', encoding="utf-8")
    hand = data / "procedures" / "1.001193.yaml"
    hand.write_text(hand.read_text(encoding="utf-8").replace("tiers: [commune]", "tiers: [parish]"), encoding="utf-8")
    found = problems(data)
    assert {each.file for each in found} == {
        "procedures/1.001193.yaml", "register/ho_tich.yaml", "register/tu_van_phap_luat.yaml",
    }  # fmt: skip
    (by_hand,) = [each for each in found if each.file == "procedures/1.001193.yaml"]
    assert hand.read_text(encoding="utf-8").split("\n")[by_hand.line - 1] == "  tiers: [parish]"
    assert {each.key for each in found if each.file.endswith("luat.yaml")} == {"tiers", "channels", "fee"}


def test_a_code_that_stands_twice_is_named_with_both_places(data: Path) -> None:
    write(data, GOOD, GOOD)
    (found,) = problems(data)
    assert "1.000627 stands in register/tu_van_phap_luat.yaml:2 too" in found.problem
    write(data, GOOD | {"in_force_until": "2026-06-30"}, GOOD | {"in_force_from": "2026-07-01"})
    assert problems(data) == (), "they follow each other"
    write(data, GOOD | {"in_force_until": "2026-07-01"}, GOOD | {"in_force_from": "2026-07-01"})
    (found,) = problems(data)
    assert "both are in force on 2026-07-01" in found.problem


def test_a_code_that_is_kept_by_hand_and_imported_is_named(data: Path) -> None:
    write(data, GOOD, GOOD | {"code": "1.001193"})
    assert [each.key for each in problems(data)] == ["code"]


def test_two_amounts_of_one_day_are_named(data: Path) -> None:
    amount = {"amount_vnd": 1000, "valid_from": None, "valid_until": "2026-12-31", "source": "x"}
    later = {"amount_vnd": 2000, "valid_from": "2026-12-31", "valid_until": None, "source": "x"}
    write(data, GOOD | {"fee": {"state": "dated", "amounts": [amount, later], "rule": "", "source": "x"}})
    (found,) = problems(data)
    assert "two amounts hold on 2026-12-31" in found.problem


def test_a_model_whose_procedure_is_not_in_the_register_or_in_another_field_is_named(data: Path, tmp_path: Path) -> None:
    for place in ("ho_tich/1.999999.bpmn", "dat_dai/1.001193.bpmn"):
        path = tmp_path / "bpmn" / "models" / place
        path.parent.mkdir(parents=True)
        path.write_text("<x/>")
    found = check_catalog(data, tmp_path / "bpmn").problems
    assert [(each.file, each.key) for each in found] == [
        ("models/dat_dai/1.001193.bpmn", "field"),
        ("models/ho_tich/1.999999.bpmn", "code"),
    ]


def test_mistakes_in_the_tables_of_authorities_are_named_by_line(data: Path) -> None:
    (data / "authorities").mkdir()
    table = DATA.joinpath("authorities", "divisions_bac_ninh.csv").read_text(encoding="utf-8").split("\n")
    table[2] = table[1]
    table[3] = table[3].replace(",commune,", ",parish,").replace("2025-07-01", "tomorrow")
    table[4] = table[4].replace(",commune,", ",parish,", 1)
    (data / "authorities" / "communes.csv").write_text("\n".join(table), encoding="utf-8")
    assert [(each.line, each.key) for each in problems(data)] == [(3, "code"), (4, ""), (5, "tier")]


def test_a_selection_that_cannot_reach_its_number_is_named(data: Path) -> None:
    shutil.copy(DATA / "selections.yaml", data / "selections.yaml")
    assert "takes 2003 procedures, and only" in problems(data)[0].problem


def test_a_file_kept_by_hand_that_is_no_yaml_is_named_with_its_line(data: Path) -> None:
    (data / "procedures" / "1.000001.yaml").write_text("register:\n  code: [\n", encoding="utf-8")
    (data / "procedures" / "1.000002.yaml").write_text("", encoding="utf-8")
    assert [(each.file, bool(each.line)) for each in problems(data)] == [
        ("procedures/1.000001.yaml", True),
        ("procedures/1.000002.yaml", False),
    ]


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), values, max_size=4))
def test_no_facts_break_the_checks(change: dict[str, object]) -> None:
    problems_of(Record("x.yaml", 1, {**GOOD, **change}, {}))


def test_hand_kept_files_of_the_product_are_read_with_the_line_of_each_fact(data: Path) -> None:
    path = data / "procedures" / "1.001193.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["versions"].append({"in_force_from": "2025-08-01", "in_force_until": None, "source": "x"})
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (found,) = problems(data)
    assert "both are in force on 2025-08-01" in found.problem
