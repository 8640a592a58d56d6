"""The register's files: YAML that needs no YAML reader, one fact a line, and the line of every mistake."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.catalog import DATA
from motcua.procedures_catalog.register_file import (
    DEFAULTS,
    KEYS,
    RegisterFileUnreadable,
    read_leniently,
    read_records,
    record_places,
    write_records,
)
from motcua.procedures_catalog.register_folder import read_register_folder
from tests.procedures_catalog.extract import facts

FILES = sorted((DATA / "register").glob("*.yaml"))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
codes = st.from_regex(r"[123]\.[0-9]{6}", fullmatch=True)


@st.composite
def any_facts(draw: st.DrawFn) -> dict[str, Any]:
    others = draw(st.dictionaries(st.sampled_from(sorted(set(KEYS) - {"code", "limits", "hints"})), values, max_size=6))
    lists = {key: draw(st.lists(values, max_size=3)) for key in ("limits", "hints")}
    return {"code": draw(codes), **others, **lists}


@given(st.lists(any_facts(), max_size=4))
def test_what_is_written_is_read_again(records: list[dict[str, Any]]) -> None:
    read = read_records(write_records(records, "x"), "x.yaml")
    assert [{**DEFAULTS, **record.facts} for record in read] == [{**DEFAULTS, **each} for each in records]


@given(st.lists(any_facts(), max_size=4))
def test_each_record_is_found_at_its_place_and_line(records: list[dict[str, Any]]) -> None:
    text = write_records(records, "x")
    places = list(record_places(text))
    assert [code for code, *_ in places] == [each["code"] for each in records]
    alone = [read_records(text[start:end], "x.yaml", first_line=line) for _, start, end, line in places]
    assert tuple(record for found in alone for record in found) == read_records(text, "x.yaml")


@pytest.mark.parametrize("path", FILES[::16] + [DATA / "register" / "ho_tich.yaml"], ids=lambda path: str(path.stem))
def test_another_reader_of_yaml_reads_the_same(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert [dict(record.facts) for record in read_records(text, path.name)] == yaml.safe_load(text)


def test_the_files_of_the_register_are_as_the_importer_writes_them() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        records = read_records(text, path.name)
        assert write_records([record.facts for record in records], text[2 : text.index("\n")]) == text
        assert [record.code for record in records] == sorted(record.code for record in records)


def test_codes_keep_the_zeros_at_their_end() -> None:
    with_zeros = [code for code in read_register_folder(DATA / "register").places if code.endswith("0")]
    assert len(with_zeros) > 100
    assert all(len(code) == len("1.002740") for code in with_zeros)
    ten = {**facts()["1.005400"], "code": "1.002740"}
    assert read_records(write_records([ten], "x"), "x.yaml")[0].code == "1.002740"


def test_a_line_that_cannot_be_read_is_named_with_its_number() -> None:
    text = '# x\n- code: "1.000001"\n  name: Đăng ký\n'
    with pytest.raises(
        RegisterFileUnreadable, match=r"dat_dai\.yaml, line 3: the value of name is no JSON: Đăng ký\. For example: "
    ):
        read_records(text, "dat_dai.yaml")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('name: "x"\n', 1, "no fact of the register"),
        ('  name: "x"\n', 1, "before the first procedure"),
        ('- name: "x"\n', 1, "begins with its code"),
        ('- code: "1.000001"\n  name: "x"\n  name: "y"\n', 3, "stands twice"),
        ('- code: "1.000001"\n  limits:\n    - {"text"\n', 3, "no JSON"),
        ('- code: "1.000001"\n    - "x"\n', 2, "no fact of the register"),
        ("- code: 1.000010x\n", 1, "no JSON"),
    ],
)
def test_every_unreadable_line_is_a_mistake_with_its_number(text: str, line: int, problem: str) -> None:
    _, mistakes = read_leniently(text, "x.yaml")
    assert [(each.line, problem in each.problem) for each in mistakes][:1] == [(line, True)]
    assert all(each.example for each in mistakes)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_leniently(text, "x.yaml")
    list(record_places(text))
