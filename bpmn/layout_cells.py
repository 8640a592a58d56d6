"""Which cell of a grid each node stands in: the column by its distance from the start, the row by the branch it is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """From node to node. `gap` is how many columns further the target stands at least: 0 under a boundary event, else 1.

    is_default: among ways out of equal length, this one stays in the row.
    """

    source: str
    target: str
    gap: int = 1
    is_default: bool = False


@dataclass
class Cells:
    """Column and row of every node; rows count through all lanes.

    lane_starts: the first row of each lane, then the number of rows.   taken: (row, column) of every node.
    """

    column: dict[str, int]
    row: dict[str, int]
    lane_starts: list[int]
    taken: set[tuple[int, int]] = field(default_factory=set)

    @property
    def columns(self) -> int:
        return max(self.column.values(), default=-1) + 1

    @property
    def rows(self) -> int:
        return self.lane_starts[-1]

    def row_is_free(self, row: int, first_column: int, last_column: int) -> bool:
        return not any((row, column) in self.taken for column in range(first_column, last_column + 1))

    def column_is_free(self, column: int, first_row: int, last_row: int) -> bool:
        return not any((row, column) in self.taken for row in range(first_row, last_row + 1))


def assign_cells(ids: Sequence[str], links: Sequence[Link], lane_of: Mapping[str, int], lanes: int) -> Cells:
    """Give every node a cell of its own. Links that lead back are followed for nothing."""
    forward = _forward(ids, links)
    column = _columns(ids, forward)
    row_in_lane = _rows(ids, forward, column, lane_of)
    heights = [max((row_in_lane[id] + 1 for id in ids if lane_of.get(id, 0) == lane), default=1) for lane in range(max(lanes, 1))]
    starts = [sum(heights[:lane]) for lane in range(len(heights) + 1)]
    row = {id: starts[lane_of.get(id, 0)] + row_in_lane[id] for id in ids}
    return Cells(column, row, starts, {(row[id], column[id]) for id in ids})


def _forward(ids: Sequence[str], links: Sequence[Link]) -> list[Link]:
    """The links without those that close a loop, seen depth first from the nodes that nothing leads to."""
    after: dict[str, list[Link]] = {id: [link for link in links if link.source == id] for id in ids}
    entered = {link.target for link in links}
    state: dict[str, str] = {}
    back: list[Link] = []
    for root in [*(id for id in ids if id not in entered), *ids]:
        if root in state:
            continue
        state[root] = "open"
        path = [(root, iter(after[root]))]
        while path:
            here, rest = path[-1]
            link = next(rest, None)
            if link is None:
                state[here] = "done"
                path.pop()
            elif state.get(link.target) == "open":
                back.append(link)
            elif link.target not in state:
                state[link.target] = "open"
                path.append((link.target, iter(after[link.target])))
    return [link for link in links if link not in back]


def _in_order(ids: Sequence[str], forward: Sequence[Link]) -> list[str]:
    """Every node after those that lead to it."""
    waiting = {id: sum(1 for link in forward if link.target == id) for id in ids}
    ready = [id for id in ids if not waiting[id]]
    ordered: list[str] = []
    while ready:
        here = ready.pop(0)
        ordered.append(here)
        for link in forward:
            if link.source == here:
                waiting[link.target] -= 1
                if not waiting[link.target]:
                    ready.append(link.target)
    return ordered


def _columns(ids: Sequence[str], forward: Sequence[Link]) -> dict[str, int]:
    column = dict.fromkeys(ids, 0)
    for here in _in_order(ids, forward):
        for link in forward:
            if link.source == here:
                column[link.target] = max(column[link.target], column[here] + link.gap)
    return column


def _rows(ids: Sequence[str], forward: Sequence[Link], column: Mapping[str, int], lane_of: Mapping[str, int]) -> dict[str, int]:
    """The longest way on from a node stays in its row; the others go below."""
    ordered = _in_order(ids, forward)
    length = dict.fromkeys(ids, 0)
    for here in reversed(ordered):
        length[here] = max((length[link.target] + 1 for link in forward if link.source == here), default=0)
    row: dict[str, int] = {}
    taken: set[tuple[int, int, int]] = set()

    def place(id: str) -> None:
        lane = lane_of.get(id, 0)
        leads = [link for link in forward if link.target == id and lane_of.get(link.source, 0) == lane and link.source in row]
        lead = min(leads, key=lambda link: row[link.source], default=None)
        wanted, first = 0, column[id]
        if lead:
            goes_on = lead.gap and _goes_on(lead, forward, length, lane_of)
            wanted = row[lead.source] if goes_on else row[lead.source] + 1
            first = column[lead.source] + (1 if goes_on else 0)
        while any((lane, wanted, each) in taken for each in range(first, column[id] + 1)):
            wanted += 1
            first = column[lead.source] if lead else first
        row[id] = wanted
        taken.add((lane, wanted, column[id]))

    for id in sorted(ordered, key=lambda each: (column[each], -length[each], ordered.index(each))):
        place(id)
    return row


def _goes_on(lead: Link, forward: Sequence[Link], length: Mapping[str, int], lane_of: Mapping[str, int]) -> bool:
    """Whether the link is the main way out of its source: the longest within the lane, of equals the default, else the first."""
    lane = lane_of.get(lead.source, 0)
    ways = [link for link in forward if link.source == lead.source and link.gap and lane_of.get(link.target, 0) == lane]
    return max(ways, key=lambda link: (length[link.target], link.is_default)) == lead
