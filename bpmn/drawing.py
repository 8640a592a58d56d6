"""What a diagram is once it is laid out: rectangles and lines in pixels, before they are written as BPMN DI."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[int, int]

CHARACTER = 8  # width in pixels of a character of a label, which bpmn-js sets in 11 px
LINE = 14
LABEL_WIDTH = 116


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle in pixels, y downwards."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width // 2, self.y + self.height // 2

    def moved(self, dx: int, dy: int) -> Bounds:
        return Bounds(self.x + dx, self.y + dy, self.width, self.height)


@dataclass
class Drawing:
    """By element id: bounds of shapes, of labels outside their shapes, of lanes and the pool; waypoints of flows.

    opened: the sub-processes that show their inside.
    """

    width: int = 0
    height: int = 0
    shapes: dict[str, Bounds] = field(default_factory=dict)
    labels: dict[str, Bounds] = field(default_factory=dict)
    edges: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    lanes: dict[str, Bounds] = field(default_factory=dict)
    pool: Bounds | None = None

    def place(self, other: Drawing, dx: int, dy: int) -> None:
        """Put another drawing into this one."""
        self.shapes.update({id: bounds.moved(dx, dy) for id, bounds in other.shapes.items()})
        self.labels.update({id: bounds.moved(dx, dy) for id, bounds in other.labels.items()})
        self.edges.update({id: tuple((x + dx, y + dy) for x, y in points) for id, points in other.edges.items()})
        self.opened |= other.opened


def label_size(text: str, width: int = LABEL_WIDTH) -> Point:
    """Width and height of a text that is broken between words to be no wider than `width`."""
    if not text:
        return 0, 0
    lines, used, widest = 1, 0, 0
    for word in text.split():
        needed = len(word) * CHARACTER
        if used and used + CHARACTER + needed > width:
            lines, used = lines + 1, needed
        else:
            used += needed + (CHARACTER if used else 0)
        widest = max(widest, used)
    return widest + CHARACTER, lines * LINE
