"""Standard errors held to account: draws of real images, which no metric may tell apart more often than it says.

The digits are shuffled and cut into six disjoint sets, 20 times; of two disjoint random subsets the difference of any
mean has exactly the variance of independent draws. Of two scores z is the difference over both standard errors. Either
both sides of a metric are drawn anew, or one of them, where its error leaves out the choice of the other and says so in
`Column.fails`.
"""

from __future__ import annotations

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

RESPLITS = 20
FAR = 2.0  # standard errors
SHARE = 0.1  # of metric × resplit that may be further off
RULERS = ["classifier", "pixels"]
FEWER = {"sliced_wasserstein": {"projections": 200}, "mind": {"projections": 200}}


def with_error(name: str) -> list[str]:
    """List the numbers of a metric that have a standard error."""
    columns = find("metrics", name).COLUMNS
    return [key for key in columns if f"{key}_se" in columns]


METRICS = [name for name in members("metrics") if with_error(name)]


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


def scores(real: Features, fake: Features, held_out: Features, seed: int) -> dict[str, float]:
    metrics = {name: FEWER.get(name, defaults(name, fake)) for name in METRICS}
    return evaluate(real=real, fake=fake, train=real, held_out=held_out, metrics=metrics, seed=seed)


def drawn(key: str) -> str:
    """Name what the error of a number is of: the draw of generated images, of real ones or of both."""
    columns = {key: column for name in METRICS for key, column in find("metrics", name).COLUMNS.items()}
    fails = columns[f"{key}_se"].fails
    if "choice of generated" in fails:
        return "real"
    return "generated" if "choice of real" in fails or "training images" in fails else "both"


def distances(whole: Features, resplit: int, keys: list[str]) -> dict[str, np.ndarray]:
    """Give z of each number between a first draw and one whose generated images, real images or both are others."""
    order = np.random.default_rng(resplit).permutation(len(whole))
    real, fake, held_out, other_real, other_fake, other_held_out = (
        part(whole, index) for index in np.array_split(order, 6)
    )
    first = scores(real, fake, held_out, resplit)
    others = {
        "generated": scores(real, other_fake, other_held_out, resplit),
        "real": scores(other_real, fake, held_out, resplit),
        "both": scores(other_real, other_fake, other_held_out, resplit),
    }
    return {
        side: np.array([(first[key] - other[key]) / np.hypot(first[f"{key}_se"], other[f"{key}_se"]) for key in keys])
        for side, other in others.items()
    }


@pytest.mark.soak
@pytest.mark.parametrize("ruler", RULERS)
def test_two_draws_of_real_images_are_seldom_far_apart(ruler: str, tmp_path: Path) -> None:
    whole = features(ruler, digits.load(source=Path(), size=None).images, tmp_path)
    keys = [key for name in METRICS for key in with_error(name)]
    found = [distances(whole, resplit, keys) for resplit in range(RESPLITS)]
    far = {side: (np.abs([z[side] for z in found]) > FAR).mean(axis=0) for side in found[0]}
    held = np.array([far[drawn(key)][index] for index, key in enumerate(keys)])
    for index, key in enumerate(keys):
        shares = ", ".join(f"{side} {share[index]:.0%}" for side, share in far.items())
        print(f"{ruler} {key}, whose error is of {drawn(key)}: beyond {FAR:g} of it where drawn anew are {shares}")
    print(f"{ruler}: {held.mean():.1%}; were all errors of both sides: {far['both'].mean():.1%}")
    assert held.mean() <= SHARE
