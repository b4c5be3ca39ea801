"""The study's numbers as plain CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def divergences(univariate: Record) -> str:
    """A row a divergence: its optimum by quadrature, and its fit by samples."""
    header = ["divergence", "optimum", "mean", "sd", "minima", "bound", "bound_error", "fit_mean", "fit_sd", "at_fit"]
    rows = []
    for name, row in univariate["divergences"].items():
        best, fit = row["optima"][0], row["fit"]
        bound = fit["bound"] or {"value": None, "error": None}
        found = [best["value"], best["mean"], best["sd"], len(row["optima"]), bound["value"], bound["error"]]
        rows.append([name, *found, fit["mean"], fit["sd"], fit["value"]])
    return _csv(header, rows)


def modes(records: Mapping[str, Record]) -> str:
    """A row a seed of each game on each target."""
    keys = ["captured", "quality", "kl", "w2"]
    rows = [
        [target, part, name, one["seed"], *(one.get(key) for key in keys), (one["diverged"] or {}).get("reason", "")]
        for target, record in records.items()
        for part in ("games", "cures")
        for name, row in record[part].items()
        for one in row["seeds"]
    ]
    return _csv(["target", "part", "game", "seed", *keys, "diverged"], rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
