"""The ten procedures and the shared parts as they stand in the repository: that they run, and that their figures add up."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from motcua.bpmn.authored.files import is_untouched
from motcua.bpmn.authored.library import documents
from motcua.bpmn.checks import CheckContext, check_model
from motcua.bpmn.decisions.compile import compile_decision
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.decisions.tables import DecisionFailed
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import PERSON_KINDS, Body, Definitions, Node, NodeKind, Process, TimerClock, walk
from motcua.engine.timers import parse_timer
from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.procedure import LimitState
from motcua.procedures_catalog.roles import ROLES
from motcua.procedures_catalog.time_limit import TimeLimit, Unit
from motcua.services.operations import OPERATIONS
from tests.house import ROOT
from tests.office import Office

HOURS_A_DAY = 8
TEN = (
    "1.001193",
    "1.000894",
    "2.000815",
    "1.001612",
    "1.013225",
    "1.012783",
    "3.000333",
    "1.000828",
    "1.009645",
    "2.001023",
)
DRAWN = documents()


def read(path: Path) -> Definitions:
    return read_document(path.read_bytes(), path.name)


PARTS = {path.stem: read(path) for path in sorted((ROOT / "bpmn" / "shared").glob("*.bpmn"))}
DECISIONS = {path.stem: read_decisions(path.read_bytes(), path.name) for path in sorted((ROOT / "bpmn" / "shared").glob("*.dmn"))}
MODELS = {path.stem: read(path) for path in sorted((ROOT / "bpmn" / "models").glob("*/*.bpmn"))}
CONTEXT = CheckContext(
    operations=OPERATIONS,
    roles=frozenset(ROLES),
    shared_parts=PARTS,
    procedure_codes=frozenset(TEN),
    read_timer=lambda text, clock: parse_timer(text, TimerClock(clock).value),
    decisions=DECISIONS,
)


def process_of(code: str) -> Process:
    return MODELS[code].processes[0]


def node_of(container: Process | Body, id: str) -> Node:
    return next(node for node in container.nodes if node.id == id)


def processing(code: str) -> Body:
    body = node_of(process_of(code), "processing").body
    assert body
    return body


def normed_hours(container: Process | Body) -> float:
    """The norm hours along the longest way that meets no node twice, the called parts included."""
    after = {node.id: [flow.target for flow in container.flows if flow.source == node.id] for node in container.nodes}
    nodes = {node.id: node for node in container.nodes}

    def own(node: Node) -> float:
        if node.called_element:
            return normed_hours(PARTS[node.called_element].processes[0])
        return node.norm.hours if node.norm else 0

    def longest(id: str, met: frozenset[str]) -> float:
        here = met | {id}
        return own(nodes[id]) + max((longest(target, here) for target in after[id] if target not in here), default=0)

    return longest(next(node.id for node in container.nodes if node.kind is NodeKind.START_EVENT), frozenset())


def hours_of(limit: TimeLimit) -> int:
    """The working hours that a limit holds at least: calendar days hold five working days a week."""
    working_days = {
        Unit.SAME_DAY: 1,
        Unit.WORKING_DAYS: limit.amount,
        Unit.CALENDAR_DAYS: limit.amount * 5 // 7,
    }
    return HOURS_A_DAY * working_days[limit.unit]


def test_the_ten_procedures_have_a_model_each() -> None:
    assert sorted(MODELS) == sorted(TEN)
    assert all(MODELS[code].processes[0].procedure_code == code for code in TEN)


def test_a_shared_part_is_the_process_that_its_file_is_named_after() -> None:
    assert {name: [process.id for process in part.processes] for name, part in PARTS.items()} == {name: [name] for name in PARTS}


@pytest.mark.parametrize("document", [*MODELS.values(), *PARTS.values()], ids=lambda document: document.source)
def test_the_checks_find_nothing(document: Definitions) -> None:
    assert [finding.as_text(document.source) for finding in check_model(document, CONTEXT)] == []


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The BPMN 2.0 schema of the OMG, as SpiffWorkflow ships it."""
    package = importlib.util.find_spec("SpiffWorkflow")
    assert package
    assert package.origin
    return etree.XMLSchema(etree.parse(Path(package.origin).parent / "bpmn" / "parser" / "schema" / "BPMN20.xsd"))


@pytest.mark.parametrize("path", DRAWN)
def test_a_file_is_valid_by_the_schema_of_bpmn_2_0(path: str, schema: etree.XMLSchema) -> None:
    schema.assertValid(etree.fromstring((ROOT / "bpmn" / path).read_bytes()).getroottree())


@pytest.mark.parametrize("path", DRAWN)
def test_a_file_that_nobody_edited_is_drawn_with_the_same_bytes(path: str) -> None:
    content = (ROOT / "bpmn" / path).read_bytes()
    assert content == DRAWN[path] or not is_untouched(content)


@pytest.mark.parametrize("code", TEN)
def test_the_norms_fit_into_the_limit_where_it_is_known(code: str) -> None:
    procedure = load_catalog().procedure(code)
    hours = normed_hours(processing(code))
    assert hours > 0
    if procedure.limit_state in {LimitState.KNOWN, LimitState.SECTOR_RULE}:
        assert hours <= hours_of(procedure.time_limit())
    for case in procedure.cases:
        assert hours <= hours_of(procedure.time_limit(case))


