"""A message goes to one waiting activity of the dossier that it names; what nobody waits for is kept, and then reported."""

from __future__ import annotations

import pytest

from motcua.engine.dossier_engine import MessageUnknown
from motcua.procedures_catalog.version import build_closure
from tests.hazards.library import drawn, end, message, node, person, start
from tests.hazards.ours import BIRTH, catalogued
from tests.office import Office

TWO_WAIT = drawn(
    start(),
    node("parallelGateway", "split"),
    node("intermediateCatchEvent", "first", message()),
    person("ask"),
    node("intermediateCatchEvent", "second", message()),
    node("parallelGateway", "join"),
    person("after"),
    end(),
    flows="start > split > first > join > after > end\nsplit > ask > second > join",
    around='<bpmn:message id="m" name="paid"/>',
)


@pytest.fixture
def office() -> Office:
    office = Office()
    good = catalogued()
    with office.store.transaction() as tx:
        tx.publish(build_closure(BIRTH, TWO_WAIT.encode(), {}, good.register, in_force_from=good.in_force_from))
    return office


def opened(office: Office) -> str:
    return office.engine.open(office.application(BIRTH, entries={})).code


def delivered_to(office: Office, code: str) -> list[object]:
    return [event.facts["activity_id"] for event in office.store.events(code) if event.kind == "message_delivered"]


def test_a_message_reaches_the_activity_that_waits_longest_and_no_other(office: Office) -> None:
    code = opened(office)
    office.wait(hours=1)
    office.do(code, "ask")
    assert office.tell(code, "paid", "m1")
    assert delivered_to(office, code) == ["first"]
    assert office.tasks(code) == {}, "the other one waits on"
    assert office.tell(code, "paid", "m2")
    assert delivered_to(office, code) == ["first", "second"]
    assert list(office.tasks(code)) == ["after"]


def test_a_message_too_many_is_kept_for_whoever_comes_to_wait(office: Office) -> None:
    code = opened(office)
    assert office.tell(code, "paid", "m1")
    assert not office.tell(code, "paid", "m2")
    office.do(code, "ask")
    assert delivered_to(office, code) == ["first", "second"]


def test_a_message_that_nobody_came_to_wait_for_is_reported_once_and_never_delivered(office: Office) -> None:
    code = opened(office)
    office.tell(code, "paid", "m1")
    office.tell(code, "paid", "m2")
    assert office.dossier(code).wake_at is not None
    office.wait(days=31)
    office.wait(days=31)
    assert office.kinds(code).count("message_expired") == 1
    office.do(code, "ask")
    assert delivered_to(office, code) == ["first"]


def test_a_message_for_one_dossier_moves_no_other(office: Office) -> None:
    one, other = opened(office), opened(office)
    office.tell(one, "paid")
    assert (delivered_to(office, one), delivered_to(office, other)) == (["first"], [])


def test_a_message_that_the_model_never_waits_for_is_refused_and_named(office: Office) -> None:
    code = opened(office)
    with pytest.raises(MessageUnknown, match="It waits for: paid"):
        office.tell(code, "withdrawn")
