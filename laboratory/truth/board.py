"""The truths about the rows of the benchmark, as its metrics and its stage likelihood have measured them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genbench.data import teachers
from genbench.data.paths import Paths
from genbench.errors import InputError
from genbench.files.atomic import read_json

Values = Mapping[str, Sequence[float]]  # by run, a number for each seed

RULER = "pixels"  # the extractor that truths are given
MAKE = "`genbench use known`, then `genbench repro`"

#: By key: the name of a truth in tables. kl is of exact numbers alone, kl_all of upper bounds and estimates as well.
TRUTHS = {
    "js_bound": "JS ≥",
    "tv_bound": "TV ≥",
    "surprise": "|surprise|",
    "known_class_tv": "class TV",
    "stein_discrepancy": "KSD²",
    "kl": "KL, exact",
    "kl_all": "KL, with bounds",
}
MAIN = "js_bound"


def require_known(dataset: str) -> None:
    """Refuse a dataset that was not drawn from a known distribution."""
    if teachers.of(dataset) is None:
        raise InputError(
            f"laboratory/truth: expected a dataset whose distribution is known ({', '.join(teachers.datasets())}), "
            f"params.yaml has {dataset}; {MAKE}, make the benchmark of one"
        )


def truths(paths: Paths, runs: Sequence[str], seeds: Sequence[int]) -> dict[str, dict[str, list[float]]]:
    """Read the truths of the runs of which every seed has the number: {key: {run: a number for each seed}}.

    All are distances: the absolute value of surprise. A truth that no run has is missing.
    """
    found: dict[str, dict[str, list[float]]] = {key: {} for key in TRUTHS}
    for run in runs:
        cells = [_cell(paths, run, seed) for seed in seeds]
        for key, by_run in found.items():
            values = [cell[key] for cell in cells if cell.get(key) is not None]
            if len(values) == len(seeds):
                by_run[run] = values
    if not found[MAIN]:
        raise InputError(f"{paths.root}/metrics: no run has {MAIN}, by the metric divergence_bounds; {MAKE}, give it")
    return {key: by_run for key, by_run in found.items() if by_run}


def kinds(paths: Paths, runs: Sequence[str], seed: int) -> dict[str, str]:
    """Read what kind of number the KL of each run is."""
    records = {run: read_json(paths.likelihood(run, seed)) for run in runs}
    return {run: record["kl"]["kind"] for run, record in records.items() if record and record.get("kl")}


def _cell(paths: Paths, run: str, seed: int) -> dict[str, float]:
    """Read the truths about one cell, by key; none of one whose training diverged."""
    scores, likelihood = paths.metrics(run, seed, RULER), paths.likelihood(run, seed)
    for path in (scores, likelihood):
        if not path.is_file():
            raise InputError(f"{path}: no such file; `genbench repro` scores run {run!r}, seed {seed}")
    record = read_json(scores)
    if record["diverged"]:
        return {}
    values: dict[str, float] = {key: record["metrics"][key] for key in TRUTHS if key in record["metrics"]}
    if values.get("surprise") is not None:
        values["surprise"] = abs(values["surprise"])
    return {**values, **_kl(read_json(likelihood))}


def _kl(record: Mapping[str, Any] | None) -> dict[str, float]:
    kl = record.get("kl") if record else None
    if not kl:
        return {}
    return {"kl_all": kl["value"], **({"kl": kl["value"]} if kl["kind"] == "exact" else {})}