def test_the_investment_approval_has_the_twelve_steps_and_hours_that_bac_ninh_decided() -> None:
    steps = [
        (node.assignment.role, node.norm.hours)
        for node in walk(process_of("1.009645"))
        if node.norm and node.assignment and node.norm.basis == "decision"
    ]
    # 4 + 2 + 4 + 2 + 4 + 56 + 16 + 8 + 8 + 4 + 24 + 4 = 136 hours = 17 working days; the consultation is asked twice, at once
    assert steps == [
        ("one_stop_desk", 4),
        ("division_head", 2),
        ("officer", 4),
        ("division_head", 2),
        ("department_leader", 4),
        ("consulted_agency", 56),
        ("consulted_agency", 56),
        ("officer", 16),
        ("division_head", 8),
        ("department_leader", 8),
        ("clerk", 4),
        ("people_committee_leader", 24),
        ("one_stop_desk", 4),
    ]
    assert normed_hours(processing("1.009645")) == 136 == 17 * HOURS_A_DAY


def test_only_the_investment_approval_claims_decided_norms() -> None:
    bases = {code: {node.norm.basis for node in walk(process_of(code)) if node.norm} for code in TEN}
    assert {code for code, found in bases.items() if "decision" in found} == {"1.009645"}


@pytest.mark.parametrize("code", TEN)
def test_every_norm_says_where_its_hours_are_from(code: str) -> None:
    for document in (MODELS[code], *PARTS.values()):
        for node in walk(document.processes[0]):
            assert node.norm is None or node.norm.source


def test_only_the_tax_payment_is_off_the_clock_and_it_says_why() -> None:
    stops = {(code, node.id): node.stops_clock.cause for code in TEN for node in walk(process_of(code)) if node.stops_clock}
    assert stops == {("1.012783", "await_tax_payment"): "tax_payment"}


@pytest.mark.parametrize(
    ("pages", "copies", "fee_vnd"),
    [
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),  # 2 x 2,000 + 1,000
        (198, 1, 200_000),  # 4,000 + 196,000
        (500, 1, 200_000),  # at most 200,000 a copy
        (3, 4, 20_000),
    ],
)
def test_a_certified_copy_costs_by_the_page(pages: int, copies: int, fee_vnd: int) -> None:
    task = node_of(process_of("2.000815"), "reckon_fee")
    assert task.decision is not None
    fee = compile_decision(DECISIONS[task.decision.name], task.decision.name)
    assert fee.decide({"pages": pages, "copies": copies}) == {"fee_vnd": fee_vnd}


@given(st.integers(1, 1_000), st.integers(1, 50))
def test_a_certified_copy_costs_what_adding_its_pages_up_costs(pages: int, copies: int) -> None:
    one = min(200_000, sum(2_000 if page <= 2 else 1_000 for page in range(1, pages + 1)))
    fee = compile_decision(DECISIONS["certified_copy_fee"], "certified_copy_fee")
    assert fee.decide({"pages": pages, "copies": copies}) == {"fee_vnd": one * copies}


def test_an_application_for_no_copy_or_of_no_page_is_refused_before_it_is_a_dossier() -> None:
    office = Office()
    office.publish("2.000815")
    for pages, copies in ((0, 1), (-3, 1), (1, 0)):
        with pytest.raises(DecisionFailed, match="is none of the allowed values >= 1; correct the data"):
            office.engine.open(office.application("2.000815", entries={"paper_name": "x", "pages": pages, "copies": copies}))


def test_consultation_asks_two_agencies_at_the_same_time() -> None:
    body = processing("1.009645")
    asked = {flow.target for flow in body.flows if flow.source == "ask_agencies"}
    joined = {flow.source for flow in body.flows if flow.target == "all_answered"}
    assert asked == joined == {"agency_1_opinion", "agency_2_opinion"}


def test_birth_and_insurance_passes_through_two_authorities() -> None:
    roles = [node.assignment.role for node in walk(process_of("2.001023")) if node.assignment]
    assert roles == ["civil_status_officer", "social_insurance_officer", "civil_status_officer"]


@pytest.mark.parametrize("code", TEN)
def test_a_same_day_procedure_has_no_time_to_announce_a_delay(code: str) -> None:
    procedure = load_catalog().procedure(code)
    has_extension = any(node.id == "due_soon" for node in process_of(code).nodes)
    assert has_extension == (procedure.limit_state is not LimitState.SECTOR_RULE)


@pytest.mark.parametrize("code", TEN)
def test_a_dossier_ends_processed_refused_or_not_supplemented_and_nothing_else(code: str) -> None:
    acts = {node.act for node in walk(process_of(code)) if node.act}
    with_supplement = {"start_processing", "process", "refuse", "close_unsupplemented"}
    assert acts == (with_supplement - {"close_unsupplemented"} if code == "2.000815" else with_supplement)


def test_every_legal_act_but_a_stop_for_another_reason_is_done_somewhere() -> None:
    acts = {node.act for document in (*MODELS.values(), *PARTS.values()) for node in walk(document.processes[0]) if node.act}
    assert acts == {
        "receive",
        "start_processing",
        "ask_payment",
        "ask_supplement",
        "take_supplement",
        "ask_withdrawal",
        "extend",
        "process",
        "return",
        "decline",
        "refuse",
        "withdraw",
        "close_unsupplemented",
    }


@pytest.mark.parametrize("code", TEN)
def test_a_model_says_in_words_what_is_assumed_or_unknown(code: str) -> None:
    documentation = process_of(code).documentation
    assert "giả định" in documentation
    if load_catalog().procedure(code).limit_state in {LimitState.UNKNOWN, LimitState.CONFLICT, LimitState.DIFFERS_BY_CASE}:
        assert "chưa" in documentation


def test_ids_are_plain_words_and_names_are_vietnamese() -> None:
    for document in (*MODELS.values(), *PARTS.values()):
        for node in walk(document.processes[0]):
            assert node.id.isascii()
            assert node.id.replace("_", "").isalnum()
            assert node.id == node.id.lower()
            assert node.kind not in PERSON_KINDS or not node.name.isascii()
