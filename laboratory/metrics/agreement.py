"""The order of the benchmark's models under several extractors, and under one trained from five seeds.

Kendall's τ_b between two orders is the share of pairs of models that both put the same way less the share that they
put the opposite way (corrected for ties); Spearman's ρ is the correlation of ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau, rankdata, spearmanr
from tqdm import tqdm

from genbench.data.images import Images
from genbench.errors import InputError
from genbench.evaluation.scores import evaluate
from laboratory.metrics.distortions import Ruler, applicable
from laboratory.metrics.options import Metrics

Scores = dict[str, dict[str, dict[str, float]]]  # run, then seed as text, then key


def measure(
    samples: Path, runs: Sequence[str], seeds: Sequence[int], real: Images, ruler: Ruler, metrics: Metrics
) -> Scores:
    """Measure the samples of every cell by one ruler; {} of one whose training diverged.

    samples: the folder <run>/<seed>/final that the benchmark fills; a cell that is not there is an InputError.
    """
    reference = ruler(real)
    metrics = applicable(metrics, reference)
    scores: Scores = {run: {} for run in runs}
    for run, seed in tqdm([(run, seed) for run in runs for seed in seeds], unit="cell"):
        folder = samples / run / str(seed) / "final"
        if not (folder / "pixels.npy").is_file():
            raise InputError(f"{folder}: no samples of run {run!r}, seed {seed}; `make bench` draws them")
        images = Images.load(folder, mmap=True)
        scores[run][str(seed)] = evaluate(real=reference, fake=ruler(images), metrics=metrics) if len(images) else {}
    return scores


def means(scores: Scores, key: str) -> dict[str, float]:
    """Average over seeds: {run: mean} of the runs of which every seed finished and has this number."""
    whole = {run: list(seeds.values()) for run, seeds in scores.items() if all(key in seed for seed in seeds.values())}
    return {run: float(np.mean([seed[key] for seed in seeds])) for run, seeds in whole.items()}


def ranks(values: Mapping[str, float], *, higher: bool) -> dict[str, float]:
    """Rank runs: {run: rank}, 1 the best; equal values have the mean of their ranks."""
    ranked = rankdata([-value if higher else value for value in values.values()])
    return dict(zip(values, map(float, ranked), strict=True))


class Correlation(NamedTuple):
    """Agreement of two rulers on the order of `runs` models; `flipped` pairs stand the other way round."""

    first: str
    second: str
    kendall: float
    spearman: float
    flipped: int
    runs: int


def correlations(by_ruler: Mapping[str, Mapping[str, float]]) -> list[Correlation]:
    """Correlate every two rulers of {ruler: {run: value}}, over the runs that both know, at least 2."""
    pairs = []
    for first, second in combinations(by_ruler, 2):
        shared = [run for run in by_ruler[first] if run in by_ruler[second]]
        x, y = (np.array([by_ruler[ruler][run] for run in shared]) for ruler in (first, second))
        flipped = sum((x[i] - x[j]) * (y[i] - y[j]) < 0 for i, j in combinations(range(len(shared)), 2))
        kendall, spearman = (float(test(x, y).statistic) for test in (kendalltau, spearmanr))
        pairs.append(Correlation(first, second, kendall, spearman, int(flipped), len(shared)))
    return pairs
