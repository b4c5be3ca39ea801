"""The studies' numbers as tables, one for each study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from genbench.report.frames import frame

Record = Mapping[str, Any]

DIGITS = 6  # significant ones of a number in a CSV file


def bounds(record: Record) -> pd.DataFrame:
    """Tabulate bounds in nats, a row for each space, proposal, method and number of particles."""
    rows = [
        (name, kind, method, count, space["exact"], *(row[key][at] for key in ("mean", "error", "sd")))
        for name, space in record["spaces"].items()
        for kind, by in space["proposals"].items()
        for method, row in by.items()
        for at, count in enumerate(record["counts"])
    ]
    headings = ["space", "proposal", "bound", "particles", "exact", "mean", "standard_error", "sd"]
    return frame(headings, rows)


def gradients(record: Record) -> pd.DataFrame:
    """Tabulate gradients: of two particles by coordinate, then of a whole sequence by number of particles."""
    small, wide = record["tiny"], record["spread"]
    truths = [
        ("tiny", key, name, value)
        for key in ("exact", "without")
        for name, value in zip(small["names"], small[key], strict=True)
    ]
    drawn = [
        ("tiny", f"{key}, drawn", name, row["mean"][at], row["error"][at])
        for key, row in small["estimators"].items()
        for at, name in enumerate(small["names"])
    ]
    spread = [
        ("spread", key, f"{column}, N = {count}", row[column][at])
        for key, row in wide["estimators"].items()
        for column in ("variance", "signal", "bias", "apart")
        for at, count in enumerate(wide["counts"])
        if row[column][at] is not None
    ]
    return frame(["part", "estimator", "quantity", "value", "standard_error"], [*truths, *drawn, *spread])


def learning(record: Record) -> pd.DataFrame:
    """Tabulate learned proposals, a row for each space, what it was learned by, and the bound that measures it."""
    rows = [
        (name, by, method, space["exact"], *(of[key] for key in ("mean", "error", "sd")))
        for name, space in record["spaces"].items()
        for by, measured in space["measured"].items()
        for method, of in measured.items()
    ]
    return frame(["space", "learned_by", "bound", "exact", "mean", "standard_error", "sd"], rows)
