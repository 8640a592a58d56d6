"""The laws of a drawing: they hold for any diagram, so they are tried on diagrams that nobody would draw."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.bpmn.authoring import (
    Diagram,
    boundary_message,
    boundary_timer,
    end,
    exclusive,
    parallel,
    start,
    sub_process,
    user_task,
)
from motcua.bpmn.drawing import Bounds, Drawing, Point, label_size
from motcua.bpmn.elements import Node, NodeKind, Process, SequenceFlow, bodies, walk
from motcua.bpmn.layout import draw

MAKERS = (
    lambda id: user_task(id, f"Việc {id}", role="officer"),
    lambda id: exclusive(id, f"Rẽ {id}?"),
    lambda id: parallel(id),
    lambda id: end(id, f"Hết {id}"),
)


@st.composite
def diagrams(draw_from: st.DrawFn, prefix: str = "n", depth: int = 1) -> Diagram:
    """A start, up to eight nodes joined at random (loops, strangers and all), boundary events, and a sub-process now and then."""
    diagram = Diagram()
    lanes = draw_from(st.booleans()) and prefix == "n"
    ids = [f"{prefix}{number}" for number in range(draw_from(st.integers(1, 8)))]
    for number, id in enumerate(ids):
        if lanes:
            diagram.lane(draw_from(st.sampled_from(["Một cửa", "Chuyên môn"])))
        if number == 0:
            node = start(id, "Bắt đầu")
        elif depth and draw_from(st.integers(0, 4)) == 0:
            node = sub_process(id, f"Giải quyết {id}", draw_from(diagrams(f"{id}_", depth - 1)))
        else:
            node = draw_from(st.sampled_from(MAKERS))(id)
        diagram.add(node)
        if number and draw_from(st.booleans()):
            diagram.on(ids[draw_from(st.integers(0, number - 1))]).to(id)
    targets = st.sampled_from(ids)
    for _ in range(draw_from(st.integers(0, 5))):
        diagram.on(draw_from(targets)).when("received", draw_from(st.sampled_from(["", "Có", "Trả lại để thẩm định"]))).to(
            draw_from(targets)
        )
    hosts = [node for node in diagram.nodes() if node.kind in {NodeKind.USER_TASK, NodeKind.SUB_PROCESS}]
    for number, host in enumerate(hosts):
        for side in range(draw_from(st.integers(0, 2))):
            id = f"{prefix}b{number}_{side}"
            if side:
                event = boundary_timer(id, "Một ngày làm việc trước hạn", host.id, "1 working day before due", interrupting=False)
            else:
                event = boundary_message(id, "Rút hồ sơ", host.id, "withdrawal_requested", interrupting=True)
            diagram.add(event).to(draw_from(targets))
    return diagram


def process_of(diagram: Diagram) -> Process:
    return diagram.process("any", "Quy trình", documentation="").processes[0]


def overlap(one: Bounds, other: Bounds) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def contains(outer: Bounds, inner: Bounds) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and inner.right <= outer.right and inner.bottom <= outer.bottom


def on_border(point: Point, bounds: Bounds) -> bool:
    x, y = point
    inside = bounds.x <= x <= bounds.right and bounds.y <= y <= bounds.bottom
    return inside and (x in {bounds.x, bounds.right} or y in {bounds.y, bounds.bottom})


def siblings(process: Process) -> list[tuple[list[Node], list[SequenceFlow]]]:
    return [(list(container.nodes), list(container.flows)) for container in bodies(process)]


def crossed(drawing: Drawing, flow: SequenceFlow, nodes: list[Node]) -> list[str]:
    """The nodes that a flow runs through without starting or ending there."""
    own = {flow.source, flow.target} | {node.attached_to for node in nodes if node.id == flow.source}
    through = []
    for node in nodes:
        box = drawing.shapes[node.id]
        for (x1, y1), (x2, y2) in pairwise(drawing.edges[flow.id]):
            line = Bounds(min(x1, x2), min(y1, y2), max(abs(x1 - x2), 1), max(abs(y1 - y2), 1))
            if node.id not in own and node.attached_to not in own and overlap(box, line):
                through.append(node.id)
    return through


drawn = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@drawn
@given(diagrams())
def test_no_two_shapes_overlap_but_an_event_and_the_border_it_sits_on(diagram: Diagram) -> None:
    process = process_of(diagram)
    drawing = draw(process)
    for nodes, _ in siblings(process):
        for one, other in combinations(nodes, 2):
            if one.id not in {other.attached_to, other.id} and other.id != one.attached_to:
                assert not overlap(drawing.shapes[one.id], drawing.shapes[other.id]), (one.id, other.id)


@drawn
@given(diagrams())
def test_a_boundary_event_is_centred_on_the_lower_border_of_its_host(diagram: Diagram) -> None:
    process = process_of(diagram)
    drawing = draw(process)
    for node in walk(process):
        if node.attached_to:
            host = drawing.shapes[node.attached_to]
            x, y = drawing.shapes[node.id].centre
            assert y == host.bottom
            assert host.x <= x <= host.right


@drawn
@given(diagrams())
def test_every_node_lies_in_its_lane_and_inside_its_sub_process(diagram: Diagram) -> None:
    process = process_of(diagram)
    drawing = draw(process)
    for node in process.nodes:
        if node.lane:
            assert contains(drawing.lanes[node.lane], drawing.shapes[node.id])
    for node in walk(process):
        for inner in node.body.nodes if node.body else ():
            assert contains(drawing.shapes[node.id], drawing.shapes[inner.id])


@drawn
@given(diagrams())
def test_a_flow_runs_at_right_angles_from_the_border_of_its_source_to_the_border_of_its_target(diagram: Diagram) -> None:
    process = process_of(diagram)
    drawing = draw(process)
    for _, flows in siblings(process):
        for flow in flows:
            points = drawing.edges[flow.id]
            assert len(points) >= 2
            assert on_border(points[0], drawing.shapes[flow.source])
            assert on_border(points[-1], drawing.shapes[flow.target])
            assert all((x1 == x2) != (y1 == y2) for (x1, y1), (x2, y2) in pairwise(points))


@drawn
@given(diagrams())
def test_no_flow_runs_through_a_shape_on_its_way(diagram: Diagram) -> None:
    process = process_of(diagram)
    drawing = draw(process)
    for nodes, flows in siblings(process):
        for flow in flows:
            assert crossed(drawing, flow, nodes) == []


@drawn
@given(diagrams())
def test_the_same_diagram_is_always_drawn_alike(diagram: Diagram) -> None:
    process = process_of(diagram)
    assert draw(process) == draw(process)


def test_what_follows_the_withdrawal_is_drawn_right_under_the_sub_process() -> None:
    inner = Diagram()
    inner.begin(start("in", "Bắt đầu")).then(end("out", "Xong"))
    diagram = Diagram()
    diagram.begin(start("start", "Nộp")).then(sub_process("processing", "Giải quyết", inner)).then(end("done", "Trả"))
    withdrawal = boundary_message("asked", "Rút", "processing", "withdrawal_requested", interrupting=True)
    diagram.add(withdrawal).then(user_task("withdraw", "Xác nhận", role="one_stop_desk")).then(end("withdrawn", "Đã rút"))
    drawing = draw(process_of(diagram))
    (x1, y1), (x2, y2) = drawing.edges["flow_asked_to_withdraw"]
    assert x1 == x2 == drawing.shapes["withdraw"].centre[0]
    assert y1 == drawing.shapes["asked"].bottom < y2 == drawing.shapes["withdraw"].y


def test_the_longest_way_on_stays_in_the_row() -> None:
    diagram = Diagram()
    diagram.begin(start("start", "Nộp")).then(exclusive("ok", "Đủ?")).when("received", "Không").then(end("declined", "Không"))
    diagram.on("ok").otherwise("Đủ").then(user_task("work", "Làm", role="officer")).then(end("done", "Xong"))
    shapes = draw(process_of(diagram)).shapes
    assert shapes["ok"].centre[1] == shapes["work"].centre[1] == shapes["done"].centre[1] < shapes["declined"].centre[1]


def test_a_label_is_broken_between_words() -> None:
    _, one_line = label_size("Đã trả")
    _, two_lines = label_size("Một ngày làm việc")
    assert two_lines == 2 * one_line
    assert label_size("") == (0, 0)
