"""Two leaderboards side by side: the change of every run and of each of its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from genbench.data.paths import REPORTS
from genbench.report import likelihood
from genbench.report.compare.board import read_board, require_comparable
from genbench.report.compare.noise import LEVEL, Difference, difference, holm, levels, smallest
from genbench.report.compare.settings import Changed, changes, read_settings
from genbench.report.compare.snapshot import Snapshot
from genbench.report.leaderboard import Leaderboard, Row, SeedResult, finished, headline

Verdict = Literal["better", "worse", "moved", "within noise", "the same", "too few seeds"]
GRIDS = REPORTS / "grids"


@dataclass(frozen=True)
class Measure:
    """A column that both leaderboards have. extractor, metric: "" and the key of a seed's number for one of bits.

    ratio: True where values are compared by their logarithms.
    """

    extractor: str
    metric: str
    heading: str
    better: Literal["lower", "higher", "none"]
    decimals: int
    ratio: bool

    def values(self, row: Row) -> list[float]:
        """Give a row's numbers, one for each finished seed that has it."""
        return [value for cell in finished(row) if (value := self._of(cell)) is not None]

    def _of(self, cell: SeedResult) -> float | None:
        if self.extractor:
            return cell["scores"][self.extractor].get(self.metric)
        return next(bits.of_seed(cell) for bits in likelihood.COLUMNS if bits.cell == self.metric)


@dataclass
class Move:
    """Values of one run in one column before and after, one for each seed, and their difference.

    difference: of logarithms where `ratio`; None with one seed on each side. p: adjusted for the rows of the column.
    smallest: the smallest difference, either way, that these seeds would have shown beside the other rows.
    """

    run: str
    measure: Measure
    before: list[float]
    after: list[float]
    p: float | None = None
    smallest: float | None = None

    @property
    def ratio(self) -> bool:
        """Return whether values are compared by their logarithms."""
        return self.measure.ratio and min(*self.before, *self.after) > 0

    @property
    def sides(self) -> tuple[list[float], list[float]]:
        """Give the values before and after as they are compared."""
        if not self.ratio:
            return self.before, self.after
        return np.log(self.before).tolist(), np.log(self.after).tolist()

    @cached_property
    def difference(self) -> Difference | None:
        """Compare the two sides."""
        return difference(*self.sides)

    @property
    def verdict(self) -> Verdict:
        """Verdict on the change, at the level of :mod:`genbench.report.compare.noise`."""
        if sorted(self.before) == sorted(self.after):
            return "the same"
        if self.difference is None or self.p is None:
            return "too few seeds"
        if self.p > LEVEL:
            return "within noise"
        if self.measure.better == "none":
            return "moved"
        return "better" if (self.difference.value < 0) == (self.measure.better == "lower") else "worse"

    @property
    def moved(self) -> bool:
        """Return whether the change is beyond the noise of seeds."""
        return self.verdict in ("better", "worse", "moved")


@dataclass(frozen=True)
class Comparison:
    """Changes from one state to another. lost, mended: runs with more, or fewer, diverged seeds than before.

    attribution: what must be said wherever the grids are shown, "" where nothing must.
    """

    before: Snapshot
    after: Snapshot
    dataset: str
    moves: list[Move]
    added: list[str]
    removed: list[str]
    lost: dict[str, list[int]]
    mended: dict[str, list[int]]
    settings: list[Changed]
    attribution: str
    grids: dict[str, tuple[bytes | None, bytes | None]] = field(repr=False)

    @property
    def moved(self) -> list[Move]:
        """Moves beyond noise, by column and then by run."""
        return [move for move in self.moves if move.moved]


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Compare two states; an InputError says why two states cannot be compared."""
    boards = read_board(before), read_board(after)
    settings = read_settings(before), read_settings(after)
    require_comparable(*boards, (str(before), str(after)), settings)
    rows = [{row["run"]: row for row in board["rows"]} for board in boards]
    common = [run for run in rows[1] if run in rows[0]]
    diverged = {run: [_diverged(side[run]) for side in rows] for run in common}
    return Comparison(
        before=before,
        after=after,
        dataset=boards[1]["dataset"]["name"],
        moves=[move for measure in measures(*boards) for move in _moves(measure, rows[0], rows[1], common)],
        added=[run for run in rows[1] if run not in rows[0]],
        removed=[run for run in rows[0] if run not in rows[1]],
        lost={run: sorted(new - old) for run, (old, new) in diverged.items() if new - old},
        mended={run: sorted(old - new) for run, (old, new) in diverged.items() if old - new},
        settings=changes(*settings),
        attribution=" ".join(dict.fromkeys(_attribution(board) for board in boards)).strip(),
        grids={run: _grids(run, before, after) for run in dict.fromkeys([*rows[1], *rows[0]])},
    )


def _attribution(board: Leaderboard) -> str:
    """Return what must be said wherever the board's images are shown, "" where nothing must."""
    of_pairs = board.get("pairs")
    return of_pairs["attribution"] if of_pairs else ""


def measures(before: Leaderboard, after: Leaderboard) -> Iterator[Measure]:
    """Give the columns that both have and the second one shows."""
    known = {(column["extractor"], column["metric"]) for column in before["columns"]}
    for column in headline(after):
        if (column["extractor"], column["metric"]) in known:
            yield Measure(
                column["extractor"],
                column["metric"],
                column["heading"],
                column["better"],
                column["decimals"],
                ratio=column["low"] == 0 and column["high"] is None,
            )
    for bits in likelihood.COLUMNS:
        old, new = bits.shared(before), bits.shared(after)
        if old and new and (old["n"], old["draws"]) == (new["n"], new["draws"]):
            yield Measure("", bits.cell, bits.heading, "lower", likelihood.DECIMALS, ratio=False)


def _moves(measure: Measure, before: dict[str, Row], after: dict[str, Row], runs: Sequence[str]) -> list[Move]:
    moves = []
    for run in runs:
        old, new = measure.values(before[run]), measure.values(after[run])
        if old and new:
            moves.append(Move(run, measure, old, new))
    tested = [move for move in moves if move.difference]
    p = [move.difference.p for move in tested if move.difference]
    for move, adjusted, level in zip(tested, holm(p), levels(p), strict=True):
        move.p, move.smallest = adjusted, smallest(*move.sides, level)
    return moves


def _diverged(row: Row) -> set[int]:
    return {cell["seed"] for cell in row["cells"] if cell["diverged"]}


def _grids(run: str, before: Snapshot, after: Snapshot) -> tuple[bytes | None, bytes | None]:
    return before.read(GRIDS / f"{run}.png"), after.read(GRIDS / f"{run}.png")
