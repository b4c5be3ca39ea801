"""Tables of a comparison, one frame each, and its sentences: the one source of every format."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from genbench.report.compare.comparison import Comparison, Measure, Move
from genbench.report.compare.noise import LEVEL
from genbench.report.frames import frame
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING, printable, value

RULE = (
    f"A number has moved if an unpaired two-sided t-test over seeds says so at the {LEVEL:.0%} level. The variance is "
    "pooled over both sides, and Holm's rule adjusts for the number of rows in a column. Numbers that are distances, "
    f"such as FID, are compared by their logarithms. Brackets hold the {1 - LEVEL:.0%} interval of the change, not "
    "adjusted."
)
COUNTED = {"within noise": "changed within noise", "the same": "stayed the same", "too few seeds": "have no verdict"}


@dataclass(frozen=True)
class Table:
    """A titled table of texts. empty: the sentence that stands in its place where it has no rows."""

    title: str
    frame: pd.DataFrame
    empty: str = ""


def title(comparison: Comparison) -> str:
    """Name the dataset and the two states."""
    return f"{comparison.dataset}: {comparison.before} → {comparison.after}"


def tables(comparison: Comparison) -> Iterator[Table]:
    """Make the tables of every format, in order; the one of rows only where rows came, went or diverged."""
    yield _moves(comparison, "Moved beyond seed noise", comparison.moved, "No number moved.")
    changed = frame(("run", "change"), _changed(comparison))
    if len(changed):
        yield Table("Rows", changed)
    settings = [(printable(param.name), value(param.before), value(param.after)) for param in comparison.settings]
    heads = ("parameter", comparison.before.name, comparison.after.name)
    yield Table("Parameters", frame(heads, settings), "No parameter changed.")


def quiet(comparison: Comparison) -> Table:
    """Make the table of the numbers that changed, but did not move."""
    rest = [move for move in comparison.moves if not move.moved and move.verdict != "the same"]
    return _moves(comparison, "Changed, but not beyond seed noise", rest, "No other number changed.")


def _moves(comparison: Comparison, title: str, moves: Sequence[Move], empty: str) -> Table:
    heads = ("run", "column", comparison.before.name, comparison.after.name, "change", "verdict")
    return Table(title, frame(heads, map(_move, moves)), empty)


def _move(move: Move) -> tuple[str, ...]:
    heading = f"{move.measure.heading} {ARROWS[move.measure.better]}".rstrip()
    sides = [mean_sd(move.measure, values) for values in (move.before, move.after)]
    return (move.run, heading, *sides, change(move), move.verdict)


def _changed(comparison: Comparison) -> Iterator[tuple[str, str]]:
    yield from ((run, "added") for run in comparison.added)
    yield from ((run, "removed") for run in comparison.removed)
    yield from ((run, f"now diverges: seed {_listed(seeds)}") for run, seeds in comparison.lost.items())
    yield from ((run, f"no longer diverges: seed {_listed(seeds)}") for run, seeds in comparison.mended.items())


def notes(comparison: Comparison) -> list[str]:
    """Count the numbers by verdict, name the rows without one, and state the rule, one text each."""
    verdicts = [move.verdict for move in comparison.moves]
    counts = [f"{len(comparison.moved)} moved"]
    counts += [f"{verdicts.count(kind)} {words}" for kind, words in COUNTED.items() if kind in verdicts]
    sentences = [f"Both sides have {len(verdicts)} numbers: {', '.join(counts)}."]
    if single := sorted({move.run for move in comparison.moves if move.verdict == "too few seeds"}):
        sentences.append(f"With one seed on each side, there is no verdict on {_listed(single)}.")
    return [*sentences, RULE]


def change(move: Move) -> str:
    """Print a change with its interval: a factor "×0.83 [0.70, 0.99]" or a difference "+0.12 [0.03, 0.21]"."""
    if move.difference is None:
        return MISSING
    shift, low, high = move.difference[:3]
    if move.measure.ratio and min(*move.before, *move.after) > 0:
        return f"×{math.exp(shift):.2f} [{math.exp(low):.2f}, {math.exp(high):.2f}]"
    digits = move.measure.decimals
    return f"{shift:+.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def mean_sd(measure: Measure, values: Sequence[float]) -> str:
    """Print the mean over seeds and, of two or more, the standard deviation."""
    mean = number(statistics.fmean(values), measure.decimals)
    return f"{mean} ± {number(statistics.stdev(values), measure.decimals)}" if len(values) > 1 else mean


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(str, names))
