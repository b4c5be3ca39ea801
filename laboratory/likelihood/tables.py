"""The studies' numbers as tables, one for each study, and the means over seeds that pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from genbench.report.frames import frame

Record = Mapping[str, Any]

DIGITS = 6  # significant ones of a number in a CSV file


def marginal(record: Record) -> pd.DataFrame:
    """Tabulate estimates of log P in nats an image, a row for each estimator and number of codes."""
    rows = [
        (name, count, row["mean"][at], row["error"][at], row["sd"][at])
        for name, row in record["estimators"].items()
        for at, count in enumerate(record["counts"])
    ]
    best = ("best", record["draws"], record["best"])
    return frame(["estimator", "codes", "mean", "standard_error", "sd"], [*rows, best])


def annealed(record: Record) -> pd.DataFrame:
    """Tabulate log P by annealed importance sampling in nats an image, by bound and number of distributions.

    images: of the test split, whose bound is an estimate, or the model's own. IWAE is of the encoder's codes.
    """
    rows: list[Sequence[Any]] = []
    for name, of in record["models"].items():
        sides = [
            ("test", "estimate", of["test"]),
            *(("own", side, of["own"][side]) for side in ("lower", "upper", "gap")),
        ]
        for images, side, row in sides:
            rows += [
                (name, images, side, steps, row["mean"][at], row["error"][at])
                for at, steps in enumerate(record["steps"])
            ]
        if of["iwae"]:
            rows.append((name, "test", "iwae", None, of["iwae"]["mean"]))
    return frame(["model", "images", "side", "distributions", "nats", "standard_error"], rows)


def quality(record: Record) -> pd.DataFrame:
    """Tabulate bits per dimension, their kind and FID of each model; nats of Parzen windows have their own columns."""
    mixed = record["mixture"]
    rows: list[Sequence[Any]] = [
        *(("run", row["run"], row["kind"], mean(row["bits"]), mean(row["fid"])) for row in record["runs"]),
        *(("mixture", name, *map(mixed[name].get, ("kind", "bits", "fid"))) for name in ("base", "mixture")),
        *(("memoriser", row["slip"], "exact", row["test"], row["fid"]) for row in record["memoriser"]),
        *(
            ("window", name, "estimate", None, None, row["nats"], row["error"])
            for name, row in record["windows"].items()
        ),
    ]
    headings = ["case", "name", "kind", "bits_per_dimension", "fid", "parzen_nats", "parzen_standard_error"]
    return frame(headings, rows)


def inference(record: Record) -> pd.DataFrame:
    """Tabulate the gaps in nats an image, the posteriors against the true one, and total variances of the gradient."""
    rows: list[Sequence[Any]] = []
    for part, of in (("", record["gap"]), (" of the regularised", record["regularised"])):
        rows += [(f"gap{part}", name, row["nats"], row["error"]) for name, row in of["gaps"].items()]
        for name, row in of["posterior"]["gaussians"].items():
            rows.append((f"kl{part}", name, row["kl"]["nats"], row["kl"]["error"]))
            rows += [(f"{measure}{part}", name, row[measure]) for measure in ("shift", "width")]
    rows += [("gradient", name, row["variance"]) for name, row in record["gradients"]["estimators"].items()]
    return frame(["part", "name", "value", "standard_error"], rows)


def anomaly(records: Mapping[str, Record]) -> pd.DataFrame:
    """Tabulate areas under the curve, a row for each detector and set of images; records: by the left-out class."""
    rows = [
        (label, name, which, area)
        for label, record in records.items()
        for name, row in record["detectors"].items()
        for which, area in row["auroc"].items()
    ]
    return frame(["without", "detector", "images", "auroc"], rows)


def pictures(record: Record) -> pd.DataFrame:
    """Tabulate what codes carry, a row for each coordinate of each model's code."""
    rows = [
        (name, at, nats, row["error"]) for name, row in record["models"].items() for at, nats in enumerate(row["kl"])
    ]
    return frame(["model", "coordinate", "kl", "reconstruction_error"], rows)


def rate(record: Record) -> pd.DataFrame:
    """Tabulate bits and errors of codes, a row for each size and weight of bits."""
    rows = [
        (int(size), row["beta"], row["bits"], row["error"], row["linear"])
        for size, points in record["sizes"].items()
        for row in points
    ]
    return frame(["numbers", "beta", "bits", "error", "linear_error"], rows)


def scored(record: Record) -> list[dict[str, Any]]:
    """Average the runs that have both a likelihood and an FID over their seeds."""
    return [
        {"run": row["run"], "kind": row["kind"], "bits": fmean(row["bits"]), "fid": fmean(row["fid"])}
        for row in record["runs"]
        if row["bits"] and row["fid"]
    ]


def mean(values: Sequence[float]) -> float | None:
    """Average some values; None of none."""
    return fmean(values) if values else None
