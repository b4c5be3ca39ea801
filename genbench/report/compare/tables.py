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
    f"A number has moved if Welch's unpaired two-sided t-test over seeds says so at the {LEVEL:.0%} level. Holm's rule "
    "adjusts for the number of rows in a column. Numbers that are distances, such as FID, are compared by their "
    f"logarithms. Brackets hold the {1 - LEVEL:.0%} interval of the change, not adjusted; the smallest change that "
    'would have been told ("told from") is adjusted, so that it may be larger.'
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
    """Make the tables of every format but the quiet one, in order; that of rows where rows came, went or diverged."""
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
    heads = ("run", "column", comparison.before.name, comparison.after.name, "change", "told from", "verdict")
    return Table(title, frame(heads, map(_move, moves)), empty)


def _move(move: Move) -> tuple[str, ...]:
    heading = f"{move.measure.heading} {ARROWS[move.measure.better]}".rstrip()
    sides = [mean_sd(move.measure, values) for values in (move.before, move.after)]
    return (move.run, heading, *sides, change(move), told_from(move), move.verdict)


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
    return [*sentences, *_power(comparison), RULE]


def _power(comparison: Comparison) -> Iterator[str]:
    """Say how large a change the seeds could have shown, in the median over the rows of each column."""
    noisy: dict[str, list[Move]] = {}
    for move in comparison.moves:
        if move.smallest:
            noisy.setdefault(move.measure.heading, []).append(move)
    if not noisy:
        return
    counts = sorted({len(side) for moves in noisy.values() for move in moves for side in (move.before, move.after)})
    middle = {heading: sorted(moves, key=_size)[len(moves) // 2] for heading, moves in noisy.items()}
    told = "; ".join(f"{heading} {told_from(move)}" for heading, move in middle.items())
    seeds = " to ".join(map(str, dict.fromkeys([counts[0], counts[-1]])))
    side = f"{seeds} seed{'s' * (counts[-1] > 1)} a side"
    yield f"With {side}, the smallest change that is told is, by the median row: {told}."


def _size(move: Move) -> float:
    return move.smallest or 0.0


def told_from(move: Move) -> str:
    """Print the smallest change that would have been told: two factors "×0.80, ×1.25" or a difference "±0.04"."""
    if not move.smallest:
        return MISSING if move.smallest is None else "any change"
    if move.ratio:
        return f"×{math.exp(-move.smallest):.2f}, ×{math.exp(move.smallest):.2f}"
    return f"±{move.smallest:.{move.measure.decimals}f}"


def change(move: Move) -> str:
    """Print a change, with its interval where there is one: a factor "×0.83 [0.70, 0.99]" or "+0.12 [0.03, 0.21]"."""
    before, after = (statistics.fmean(side) for side in move.sides)
    bounds = [after - before, *(move.difference[1:3] if move.difference else ())]
    digits = 2 if move.ratio else move.measure.decimals
    shift, *interval = [math.exp(value) for value in bounds] if move.ratio else bounds
    shown = f"×{shift:.{digits}f}" if move.ratio else f"{shift:+.{digits}f}"
    return f"{shown} [{', '.join(f'{bound:.{digits}f}' for bound in interval)}]" if interval else shown


def mean_sd(measure: Measure, values: Sequence[float]) -> str:
    """Print the mean over seeds and, of two or more, the standard deviation."""
    mean = number(statistics.fmean(values), measure.decimals)
    return f"{mean} ± {number(statistics.stdev(values), measure.decimals)}" if len(values) > 1 else mean


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(str, names))
