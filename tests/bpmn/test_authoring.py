"""Writing models in Python: what the constructors and trails make, and that writing then reading changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from motcua.bpmn.authored.__main__ import main
from motcua.bpmn.authored.files import FileState, is_untouched, marked, write
from motcua.bpmn.authored.library import MODELS
from motcua.bpmn.authored.shared_parts import shared_parts
from motcua.bpmn.authoring import (
    Diagram,
    DiagramUnsound,
    boundary_error,
    call,
    choice,
    end,
    exclusive,
    message,
    parallel,
    script,
    service_task,
    start,
    timer,
    user_task,
)
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import ClockStop, Definitions, NodeKind, Norm, TimerClock
from motcua.bpmn.writing import write_document
from tests.bpmn.conftest import COMPENSATION

DOCUMENTS = [*(model() for model in MODELS.values()), *shared_parts()]


def small() -> Definitions:
    diagram = Diagram()
    diagram.lane("Một cửa")
    check = user_task(
        "check",
        "Kiểm tra",
        role="one_stop_desk",
        norm=Norm(4, "assumed", "median"),
        form=(choice("completeness", "Kết quả", ("accept", "Đủ"), ("decline", "Không")),),
    )
    diagram.begin(start("start", "Nộp")).then(check).then(exclusive("complete", "Đủ?")).when(
        'completeness == "decline"', "Không"
    ).then(end("declined", "Không tiếp nhận"))
    diagram.on("complete").otherwise("Đủ").then(script("note", "Ghi", "received = True")).then(end("done", "Xong"))
    return diagram.process("small", "Nhỏ", documentation="Thử.", procedure_code="1.000001")


def test_a_choice_between_two_ways_has_one_condition_and_one_default() -> None:
    process = small().processes[0]
    gateway = next(node for node in process.nodes if node.id == "complete")
    conditions = {flow.id: flow.condition for flow in process.flows if flow.source == "complete"}
    assert conditions == {"flow_complete_to_declined": 'completeness == "decline"', "flow_complete_to_note": None}
    assert gateway.default_flow == "flow_complete_to_note"


def test_lanes_put_the_process_into_a_pool() -> None:
    document = small()
    assert [pool.process_id for pool in document.participants] == ["small"]
    assert document.processes[0].lanes[0].node_ids == ("start", "check", "complete", "declined", "note", "done")


def test_two_flows_between_the_same_nodes_have_different_ids() -> None:
    diagram = Diagram()
    diagram.begin(start("start", "Nộp")).then(exclusive("either")).when("received", "a").then(parallel("joined"))
    diagram.on("either").otherwise("b").to("joined")
    ids = [flow.id for flow in diagram.body().flows if flow.source == "either"]
    assert ids == ["flow_either_to_joined", "flow_either_to_joined_2"]


def test_an_id_is_given_once() -> None:
    trail = Diagram().begin(start("start", "Nộp"))
    with pytest.raises(DiagramUnsound, match='Two nodes have the id "start"'):
        trail.then(end("start", "Xong"))


def test_only_nodes_that_are_there_are_joined() -> None:
    with pytest.raises(DiagramUnsound, match='No node has the id "nowhere"'):
        Diagram().begin(start("start", "Nộp")).to("nowhere")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.id)
def test_what_is_written_is_read_again(document: Definitions) -> None:
    read = read_document(write_document(document), document.id)
    assert read.oddities == ()
    assert replace(read, drawn=frozenset()) == document


def test_every_kind_of_node_that_can_be_written_is_read_again() -> None:
    diagram = Diagram()
    stop = ClockStop("tax_payment", "act and article")
    trail = diagram.begin(start("start", "Nộp")).then(message("paid", "Đã nộp", "tax_paid", stops=stop))
    trail = trail.then(timer("wait", "Chờ", "30 minutes", TimerClock.WALL)).then(
        call("part", "Phần chung", "shared_part", fee_vnd="0")
    )
    trail = trail.then(service_task("collect", "Thu", "payment.collect", amount_vnd="fee_vnd", outputs=(("qr", "qr"),)))
    trail.then(end("done", "Xong"))
    diagram.add(boundary_error("refused", "Từ chối", "collect", "PAYMENT_REFUSED")).then(end("unpaid", "Không nộp"))
    document = diagram.process("all", "Mọi loại", documentation="")
    read = read_document(write_document(document), "all")
    assert replace(read, drawn=frozenset()) == document
    assert read.errors["error_payment_refused"].code == "PAYMENT_REFUSED"


def test_a_compensation_that_is_written_is_read_again_and_drawn_with_its_associations() -> None:
    document = read_document(COMPENSATION.read_bytes(), COMPENSATION.name)
    read = read_document(write_document(document), "written")
    assert read.oddities == ()
    assert replace(read, drawn=frozenset()) == replace(document, drawn=frozenset())
    assert read.drawn >= {"on_collect_refund", "on_reserve_release", "on_sign_unsign"}


def test_everything_that_is_written_is_drawn() -> None:
    read = read_document(write_document(small()), "small")
    process = read.processes[0]
    expected = {*(node.id for node in process.nodes), *(flow.id for flow in process.flows), "pool", "lane_1"}
    assert read.drawn == expected


def test_the_document_says_which_way_is_the_default_and_which_sub_process_is_open() -> None:
    root = etree.fromstring(write_document(next(d for d in DOCUMENTS if d.processes[0].id == "birth_registration")))
    opened = root.xpath('//*[local-name()="BPMNShape"][@isExpanded="true"]/@bpmnElement')
    assert opened == ["processing"]


def test_a_drawn_file_is_known_by_its_digest_until_somebody_changes_it() -> None:
    content = marked(write_document(small()))
    assert is_untouched(content)
    assert not is_untouched(content.replace("Kiểm tra".encode(), "Kiểm tra kỹ".encode()))
    assert not is_untouched(write_document(small()))


def test_a_model_that_an_analyst_edited_is_kept_and_reported(tmp_path: Path) -> None:
    first, second = marked(write_document(small())), marked(write_document(replace(small(), name="Khác")))
    assert write(tmp_path, {"a.bpmn": first, "b.bpmn": first}) == {"a.bpmn": FileState.NEW, "b.bpmn": FileState.NEW}
    edited = first.replace("Kiểm tra".encode(), "Kiểm tra kỹ".encode())
    (tmp_path / "a.bpmn").write_bytes(edited)
    states = write(tmp_path, {"a.bpmn": second, "b.bpmn": second})
    assert states == {"a.bpmn": FileState.EDITED, "b.bpmn": FileState.CHANGED}
    assert (tmp_path / "a.bpmn").read_bytes() == edited
    assert (tmp_path / "b.bpmn").read_bytes() == second
    assert write(tmp_path, {"b.bpmn": second}) == {"b.bpmn": FileState.SAME}


def test_the_command_refuses_an_argument_that_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--force"]) == 2
    assert "--check" in capsys.readouterr().err


def test_the_command_finds_the_files_of_the_checkout_as_they_were_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out.count(".bpmn") == len(DOCUMENTS)


def test_no_written_node_is_of_a_kind_that_the_models_do_not_need() -> None:
    kinds = {node.kind for document in DOCUMENTS for node in document.processes[0].nodes}
    assert kinds.isdisjoint({NodeKind.INCLUSIVE_GATEWAY, NodeKind.COMPLEX_GATEWAY, NodeKind.TASK, NodeKind.MANUAL_TASK})
