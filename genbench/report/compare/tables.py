"""What a comparison says, as tables of texts: the one source of every format."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genbench.report.compare.comparison import Comparison, Measure, Move
from genbench.report.compare.noise import LEVEL
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING, printable, value

RULE = (
    f"Moved: by an unpaired two-sided t-test over seeds at {LEVEL:.0%}, variance pooled over both sides, Holm's "
    f"adjustment for the rows of a column; of logarithms where a number is a distance such as FID. In brackets the "
    f"{1 - LEVEL:.0%} interval of the change, not adjusted."
)


@dataclass(frozen=True)
class Table:
    """A titled table of texts. without: what is said where there are no rows."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    without: str = ""


def title(comparison: Comparison) -> str:
    """What is compared with what."""
    return f"{comparison.dataset}: {comparison.before} → {comparison.after}"


def tables(comparison: Comparison) -> Iterator[Table]:
    """The tables that have something to say, in order."""
    before, after = comparison.before.name, comparison.after.name
    yield _moves(comparison, "Moved beyond seed noise", comparison.moved)
    changed = list(_changed(comparison))
    if changed:
        yield Table("Rows", ("run", "what became of it"), changed)
    settings: list[tuple[str, ...]] = [
        (printable(one.name), value(one.before), value(one.after)) for one in comparison.settings
    ]
    yield Table("Params", ("param", before, after), settings, "None changed.")


def quiet(comparison: Comparison) -> Table:
    """The numbers that are not the same, but did not move."""
    rest = [move for move in comparison.moves if not move.moved and move.verdict != "the same"]
    return _moves(comparison, "Changed, but not beyond seed noise", rest)


def _moves(comparison: Comparison, title: str, moves: Sequence[Move]) -> Table:
    heads = ("run", "column", comparison.before.name, comparison.after.name, "change", "verdict")
    return Table(title, heads, [_move(move) for move in moves], "No number.")


def _move(move: Move) -> tuple[str, ...]:
    heading = f"{move.measure.heading} {ARROWS[move.measure.better]}".rstrip()
    sides = [mean_sd(move.measure, values) for values in (move.before, move.after)]
    return (move.run, heading, *sides, change(move), move.verdict)


def _changed(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    yield from ((run, "added") for run in comparison.added)
    yield from ((run, "removed") for run in comparison.removed)
    yield from ((run, f"now diverges: seed {_listed(seeds)}") for run, seeds in comparison.lost.items())
    yield from ((run, f"no longer diverges: seed {_listed(seeds)}") for run, seeds in comparison.mended.items())


def notes(comparison: Comparison) -> list[str]:
    """The rule, and how many numbers it left where they were."""
    kinds = [move.verdict for move in comparison.moves]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("within noise", "the same") if kind in kinds]
    said = [f"Of {len(kinds)} numbers of rows on both sides, {len(comparison.moved)} moved, {', '.join(counts)}."]
    if not counts:
        said = [f"Of {len(kinds)} numbers of rows on both sides, {len(comparison.moved)} moved."]
    if silent := sorted({move.run for move in comparison.moves if move.verdict == "nothing to say"}):
        said.append(
            f"One seed a side says nothing of noise; these differ, and nothing can be said: {', '.join(silent)}."
        )
    return [*said, RULE]


def change(move: Move) -> str:
    """The size of a change with its interval: a factor "×0.83 [0.70, 0.99]", or a difference "+0.12 [0.03, 0.21]"."""
    if move.difference is None:
        return MISSING
    shift, low, high = move.difference[:3]
    if move.measure.ratio and min(*move.before, *move.after) > 0:
        return f"×{math.exp(shift):.2f} [{math.exp(low):.2f}, {math.exp(high):.2f}]"
    digits = move.measure.decimals
    return f"{shift:+.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def mean_sd(measure: Measure, values: Sequence[float]) -> str:
    """Mean and standard deviation of some seeds."""
    mean = number(statistics.fmean(values), measure.decimals)
    return f"{mean} ± {number(statistics.stdev(values), measure.decimals)}" if len(values) > 1 else mean


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
