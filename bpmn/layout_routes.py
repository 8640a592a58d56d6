"""Which way each flow takes over the grid: through which gutters, and on which track of each, so that no two lie on one another.

A point of a route is a pair of references that are resolved once the grid is measured: the middle or a border of a node, or a
track in a gutter. Gutter `n` of the rows lies above row `n`; gutter `n` of the columns lies left of column `n`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from motcua.bpmn.layout_cells import Cells


class Side(StrEnum):
    MIDDLE = "middle"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(eq=False)
class Track:
    """A stretch of a gutter that one flow uses. `low` and `high` are where it begins and ends, in half cells along the gutter."""

    vertical: bool
    gutter: int
    low: int
    high: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class At:
    """A coordinate: of a node's middle or border."""

    node: str
    side: Side = Side.MIDDLE


Ref = At | Track


@dataclass
class Route:
    """The points in order, as (x, y) references. `goes_back`: it leaves its source at the top."""

    points: list[tuple[Ref, Ref]]
    tracks: list[Track] = field(default_factory=list)
    goes_back: bool = False


def route(
    cells: Cells, source: str, target: str, *, host: str | None = None, is_branching: bool = False, has_border_events: bool = False
) -> Route:
    """The way of one flow. host: the activity whose border the source sits on, if it is a boundary event.

    is_branching: the source is a gateway, whose lower and upper corners may be used for ways into other rows.
    has_border_events: events sit on the lower border of the target, so that it cannot be entered from below.
    """
    here, there = At(source), At(target)
    at = host or source
    row, column = cells.row[at], cells.column[at]
    to_row, to_column = cells.row[target], cells.column[target]
    enter_left = [(At(target, Side.LEFT), there)]
    if host:
        return _from_border(source, target, row, column, to_row, to_column)
    if to_column <= column:
        return _back(source, target, row, column, to_row, to_column, has_border_events)
    if row == to_row and cells.row_is_free(row, column + 1, to_column - 1):
        return Route([(At(source, Side.RIGHT), here), *enter_left])
    low, high = min(row, to_row), max(row, to_row)
    first, last = (row + 1, to_row) if to_row > row else (to_row, row - 1)
    if (
        is_branching
        and row != to_row
        and cells.column_is_free(column, first, last)
        and cells.row_is_free(to_row, column + 1, to_column - 1)
    ):
        corner = Side.BOTTOM if to_row > row else Side.TOP
        return Route([(here, At(source, corner)), (here, there), *enter_left])
    leave = (At(source, Side.RIGHT), here)
    for free_row, gutter in ((to_row, column + 1), (row, to_column)):
        if row != to_row and cells.row_is_free(free_row, column + 1, to_column - 1):
            turn = Track(True, gutter, 2 * low + 1, 2 * high + 1)
            return Route([leave, (turn, here), (turn, there), *enter_left], [turn])
    gutter = to_row + 1 if to_row < row else to_row
    down = Track(True, column + 1, *_span(2 * row + 1, 2 * gutter))
    along = Track(False, gutter, 2 * column + 2, 2 * to_column)
    up = Track(True, to_column, *_span(2 * gutter, 2 * to_row + 1))
    return Route([leave, (down, here), (down, along), (up, along), (up, there), *enter_left], [down, along, up])


def _from_border(source: str, target: str, row: int, column: int, to_row: int, to_column: int) -> Route:
    """Out of a boundary event: down, and into the target from above if it stands in the next row, else from the left."""
    here, there = At(source), At(target)
    if to_row == row + 1:
        along = Track(False, row + 1, *_span(2 * column + 1, 2 * to_column + 1))
        return Route([(here, At(source, Side.BOTTOM)), (here, along), (there, along), (there, At(target, Side.TOP))], [along])
    along = Track(False, row + 1, *_span(2 * column + 1, 2 * to_column))
    turn = Track(True, to_column, *_span(2 * row + 2, 2 * to_row + 1))
    points: list[tuple[Ref, Ref]] = [(here, At(source, Side.BOTTOM)), (here, along), (turn, along), (turn, there)]
    return Route([*points, (At(target, Side.LEFT), there)], [along, turn])


def _back(source: str, target: str, row: int, column: int, to_row: int, to_column: int, from_above: bool) -> Route:
    """Back to an earlier column, or within one: over the top of the source, or below it when the target stands lower."""
    here, there = At(source), At(target)
    if to_row > row:
        turned = _from_border(source, target, row, column, to_row, to_column)
        return Route(turned.points, turned.tracks)
    along = Track(False, row, *_span(2 * column + 1, 2 * to_column + 1))
    leave: list[tuple[Ref, Ref]] = [(here, At(source, Side.TOP)), (here, along)]
    if source == target:
        turn = Track(True, column, 2 * row, 2 * row + 1)
        along.low = 2 * column
        return Route([*leave, (turn, along), (turn, there), (At(target, Side.LEFT), there)], [along, turn], goes_back=True)
    if to_row == row:
        return Route([*leave, (there, along), (there, At(target, Side.TOP))], [along], goes_back=True)
    if to_row == row - 1 and not from_above:
        return Route([*leave, (there, along), (there, At(target, Side.BOTTOM))], [along], goes_back=True)
    if from_above:
        turn = Track(True, to_column, 2 * to_row, 2 * row)
        last = Track(False, to_row, 2 * to_column, 2 * to_column + 1)
        side = Side.TOP
    else:
        turn = Track(True, to_column + 1, 2 * to_row + 2, 2 * row)
        last = Track(False, to_row + 1, 2 * to_column + 1, 2 * to_column + 2)
        side = Side.BOTTOM
    along.low, along.high = min(along.low, 2 * turn.gutter), max(along.high, 2 * turn.gutter)
    points = [*leave, (turn, along), (turn, last), (there, last), (there, At(target, side))]
    return Route(points, [along, turn, last], goes_back=True)


def _span(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def pack_tracks(routes: Iterable[Route]) -> dict[tuple[bool, int], int]:
    """Number the tracks of every gutter so that stretches that meet have different numbers; say how many each gutter needs."""
    needed: dict[tuple[bool, int], int] = {}
    placed: dict[tuple[bool, int], list[Track]] = {}
    tracks = [track for each in routes for track in each.tracks]
    for track in sorted(tracks, key=lambda each: (each.vertical, each.gutter, each.low, each.high)):
        others = placed.setdefault((track.vertical, track.gutter), [])
        used = {other.number for other in others if other.high >= track.low and other.low <= track.high}
        track.number = next(number for number in range(len(others) + 1) if number not in used)
        others.append(track)
        key = (track.vertical, track.gutter)
        needed[key] = max(needed.get(key, 0), track.number + 1)
    return needed
