"""Names beside the points of a chart, each where no point and no other name is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]  # left, top, right, bottom

WIDTH, HEIGHT = 400.0, 300.0  # of a chart
LETTER = 7.6  # width of a label's letter, in the chart's units, as large as a phone shows it
LINE = 15.0  # height of a label
DOT = 6.0  # radius of a point


@dataclass(frozen=True)
class Label:
    """A name beside a point. always: True if it shows without pointer or focus."""

    x: float
    y: float
    anchor: str
    always: bool


def dots(places: Sequence[tuple[float, float]]) -> list[Box]:
    """Give the boxes that points take."""
    return [(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in places]


def place(name: str, x: float, y: float, taken: list[Box], wanted: bool, height: float = HEIGHT) -> Label:
    """Find room beside the point that no box in `taken` takes, and take it; without room, the label shows on demand."""
    wide = LETTER * len(name)
    for dx, dy, anchor, shift in (
        (10, 4, "start", 0.0),
        (-10, 4, "end", -wide),
        (0, -10, "middle", -wide / 2),
        (0, 20, "middle", -wide / 2),
        (8, -8, "start", 0.0),
        (8, 16, "start", 0.0),
        (-8, -8, "end", -wide),
        (-8, 16, "end", -wide),
    ):
        left, base = x + dx + shift, y + dy
        box = (left, base - LINE + 3, left + wide, base + 3)
        inside = box[0] >= 0 and box[1] >= -LINE and box[2] <= WIDTH + 2 * DOT and box[3] <= height
        if wanted and inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return Label(round(x + dx, 1), round(base, 1), anchor, True)
    side, anchor = (10, "start") if x < WIDTH / 2 else (-10, "end")
    return Label(round(x + side, 1), y + 4, anchor, False)


def place_all(points: Sequence[tuple[str, float, float]], height: float = HEIGHT) -> list[Label]:
    """Place the names of points (name, x, y) of equal weight; one that finds no room goes first in another attempt."""
    order = list(range(len(points)))
    fullest: dict[int, Label] = {}
    for _ in points:
        taken = dots([(x, y) for _, x, y in points])
        labels = {index: place(*points[index], taken, True, height) for index in order}
        fullest = max(fullest, labels, key=lambda each: sum(label.always for label in each.values()))
        lost = [index for index in order if not labels[index].always]
        if not lost:
            break
        order.sort(key=lambda index: index not in lost)
    return [fullest[index] for index in range(len(points))]


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
