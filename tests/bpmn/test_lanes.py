"""Lanes as roles: which task takes which lane's, what is refused, and that writing keeps what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.checks import CheckContext, Finding, Severity, check_model, errors
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Assignment, Definitions, Lane, walk
from motcua.bpmn.lanes import with_roles_of_lanes
from motcua.bpmn.writing import write_document
from tests.bpmn.conftest import EVERY_EXTENSION, TWO_POOLS, document
from tests.small_models import person


def _role(role: str) -> str:
    return f'<bpmn:extensionElements><motcua:assignment role="{role}"/></bpmn:extensionElements>'


def _lane(id: str, *listed: str, role: str = "", inside: str = "") -> str:
    refs = "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in listed)
    children = f"<bpmn:childLaneSet>{inside}</bpmn:childLaneSet>" if inside else ""
    return f'<bpmn:lane id="{id}" name="{id}">{role and _role(role)}{refs}{children}</bpmn:lane>'


def _drawn(lanes: str, *tasks: str) -> Definitions:
    drawn = "".join(each if each.startswith("<") else f'<bpmn:userTask id="{each}" name="{each}"/>' for each in tasks)
    return document(f'<bpmn:laneSet id="ls">{lanes}</bpmn:laneSet>{drawn}')


def _roles(definitions: Definitions) -> dict[str, str | None]:
    nodes = (node for process in definitions.processes for node in walk(process))
    return {node.id: node.assignment.role if node.assignment else None for node in nodes}


def _about_roles(definitions: Definitions, context: CheckContext) -> list[Finding]:
    return [finding for finding in check_model(definitions, context) if finding.rule == "role"]


def test_a_task_takes_role_and_tier_of_its_lane_and_its_own_assignment_wins_whole() -> None:
    lane = _lane("l", "a", "b", role="officer").replace('role="officer"', 'role="officer" tier="province"')
    read = _drawn(lane, "a", f'<bpmn:manualTask id="b">{_role("leader")}</bpmn:manualTask>')
    assert [node.assignment for node in read.processes[0].nodes] == [
        Assignment("officer", "province", lane="l"),
        Assignment("leader"),
    ]


def test_the_innermost_lane_that_says_a_role_wins_and_a_silent_one_takes_that_of_the_lane_around_it() -> None:
    inside = _lane("says", "a", role="leader") + _lane("silent", "b", inside=_lane("deeper", "c"))
    read = _drawn(_lane("outer", "a", "d", role="officer", inside=inside) + _lane("beside", "e"), *"abcde")
    assert _roles(read) == {"a": "leader", "b": "officer", "c": "officer", "d": "officer", "e": None}


def test_a_task_in_a_sub_process_takes_the_lane_of_the_sub_process_unless_a_lane_lists_it_itself() -> None:
    inner = '<bpmn:subProcess id="inner"><bpmn:userTask id="deep"/></bpmn:subProcess>'
    handler = '<bpmn:subProcess id="handler" triggeredByEvent="true"><bpmn:manualTask id="answer"/></bpmn:subProcess>'
    outer = f'<bpmn:subProcess id="outer"><bpmn:userTask id="a"/><bpmn:userTask id="b"/>{inner}{handler}</bpmn:subProcess>'
    found = _roles(_drawn(_lane("l", "outer", role="officer") + _lane("m", "b", role="leader"), outer))
    assert {id: found[id] for id in ("a", "b", "deep", "answer")} == {
        "a": "officer",
        "b": "leader",
        "deep": "officer",
        "answer": "officer",
    }
    assert found["outer"] is None, "only tasks for people enter a work list"


def test_each_of_two_pools_has_its_own_lanes() -> None:
    owned = TWO_POOLS.read_text(encoding="utf-8")
    bare = owned
    for role in ("officer", "leader"):
        bare = bare.replace(f'<motcua:assignment role="{role}"/>', "")
    assert set(_roles(read_document(bare.encode(), "bare.bpmn")).values()) == {None}
    one = bare.replace('name="Chuyên viên">', f'name="Chuyên viên">{_role("officer")}')
    of_main = _roles(read_document(one.encode(), "one.bpmn"))
    assert {id: role for id, role in of_main.items() if role} == {"assess": "officer"}, "a lane says nothing about another pool"
    both = one.replace('name="Công chức thuế">', f'name="Công chức thuế">{_role("leader")}')
    assert _roles(read_document(both.encode(), "both.bpmn")) == _roles(read_document(owned.encode(), "two_pools.bpmn"))


def test_a_task_for_a_person_with_no_role_and_none_from_its_lane_is_refused(context: CheckContext) -> None:
    read = _drawn(_lane("l", "a"), "a", "b")
    found = _about_roles(read, context)
    assert {(finding.element_id, finding.severity) for finding in found} == {("a", Severity.ERROR), ("b", Severity.ERROR)}
    assert all("to it or to its lane" in finding.remedy for finding in found)


def test_a_task_in_lanes_of_different_roles_is_refused_and_in_lanes_of_one_role_is_not(context: CheckContext) -> None:
    apart = _drawn(_lane("l", "a", role="officer") + _lane("m", "a", role="leader"), "a")
    (finding,) = _about_roles(apart, context)
    assert (finding.element_id, finding.message) == ("a", '"a" stands in lanes of different roles: leader, officer')
    assert _roles(apart) == {"a": None}
    alike = _drawn(_lane("l", "a", role="officer") + _lane("phase", "a") + _lane("m", "a", role="officer"), "a")
    assert _about_roles(alike, context) == []
    assert _roles(alike) == {"a": "officer"}
    owned = f'<bpmn:userTask id="a" name="a">{_role("leader")}</bpmn:userTask>'
    settled = _drawn(_lane("l", "a", role="officer") + _lane("m", "a", role="leader"), owned)
    assert _about_roles(settled, context) == [], "what the task says itself is plain"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("officer", "ofizer", 'there is no role "ofizer"'), ("commune", "district", 'there is no tier "district"')],
)
def test_an_unknown_role_or_tier_is_found_at_its_lane_once(old: str, new: str, message: str, context: CheckContext) -> None:
    before, after = EVERY_EXTENSION.read_text(encoding="utf-8").split("<bpmn:startEvent", 1)
    text = before.replace(f'"{old}"', f'"{new}"') + "<bpmn:startEvent" + after
    (finding,) = errors(check_model(read_document(text.encode(), "model.bpmn"), context))
    assert (finding.element_id, finding.rule, finding.message) == ("lane_office", "role", message)
    assert new in text.splitlines()[finding.line - 1]


def test_a_lanes_role_that_no_task_takes_is_no_fault(context: CheckContext) -> None:
    text = EVERY_EXTENSION.read_text(encoding="utf-8")
    text = text.replace('<bpmn:laneSet id="lanes">', f'<bpmn:laneSet id="lanes">{_lane("spare", "start", role="leader")}')
    assert check_model(read_document(text.encode(), "model.bpmn"), context) == ()


def test_lanes_of_one_id_inside_one_another_are_read_and_refused_as_doubled(context: CheckContext) -> None:
    read = _drawn(_lane("l", role="officer", inside=_lane("l", "a", inside=_lane("l", "b", role="leader"))), "a", "b")
    assert _roles(read) == {"a": "officer", "b": "leader"}
    assert "duplicate-id" in {finding.rule for finding in check_model(read, context)}


@st.composite
def _trees(draw: st.DrawFn) -> tuple[Lane, ...]:
    """Up to eight lanes, nested in any way, each listing some of three tasks."""
    lanes: list[Lane] = []
    for number in range(draw(st.integers(1, 8))):
        depth = draw(st.integers(0, lanes[-1].depth + 1)) if lanes else 0
        listed = tuple(draw(st.sets(st.sampled_from("abc")).map(sorted)))
        role = draw(st.none() | st.sampled_from(["officer", "leader"]).map(Assignment))
        lanes.append(Lane(f"l{number}", f"Làn {number}", listed, role, depth))
    return tuple(lanes)


def _holders(lanes: Sequence[Lane], place: int) -> list[int]:
    """The lanes around one, from the inside to the outside, found the slow way: backwards, each of the next smaller depth."""
    found = []
    depth = lanes[place].depth
    for before in range(place - 1, -1, -1):
        if lanes[before].depth == depth - 1:
            found.append(before)
            depth -= 1
    return found


@given(_trees())
def test_a_task_takes_the_one_role_that_its_innermost_lanes_agree_on(lanes: tuple[Lane, ...]) -> None:
    taken = {node.id: node.assignment for node in with_roles_of_lanes([person(each) for each in "abc"], lanes)}
    for task in "abc":
        listing = [place for place, lane in enumerate(lanes) if task in lane.node_ids]
        innermost = [place for place in listing if not any(place in _holders(lanes, other) for other in listing)]
        roles = set()
        for place in innermost:
            said = [lanes[each].assignment for each in (place, *_holders(lanes, place))]
            roles |= {assignment.role for assignment in [each for each in said if each][:1]}
        assignment = taken[task]
        assert (assignment and assignment.role) == (roles.pop() if len(roles) == 1 else None)


@settings(max_examples=30)
@given(_trees())
def test_lanes_are_written_as_they_are_nested_and_a_role_stays_where_it_was_said(lanes: tuple[Lane, ...]) -> None:
    read = _drawn("", "a", "b", "c")
    (process,) = read.processes
    drawn = replace(read, processes=(replace(process, lanes=lanes),))
    written = write_document(drawn)
    assert written.count(b"motcua:assignment") == sum(lane.assignment is not None for lane in lanes)
    again = read_document(written, "again.bpmn")
    assert again.processes[0].lanes == lanes
    assert write_document(again) == written
