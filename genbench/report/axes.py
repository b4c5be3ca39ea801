"""Axes of charts: the positions of values and of ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """A linear axis of data `low` to `high` drawn from `start` to `end`, with ticks at round values."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Give the position of a value, to a tenth of a unit."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """Give (position, text) at multiples of 1, 2 or 5 times a power of ten, about `count` of them."""
        rough = (self.high - self.low) / count
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(self.at(i * step), f"{i * step:.6g}") for i in range(first, last + 1)]


class LogAxis(Axis):
    """A logarithmic axis; `low` and `high` are logarithms to base 10 of data."""

    def at(self, value: float) -> float:
        """Give the position of a value above 0; a value far below the axis is put just outside of it."""
        return super().at(max(math.log10(value), self.low - 1) if value > 0 else self.low - 1)

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """Give (position, text) at powers of ten, about `count` of them; of 2 and 5 times these if powers are few."""
        first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        if last - first < 2:
            values = [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
            return [(self.at(v), f"{v:g}") for v in values if self.low - 1e-9 <= math.log10(v) <= self.high + 1e-9]
        every = max(1, round((last - first) / count))
        return [(self.at(10.0**e), _power(e)) for e in range(first, last + 1, every)]


def spaced(places: Sequence[float], gap: float, end: float) -> list[float]:
    """Move ascending places down until each is `gap` below the one before, and up so that none is below `end`."""
    moved: list[float] = []
    for index, place in enumerate(places):
        room = end - gap * (len(places) - 1 - index)  # for those below
        moved.append(min(max(place, moved[-1] + gap if moved else place), room))
    return moved


def _power(exponent: int) -> str:
    if -3 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def log_axis(values: Iterable[float | None], start: float, end: float, *, floor: float = 0.0) -> LogAxis:
    """Make an axis with room for all positive values that are not below `floor`."""
    shown = [math.log10(v) for v in values if v is not None and v > max(floor, 0.0)] or [0.0]
    margin = 0.05 * (max(shown) - min(shown)) or 0.5
    return LogAxis(min(shown) - margin, max(shown) + margin, start, end)
