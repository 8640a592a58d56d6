"""Values survive being saved, whatever their keys and texts; what cannot survive is refused with the path of the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.codec import MAX_DEPTH, ValueRefused, canonical, decode, encode

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
hostile_keys = st.sampled_from(["typename", "__builtins__", "$decimal", "$map", "$date", "$", "", "data", "v"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**512) + 1, 2**512 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | texts
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | hostile_keys, inner, max_size=4), max_leaves=12
)


@given(values)
def test_saving_and_loading_gives_the_value_back(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(values)
def test_the_type_comes_back_too(value: Any) -> None:
    def types(v: Any) -> Any:
        if isinstance(v, list):
            return [types(x) for x in v]
        return {k: types(x) for k, x in v.items()} if isinstance(v, dict) else type(v)

    assert types(decode(encode(value))) == types(value)


@given(st.dictionaries(texts, scalars, max_size=6))
def test_the_canonical_bytes_do_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    assert canonical(value) == canonical(dict(reversed(list(value.items()))))


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": {"b": 0.5}}, "a.b"),
        ({"a": [1, object()]}, r"a\[1\]"),
        ({"when": datetime(2026, 1, 1)}, "when"),  # noqa: DTZ001
        ({"n": Decimal("NaN")}, "n"),
        ({"n": 2**600}, "n"),
        ({"t": "a\x00b"}, "t"),
        ({"t": "\ud800"}, "t"),
        ({"t": "x" * 1_000_001}, "t"),
        ({1: "x"}, "value"),
        (nested(MAX_DEPTH + 1), r"\[0\]"),
        ({"s": {1, 2}}, "s"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_path_of_the_field(value: Any, path: str) -> None:
    with pytest.raises(ValueRefused, match=path):
        encode(value)


def test_a_text_of_a_million_characters_is_kept() -> None:
    assert decode(encode({"t": "đ" * 1_000_000})) == {"t": "đ" * 1_000_000}
