"""The studies' numbers as plain CSV, one file a study."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

Record = Mapping[str, Any]


def marginal(found: Record) -> str:
    """A row an estimator and number of codes, in nats an image."""
    rows = [
        (name, count, one["mean"][at], one["error"][at], one["sd"][at])
        for name, one in found["estimators"].items()
        for at, count in enumerate(found["counts"])
    ]
    return _csv(
        ["estimator", "codes", "mean", "standard_error", "sd"], [*rows, ("best", found["draws"], found["best"])]
    )


def quality(found: Record) -> str:
    """A row a model: its bits per dimension, of what kind, and FID; nats of Parzen windows in a column of their own."""
    rows: list[Sequence[Any]] = [
        ("run", row["run"], row["kind"], _mean(row["bits"]), _mean(row["fid"])) for row in found["runs"]
    ]
    mixed = found["mixture"]
    rows += [
        ("mixture", name, mixed[name]["kind"], mixed[name]["bits"], mixed[name]["fid"]) for name in ("base", "mixture")
    ]
    rows += [("memoriser", one["slip"], "exact", one["test"], one["fid"]) for one in found["memoriser"]]
    rows += [
        ("window", name, "estimate", None, None, one["nats"], one["error"]) for name, one in found["windows"].items()
    ]
    return _csv(["case", "name", "kind", "bits_per_dimension", "fid", "parzen_nats", "parzen_standard_error"], rows)


def inference(found: Record) -> str:
    """Gaps in nats an image, then total variances of the gradient."""
    gaps = [("gap", name, one["nats"], one["error"]) for name, one in found["gap"]["gaps"].items()]
    rows = [("gradient", name, one["variance"]) for name, one in found["gradients"]["estimators"].items()]
    return _csv(["part", "name", "value", "standard_error"], [*gaps, *rows])


def anomaly(found: Mapping[str, Record]) -> str:
    """A row a detector and set of images."""
    rows = [
        (label, name, which, area)
        for label, record in found.items()
        for name, one in record["detectors"].items()
        for which, area in one["auroc"].items()
    ]
    return _csv(["without", "detector", "images", "auroc"], rows)


def pictures(found: Record) -> str:
    """A row a coordinate of each model's code."""
    rows = [
        (name, at, part, one["error"]) for name, one in found["models"].items() for at, part in enumerate(one["kl"])
    ]
    return _csv(["model", "coordinate", "kl", "reconstruction_error"], rows)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        whole = [*row, *[None] * (len(header) - len(row))]
        writer.writerow([f"{value:.6g}" if isinstance(value, float) else value for value in whole])
    return text.getvalue()
