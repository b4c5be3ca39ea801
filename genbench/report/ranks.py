"""Ranks beyond the noise of seeds: a test of all pairs of rows, on the logarithms of a distance.

With mᵢ the mean of the logarithms of row i over its seeds, and k rows,

    |mᵢ − mⱼ| > t e

tells rows i and j apart, e the standard error of the difference and t the quantile of Student's distribution at
1 − α′ / 2, both of :mod:`genbench.report.welch`, and α′ = 1 − (1 − α)^(2 / (k (k − 1))), so that the chance that any
two rows are told apart where none differ is at most about α (A. C. Tamhane, A comparison of procedures for multiple
comparisons of means with unequal variances, Journal of the American Statistical Association 74, 1979, procedure T2).

Rows scatter over seeds to very different degrees. With the spreads of ten rows of digits, from 0.01 to 0.14, and five
seeds, this test tells equal rows apart in 3 % of tables; that of Tukey and Kramer, which pools the variances, in 16 %,
that of Games and Howell in 8 %. Logarithms, because a distance such as FID scatters in proportion to its size; the
seeds of two rows have nothing in common, so nothing is paired. A row's rank is 1 + the number of rows that are
significantly better. The row of the lowest mean has rank 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from genbench.report.leaderboard import (
    Heading,
    Kind,
    Leaderboard,
    RankTest,
    Row,
    column_key,
    finished,
    of_kind,
    tests,
)
from genbench.report.welch import welch

NAME = "Welch's t test of the logarithms, unpaired, by Tamhane's T2"
LEVEL = 0.05  # for all pairs of a column together
SEEDS = 5  # fewer say too little of a spread to claim a rank
ROUNDING = 1e-12  # a spread below this share of the numbers is no spread of seeds


@dataclass(frozen=True)
class Ranking:
    """Ranks by run, and the smallest ratio of two means that the test detects, with its degrees of freedom."""

    ranks: dict[str, int]
    detectable: float
    freedom: int


def critical(rows: int, freedom: np.ndarray | float, level: float = LEVEL) -> np.ndarray:
    """Compute the quantiles t of all pairs of k rows at a family-wise level, for any shape of degrees of freedom."""
    each = 1 - (1 - level) ** (2 / (rows * (rows - 1)))
    return np.asarray(student.ppf(1 - each / 2, freedom))


def ranking(logs: Mapping[str, Sequence[float]], level: float = LEVEL) -> Ranking:
    """Rank two or more rows, lower is better, by two or more logarithms each; with some spread in each.

    detectable: between two rows of the fewest seeds, each with the mean variance of all rows.
    """
    means = np.array([np.mean(values) for values in logs.values()])
    sizes = np.array([len(values) for values in logs.values()])
    variances = np.array([np.var(values, ddof=1) for values in logs.values()])
    squares, freedoms = welch((variances[:, None], variances), (sizes[:, None], sizes))
    apart = critical(len(logs), freedoms, level) * np.sqrt(squares)
    better = means[None, :] < means[:, None] - apart  # [i, j]: whether j is significantly better than i
    ranks = {run: 1 + int(count) for run, count in zip(logs, better.sum(1), strict=True)}
    fewest = int(sizes.min())
    freedom = 2 * (fewest - 1)
    detectable = float(critical(len(logs), freedom, level)) * math.sqrt(2 * variances.mean() / fewest)
    return Ranking(ranks, math.exp(detectable), freedom)


def add(board: Leaderboard, ranked: Collection[str]) -> None:
    """Rank the rows in each column of the metrics `ranked`, where there are seeds enough.

    Those that are told the class are ranked among themselves. The best of such a column are then all of rank 1.
    """
    if len(board["seeds"]) >= SEEDS:
        board["test"] = _ranked(board, ranked, "trained")
        board["conditional_test"] = _ranked(board, ranked, "class-conditional")


def _ranked(board: Leaderboard, ranked: Collection[str], kind: Kind) -> RankTest | None:
    """Write ranks and best of the rows of one kind; gives their test, None where there are too few to test."""
    rows = of_kind(board["rows"], kind)
    test = RankTest(
        name=NAME, level=LEVEL, seeds=len(board["seeds"]), detectable={}, freedom={}, untested={}, sentence=""
    )
    for column in board["columns"]:
        if column["metric"] not in ranked:
            continue
        logs, untested = _logs(rows, column)
        if len(logs) < 2:
            continue
        key, result = column_key(column), ranking(logs)
        test["detectable"][key], test["freedom"][key] = result.detectable, result.freedom
        test["untested"][key] = untested
        for row in rows:
            if row["run"] in result.ranks:
                row["ranks"][key] = result.ranks[row["run"]]
        first = [run for run, rank in result.ranks.items() if rank == 1]
        best, mine = board["best"][column["extractor"]], {row["run"] for row in rows}
        best[column["metric"]] = sorted({*best[column["metric"]]} - mine | {*first})
    if not test["detectable"]:
        return None
    test["sentence"] = _sentence(board, test, kind)
    return test


def sentence(board: Leaderboard) -> str:
    """Explain the ranks, or say why none is claimed."""
    if board_tests := tests(board):
        return " ".join(test["sentence"] for test in board_tests)
    seeds = len(board["seeds"])
    if seeds < SEEDS:
        return (
            f"No rank is claimed: each row has {seeds} seed{'s' * (seeds != 1)}, and the test of ranks needs {SEEDS}."
        )
    return "No rank is claimed: fewer than two rows have numbers that can be tested."


def _sentence(board: Leaderboard, test: RankTest, kind: Kind) -> str:
    columns = [column for column in board["columns"] if column_key(column) in test["detectable"]]
    ratios = ", ".join(_ratio(of_kind(board["rows"], kind), test, column) for column in columns)
    if kind == "class-conditional":
        return (
            f"Class-conditional rows are ranked among themselves by a test of their own ({test['name']}, "
            f"{test['seeds']} seeds per row), which tells two geometric means apart from a ratio of {ratios} on."
        )
    return (
        f"Ranks come from a {test['name']}, with {test['seeds']} seeds per row, at a level of {test['level']:.0%} over "
        "all pairs of a column. A rank is 1 + the number of rows that are significantly better; = marks a rank that "
        f"rows share. The test tells two geometric means of rows of mean variance apart from a ratio of {ratios} on. "
        "Calibration rows have no rank."
    )


def _ratio(rows: Sequence[Row], test: RankTest, column: Heading) -> str:
    key = column_key(column)
    count = sum(key in row["ranks"] for row in rows)
    out = "".join(f"; without {run}: {why}" for run, why in test["untested"][key].items())
    return f"{test['detectable'][key]:.3f} in {column['heading']} ({count} rows{out})"


def _logs(rows: Sequence[Row], column: Heading) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Give the logarithms of the rows that can be tested, and the reasons for the other rows, by run."""
    logs, untested = {}, {}
    for row in rows:
        values = [cell["scores"][column["extractor"]][column["metric"]] for cell in finished(row)]
        present = [value for value in values if value is not None]
        if reason := _reason(row, values, present):
            untested[row["run"]] = reason
        else:
            logs[row["run"]] = [math.log(value) for value in present]
    return logs, untested


def _reason(row: Row, values: Sequence[float | None], present: Sequence[float]) -> str:
    """Say why a row is not in the test, "" if it is."""
    lost = len(row["cells"]) - len(values)
    if lost:
        return f"{lost} of {len(row['cells'])} seeds diverged"
    if len(present) < len(values):
        return f"{len(values) - len(present)} of {len(values)} seeds have no number"
    if min(present) <= 0:
        return "a number is not above 0, so it has no logarithm"
    if max(present) - min(present) <= ROUNDING * max(present):
        return "no spread over seeds"
    return ""
