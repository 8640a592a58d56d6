"""Where everything stands in a diagram: boxes on a grid, flows as right-angled lines in the gutters between the boxes.

    gutter row 0   ────────────────────────────
    row 0          [start] │ [task] │ <gateway>      a column holds what is equally far from the start;
    gutter row 1   ────────┼────────┼──────────      the longest way out of a node stays in its row,
    row 1                  │        │ [task]         other ways go below; a way back runs through a gutter
    gutter row 2   ────────────────────────────

Boxes cannot overlap, since each has a cell of its own. What follows a boundary event of a sub-process, and never comes back,
is drawn right under the sub-process. The same input gives the same drawing. `layout_cells.py` chooses the cells,
`layout_routes.py` the ways of the flows; here they are measured and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from motcua.bpmn.drawing import Bounds, Drawing, Point, label_size
from motcua.bpmn.elements import EVENT_KINDS, GATEWAY_KINDS, Node, Process, SequenceFlow
from motcua.bpmn.layout_cells import Link, assign_cells
from motcua.bpmn.layout_routes import Ref, Route, Side, Track, pack_tracks, route

TASK = (150, 80)
EVENT = (36, 36)
GATEWAY = (50, 50)
TRACK_PITCH = 14
BORDER_PITCH = 112
LANE_HEADER = 30
MARGIN = 30
TITLE = 28


def draw(process: Process) -> Drawing:
    """Lay out a whole process, with its lanes in a pool if it has any, and its sub-processes opened."""
    lane_of = {node_id: number for number, lane in enumerate(process.lanes) for node_id in lane.node_ids}
    grid = _Grid(process.nodes, process.flows, lane_of, len(process.lanes))
    left = 2 * LANE_HEADER if process.lanes else 0
    drawing = Drawing(grid.drawing.width + left, grid.drawing.height)
    drawing.place(grid.drawing, left, 0)
    if process.lanes:
        drawing.pool = Bounds(0, 0, drawing.width, drawing.height)
        for lane, (top, bottom) in zip(process.lanes, grid.lane_bands(), strict=True):
            drawing.lanes[lane.id] = Bounds(LANE_HEADER, top, drawing.width - LANE_HEADER, bottom - top)
    return drawing


@dataclass
class _Box:
    """What stands in one cell: a node, the events on its lower border, and what is drawn under it.

    above, below: how far it reaches from the middle of the node.   span: how wide it is with everything under it.
    """

    node: Node
    width: int
    height: int
    inside: Drawing | None
    border: list[Node] = field(default_factory=list)
    under: dict[str, _Grid] = field(default_factory=dict)

    @property
    def above(self) -> int:
        return self.height // 2

    @property
    def below(self) -> int:
        label = 0
        if self.node.kind in EVENT_KINDS or _is_gateway(self.node):
            label = label_size(self.node.name)[1] + 4
        elif self.border:
            label = EVENT[1] // 2 + max(self.border_label(event)[1] for event in self.border) + 4
        return self.height // 2 + label + max((grid.drawing.height for grid in self.under.values()), default=0)

    def border_label(self, event: Node) -> Point:
        """The size of the label of an event on the border: narrow where two must share the width of a task."""
        return label_size(event.name, BORDER_PITCH // 2) if len(self.border) > 1 and not self.inside else label_size(event.name)

    @property
    def width_at_the_border(self) -> int:
        """What the events on the border need, and what is drawn under them."""
        if not self.border:
            return 0
        if not self.inside:
            return (len(self.border) - 1) * BORDER_PITCH + EVENT[0]
        others = len(self.border) - len(self.under)
        return 2 * MARGIN + sum(grid.drawing.width + MARGIN for grid in self.under.values()) + others * BORDER_PITCH

    @property
    def span(self) -> int:
        return max(self.width, label_size(self.node.name)[0] if self.node.kind in EVENT_KINDS else 0)


class _Grid:
    """One process or one sub-process on its grid, measured and drawn."""

    def __init__(self, nodes: Sequence[Node], flows: Sequence[SequenceFlow], lane_of: Mapping[str, int], lanes: int = 0) -> None:
        self.lane_of = lane_of
        self.hosts = {node.id: node.attached_to for node in nodes if node.attached_to}
        self.boxes = {node.id: _box(node) for node in nodes if not node.attached_to}
        for node in nodes:
            if node.attached_to:
                self.boxes[node.attached_to].border.append(node)
        self.under_flows: dict[str, SequenceFlow] = {}
        self.flows = self._draw_endings_under_sub_processes(list(flows))
        links = [self._link(flow) for flow in self.flows]
        self.cells = assign_cells(list(self.boxes), links, lane_of, lanes)
        self.routes = {flow.id: self._route(flow) for flow in self.flows}
        self.tracks = pack_tracks(self.routes.values())
        self._measure()
        self.drawing = Drawing(self.width, self.height)
        for box in self.boxes.values():
            self._draw_box(box)
        for flow in self.flows:
            self._draw_flow(flow, self.routes[flow.id])

    def lane_bands(self) -> list[Point]:
        """Top and bottom of each lane; the border between two lanes runs right above the first row of the lower one."""
        starts = self.cells.lane_starts
        borders = [0, *(self.row_middle[row] - self.row_above[row] - MARGIN // 2 for row in starts[1:-1]), self.height]
        return list(pairwise(borders))

    def _draw_endings_under_sub_processes(self, flows: list[SequenceFlow]) -> list[SequenceFlow]:
        """Take what only a boundary event of a sub-process leads to, and what never comes back, into a grid of its own.

        Returns the flows that are left.
        """
        for event_id, host_id in self.hosts.items():
            host = self.boxes[host_id]
            region = _reached(event_id, flows)
            comes_in = any(flow.target in region and flow.source not in region | {event_id} for flow in flows)
            ways_out = [flow for flow in flows if flow.source == event_id]
            holds_hosts = any(each in region for each in self.hosts.values())
            other_lane = any(self.lane_of.get(each) != self.lane_of.get(host_id) for each in region)
            if not host.inside or len(ways_out) != 1 or comes_in or host_id in region or holds_hosts or other_lane:
                continue
            inner = [flow for flow in flows if flow.source in region]
            host.under[event_id] = _Grid([self.boxes.pop(id).node for id in list(self.boxes) if id in region], inner, {})
            self.under_flows[event_id] = ways_out[0]
            flows = [flow for flow in flows if flow not in inner and flow.source != event_id]
        for box in self.boxes.values():
            box.width = max(box.width, box.width_at_the_border)
        return flows

    def _link(self, flow: SequenceFlow) -> Link:
        host = self.hosts.get(flow.source)
        return Link(host, flow.target, gap=0) if host else Link(flow.source, flow.target, is_default=flow.is_default)

    def _route(self, flow: SequenceFlow) -> Route:
        host = self.hosts.get(flow.source)
        is_branching = not host and _is_gateway(self.boxes[flow.source].node)
        has_border_events = bool(self.boxes[flow.target].border)
        return route(
            self.cells, flow.source, flow.target, host=host, is_branching=is_branching, has_border_events=has_border_events
        )

    def _measure(self) -> None:
        """Widths of columns and gutters, heights of rows and gutters, and from them the middle of every row and column."""
        columns, rows = range(self.cells.columns), range(self.cells.rows)
        in_column = [[box for id, box in self.boxes.items() if self.cells.column[id] == column] for column in columns]
        in_row = [[box for id, box in self.boxes.items() if self.cells.row[id] == row] for row in rows]
        self.column_width = [max((box.span for box in boxes), default=0) for boxes in in_column]
        self.has_opened = [any(box.inside for box in boxes) for boxes in in_column]
        self.row_above = [max((box.above for box in boxes), default=0) for boxes in in_row]
        row_below = [max((box.below for box in boxes), default=0) for boxes in in_row]
        self.gutter_left: list[int] = []
        self.gutter_top: list[int] = []
        self.column_left: list[int] = []
        self.row_middle: list[int] = []
        x = 0
        for column in [*columns, self.cells.columns]:
            self.gutter_left.append(x)
            x += self._gutter_width(column)
            if column < self.cells.columns:
                self.column_left.append(x)
                x += self.column_width[column]
        y = 0
        for row in [*rows, self.cells.rows]:
            self.gutter_top.append(y)
            y += MARGIN + TRACK_PITCH * self.tracks.get((False, row), 0)
            if row < self.cells.rows:
                self.row_middle.append(y + self.row_above[row])
                y += self.row_above[row] + row_below[row]
        self.width, self.height = x, y

    def _gutter_width(self, column: int) -> int:
        """Room for the tracks, and for the names of the flows out of the column before."""
        names = [flow.name for flow in self.flows if flow.source in self.boxes and self.cells.column[flow.source] == column - 1]
        gateways = [
            box.node.name for id, box in self.boxes.items() if self.cells.column[id] == column - 1 and _is_gateway(box.node)
        ]
        room = max((label_size(name)[0] for name in [*names, *gateways]), default=0)
        return MARGIN + TRACK_PITCH * self.tracks.get((True, column), 0) + room

    def _draw_box(self, box: _Box) -> None:
        id = box.node.id
        column, row = self.cells.column[id], self.cells.row[id]
        x = self.column_left[column]
        if not self.has_opened[column]:
            x += (self.column_width[column] - box.width) // 2
        bounds = Bounds(x, self.row_middle[row] - box.height // 2, box.width, box.height)
        drawing = self.drawing
        drawing.shapes[id] = bounds
        width, height = label_size(box.node.name)
        if box.node.kind in EVENT_KINDS and box.node.name:
            drawing.labels[id] = Bounds(bounds.centre[0] - width // 2, bounds.bottom + 4, width, height)
        if _is_gateway(box.node) and box.node.name:
            drawing.labels[id] = Bounds(bounds.centre[0] + 12, bounds.bottom - 4, width, height)
        if box.inside:
            drawing.opened.add(id)
            drawing.place(box.inside, bounds.x, bounds.y + TITLE)
        self._draw_border(box, bounds)

    def _draw_border(self, box: _Box, bounds: Bounds) -> None:
        """Boundary events from left to right: first those with something under them, then the others."""
        x = bounds.x + MARGIN
        top = bounds.bottom + EVENT[1] // 2 + max((box.border_label(event)[1] for event in box.border), default=0) + 4
        for event_id, grid in box.under.items():
            flow = self.under_flows[event_id]
            entry = grid.drawing.shapes[flow.target].moved(x, top)
            self._draw_border_event(box, event_id, entry.centre[0], bounds.bottom)
            below = self.drawing.shapes[event_id].bottom
            self.drawing.edges[flow.id] = ((entry.centre[0], below), (entry.centre[0], entry.y))
            self.drawing.place(grid.drawing, x, top)
            x += grid.drawing.width + MARGIN
        rest = [event for event in box.border if event.id not in box.under]
        first = x + EVENT[0] if box.under else bounds.centre[0] - (len(rest) - 1) * BORDER_PITCH // 2
        for number, event in enumerate(rest):
            self._draw_border_event(box, event.id, first + number * BORDER_PITCH, bounds.bottom)

    def _draw_border_event(self, box: _Box, event_id: str, x: int, y: int) -> None:
        event = next(each for each in box.border if each.id == event_id)
        width, height = box.border_label(event)
        self.drawing.shapes[event_id] = Bounds(x - EVENT[0] // 2, y - EVENT[1] // 2, *EVENT)
        if event.name:
            self.drawing.labels[event_id] = Bounds(x + EVENT[0] // 2 + 2, y + 4, width, height)

    def _draw_flow(self, flow: SequenceFlow, way: Route) -> None:
        points = [(self._resolve(x, True), self._resolve(y, False)) for x, y in way.points]
        self.drawing.edges[flow.id] = _without_needless(points)
        if not flow.name:
            return
        width, height = label_size(flow.name)
        if flow.source in self.hosts or way.goes_back:
            self.drawing.labels[flow.id] = Bounds(points[0][0] + 6, points[0][1] - height - 4, width, height)
            return
        if len(way.tracks) == 3:
            self.drawing.labels[flow.id] = Bounds(points[2][0] + 6, points[2][1] - height - 2, width, height)
            return
        gutter = self.cells.column[flow.source] + 1
        x = self.gutter_left[gutter] + TRACK_PITCH * self.tracks.get((True, gutter), 0) + MARGIN // 2
        turns_here = any(track.vertical and track.gutter == gutter for track in way.tracks) or len(way.points) == 3
        y = points[-1][1] if turns_here else points[0][1]
        self.drawing.labels[flow.id] = Bounds(x, y - height - 4, width, height)

    def _resolve(self, ref: Ref, is_x: bool) -> int:
        if isinstance(ref, Track):
            start = self.gutter_left[ref.gutter] if is_x else self.gutter_top[ref.gutter]
            return start + MARGIN // 2 + TRACK_PITCH * ref.number
        bounds = self.drawing.shapes[ref.node]
        borders = {
            Side.LEFT: bounds.x,
            Side.RIGHT: bounds.right,
            Side.TOP: bounds.y,
            Side.BOTTOM: bounds.bottom,
            Side.MIDDLE: bounds.centre[0] if is_x else bounds.centre[1],
        }
        return borders[ref.side]


def _box(node: Node) -> _Box:
    if node.body:
        inside = _Grid(node.body.nodes, node.body.flows, {}).drawing
        return _Box(node, inside.width, inside.height + TITLE, inside)
    width, height = EVENT if node.kind in EVENT_KINDS else GATEWAY if node.kind in GATEWAY_KINDS else TASK
    return _Box(node, width, height, None)


def _is_gateway(node: Node) -> bool:
    return node.kind in GATEWAY_KINDS


def _reached(start: str, flows: Sequence[SequenceFlow]) -> set[str]:
    """Every node that some way leads to from `start`."""
    reached: set[str] = set()
    fresh = {start}
    while fresh:
        fresh = {flow.target for flow in flows if flow.source in fresh} - reached
        reached |= fresh
    return reached


def _without_needless(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points where the line turns, and both ends."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)
