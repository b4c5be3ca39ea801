"""Standard errors held to account: draws of real images, which no metric may tell apart more often than it says.

The digits are shuffled and cut into six disjoint sets, 20 times; of two disjoint random subsets the difference of any
mean has exactly the variance of independent draws. A metric is computed twice, with all its images drawn anew. z is the
difference over both standard errors: of a right one |z| > 2 in 5 % of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from genbench.data.datasets import digits
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.evaluation.evaluate import defaults
from genbench.evaluation.scores import evaluate
from genbench.extractors import classifier
from genbench.find import find, members
from genbench.metrics import density_coverage, precision_recall
from tests.support.teachers import truths

RESPLITS = 20
FAR = 2.0  # standard errors
SHARE = 0.1  # of metric × resplit that may be further off
SHARE_OF_ONE = 0.25  # of the resplits of one metric: 5 of 20
RULERS = ["classifier", "pixels"]
FEWER = {"sliced_wasserstein": {"projections": 200}, "mind": {"projections": 200}}
COLUMNS = {name: find("metrics", name).COLUMNS for name in members("metrics") if name not in truths()}
KEYS = sorted(key[:-3] for columns in COLUMNS.values() for key in columns if key.endswith("_se"))
METRICS = [name for name, columns in COLUMNS.items() if any(key in columns or f"{key}_se" in columns for key in KEYS)]


def features(ruler: str, images: Images, folder: Path) -> Features:
    about = About("digits", images.pixels.shape[1:], tuple("0123456789"), 17, {})
    classifier.obtain(
        folder, {"held_out": images}, about, weights="committed", features=64, steps=1, batch=1, lr=1.0, seed=0
    )
    found = classifier.load(folder)(images.pixels)
    pixels = images.pixels.reshape(len(images), -1) / np.float32(255)
    return Features(pixels if ruler == "pixels" else found.vectors, found.probs, images.labels)


def part(whole: Features, index: np.ndarray) -> Features:
    assert whole.probs is not None
    assert whole.labels is not None
    return Features(whole.vectors[index], whole.probs[index], whole.labels[index])


def scores(real: Features, fake: Features, held_out: Features, *, seed: int) -> dict[str, float]:
    metrics = {name: FEWER.get(name, defaults(name, fake)) for name in METRICS}
    return evaluate(real=real, fake=fake, train=real, held_out=held_out, metrics=metrics, seed=seed)


def distances(whole: Features, resplit: int) -> list[float]:
    """Give z of each number between two draws that have no image in common."""
    order = np.random.default_rng(resplit).permutation(len(whole))
    sets = [part(whole, index) for index in np.array_split(order, 6)]
    one, other = (scores(*three, seed=resplit) for three in (sets[:3], sets[3:]))
    return [(one[key] - other[key]) / np.hypot(one[f"{key}_se"], other[f"{key}_se"]) for key in KEYS]


@pytest.mark.soak
@pytest.mark.parametrize("ruler", RULERS)
def test_two_draws_of_real_images_are_seldom_far_apart(ruler: str, tmp_path: Path) -> None:
    whole = features(ruler, digits.load(source=Path(), size=None).images, tmp_path)
    far = np.abs([distances(whole, resplit) for resplit in range(RESPLITS)]) > FAR
    for key, share in zip(KEYS, far.mean(axis=0), strict=True):
        print(f"{ruler} {key}: beyond {FAR:g} standard errors in {share:.0%} of resplits")
    print(f"{ruler}: {far.mean():.1%} of {far.size}")
    assert far.mean() <= SHARE
    assert far.mean(axis=0).max() <= SHARE_OF_ONE


def normal(n: int, dimensions: int, scale: float, rng: np.random.Generator) -> Features:
    return Features(scale * rng.standard_normal((n, dimensions)))


@pytest.mark.parametrize(
    ("compute", "k"), [(precision_recall.compute, 3), (density_coverage.compute, 5)], ids=["precision", "density"]
)
@pytest.mark.parametrize("scale", [0.7, 1.0, 1.3])
def test_errors_of_balls_are_the_spread_over_draws_of_both_sets(
    compute: Callable[..., dict[str, float]], k: int, scale: float
) -> None:
    """As far as radii that depend on each other let them; a share's own √(p(1 − p)/n) is 0.5 to 0.8 of the spread."""
    rng = np.random.default_rng(0)
    found = [compute(real=normal(150, 6, 1, rng), fake=normal(150, 6, scale, rng), k=k) for _ in range(100)]
    for key in [key for key in found[0] if f"{key}_se" in found[0]]:
        error = np.sqrt(np.mean([values[f"{key}_se"] ** 2 for values in found]))
        assert 0.8 < error / np.std([values[key] for values in found], ddof=1) < 1.5, key
