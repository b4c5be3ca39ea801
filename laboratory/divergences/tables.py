"""The study's numbers as tables, and the means over seeds that pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import pandas as pd

from genbench.report.frames import frame

Record = Mapping[str, Any]

SCORES = ("captured", "quality", "kl", "w2")


def divergences(univariate: Record) -> pd.DataFrame:
    """Tabulate the optimum by quadrature and the fit by samples, a row for each divergence."""
    headings = ["divergence", "optimum", "mean", "sd", "minima", "bound", "bound_error", "fit_mean", "fit_sd", "at_fit"]
    rows = []
    for name, row in univariate["divergences"].items():
        best, fit = row["optima"][0], row["fit"]
        bound = fit["bound"] or {"value": None, "error": None}
        optimum = [best["value"], best["mean"], best["sd"], len(row["optima"])]
        rows.append([name, *optimum, bound["value"], bound["error"], fit["mean"], fit["sd"], fit["value"]])
    return frame(headings, rows)


def modes(records: Mapping[str, Record]) -> pd.DataFrame:
    """Tabulate the scores of each game on each target, a row for each seed."""
    rows = [
        [target, part, name, score["seed"], *map(score.get, SCORES), (score["diverged"] or {}).get("reason")]
        for target, record in records.items()
        for part in ("games", "cures")
        for name, row in record[part].items()
        for score in row["seeds"]
    ]
    return frame(["target", "part", "game", "seed", *SCORES, "diverged"], rows)


def averages(seeds: Sequence[Record]) -> dict[str, float] | None:
    """Average each score of a game over its seeds that did not diverge; None where all of them did."""
    done = [seed for seed in seeds if not seed["diverged"]]
    return {key: mean(seed[key] for seed in done) for key in SCORES} if done else None
