"""placeholder being written"""
from __future__ import annotations
from dataclasses import dataclass, field
from motcua.bpmn.elements import Process
Point = tuple[int, int]
@dataclass(frozen=True, slots=True)
class Bounds:
    x: int
    y: int
    width: int
    height: int
@dataclass
class Drawing:
    shapes: dict[str, Bounds] = field(default_factory=dict)
    labels: dict[str, Bounds] = field(default_factory=dict)
    edges: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    lanes: dict[str, Bounds] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    pool: Bounds | None = None
def draw(process: Process) -> Drawing:
    return Drawing()
