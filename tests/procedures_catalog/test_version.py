"""Versions are closures: whole, named by their content, and deaf to what they do not use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.version import (
    DecisionMissing,
    SharedPartMissing,
    build_closure,
    called_parts,
    closure_hash,
    split_parts,
)

FROM = date(2025, 7, 1)


def document(id: str, *calls: str) -> bytes:
    called = "".join(f'<bpmn:callActivity id="call_{part}" calledElement="{part}"/>' for part in calls)
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">'
        f'<bpmn:process id="{id}" isExecutable="true">{called}</bpmn:process></bpmn:definitions>'
    ).encode()


MODEL = document("main", "shared_receive", "shared_sign")
LIBRARY = {
    "shared_receive": document("shared_receive", "shared_fee"),
    "shared_fee": document("shared_fee"),
    "shared_sign": document("shared_sign"),
    "shared_other": document("shared_other"),
}


def version_id(model: bytes = MODEL, library: dict[str, bytes] = LIBRARY, register: bytes = b"{}\n") -> str:
    return build_closure("1.000001", model, library, register, in_force_from=FROM).version_id


def test_a_closure_holds_the_parts_that_are_called_through_other_parts_and_no_more() -> None:
    version = build_closure("1.000001", MODEL, LIBRARY, b"{}\n", in_force_from=FROM)
    assert list(version.shared) == ["shared_fee", "shared_receive", "shared_sign"]
    assert version.shared["shared_fee"] == LIBRARY["shared_fee"]
    assert (version.model, version.register) == (MODEL, b"{}\n")


def test_the_version_changes_with_the_model_the_register_and_every_part_that_it_uses() -> None:
    changed_part = LIBRARY | {"shared_fee": document("shared_fee") + b"\n"}
    ids = {
        version_id(),
        version_id(model=MODEL + b"\n"),
        version_id(register=b'{"code":"1.000001"}\n'),
        version_id(library=changed_part),
    }
    assert len(ids) == 4


def test_a_part_that_it_does_not_use_changes_nothing() -> None:
    assert version_id(library=LIBRARY | {"shared_other": b"anything"}) == version_id()


def test_the_order_of_the_library_changes_nothing() -> None:
    assert version_id(library=dict(reversed(LIBRARY.items()))) == version_id()


def test_validity_stands_beside_the_hash() -> None:
    now = build_closure("1.000001", MODEL, LIBRARY, b"{}\n", in_force_from=FROM)
    again = build_closure("1.000001", MODEL, LIBRARY, b"{}\n", in_force_from=date(2026, 1, 1), in_force_until=date(2026, 6, 30))
    assert now.version_id == again.version_id
    assert again.in_force(date(2026, 1, 1))
    assert again.in_force(date(2026, 6, 30))
    assert not again.in_force(date(2025, 12, 31))
    assert not again.in_force(date(2026, 7, 1))
    assert now.in_force(date(2099, 1, 1))


def test_parts_that_call_each_other_are_gathered_once() -> None:
    ring = {"shared_a": document("shared_a", "shared_b"), "shared_b": document("shared_b", "shared_a")}
    version = build_closure("1.000001", document("main", "shared_a"), ring, b"{}\n", in_force_from=FROM)
    assert list(version.shared) == ["shared_a", "shared_b"]


def test_a_part_that_is_missing_is_named_with_its_caller() -> None:
    with pytest.raises(SharedPartMissing, match='shared_receive calls the shared part "shared_fee"'):
        build_closure("1.000001", MODEL, {key: LIBRARY[key] for key in LIBRARY if key != "shared_fee"}, b"{}\n", in_force_from=FROM)


FEE = b"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:motcua="urn:motcua:bpmn:1.0">
    <bpmn:process id="shared_fee"><bpmn:businessRuleTask id="t"><bpmn:extensionElements><motcua:decision name="fee"/>
    </bpmn:extensionElements></bpmn:businessRuleTask></bpmn:process></bpmn:definitions>"""


def test_the_decisions_of_a_shared_part_belong_to_the_version_and_change_it() -> None:
    library = {**LIBRARY, "shared_fee": FEE}
    one, other = (
        build_closure("1.000001", MODEL, library, b"{}\n", in_force_from=FROM, decisions={"fee": table, "unused": b""})
        for table in (b"one", b"other")
    )
    assert dict(one.decisions) == {"fee": b"one"}
    assert one.version_id != other.version_id
    with pytest.raises(DecisionMissing, match='shared_fee uses the decision "fee"'):
        build_closure("1.000001", MODEL, library, b"{}\n", in_force_from=FROM)


def test_a_version_without_decisions_keeps_the_name_that_it_had_before_there_were_any() -> None:
    model = document("main")
    version = build_closure("1.000001", model, {}, b"{}\n", in_force_from=FROM)
    told = b"motcua procedure version 1\ncode  8\n1.000001register  3\n{}\nmodel  %d\n%b" % (len(model), model)
    assert version.version_id == sha256(told).hexdigest()


@given(
    st.dictionaries(st.text("ab.", max_size=3), st.binary(max_size=2)), st.dictionaries(st.text(max_size=3), st.binary(max_size=2))
)
def test_what_is_stored_beside_a_model_comes_apart_again(shared: dict[str, bytes], decisions: dict[str, bytes]) -> None:
    version = replace(
        build_closure("1.000001", document("main"), {}, b"{}\n", in_force_from=FROM), shared=shared, decisions=decisions
    )
    assert split_parts(version.parts) == (shared, decisions)


def test_a_part_that_is_called_twice_is_listed_once() -> None:
    assert called_parts(document("main", "shared_a", "shared_b"), "main") == ("shared_a", "shared_b")


_parts = st.dictionaries(st.text(max_size=3), st.binary(max_size=4))
closures = st.tuples(st.text(max_size=4), st.binary(max_size=4), _parts, st.binary(max_size=4), _parts)


@given(closures, closures)
def test_two_closures_have_the_same_hash_only_if_they_are_the_same(
    one: tuple[str, bytes, dict[str, bytes], bytes, dict[str, bytes]],
    other: tuple[str, bytes, dict[str, bytes], bytes, dict[str, bytes]],
) -> None:
    assert (closure_hash(*one) == closure_hash(*other)) == (one == other)
